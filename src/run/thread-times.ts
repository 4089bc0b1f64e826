/**
 * What the operating system knows of a thread and a sampling profiler does not: how long it was on a core, and
 * how long it could have gone on but another had the core.
 *
 * A sample stands for time, whatever the thread did in it. Time asleep at the barrier, time in which it was put
 * aside for somebody else's work, and time on a core look alike. Linux counts them apart
 * (`/proc/thread-self/schedstat`: nanoseconds on a core, nanoseconds ready without one, turns); newer Nodes know
 * the first everywhere. What is left of the time on the clock the thread was asleep.
 */

import { readFileSync } from 'node:fs';
import type { WorkerThreadTime } from './reports.js';

/** Times of one thread, in seconds; null where this system does not say. */
export interface ThreadTimes {
  /** On the clock. */
  wall: number;
  /** On a core. */
  onCore: number | null;
  /** Ready to go on, while others had the cores. */
  putAside: number | null;
}

interface Reading {
  wallMs: number;
  onCoreNs: number | null;
  putAsideNs: number | null;
}

type ThreadCpuUsage = () => { user: number; system: number };

/** Of the thread that calls. */
function read(): Reading {
  const [onCoreNs, putAsideNs] = schedulerTimes('/proc/thread-self/schedstat') ?? [threadCpuNs(), null];
  return { wallMs: performance.now(), onCoreNs, putAsideNs };
}

/** Nanoseconds on a core and ready without one, of the thread that a file under /proc describes. */
export function schedulerTimes(file: string): [onCoreNs: number, putAsideNs: number] | null {
  try {
    const [onCore, putAside] = readFileSync(file, 'utf8').split(' ').map(Number);
    // A kernel that does not count says 0 to a thread that is running.
    return onCore !== undefined && putAside !== undefined && onCore > 0 ? [onCore, putAside] : null;
  } catch {
    return null;
  }
}

function threadCpuNs(): number | null {
  const usage = (process as { threadCpuUsage?: ThreadCpuUsage }).threadCpuUsage?.();
  return usage === undefined ? null : 1000 * (usage.user + usage.system);
}

/** Begins now; what it gives ends, on the same thread, and says what lay in between. */
export function timeThread(): () => ThreadTimes {
  const begin = read();
  return () => {
    const end = read();
    const between = (from: number | null, to: number | null) =>
      from === null || to === null ? null : (to - from) / 1e9;
    return {
      wall: (end.wallMs - begin.wallMs) / 1000,
      onCore: between(begin.onCoreNs, end.onCoreNs),
      putAside: between(begin.putAsideNs, end.putAsideNs),
    };
  };
}

/**
 * Of each worker, over the parts of a run: one that was changed on the way has several. Null where a time on a
 * core is not known of everyone.
 *
 * @param parts of each part the times of its workers, in their order
 */
export function sumThreadTimes(
  parts: readonly (readonly (ThreadTimes | null)[])[],
): WorkerThreadTime[] | null {
  const sums: WorkerThreadTime[] = [];
  for (const part of parts) {
    for (const [worker, times] of part.entries()) {
      if (times?.onCore == null) return null;
      sums[worker] ??= { worker, seconds: 0, processorSeconds: 0, readySeconds: 0, asleepSeconds: 0 };
      const sum = sums[worker];
      const { wall, onCore, putAside } = times;
      sum.seconds += wall;
      // A core's time is counted in ticks, and may be read a little late.
      const busy = Math.min(onCore, wall);
      const ready = Math.min(putAside ?? 0, wall - busy);
      sum.processorSeconds += busy;
      sum.readySeconds = putAside === null || sum.readySeconds === null ? null : sum.readySeconds + ready;
      sum.asleepSeconds += wall - busy - ready;
    }
  }
  return sums.length === 0 ? null : sums;
}
