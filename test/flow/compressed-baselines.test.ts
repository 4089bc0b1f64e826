/**
 * Compressed methods of other papers: the engine against their recursions as published
 * (test/support/compressed-baselines.ts), CHOCO-Gossip against published figures besides, and what each of
 * them is known for.
 */

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import { writeNpy } from '../../src/data/npy.js';
import { channelSeed } from '../../src/flow/channel.js';
import { seedWords } from '../../src/runtime.js';
import {
  largestDifference,
  logisticProblem,
  type Problem,
  quadraticProblem,
  SEED,
} from '../support/baseline-problems.js';
import { type Rows, shifted } from '../support/baselines.js';
import {
  beer,
  type CompressedInputs,
  chocoGossip,
  chocoSgd,
  compressedGradientTracking,
  lead,
} from '../support/compressed-baselines.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';
import { laplacianOf } from '../support/simulate.js';
import { ALL, someOf } from '../support/some.js';

const folder = temporaryFolder();
const problems = [await quadraticProblem(folder), await logisticProblem(folder)];
const [quadratic, logistic] = problems;
const ROUNDS = [1, 2, 30];

/** C of every agent's row, drawn as the engine draws it. */
function reference(spec: { kind: string }, agents: number, dim: number): CompressedInputs['compress'] {
  const seed = seedWords(SEED);
  const context = { agents, dim, blockAgents: 1, seed, rounds: 1000, path: ['compressor'] };
  const ofChannel = [0, 1].map((channel) => {
    const ownSeed = channelSeed(seed, channel);
    return referenceCompressor(planCompressor(spec, { ...context, seed: ownSeed }), ownSeed);
  });
  return (rows, round, channel) => rows.map((row, i) => ofChannel[channel](row, round, i));
}

describe('CHOCO-Gossip on a ring, x_ic = sin(1 + 0.7 c + 1.3 i (c + 1))', () => {
  const published = [
    { n: 8, d: 16, k: 4, gamma: 0.2, at: { 0: 60.68390970203, 10: 9.92036146535, 250: 3.133556927e-8 } },
    { n: 9, d: 20, k: 2, gamma: 0.05, at: { 0: 83.00357485722, 10: 53.14660118391, 1000: 3.509066457e-6 } },
  ].flatMap(({ at, ...one }) =>
    Object.entries(at).map(([rounds, value]) => ({ ...one, rounds: Number(rounds), value })),
  );
  const beginning = (n: number, d: number): Rows =>
    Array.from({ length: n }, (_, i) =>
      Float64Array.from({ length: d }, (_, c) => Math.sin(1 + 0.7 * c + 1.3 * i * (c + 1))),
    );
  /** sum_i |x_i - mean|^2. */
  const disagreement = (x: Rows): number => {
    let total = 0;
    for (let c = 0; c < x[0].length; c++) {
      const mean = x.reduce((sum, row) => sum + row[c], 0) / x.length;
      total += x.reduce((sum, row) => sum + (row[c] - mean) ** 2, 0);
    }
    return total;
  };
  const rowsOf = (x: Float64Array, d: number): Rows =>
    Array.from({ length: x.length / d }, (_, i) => x.slice(i * d, (i + 1) * d));

  it.each(published)(
    'n = $n, d = $d, k = $k: $value after $rounds steps',
    async ({ n, d, k, gamma, rounds, value }) => {
      const start = beginning(n, d);
      const compressor = { kind: 'top-k', k };
      const ring = Array.from({ length: n }, (_, i) => [i, (i + 1) % n] as const);
      const plain = chocoGossip({
        mixing: shifted(1, -1 / 3, laplacianOf(n, ring)),
        gradient: () => [],
        compress: reference(compressor, n, d),
        gains: { gamma },
        start,
        rounds,
      });
      expect(Math.abs(disagreement(plain) / value - 1)).toBeLessThan(1e-9);

      const init = path.join(folder, `choco-${n}.npy`);
      await writeNpy(init, { shape: [n, d], data: Float64Array.from(start.flatMap((row) => [...row])) });
      const config = {
        topology: { kind: 'ring', nodes: n },
        weights: 'metropolis',
        cost: { kind: 'quadratic', dim: d },
        init,
        flow: { kind: 'choco-gossip', gamma, mixing: 1 },
        compressor,
        // A run has a round at least: the beginning is its first trace row.
        rounds: Math.max(1, rounds),
      };
      const { x, first } = await runSequentially(config, 2);
      const measured = rounds === 0 ? n * d * first.consensusError ** 2 : disagreement(rowsOf(x, d));
      expect(Math.abs(measured / value - 1)).toBeLessThan(1e-9);
    },
  );
});

