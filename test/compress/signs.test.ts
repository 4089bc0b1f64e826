/** One bit an entry: sign, norm-sign, dithered one-bit; by hand, and what they lose on average. */

import { describe, expect, it } from 'vitest';
import { type CompressorSpec, reckonedContraction } from '../../src/compress/types.js';
import { normals, seededRandom } from '../kernels/harness.js';
import { Bench, messagesOf, planOf } from './combinators/bench.js';

const energy = (row: ArrayLike<number>) => Array.from(row).reduce((total, entry) => total + entry * entry, 0);

describe('by hand', () => {
  it('sign: the mean magnitude times the signs', () => {
    expect(messagesOf({ kind: 'sign' }, [[1, -2, 3, -6]])).toEqual([[3, -3, 3, -3]]);
  });

  it('sign, unbiased: |e|_2^2 / |e|_1 times the signs, so that <e, C(e)> = |e|^2', () => {
    // (9 + 16 + 0 + 25) / (3 + 4 + 0 + 5) = 50 / 12
    const [message] = messagesOf({ kind: 'sign', scale: 'unbiased' }, [[3, -4, 0, 5]]);
    for (const [c, sign] of [1, -1, 1, 1].entries()) expect(message[c]).toBeCloseTo((sign * 50) / 12, 14);
  });

  it('a scale of 32 bits is the nearest float32', () => {
    const third = Math.fround(1 / 3);
    expect(third).not.toBe(1 / 3);
    expect(messagesOf({ kind: 'sign', scaleBits: 32 }, [[1 / 3, -1 / 3]])).toEqual([[third, -third]]);
  });

  it('norm-sign: half the largest magnitude times the signs', () => {
    expect(messagesOf({ kind: 'norm-sign' }, [[1, -2, 3, -6]])).toEqual([[3, -3, 3, -3]]);
    expect(messagesOf({ kind: 'norm-sign' }, [[0.5, 0.25, -8, 0]])).toEqual([[4, 4, -4, 4]]);
  });

  it('one-bit: every entry is +- shrink lambda, lambda = amplitude |e| / sqrt(dim)', () => {
    // |e| = 6, dim = 4: the root mean square is 3, lambda = 6.
    const [message] = messagesOf({ kind: 'one-bit', amplitude: 2, shrink: 0.5 }, [[4, -4, 2, 0]]);
    for (const entry of message) expect(Math.abs(entry)).toBe(3);
  });

  it('one-bit: what exceeds lambda is never dithered away', () => {
    const bench = new Bench({ kind: 'one-bit', amplitude: 1 }, { dim: 4 });
    for (let round = 0; round < 100; round++) {
      // lambda = 4.5: 9 > lambda, whatever tau.
      expect(bench.say([9, 0, 0, 0]).messages[0][0]).toBeGreaterThan(0);
    }
  });
});

/** Mean over many messages of |C(e) - e|^2 / |e|^2. */
function meanLoss(spec: CompressorSpec, vector: Float64Array, rounds: number): number {
  const bench = new Bench(spec, { dim: vector.length });
  let loss = 0;
  for (let round = 0; round < rounds; round++) {
    const [said] = bench.say(vector).messages;
    loss += energy(vector.map((entry, c) => said[c] - entry)) / energy(vector) / rounds;
  }
  return loss;
}

/** A normal number over the root of a mean of squares of `degrees` others. */
function studentT(degrees: number, length: number, random: () => number): Float64Array {
  return Float64Array.from(
    { length },
    () => normals(1, random)[0] / Math.sqrt(energy(normals(degrees, random)) / degrees),
  );
}

