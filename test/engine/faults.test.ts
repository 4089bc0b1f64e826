/**
 * A worker that fails, in every way a worker can: the run ends within a second with the cause, the trace
 * stays, no thread is left.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSession, type PrepareOptions, parseConfig } from '../../dist/src/index.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const FAULT_ROUND = 2_000;

type FaultKind = NonNullable<PrepareOptions['fault']>['kind'];

const configOf = (workers: number) =>
  parseConfig({
    topology: { kind: 'ring', nodes: 20 },
    cost: { kind: 'quadratic', dim: 4 },
    flow: { kind: 'primal-dual', compress: 'observer', step: 0.02, alpha: 1, beta: 1 },
    compressor: { kind: 'sign' },
    rounds: 1_000_000_000,
    workers,
    trace: { every: 100 },
  });

/** What a sound run takes to end, its files written, once it is told to. */
async function timeToStop(workers: number): Promise<number> {
  const { session, close } = await openSession();
  try {
    await session.prepare({ config: await configOf(workers), outDir: path.join(folder, `sound-${workers}`) });
    const running = session.start();
    while ((await session.progress()).round < FAULT_ROUND)
      await new Promise((resolve) => setTimeout(resolve, 1));
    const fromMs = performance.now();
    await session.stop();
    await running;
    return performance.now() - fromMs;
  } finally {
    await close();
  }
}

async function runWithFault(kind: FaultKind, worker: number, workers: number) {
  const outDir = path.join(folder, `${kind}-${worker}-${workers}`);
  const { session, close } = await openSession();
  try {
    await session.prepare({
      config: await configOf(workers),
      outDir,
      fault: { kind, worker, round: FAULT_ROUND },
    });
    let reached = 0;
    const failed = session.start().then(
      () => null,
      (error: Error & { code?: string }) => ({ error, atMs: performance.now() }),
    );
    // The clock starts when the fault happens, not when threads start.
    while (reached < FAULT_ROUND) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      reached = (await session.progress()).round;
    }
    const fromMs = performance.now();
    const outcome = await failed;
    return { outDir, outcome, tookMs: (outcome?.atMs ?? Number.POSITIVE_INFINITY) - fromMs };
  } finally {
    await close();
  }
}

describe('a worker that fails', () => {
  it.each([
    {
      kind: 'throw',
      worker: 0,
      workers: 2,
      cause: 'worker 0 failed: fault on purpose: worker 0 throws in round 2000',
    },
    {
      kind: 'throw',
      worker: 2,
      workers: 3,
      cause: 'worker 2 failed: fault on purpose: worker 2 throws in round 2000',
    },
    { kind: 'exit', worker: 1, workers: 2, cause: 'worker 1 failed: worker exited with code: 7' },
    { kind: 'exit', worker: 0, workers: 1, cause: 'worker 0 failed: worker exited with code: 7' },
  ] as const)('$kind on worker $worker of $workers', async ({ kind, worker, workers, cause }) => {
    const { outDir, outcome, tookMs } = await runWithFault(kind, worker, workers);
    expect(outcome?.error.message).toBe(cause);
    expect(outcome?.error.code).toBe('WORKER_FAILED');
    // A second; on a busy machine more, in proportion to what a sound run takes to be stopped.
    expect(tookMs).toBeLessThan(1000 + 10 * (await timeToStop(workers)));
    const trace = readFileSync(path.join(outDir, 'trace.csv'), 'utf8').trimEnd().split('\n');
    expect(trace.at(-1)?.split(',')[0], 'rows up to the fault are kept, whole').toBe(String(FAULT_ROUND));
    expect(trace.at(-1)?.split(',').length).toBe(trace[0].split(',').length);
    const summary = JSON.parse(readFileSync(path.join(outDir, 'summary.json'), 'utf8'));
    expect(summary).toMatchObject({ status: 'failed', error: cause, rounds: FAULT_ROUND });
  });

  it('runs out of memory', async () => {
    const { outcome } = await runWithFault('out-of-memory', 1, 2);
    expect(outcome?.error.message).toMatch(/^worker 1 ran out of memory/);
  });
});
