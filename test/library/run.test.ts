/** A run in one call: what it gives, what it refuses, how it is stopped, and several at once. */

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type ConfigInput,
  InputError,
  isInputError,
  isRunError,
  loadConfig,
  type Progress,
  parseConfig,
  RunError,
  run,
  type TraceRow,
} from '../../src/index.js';
import { temporaryFolder } from '../support/run.js';

const CONFIG = {
  topology: { kind: 'ring', nodes: 4 },
  cost: { kind: 'quadratic', dim: 2 },
  flow: { kind: 'primal-dual', step: 0.1, alpha: 1, beta: 1 },
  compressor: { kind: 'top-k', k: 1 },
  rounds: 20,
  workers: 1,
} satisfies ConfigInput;
const folder = temporaryFolder();

describe('what it gives', () => {
  test('summary, every row, x with its shape, labels and the plan; it writes nothing', async () => {
    const { summary, rows, x, shape, labels, plan } = await run(CONFIG);
    expect(summary).toMatchObject({ status: 'finished', rounds: 20, agents: 4, dim: 2 });
    expect(rows.map(({ round }) => round)).toEqual(Array.from({ length: 21 }, (_, round) => round));
    expect(rows[20].rmsError).toBe(summary.final.rmsError);
    expect(shape).toEqual([4, 2]);
    expect(x).toHaveLength(8);
    expect(labels).toEqual(['0', '1', '2', '3']);
    expect(plan.gains).toMatchObject({ step: 0.1, alpha: 1 });
    expect(existsSync('runs')).toBe(existsSync(join(process.cwd(), 'runs')));
  });

  test('plain data, a file and a loaded config are the same run; what options change is as if it stood there', async () => {
    const file = join(folder, 'ring.yaml');
    writeFileSync(file, JSON.stringify(CONFIG));
    const hash = async (...given: Parameters<typeof run>) => (await run(...given)).summary.stateHash;
    const expected = await hash({ ...CONFIG, seed: 7, rounds: 30 });
    const options = { seed: 7, rounds: 30, workers: 2 };
    expect(await hash(CONFIG, options)).toBe(expected);
    expect(await hash(file, options)).toBe(expected);
    expect(await hash(await loadConfig(file), options)).toBe(expected);
    expect(await hash(await parseConfig(CONFIG), options)).toBe(expected);
  });

  test('how often a row is taken follows the rounds where nobody chose it, and else stays', async () => {
    const rowsOf = async (config: ConfigInput, rounds: number) =>
      (await run(await parseConfig(config), { rounds })).rows.map(({ round }) => round);
    expect(await rowsOf({ ...CONFIG, rounds: 4000 }, 3)).toEqual([0, 1, 2, 3]);
    expect((await rowsOf(CONFIG, 1000)).slice(0, 3)).toEqual([0, 5, 10]);
    expect(await rowsOf({ ...CONFIG, rounds: 4000, trace: { every: 2 } }, 5)).toEqual([0, 2, 4, 5]);
  });

  test('x and labels are left out where nobody wants them, and files are written where a folder is given', async () => {
    const outDir = join(folder, 'out');
    const { x, shape, labels, summary } = await run(CONFIG, { keepX: false, outDir });
    expect([x.length, shape, labels]).toEqual([0, [0, 2], []]);
    expect(readdirSync(outDir)).toEqual(expect.arrayContaining(['summary.json', 'trace.csv', 'x.npy']));
    expect(summary.run).toBeTypeOf('string');
  });

  test('around a server there is one x for all', async () => {
    const { shape, labels, summary } = await run({
      program: { kind: 'parameter-server', agents: 3, gamma: 0.1, lambda: 1 },
      cost: {
        kind: 'logistic',
        data: 'examples/data/train.libsvm',
        regularization: 0.01,
      },
      rounds: 5,
      workers: 1,
    });
    expect(shape).toEqual([1, summary.dim]);
    expect(labels).toEqual(['0', '1', '2']);
  });

  test('a run that diverges resolves and says so', async () => {
    const { summary } = await run({ ...CONFIG, flow: { ...CONFIG.flow, step: 50 }, rounds: 2000 });
    expect(summary.status).toBe('diverged');
    expect(summary.hint).toBeTypeOf('string');
  });
});

