/** The plan of a flow over a graph. */

import type { CompressorPlan } from '../../compress/types.js';
import type { ReferencePlan } from '../../flow/reference-types.js';
import type { FlowPlan } from '../../flow/types.js';
import type { OutTable } from '../../links/bind.js';
import type { LinksPlan } from '../../links/types.js';
import type { PartPlan } from '../../ranks/part.js';
import type { MeasurePlan } from '../../run/measure.js';
import type { RunPlan } from '../../run/types.js';
import type { AheadPlan } from '../../runtime.js';
import type { Hub } from './hubs.js';

export interface FlowRunPlan extends RunPlan {
  program: 'flow';
  /** Directed edges that messages cross: both directions of every edge, or the arcs of a directed graph. */
  arcs: number;
  directed: boolean;
  /** Rows of agents in the arena: all of them, or, of one rank of several, its own and its ghosts. */
  rows: number;
  /** Directed edges in these rows. */
  ownArcs: number;
  /** The part that this rank holds; null where there is one rank. */
  part: PartPlan | null;
  /** Null where every edge is up in every round. */
  links: LinksPlan | null;
  /** Channels of whose vectors those who hear keep estimates, and the bits of these vectors. */
  estimated: readonly number[];
  stateBits: number;
  /** Whether messages are shares. */
  shares: boolean;
  /** What is known of out-neighbours, a round ahead. */
  out: OutTable;
  /**
   * Of a network whose edges differ, where messages do not: seconds of its slowest link, for each of the messages that
   * are sent in turns; null elsewhere.
   */
  slowest: readonly number[] | null;
  /** 8, or 0 where all edges weigh 1. */
  weightStride: number;
  /** One for each message that an agent broadcasts in a round; none where the state is the message. */
  channels: CompressorPlan[];
  /** Of each channel the state whose rows are its messages; null where they lie in an outbox. */
  inStates: readonly (string | null)[];
  /**
   * Bits of a message to one neighbour, by the round modulo their number, where every neighbour is told
   * something else; null where all hear the same.
   */
  unicastBits: number[] | null;
  flow: FlowPlan;
  /** Agents whose rows all workers share; see `hubs.ts`. */
  hubs: Hub[];
  /** Null where what is averaged stands still. */
  reference: ReferencePlan | null;
  /**
   * 'average': the objective is (1/n) sum_i |x - r_i|^2 / 2, r_i = x_i(0) or the reference of the round, and
   * `optimumValue` its minimum in round 0.
   */
  problem: 'cost' | 'average';
  /** What decides how early neighbours' messages are asked for. */
  ahead: AheadPlan;
  /** At which agents a trace row looks. */
  measure: MeasurePlan;
}
