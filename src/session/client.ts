/**
 * The main thread's end of a Session: starts the coordinator thread and speaks to it over Comlink.
 *
 * Calls to a thread that has died would hang for ever (nobody is left to answer), so each call races its exit.
 */

import { RunError } from '../errors.js';
import { Comlink, nodeEndpoint } from './comlink.js';
import { claimCoordinator } from './coordinator-thread.js';
import type { Session } from './types.js';

export interface OpenSession {
  session: Session;
  /** Ends the coordinator and every worker at once, whatever they do. Idempotent. */
  close(): Promise<void>;
}

export async function openSession(): Promise<OpenSession> {
  const worker = claimCoordinator();
  const remote = Comlink.wrap<Session>(nodeEndpoint(worker));
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
        ? new RunError('STOPPED', 'the session was closed')
        : new RunError('WORKER_FAILED', `the coordinator thread ended with code ${code}`),
    ),
  );

  const answered = <T>(answer: Promise<T>): Promise<T> => Promise.race([answer, gone]);
  const session: Session = {
    prepare: (options) => answered(remote.prepare(options)),
    start: () => answered(remote.start()),
    pause: () => answered(remote.pause()),
    resume: () => answered(remote.resume()),
    step: (rounds) => answered(remote.step(rounds)),
    stop: () => answered(remote.stop()),
    progress: () => answered(remote.progress()),
    inspect: (agent) => answered(remote.inspect(agent)),
    subscribe: (onRows) => answered(remote.subscribe(Comlink.proxy(onRows))),
  };

  return {
    session,
    async close() {
      if (closed) return;
      closed = true;
      remote[Comlink.releaseProxy]();
      await worker.terminate();
    },
  };
}
