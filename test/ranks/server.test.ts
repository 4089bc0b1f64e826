/**
 * Around a server, too, a run over several ranks leaves the bits of the run on one machine: its state, and every figure of
 * its trace, for any number of ranks and threads.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { compressorSpecs } from '../engine/table.js';
import { PROGRAMS, serverProblem } from '../program/programs.js';
import { rowsOf, runAlone, runOverRanks } from '../support/ranks/runs.js';
import { temporaryFolder } from '../support/run.js';
import { ALL, someOf, someOfEach } from '../support/some.js';

const { config: problem, samples } = serverProblem();
const network = { bandwidth: 1e6, latency: 0.001 };

const named = (name: string) => PROGRAMS[name] as Record<string, unknown>;

/** Ranks, and threads of each. */
const WAYS = [
  [2, 1],
  [3, 1],
  [2, 2],
  [4, 1],
  [1, 2],
] as const;
const inTurns = (index: number) => [WAYS[index % WAYS.length] as readonly [number, number]];

async function expectSame(
  config: Record<string, unknown>,
  ways: readonly (readonly [number, number])[],
): Promise<Awaited<ReturnType<typeof runAlone>>> {
  const whole = { network, ...config };
  const alone = await runAlone(whole);
  for (const [ranks, workers] of ways) {
    const over = await runOverRanks(whole, ranks, { workers, keepX: true });
    const name = `${ranks} ranks of ${workers}`;
    expect(over.summary.stateHash, name).toBe(alone.summary.stateHash);
    expect(over.summary.status, name).toBe(alone.summary.status);
    expect(over.summary.rounds, name).toBe(alone.summary.rounds);
    expect(over.x, name).toEqual(alone.x);
    expect(rowsOf(over), name).toEqual(rowsOf(alone));
  }
  return alone;
}

describe('the same bits around a server', () => {
  const some = someOfEach(5);

  test('for any number of ranks and threads', async () => {
    await expectSame(problem(named('FO-SGD')), ALL ? [[1, 1], ...WAYS] : [[1, 1], ...WAYS.slice(0, 3)]);
    await expectSame(problem(named('lengths that vary')), ALL ? [[1, 1], ...WAYS] : WAYS.slice(1, 3));
  });

  for (const [index, [name, program]] of some(Object.entries(PROGRAMS)).entries())
    test(name, () => expectSame(problem(program), inTurns(index)).then(() => {}));

  for (const [index, compressor] of someOf(compressorSpecs, 20).entries())
    test(`up and down: ${JSON.stringify(compressor)}`, async () => {
      const program = { uplink: compressor, downlink: compressor, gamma: 0.01 };
      await expectSame(problem(program), inTurns(index));
    });

  const wave = (i: number) => Math.sin(1 + 1.7 * i + 0.3 * i * i);
  const line = (label: number, r: number) =>
    `${label} ${(r % 3) + 1}:${wave(r)} ${4 + (r % 4)}:${2 * wave(3 * r)}\n`;
  const libsvm = (name: string, label: (r: number) => number) => {
    const file = path.join(temporaryFolder(), name);
    writeFileSync(file, Array.from({ length: 70 }, (_, r) => line(label(r), r)).join(''));
    return file;
  };
  const two = libsvm('two.libsvm', (r) => (wave(5 * r) > 0 ? 1 : -1));
  const three = libsvm('three.libsvm', (r) => Math.floor(1.5 * (wave(5 * r) + 1)) % 3);
  const median = fileURLToPath(new URL('../../examples/05-own-cost/median.mjs', import.meta.url));
  const shuffled = { data: two, test: two, regularization: 0.2, split: 'shuffled' };
  const classes = { ...shuffled, data: three, test: three };
  const costs: [string, Record<string, unknown>, Record<string, unknown>?][] = [
    ['logistic, batches, test samples', { kind: 'logistic', ...shuffled }, { batch: 2 }],
    ['logistic, dense', { kind: 'logistic', ...shuffled, storage: 'dense' }],
    ['softmax, batches', { kind: 'softmax', ...classes }, { batch: 3 }],
    ['mlp', { kind: 'mlp', hidden: [3], ...classes }],
    ['least squares', { kind: 'least-squares', data: two, regularization: 0.2 }],
    ['quadratic', { kind: 'quadratic', dim: 9 }],
    ['average', { kind: 'average', dim: 9 }],
    ['a module', { kind: 'custom', module: median }],
  ];
  for (const [index, [name, cost, program]] of some(costs).entries())
    test(`costs: ${name}`, async () => {
      const whole = { ...problem({ agents: 7, gamma: 0.05, lambda: 0.3, ...program }), cost };
      const { rows } = await expectSame(whole, inTurns(index));
      expect(rows[0]?.accuracy === undefined || Number.isNaN(rows[0].accuracy)).toBe(
        cost['test'] === undefined,
      );
    });

  test('float32', async () => {
    for (const [index, name] of some(['DoubleSqueeze', 'FO-SGD', 'SGD, batches']).entries())
      await expectSame({ ...problem(named(name)), precision: 'float32' }, inTurns(index));
  });

  test('a target, reached between two rows, for which it goes back', async () => {
    const cost = { kind: 'logistic', data: samples.file, regularization: 0.01 };
    const program = { uplink: { kind: 'error-feedback', inner: { kind: 'sign' } }, gamma: 0.5 };
    const whole = {
      ...problem({ agents: 20, ...program }, 4000),
      cost,
      stop: { gap: 0.05 },
      trace: { every: 50 },
    };
    const { summary } = await expectSame(whole, ALL ? WAYS : WAYS.slice(1, 3));
    expect(summary.status).toBe('converged');
    expect(summary.rounds % 50).not.toBe(0);
  });

  test('a width that is found by itself', () =>
    expectSame(problem({ lambda: 'auto' }), inTurns(0)).then(() => {}));

  test('more ranks than agents are refused', async () => {
    await expect(runOverRanks(problem({ agents: 2, lambda: 0.3 }), 3)).rejects.toThrow(
      'ranks is 3, expected at most 2: there are no more agents',
    );
  });

  test('checkpoints are refused', async () => {
    const whole = { ...problem({ lambda: 0.3 }), checkpoint: { everyRounds: 4 } };
    await expect(runOverRanks(whole, 2)).rejects.toThrow('a parameter server over several ranks writes none');
  });
});
