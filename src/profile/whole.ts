/**
 * The whole run under the profiler: the command line in a process of its own with `--cpu-prof`, which every
 * thread inherits and which writes one file a thread when that thread ends.
 */

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatPath } from '../base/errors.js';
import { makeTemporaryFolder } from '../base/temporary-folder.js';
import type { LoadedConfig } from '../run/config.js';
import { commandLineUrl } from '../run/locations.js';
import type { Summary } from '../run/reports.js';
import { callTree } from './call-tree.js';
import type { CpuProfile } from './record.js';
import type { RecordedThread } from './write.js';

export interface WholeRun {
  exitCode: number;
  /** null where the run did not come to its end. */
  summary: Summary | null;
  threads: RecordedThread[];
}

/** What `sottovoce run` is told to run the same: its file, and whatever was changed in it. */
export function argumentsOf({ file, overrides = [] }: LoadedConfig): string[] {
  const changes = overrides.flatMap(({ path: at, value }) => [
    '--set',
    `${formatPath(at)}=${value === undefined || value === null ? '' : JSON.stringify(value)}`,
  ]);
  return [file as string, ...changes];
}

/** `argv` as after `sottovoce run`. What the run prints for people goes to this process's stderr. */
export async function profileWhole(
  argv: readonly string[],
  intervalUs: number,
  onSignal: (listener: (signal: NodeJS.Signals) => void) => () => void,
): Promise<WholeRun> {
  const folder = makeTemporaryFolder('profile');
  try {
    const profiles = path.join(folder.path, 'profiles');
    const out = path.join(folder.path, 'run');
    const args = [
      '--cpu-prof',
      `--cpu-prof-dir=${profiles}`,
      `--cpu-prof-interval=${intervalUs}`,
      fileURLToPath(commandLineUrl),
      'run',
      ...argv,
      '--out',
      out,
      '--json',
    ];
    // In a group of its own a Ctrl-C reaches the child through us alone, once: it ends its run in good order,
    // and is waited for.
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const stopListening = onSignal((signal) => child.kill(signal));
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    }).finally(stopListening);
    const summary = parse(printed);
    // Where it failed it has said why, in the words and with the exit code of `sottovoce run`.
    if (summary === null) return { exitCode: code ?? 1, summary, threads: [] };
    return { exitCode: code ?? 1, summary, threads: readThreads(profiles) };
  } finally {
    folder.remove();
  }
}

function parse(printed: string): Summary | null {
  try {
    const summary = JSON.parse(printed) as Summary;
    return summary.status === 'failed' ? null : summary;
  } catch {
    return null;
  }
}

/**
 * `CPU.<day>.<time>.<process>.<thread>.<number>.cpuprofile`: thread 0 is the main one, the coordinator starts
 * the others.
 */
function readThreads(folder: string): RecordedThread[] {
  const found = readdirSync(folder).map((name) => ({
    thread: Number(name.split('.')[4]),
    profile: JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as CpuProfile,
  }));
  found.sort((a, b) => a.thread - b.thread);
  let workers = 0;
  return found.map(({ thread, profile }) => {
    const names = ['main', 'coordinator'];
    // Threads are numbered as they started; which of them led the run does not show.
    return { profile, tree: callTree(profile, names[thread] ?? `worker ${workers++}`), times: null };
  });
}
