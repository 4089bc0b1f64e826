/**
 * The pool: one Piscina thread and one long task per worker for a whole run, and what happens when one of
 * them fails.
 */

import { Piscina } from 'piscina';
import type { Arena } from '../arena/arena.js';
import type { Precision } from '../arena/layout.js';
import { ownCores } from '../base/cores.js';
import { InputError, RunError } from '../base/errors.js';
import type { InputFile } from '../base/inputs.js';
import { onStray } from '../plugin/stray.js';
import {
  callUnderWay,
  countOfCall,
  createWatchWords,
  DEFAULT_CALL_SECONDS,
  describeCall,
  describeOverdue,
  OVERDUE_HINT,
  watchThread,
} from '../plugin/watch.js';
import { compileKernels } from '../run/kernels.js';
import { createLaps, describeLate, LATE_HINT, watchLaps } from '../run/laps.js';
import { agentsUrl } from '../run/locations.js';
import { nearbyOf } from '../run/places.js';
import type {
  AgentsReport,
  AgentsTask,
  Fault,
  RanksTask,
  RunReport,
  StagingTask,
  TouchTask,
} from '../run/tasks.js';
import type { RunPlan } from '../run/types.js';
import { DEFAULT_SPINS, poison } from '../sync/barrier.js';
import { Poison } from '../sync/control.js';
import { chooseShape, pathOf } from '../sync/tree.js';
import { barrierChoice } from './barrier-choice.js';
import { threadExecArgv } from './host.js';

const WORKER_HEAP_MIB = 512;
/** A worker that has not left this long after a poison is terminated. */
const LEAVE_MS = 400;

export interface Diagnostics {
  /** The processor of each worker; null where they are held to none. */
  cpus: readonly number[] | null;
  heapAtRounds: readonly number[];
  fault: Fault | null;
  profileUs: number;
  /** As in `AgentsTask`. */
  moduleFiles?: readonly InputFile[];
  clock: SharedArrayBuffer | null;
  /** As in `AgentsTask`. */
  timeline?: SharedArrayBuffer | null;
  /** As in `AgentsTask`. */
  snapshots: SharedArrayBuffer | null;
  checkpoints: StagingTask | null;
  /** As in `AgentsTask`. */
  leaveAt?: number | null;
  /** As in `AgentsTask`. */
  ranks?: RanksTask | null;
  /** How long one call of a user's function may take. */
  callSeconds?: number | undefined;
  /** How long a phase of a round may take; absent: any time. */
  roundSeconds?: number | undefined;
}

/**
 * The threads of one run. They start when the pool is made, so that they come up while the run is still being
 * prepared.
 */
export class WorkerPool {
  /** Threads: as many as a run's workers, at least. */
  readonly threads: number;
  private readonly pool: Piscina<AgentsTask | TouchTask, AgentsReport | null>;
  private touched: Arena | null = null;
  /** Of float64: compiled before anybody knows what the run is of. */
  private readonly modules = new Map<Precision, Promise<WebAssembly.Module>>();
  private readonly watches: (SharedArrayBuffer | null)[] = [];

