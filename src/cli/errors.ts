/**
 * Errors as people read them, and the exit code that goes with each. Recognised by `code`: some have crossed
 * threads.
 */

import { CommanderError } from 'commander';
import { isInputError } from '../base/errors.js';
import { colours, ExitCode, printLine, type Terminal } from './terminal.js';

/** Prints what went wrong and what to do next; gives the exit code. */
export function reportError(thrown: unknown, terminal: Terminal): number {
  // Help, version and usage errors: commander has printed them already.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? ExitCode.OK : ExitCode.BAD_INPUT;

  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { code, hint } = error as { code?: unknown; hint?: unknown };
  const badInput = isInputError(error);
  const paint = colours(terminal, terminal.stderr);
  // Every line of a refused config is an error of its own; anything else is one message.
  const messages = badInput ? error.message.split('\n') : [error.message || error.name];
  for (const message of messages) printLine(terminal.stderr, `${paint.red('error:')} ${message}`);
  const cause = error.cause instanceof Error ? error.cause.message : null;
  if (!badInput && cause && !error.message.includes(cause)) printLine(terminal.stderr, `caused by: ${cause}`);
  if (typeof hint === 'string') printLine(terminal.stderr, `${paint.cyan('hint:')} ${hint}`);

  if (terminal.debug) {
    printLine(terminal.stderr, error.stack ?? '(no stack)');
    if (error.cause instanceof Error) printLine(terminal.stderr, `caused by: ${error.cause.stack}`);
  } else if (code === undefined) {
    printLine(terminal.stderr, `${paint.cyan('hint:')} run again with --debug to see where it happened`);
  }
  return badInput ? ExitCode.BAD_INPUT : ExitCode.RUN_FAILED;
}
