/** What is sent to the threads of a run, and what they answer. */

import type { Profiler } from 'node:inspector';
import type { RunPlan } from './types.js';

/** A fault on purpose; see `workers/faults.ts`. */
export type FaultKind = 'throw' | 'exit' | 'out-of-memory' | 'hang';

export interface Fault {
  worker: number;
  round: number;
  kind: FaultKind;
}

/** One worker's part of a whole run. */
export interface AgentsTask {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  plan: RunPlan;
  worker: number;
  spins: number;
  heapAtRounds: readonly number[];
  fault: Fault | null;
  /** Samples the round loop every so many microseconds; 0 for a run that is not profiled. */
  profileUs: number;
  /** See `src/run/clock.ts`; null counts nothing. */
  clock: SharedArrayBuffer | null;
  /** Where it says which phase it is in, see `src/run/laps.ts`; null where a phase may take any time. */
  laps: SharedArrayBuffer | null;
  /** Where it says which of a user's functions it is in, see `src/plugin/watch.ts`; null where it has none. */
  watch: SharedArrayBuffer | null;
}

/** What a worker's round loop has done. */
export interface LoopReport {
  rounds: number;
  status: 'converged' | 'finished' | 'diverged' | 'stopped';
  /** Seconds in the loop without pauses, on this worker. */
  seconds: number;
  /** Used heap bytes at the rounds asked for. */
  heap: number[];
}

export interface RunReport extends LoopReport {
  /** Of the round loop on this worker, where asked for. */
  profile: Profiler.Profile | null;
}

export type AgentsReport = RunReport | { poisoned: number };
