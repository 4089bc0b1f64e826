/**
 * Spot checks of a user's cost: a right one is never refused, whatever its scale, its condition, its kinks
 * and its precision; a wrong one is found, and its message says where.
 */

import { describe, expect, it } from 'vitest';
import { findFault, sizeOf } from '../../src/cost/custom-checks.js';
import { AgentCosts, ModuleCalls } from '../../src/cost/custom-module.js';

const wave = (i: number): number => Math.sin(1 + 1.7 * i + 0.3 * i * i);
const AGENTS = 3;

interface Cost {
  dim: number;
  m?: number;
  l?: number;
  convex?: boolean;
  value(x: Float64Array, agent: number): number;
  gradient(x: Float64Array, out: Float64Array, agent: number): void;
  /** Beside the start. */
  centre?: Float64Array<ArrayBuffer>;
}

/** What is found near the start, and near the centre, with draws of several seeds. */
function faults({ centre, value, gradient, ...cost }: Cost, seeds = 4): string[] {
  const { dim, m = 0, l = Infinity, convex = true } = cost;
  const module = {
    url: 'file:///mine.mjs',
    file: 'mine.mjs',
    path: [],
    files: [],
    exports: { value, gradient },
  };
  const calls = new ModuleCalls({ dim, agents: AGENTS, parameters: {}, data: null }, module);
  const costs = new AgentCosts(calls, 1);
  const found: string[] = [];
  for (let low = 0; low < seeds; low++) {
    const declared = { dim, agents: AGENTS, samples: null, scale: 1, m, l, convex, seed: { low, high: 0 } };
    const size = sizeOf(costs, declared);
    const regions = [{ name: 'the start', centre: new Float64Array(dim), size }];
    if (centre) {
      const largest = Math.max(...centre.map(Math.abs));
      regions.push({ name: 'the optimum', centre, size: largest > 0 ? 0.01 * largest : size });
    }
    for (const region of regions) {
      const fault = findFault(costs, declared, region);
      if (fault !== null) found.push(fault);
    }
  }
  return found;
}

/** scale/2 sum_c a_c (x_c - b_ic)^2, a from 1 to the condition, b of the size given. */
function quadratic(
  dim: number,
  scale: number,
  size: number,
  condition = 1e6,
): Cost & { l: number; m: number } {
  const a = Float64Array.from({ length: dim }, (_, c) => scale * condition ** (c / Math.max(1, dim - 1)));
  const b = Array.from({ length: AGENTS }, (_, i) =>
    Float64Array.from({ length: dim }, (_, c) => size * wave(c + 31 * i)),
  );
  return {
    dim,
    m: a[0]!,
    l: a[dim - 1]!,
    value: (x, i) => x.reduce((sum, entry, c) => sum + (a[c]! / 2) * (entry - b[i]![c]!) ** 2, 0),
    gradient(x, out, i) {
      for (let c = 0; c < dim; c++) out[c] = a[c]! * (x[c]! - b[i]![c]!);
    },
    centre: b[0]!,
  };
}

/** A loss of margins a_r . x over 100 rows, unit weights. */
function linear(
  dim: number,
  loss: (t: number, y: number) => number,
  slope: (t: number, y: number) => number,
): Cost {
  const rows = Array.from({ length: 100 }, (_, r) =>
    Float64Array.from({ length: dim }, (_, c) => wave(dim * r + c)),
  );
  const margin = (x: Float64Array, r: number) => rows[r]!.reduce((sum, entry, c) => sum + entry * x[c]!, 0);
  const label = (r: number) => wave(7 * r + 3);
  return {
    dim,
    l: 100 * dim,
    value: (x) => rows.reduce((sum, _, r) => sum + loss(margin(x, r), label(r)), 0),
    gradient(x, out) {
      rows.forEach((row, r) => {
        const t = slope(margin(x, r), label(r));
        for (let c = 0; c < dim; c++) out[c]! += t * row[c]!;
      });
    },
  };
}
const logistic = (dim: number) =>
  linear(
    dim,
    (t, y) => Math.log1p(Math.exp(-Math.sign(y) * t)),
    (t, y) => -Math.sign(y) / (1 + Math.exp(Math.sign(y) * t)),
  );
const huber = (dim: number) =>
  linear(
    dim,
    (t, y) => (Math.abs(t - y) < 0.3 ? (t - y) ** 2 / 2 : 0.3 * (Math.abs(t - y) - 0.15)),
    (t, y) => Math.max(-0.3, Math.min(0.3, t - y)),
  );
const absolute = (dim: number): Cost => {
  const { l: _, ...cost } = linear(
    dim,
    (t, y) => Math.abs(t - y),
    (t, y) => Math.sign(t - y),
  );
  return cost;
};
/** The same of a module that works in single precision. */
const single = (cost: Cost): Cost => ({
  ...cost,
  value: (x, i) => Math.fround(cost.value(x.map(Math.fround), i)),
  gradient(x, out, i) {
    const exact = new Float64Array(cost.dim);
    cost.gradient(x.map(Math.fround), exact, i);
    out.set(exact.map(Math.fround));
  },
});
const entrywise = (
  value: (t: number) => number,
  slope: (t: number) => number,
  more: Partial<Cost> = {},
): Cost => ({
  dim: 3,
  value: (x) => x.reduce((sum, entry) => sum + value(entry), 0),
  gradient(x, out) {
    x.forEach((entry, c) => {
      out[c] = slope(entry);
    });
  },
  ...more,
});