describe('flattened, dim 1024', () => {
  const dim = 1024;
  const random = seededRandom(5);
  const vectors = {
    random: normals(dim, random),
    'one-hot': Float64Array.from({ length: dim }, (_, c) => (c === 700 ? -3 : 0)),
    // Student's t with 5 degrees of freedom: ten standard deviations in a thousand draws are nothing unusual.
    'heavy-tailed': studentT(5, dim, random),
    // Cauchy: no variance, and a few entries are most of the vector.
    'very heavy-tailed': studentT(1, dim, random),
  };
  const meanScale = { kind: 'flatten', inner: { kind: 'sign' } };
  const unbiasedScale = { kind: 'flatten', inner: { kind: 'sign', scale: 'unbiased' } };

  it.each(['random', 'heavy-tailed'] as const)('a %s vector: sign leaves 1 - 2/pi of its energy', (name) => {
    const loss = meanLoss(meanScale, vectors[name], 200);
    expect(Math.abs(loss / (1 - 2 / Math.PI) - 1)).toBeLessThan(0.01);
  });

  it.each(['random', 'heavy-tailed'] as const)('a %s vector: the unbiased scale leaves pi/2 - 1', (name) => {
    const loss = meanLoss(unbiasedScale, vectors[name], 200);
    expect(Math.abs(loss / (Math.PI / 2 - 1) - 1)).toBeLessThan(0.02);
  });

  // 1 - 2/pi is what is lost of a Gaussian vector, which many entries of like size become under the rotation.
  // A few large ones become a few values of like magnitude, which signs say better; a single one becomes
  // +-1/32 everywhere, and nothing is lost.
  it('what a few entries dominate loses less', () => {
    expect(meanLoss(meanScale, vectors['very heavy-tailed'], 100)).toBeLessThan(1 - 2 / Math.PI);
    expect(meanLoss(unbiasedScale, vectors['very heavy-tailed'], 100)).toBeLessThan(Math.PI / 2 - 1);
  });

  it.each(['mean', 'unbiased'])('a one-hot vector is said exactly (scale: %s)', (scale) => {
    expect(
      meanLoss({ kind: 'flatten', inner: { kind: 'sign', scale } }, vectors['one-hot'], 20),
    ).toBeLessThan(1e-24);
  });

  it('the figures in the plans are these', () => {
    const contraction = (inner: CompressorSpec) =>
      reckonedContraction(planOf({ kind: 'flatten', inner }, { dim }));
    expect(contraction({ kind: 'sign' })).toBeCloseTo(2 / Math.PI, 12);
    expect(contraction({ kind: 'sign', scale: 'unbiased' })).toBeCloseTo(2 - Math.PI / 2, 12);
    // amplitude 3: hardly anything saturates, and shrink 1/9 keeps 1/9.
    expect(contraction({ kind: 'one-bit', amplitude: 3 })).toBeCloseTo(1 / 9, 2);
  });
});

describe('dithered one-bit', () => {
  const dim = 16;
  const vector = Float64Array.from({ length: dim }, (_, c) => 0.4 + Math.cos(1 + 2 * c));
  const amplitude = 2;
  const lambda = amplitude * Math.sqrt(energy(vector) / dim);
  const agents = 40;
  const rounds = 100;
  const messages: Float64Array[] = [];
  const bench = new Bench({ kind: 'one-bit', amplitude, shrink: 1 }, { agents, dim });
  for (let round = 0; round < rounds; round++) {
    messages.push(...bench.say(...new Array(agents).fill(vector)).messages);
  }

  it('is unbiased while no entry exceeds lambda', () => {
    expect(Math.max(...vector.map(Math.abs))).toBeLessThan(lambda);
    for (let c = 0; c < dim; c++) {
      const mean = messages.reduce((total, message) => total + message[c], 0) / messages.length;
      // A bit's variance is lambda^2 - e_c^2; five standard errors.
      const error = Math.sqrt((lambda ** 2 - vector[c] ** 2) / messages.length);
      expect(Math.abs(mean - vector[c])).toBeLessThan(5 * error);
    }
  });

  it('loses dim lambda^2 - |e|^2', () => {
    const losses = messages.map((message) => energy(message.map((entry, c) => entry - vector[c])));
    const mean = losses.reduce((total, loss) => total + loss, 0) / losses.length;
    const spread = Math.sqrt(energy(losses.map((loss) => loss - mean)) / losses.length ** 2);
    expect(Math.abs(mean - (dim * lambda ** 2 - energy(vector)))).toBeLessThan(5 * spread);
  });

  it('says different things for different agents and rounds', () => {
    expect(new Set(messages.map((message) => message.join())).size).toBeGreaterThan(messages.length / 2);
  });
});
