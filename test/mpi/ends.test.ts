/**
 * How jobs end with MPI loaded in worker threads: whatever a rank does, none hangs, and no process is left
 * behind. Some libraries hang when a process ends whose worker thread has loaded them (koffi's issue 274), so
 * each end is seen a hundred times; `--short` sees it ten times.
 */

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { mpirun } from '../support/ranks/mpirun.js';

const TIMES = process.env.SOTTOVOCE_MPI_TESTS === 'short' ? 10 : 100;
const MARK = 'SOTTOVOCE_TEST_MARK';
/** Of a whole job; a machine may be busy. */
const PATIENCE_SECONDS = 30;

/** Processes that were started with this mark, and are there. */
function left(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${MARK}=${mark}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Who is on the way out has a moment for it. */
async function leftAfterAMoment(mark: string): Promise<number[]> {
  for (let looks = 0; looks < 20 && left(mark).length > 0; looks++) await sleep(100);
  return left(mark);
}

it.each([
  ['end', 0, 2],
  ['exit', 3, 2],
  ['throw', 1, 2],
  ['abort', 5, 2],
  ['early', 3, 2],
] as const)('%s: code %i, nothing hangs, nothing is left', async (way, expected, ranks) => {
  for (let time = 0; time < TIMES; time++) {
    const mark = randomUUID();
    const job = await mpirun(ranks, 'ends-main.mjs', {
      args: [way],
      env: { [MARK]: mark },
      seconds: PATIENCE_SECONDS,
    });
    const { code, hung, stdout, stderr } = job;
    expect({ time, code, hung }, `${stdout}${stderr}`).toEqual({ time, code: expected, hung: false });
    expect(await leftAfterAMoment(mark)).toEqual([]);
    if (way === 'end') expect(stdout.match(/ trapped$/gm)).toHaveLength(ranks);
    if (way === 'throw') expect(stderr).toContain('thrown on purpose');
  }
});

it('a rank that is killed ends the job, the others gone, within five seconds', async () => {
  for (let time = 0; time < TIMES / 10 + 2; time++) {
    const mark = randomUUID();
    let killed = 0;
    const job = await mpirun(3, 'ends-main.mjs', {
      args: ['stay'],
      env: { [MARK]: mark },
      seconds: PATIENCE_SECONDS,
      onOutput(text) {
        const victim = /rank 1 pid (\d+)/.exec(text);
        if (victim === null) return;
        killed = performance.now();
        process.kill(Number(victim[1]), 'SIGKILL');
      },
    });
    expect(killed).toBeGreaterThan(0);
    expect((performance.now() - killed) / 1000).toBeLessThan(5);
    expect(job.hung).toBe(false);
    expect(job.code).not.toBe(0);
    expect(`${job.stdout}${job.stderr}`).toMatch(/signal 9/);
    expect(await leftAfterAMoment(mark)).toEqual([]);
  }
});
