/**
 * Threads that run cells, each cell whole on one of them: of this machine's comparison, or of a worker that
 * takes cells from a queue. A cell whose module does not return, or whose round takes too long, costs its
 * thread; the pool starts another for the next cell.
 */

import { Piscina } from 'piscina';
import type { Precision } from '../arena/layout.js';
import { standingIn } from '../base/show-path.js';
import {
  createWatchWords,
  DEFAULT_CALL_SECONDS,
  describeOverdue,
  type OverdueCall,
  watchThread,
} from '../plugin/watch.js';
import type { LoadedConfig } from '../run/config.js';
import { compileKernels } from '../run/kernels.js';
import { createLaps, describeLate, watchLaps } from '../run/laps.js';
import { cellUrl } from '../run/locations.js';
import { checkHost, threadExecArgv } from '../session/host.js';
import { locatedRefusal } from '../session/overdue.js';
import type { CellEnd, CellOrder, CellOutcome, CellReport, CellTask } from './types.js';

const WORKER_HEAP_MIB = 2048;

export class CellPool {
  private readonly pool: Piscina<CellTask, CellReport>;
  private readonly kernels = new Map<Precision | undefined, Promise<WebAssembly.Module>>();
  private ended = false;

  constructor(threads: number) {
    checkHost();
    this.pool = new Piscina<CellTask, CellReport>({
      filename: cellUrl.href,
      minThreads: threads,
      maxThreads: threads,
      execArgv: threadExecArgv(),
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB },
    });
  }

  /**
   * How it ended; null where the pool was ended first: such a cell has not failed, it has not run. `stand`: where
   * whoever reads its messages stands, where that is not here.
   */
  async run(
    loaded: LoadedConfig,
    { target, tune, ask }: CellOrder,
    stand: string | null = null,
  ): Promise<CellEnd | null> {
    const module = await this.kernelsOf(loaded.config.precision);
    if (this.ended) return null;
    const watch = createWatchWords();
    const abort = new AbortController();
    let overdue: OverdueCall | null = null;
    // Its thread is ended, and the pool starts another for the next cell.
    const unwatch = watchThread(watch, loaded.config.modules?.seconds ?? DEFAULT_CALL_SECONDS, (call) => {
      overdue = call;
      abort.abort();
    });
    const seconds = loaded.config.timeout?.round;
    const laps = seconds === undefined ? null : createLaps(1);
    let late: string | null = null;
    const unwatchLaps =
      laps === null
        ? () => {}
        : watchLaps(laps, seconds as number, (found) => {
            late = describeLate(found, seconds as number);
            abort.abort();
          });
    try {
      const task = { module, loaded, target, tune, ask, stand, watch, laps };
      const { outcome, inputs } = await this.pool.run(task, { signal: abort.signal });
      return { outcome, inputs, keep: true };
    } catch (error) {
      // A pool that is taken down rejects what it had.
      if (this.ended) return null;
      const outcome: CellOutcome = overdue
        ? await standingIn(stand, () => outcomeOf(overdue as OverdueCall, loaded))
        : { status: 'failed', error: late ?? (error as Error).message };
      return { outcome, inputs: [], keep: false };
    } finally {
      unwatch();
      unwatchLaps();
    }
  }

  /** Ends what is under way. Idempotent. */
  async end(): Promise<void> {
    this.ended = true;
    await this.pool.destroy();
  }

  private kernelsOf(precision: Precision | undefined): Promise<WebAssembly.Module> {
    let compiled = this.kernels.get(precision);
    if (compiled === undefined) {
      compiled = compileKernels(precision);
      this.kernels.set(precision, compiled);
    }
    return compiled;
  }
}

/** Of a cell whose module does not return. */
async function outcomeOf(call: OverdueCall, loaded: LoadedConfig): Promise<CellOutcome> {
  if (call.running) return { status: 'failed', error: describeOverdue(call) };
  return { status: 'refused', error: (await locatedRefusal(call, loaded)).message };
}
