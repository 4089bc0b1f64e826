/**
 * The calling thread's end of a coordinator: starts the thread and speaks to it over Comlink.
 *
 * Calls to a thread that has died would hang for ever (nobody is left to answer), so each call races its
 * exit. So would one to a thread that has gone into a user's function and does not come back: it is watched,
 * and ended. The thread keeps the process alive while a call is under way, and not otherwise: a program that
 * forgets `close()`, or never reaches it, ends all the same.
 */

import { RunError } from '../base/errors.js';
import { DEFAULT_CALL_SECONDS, type OverdueCall, watchThread } from '../plugin/watch.js';
import { Comlink, nodeEndpoint } from './comlink.js';
import { claimCoordinator } from './coordinator-thread.js';

export interface CoordinatorClient<Remote> {
  remote: Comlink.Remote<Remote>;
  /** Rejects where the thread has ended, whatever ended it. */
  call<T>(name: string, ask: () => Promise<T>): Promise<T>;
  /** Ends the thread where one call of a user's function lasts longer; every call then rejects with this. */
  watch(seconds: number | undefined, overdue: (call: OverdueCall) => Error | Promise<Error>): void;
  /** Ends it at once, whatever it does. Idempotent. */
  close(): Promise<void>;
}

export function openCoordinator<Remote>(): CoordinatorClient<Remote> {
  const { worker, watch: words } = claimCoordinator();
  const remote = Comlink.wrap<Remote>(nodeEndpoint(worker));
  // Listening to a thread keeps the process alive; calls do that, each while it lasts.
  worker.unref();
  let underWay = 0;
  let closed = false;
  let unwatch = () => {};
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
  worker.once('exit', (code) => {
    unwatch();
    fail(
      closed
        ? new RunError('STOPPED', 'the session was closed while this call was under way')
        : new RunError('WORKER_FAILED', `the coordinator thread ended with code ${code}`),
    );
  });

  return {
    remote,
    async call(name, ask) {
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
    },
    watch(seconds = DEFAULT_CALL_SECONDS, overdue) {
      unwatch();
      unwatch = watchThread(words, seconds, async (call) => {
        fail(await overdue(call));
        await worker.terminate();
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      unwatch();
      (remote as Comlink.Remote<object>)[Comlink.releaseProxy]();
      await worker.terminate();
    },
  };
}
