/** The pattern search, on functions whose minimum is known. */

import { describe, expect, it } from 'vitest';
import { patternSearch } from '../../src/base/pattern-search.js';

const options = {
  directions: [{ a: 1 }, { b: 1 }, { a: 1, b: 1 }],
  largest: {},
  factors: [2, 1.3, 1.1],
  evaluations: 200,
};
const bowl = ({ a, b }: Record<string, number>) => 1 + Math.log(a! / 3) ** 2 + Math.log(b! / 0.02) ** 2;

describe('patternSearch', () => {
  it('finds the bottom of a bowl', () => {
    const { best, cost, evaluations } = patternSearch([{ a: 1, b: 1 }], 'a', bowl, options);
    expect(best['a']).toBeGreaterThan(2.7);
    expect(best['a']).toBeLessThan(3.3);
    expect(best['b']).toBeGreaterThan(0.018);
    expect(best['b']).toBeLessThan(0.022);
    expect(cost).toBeLessThan(1.02);
    expect(evaluations).toBeLessThan(60);
  });

  it('follows a narrow valley along a joint direction', () => {
    const valley = ({ a, b }: Record<string, number>) =>
      1 + Math.log(a! * b!) ** 2 / 100 + 100 * Math.log(a! / b!) ** 2;
    const { best } = patternSearch([{ a: 50, b: 50 }], 'a', valley, options);
    expect(best['a']! * best['b']!).toBeLessThan(1.5);
  });

  it('shrinks what it was told to until something works', () => {
    const cost = ({ a }: Record<string, number>) => (a! > 0.2 ? Number.POSITIVE_INFINITY : 1 / a!);
    const { best } = patternSearch([{ a: 8 }], 'a', cost, { ...options, directions: [{ a: 1 }] });
    expect(best['a']).toBeGreaterThan(0.17);
    expect(best['a']).toBeLessThanOrEqual(0.2);
  });

  it('says so where nothing works, and never asks more often than it may', () => {
    let asked = 0;
    const never = () => {
      asked++;
      return Number.POSITIVE_INFINITY;
    };
    expect(patternSearch([{ a: 1 }], 'a', never, options).cost).toBe(Number.POSITIVE_INFINITY);
    asked = 0;
    const counted = (gains: Record<string, number>) => {
      asked++;
      return bowl(gains);
    };
    patternSearch([{ a: 1, b: 1 }], 'a', counted, { ...options, evaluations: 7 });
    expect(asked).toBe(7);
  });

  it('keeps within bounds, and moves alone what its partner is not free to follow', () => {
    const { best } = patternSearch([{ a: 1 }], 'a', ({ a }) => 1 / a!, {
      ...options,
      directions: [{ b: 1, a: 2 }],
      largest: { a: 5 },
    });
    expect(best).toEqual({ a: 5 });
  });
});
