/**
 * What the round loop knows of the work it drives: phases, each followed by a barrier, and a trace. Nothing of the mathematics.
 */

import type { Layout } from '../arena/layout.js';
import type { CompressorPlan } from '../compress/types.js';
import type { NetworkSpec, StopSpec } from '../config/types.js';
import type { CostPlan } from '../cost/types.js';
import type { FlowPlan } from '../flow/types.js';
import type { Seed } from '../runtime.js';

/** Everything a worker needs, as plain data. */
export interface RunPlan {
  agents: number;
  edges: number;
  dim: number;
  rowBytes: number;
  blockAgents: number;
  seed: Seed;
  workers: number;
  rounds: number;
  stop: StopSpec;
  traceEvery: number;
  /** Links to reckon with; null where the config gives none. */
  network: NetworkSpec | null;
  layout: Layout;
  /** 8, or 0 where all edges weigh 1. */
  weightStride: number;
  /** URLs of the user's own modules: a worker loads them before it binds. */
  modules: string[];
  compressor: CompressorPlan;
  flow: FlowPlan;
  cost: CostPlan;
  /** Worker w works for agents partition[w] .. partition[w + 1] - 1. */
  partition: number[];
  /** 'average': the objective is (1/n) sum_i |x - x_i(0)|^2 / 2 and `optimumValue` its minimum. */
  problem: 'cost' | 'average';
  /** f*, NaN where unknown; x* stands in the arena's `trace.optimum`. */
  optimumValue: number;
}

/** What a trace row says of the run. */
export type Verdict = 'go' | 'converged' | 'diverged';

/** Bound to one worker. */
export interface BoundProgram {
  /** Runs before round 0; a barrier follows. */
  prologue(): void;
  /** The phases of a round; a barrier follows each. */
  phases: readonly ((round: number) => void)[];
  /** The phases of a trace row of the state after `round` rounds; a barrier follows each. */
  tracePhases: readonly ((round: number) => void)[];
  /** After the trace phases, on the leader alone: fills `row` (columns of the trace ring). */
  traceRow(round: number, seconds: number, row: Float64Array): Verdict;
}
