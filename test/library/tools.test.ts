/**
 * What the commands do, as calls of a program: the same figures, and errors that a program can tell apart.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type Cell,
  type ConfigInput,
  certify,
  compare,
  flatten,
  isInputError,
  run,
  sign,
  tune,
} from '../../src/index.js';
import { temporaryFolder } from '../support/run.js';

const CONFIG = {
  topology: { kind: 'ring', nodes: 6 },
  cost: { kind: 'quadratic', dim: 4, condition: 2 },
  flow: { kind: 'primal-dual' },
  rounds: 2000,
  stop: { rmsError: 1e-4 },
  workers: 1,
} satisfies ConfigInput;
const refused = (promise: Promise<unknown>) => promise.then(() => false, isInputError);

describe('certify', () => {
  test('a spec and the same as text are measured alike', async () => {
    const spec = await certify(flatten(sign()), { dim: 8, starts: 12, rounds: 200 });
    const text = await certify('flatten(sign)', { dim: 8, starts: 12, rounds: 200 });
    expect(spec).toEqual(text);
    expect(spec).toMatchObject({ compressor: 'flatten(sign)', dim: 8, verdict: { qualifies: true } });
  });

  test('refuses what it cannot measure', async () => {
    expect(await refused(certify({ kind: 'top-k', k: 9 }, { dim: 8 }))).toBe(true);
    expect(await refused(certify('sgin', { dim: 8 }))).toBe(true);
    expect(await refused(certify('sign', { dim: 0 }))).toBe(true);
    expect(await refused(certify('sign', { dim: 8, mu: 2 }))).toBe(true);
  });
});

describe('tune', () => {
  test("auto's own choice is what a run takes", async () => {
    const { gains, chosen, tuning, config } = await tune(CONFIG);
    expect(chosen).toEqual(expect.arrayContaining(['step', 'alpha', 'beta']));
    expect(tuning?.why.length).toBeGreaterThan(0);
    const [open, given] = [await run(CONFIG), await run(config)];
    expect(open.plan.gains).toEqual(gains);
    expect(given.summary.stateHash).toBe(open.summary.stateHash);
  });

  test('with a number of trials it searches, and says what it saw', async () => {
    const { trials, config, tuning } = await tune(CONFIG, { trials: 8 });
    expect(trials?.trials).toBeLessThanOrEqual(8);
    expect(tuning).toBeNull();
    expect((await run(config)).summary.status).toBe('converged');
  });

  test('refuses a config that leaves nothing open', async () => {
    const flow = { kind: 'primal-dual', step: 0.1, alpha: 1, beta: 1 } as const;
    expect(await refused(tune({ ...CONFIG, flow }))).toBe(true);
  });
});

describe('compare', () => {
  test('a grid has a row a cell and a row a method', async () => {
    const seen: Cell[] = [];
    const { cells, methods, target } = await compare([CONFIG], {
      compressors: [sign(), 'flatten(sign)'],
      seeds: [1, 2],
      trials: 0,
      jobs: 2,
      onCell: (cell) => seen.push(cell),
    });
    expect(target).toEqual({ quantity: 'rmsError', bound: 1e-4 });
    expect(cells.map(({ compressor, seed }) => [compressor, seed])).toEqual([
      ['sign', 1],
      ['sign', 2],
      ['flatten(sign)', 1],
      ['flatten(sign)', 2],
    ]);
    expect(methods).toHaveLength(2);
    expect(methods.every(({ reached }) => reached === 2)).toBe(true);
    expect(seen).toHaveLength(4);
  });

  test('a policy in it is called by its name, and two of one name are told apart', async () => {
    const policy = (size: number) => ({
      format: 'sottovoce-policy/1' as const,
      name: 'half of the signs',
      rotate: 'exact' as const,
      steps: 2 as const,
      features: [],
      actions: [{ do: 'signs' as const, size, checks: [1, 1, 1, 1] }],
      weights: [[]],
    });
    const compressors = [policy(0.8), policy(0.7)].map((policy) => ({ kind: 'learned' as const, policy }));
    const { cells } = await compare([CONFIG], { compressors: [...compressors, 'sign'], trials: 0, jobs: 1 });
    expect(cells.map(({ status, label }) => [status, label])).toEqual([
      ['converged', 'learned(policy=half of the signs) (1)'],
      ['converged', 'learned(policy=half of the signs) (2)'],
      ['converged', 'sign'],
    ]);
    // What a row says of its compressor can be given back.
    const { compressor = null, bitsToTarget } = cells[1] ?? {};
    const again = await compare([CONFIG], { compressors: [String(compressor)], trials: 0, jobs: 1 });
    expect(again.cells[0]).toMatchObject({ compressor, bitsToTarget });
    expect(cells[0]?.bitsToTarget).not.toBe(bitsToTarget);
  });

  test('goes on where a folder has finished cells', async () => {
    const outDir = join(temporaryFolder(), 'study');
    const options = { flows: ['error-state', 'observer'], trials: 0, rounds: 50, outDir, jobs: 1 };
    const first = await compare([CONFIG], options);
    const again: Cell[] = [];
    const second = await compare([CONFIG], { ...options, onCell: (cell) => again.push(cell) });
    expect(again).toEqual([]);
    expect(second).toEqual(first);
    expect(readdirSync(join(outDir, 'cells'))).toHaveLength(2);
  });

  test('what a plan refuses is a row, what a schema refuses a rejection; a signal ends it', async () => {
    const { cells } = await compare([CONFIG], { compressors: ['top-k(k=99)'], trials: 0 });
    expect(cells[0]).toMatchObject({ status: 'refused', error: expect.stringContaining('k is 99') });
    expect(await refused(compare([CONFIG], { compressors: ['topk(k=1)'] }))).toBe(true);
    expect(await refused(compare([CONFIG], { target: { gap: -1 } }))).toBe(true);
    const stopped = await compare([CONFIG], { trials: 0, signal: AbortSignal.abort() });
    expect(stopped.cells).toEqual([]);
  });
});
