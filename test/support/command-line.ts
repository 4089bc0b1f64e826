/**
 * The command line on this thread, with the streams and the exit code as values. What is left out takes most
 * of a second: the process, and in `runOnThisThread` the coordinator's thread. Both have their tests
 * (test/cli/command-line.test.ts, and one case in each file that calls this).
 */

import { main } from '../../dist/src/cli/main.js';
import { processDependencies, type RunOptions, runCommand } from '../../dist/src/cli/run.js';
import type { Terminal } from '../../dist/src/cli/terminal.js';
import { RunSession } from '../../dist/src/session/run-session.js';

export interface Said {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Any command, for somebody who stands in `folder`. */
export function sottovoce(folder: string, ...args: string[]): Promise<Said> {
  return told(folder, args.includes('--debug'), (terminal) => main(args, terminal));
}

/**
 * `sottovoce run` with its pool and its worker threads, but with no thread between them and the command line.
 */
export function runOnThisThread(folder: string, file: string, options: RunOptions = {}): Promise<Said> {
  return told(folder, false, (terminal) =>
    runCommand(file, options, terminal, {
      ...processDependencies,
      openSession: async () => {
        const session = new RunSession();
        return { session, close: () => session.stop() };
      },
    }),
  );
}

async function told(
  folder: string,
  debug: boolean,
  command: (terminal: Terminal) => Promise<number>,
): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      said[name] += text;
    },
  });
  const before = process.cwd();
  process.chdir(folder);
  try {
    const env = { NO_COLOR: '1' };
    const status = await command({ stdout: output('stdout'), stderr: output('stderr'), env, debug });
    return { status, ...said };
  } finally {
    process.chdir(before);
  }
}
