/**
 * The primal-dual flow of a known range against its recursion in matrix form, with compressors of one bit an
 * entry, which the table of all flows does not try; and what it is for.
 */

import { describe, expect, it } from 'vitest';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import { channelSeed } from '../../src/flow/channel.js';
import { seedWords } from '../../src/runtime.js';
import {
  largestDifference,
  logisticProblem,
  type Problem,
  quadraticProblem,
  SEED,
} from '../support/baseline-problems.js';
import { add, multiply, type Rows } from '../support/baselines.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const [quadratic, logistic] = [await quadraticProblem(folder), await logisticProblem(folder)];

const halfSign = { kind: 'scale', factor: 0.5, inner: { kind: 'sign', scale: 'unit' } };
const compressors = {
  'half the sign': () => halfSign,
  'fair bits': () => ({ kind: 'one-bit', lambda: 1 }),
  'three levels': () => ({ kind: 'saturated-quantize', bits: 2, step: 1, zoom: false }),
  'a first round as it is': (rounds: number) => ({
    kind: 'schedule',
    until: [1 / rounds],
    inner: [{ kind: 'identity' }, halfSign],
  }),
};

interface Gains {
  step: number;
  alpha: number;
  beta: number;
  mu: number;
  range: number;
  decay: number;
}

/** As at the top of the flow's file, all agents at once. */
function recursion(
  { laplacian, start, gradient }: Problem,
  { step: h, alpha, beta, mu, range, decay }: Gains,
  compress: (rows: Rows, round: number) => Rows,
  rounds: number,
): Rows {
  let x: Rows = start;
  let v: Rows = start.map((row) => new Float64Array(row.length));
  let s: Rows = v;
  let r = range;
  for (let k = 0; k < rounds; k++) {
    const q = compress(
      add([1, x], [-1, s]).map((row) => row.map((entry) => entry / r)),
      k,
    );
    const apart = multiply(laplacian, add([1, s], [r, q]));
    x = add([1, x], [-h, gradient(x, k)], [-h * alpha, apart], [-h * beta, v]);
    v = add([1, v], [h * beta, apart]);
    s = add([1, s], [mu * r, q]);
    r *= decay;
  }
  return x;
}

function compressBy(spec: { kind: string }, { agents, dim }: Problem, rounds: number) {
  const seed = channelSeed(seedWords(SEED), 0);
  const context = { agents, dim, blockAgents: 1, seed, rounds, path: ['compressor'] };
  const one = referenceCompressor(planCompressor(spec, context), seed);
  return (rows: Rows, round: number): Rows => rows.map((row, i) => one(row, round, i));
}

const gains: Gains = { step: 0.05, alpha: 0.4, beta: 0.3, mu: 0.5, range: 1.3, decay: 0.99 };

describe.each(Object.entries(compressors))('%s', (_, compressorFor) => {
  it.each([
    ['quadratic, a range that stays', quadratic, { ...gains, decay: 1 }],
    ['quadratic, a range that goes down', quadratic, gains],
    ['logistic, every message taken whole', logistic, { ...gains, mu: 1 }],
  ])('%s', async (_, problem, gains) => {
    for (const rounds of [2, 3, 40]) {
      const compressor = compressorFor(rounds);
      const config = {
        ...problem.config,
        flow: { kind: 'scaled-primal-dual', ...gains },
        compressor,
        rounds,
      };
      const { x } = await runSequentially(config, 1);
      const expected = recursion(problem, gains, compressBy(compressor, problem, rounds), rounds);
      expect(largestDifference(expected, x), `after ${rounds} rounds`).toBeLessThanOrEqual(1e-10);
    }
  });
});

describe('what it is for', () => {
  const config = {
    topology: { kind: 'ring', nodes: 8 },
    cost: { kind: 'quadratic', dim: 12, condition: 5, seed: 3 },
    seed: 5,
    trace: { every: 50 },
  };
  const flow = { kind: 'scaled-primal-dual', step: 0.02, alpha: 2, beta: 2, mu: 1, range: 1 };

  it('is exact with one bit an entry where the range goes down', async () => {
    const { final, verdict } = await runSequentially(
      {
        ...config,
        flow: { ...flow, decay: 0.998 },
        compressor: halfSign,
        rounds: 12_000,
        stop: { rmsError: 1e-8 },
      },
      1,
    );
    expect(verdict).toBe('converged');
    expect(final.bitsBroadcast).toBe(final.round * 8 * 12);
  });

  it('stalls within the range where that stays, and the closer the smaller it is', async () => {
    const end = async (range: number) =>
      (
        await runSequentially(
          { ...config, flow: { ...flow, range, step: 0.01 }, compressor: halfSign, rounds: 4000 },
          1,
        )
      ).final.rmsError;
    const [far, near] = [await end(0.4), await end(0.1)];
    expect(far).toBeLessThan(0.4);
    expect(far).toBeGreaterThan(2 * near);
    expect(near).toBeGreaterThan(1e-4);
  });

  it('counts an uncompressed first round in full', async () => {
    const rounds = 10;
    const { final } = await runSequentially(
      { ...config, flow, compressor: compressors['a first round as it is'](rounds), rounds },
      1,
    );
    expect(final.bitsBroadcast).toBe(8 * 12 * (64 + 9));
  });
});
