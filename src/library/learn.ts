/** What the command `learn` does, as a call of a program. */

import { InputError } from '../base/errors.js';
import type { CompareDirectory } from '../compare/store.js';
import type { Cell, CellOutcome } from '../compare/types.js';
import type { Policy } from '../compress/policy.js';
import type { Figures, Generation } from '../learn/train.js';
import { checkOptions } from './options.js';
import type { ConfigInput } from './specs.js';
import { QUEUE_OPTIONS, type QueueOptions, whereOf } from './where.js';

/** How a policy is trained; on what stands in section `learn` of the config. */
export interface LearnOptions extends QueueOptions {
  /** What the policy is called; the config's name where absent. */
  name?: string;
  /** Runs at a time; one for each core where absent. */
  jobs?: number;
  /** Folder for runs that have finished, with which a training goes on; nothing is written where absent. */
  runsDir?: string;
  /** Ends what is under way; the outcome then has no policy. */
  signal?: AbortSignal;
  /** Called after each run. */
  onCell?: (cell: Cell, outcome: CellOutcome) => void;
  /** Called after each generation. */
  onGeneration?: (generation: Generation) => void;
}

/** What a training came to. */
export interface LearnOutcome {
  /** What stands in a policy's file, with the compressors of its actions; null where it was stopped before. */
  policy: (Policy & { compressors?: readonly unknown[] }) | null;
  /** What each generation came to. */
  generations: Generation[];
  /** Bits to the target on the problems that it was trained on. */
  training: Figures | null;
  /** The same on problems that it had never seen. */
  validation: Figures | null;
}

/**
 * Trains a policy for `compressor: { kind: 'learned', policy }` by runs on graphs of a family. The same config gives
 * the same policy, for any number of jobs.
 *
 * ```ts
 * const { policy, validation } = await learn({
 *   topology: { kind: 'ring', nodes: 6 },
 *   cost: { kind: 'quadratic', dim: 16 },
 *   flow: { kind: 'primal-dual', compress: 'error-state' },
 *   learn: {
 *     graphs: [{ kind: 'random-regular', nodes: 6, degree: 3 }],
 *     problems: 1,
 *     validation: 1,
 *     generations: 1,
 *     population: 2,
 *   },
 * });
 * console.log(policy?.actions.length, validation?.median);
 * ```
 *
 * @throws InputError where the config, its section or an option is wrong
 */
export async function learn(config: ConfigInput | string, options: LearnOptions = {}): Promise<LearnOutcome> {
  checkOptions('learn', options, [
    'name',
    'jobs',
    'runsDir',
    'signal',
    'onCell',
    'onGeneration',
    ...QUEUE_OPTIONS,
  ]);
  const { name = 'policy', jobs, runsDir, signal, onCell, onGeneration, ...queue } = options;
  const [{ makeLesson }, { runsOf, train }, { ownCores }] = await Promise.all([
    import('../learn/lesson.js'),
    import('../learn/train.js'),
    import('../base/cores.js'),
  ]);
  const many = jobs ?? ownCores().count;
  if (!(Number.isInteger(many) && many >= 1 && many <= 1024))
    throw new InputError(`jobs is ${many}, expected a whole number in 1..1024`);
  const lesson = await makeLesson(config as string | Record<string, unknown>, { name });
  const where = await whereOf(many, queue);
  let directory: CompareDirectory | null = null;
  let complete = false;
  let stop = () => {};
  const onAbort = () => stop();
  try {
    if (runsDir !== undefined)
      directory = (await import('../compare/store.js')).CompareDirectory.open(runsDir);
    directory?.begin(lesson.target, runsOf(lesson));
    await where.begin(directory?.path ?? null);
    const run = train(lesson, {
      where,
      directory: directory ?? { read: () => null, keep: () => {} },
      ...(onCell && { onDone: onCell }),
      ...(onGeneration && { onGeneration }),
    });
    stop = () => run.stop();
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) stop();
    const outcome = await run.finished;
    complete = outcome.policy !== null;
    return outcome;
  } finally {
    await where.close(complete);
    signal?.removeEventListener('abort', onAbort);
    directory?.release();
  }
}