  constructor(threads: number) {
    this.threads = threads;
    this.pool = new Piscina<AgentsTask | TouchTask, AgentsReport | null>({
      filename: agentsUrl.href,
      minThreads: threads,
      maxThreads: threads,
      execArgv: threadExecArgv(),
      concurrentTasksPerWorker: 1,
      // A thread that is missing must be an error at once: a task that waits in a queue would leave its peers
      // at the barrier.
      maxQueue: 0,
      idleTimeout: Number.POSITIVE_INFINITY,
      // State lives in the arena; a worker's own heap stays at a few megabytes. A plug-in that hoards is to
      // be named before it takes the machine down.
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB },
    });
    // What most runs take is compiled while they are prepared.
    this.kernels('float64');
  }

  /**
   * The calls of users' functions that the run stands in: each worker is in one, or waits for those that are.
   * Null where nobody is in one. The same text at two times is the same calls.
   */
  calling(): string | null {
    const calls = this.watches.map((watch) => (watch ? countOfCall(watch) : 0));
    return calls.some((call) => call !== 0) ? calls.join(' ') : null;
  }

  /** Compiled once for the process's threads. */
  kernels(precision: Precision): Promise<WebAssembly.Module> {
    let module = this.modules.get(precision);
    if (module === undefined) {
      module = compileKernels(precision);
      // Whoever runs hears of a failure; a pool that is destroyed before must not bring the process down.
      module.catch(() => {});
      this.modules.set(precision, module);
    }
    return module;
  }

  /** Ends every thread, whatever it does. */
  async destroy(): Promise<void> {
    await this.pool.destroy();
  }

  /**
   * Has every worker touch its share of an arena that nobody has written to: its pages are then near to the
   * worker, and handed out to all of them at once. What fails ends the pool.
   */
  async touch(arena: Arena, { partition, workers }: RunPlan, cpus: readonly number[] | null): Promise<void> {
    const { memory, layout } = arena;
    try {
      const task = (worker: number) =>
        this.pool.run({ touch: { memory, layout, partition }, worker, cpu: cpus?.[worker] ?? null });
      await Promise.all(Array.from({ length: workers }, (_, worker) => task(worker)));
      this.touched = arena;
    } catch (error) {
      await this.destroy();
      throw error;
    }
  }

  /**
   * Runs all workers to their end and gives their reports, leader first. Rejects with a RunError that carries
   * the first failure as its cause, or with an InputError where ranks cannot meet. Once: when it settles no thread is left.
   */
  async run(
    arena: Arena,
    plan: RunPlan,
    {
      callSeconds = DEFAULT_CALL_SECONDS,
      roundSeconds,
      moduleFiles = [],
      timeline = null,
      cpus,
      ...diagnostics
    }: Diagnostics,
  ): Promise<RunReport[]> {
    const { pool } = this;
    const { workers } = plan;
    const unwatch: (() => void)[] = [];
    const words = arena.view('control', 'i32');
    // Ranks of one host share its cores.
    const sharing = diagnostics.ranks?.transport.onHost ?? 1;
    const spins = workers * sharing > ownCores().threads ? 0 : DEFAULT_SPINS;
    try {
      const shape = chooseShape(workers, barrierChoice(), nearbyOf(cpus));
      const module = await this.kernels(arena.precision);
      return await new Promise<RunReport[]>((resolve, reject) => {
        const reports: RunReport[] = [];
        let returned = 0;
        let failure: RunError | InputError | null = null;
        const over = () => (failure ? reject(failure) : resolve(reports));
        // The first failure is the cause. Whoever waits at the barrier is released; whoever does not come out
        // is left to `destroy`, which terminates it.
        const fail = (error: RunError | InputError) => {
          failure ??= error;
          poison(words, Poison.WORKER_FAILED);
          setTimeout(over, LEAVE_MS).unref();
        };
        const failed = (worker: number, error: Error) => fail(workerFailed(worker, error));
        // On this thread modules were called before the run, and what they left behind may come now.
        unwatch.push(
          onStray(({ message, cause }) => fail(new RunError('WORKER_FAILED', message, { cause }))),
        );
        const { watches } = this;
        const laps = roundSeconds === undefined ? null : createLaps(workers);
        if (laps) {
          const seconds = roundSeconds as number;
          const stop = watchLaps(laps, seconds, (late) => {
            const words = watches[late.worker];
            const calling = words ? callUnderWay(words) : null;
            const inner = calling ? `, it is calling ${describeCall(calling)}` : '';
            const error = new Error(describeLate(late, seconds) + inner);
            failed(late.worker, Object.assign(error, { hint: LATE_HINT }));
          });
          unwatch.push(stop);
        }
        for (let worker = 0; worker < workers; worker++) {
          const watch = plan.modules.length > 0 ? createWatchWords() : null;
          watches.push(watch);
          if (watch) {
            const stop = watchThread(watch, callSeconds, (call) => {
              failed(worker, Object.assign(new Error(describeOverdue(call)), { hint: OVERDUE_HINT }));
            });
            unwatch.push(stop);
          }
          pool
            .run({
              module,
              memory: arena.memory,
              plan,
              moduleFiles,
              worker,
              cpu: cpus?.[worker] ?? null,
              touched: this.touched === arena,
              path: pathOf(shape, worker),
              spins,
              laps,
              watch,
              timeline,
              ...diagnostics,
            })
            .then((report) => {
              // One that left because of the poison is no failure of its own: the cause comes from whoever
              // poisoned.
              if (report === null || 'poisoned' in report) return;
              if ('refused' in report) fail(new InputError(report.refused.message, report.refused));
              else reports[worker] = report;
            })
            .catch((error: Error) => failed(worker, error))
            .finally(() => {
              returned++;
              if (returned === workers) over();
            });
        }
      });
    } finally {
      for (const stop of unwatch) stop();
      await this.destroy();
    }
  }
}

function workerFailed(worker: number, cause: Error): RunError {
  const what =
    (cause as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'ran out of memory' : 'failed';
  const error = new RunError('WORKER_FAILED', `worker ${worker} ${what}: ${cause.message}`, { cause });
  const { hint } = cause as { hint?: string };
  return hint === undefined ? error : Object.assign(error, { hint });
}
