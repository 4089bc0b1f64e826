import { describe, expect, it } from 'vitest';
import { Bench, seededRandom } from './harness.js';

const { kernels } = new Bench(65536);

/** Distance in units in the last place of the expected number. */
function ulps(actual: number, expected: number): number {
  if (Object.is(actual, expected)) return 0;
  const unit = Math.max(2 ** (Math.floor(Math.log2(Math.abs(expected))) - 52), 5e-324);
  return Math.abs(actual - expected) / unit;
}

describe('exp', () => {
  it('knows its landmarks', () => {
    expect(kernels.exp(0)).toBe(1);
    expect(kernels.exp(-0)).toBe(1);
    expect(ulps(kernels.exp(1), Math.E)).toBeLessThanOrEqual(1);
    expect(kernels.exp(-1e4)).toBe(0);
    expect(kernels.exp(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(kernels.exp(1e4)).toBe(Number.POSITIVE_INFINITY);
    expect(kernels.exp(-745)).toBe(5e-324);
    expect(kernels.exp(Number.NaN)).toBeNaN();
  });

  it('is within 2 ulp of Math.exp from underflow to overflow', () => {
    const random = seededRandom(1);
    for (let i = 0; i < 100_000; i++) {
      const x = i % 2 ? (random() - 0.5) * 2 * 709 : (random() - 0.5) * 10 ** (random() * 20 - 18);
      const error = ulps(kernels.exp(x), Math.exp(x));
      if (error > 2) throw new Error(`exp(${x}) is off by ${error} ulp`);
    }
  });
});

describe('log1p', () => {
  it('knows its landmarks', () => {
    expect(kernels.log1p(0)).toBe(0);
    expect(kernels.log1p(-0)).toBe(-0);
    expect(kernels.log1p(1)).toBe(Math.LN2);
    expect(kernels.log1p(5e-324)).toBe(5e-324);
    expect(kernels.log1p(Number.NaN)).toBeNaN();
  });

  it('is within 2 ulp of Math.log1p from 1e-300 to 1e300, and down to -1', () => {
    const random = seededRandom(2);
    for (let i = 0; i < 100_000; i++) {
      const x = i % 2 ? 10 ** ((random() - 0.5) * 600) : -random() * (1 - 1e-9);
      const error = ulps(kernels.log1p(x), Math.log1p(x));
      if (error > 2) throw new Error(`log1p(${x}) is off by ${error} ulp`);
    }
  });
});
