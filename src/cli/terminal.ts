/**
 * Where the command line writes, and what it knows of its surroundings: handed in, so that tests need no
 * process.
 */

import { type Colours, coloursFor } from '../base/format.js';
import { visible, visiblePainted } from '../base/visible.js';

export interface Output {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

export interface Terminal {
  stdout: Output;
  stderr: Output;
  env: NodeJS.ProcessEnv;
  debug: boolean;
}

export const ExitCode = {
  OK: 0,
  RUN_FAILED: 1,
  BAD_INPUT: 2,
  INTERRUPTED: 130,
  HUNG_UP: 129,
  TERMINATED: 143,
} as const;

export function colours(terminal: Terminal, output: Output): Colours {
  return coloursFor(output, terminal.env);
}

export function printLine(output: Output, text: string): void {
  printText(output, `${text}\n`);
}

/**
 * Where all text leaves: nothing in it steers the terminal but our own colours, which a file gets none of.
 */
export function printText(output: Output, text: string): void {
  output.write(output.isTTY ? visiblePainted(text) : visible(text));
}
