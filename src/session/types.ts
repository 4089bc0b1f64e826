/**
 * The one interface through which a run is driven: the command line, the library and the tests all speak it,
 * over Comlink. Everything that crosses is plain data.
 */

import type { Manifest } from '../output/manifest.js';
import type { CpuProfile } from '../profile/record.js';
import type { TransportTask } from '../ranks/transport.js';
import type { Change, ChangeReport, Edit } from '../run/changes.js';
import type { LoadedConfig } from '../run/config.js';
import type { PlanReport, Summary } from '../run/reports.js';
import type { ThreadTimes } from '../run/thread-times.js';
import type { TraceRow } from '../trace/row.js';
import type { RecordedTimeline, TimelineWindow } from './recorded-timeline.js';

/** One agent, as it is in the shared memory. */
export interface AgentState {
  /** Its number, from 0. */
  agent: number;
  /** Its name in the graph file; null where it has none. */
  label: string | null;
  /** Rounds done. */
  round: number;
  /** Numbers of its neighbours, ascending. */
  neighbours: number[];
  /** Its estimate, dim entries. */
  x: Float64Array;
  /** Its dual or tracker, dim entries; null where the flow has none. */
  v: Float64Array | null;
  /** What the network knows of x, dim entries; null where the flow has none. */
  s: Float64Array | null;
}

/** Where a run is. */
export interface Progress {
  /** Rounds done. */
  round: number;
  /** Rounds, at most. */
  rounds: number;
  /** Rounds that it had when it began: more than 0 where it is gone on with. */
  from?: number;
  /** Whether it stands still. */
  paused: boolean;
  /** How often it has been changed between two rounds; absent: never. */
  changes?: number;
  /** Changes that will be made by themselves: the ends of silences. */
  pending?: readonly Change[];
  /** The rounds are over and results are being written. */
  ending?: boolean;
  /** What of them, and about how many seconds it still takes. */
  writing?: { what: string; secondsLeft: number } | null;
  /**
   * Whether the rounds stand still in functions of the user's modules, and which calls these are: the same
   * text twice is the same calls. Null where somebody works on, or waits for nobody.
   */
  calling?: string | null;
  /** Last trace row, if any yet. */
  last: TraceRow | null;
}

/** What a run is prepared with. */
export interface PrepareOptions {
  /** What `loadConfig` or `parseConfig` gives. */
  config: LoadedConfig;
  /** Run directory; null writes nothing. */
  outDir: string | null;
  /** Sample the heap of every worker at these rounds (a diagnostic; see `RunResult.heap`). */
  heapAtRounds?: number[];
  /** A fault on purpose, see `workers/faults.ts`. */
  fault?: { worker: number; round: number; kind: 'throw' | 'exit' | 'out-of-memory' | 'hang' };
  /** This process is one rank of a run over several: how it speaks with the others. Only the first one writes. */
  ranks?: TransportTask;
  /** Goes on from a checkpoint of a run with this config, to the same bits. */
  from?: ResumePoint;
  /** Counts each worker's time in phases and at the barrier (a diagnostic; see `src/run/clock.ts`). */
  clock?: SharedArrayBuffer;
  /** Keep x (agents x dim float64) and the agents' labels in the result. */
  keepX?: boolean;
  /** Keep all rows of the trace in the result: 136 bytes each while it runs, some 430 in the result. */
  keepRows?: boolean;
  /** Records when each worker worked and waited, see `RunResult.timeline`. */
  timeline?: TimelineWindow;
  /** Sample every worker's round loop every so many microseconds; see `RunResult.profiles`. */
  profileUs?: number;
}

/** Where a run goes on that was ended before. */
export interface ResumePoint {
  /** The checkpoint's file; null on another rank than the first, which says what all go on from. */
  checkpoint: string | null;
  /** Rounds done by then. */
  round: number;
  /** Rounds that it was to have, at most, when it began. */
  plannedRounds: number;
  /** Its trace.csv so far; null where there is none. */
  trace: string | null;
  /** Its manifest, with this time that it is gone on with. */
  manifest: Manifest;
}

