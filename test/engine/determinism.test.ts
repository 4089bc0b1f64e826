/**
 * Same config, same seed, same bits, for any number of workers: the favourite test.
 *
 * What would break it: sums whose order depends on the partition, randomness drawn by thread, a message read
 * before or after its round. The last tests change one of these on purpose and see the hash change, so that
 * "equal" is known to mean something.
 */

import { describe, expect, it } from 'vitest';
import { runSequentially } from '../support/sequential.js';
import { ALL, someOf } from '../support/some.js';
import { standingThreads } from '../support/threads.js';
import { baselines, combinations, flowSpecs } from './table.js';

const WORKERS = [1, 2, 3, 5];
const TURNS_ROUNDS = 60;
const THREADED = new Set(['identity', 'top-k', 'flattened-sign']);
const OBSERVER = flowSpecs.find(({ kind, compress }) => kind === 'primal-dual' && compress === 'observer');

const base = {
  topology: { kind: 'erdos-renyi', nodes: 37, averageDegree: 5, seed: 3, largestComponent: true },
  cost: { kind: 'quadratic', dim: 11, condition: 6 },
  rounds: 150,
  seed: 5,
  trace: { every: 10 },
};

const runOnThreads = standingThreads();

async function hashes(config: Record<string, unknown>, workerCounts: number[]): Promise<string[]> {
  const found: string[] = [];
  for (const workers of workerCounts) {
    const { summary } = await runOnThreads(config, workers);
    expect(summary.workers).toBe(workers);
    found.push(summary.stateHash);
  }
  return found;
}

describe('the same stateHash for 1, 2, 3 and 5 workers', () => {
  // Every flow and compressor, the workers taking turns on one thread: shows whatever depends on the
  // partition. A bit that differs in one round differs in all that follow: so the first sixty tell as much as
  // more of them would. In the gate every other pair has one number beside 1, in turns; table.test.ts has
  // those between.
  const pairs = someOf([...combinations, ...baselines], 2).map((pair, at) => ({
    ...pair,
    among: ALL ? WORKERS : [1, WORKERS[1 + (at % (WORKERS.length - 1))]!],
  }));
  it.each(pairs)('$name', async ({ flow, compressor, among }) => {
    const found: string[] = [];
    for (const workers of among) {
      const config = { ...base, rounds: TURNS_ROUNDS, flow, compressor };
      found.push((await runSequentially(config, workers)).stateHash);
    }
    expect(found).toEqual(among.map(() => found[0]));
    expect(found[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  // And on threads, which race: every flow with a compressor of each kind of binding, and every compressor in
  // one flow. Each pair gets one number of workers, in turns.
  const threaded = [
    ...combinations.filter(({ flow, compressor }) => THREADED.has(compressor.kind) || flow === OBSERVER),
    // Of the others those with the most messages and the most state.
    ...baselines.filter(({ flow }) => ['diging', 'pdmm'].includes(flow.kind)),
  ].map((pair, index) => ({ ...pair, workers: [3, 2, 5][index % 3] }));
  it.each(someOf(threaded, 5))('on $workers threads: $name', async ({ flow, compressor, workers }) => {
    const inTurns = await runSequentially({ ...base, flow, compressor }, 1);
    expect(await hashes({ ...base, flow, compressor }, [workers])).toEqual([inTurns.stateHash]);
  });

  it('with weighted edges, more workers than agents, and a row of the trace every round', async () => {
    const found = await hashes(
      {
        ...base,
        topology: { kind: 'star', nodes: 4 },
        weights: 'metropolis',
        flow: { kind: 'primal-dual', compress: 'error-state', step: 0.05, alpha: 1, beta: 1 },
        compressor: { kind: 'flattened-sign' },
        trace: { every: 1 },
      },
      [1, 2, 7],
    );
    expect(new Set(found).size).toBe(1);
  });

  it('and the same trace, column by column', async () => {
    const config = {
      ...base,
      flow: { kind: 'primal-dual', compress: 'observer', step: 0.02, alpha: 0.5, beta: 0.5 },
    };
    const final = async (workers: number) => (await runOnThreads(config, workers)).summary.final;
    expect(await final(3)).toEqual(await final(1));
  });
});

describe('a different run has a different hash', () => {
  const flow = { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5 };
  const config = { ...base, flow, compressor: { kind: 'flattened-sign' } };

  it.each([
    { what: 'the seed of the shared signs', change: { seed: 6 } },
    { what: 'one round more', change: { rounds: 151 } },
    { what: 'the last digit of the step', change: { flow: { ...flow, step: 0.020000000000000004 } } },
  ])('$what', async ({ change }) => {
    const topology = { ...base.topology };
    const cost = { ...base.cost, seed: 1 };
    const one = (await runOnThreads({ ...config, topology, cost }, 2)).summary.stateHash;
    const other = (await runOnThreads({ ...config, topology, cost, ...change }, 2)).summary.stateHash;
    expect(other).not.toBe(one);
  });
});
