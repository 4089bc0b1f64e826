/**
 * A rank that is killed in the middle of a run ends the job within five seconds, and the run goes on from its last
 * checkpoint, over another number of ranks, to the bits of one that never stopped. Ten times; `--short` twice.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { ended, MPIRUN } from '../support/ranks/mpirun.js';

const TIMES = process.env.SOTTOVOCE_MPI_TESTS === 'short' ? 2 : 10;
const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'sottovoce-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config = path.join(folder, 'config.yaml');
writeFileSync(
  config,
  `topology: { kind: torus, rows: 8, columns: 9 }
cost: { kind: quadratic, dim: 9 }
flow: { kind: primal-dual }
compressor: { kind: top-k, k: 3 }
links: { kind: drops, rate: 0.2 }
rounds: 12000
seed: 3
workers: 1
report: false
trace: { every: 1000 }
checkpoint: { everyRounds: 500 }
`,
);

const over = (ranks: number, args: readonly string[]) =>
  ended('mpirun', [...MPIRUN, '-n', String(ranks), process.execPath, main, ...args, '--mpi', '-q'], {
    seconds: 110,
  });
const hashOf = (out: string) =>
  (JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')) as { stateHash: string }).stateHash;

/** The process of a rank of the run into this folder. */
function pidOf(out: string, rank: number): number {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const args = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      const env = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
      if (args.includes(out) && env.includes(`OMPI_COMM_WORLD_RANK=${rank}`)) return Number(name);
    } catch {
      // It is gone, or somebody else's.
    }
  }
  throw new Error(`there is no rank ${rank}`);
}

const hasCheckpoint = (out: string) =>
  existsSync(path.join(out, 'checkpoints')) &&
  readdirSync(path.join(out, 'checkpoints')).some((name) => name.endsWith('.checkpoint'));

it('a rank is killed, and the run goes on to the same bits', async () => {
  const alone = path.join(folder, 'alone');
  expect(await ended(process.execPath, [main, 'run', config, '-q', '--out', alone])).toMatchObject({
    code: 0,
  });
  for (let time = 0; time < TIMES; time++) {
    const out = path.join(folder, `run-${time}`);
    const job = over(2, ['run', config, '--out', out]);
    while (!hasCheckpoint(out)) await sleep(10);
    const killed = performance.now();
    // Any of them may go.
    process.kill(pidOf(config, time % 2), 'SIGKILL');
    const { code, hung } = await job;
    expect((performance.now() - killed) / 1000).toBeLessThan(5);
    expect(hung).toBe(false);
    expect(code).not.toBe(0);
    expect(existsSync(path.join(out, 'summary.json'))).toBe(false);
    const on = await over(1 + (time % 3), ['resume', out]);
    expect(on.code, on.stderr).toBe(0);
    expect(hashOf(out)).toBe(hashOf(alone));
  }
}, 900_000);