interface Recursion {
  name: string;
  flow: { kind: string; gamma: number; [gain: string]: unknown };
  plain: (inputs: CompressedInputs) => Rows;
  batch?: number;
}

const step = 0.1;
const recursions: Recursion[] = [
  { name: 'choco-gossip', flow: { kind: 'choco-gossip', gamma: 0.4 }, plain: chocoGossip },
  { name: 'choco-sgd', flow: { kind: 'choco-sgd', gamma: 0.4, step }, plain: chocoSgd },
  {
    name: 'choco-sgd, diminishing',
    flow: { kind: 'choco-sgd', gamma: 0.4, step, decayRounds: 20 },
    plain: chocoSgd,
  },
  { name: 'lead', flow: { kind: 'lead', gamma: 0.6, step, alpha: 0.5 }, plain: lead },
  { name: 'beer', flow: { kind: 'beer', gamma: 0.4, step }, plain: beer },
  {
    name: 'c-gt',
    flow: { kind: 'c-gt', gamma: 0.4, step, alpha: 0.7, alphaTracker: 0.6 },
    plain: compressedGradientTracking,
  },
];
const drawn: Recursion[] = [
  {
    name: 'choco-sgd, local steps',
    flow: { kind: 'choco-sgd', gamma: 0.4, step, localSteps: 3, batch: 2 },
    plain: chocoSgd,
  },
  { name: 'lead', flow: { kind: 'lead', gamma: 0.6, step, alpha: 0.5, batch: 2 }, plain: lead },
  { name: 'beer', flow: { kind: 'beer', gamma: 0.4, step, batch: 2 }, plain: beer },
  {
    name: 'c-gt',
    flow: { kind: 'c-gt', gamma: 0.4, step, alpha: 0.7, alphaTracker: 0.6, batch: 2 },
    plain: compressedGradientTracking,
  },
].map((one) => ({ ...one, batch: 2 }));
const compressors = [
  { kind: 'top-k', k: 2 },
  { kind: 'qsgd', levels: 4 },
  { kind: 'flatten', inner: { kind: 'sign', scaleBits: 64 } },
];

async function agree({ flow, plain, batch }: Recursion, problem: Problem, compressor: { kind: string }) {
  for (const [turn, rounds] of ROUNDS.entries()) {
    const config = { ...problem.config, flow, compressor, rounds };
    const { x, stateHash } = await runSequentially(config, 1);
    for (const workers of ALL ? [2, 3] : [2 + (turn % 2)]) {
      expect((await runSequentially(config, workers)).stateHash, `${workers} workers`).toBe(stateHash);
    }
    const expected = plain({
      mixing: problem.mixing,
      gradient: (rows, draw) => problem.gradient(rows, draw, batch),
      compress: reference(compressor, problem.agents, problem.dim),
      gains: flow,
      start: problem.start,
      rounds,
    });
    expect(largestDifference(expected, x), `after ${rounds} rounds`).toBeLessThanOrEqual(1e-9);
  }
}

describe.each(someOf(compressors, 2))(
  'the engine computes the recursions as published: $kind',
  (compressor) => {
    it.each(recursions)('$name', (one) => agree(one, quadratic, compressor));
    it.each(drawn)('$name with mini-batches, weighted edges', (one) => agree(one, logistic, compressor));
  },
);

