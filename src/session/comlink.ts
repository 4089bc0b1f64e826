/**
 * Comlink over worker_threads, with errors that keep their code.
 *
 * Comlink rebuilds a thrown error from name, message and stack; ours also carry a code, a place and a hint,
 * which decide the exit code and what a person reads. The handler must be the same on both sides, so both
 * import this module.
 *
 * A callback's port does not keep the process alive: the call does that which it is for.
 */

import { MessageChannel } from 'node:worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { InputError, isRunErrorCode, RunError } from '../base/errors.js';

interface SerializedError {
  isError: boolean;
  value: unknown;
}

const CARRIED = ['code', 'path', 'file', 'line', 'column', 'hint'] as const;

function toPlain(error: unknown): SerializedError {
  if (!(error instanceof Error)) return { isError: false, value: error };
  const value: Record<string, unknown> = { name: error.name, message: error.message, stack: error.stack };
  for (const key of CARRIED) {
    const held = (error as unknown as Record<string, unknown>)[key];
    if (held !== undefined) value[key] = held;
  }
  if (error.cause !== undefined) value['cause'] = toPlain(error.cause);
  return { isError: true, value };
}

function fromPlain({ isError, value }: SerializedError): unknown {
  if (!isError) return value;
  const { message, cause, ...rest } = value as { message: string; code?: unknown; cause?: SerializedError };
  const options = cause ? { cause: fromPlain(cause) } : undefined;
  return Object.assign(errorOf(rest.code, message, options), rest);
}

/** Of the class that it had, so that `instanceof` holds on this side too. */
function errorOf(code: unknown, message: string, options?: ErrorOptions): Error {
  if (code === 'BAD_INPUT') return new InputError(message, {}, options);
  if (isRunErrorCode(code)) return new RunError(code, message, options);
  return new Error(message, options);
}

const thrown = Comlink.transferHandlers.get('throw');
if (!thrown) throw new Error('Comlink has no handler for thrown values; is this version 4?');
Comlink.transferHandlers.set('throw', {
  canHandle: thrown.canHandle,
  serialize: (held) => [toPlain((held as { value: unknown }).value), []],
  deserialize: (plain) => {
    throw fromPlain(plain as SerializedError);
  },
});

const callbacks = Comlink.transferHandlers.get('proxy');
if (!callbacks) throw new Error('Comlink has no handler for callbacks; is this version 4?');
Comlink.transferHandlers.set('proxy', {
  ...callbacks,
  serialize(callback) {
    const { port1, port2 } = new MessageChannel();
    Comlink.expose(callback, nodeEndpoint(port1));
    port1.unref();
    return [port2, [port2]];
  },
});

export { Comlink, nodeEndpoint };
