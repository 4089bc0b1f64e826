/**
 * Best rotation: what trying buys. flatten(sign) leaves 1 - 2/pi = 0.363 of a vector's energy; the best of n
 * rotations leaves less, the more the larger n. That engine and equations agree, and bits with their formula,
 * the tables in test/engine see to.
 */

import { describe, expect, it } from 'vitest';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import { seedWords } from '../../src/runtime.js';
import { normals, seededRandom } from '../kernels/harness.js';
import { planOf } from './combinators/bench.js';

const dim = 64;
const seed = seedWords(3);
const context = { agents: 1, dim, blockAgents: 1, seed, rounds: 1000, path: ['compressor'] };

/** Mean of |e - C(e)|^2 / |e|^2 over rounds. */
function lost(spec: { kind: string; [parameter: string]: unknown }, vector: () => Float64Array): number {
  const compress = referenceCompressor(planCompressor(spec, context), seed);
  const rounds = 400;
  let total = 0;
  for (let round = 0; round < rounds; round++) {
    const e = vector();
    const q = compress(e, round, 0);
    let left = 0;
    let energy = 0;
    for (let c = 0; c < dim; c++) {
      left += (e[c] - q[c]) ** 2;
      energy += e[c] ** 2;
    }
    total += left / energy;
  }
  return total / rounds;
}

describe('best-rotation', () => {
  it('costs a transform for every rotation that is tried, and for every message that is read', () => {
    const workOf = (spec: { kind: string; choices?: number }) => planCompressor(spec, context).work;
    const once = workOf({ kind: 'flattened-sign' }).own;
    for (const choices of [2, 16, 256])
      expect(workOf({ kind: 'best-rotation', choices })).toEqual({
        own: (choices + 1) * once,
        neighbour: once,
      });
  });

  it('loses less the more rotations it may choose from', () => {
    const random = seededRandom(5);
    const vector = () => normals(dim, random);
    expect(lost({ kind: 'flattened-sign' }, vector)).toBeCloseTo(1 - 2 / Math.PI, 1);
    const losses = [2, 16, 256].map((choices) => lost({ kind: 'best-rotation', choices }, vector));
    expect(losses[0]).toBeLessThan(0.35);
    expect(losses[1]).toBeLessThan(0.3);
    expect(losses[2]).toBeLessThan(0.26);
  });

  it('loses nothing of a one-hot vector, whose rotations are all flat', () => {
    const hot = new Float64Array(dim);
    hot[5] = -3;
    expect(lost({ kind: 'best-rotation' }, () => hot)).toBeLessThan(1e-28);
  });

  it('names its rotation in log2 choices bits', () => {
    const bits = (spec: object) => planOf({ kind: 'best-rotation', ...spec }, { dim: 64 }).messageBits;
    expect(bits({})).toBe(64 + 4 + 64);
    expect(bits({ choices: 256, scaleBits: 32 })).toBe(32 + 8 + 64);
    expect(() => bits({ choices: 3 })).toThrow('compressor.choices is 3, expected one of 2, 4, 8');
  });
});