describe('while it runs', () => {
  const LONG = { ...CONFIG, rounds: 100_000_000, trace: { every: 1000 } };

  test('rows come in order and all of them, before it resolves', async () => {
    const told: TraceRow[] = [];
    const { rows } = await run({ ...CONFIG, rounds: 5000 }, { onRows: (some) => told.push(...some) });
    expect(told).toEqual(rows);
  });

  test('a signal ends it after the round', async () => {
    const controller = new AbortController();
    const seen: Progress[] = [];
    const { summary, rows } = await run(LONG, {
      signal: controller.signal,
      onProgress: (progress) => {
        seen.push(progress);
        if (progress.round > 0) controller.abort();
      },
    });
    expect(summary.status).toBe('stopped');
    expect(summary.rounds).toBeGreaterThan(0);
    expect(summary.rounds).toBeLessThan(LONG.rounds);
    expect(rows.at(-1)?.round).toBe(summary.rounds);
    expect(seen.length).toBeGreaterThan(0);
  });

  test('a signal that was given before ends it at round 0', async () => {
    const { summary } = await run(LONG, { signal: AbortSignal.abort() });
    expect(summary).toMatchObject({ status: 'stopped', rounds: 0 });
  });

  test('what a callback throws ends the run and is what the call rejects with', async () => {
    const broken = () => {
      throw new TypeError('mine');
    };
    await expect(run(LONG, { onRows: broken })).rejects.toThrow(new TypeError('mine'));
    await expect(run(LONG, { onProgress: broken })).rejects.toThrow(new TypeError('mine'));
  });

  test('several at once are the runs that they are alone', async () => {
    const seeds = [1, 2, 3];
    const together = await Promise.all(seeds.map((seed) => run(CONFIG, { seed })));
    for (const [at, seed] of seeds.entries()) {
      const alone = await run(CONFIG, { seed });
      expect(together[at].summary.stateHash).toBe(alone.summary.stateHash);
    }
    expect(new Set(together.map(({ summary }) => summary.stateHash)).size).toBe(3);
  });
});

describe('what it refuses', () => {
  const refusal = (...given: Parameters<typeof run>) =>
    run(...given).then(
      () => expect.fail('nothing was thrown'),
      (error) => error,
    );

  test('a wrong config, with its place', async () => {
    const error = await refusal({ ...CONFIG, compressor: { kind: 'top-k', k: 9 } });
    expect(error).toBeInstanceOf(InputError);
    expect(isInputError(error) && !isRunError(error)).toBe(true);
    expect(error).toMatchObject({ path: ['compressor', 'k'] });
  });

  test('wrong options, for a loaded config too', async () => {
    expect((await refusal(CONFIG, { workers: 0 })).message).toMatch(/workers is 0, expected/);
    expect((await refusal(await parseConfig(CONFIG), { rounds: -1 })).message).toMatch(/rounds is -1/);
    expect((await refusal(undefined as never)).message).toMatch(/run was given undefined, expected a config/);
  });

  test('and a worker that ends is a RunError', async () => {
    const broken = join(folder, 'broken.mjs');
    const encode = 'encode = (e, m, { round }) => (round === 3 ? process.exit(1) : m.float64(e[0]))';
    const plan = 'plan = () => ({ messageBits: 64 })';
    writeFileSync(broken, `export const ${plan}, ${encode}, decode = () => {};`);
    const error = await refusal({ ...CONFIG, compressor: { kind: 'custom', module: broken } });
    expect(error).toBeInstanceOf(RunError);
    expect(isRunError(error) && !isInputError(error)).toBe(true);
  });
});