describe('what they are known for', () => {
  const config = {
    topology: { kind: 'ring', nodes: 8 },
    cost: { kind: 'quadratic', dim: 12, condition: 5, seed: 3 },
    seed: 5,
    trace: { every: 20 },
  };
  const flattenedSign = { kind: 'flatten', inner: { kind: 'sign' } };

  it.each(['lead', 'beer', 'c-gt'])('%s ends at the optimum with full gradients', async (kind) => {
    for (const compressor of [flattenedSign, { kind: 'top-k', k: 4 }]) {
      const { verdict } = await runSequentially(
        { ...config, flow: { kind }, compressor, rounds: 20_000, stop: { rmsError: 1e-9 } },
        1,
      );
      expect(verdict, compressor.kind).toBe('converged');
    }
  });

  it.each([
    { flow: { kind: 'lead', step: 0.1, gamma: 1, alpha: 0.5 }, is: { kind: 'nids', step: 0.1 }, later: 1 },
    {
      flow: { kind: 'choco-gossip', gamma: 0.5, mixing: 0.2 },
      is: { kind: 'consensus', compress: 'error-state', step: 0.1, alpha: 1 },
      later: -1,
    },
  ])('without compression $flow.kind is $is.kind', async ({ flow, is, later }) => {
    const end = async (kind: Record<string, unknown>, rounds: number) =>
      (await runSequentially({ ...config, flow: kind, compressor: { kind: 'identity' }, rounds }, 1)).x;
    const expected = await end(is, 40 + later);
    const largest = (await end(flow, 40)).reduce(
      (most, entry, at) => Math.max(most, Math.abs(entry - expected[at])),
      0,
    );
    expect(largest).toBeLessThan(1e-11);
  });

  it('choco-sgd stalls at a bias of the order of its step, and diminishing steps go below it', async () => {
    const end = async (flow: Record<string, unknown>, rounds: number) =>
      (
        await runSequentially(
          { ...config, flow: { kind: 'choco-sgd', ...flow }, compressor: flattenedSign, rounds },
          1,
        )
      ).final.rmsError;
    const step = 0.02;
    const bias = await end({ step }, 3000);
    expect(await end({ step }, 4000)).toBeCloseTo(bias, 6);
    expect(bias).toBeGreaterThan(1e-3);
    const halved = await end({ step: step / 2 }, 4000);
    expect(halved / bias).toBeGreaterThan(0.4);
    expect(halved / bias).toBeLessThan(0.6);
    expect(await end({ step: 5 * step, decayRounds: 50 }, 8000)).toBeLessThan(bias / 5);
  });

  it.each(['lead', 'c-gt'])('%s takes an unbiased compressor that is no contraction', async (kind) => {
    for (const compressor of [
      { kind: 'rand-k', k: 3, unbiased: true },
      { kind: 'qsgd', levels: 1 },
    ]) {
      const { verdict } = await runSequentially(
        { ...config, flow: { kind }, compressor, rounds: 20_000, stop: { rmsError: 1e-6 } },
        1,
      );
      expect(verdict, compressor.kind).toBe('converged');
    }
  });

  it.each(['choco-gossip', 'choco-sgd', 'beer'])('%s does not choose gains for it', async (kind) => {
    const compressor = { kind: 'rand-k', k: 3, unbiased: true };
    await expect(runSequentially({ ...config, flow: { kind }, compressor, rounds: 10 }, 1)).rejects.toThrow(
      'no contraction',
    );
  });

  it('two messages a round are counted as two', async () => {
    const bits = async (kind: string) =>
      (
        await runSequentially(
          { ...config, flow: { kind, step: 0.1, gamma: 0.1 }, compressor: flattenedSign, rounds: 7 },
          1,
        )
      ).final;
    // 16 coordinates after padding and a scale of 64 bits; 8 agents with two neighbours each.
    expect((await bits('lead')).bitsBroadcast).toBe(7 * 8 * (16 + 64));
    expect((await bits('beer')).bitsBroadcast).toBe(7 * 8 * 2 * (16 + 64));
    expect((await bits('c-gt')).bitsLinks).toBe(7 * 8 * 2 * 2 * (16 + 64));
  });
});
