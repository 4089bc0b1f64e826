/**
 * The central solver that knows gradients alone: first by hand, then costs of any condition, then those that
 * have no minimiser.
 */

import { describe, expect, it } from 'vitest';
import { type GradientProblem, minimiseByGradients } from '../../src/cost/lbfgs.js';
import { contextOf, largest, loadSpec, scratchFile } from './support.js';

const wave = (i: number): number => Math.sin(1 + 1.7 * i + 0.3 * i * i);
const problemOf = (
  gradient: (x: Float64Array, out: Float64Array) => void,
  more: Partial<GradientProblem> = {},
): GradientProblem => ({
  dim: 1,
  smoothness: 1,
  strongConvexity: 0,
  budget: 10_000,
  value: () => 0,
  gradient(x, out) {
    gradient(x, out);
    return out.every(Number.isFinite) ? largest(out) : null;
  },
  ...more,
});
const along = (slope: (x: number) => number, more: Partial<GradientProblem> = {}) =>
  problemOf((x, out) => {
    out[0] = slope(x[0]!);
  }, more);

describe('by hand', () => {
  it('(x - 3)^2 / 2 is solved in one step of 1/l', () => {
    const { optimum } = minimiseByGradients(along((x) => x - 3, { strongConvexity: 1 }));
    expect(optimum).toMatchObject({ gradientNorm: 0, iterations: 1, method: 'L-BFGS' });
    expect([...optimum!.x]).toEqual([3]);
  });

  it('begins at the minimiser', () => {
    expect(minimiseByGradients(along((x) => x)).optimum).toMatchObject({ iterations: 0, gradientNorm: 0 });
  });
});

describe('quadratics', () => {
  it.each([
    [1, 1],
    [1, 1e6],
    [5, 1e10],
    [64, 100],
    [64, 1e6],
    [64, 1e10],
    [400, 1e3],
  ])('of %i entries, condition %d', (dim, condition) => {
    const a = Float64Array.from({ length: dim }, (_, c) => condition ** (c / Math.max(1, dim - 1) - 1));
    const b = Float64Array.from({ length: dim }, (_, c) => wave(c));
    const quadratic = (x: Float64Array, out: Float64Array) => {
      for (let c = 0; c < dim; c++) out[c] = a[c]! * (x[c]! - b[c]!);
    };
    const { optimum, reason } = minimiseByGradients(
      problemOf(quadratic, { dim, strongConvexity: 1 / condition }),
    );
    expect(reason).toBeNull();
    expect(largest(optimum!.x.map((entry, c) => entry - b[c]!))).toBeLessThan(1e-10);
  });

  it('that leave directions open: the minimiser of least norm', () => {
    // (x + y - 2)^2 / 2
    const { optimum } = minimiseByGradients(
      problemOf((x, out) => out.fill(x[0]! + x[1]! - 2), { dim: 2, smoothness: 2 }),
    );
    expect(optimum!.x[0]).toBeCloseTo(1, 14);
    expect(optimum!.x[1]).toBeCloseTo(1, 14);
  });
});

it('agrees with Newton on logistic regression', async () => {
  const data = scratchFile(
    'data.libsvm',
    Array.from({ length: 40 }, (_, r) => {
      const entries = [1, 2, 3, 4].map((c) => `${c}:${wave(4 * r + c)}`).join(' ');
      return `${wave(9 * r) > 0 ? 1 : -1} ${entries}\n`;
    }).join(''),
  );
  const model = await loadSpec({ kind: 'logistic', data, regularization: 1e-3 }, contextOf(5));
  const expected = model.optimum()!;
  // Its gradient, by differences that a quadratic would not need: from values, sample by sample.
  const rows = Array.from({ length: 40 }, (_, r) => [1, 2, 3, 4].map((c) => wave(4 * r + c)));
  const signs = rows.map((_, r) => (wave(9 * r) > 0 ? 1 : -1));
  const slope = (x: Float64Array, out: Float64Array) => {
    for (let c = 0; c < 4; c++) out[c] = 1e-3 * x[c]!;
    rows.forEach((row, r) => {
      const margin = signs[r]! * row.reduce((sum, entry, c) => sum + entry * x[c]!, 0);
      row.forEach((entry, c) => {
        out[c]! -= (signs[r]! * entry) / (1 + Math.exp(margin)) / 40;
      });
    });
  };
  const { optimum } = minimiseByGradients(problemOf(slope, { dim: 4, strongConvexity: 1e-3 }));
  expect(largest(optimum!.x.map((entry, c) => entry - expected.x[c]!))).toBeLessThan(1e-11);
});

describe('convex, and not as good-natured', () => {
  it.each([
    ['(x - 1)^4, flat at its minimiser', (x: number) => 4 * (x - 1) ** 3, 1, 1e-4],
    ['log cosh, far away', (x: number) => Math.tanh(x - 50), 50, 1e-12],
    ['huber, a million steps of 1/l away', (x: number) => Math.max(-1, Math.min(1, x - 1e6)), 1e6, 1e-6],
    ['a barrier, not finite beyond it', (x: number) => (x > -1 ? 1e-3 - 1 / (x + 1) : Number.NaN), 999, 1e-6],
  ])('%s', (_, slope, minimiser, error) => {
    const { optimum } = minimiseByGradients(along(slope, { smoothness: 12 }));
    expect(Math.abs(optimum!.x[0]! - minimiser)).toBeLessThan(error);
  });
});

describe('no minimiser, or none that can be certified: why, in numbers', () => {
  it.each([
    [
      'exp(-x)',
      (x: number) => -Math.exp(-x),
      /f falls for ever in some direction: where .* is \S+e-\d+, \|x\|/,
    ],
    ['1/(1 + x)', (x: number) => -1 / (1 + Math.max(0, x)) ** 2, /f falls for ever in some direction/],
    ['sqrt(1 + x^2) - x', (x: number) => x / Math.sqrt(1 + x * x) - 1, /f falls for ever in some direction/],
    ['-x', () => -1, /f falls for ever along a direction/],
    ['not finite at 0', () => Number.NaN, /its gradient is not finite at x = 0/],
    [
      'a kink that a false l hides',
      (x: number) => (x > 0.3 ? 1 : -1),
      /the solver stands still where the largest entry of its gradient is 1\.0e\+0, expected at most 1\.0e-9/,
    ],
  ])('%s', (_, slope, message) => {
    const { optimum, reason } = minimiseByGradients(along(slope));
    expect(optimum).toBeNull();
    expect(reason).toMatch(message);
  });

  it('a budget is one of gradients', () => {
    const dim = 40;
    let asked = 0;
    const { reason } = minimiseByGradients(
      problemOf(
        (x, out) => {
          asked++;
          for (let c = 0; c < dim; c++) out[c] = 1e4 ** (c / dim - 1) * (x[c]! - 1);
        },
        { dim, budget: 30 },
      ),
    );
    expect(asked).toBeLessThanOrEqual(30);
    expect(reason).toMatch(
      /^after \d+ gradients of every agent the largest entry of its gradient is \S+, expected/,
    );
  });
});
