/**
 * The main thread's end of a Session: starts the coordinator thread and speaks to it over Comlink.
 *
 * Calls to a thread that has died would hang for ever (nobody is left to answer), so each call races its exit.
 */

import { Worker } from 'node:worker_threads';
import { RunError } from '../errors.js';
import { Comlink, nodeEndpoint } from './comlink.js';
import { coordinatorUrl } from './locations.js';
import type { Session } from './types.js';

export interface OpenSession {
  session: Session;
  /** Ends the coordinator and every worker at once, whatever they do. Idempotent. */
  close(): Promise<void>;
}

export async function openSession(): Promise<OpenSession> {
  const worker = new Worker(coordinatorUrl);
  const remote = Comlink.wrap<Session>(nodeEndpoint(worker));
  let closed = false;
  let fail: (error: Error) => void = () => {};
  const gone = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  gone.catch(() => {});
  worker.once('error', (error) =>
    fail(new RunError('WORKER_FAILED', `the coordinator thread failed: ${(error as Error).message}`, { cause: error })),
  );
  worker.once('exit', (code) =>
    fail(
      closed
        ? new RunError('STOPPED', 'the session was closed')
        : new RunError('WORKER_FAILED', `the coordinator thread ended with code ${code}`),
    ),
  );

  const call =
    <K extends Exclude<keyof Session, 'subscribe'>>(name: K) =>
    (...args: Parameters<Session[K]>): Promise<Awaited<ReturnType<Session[K]>>> =>
      Promise.race([(remote[name] as (...a: unknown[]) => Promise<never>)(...args), gone]);

  const session: Session = {
    prepare: call('prepare'),
    start: call('start'),
    pause: call('pause'),
    resume: call('resume'),
    step: call('step'),
    stop: call('stop'),
    progress: call('progress'),
    inspect: call('inspect'),
    subscribe: (onRows) => Promise.race([remote.subscribe(Comlink.proxy(onRows)), gone]),
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
