/**
 * `sottovoce run` on this thread: config, session, pool and worker threads as ever, and the streams and the exit code as values. What is left out takes
 * most of a second: the process and the coordinator's thread. Both have their tests (test/cli/command-line.test.ts, and one case in each file that
 * calls this).
 */

import { processDependencies, type RunOptions, runCommand } from '../../dist/src/cli/run.js';
import { RunSession } from '../../dist/src/session/run-session.js';

export interface Said {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** `file` and what it names are relative to `folder`, as for somebody who stands there. */
export async function runOnThisThread(folder: string, file: string, options: RunOptions = {}): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      said[name] += text;
    },
  });
  const terminal = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: { NO_COLOR: '1' },
    debug: false,
  };
  const before = process.cwd();
  process.chdir(folder);
  try {
    const status = await runCommand(file, options, terminal, {
      ...processDependencies,
      openSession: async () => {
        const session = new RunSession();
        return { session, close: () => session.stop() };
      },
    });
    return { status, ...said };
  } finally {
    process.chdir(before);
  }
}