/** What a start may be told. */
export interface StartOptions {
  /** Run directory, instead of the one given to `prepare`. */
  outDir?: string;
  /** Stands in manifest.json and summary.json; one of its own where left out. */
  runId?: string;
}

/** What a session gives when its run has ended. */
export interface RunResult {
  /** As in summary.json. */
  summary: Summary;
  /** Used heap bytes of each worker at the rounds asked for. */
  heap: number[][];
  /** agents x dim (a parameter server: 1 x dim), row-major, if asked for. */
  x: Float64Array | null;
  /** Names of the agents, as in agents.csv, if x was asked for. */
  labels: string[] | null;
  /** All rows of the trace, if asked for. */
  rows: TraceRow[];
  /** V8's CPU profile of each worker's round loop, worker 0 first; empty where not asked for. */
  profiles: CpuProfile[];
  /** What the operating system says of each worker's round loop meanwhile; empty where not asked for. */
  threadTimes: ThreadTimes[];
  /** When each worker worked and waited, and for whom; absent where not asked for. */
  timeline?: RecordedTimeline;
}

/**
 * Steers one run: prepare, start, and, while it runs, everything else. Each call rejects with an InputError
 * where it makes no sense at that moment.
 *
 * Calls may be made at once. `pause`, `resume` and `step` are carried out one after the other, in the order
 * in which they were made, and each settles before the next begins; `stop`, `progress` and `inspect` do not
 * wait for them. Every call settles. Where the run ends first, however it ends, `pause` and `step` resolve
 * with the last round, once results are written.
 */
export interface Session {
  /**
   * Reads everything, validates everything, says what it will take. Throws InputError (code BAD_INPUT).
   * Allocates nothing big.
   */
  prepare(options: PrepareOptions): Promise<PlanReport>;
  /**
   * Allocates, starts the workers and resolves when the run has ended, however it ended; rejects (RunError)
   * where it failed.
   */
  start(options?: StartOptions): Promise<RunResult>;
  /**
   * Resolves when every worker stands still between two rounds, and gives the round. They stand until
   * `resume`, `step` or `stop`. Steps under way or waiting are cut short. Before the start: begin with a pause
   * at round 0 (gives 0 at once).
   */
  pause(): Promise<number>;
  /** Goes on after a pause. Resolves when the run is told; where it goes on already, nothing changes. */
  resume(): Promise<void>;
  /**
   * From a pause: `rounds` rounds more (1..2147483647), then paused again; gives the round. Where fewer rounds
   * are left, the run comes to its end.
   *
   * @throws InputError where `rounds` is no such number, or the run goes on: pause it first
   */
  step(rounds: number): Promise<number>;
  /**
   * Ends the run after the current round with status `stopped`, in a pause too. Resolves when the run is
   * told; `start` resolves when it has ended. It is never taken back. Before the start: the run ends at round
   * 0.
   */
  stop(): Promise<void>;
  /**
   * From a pause: changes the run between two rounds, all edits at once, and stands still again: see `Edit` for what
   * there is. The run is planned anew, and takes over what it has; the same changes after the same rounds give the
   * same bits, for any number of workers. They stand in manifest.json, from which the run can be made again.
   *
   * @throws InputError where the run goes on, or cannot be changed so: it stands as it was
   */
  change(edits: Edit | readonly Edit[]): Promise<ChangeReport>;
  /** Where the run is; may be asked at any time. */
  progress(): Promise<Progress>;
  /** The state of one agent; while paused it is of one round, otherwise it may straddle two. */
  inspect(agent: number): Promise<AgentState>;
  /**
   * Calls back with rows of the trace as they leave the loop, in order, a batch at a time; rows before it are
   * delivered first. Of more than 8192 rows before it these are about 4000 to 8000, evenly thinned, with the
   * last one; all of them with `keepRows`. What the callback throws ends its subscription and nothing else.
   */
  subscribe(onRows: (rows: TraceRow[]) => void): Promise<void>;
}
