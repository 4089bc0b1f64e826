/**
 * Every registered flow over every sort of network, with and without compression: the engine computes what
 * agents would who hear only their neighbours (test/support/link-by-link.ts), or says beforehand that it
 * cannot. `flow-variants.ts` says which; a flow without agents of its own there fails.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isInputError } from '../../src/base/errors.js';
import type { CompressorSpec } from '../../src/compress/types.js';
import { flows } from '../../src/flow/registry.js';
import { links } from '../../src/links/registry.js';
import type { LinksSpec } from '../../src/links/types.js';
import { seedWords } from '../../src/runtime.js';
import { graphFromEdges } from '../../topology/graph.js';
import { type Graph, generate } from '../../topology/index.js';
import {
  all,
  answerOf,
  compressedBy,
  compressors,
  dim,
  distance,
  gradient,
  nameOf,
  nodes,
  STAYING,
  seed,
  start,
  type Variant,
  variants,
  writeProblem,
} from '../support/flow-variants.js';
import { runLinkByLink } from '../support/link-by-link.js';
import { loadLinks, ownLinks } from '../support/load-links.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';
import { someOf } from '../support/some.js';

const folder = temporaryFolder();
const configOf = await writeProblem(folder);

const rounds = 12;

// The networks.

type Edge = [from: number, to: number, weight: number];
const weighted: Edge[] = [
  [0, 1, 0.5],
  [1, 2, 2],
  [2, 3, 0.25],
  [3, 4, 1.5],
  [4, 5, 0.75],
  [5, 6, 1],
  [6, 7, 0.3],
  [0, 7, 0.9],
  [1, 5, 0.6],
  [2, 7, 1.2],
];
/** A ring of arcs, a shorter one and an edge said both ways: degrees from 1 to 3, arcs mostly one way. */
const balanced: Edge[] = [
  ...Array.from({ length: nodes }, (_, i): Edge => [i, (i + 1) % nodes, 1]),
  [0, 3, 1],
  [3, 5, 1],
  [5, 0, 1],
  [2, 6, 1],
  [6, 2, 1],
  [5, 3, 1],
  [3, 0, 1],
  [0, 5, 1],
];
const unbalanced: Edge[] = [...balanced.slice(0, 11), [1, 4, 1], [1, 6, 1]];

function listed(name: string, edges: Edge[]): string {
  const file = path.join(folder, `${name}.csv`);
  writeFileSync(file, `source,target,weight\n${edges.map((edge) => edge.join(',')).join('\n')}\n`);
  return file;
}

/** Who hears whom: [i][j] where i hears j. */
type Weights = number[][];
const noWeights = (): Weights => Array.from({ length: nodes }, () => new Array<number>(nodes).fill(0));

function matrixOf(edges: Edge[], directed: boolean): Weights {
  const given = noWeights();
  for (const [from, to, weight] of edges) {
    given[to][from] = weight;
    if (!directed) given[from][to] = weight;
  }
  return given;
}

interface Network {
  topology: Record<string, unknown>;
  weights: 'unit' | 'metropolis' | 'file';
  edges: Edge[];
  directed: boolean;
}
const balancedFile = { file: listed('balanced', balanced), directed: true };
const unbalancedFile = { file: listed('unbalanced', unbalanced), directed: true };
const edgesFile = listed('weighted', weighted);
/** The last two are refused whatever the links, and tried where links stay. */
const networks: Network[] = [
  { topology: { file: edgesFile }, weights: 'unit', edges: weighted, directed: false },
  { topology: { file: edgesFile }, weights: 'file', edges: weighted, directed: false },
  { topology: { file: edgesFile }, weights: 'metropolis', edges: weighted, directed: false },
  { topology: balancedFile, weights: 'unit', edges: balanced, directed: true },
  { topology: unbalancedFile, weights: 'unit', edges: unbalanced, directed: true },
  { topology: balancedFile, weights: 'file', edges: balanced, directed: true },
  { topology: balancedFile, weights: 'metropolis', edges: balanced, directed: true },
];

