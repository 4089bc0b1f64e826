/**
 * Chaos: sessions driven at random (pause, resume, step, inspect, stop, one after the other and at once; a
 * worker that throws or exits) for many seeds. Whatever the order, every call settles, the run ends soon after it is asked to, and a run
 * that was not disturbed has the bits of one that was never paused. Run by `npm run test:chaos`.
 */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { type PrepareOptions, parseConfig, type RunResult } from '../../dist/src/index.js';
import { RunSession } from '../../dist/src/session/run-session.js';
import { random, settles, steerAtOnce } from '../support/steer-at-random.js';

const SEEDS = 60;
const ROUNDS = 20_000;

const config = (workers: number) =>
  parseConfig({
    topology: { kind: 'ring', nodes: 12 },
    cost: { kind: 'quadratic', dim: 5, condition: 4 },
    flow: { kind: 'primal-dual', compress: 'error-state', step: 0.05, alpha: 1, beta: 1 },
    compressor: { kind: 'flattened-sign' },
    rounds: ROUNDS,
    workers,
    trace: { every: 100 },
  });

afterEach(() => void vi.unstubAllEnvs());

describe.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))('seed %i', (seed) => {
  it('every call settles', async () => {
    const next = random(seed);
    const workers = 1 + next(3);
    // Three of them meet in a tree, in every other case.
    vi.stubEnv('SOTTOVOCE_BARRIER', seed % 2 === 0 ? 'tree' : 'auto');
    const session = new RunSession();
    const options: PrepareOptions = { config: await config(workers), outDir: null };
    const faulty = next(4) === 0;
    if (faulty) {
      const kind = (['throw', 'exit'] as const)[next(2)];
      options.fault = { worker: next(workers), round: next(ROUNDS), kind };
    }
    await session.prepare(options);
    if (next(3) === 0) await session.pause();
    let outcome: RunResult | Error | null = null;
    const ended = session.start().then(
      (result) => {
        outcome = result;
      },
      (error: Error) => {
        outcome = error;
      },
    );

    let stopped = false;
    for (let action = 0; action < 12 && outcome === null; action++) {
      const what = ['pause', 'resume', 'step', 'inspect', 'wait', 'at once', 'at once', 'stop'][
        next(action < 6 ? 7 : 8)
      ];
      if (what === 'pause') await settles('pause', session.pause());
      else if (what === 'resume') await settles('resume', session.resume());
      else if (what === 'step') {
        await settles('pause', session.pause());
        await settles('step', session.step(1 + next(20)));
      } else if (what === 'at once') {
        expect(await steerAtOnce(session, next, ROUNDS, () => outcome !== null)).toEqual([]);
      } else if (what === 'inspect') await settles('inspect', session.inspect(next(12)));
      else if (what === 'wait') await new Promise((resolve) => setTimeout(resolve, next(10)));
      else {
        stopped = true;
        await settles('stop', session.stop());
      }
    }
    await settles('resume', session.resume());
    await settles('the run', Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 4_000))]));
    if (outcome === null) {
      await session.stop();
      stopped = true;
      await settles('the run, once stopped', ended);
    }

    if ((outcome as unknown) instanceof Error) {
      expect(faulty).toBe(true);
      expect((outcome as unknown as { code: string }).code).toBe('WORKER_FAILED');
    } else {
      const { summary } = outcome as unknown as RunResult;
      expect(summary.status).toBe(summary.rounds === ROUNDS ? 'finished' : 'stopped');
      if (summary.status === 'stopped') expect(stopped).toBe(true);
      else expect(summary.stateHash).toBe(await undisturbed());
    }
  });
});

let hash: string | null = null;
async function undisturbed(): Promise<string> {
  if (hash === null) {
    const session = new RunSession();
    await session.prepare({ config: await config(1), outDir: null });
    hash = (await session.start()).summary.stateHash;
  }
  return hash;
}
