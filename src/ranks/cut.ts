/**
 * The cut: which rank holds which agents. A part is an agent's rank; an agent of another rank that one of ours
 * hears is a *ghost* of ours, and each ghost is a row that goes over in every round.
 *
 *     given    runs of numbers, of nearly equal weight
 *     rcm      strips in the order of reverse Cuthill and McKee (`topology/strips.ts`)
 *     metis    METIS (`metis.ts`), where it is installed
 *
 * `auto` takes METIS, or strips where it is missing, if that leaves at least a tenth fewer ghosts than the
 * numbers given: runs of numbers keep sums over all agents, which go by number, cheap.
 *
 * Every rank makes the cut by itself, and all must come to the same: ranks compare `hash`, which differs where
 * one machine has another METIS.
 */

import { createHash } from 'node:crypto';
import type { Graph } from '../../topology/index.js';
import { rcmStrips, stripsOf } from '../../topology/strips.js';
import { InputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import { loadMetis, type Metis } from './metis.js';

export const CUTS = ['auto', 'metis', 'rcm', 'given'] as const;
export type CutChoice = (typeof CUTS)[number];
export type CutMethod = Exclude<CutChoice, 'auto'>;

export interface CutReport {
  method: CutMethod;
  /** Half a sentence: why this one. */
  why: string;
  /** Edges between agents of different ranks. */
  edges: number;
  /** Of each rank. */
  agents: number[];
  /** Of each rank: agents of others that its own are neighbours of. */
  ghosts: number[];
  /** Weight of the heaviest part over that of the mean. */
  imbalance: number;
  /** Of `part`: equal on all ranks, or they would not run the same. */
  hash: string;
}

export interface Cut {
  /** Of each agent, by number. */
  part: Uint16Array | Uint32Array;
  cut: CutReport;
}

/** Of the ghosts of runs of numbers: with more than this share of them left nothing is renumbered. */
const CLEARLY_LESS = 0.9;
/** Agents of a rank below which METIS is not asked. */
const LEAST_AGENTS_EACH = 8;
/** Ghosts that are no more than this share of the agents are not worth looking for fewer. */
const FEW_GHOSTS = 1 / 200;

/**
 * @param weights time of each agent in a round, in any unit
 * @param metis what stands for METIS; null: as if it were not installed
 * @throws InputError where there are fewer agents than ranks, or METIS is asked for and missing
 */
export function cutGraph(
  graph: Graph,
  ranks: number,
  weights: Float64Array,
  choice: CutChoice = 'auto',
  metis: Metis | string | null = lookForMetis(choice),
): Cut {
  if (!Number.isInteger(ranks) || ranks < 1) {
    throw new InputError(`ranks is ${ranks}, expected a whole number from 1`);
  }
  if (ranks > graph.nodes) {
    throw new InputError(
      `${plural(ranks, 'rank')} for ${plural(graph.nodes, 'agent')}: every rank holds one agent at least`,
      { hint: `start ${graph.nodes === 1 ? 'one rank' : `${graph.nodes} ranks or fewer`}` },
    );
  }
  const measure = (part: Uint32Array, method: CutMethod, why: string) =>
    measured(graph, ranks, weights, part, method, why);
  const given = (why: string) => measure(stripsOf(null, weights, ranks), 'given', why);
  const rcm = (why: string) => measure(rcmStrips(graph, weights, ranks), 'rcm', why);
  if (choice === 'given') return given('as asked for');
  if (ranks === 1) return given('there is one rank');
  if (choice === 'rcm') return rcm('as asked for');
  if (choice === 'metis') {
    if (metis === null || typeof metis === 'string') {
      throw new InputError(`the cut is metis, which cannot be had here: ${metis ?? 'it is not installed'}`, {
        hint: 'apt-get install libmetis5 and npm install koffi, on every machine; or rcm, which needs neither',
      });
    }
    return (
      byMetis(metis, graph, ranks, weights, 'as asked for', measure) ??
      rcm('METIS left a rank without agents')
    );
  }
  const asGiven = given('neighbours are near each other');
  const before = sum(asGiven.cut.ghosts);
  if (before <= FEW_GHOSTS * graph.nodes) return asGiven;
  const why = `fewer ghosts than ${before} by number`;
  // With next to no agents a rank METIS complains on stdout, which is another's.
  const fewEach = graph.nodes < LEAST_AGENTS_EACH * ranks;
  const other =
    metis === null || typeof metis === 'string' || fewEach
      ? rcm(`${why}; METIS is ${fewEach ? 'for more agents' : 'not here'}`)
      : byMetis(metis, graph, ranks, weights, why, measure);
  if (other !== null && sum(other.cut.ghosts) <= CLEARLY_LESS * before) return other;
  asGiven.cut.why = 'no other cut has clearly fewer ghosts';
  return asGiven;
}

/** Asked for where it may be used. */
function lookForMetis(choice: CutChoice): Metis | string | null {
  if (choice === 'given' || choice === 'rcm') return null;
  try {
    return loadMetis();
  } catch (error) {
    return (error as Error).message;
  }
}

/** Null where it leaves a part empty, as it may with few agents a rank. */
function byMetis(
  metis: Metis,
  graph: Graph,
  ranks: number,
  weights: Float64Array,
  why: string,
  measure: (part: Uint32Array, method: CutMethod, why: string) => Cut,
): Cut | null {
  const part = metis.partition(graph, ranks, weights);
  if (!inOrderOfFirst(part, ranks)) return null;
  return measure(part, 'metis', why);
}

/** Numbers parts anew, by their agents of least number; false where one has none. */
function inOrderOfFirst(part: Uint32Array, ranks: number): boolean {
  const names = new Int32Array(ranks).fill(-1);
  let known = 0;
  for (let agent = 0; agent < part.length; agent++) {
    const old = part[agent];
    if (names[old] === -1) names[old] = known++;
    part[agent] = names[old];
  }
  return known === ranks;
}

function measured(
  graph: Graph,
  ranks: number,
  weights: Float64Array,
  found: Uint32Array,
  method: CutMethod,
  why: string,
): Cut {
  const { nodes, rowStart, columns } = graph;
  const part = ranks <= 2 ** 16 ? Uint16Array.from(found) : found;
  const agents = Array<number>(ranks).fill(0);
  const loads = new Float64Array(ranks);
  const ghosts = Array<number>(ranks).fill(0);
  // Who hears this agent: each rank counted once.
  const heardBy = new Int32Array(ranks).fill(-1);
  let arcs = 0;
  for (let agent = 0; agent < nodes; agent++) {
    const own = part[agent];
    agents[own]++;
    loads[own] += weights[agent];
    for (let arc = rowStart[agent]; arc < rowStart[agent + 1]; arc++) {
      const other = part[columns[arc]];
      if (other === own) continue;
      arcs++;
      if (heardBy[other] === agent) continue;
      heardBy[other] = agent;
      ghosts[other]++;
    }
  }
  const mean = sum(loads) / ranks;
  const imbalance = mean > 0 ? loads.reduce((most, load) => Math.max(most, load), 0) / mean : 1;
  const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  const hash = createHash('sha256').update(`${ranks} `).update(bytes).digest('hex');
  return { part, cut: { method, why, edges: arcs / 2, agents, ghosts, imbalance, hash } };
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let at = 0; at < values.length; at++) total += values[at];
  return total;
}