describe('a right cost is not refused', () => {
  it.each(
    [1, 3, 64].flatMap((dim) =>
      [1e-12, 1, 1e12].flatMap((scale) => [1e-9, 1, 1e9].map((size) => ({ dim, scale, size }))),
    ),
  )('quadratic of condition 1e6: $dim entries, curvature $scale, minimisers at $size', (one) => {
    expect(faults(quadratic(one.dim, one.scale, one.size), 2)).toEqual([]);
  });

  it('a value far from 0, in whose rounding differences drown', () => {
    const cost = quadratic(5, 1, 1);
    expect(faults({ ...cost, value: (x, i) => 1e12 + cost.value(x, i) })).toEqual([]);
  });

  it.each([
    ['logistic', logistic(5)],
    ['huber, at the joints of its pieces', huber(5)],
    ['least absolute deviations, 100 kinks', absolute(5)],
    ['logistic in single precision', single(logistic(5))],
    ['huber in single precision', single(huber(64))],
    [
      '|x|, whose kink is the start and the minimiser',
      entrywise(Math.abs, Math.sign, { centre: new Float64Array(3) }),
    ],
    [
      'max(x, 0), with either slope at its kink',
      entrywise(
        (t) => Math.max(t, 0),
        (t) => (t > 0 ? 1 : 0),
        { centre: new Float64Array(3) },
      ),
    ],
    [
      '|x|^1.5, not smooth at 0',
      entrywise(
        (t) => Math.abs(t) ** 1.5,
        (t) => 1.5 * Math.sign(t) * Math.sqrt(Math.abs(t)),
      ),
    ],
    [
      'x^4, flat at 0',
      entrywise(
        (t) => t ** 4,
        (t) => 4 * t ** 3,
        { centre: new Float64Array(3) },
      ),
    ],
    [
      'exp(1000 x), which is soon infinite',
      entrywise(
        (t) => Math.exp(1000 * t),
        (t) => 1000 * Math.exp(1000 * t),
      ),
    ],
    [
      '-log(x + 1/2), whose gradient has a formula beyond',
      entrywise(
        (t) => -Math.log(t + 0.5),
        (t) => -1 / (t + 0.5),
      ),
    ],
    [
      'cos(100 x), not convex',
      entrywise(
        (t) => Math.cos(100 * t),
        (t) => -100 * Math.sin(100 * t),
        { convex: false, l: 1e4 },
      ),
    ],
    [
      'nothing',
      entrywise(
        () => 0,
        () => 0,
        { l: 1 },
      ),
    ],
    [
      'x',
      entrywise(
        (t) => t,
        () => 1,
        { l: 1e-3 },
      ),
    ],
  ])('%s', (_, cost) => {
    expect(faults(cost)).toEqual([]);
  });

  it('l and m may be rounded', () => {
    const cost = quadratic(3, 1, 1, 10);
    expect(faults({ ...cost, l: 9.95, m: 1.005 })).toEqual([]);
  });
});

describe('a wrong one is, every time', () => {
  const right = quadratic(64, 1, 1, 100);
  const wrong = (change: (out: Float64Array, x: Float64Array) => void): Cost => ({
    ...right,
    gradient(x, out, i) {
      right.gradient(x, out, i);
      change(out, x);
    },
  });
  it.each([
    [
      'the sign of one entry',
      wrong((out) => {
        out[63]! *= -1;
      }),
      /^gradient made \S+ of entry 63 of out, differences/,
    ],
    [
      'a thousandth of one entry',
      wrong((out) => {
        out[40]! *= 1.001;
      }),
      /^gradient made \S+ of entry 40 of out, diff/,
    ],
    [
      'a factor of all',
      wrong((out) => {
        for (let c = 0; c < 64; c++) out[c]! *= 2;
      }),
      /^gradient made \S+ of entry \d+ of/,
    ],
    [
      'a regulariser that value alone has',
      wrong((out, x) => {
        for (let c = 0; c < 64; c++) out[c]! -= 1e-3 * x[c]!;
      }),
      /^gradient made/,
    ],
    [
      'entries in another order',
      wrong((out) => {
        out.reverse();
      }),
      /^gradient made \S+ of entry \d+ of out/,
    ],
    [
      'of an absolute value',
      { ...absolute(5), value: (x: Float64Array) => 1.05 * absolute(5).value(x, 0) },
      /^gradient made/,
    ],
    [
      'an l without a factor',
      { ...right, l: 60 },
      /^plan returned l 60, but gradients at two points near the \w+ differ by [6-9]\d/,
    ],
    [
      'an m of the mean',
      { ...right, m: 30 },
      /^plan returned m 30, but .* expected at least m \(agent \d, round 0\)$/,
    ],
    [
      'a cost that is not convex',
      entrywise(Math.cos, (t) => -Math.sin(t)),
      /^plan returned no m, which says that every f_i is convex, .* expected 0 or more \(or convex: false\)/,
    ],
  ])('%s', (_, cost, message) => {
    const found = faults(cost, 4);
    expect(found.length).toBeGreaterThanOrEqual(4);
    for (const fault of found) expect(fault).toMatch(message);
  });

  it('of one agent alone, by its number', () => {
    const found = faults({
      ...right,
      gradient(x, out, i) {
        right.gradient(x, out, i);
        if (i === 2) out[1]! += 1;
      },
    });
    for (const fault of found) expect(fault).toMatch(/of entry 1 of out, .* \(agent 2, round 0\)$/);
    expect(found.length).toBeGreaterThan(0);
  });

  it('where x is long, down to the entry', () => {
    const long = quadratic(20_000, 1, 1, 100);
    const [fault] = faults(
      {
        ...long,
        gradient(x, out, i) {
          long.gradient(x, out, i);
          out[12_345]! *= -3;
        },
      },
      1,
    );
    expect(fault).toMatch(/^gradient made \S+ of entry 12345 of out, differences of value give/);
  });
});
