/**
 * What a user's module does beside its calls: a promise that is rejected, or a timer that throws, with nobody
 * waiting for it; process.exit(); output.
 *
 *     what                                becomes
 *     a rejection that nobody handles,    the failure of what is under way, with file, line and error
 *     a callback that throws
 *     process.exit(), and a signal to     an error where it was called, and the failure of what is under way
 *     the own process                     even where that error is caught
 *     console.log, process.stdout         written to stderr: stdout is for results (`--json`)
 *
 * A thread that calls modules calls `guardThread` once, and `settleStrays` before it gives what it has made:
 * while it computes, no promise and no timer has its turn, so what was left behind shows only then.
 */

import { fileURLToPath } from 'node:url';
import { describeThrown, type KnownModule, modulesOfThread, placeIn } from './modules.js';

/** Of a module, by its own doing, outside of what it was asked. */
export class StrayFailure extends Error {
  override name = 'StrayFailure';
  /** Null where several modules may have done it. */
  readonly module: KnownModule | null;

  constructor(module: KnownModule | null, message: string, cause: unknown) {
    super(message, { cause });
    this.module = module;
  }
}

class ExitCalled extends Error {
  override name = 'ExitCalled';
}

/** Whatever folder our own code is loaded from. */
const OURS = fileURLToPath(new URL('../../', import.meta.url));

let guarded = false;
let first: StrayFailure | null = null;
const listeners = new Set<(failure: StrayFailure) => void>();

/** From now on. Where no module has been loaded, everything is as it was. */
export function guardThread(): void {
  if (guarded) return;
  guarded = true;
  process.on('uncaughtException', (error, origin) => {
    const promise = origin === 'unhandledRejection';
    note(error, promise ? 'left a promise that was rejected' : 'threw where nobody waits for it');
  });
  const { exit, kill } = process;
  process.exit = (code) => refuse(`process.exit(${code ?? ''})`) ?? exit.call(process, code);
  process.kill = (pid, signal) => {
    const own = pid === process.pid && signal !== 0;
    return (own ? refuse(`process.kill(process.pid, ${signal ?? 'SIGTERM'})`) : null) ?? kill(pid, signal);
  };
  process.stdout.write = process.stderr.write.bind(process.stderr);
}

/** Throws where a module may have called it; gives null where there is none. */
function refuse(call: string): null {
  if (modulesOfThread().length === 0) return null;
  const error = new ExitCalled(`it called ${call}, and is part of a run`);
  note(error, null);
  throw error;
}

/** Throws the error where it is none of a module's. */
function note(error: unknown, what: string | null): void {
  const modules = modulesOfThread();
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const named = modules.find(({ url, file }) => placeIn(error, url, file) !== file);
  if (modules.length === 0 || (named === undefined && stack.includes(OURS))) throw error;
  const module = named ?? (modules.length === 1 ? (modules[0] as KnownModule) : null);
  const where = module
    ? placeIn(error, module.url, module.file)
    : `one of ${modules.map(({ file }) => file).join(', ')}`;
  const text = what === null ? (error as Error).message : `${what}: ${describeThrown(error)}`;
  const failure = new StrayFailure(module, `${where}: ${text}`, error);
  first ??= failure;
  for (const listener of listeners) listener(failure);
}

/** Calls back on what comes while others compute; gives what ends it. */
export function onStray(listener: (failure: StrayFailure) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Of a thread that begins something else. */
export function forgetStrays(): void {
  first = null;
}

/**
 * Lets promises and timers that are due have their turn, and throws the first StrayFailure there was. Nothing
 * where no module has been loaded.
 */
export async function settleStrays(): Promise<void> {
  if (!guarded || modulesOfThread().length === 0) return;
  // Behind every timer that is due, and behind what their callbacks reject.
  await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setImmediate(resolve));
  const failure = first;
  forgetStrays();
  if (failure) throw failure;
}
