/**
 * The pool: one Piscina thread and one long task per worker for a whole run, and what happens when one of them fails.
 */

import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { Piscina } from 'piscina';
import type { AgentsReport, AgentsTask } from '../../workers/agents.js';
import type { Fault } from '../../workers/faults.js';
import type { LoopReport } from '../../workers/round-loop.js';
import type { Arena } from '../arena/arena.js';
import { RunError } from '../errors.js';
import type { RunPlan } from '../program/types.js';
import { DEFAULT_SPINS, poison } from '../sync/barrier.js';
import { Poison } from '../sync/control.js';
import { agentsUrl, kernelsUrl } from './locations.js';

const WORKER_HEAP_MIB = 512;
/** A worker that has not left this long after a poison is terminated. */
const LEAVE_MS = 400;

export interface Diagnostics {
  heapAtRounds: readonly number[];
  fault: Fault | null;
}

/**
 * Runs all workers to their end and gives their reports, leader first. Rejects with a RunError that carries the first failure as its
 * cause. When it settles no thread is left.
 */
export async function runWorkers(
  arena: Arena,
  plan: RunPlan,
  diagnostics: Diagnostics,
): Promise<LoopReport[]> {
  const { workers } = plan;
  const words = arena.view('control', 'i32');
  const module = await WebAssembly.compile(await readFile(kernelsUrl));
  const pool = new Piscina<AgentsTask, AgentsReport>({
    filename: agentsUrl.href,
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 1,
    // A thread that is missing must be an error at once: a task that waits in a queue would leave its peers at the barrier.
    maxQueue: 0,
    idleTimeout: Number.POSITIVE_INFINITY,
    // State lives in the arena; a worker's own heap stays at a few megabytes. A plug-in that hoards is to be named before it
    // takes the machine down.
    resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB },
  });
  const spins = workers > os.availableParallelism() ? 0 : DEFAULT_SPINS;
  try {
    return await new Promise<LoopReport[]>((resolve, reject) => {
      const reports: LoopReport[] = [];
      let returned = 0;
      let failure: RunError | null = null;
      const over = () => (failure ? reject(failure) : resolve(reports));
      for (let worker = 0; worker < workers; worker++) {
        pool
          .run({ module, memory: arena.memory, plan, worker, spins, ...diagnostics })
          .then((report) => {
            // One that left because of the poison is no failure of its own: the cause comes from whoever poisoned.
            if (!('poisoned' in report)) reports[worker] = report;
          })
          .catch((error: Error) => {
            // The first failure is the cause. Whoever waits at the barrier is released; whoever does not come out is left to
            // `destroy`, which terminates it.
            failure ??= workerFailed(worker, error);
            poison(words, Poison.WORKER_FAILED);
            setTimeout(over, LEAVE_MS).unref();
          })
          .finally(() => {
            returned++;
            if (returned === workers) over();
          });
      }
    });
  } finally {
    await pool.destroy();
  }
}

function workerFailed(worker: number, cause: Error): RunError {
  const what =
    (cause as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'ran out of memory' : 'failed';
  return new RunError('WORKER_FAILED', `worker ${worker} ${what}: ${cause.message}`, { cause });
}
