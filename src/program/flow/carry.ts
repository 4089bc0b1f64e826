/**
 * A flow that is changed between two rounds: what of the run before still holds, and what is made to fit.
 *
 *  - What lasts (x, v, s, trackers, memories) is taken over by the agents' numbers.
 *  - Messages that are under way are taken over with the memories of their compressor. Where the compressor, or
 *    what a message says, is another one they cannot be read any more: slots are zero then, which is silence, and
 *    a compressor's own memory begins anew. Estimates stay, since both ends of every edge have them.
 *  - z = L s is made anew where there are other edges, as is what a flow says itself (`carry`). Whoever gets an
 *    edge back is told what its neighbour says of itself, s, once: bits that are counted.
 *  - Sums that theory rests on (of v, of trackers, of mass) are sums over agents of what is taken over, and no
 *    edit touches them: a change of L keeps them, since every L has columns that add up to 0.
 */

import { isDeepStrictEqual } from 'node:util';
import { components } from '../../../topology/properties.js';
import { rowLength } from '../../arena/layout.js';
import { InputError } from '../../base/errors.js';
import { philoxBlock, STREAM_NOISE } from '../../data/random.js';
import { channelFields } from '../../flow/channel.js';
import { flowDefinition, flowName } from '../../flow/registry.js';
import type { Edit } from '../../run/changes.js';
import type { LoadedConfig } from '../../run/config.js';
import type { CarriedRows, CarriedState, CarryOver } from '../../run/program.js';
import type { FlowConfig } from './config.js';
import { sameArcs } from './cut.js';
import type { FlowProblem } from './load.js';
import { loadRun } from './load-run.js';
import type { FlowMade } from './made.js';

const OUT_DEGREES = 'graph.outDegrees';
/** Blocks of draws that each change has. */
const BLOCKS_A_CHANGE = 2 ** 20;

export async function reloadFlow(loaded: LoadedConfig, known: FlowProblem): Promise<FlowProblem> {
  const { flow, links } = loaded.config as FlowConfig;
  const { cut = [] } = loaded;
  if (flow.kind !== known.given.flow.kind) {
    throw new InputError(
      `the flow is ${flowName(known.given.flow)} and cannot become another one on the way`,
      {
        path: ['flow', 'kind'],
      },
    );
  }
  if (!isDeepStrictEqual(flow.batch, known.given.flow.batch))
    throw new InputError('flow.batch cannot be changed on the way', { path: ['flow', 'batch'] });
  if (cut.length > 0 && links !== undefined) {
    throw new InputError(
      `edges cannot be cut where links change by themselves (links.kind is ${links.kind})`,
      {
        hint: 'leave `links` out of the config, or let it do the cutting',
      },
    );
  }
  if (cut.length > 0 && known.whole.arcs !== undefined)
    throw new InputError('edges cannot be cut in a directed graph: cuts are of both directions');
  return loadRun(loaded, known);
}

export function carryFlow(before: FlowMade, after: FlowMade): CarryOver {
  const regraphed = before.problem.graph !== after.problem.graph && !sameEdges(before, after);
  const silent =
    before.plan.flow.compress !== after.plan.flow.compress ||
    !isDeepStrictEqual(
      [before.plan.channels, before.plan.inStates],
      [after.plan.channels, after.plan.inStates],
    );
  // Of a graph that stays, out-degrees are those of its edges; where links change they are of the round.
  const ofGraph = regraphed ? [OUT_DEGREES] : [];
  const anew = new Set([...ofGraph, ...(silent ? fieldsOfMessages(after) : [])]);
  const arcs = regraphed ? sameArcs(before.problem.graph, after.problem.graph) : null;
  const { sizes } = components(after.problem.graph);
  const { plan } = after;
  const warnings: string[] = [];
  if (sizes.length > 1) {
    warnings.push(
      `the network falls into ${sizes.length} parts: each agrees for itself until edges are restored`,
    );
  }
  return {
    anew,
    silent,
    arcs,
    parts: sizes.length,
    edges: plan.edges,
    told: arcs === null || plan.estimated.length === 0 ? { broadcast: 0, links: 0 } : toldBits(after, arcs),
    check(edits) {
      if (!plan.shares || !edits.some(({ kind }) => kind === 'noise')) return;
      throw new InputError(
        'noise cannot be added where an agent has given what it has into shares for its neighbours: x is read off those',
      );
    },
    settle(state, edits, ordinal) {
      makeSound(before, after, state, regraphed);
      for (const edit of edits) if (edit.kind === 'noise') addNoise(edit, after, state, ordinal);
    },
    warnings,
  };
}

