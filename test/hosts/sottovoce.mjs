/** The command under test, on hosts of a laboratory. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { TEMPORARY } from './lab.mjs';

export const PROGRAM =
  process.env.SOTTOVOCE ?? fileURLToPath(new URL('../../dist/src/cli/sottovoce.cjs', import.meta.url));

let made = 0;

/** A folder of its own, in memory that ends with the laboratory. */
export function freshFolder(name) {
  made++;
  const folder = path.join(TEMPORARY, `${name}-${made}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** YAML is a superset of JSON. */
export function writeConfig(folder, config) {
  const file = path.join(folder, 'config.yaml');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** The words of a command, for `lab.start` (one process) or `lab.mpirun` (with `--mpi` among them). */
export const command = (...words) => [process.execPath, PROGRAM, ...words];

/** A whole run, one rank on each of `hosts`: its summary. On one host it is a run without MPI. */
export async function runOn(lab, hosts, config, { rounds, mca } = {}) {
  const folder = freshFolder('run');
  const out = path.join(folder, 'out');
  const words = command('run', writeConfig(folder, config), '--out', out, '--no-report', '--quiet');
  if (rounds !== undefined) words.push('--rounds', `${rounds}`);
  const child =
    hosts.length === 1 ? lab.start(hosts[0], words) : lab.mpirun(hosts, [...words, '--mpi'], { mca });
  const { code, stdout, stderr } = await lab.ended(child);
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  const summary = JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  return summary;
}
