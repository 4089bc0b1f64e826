/// <reference lib="esnext.disposable" preserve="true" />

/** The main thread's end of a Session. */

import { randomUUID } from 'node:crypto';
import { atExit } from '../../topology/at-exit.js';
import { InputError, RunError } from '../base/errors.js';
import { tidyUp } from '../output/run-folder.js';
import { describeOverdue, OVERDUE_HINT, type OverdueCall } from '../plugin/watch.js';
import type { LoadedConfig } from '../run/config.js';
import { Comlink } from './comlink.js';
import { openCoordinator } from './coordinator-client.js';
import { locatedRefusal } from './overdue.js';
import type { SharedNow, Watchable } from './shared-run.js';
import type { Session, StartOptions } from './types.js';

/** A session and what ends it. */
export interface OpenSession {
  /** What drives the run. */
  session: Session;
  /** Ends the coordinator and every worker at once, whatever they do. Idempotent. */
  close(): Promise<void>;
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the coordinator thread and gives the session that steers it. A session runs once.
 *
 * ```ts
 * const { session, close } = await openSession();
 * const config = await parseConfig({
 *   topology: { kind: 'ring', nodes: 8 },
 *   cost: { kind: 'quadratic', dim: 4 },
 *   flow: { kind: 'primal-dual' },
 *   rounds: 200,
 * });
 * await session.prepare({ config, outDir: null });
 * await session.pause();
 * const running = session.start();
 * await session.step(50);
 * console.log((await session.inspect(0)).x);
 * await session.resume();
 * console.log((await running).summary.status);
 * await close();
 * ```
 *
 * @throws InputError where node was started without WebAssembly or threads
 */
export async function openSession(): Promise<OpenSession> {
  const { session, close, [Symbol.asyncDispose]: dispose } = openWatchable();
  return { session, close, [Symbol.asyncDispose]: dispose };
}

/** The same, with the memory of its run to look into. */
export function openWatchable(): OpenSession & Watchable {
  const { remote, call, watch, close: end } = openCoordinator<Session & Watchable>();
  let closed = false;
  let starting = false;
  let outDir: string | null = null;
  let tidy = () => {};

  const start = async (options: StartOptions = {}) => {
    starting = true;
    const runId = options.runId ?? randomUUID();
    const folder = options.outDir ?? outDir;
    // Ended from outside (close, a second Ctrl-C), the coordinator cannot clear up after itself.
    if (folder !== null) tidy = () => tidyUp(folder, runId);
    const isOver = atExit(tidy);
    try {
      return await remote.start({ ...options, runId });
    } finally {
      isOver();
    }
  };

  const session: Session = {
    prepare: (options) =>
      call('prepare', () => {
        outDir = options?.outDir ?? null;
        const loaded = options?.config as LoadedConfig | undefined;
        watch(loaded?.config?.modules?.seconds, (overdue) =>
          starting || loaded === undefined ? failureOf(overdue) : locatedRefusal(overdue, loaded),
        );
        return remote.prepare(plain(options));
      }),
    start: (options) => call('start', () => start(options)),
    pause: () => call('pause', () => remote.pause()),
    resume: () => call('resume', () => remote.resume()),
    step: (rounds) => call('step', () => remote.step(rounds)),
    change: (edits) => call('change', () => remote.change(edits)),
    stop: () => call('stop', () => remote.stop()),
    progress: () => call('progress', () => remote.progress()),
    inspect: (agent) => call('inspect', () => remote.inspect(agent)),
    subscribe: (onRows) =>
      call('subscribe', () =>
        remote.subscribe(typeof onRows === 'function' ? Comlink.proxy(onRows) : onRows),
      ),
  };

  const close = async () => {
    if (closed) return;
    closed = true;
    await end();
    tidy();
  };
  const shared = () => call('shared', (): Promise<SharedNow> => remote.shared());
  return { session, shared, close, [Symbol.asyncDispose]: close };
}

/** The run has begun, and a module does not return on the thread that drives it. */
function failureOf(overdue: OverdueCall): RunError {
  const error = new RunError('WORKER_FAILED', `the coordinator thread failed: ${describeOverdue(overdue)}`);
  return Object.assign(error, { hint: OVERDUE_HINT });
}

/**
 * What cannot be sent to a thread (a function in it, a promise) is a mistake of the program, and said as one.
 */
function plain<T>(options: T): T {
  try {
    return structuredClone(options);
  } catch (cause) {
    throw new InputError(
      `prepare was given something that is not plain data: ${(cause as Error).message}`,
      {
        hint: 'is an await missing? parseConfig and loadConfig give promises: { config: await parseConfig(...), outDir: null }',
      },
      { cause },
    );
  }
}
