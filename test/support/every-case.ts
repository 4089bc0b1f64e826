/**
 * Runs of every kind that messages can take: each flow, in each of its modes, with compressors of each sort, over
 * links that stay and over each kind that changes, on edges and on arcs, with weights of edges and a network whose
 * edges differ. What does not go together is refused by name, and is left out by whoever asks.
 *
 * For tests that hold two ways of running one config against each other, bit for bit.
 */

import { expect } from 'vitest';
import { flowDefinition } from '../../src/flow/registry.js';
import { links } from '../../src/links/registry.js';
import { edgeList } from '../../topology/graph.js';
import { generate } from '../../topology/index.js';
import { baselines, flowSpecs, messagesOf } from '../engine/table.js';
import { ownLinks } from './load-links.js';

/** A power of two, which one peer a round asks for. */
export const NODES = 16;
const nodes = NODES;

type Spec = Record<string, unknown>;

/** Neighbours numbered far apart. */
export const topologies: Record<string, Spec> = {
  edges: { kind: 'watts-strogatz', nodes, degree: 4, rewire: 0.6, seed: 1 },
  arcs: { kind: 'exponential', nodes, directed: true },
  'unbalanced arcs': { kind: 'random-digraph', nodes, averageDegree: 5, seed: 2 },
};

export const changing: Record<string, Spec | undefined> = {
  none: undefined,
  drops: { kind: 'drops', rate: 0.3 },
  'gilbert-elliott': { kind: 'gilbert-elliott', toBad: 0.3, toGood: 0.15 },
  'random-matching': { kind: 'random-matching' },
  'one-peer-exponential': { kind: 'one-peer-exponential' },
  schedule: {
    kind: 'schedule',
    graphs: [
      { kind: 'ring', nodes },
      { kind: 'star', nodes },
    ],
    every: 2,
  },
  custom: { kind: 'custom', module: ownLinks, rate: 0.3, length: 2 },
  'schedule of arcs': {
    kind: 'schedule',
    graphs: [
      { kind: 'random-digraph', nodes, averageDegree: 3, seed: 4 },
      { kind: 'directed-ring', nodes },
    ],
    every: 2,
  },
};

/** Whose edges are their own: on what graph they are tried. */
const ownEdges: Record<string, string[]> = {
  schedule: ['edges'],
  'schedule of arcs': ['arcs', 'unbalanced arcs'],
};

/** Nothing compressed; of fixed length and of one that varies; drawn; with a memory of its own. */
export const compressors: Spec[] = [
  { kind: 'identity' },
  { kind: 'top-k', k: 3 },
  { kind: 'flatten', inner: { kind: 'sign' } },
  { kind: 'error-feedback', inner: { kind: 'top-k', k: 8 } },
  { kind: 'one-bit' },
  { kind: 'event-triggered', threshold: { relative: 0.3, rate: 0.9 }, inner: { kind: 'sign' } },
];

/** An edge that there is: links that bring edges of their own have this one too. */
const edgeOf = (topology: Spec, kind: string): number[] => {
  if (kind in ownEdges || kind === 'one-peer-exponential') return [0, 1];
  const { from, to } = edgeList(generate(topology as { kind: string }, 5));
  return [from[4], to[4]];
};

const flows = [
  ...new Map(
    [...flowSpecs, ...baselines.map(({ flow }) => flow)].map((flow) => [JSON.stringify(flow), flow]),
  ).values(),
];

export const ROUNDS = 7;

export interface Case {
  name: string;
  /** Graph and links. */
  over: string;
  config: Spec;
}

/** By flow. */
export function* everyCase(): Iterable<[flow: string, cases: Case[]]> {
  for (const kind of Object.keys(links))
    expect(changing, 'a kind of links without an example here').toHaveProperty(kind);
  for (const flow of flows) {
    const cases: Case[] = [];
    const suited = messagesOf(flow).compressed ? compressors : compressors.slice(0, 1);
    for (const compressor of suited)
      for (const [graph, topology] of Object.entries(topologies))
        for (const [kind, spec] of Object.entries(changing)) {
          if (ownEdges[kind]?.includes(graph) === false) continue;
          cases.push({
            name: `${compressor['kind']}, ${graph}, ${kind}`,
            over: `${graph}, ${kind}`,
            config: {
              topology,
              cost:
                flow.kind === 'power-gossip'
                  ? { kind: 'average', dim: 11 }
                  : { kind: 'quadratic', dim: 11, condition: 6 },
              // No pilots: gains that are auto are the formula's.
              flow: { ...flow, ...(flowDefinition(flow).search && { tuning: 'formula' }) },
              compressor,
              ...(spec !== undefined && { links: spec }),
              ...(kind !== 'schedule' && graph === 'edges' && { weights: 'metropolis' }),
              network: {
                bandwidth: 1000,
                latency: 0.01,
                edges: [{ between: edgeOf(topology, kind), bandwidth: 10 }],
              },
              rounds: ROUNDS,
              seed: 5,
              trace: { every: 1 },
            },
          });
        }
    const { module, ...rest } = flow;
    const file = typeof module === 'string' ? module.replace(/^.*\//, '') : '';
    yield [`${JSON.stringify(rest)} ${file}`, cases];
  }
}
