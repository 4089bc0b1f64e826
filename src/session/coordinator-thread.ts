/**
 * The coordinator's thread. Whoever knows that a run will follow begins it before loading anything else: it
 * comes up meanwhile, on another core.
 *
 * A thread that nobody has claimed holds nothing up: it does not keep the process alive, and one that has
 * died in between is not handed out.
 */

import { Worker } from 'node:worker_threads';
import { coordinatorUrl } from '../run/locations.js';
import { checkHost, threadExecArgv } from './host.js';

// The command line's first file and its bundle have a copy each of this module, and share the thread.
const KEY = Symbol.for('sottovoce.coordinator');
const shared = globalThis as { [KEY]?: Worker | undefined };

function start(): Worker {
  checkHost();
  return new Worker(coordinatorUrl, { execArgv: threadExecArgv() });
}

function forget(): void {
  shared[KEY] = undefined;
}

/** Has the thread come up; the next session is its. */
export function beginCoordinator(): void {
  if (shared[KEY]) return;
  let worker: Worker;
  try {
    worker = start();
  } catch {
    // Whoever claims one meets the same again, where it can be reported.
    return;
  }
  worker.unref();
  // Whatever ended it will be met again, and reported, by the thread that is started in its place.
  worker.once('error', forget).once('exit', forget);
  shared[KEY] = worker;
}

/** A thread of one's own: the one begun, or a new one. Its events have to be listened to in the same turn. */
export function claimCoordinator(): Worker {
  const worker = shared[KEY];
  if (!worker) return start();
  forget();
  worker.off('error', forget).off('exit', forget);
  worker.ref();
  return worker;
}

/** Ends one that nobody has claimed. */
export async function dismissCoordinator(): Promise<void> {
  if (shared[KEY]) await claimCoordinator().terminate();
}