function sameEdges({ problem: { graph: a } }: FlowMade, { problem: { graph: b } }: FlowMade): boolean {
  return a.edges === b.edges && isDeepStrictEqual(a.columns, b.columns);
}

/** Outboxes and memories of compressors: what hangs on how messages are made. */
function fieldsOfMessages({ plan: { channels, agents } }: FlowMade): string[] {
  return channels.flatMap((channel, index) =>
    [...channelFields(channel, index, agents), ...channel.fields].map(({ name }) => name),
  );
}

/** s of both ends of every edge that was not there before. */
function toldBits({ problem: { graph }, plan }: FlowMade, arcs: Int32Array): CarryOver['told'] {
  const { rowStart, nodes } = graph;
  let broadcast = 0;
  let links = 0;
  for (let row = 0; row < nodes; row++) {
    const fresh = arcs.subarray(rowStart[row], rowStart[row + 1]).filter((old) => old < 0).length;
    links += fresh * plan.stateBits;
    if (fresh > 0) broadcast += plan.stateBits;
  }
  return { broadcast, links };
}

function makeSound(before: FlowMade, after: FlowMade, state: CarriedState, regraphed: boolean): void {
  const { graph, weights } = after.problem;
  const { plan } = after;
  const { rowStart, columns } = graph;
  const { dim, layout } = plan;
  const laplacian = (data: ArrayLike<number>, stride: number, agent: number, entry: number): number => {
    const own = data[agent * stride + entry];
    let sum = 0;
    for (let arc = rowStart[agent]; arc < rowStart[agent + 1]; arc++)
      sum += (weights === null ? 1 : weights[arc]) * (own - data[columns[arc] * stride + entry]);
    return sum;
  };
  for (const { name, laplacianOf } of Object.values(layout.fields)) {
    if (laplacianOf === undefined || !regraphed) continue;
    const z = state.rows(name);
    const s = state.rows(laplacianOf);
    if (z === null || s === null) continue;
    for (let agent = 0; agent < z.count; agent++)
      for (let c = 0; c < z.stride; c++) z.data[agent * z.stride + c] = laplacian(s.data, s.stride, agent, c);
  }
  const counts = ({ problem }: FlowMade) =>
    Float64Array.from(
      { length: graph.nodes },
      (_, agent) => problem.graph.rowStart[agent + 1] - problem.graph.rowStart[agent],
    );
  const entriesOf = (rows: CarriedRows | null) =>
    rows === null ? null : { ...rows, entries: Math.min(dim, rows.stride) };
  flowDefinition(plan.flow).carry?.(
    {
      agents: graph.nodes,
      rows: (name) => entriesOf(state.rows(name)),
      before: (name) => entriesOf(state.before(name)),
      neighbours: { before: counts(before), after: counts(after) },
      laplacian,
      degrees: { before: before.problem.degrees, after: after.problem.degrees },
    },
    plan.flow,
    before.plan.flow,
  );
}

/** sd times normal numbers, two of a block (Box, Muller 1958). */
function addNoise(
  { agents, sd }: Extract<Edit, { kind: 'noise' }>,
  { plan }: FlowMade,
  state: CarriedState,
  ordinal: number,
): void {
  const x = state.rows('x');
  if (x === null) return;
  const words = new Uint32Array(4);
  const uniform = (lane: number) => (words[lane] + 0.5) / 2 ** 32;
  const { dim, seed, layout } = plan;
  if (x.stride !== rowLength(dim, layout.precision)) throw new Error('rows of x have another length');
  const whom = agents === 'all' ? Array.from({ length: x.count }, (_, agent) => agent) : agents;
  for (const agent of whom) {
    if (!(agent < x.count)) throw new InputError(`agent is ${agent}, expected 0..${x.count - 1}`);
    for (let c = 0; c < dim; c++) {
      if ((c & 1) === 0) {
        const block = ordinal * BLOCKS_A_CHANGE + (c >> 1);
        philoxBlock(words, 0, block, agent, state.round, STREAM_NOISE, seed);
      }
      const radius = Math.sqrt(-2 * Math.log(uniform(0)));
      const angle = 2 * Math.PI * uniform(1);
      x.data[agent * x.stride + c] += sd * radius * ((c & 1) === 0 ? Math.cos(angle) : Math.sin(angle));
    }
  }
}
