/**
 * Finds out which peers this machine has, and starts them: gcc for the C and OpenMP reference, Python with
 * NumPy and SciPy for the other.
 */

import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeTemporaryFolder } from '../base/temporary-folder.js';
import { referenceUrl } from '../run/locations.js';
import { LineChild } from './peers-child.js';

const run = promisify(execFile);
const reference = (name: string) => fileURLToPath(new URL(name, referenceUrl));
const FLAGS = ['-O3', '-march=native', '-fopenmp'];

export interface Peer {
  child: LineChild;
  /** `gcc 12.2.0 -O3 -march=native -fopenmp`. */
  description: string;
}

export interface Peers {
  c: Peer | null;
  numpy: Peer | null;
  /** One sentence for each that is missing. */
  missing: string[];
  /** A folder for problems and states; it goes when the peers are closed. */
  folder: string;
  close(): Promise<void>;
}

/**
 * `CC` and `PYTHON` in the environment name others than gcc and python3. `cAlone`: NumPy is not asked for, and
 * not missed.
 */
export async function openPeers(env: NodeJS.ProcessEnv = process.env, cAlone = false): Promise<Peers> {
  const temporary = makeTemporaryFolder('peers');
  const folder = temporary.path;
  const missing: string[] = [];
  const c = await openC(env['CC'] ?? 'gcc', folder).catch((error: Error) => {
    missing.push(`no C/OpenMP reference: ${firstLine(error)}`);
    return null;
  });
  const numpy = cAlone
    ? null
    : await openNumpy(env['PYTHON'] ?? 'python3').catch((error: Error) => {
        missing.push(`no NumPy/SciPy reference: ${firstLine(error)}`);
        return null;
      });
  return {
    c,
    numpy,
    missing,
    folder,
    async close() {
      c?.child.close();
      numpy?.child.close();
      temporary.remove();
    },
  };
}

async function openC(compiler: string, folder: string): Promise<Peer> {
  const program = path.join(folder, 'reference');
  await run(compiler, [...FLAGS, reference('reference.c'), '-o', program, '-lm']);
  const { stdout } = await run(compiler, ['-dumpfullversion']);
  return {
    child: new LineChild(program, []),
    description: `${path.basename(compiler)} ${stdout.trim()} ${FLAGS.join(' ')}`,
  };
}

async function openNumpy(python: string): Promise<Peer> {
  const child = new LineChild(python, [reference('reference.py')]);
  const [pythonVersion, numpyVersion, scipyVersion] = await child.ask('versions');
  return { child, description: `Python ${pythonVersion}, NumPy ${numpyVersion}, SciPy ${scipyVersion}` };
}

function firstLine(error: Error): string {
  const lines = error.message.trim().split('\n');
  // Python says what is wrong last, everybody else first.
  return (lines.at(-1)?.includes('Error') ? lines.at(-1) : lines[0]) ?? error.message;
}
