/**
 * Runs a grid's cells, each whole on one thread of a pool, as many at a time as there are threads. A cell
 * knows nothing of the others, so that its bits are those of the same run alone.
 */

import { Piscina } from 'piscina';
import type { Precision } from '../arena/layout.js';
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
import { changedInput } from './cell-inputs.js';
import type { CompareDirectory } from './store.js';
import type { Cell, CellAsk, CellOutcome, CellReport, CellTask, Target } from './types.js';

const WORKER_HEAP_MIB = 2048;

export interface GridRun {
  /** Outcomes so far, by the cells' ids. */
  outcomes: Map<string, CellOutcome>;
  /** Cells whose outcome an earlier comparison had left. */
  kept: number;
  /** Why outcomes of an earlier comparison were not taken, and of how many cells that is so. */
  again: Map<string, number>;
  /** Cells still to run. */
  pending: number;
  /** Resolves when all cells have run, or after `stop`. */
  finished: Promise<void>;
  /** Ends the cells under way and starts no other; what has finished is kept. */
  stop(): void;
}

export function runGrid(
  cells: readonly Cell[],
  directory: Pick<CompareDirectory, 'read' | 'keep'>,
  options: {
    jobs: number;
    target: Target;
    tune: number;
    ask?: CellAsk;
    onDone: (cell: Cell, outcome: CellOutcome) => void;
  },
): GridRun {
  const outcomes = new Map<string, CellOutcome>();
  const again = new Map<string, number>();
  // Two ways of writing the same cell are one.
  const different = [...new Map(cells.map((cell) => [cell.id, cell])).values()];
  for (const cell of different) {
    const kept = directory.read(cell);
    if (kept === null) continue;
    if ('why' in kept) again.set(kept.why, (again.get(kept.why) ?? 0) + 1);
    else outcomes.set(cell.id, kept.outcome);
  }
  const pending = different.filter(({ id }) => !outcomes.has(id));
  const run = { outcomes, kept: outcomes.size, again, pending: pending.length };
  if (pending.length === 0) return { ...run, finished: Promise.resolve(), stop: () => {} };

  checkHost();
  const threads = Math.min(options.jobs, pending.length);
  const pool = new Piscina<CellTask, CellReport>({
    filename: cellUrl.href,
    minThreads: threads,
    maxThreads: threads,
    execArgv: threadExecArgv(),
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB },
  });
  let stopped = false;

  const one = async (cell: Cell, module: WebAssembly.Module): Promise<void> => {
    const { loaded } = cell;
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
    let outcome: CellOutcome;
    let inputs = cell.inputs;
    try {
      const { target, tune, ask = {} } = options;
      const task = { module, loaded, target, tune, ask, watch, laps };
      const report = await pool.run(task, { signal: abort.signal });
      outcome = report.outcome;
      // What it read is what it was to read: else it is a result of something that nobody asked for.
      const read = new Set(report.inputs.map(({ path }) => path));
      const changed = changedInput(
        cell.inputs.filter(({ path }) => read.has(path)),
        report.inputs,
      );
      if (changed !== null) outcome = { status: 'failed', error: `${changed} changed during the comparison` };
      const own = new Set(inputs.map(({ path }) => path));
      inputs = [...inputs, ...report.inputs.filter(({ path }) => !own.has(path))];
    } catch (error) {
      // A pool that is taken down rejects what it had; those cells have not failed, they have not run.
      if (stopped) return;
      outcome = overdue
        ? await outcomeOf(overdue, loaded)
        : { status: 'failed', error: late ?? (error as Error).message };
    } finally {
      unwatch();
      unwatchLaps();
    }
    outcomes.set(cell.id, outcome);
    // A failure may be the machine's: it is tried again when the comparison is continued.
    if (outcome.status !== 'failed' && overdue === null) directory.keep(cell, outcome, inputs);
    options.onDone(cell, outcome);
  };

  const all = async (): Promise<void> => {
    try {
      const precisions = new Set(pending.map(({ loaded }) => loaded.config.precision));
      const modules = new Map<Precision | undefined, WebAssembly.Module>();
      for (const precision of precisions) modules.set(precision, await compileKernels(precision));
      if (!stopped) {
        await Promise.all(
          pending.map((cell) => one(cell, modules.get(cell.loaded.config.precision) as WebAssembly.Module)),
        );
      }
    } finally {
      await pool.destroy();
    }
  };
  return {
    ...run,
    finished: all(),
    stop: () => {
      if (stopped) return;
      stopped = true;
      pool.destroy().catch(() => {});
    },
  };
}

/** Of a cell whose module does not return. */
async function outcomeOf(call: OverdueCall, loaded: LoadedConfig): Promise<CellOutcome> {
  if (call.running) return { status: 'failed', error: describeOverdue(call) };
  return { status: 'refused', error: (await locatedRefusal(call, loaded)).message };
}
