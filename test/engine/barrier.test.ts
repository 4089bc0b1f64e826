/**
 * The barrier's tree under whole runs, with more workers than a small machine has cores: the same bits as on
 * one worker, every call of a session settles, and whoever dies, wherever it stands in the tree, ends
 * everybody's wait.
 */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../dist/src/index.js';
import { RunSession } from '../../dist/src/session/run-session.js';
import { runConfig } from '../support/run.js';
import { someOf } from '../support/some.js';
import { random, steerAtOnce } from '../support/steer-at-random.js';
import { standingThreads } from '../support/threads.js';

const config = {
  topology: { kind: 'ring', nodes: 20 },
  cost: { kind: 'quadratic', dim: 5, condition: 4 },
  flow: { kind: 'primal-dual', compress: 'error-state', step: 0.05, alpha: 1, beta: 1 },
  compressor: { kind: 'flattened-sign' },
  rounds: 120,
  trace: { every: 10 },
};

beforeEach(() => void vi.stubEnv('SOTTOVOCE_BARRIER', 'tree'));
afterEach(() => void vi.unstubAllEnvs());

describe('the same bits', () => {
  const run = standingThreads();
  let alone: string;

  it.each(someOf([1, 3, 4, 5, 9, 8, 7, 12, 17, 16], 2))('of %d workers', async (workers) => {
    alone ??= (await run(config, 1)).summary.stateHash;
    const { summary } = await run(config, workers);
    expect([summary.workers, summary.stateHash]).toEqual([workers, alone]);
  });

  it('where a run goes back to its last row, with either barrier', async () => {
    const stopping = { ...config, rounds: 4000, stop: { rmsError: 0.05 }, trace: { every: 50 } };
    const outcomes = [];
    for (const [barrier, workers] of [
      ['central', 1],
      ['central', 9],
      ['tree', 9],
      ['auto', 10],
    ] as const) {
      vi.stubEnv('SOTTOVOCE_BARRIER', barrier);
      const { status, rounds, stateHash } = (await run(stopping, workers)).summary;
      outcomes.push({ status, rounds, stateHash });
    }
    expect(outcomes[0]?.status).toBe('converged');
    expect((outcomes[0]?.rounds ?? 0) % 50).not.toBe(0);
    for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
  });

  it('is refused where it is no barrier', async () => {
    vi.stubEnv('SOTTOVOCE_BARRIER', 'bush');
    await expect(runConfig({ ...config, workers: 2 })).rejects.toThrowError(
      'SOTTOVOCE_BARRIER is bush, expected one of auto, central, tree',
    );
  });
});

describe('whoever dies', () => {
  // Leaves of three under a root of three: each worker is the last of its leaf now and then, and of all.
  const die = async (worker: number, kind: 'throw' | 'exit', round: number) => {
    const endless = { ...config, rounds: 1_000_000_000, workers: 9 };
    const fault = { worker, round, kind };
    const startedMs = performance.now();
    const error = await runConfig(endless, { fault }).then(
      () => null,
      (reason: Error) => reason,
    );
    return { message: error?.message, seconds: (performance.now() - startedMs) / 1000 };
  };
  /** A whole run of as many threads. */
  let sound: Promise<number> | null = null;
  const soundSeconds = async () => {
    const startedMs = performance.now();
    await runConfig({ ...config, workers: 9 });
    return (performance.now() - startedMs) / 1000;
  };

  it.each(
    someOf(
      Array.from({ length: 9 }, (_, worker) => worker),
      5,
    ),
  )('worker %d of nine', async (worker) => {
    const thrown = await die(worker, 'throw', 30 + worker);
    expect(thrown.message).toContain(`worker ${worker} failed: fault on purpose`);
    sound ??= soundSeconds();
    expect(thrown.seconds).toBeLessThan(20 + 10 * (await sound));
  });

  it.each(someOf([8, 0, 4], 3))('worker %d of nine, which is gone without a word', async (worker) => {
    expect((await die(worker, 'exit', 7)).message).toBe(
      `worker ${worker} failed: worker exited with code: 7`,
    );
  });
});

describe('a session', () => {
  it.each(someOf([1, 2], 2))('of nine workers is steered at random (seed %d)', async (seed) => {
    const rounds = 1_000_000_000;
    const session = new RunSession();
    const loaded = await parseConfig({ ...config, rounds, workers: 9, trace: { every: 1000 } });
    await session.prepare({ config: loaded, outDir: null });
    let over = false;
    const ended = session.start().finally(() => {
      over = true;
    });
    const next = random(seed);
    const wrong: string[] = [];
    for (let group = 0; group < 12; group++)
      wrong.push(...(await steerAtOnce(session, next, rounds, () => over)));
    await session.stop();
    expect((await ended).summary.status).toBe('stopped');
    expect(wrong).toEqual([]);
  });
});