/** Parameters of the kinds of links. */
const parameters: Record<string, Record<string, unknown>> = {
  drops: { rate: 0.3 },
  'gilbert-elliott': { toBad: 0.3, toGood: 0.4 },
  schedule: { graphs: [{ file: edgesFile }, { kind: 'path', nodes }], every: 2 },
  'one-peer-exponential': {},
  'random-matching': {},
  custom: { module: ownLinks, rate: 0.3, length: 2 },
};
/** Arcs of which neither half is strongly connected, nor balanced, nor are both together balanced. */
const halves: Edge[][] = [
  [
    [0, 1, 1],
    [2, 3, 1],
    [4, 5, 1],
    [6, 7, 1],
    [1, 4, 1],
    [6, 4, 1],
  ],
  [
    [1, 2, 1],
    [3, 4, 1],
    [5, 6, 1],
    [7, 0, 1],
    [5, 0, 1],
  ],
];
const halfFiles = halves.map((half, index) => ({ file: listed(`half-${index}`, half), directed: true }));
/** First links that stay, and last graphs of arcs, one after the other. */
const changes: (LinksSpec | null)[] = [
  null,
  ...Object.keys(links).map((kind) => ({ kind, ...parameters[kind] })),
  { kind: 'schedule', graphs: halfFiles, every: 2 },
];

/** Why something is refused. */
const reasons: Record<string, RegExp> = {
  a: /since the arcs of a directed graph have no weights/,
  b: /needs everyone to hear as many as hear it, and agent \d does not/,
  c: /expected identity, since|with none nothing is compressed/,
  d: /needs every link to work in both directions, and the topology is directed/,
  e: /since [a-z-]+ gives even shares/,
  f: /has to know a round ahead how many will hear/,
  m: /which needs links that work in both directions, and the topology is directed/,
  o: /brings edges of its own, without weights/,
  s: /lets single arcs fail/,
  w: /needs the same weights in every round/,
};

interface Ready {
  hears: { from: number; weight: number }[][];
  up(round: number, from: number, to: number): boolean;
  tau: number;
}

/** What the agents are told of a network: its links in all, their weights, and which of them are up. */
async function told({ edges, weights, directed }: Network, spec: LinksSpec | null): Promise<Ready> {
  const given = matrixOf(edges, directed);
  let all: Weights = given.map((row) => row.map((weight) => (weight > 0 ? 1 : 0)));
  let up: Ready['up'] = () => true;
  if (spec !== null) {
    const loadGraph = async (one: unknown): Promise<Graph> => {
      const half = halfFiles.findIndex(({ file }) => file === (one as { file?: string }).file);
      if (half >= 0) return graphOf(matrixOf(halves[half], true), true);
      return 'file' in (one as object)
        ? graphOf(matrixOf(weighted, false))
        : generate(one as { kind: string });
    };
    const model = await loadLinks(spec, graphOf(given, directed), loadGraph);
    up = model.reference(seedWords(seed));
    all = noWeights();
    const { arcs, rowStart, columns } = model.graph;
    const [begin, others] = arcs ? [arcs.inStart, arcs.inColumns] : [rowStart, columns];
    for (let i = 0; i < nodes; i++) for (const j of others.subarray(begin[i], begin[i + 1])) all[i][j] = 1;
  }
  const count = all.map((row) => row.reduce((sum, entry) => sum + entry, 0));
  const hears = all.map((row, i) =>
    row.flatMap((there, from) => {
      if (there === 0) return [];
      const weight =
        weights === 'unit'
          ? 1
          : weights === 'file'
            ? given[i][from]
            : 1 / (1 + Math.max(count[i], count[from]));
      return [{ from, weight }];
    }),
  );
  const most = Math.max(...hears.map((row) => row.reduce((sum, { weight }) => sum + weight, 0)));
  return { hears, up, tau: most < 1 ? 1 : 1 / (1 + most) };
}

function graphOf(given: Weights, directed = false): Graph {
  const pairs = given.flatMap((row, to) => row.flatMap((weight, from) => (weight > 0 ? [[from, to]] : [])));
  const ends = (side: 0 | 1) => Uint32Array.from(pairs, (pair) => pair[side]);
  return graphFromEdges(nodes, ends(0), ends(1), null, null, { directed: true, keepDirections: directed });
}

function configIn(variant: Variant, { topology, weights }: Network, change: LinksSpec | null) {
  return { ...configOf(variant), topology, weights, ...(change && { links: change }) };
}

