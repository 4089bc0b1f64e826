/**
 * The main thread's end of a coordinator thread: starts it and speaks to it over Comlink.
 *
 * Calls to a thread that has died would hang for ever (nobody is left to answer), so each call races its
 * exit. The thread keeps the process alive while a call is under way, and not otherwise: a program that
 * forgets `close()`, or never reaches it, ends all the same.
 */

import { RunError } from '../base/errors.js';
import { Comlink, nodeEndpoint } from './comlink.js';
import { claimCoordinator } from './coordinator-thread.js';
import type { Session } from './types.js';

/** A coordinator thread, and how its methods are called. */
export interface Coordinator {
  remote: Comlink.Remote<Session & CoordinatorTasks>;
  /** Rejects where the thread ends before it has answered. */
  call<T>(name: string, ask: () => Promise<T>): Promise<T>;
  /** Whether `close` has been called. */
  closed(): boolean;
  /** Ends the thread at once, whatever it does. Idempotent. */
  close(): Promise<void>;
}

/** Work beside sessions that a coordinator takes from the calling thread. */
export interface CoordinatorTasks {
  task(name: string, argument: unknown, onProgress: (progress: never) => void): Promise<unknown>;
}

/** @throws InputError where node was started without WebAssembly or threads */
export function openCoordinator(): Coordinator {
  const worker = claimCoordinator();
  const remote = Comlink.wrap<Session & CoordinatorTasks>(nodeEndpoint(worker));
  // Listening to a thread keeps the process alive; calls do that, each while it lasts.
  worker.unref();
  let underWay = 0;
  let closed = false;
  let fail: (error: Error) => void = () => {};
  const gone = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  gone.catch(() => {});
  worker.once('error', (error) =>
    fail(
      new RunError('WORKER_FAILED', `the coordinator thread failed: ${(error as Error).message}`, {
        cause: error,
      }),
    ),
  );
  worker.once('exit', (code) =>
    fail(
      closed
        ? new RunError('STOPPED', 'the session was closed while this call was under way')
        : new RunError('WORKER_FAILED', `the coordinator thread ended with code ${code}`),
    ),
  );

  const call = async <T>(name: string, ask: () => Promise<T>): Promise<T> => {
    if (closed) {
      throw new RunError(
        'STOPPED',
        `${name}() was called after close(): this session is over, open another with openSession()`,
      );
    }
    if (underWay++ === 0) worker.ref();
    try {
      return await Promise.race([ask(), gone]);
    } finally {
      if (--underWay === 0) worker.unref();
    }
  };

  const close = async () => {
    if (closed) return;
    closed = true;
    remote[Comlink.releaseProxy]();
    await worker.terminate();
  };
  return { remote, call, closed: () => closed, close };
}
