/** Starts ranks on this machine with Open MPI's mpirun, as many as are asked for, whatever cores there are. */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** As root, and where there are fewer cores than ranks; a rank is not held to one core, since it has threads. */
export const MPIRUN = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'];

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  seconds: number;
  /** It had to be killed. */
  hung: boolean;
}

export interface MpirunOptions {
  args?: readonly string[];
  mpirun?: readonly string[];
  env?: Record<string, string>;
  seconds?: number;
  /** Called with every piece of standard output. */
  onOutput?: (text: string, child: ChildProcess) => void;
}

/** `script`: of test/support/ranks, run by Node as every rank. */
export function mpirun(ranks: number, script: string, options: MpirunOptions = {}): Promise<Ended> {
  const { args = [], mpirun: extra = [], env = {}, seconds = 120, onOutput } = options;
  const file = fileURLToPath(new URL(script, import.meta.url));
  return ended('mpirun', [...MPIRUN, ...extra, '-n', String(ranks), process.execPath, file, ...args], {
    env,
    seconds,
    ...(onOutput && { onOutput }),
  });
}

/** A command, to its end. */
export function ended(
  command: string,
  args: readonly string[],
  { env = {}, seconds = 120, onOutput }: Omit<MpirunOptions, 'args' | 'mpirun'> = {},
): Promise<Ended> {
  const start = performance.now();
  const child = spawn(command, args, { env: { ...process.env, ...env } });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      if (name === 'stdout') onOutput?.(text, child);
    });
  }
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, seconds * 1000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...texts, seconds: (performance.now() - start) / 1000, hung });
    });
  });
}
