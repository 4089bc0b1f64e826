/** What is sent to the threads of a run, and what they answer. */

import type { Profiler } from 'node:inspector';
import type { Layout } from '../arena/layout.js';
import type { InputFile } from '../base/inputs.js';
import type { TransportTask } from '../ranks/transport.js';
import type { BarrierPath } from '../sync/tree.js';
import type { ThreadTimes } from './thread-times.js';
import type { TimelineReport } from './timeline.js';
import type { RunPlan } from './types.js';

/** A fault on purpose; see `workers/faults.ts`. */
export type FaultKind = 'throw' | 'exit' | 'out-of-memory' | 'hang';

export interface Fault {
  worker: number;
  round: number;
  kind: FaultKind;
}

/** Where a run stands between two rounds, beside its arena. */
export interface Standing {
  /** Rounds done. */
  round: number;
  /** In the round loop until then. */
  seconds: number;
  /** It looks at every round, since a row has shown its target. */
  refining: boolean;
}

/** What the threads of a run are told of its checkpoints. Plain data. */
export interface StagingTask {
  staging: SharedArrayBuffer;
  /** Rounds from one to the next; 0 where only the coordinator asks for them. */
  everyRounds: number;
  /** The memory holds the state of a run that is gone on with, which stood so. */
  from: Standing | null;
  /**
   * The run has been changed there, and what is known of its last row may not hold. `silent`: its messages are made
   * in another way now, so that in the coming round nobody says anything.
   */
  changed?: { silent: boolean };
  /** Of one of several ranks: what its coordinator and the thread that speaks with the others share. */
  board?: SharedArrayBuffer;
  /** A run that has all its rounds leaves one, too. */
  ofFinished?: boolean;
}

/** What the threads of one of several ranks are told of the others. Plain data. */
export interface RanksTask {
  transport: TransportTask;
  /** On the first rank: where the state of all agents goes when the rounds are over, a field each. */
  state: readonly SharedArrayBuffer[] | null;
}

/** One worker's part of a whole run. */
export interface AgentsTask {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  plan: RunPlan;
  /** Files of the plan's modules, as the coordinator has loaded them. */
  moduleFiles: readonly InputFile[];
  worker: number;
  /** The processor that its thread is held to; null where to none. */
  cpu: number | null;
  /** Its share of the arena has been touched. */
  touched: boolean;
  /** Its way through the nodes of the barrier. */
  path: BarrierPath;
  spins: number;
  heapAtRounds: readonly number[];
  fault: Fault | null;
  /** Samples the round loop every so many microseconds; 0 for a run that is not profiled. */
  profileUs: number;
  /** See `src/run/clock.ts`; null counts nothing. */
  clock: SharedArrayBuffer | null;
  /** Where it says when it worked and when it waited, see `src/run/timeline.ts`; null says nothing. */
  timeline: SharedArrayBuffer | null;
  /** Where it says which phase it is in, see `src/run/laps.ts`; null where a phase may take any time. */
  laps: SharedArrayBuffer | null;
  /** Where it says which of a user's functions it is in, see `src/plugin/watch.ts`; null where it has none. */
  watch: SharedArrayBuffer | null;
  /** Memory of all workers' snapshots; null where a run never goes back. */
  snapshots: SharedArrayBuffer | null;
  /** Null where no checkpoint is taken. */
  checkpoints: StagingTask | null;
  /** Where there are several ranks: how this one speaks with the others, which worker 0 does. */
  ranks?: RanksTask | null;
  /** After so many rounds everyone leaves, for the run is changed there; null where that is not known before. */
  leaveAt?: number | null;
}

/** Touches a worker's share of the arena, before anything is written there. */
export interface TouchTask {
  touch: { memory: WebAssembly.Memory; layout: Layout; partition: readonly number[] };
  worker: number;
  /** As in `AgentsTask`. */
  cpu: number | null;
}

/** What a worker's round loop has done. */
export interface LoopReport {
  rounds: number;
  /** `left`: it is to be changed, and gone on with. */
  status: 'converged' | 'finished' | 'diverged' | 'stopped' | 'left';
  /** Seconds in the loop without pauses, on this worker. */
  seconds: number;
  /** Used heap bytes at the rounds asked for. */
  heap: number[];
  /** Where a run that was ended before its time can be gone on with. */
  standing: Standing;
  /** Of one that was left, by the leader: the row of the trace where it stands. */
  row?: number[];
}

export interface RunReport extends LoopReport {
  /** Of the round loop on this worker, where asked for. */
  profile: Profiler.Profile | null;
  /** How long this worker's loop lasted, and how long it was on a core meanwhile. */
  times: ThreadTimes | null;
  /** Beside its laps, where these were asked for. */
  timeline: TimelineReport | null;
}

/** What is refused where ranks meet is the user's to mend, and an error's hint does not cross threads. */
export interface Refusal {
  message: string;
  hint: string | undefined;
}

export type AgentsReport = RunReport | { poisoned: number } | { refused: Refusal };