/** `=` where the engine was held against the agents, else the letter of the reason why it is refused. */
async function cell(variant: Variant, compressor: CompressorSpec, network: Network, spec: LinksSpec | null) {
  let x: Float64Array;
  try {
    const config = { ...configIn(variant, network, spec), compressor, rounds };
    x = (await runSequentially(config, 1)).x;
  } catch (error) {
    if (!isInputError(error)) throw error;
    const letters = Object.keys(reasons).filter((letter) => reasons[letter].test(error.message));
    expect(letters, error.message).toHaveLength(1);
    return letters[0];
  }
  const reference = runLinkByLink({
    ...(await told(network, spec)),
    make: variant.make,
    compress: compressedBy(compressor),
    gradient,
    start: variant.start ?? start,
    changing: spec !== null,
    rounds,
  });
  expect(
    distance(reference, x),
    JSON.stringify([variant.spec, compressor, network.topology, network.weights, spec]),
  ).toBeLessThanOrEqual(1e-12);
  return '=';
}

/** As many groups as the line that is expected has. */
async function lineOf(variant: Variant, compressor: CompressorSpec, like: string): Promise<string> {
  const groups: string[] = [];
  for (const [index, group] of like.split(' ').entries()) {
    let found = '';
    for (const network of networks.slice(0, group.length)) {
      found += await cell(variant, compressor, network, changes[index]);
    }
    groups.push(found);
  }
  return groups.join(' ');
}

describe('the engine computes what agents would who hear only their neighbours', () => {
  it('knows agents for every registered flow and mode, parameters for every kind of links, and no reason in vain', () => {
    expect(Object.keys(variants)).toEqual(Object.keys(flows));
    for (const [kind, { modes = [] }] of Object.entries(flows)) {
      const tried = variants[kind].flatMap(({ spec: { compress } }) => compress ?? []);
      expect([...new Set(tried)], kind).toEqual(modes);
    }
    expect(Object.keys(parameters)).toEqual(Object.keys(links));
    const letters = new Set(
      all
        .flatMap(({ lines }) => lines)
        .join('')
        .replace(/[= ]/g, ''),
    );
    expect([...letters].sort()).toEqual(Object.keys(reasons));
    for (const {
      lines: [line],
    } of all) {
      const groups = line.split(' ').map(({ length }) => length);
      expect(line === STAYING ? 1 : changes.length, line).toBe(groups.length);
      expect(groups[0]).toBe(networks.length);
    }
  });

  it.each(someOf(all, 5).map((variant) => ({ variant, name: nameOf(variant) })))(
    '$name',
    async ({ variant }) => {
      for (const [which, line] of variant.lines.entries()) {
        expect(await lineOf(variant, compressors[which], line), compressors[which].kind).toBe(line);
      }
    },
  );
});

describe('and it ends where it should', () => {
  const exact = all.filter(({ biased }) => !biased);

  it.each(someOf(exact, 6).map((variant) => ({ variant, name: nameOf(variant) })))(
    '$name',
    async ({ variant }) => {
      const { lines } = variant;
      const right = answerOf(variant);
      const tried = lines.flatMap((line, which) =>
        line
          .split(' ')
          .slice(
            0,
            which === 0 || flows[variant.spec.kind].graphs?.({ kind: variant.spec.kind }) === 'arcs'
              ? changes.length
              : 1,
          )
          .flatMap((group, index) =>
            // One network of edges and one of arcs.
            [index === 0 && group[1] === '=' ? 1 : 0, 3].flatMap((at) =>
              group[at] === '=' ? [{ compressor: compressors[which], index, network: networks[at] }] : [],
            ),
          ),
      );
      for (const { compressor, index, network } of tried) {
        const config = configIn(variant, network, changes[index]);
        const { x } = await runSequentially(
          { ...config, compressor, rounds: 8000, stop: { rmsError: 1e-6 } },
          1,
        );
        const off = Math.max(...x.map((entry, at) => Math.abs(entry - right[at % dim])));
        expect(off, JSON.stringify([compressor, network.topology, changes[index]])).toBeLessThan(1e-5);
      }
    },
  );
});
