/**
 * What can go wrong, in two families that decide the exit code.
 *
 *  - `InputError` (code BAD_INPUT, exit 2): something the user gave is wrong. It names the file, the place,
 *    the value and what was expected, and it is always thrown before anything is written.
 *  - `RunError` (exit 1): the run began and failed: diverged, a worker died, results could not be written.
 *
 * Errors cross threads as plain data, and one process may hold two copies of this module (a bundle and the
 * library): here they are recognised by `code`. What a session throws is of these classes for the program
 * that called it.
 */

import { formatPath, show as formatValue, shortened } from '../../topology/errors.js';

export { formatPath, printable, show as formatValue, showSome } from '../../topology/errors.js';

export type SpecPath = readonly (string | number)[];

/** Where an input is wrong, and what to do about it. */
export interface InputErrorDetails {
  /** Where in the config: ['compressor', 'inner', 'k']. */
  path?: SpecPath | undefined;
  /** The file that is wrong (config, graph, data). */
  file?: string | undefined;
  /** Lines and columns count from 1. */
  line?: number | undefined;
  /** In that line, from 1. */
  column?: number | undefined;
  /** What to do next, as one sentence. */
  hint?: string | undefined;
}

/** Something that the user gave is wrong. It is thrown before anything is written. */
export class InputError extends Error {
  /** Says which family of errors it is, whichever copy of this package made it. */
  readonly code = 'BAD_INPUT';
  /** Of the class. */
  override name = 'InputError';
  /** Where in the config: ['compressor', 'inner', 'k']. */
  path: SpecPath | undefined;
  /** The file that is wrong. */
  file: string | undefined;
  /** In that file, from 1. */
  line: number | undefined;
  /** In that line, from 1. */
  column: number | undefined;
  /** What to do next, as one sentence. */
  hint: string | undefined;

  constructor(message: string, details: InputErrorDetails = {}, options?: ErrorOptions) {
    super(shortened(message), options);
    this.path = details.path;
    this.file = details.file;
    this.line = details.line;
    this.column = details.column;
    this.hint = details.hint;
  }
}

const RUN_ERROR_CODES = ['WORKER_FAILED', 'POISONED', 'DIVERGED', 'STOPPED', 'OUTPUT_FAILED'] as const;
/**
 * `WORKER_FAILED`: a thread died. `POISONED`: released because another one failed. `DIVERGED`: not finite any
 * more. `STOPPED`: closed, or ended from outside. `OUTPUT_FAILED`: a file of its results could not be written.
 */
export type RunErrorCode = (typeof RUN_ERROR_CODES)[number];

/** A run began and failed. */
export class RunError extends Error {
  /** Of the class. */
  override name = 'RunError';
  /** What happened. */
  readonly code: RunErrorCode;
  constructor(code: RunErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** `k is 12, expected 1..8 (dim)`: the one sentence every refused parameter is reported with. */
export function unexpected(path: SpecPath, value: unknown, expected: string): InputError {
  return new InputError(`${formatPath(path)} is ${formatValue(value)}, expected ${expected}`, { path });
}

/** Whether an error is about the input: what the user can mend. Exit code 2 of the command line. */
export function isInputError(error: unknown): error is Error & InputErrorDetails & { code: 'BAD_INPUT' } {
  return error instanceof Error && (error as { code?: unknown }).code === 'BAD_INPUT';
}

/** Whether an error is about a run that began and failed. Exit code 1 of the command line. */
export function isRunError(error: unknown): error is RunError {
  return error instanceof Error && isRunErrorCode((error as { code?: unknown }).code);
}

export function isRunErrorCode(code: unknown): code is RunErrorCode {
  return RUN_ERROR_CODES.includes(code as RunErrorCode);
}
