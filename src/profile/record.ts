/**
 * Records what one worker does, by V8's own sampling profiler, from inside that worker: nobody else's time is
 * in it.
 */

import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { type ThreadTimes, timeThread } from '../run/thread-times.js';

export type CpuProfile = Profiler.Profile;

export interface Recorded<T> {
  result: T;
  profile: CpuProfile;
  /** Of this thread while `run` ran. */
  times: ThreadTimes;
}

/**
 * Samples this thread every `intervalUs` microseconds while `run` runs. `ready` is called in between:
 * starting a profiler takes some milliseconds, and a worker that begins before the others would be seen
 * waiting for them. Throws what `run` throws.
 */
export async function record<T>(intervalUs: number, ready: () => void, run: () => T): Promise<Recorded<T>> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: intervalUs });
    await session.post('Profiler.start');
    ready();
    const stop = timeThread();
    const result = run();
    const times = stop();
    const { profile } = await session.post('Profiler.stop');
    return { result, profile, times };
  } finally {
    session.disconnect();
  }
}
