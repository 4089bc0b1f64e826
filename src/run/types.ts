/**
 * What the round loop knows of the work it drives: phases, each followed by a barrier, and a trace. Nothing
 * of the mathematics.
 */

import type { Layout } from '../arena/layout.js';
import type { CostPlan } from '../cost/types.js';
import type { NetworkSpec } from '../links/types.js';
import type { PartPlan } from '../ranks/part.js';
import type { Seed } from '../runtime.js';
import type { StopSpec } from './config.js';
import type { Watched } from './watched.js';

/** A field of the arena that belongs to the answer: hashed, written, shown. */
export interface StateField {
  name: string;
  rows: number;
  /** Two copies, of which the round's parity says which one is current. */
  doubled: boolean;
}

/** What every program's plan tells the runtime; a program adds what its own workers need. Plain data. */
export interface RunPlan {
  /** Which program binds it, see `registry.ts`. */
  program: string;
  agents: number;
  /** Worker w works for agents partition[w] .. partition[w + 1] - 1. */
  partition: number[];
  edges: number;
  dim: number;
  rowBytes: number;
  blockAgents: number;
  seed: Seed;
  workers: number;
  rounds: number;
  stop: StopSpec;
  /**
   * Rounds from one row to the next. A run that stops does so in the very round in which it arrived, whatever
   * this is.
   */
  traceEvery: number;
  /** Coordinates of agents that every row has behind its columns; absent where there are none. */
  watched?: Watched;
  /** Links to reckon with; null where the config gives none. */
  network: NetworkSpec | null;
  layout: Layout;
  /** Of one of several ranks that leave checkpoints: what it has of them. */
  kept?: PartPlan;
  /** URLs of the user's own modules: a worker loads them before it binds. */
  modules: string[];
  cost: CostPlan;
  /** Who says something in a round: the agents, and a server where there is one. */
  senders: number;
  /** Bits that an agent broadcasts in a round; null where that varies. */
  messageBits: number | null;
  /** The same, were nothing compressed. */
  uncompressedBits: number;
  /** x first; then those of v and s that are kept. */
  state: StateField[];
  /**
   * Multiply-adds of looking once at all that a row has: what decides whether a run can be looked at every
   * round.
   */
  rowWork: number;
  /** Agents at which trace rows evaluate f; see `measure.ts`. */
  measured: number;
  /** Whether x* and f* are known: they stand in the arena, in `trace.optimum` and `trace.optimumValue`. */
  optimumKnown: boolean;
  /** Whether f* is another one in every round; the arena's is then that of round 0. */
  optimumMoves?: boolean;
  /** Of a run that was changed on its way: what had been said by then, which is where counting goes on. */
  before?: SaidBefore;
}

/** What a run had said when it was last changed, as its trace would tell it. */
export interface SaidBefore {
  bitsBroadcast: number;
  bitsLinks: number;
  networkSeconds: number;
}

/** What a trace row says of the run. */
export type Verdict = 'go' | 'converged' | 'diverged';

/** Bound to one worker. */
export interface BoundProgram {
  /** Runs before round 0; a barrier follows. */
  prologue(): void;
  /**
   * Before the first round of this loop, on every worker, where there are several ranks: the messages of `round` go to
   * those who hear them elsewhere. A barrier follows.
   */
  meet?(round: number): void;
  /** The phases of a round; a barrier follows each. */
  phases: readonly ((round: number) => void)[];
  /** What people call these; their numbers where absent. */
  phaseNames?: readonly string[];
  /** The phases of a trace row of the state after `round` rounds; a barrier follows each. */
  tracePhases: readonly ((round: number) => void)[];
  /**
   * The rmsError of the state after `round` rounds, between two rounds, where one worker has all agents;
   * absent where a trace row is needed to know it. Much cheaper than a row.
   */
  rmsError?(round: number): number;
  /**
   * What was said in the first `rounds` rounds, between two rounds, where one worker has all agents: bits, of every
   * message once, and the seconds of its network (NaN where the run has none).
   */
  said?(rounds: number): { bitsBroadcast: number; networkSeconds: number };
  /**
   * All that lasts in the arena is again as it was after `round` rounds: what lies outside it, or was drawn
   * for that round's messages, follows. Absent where there is nothing of the kind.
   */
  restore?(round: number): void;
  /**
   * When the rounds are over, on the leaders of several ranks alike: brings the state of all agents to the first one,
   * by number, without the rows' padding; `into`: a field each, null on other ranks.
   */
  collect?(round: number, into: readonly Uint8Array[] | null): void;
  /** After the trace phases, on the leader alone: fills `row` (columns of the trace ring). */
  traceRow(round: number, seconds: number, row: Float64Array): Verdict;
}
