/** What the command `worker` does, as a call of a program. */

import { InputError } from '../base/errors.js';
import type { WorkerReport } from '../queue/worker.js';
import { checkOptions } from './options.js';

/** How a worker of a queue works. */
export interface WorkOptions {
  /** Runs at a time; one for each core where absent. */
  jobs?: number;
  /** Leaves after so many milliseconds without a job; null or absent: never. */
  idleExitMs?: number | null;
  /** Whether jobs that bring code are taken; true where absent. */
  modules?: boolean;
  /** Where files lie under their SHA-256; in the user's cache where absent. */
  cacheFolder?: string;
  /** How many bytes of them are kept; 10 GB where absent. */
  cacheBytes?: number;
  /** Hands back what is under way, at once, and ends. */
  signal?: AbortSignal;
  /** Called with what is to be known: studies that are refused, connections lost and found. */
  onWord?: (line: string) => void;
}

const OPTIONS = ['jobs', 'idleExitMs', 'modules', 'cacheFolder', 'cacheBytes', 'signal', 'onWord'];

/**
 * Takes jobs from a queue and runs them on threads of this process.
 *
 * @param queue `nats://host:4222`, with or without a login
 * @throws InputError where an option is wrong, or the queue does not answer
 */
export async function work(queue: string, options: WorkOptions = {}): Promise<WorkerReport> {
  checkOptions('work', options, OPTIONS);
  const { idleExitMs = null, modules = true, cacheBytes = 10e9, signal, onWord = () => {} } = options;
  const [{ connectQueue }, { QueueWorker }, { FileCache, defaultCacheFolder }, cells, { ownCores }] =
    await Promise.all([
      import('../queue/connection.js'),
      import('../queue/worker.js'),
      import('../queue/cache.js'),
      import('../compare/cell-job.js'),
      import('../base/cores.js'),
    ]);
  const { jobs = ownCores().count, cacheFolder = defaultCacheFolder() } = options;
  if (!(Number.isInteger(jobs) && jobs >= 1 && jobs <= 1024))
    throw new InputError(`jobs is ${jobs}, expected a whole number in 1..1024`);
  for (const [name, value] of Object.entries({ idleExitMs: idleExitMs ?? 0, cacheBytes }))
    if (!(value >= 0)) throw new InputError(`${name} is ${value}, expected a number >= 0`);
  const connection = await connectQueue(queue, onWord, 'sottovoce worker');
  const cache = new FileCache(cacheFolder, cacheBytes);
  const handler = new cells.CellJobs(jobs);
  // What refuses modules reads it there, in threads that are started meanwhile, too.
  const forbidden = process.env['SOTTOVOCE_NO_CUSTOM'];
  if (!modules) process.env['SOTTOVOCE_NO_CUSTOM'] = '1';
  try {
    const worker = new QueueWorker(connection, {
      handlers: { [cells.CELL_JOB]: handler },
      jobs,
      idleExitMs,
      modules,
      cache,
      say: onWord,
    });
    onWord(`works for ${connection.server}, ${jobs} at a time`);
    const stop = () => worker.stop();
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    try {
      return await worker.serve();
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  } finally {
    if (forbidden === undefined) delete process.env['SOTTOVOCE_NO_CUSTOM'];
    else process.env['SOTTOVOCE_NO_CUSTOM'] = forbidden;
    await handler.end();
    cache.close();
    await connection.close();
  }
}
