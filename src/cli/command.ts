/**
 * The command line's first file: little enough that the thread of a run comes up while the commands
 * (`program.ts`) are loaded. The package's command loads it as CommonJS (`sottovoce.cts`), since Node takes
 * some 20 ms to begin with ES modules.
 */

import { beginCoordinator, dismissCoordinator } from '../session/coordinator-thread.js';
import type { RunDependencies } from './run.js';
import { drained, type Written, watchWrites } from './streams.js';
import type { Terminal } from './terminal.js';

export type { Terminal } from './terminal.js';

const HELP = ['-h', '--help'];

/** Runs one command; gives the exit code. `adapt` may change what `run` stands on. */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
  adapt?: (dependencies: RunDependencies) => RunDependencies,
): Promise<number> {
  if (argv[0] === 'run' && !argv.some((argument) => HELP.includes(argument))) beginCoordinator();
  try {
    const program = await import('./program.js');
    return await program.main(argv, terminal, adapt);
  } finally {
    await dismissCoordinator();
  }
}

export function processTerminal(argv: readonly string[]): Terminal {
  const debug = process.env['SOTTOVOCE_DEBUG'] === '1' || argv.includes('--debug');
  return { stdout: process.stdout, stderr: process.stderr, env: process.env, debug };
}

const RUN_FAILED = 1;

/** What is left running after a command (a thread that does not end) is not waited for longer than this. */
const EXIT_GRACE_MS = 1000;

/** What the process was started with: runs it, and ends the process with its exit code. */
export async function command(): Promise<void> {
  const [stdout] = [process.stdout, process.stderr].map(watchWrites);
  const argv = process.argv.slice(2);
  process.exitCode = await main(argv, processTerminal(argv));
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  // Of stderr nobody can be told, and progress that is not seen is no failure.
  const { unwritten } = stdout as Written;
  if (unwritten !== null) {
    process.stderr.write(`error: output could not be written: ${unwritten.message}\n`);
    process.exitCode ||= RUN_FAILED;
  }
  setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();
}
