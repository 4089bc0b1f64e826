/** A run that was ended before its time, gone on with in one call. */

import type { Override } from '../run/config.js';
import { checkOptions } from './options.js';
import { outcomeOf, type RunOptions, type RunOutcome } from './run.js';
import { steered } from './steer.js';

/** What `resume` may be told beside the folder. */
export interface ResumeOptions extends Pick<RunOptions, 'keepX' | 'signal' | 'onRows' | 'onProgress'> {
  /** Threads, instead of those that the config says. */
  workers?: number | 'auto';
  /** Rounds that the run has in all, at most. */
  rounds?: number;
}

const OPTIONS = ['workers', 'rounds', 'keepX', 'signal', 'onRows', 'onProgress'];

/**
 * Goes on with a run from the newest checkpoint in its folder, to the state of one that never stopped, bit for
 * bit, with any number of workers. A run that is stopped leaves one (`run` with `outDir` and `signal`); others
 * are asked for by `checkpoint: { everySeconds: 60 }` in its config. Results take the place of those in the
 * folder when they are whole.
 *
 * @param folder of the run, where its manifest.json is
 * @throws InputError where there is no checkpoint that can be used, or its inputs have changed
 * @throws RunError where the run failed: a worker died
 */
export async function resume(folder: string, options: ResumeOptions = {}): Promise<RunOutcome> {
  checkOptions('resume', options, OPTIONS);
  const { workers, rounds, keepX = true } = options;
  const changes: Override[] = Object.entries({ workers, rounds }).flatMap(([key, value]) =>
    value === undefined ? [] : [{ path: [key], value, origin: key }],
  );
  const [{ findResumption }, { openSession }] = await Promise.all([
    import('../session/resume-point.js'),
    import('../session/client.js'),
  ]);
  const { loaded, from, folder: outDir, run } = await findResumption(folder, changes);
  const { session, close } = await openSession();
  try {
    const plan = await session.prepare({ config: loaded, from, outDir, keepX, keepRows: true });
    return outcomeOf(await steered(session, options, () => session.start({ runId: run })), plan);
  } finally {
    await close();
  }
}
