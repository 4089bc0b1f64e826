/**
 * The coordinator's thread. Whoever knows that a run will follow begins it before loading anything else: it
 * comes up meanwhile, on another core.
 *
 * A thread that nobody has claimed holds nothing up: it does not keep the process alive, and one that has
 * died in between is not handed out.
 */

import { Worker } from 'node:worker_threads';
import { createWatchWords } from '../plugin/watch.js';
import { coordinatorUrl } from '../run/locations.js';
import { checkHost, threadExecArgv } from './host.js';

// The command line's first file and its bundle have a copy each of this module, and share the thread.
const KEY = Symbol.for('sottovoce.coordinator');
const shared = globalThis as { [KEY]?: Coordinator | undefined };

/** What the thread is given at its start. */
export interface CoordinatorData {
  /** Where it says which of a user's functions it is in, see `src/plugin/watch.ts`. */
  watch: SharedArrayBuffer;
}

/** The thread, and where it says what it is doing. */
export interface Coordinator extends CoordinatorData {
  worker: Worker;
}

function start(): Coordinator {
  checkHost();
  const workerData: CoordinatorData = { watch: createWatchWords() };
  return { worker: new Worker(coordinatorUrl, { execArgv: threadExecArgv(), workerData }), ...workerData };
}

function forget(): void {
  shared[KEY] = undefined;
}

/** Has the thread come up; the next session is its. */
export function beginCoordinator(): void {
  if (shared[KEY]) return;
  let coordinator: Coordinator;
  try {
    coordinator = start();
  } catch {
    // Whoever claims one meets the same again, where it can be reported.
    return;
  }
  const { worker } = coordinator;
  worker.unref();
  // Whatever ended it will be met again, and reported, by the thread that is started in its place.
  worker.once('error', forget).once('exit', forget);
  shared[KEY] = coordinator;
}

/** A thread of one's own: the one begun, or a new one. Its events have to be listened to in the same turn. */
export function claimCoordinator(): Coordinator {
  const coordinator = shared[KEY];
  if (!coordinator) return start();
  const { worker } = coordinator;
  forget();
  worker.off('error', forget).off('exit', forget);
  worker.ref();
  return coordinator;
}

/** Ends one that nobody has claimed. */
export async function dismissCoordinator(): Promise<void> {
  if (shared[KEY]) await claimCoordinator().worker.terminate();
}
