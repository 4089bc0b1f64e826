/**
 * A run over several ranks leaves checkpoints, from which it goes on over another number of ranks, or on one machine;
 * and the other way round: to the bits of one that never stopped.
 */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resume, verify } from '../../dist/src/index.js';
import { resumeOverRanks, rowsOf, runAlone, runOverRanks } from '../support/ranks/runs.js';
import { ALL } from '../support/some.js';

const torus = { kind: 'torus', rows: 4, columns: 5 };
const common = {
  topology: torus,
  cost: { kind: 'quadratic', dim: 5 },
  rounds: 60,
  seed: 3,
  trace: { every: 10 },
  report: false,
  checkpoint: { everyRounds: 20, keep: 9 },
};

const cases: [string, object][] = [
  [
    'memories of errors over links that fail in bursts',
    {
      flow: { kind: 'primal-dual' },
      compressor: { kind: 'top-k', k: 2 },
      links: { kind: 'gilbert-elliott', toBad: 0.1, toGood: 0.4 },
    },
  ],
  [
    'shares over arcs that drop',
    {
      topology: { kind: 'exponential', nodes: 20, directed: true },
      flow: { kind: 'push-sum' },
      links: { kind: 'drops', rate: 0.2 },
    },
  ],
  [
    'seconds of a network whose slowest link is another one in every round',
    {
      flow: { kind: 'primal-dual' },
      compressor: { kind: 'top-k', k: 2 },
      links: { kind: 'drops', rate: 0.4 },
      network: { bandwidth: 1e5, latency: 0.001, edges: [{ between: [1, 2], bandwidth: 5e4 }] },
      trace: { every: 12 },
    },
  ],
  ['float32', { flow: { kind: 'diging', step: 0.01 }, precision: 'float32' }],
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sottovoce-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => path.join(folder, name);
const checkpoints = (name: string) => readdirSync(at(path.join(name, 'checkpoints'))).sort();
const heads = (name: string) => checkpoints(name).filter((file) => file.endsWith('.checkpoint'));

/** As a run that was killed has left it, after the checkpoint of `round`. */
function brokenOff(name: string, round: number): string {
  const copy = at(`${name}-${round}-${Math.random()}`);
  cpSync(at(name), copy, { recursive: true });
  for (const file of ['summary.json', 'x.npy', 'trace.parquet'])
    rmSync(path.join(copy, file), { force: true });
  for (const file of readdirSync(path.join(copy, 'checkpoints')))
    if (Number(/-(\d{10})\.checkpoint$/.exec(file)?.[1]) > round)
      rmSync(path.join(copy, 'checkpoints', file));
  return copy;
}

describe('a run that goes on', () => {
  // In the gate not every one in every way.
  for (const [turn, [name, config]] of cases.entries()) {
    test(name, async () => {
      const whole = { ...common, ...config };
      const alone = await runAlone(whole, 2, at('alone'));
      const over = await runOverRanks(whole, 3, { workers: 2, outDir: at('over') });
      expect(over.summary.stateHash).toBe(alone.summary.stateHash);
      // While one is written the rounds go on, so that there may be none of round 40.
      const { written, lastRound } = over.summary.checkpoints ?? {};
      expect(lastRound).toBe(60);
      expect(heads('over')).toHaveLength(written as number);
      expect(checkpoints('over')).toHaveLength((written as number) * (1 + 3));

      if (ALL || turn === 0) {
        const onOne = await resume(brokenOff('over', 20), { workers: 2 });
        expect(onOne.summary.stateHash).toBe(alone.summary.stateHash);
      }
      const onTwo = await resumeOverRanks(brokenOff('over', 20), 2);
      expect(onTwo.summary.stateHash).toBe(alone.summary.stateHash);
      expect(rowsOf(onTwo)).toEqual(rowsOf(alone));
      if (!ALL && turn === 2) return;
      const fromOne = await resumeOverRanks(brokenOff('alone', 20), 3, { workers: 2 });
      expect(fromOne.summary.stateHash).toBe(alone.summary.stateHash);
      expect(rowsOf(fromOne)).toEqual(rowsOf(alone));
    });
  }

  test('one that was stopped, looking for the round of its arrival', async () => {
    const { checkpoint: _, ...config } = { ...common, flow: { kind: 'primal-dual' } };
    const whole = { ...config, rounds: 200_000_000, stop: { rmsError: 1e-300 }, trace: { every: 100 } };
    const stopped = await runOverRanks(whole, 2, {
      outDir: at('stopped'),
      steer: async (session) => {
        while ((await session.progress()).round < 150) await new Promise((resolve) => setTimeout(resolve, 5));
        await session.stop();
      },
    });
    expect(stopped.summary.status).toBe('stopped');
    const [head] = heads('stopped');
    const round = Number(/-(\d{10})\./.exec(head as string)?.[1]);
    expect(round).toBeGreaterThan(0);
    const rounds = round + 500;
    const alone = await runAlone({ ...whole, rounds });
    const manifest = JSON.parse(readFileSync(at('stopped/manifest.json'), 'utf8'));
    expect(manifest.config.rounds).toBe(whole.rounds);
    const on = await resume(at('stopped'), { rounds });
    expect(on.summary.stateHash).toBe(alone.summary.stateHash);
  });
});

test('the newest ones are kept, with all their parts and no other', async () => {
  const config = { ...common, flow: { kind: 'dgd', step: 0.01 }, checkpoint: { everyRounds: 10, keep: 2 } };
  await runOverRanks(config, 2, { outDir: at('run') });
  expect(heads('run').map((name) => Number(/-(\d{10})\./.exec(name)?.[1]))).toEqual([expect.any(Number), 60]);
  expect(checkpoints('run')).toHaveLength(2 * (1 + 2));
  const { checks } = await verify(at('run'), { quick: true });
  expect(checks.filter(({ what }) => what.startsWith('checkpoints/'))).toMatchObject([
    { good: true },
    { good: true },
  ]);
});

describe('what is never taken for a checkpoint', () => {
  const config = { ...common, flow: { kind: 'dgd', step: 0.01 } };

  test.each([
    ['a part is missing', (part: string) => rmSync(part), /cannot be read/],
    ['a part is torn', (part: string) => truncateSync(part, 300), /torn/],
    [
      'a part has other bytes',
      (part: string) => {
        const bytes = readFileSync(part);
        const last = bytes.length - 100;
        bytes[last] = (bytes[last] as number) ^ 1;
        writeFileSync(part, bytes);
      },
      /another SHA-256/,
    ],
  ])('%s: the one before is taken', async (_, spoil, why) => {
    await runOverRanks(config, 2, { outDir: at('run') });
    const copy = brokenOff('run', 60);
    const part = readdirSync(path.join(copy, 'checkpoints')).find((name) =>
      /-0000000060\..*1-of-2\.part/.test(name),
    );
    spoil(path.join(copy, 'checkpoints', part as string));
    const { findResumption } = await import('../../dist/src/session/resume-point.js');
    const { from, notes } = await findResumption(copy, []);
    expect(from.round).toBeGreaterThanOrEqual(20);
    expect(from.round).toBeLessThan(60);
    expect(notes.join()).toMatch(why);
  });

  test('parts without a head', async () => {
    await runOverRanks(config, 2, { outDir: at('run') });
    const copy = brokenOff('run', 0);
    expect(readdirSync(path.join(copy, 'checkpoints')).every((name) => name.endsWith('.part'))).toBe(true);
    await expect(resume(copy)).rejects.toThrow(/no checkpoint to go on from/);
  });
});
