/** Gradients and values of private costs, against their reference implementations and against each other. */

import { describe, expect, it } from 'vitest';
import {
  gradientLinear,
  gradientQuadratic,
  type LinearCost,
  LOSS,
  type Loss,
  type Sample,
} from '../../kernels/reference/gradients.js';
import { valueLinear, valueQuadratic } from '../../kernels/reference/values.js';
import {
  Bench,
  expectClose,
  expectSame,
  expectSameBits,
  expectZeroPadding,
  normals,
  padded,
  randomBlocks,
  seededRandom,
} from './harness.js';

const SIZES = [1, 2, 3, 8, 13, 16, 34, 64, 123];
const AGENTS = 7;

describe('quadratic', () => {
  it('by hand: a = 2, b = 3, x = 5', () => {
    const bench = new Bench(65536);
    const [x, a, b] = [5, 2, 3].map((value) => bench.rows([Float64Array.of(value)], 1));
    const out = bench.rows(1, 1);
    bench.kernels.gradientQuadratic(1, 64, 8, x.at, a.at, b.at, out.at);
    expect(out.row(0)[0]).toBe(4);
    const value = bench.f64(1);
    bench.kernels.valueQuadratic(0, 1, 64, 1, x.at, a.at, b.at, value.at);
    expect(value.data[0]).toBe(4);
  });

  it('gradient and value are their reference implementations at every size', () => {
    const random = seededRandom(30);
    for (const n of SIZES) {
      const bench = new Bench(1 << 18);
      const [xs, as, bs] = [0, 1, 2].map(() => Array.from({ length: AGENTS }, () => normals(n, random)));
      const [x, a, b] = [xs, as, bs].map((rows) => bench.rows(rows, n));
      const out = bench.rows(AGENTS, n, Number.NaN);
      bench.kernels.gradientQuadratic(AGENTS, x.stride, padded(n), x.at, a.at, b.at, out.at);
      const values = bench.f64(AGENTS);
      for (const [first, count] of randomBlocks(AGENTS, random)) {
        bench.kernels.valueQuadratic(first, count, x.stride, n, x.at, a.at, b.at, values.at);
      }
      for (let i = 0; i < AGENTS; i++) {
        expectSame(out.row(i), gradientQuadratic(xs[i], as[i], bs[i]), `gradient, n = ${n}`);
        expectSame([values.data[i]], [valueQuadratic(xs[0], as[i], bs[i])], `value, n = ${n}`);
      }
      expectZeroPadding(out, `n = ${n}`);
      bench.checkGuards();
    }
  });
});

interface Problem {
  costs: LinearCost[];
  points: Float64Array[];
}

/** Agent i holds 2 i mod 7 samples: none, one, an odd and an even number. */
function problem(loss: Loss, sparse: boolean, n: number, spread: number, random: () => number): Problem {
  const sample = (): Sample => {
    const values = normals(n, random);
    const label = loss.endsWith('logistic') ? (random() < 0.5 ? -1 : 1) : random();
    if (!sparse) return { values, label };
    const columns = Array.from({ length: n }, (_, c) => c).filter(() => random() < 0.4);
    return { columns, values: columns.map((c) => values[c]), label };
  };
  const costs = Array.from({ length: AGENTS }, (_, i) => ({
    loss,
    parameter: 0.6,
    samples: Array.from({ length: (2 * i) % 7 }, sample),
    scale: 0.7,
    regularization: 0.01,
  }));
  return { costs, points: costs.map(() => normals(n, random).map((entry) => entry * spread)) };
}

/** Lengths to the places where each begins, and one past the last. */
function startsOf(lengths: number[]): number[] {
  const starts = [0];
  for (const length of lengths) starts.push(starts[starts.length - 1] + length);
  return starts;
}

/** Every kernel call over the problem, in one block or in the blocks given. */
function run({ costs, points }: Problem, sparse: boolean, n: number, blocks: [number, number][]) {
  const bench = new Bench(1 << 19);
  const { kernels } = bench;
  const all = costs.flatMap(({ samples }) => samples);
  const samples = bench.u32(startsOf(costs.map((cost) => cost.samples.length)));
  const labels = bench.doubles(all.map(({ label }) => label));
  const rowStart = bench.u32(startsOf(all.map(({ values }) => values.length)));
  const columns = bench.u32(all.flatMap((sample) => Array.from(sample.columns ?? [])));
  const values = bench.doubles(all.flatMap((sample) => Array.from(sample.values)));
  const rows = sparse
    ? null
    : bench.rows(
        all.map((sample) => Float64Array.from(sample.values)),
        n,
      );
  const x = bench.rows(points, n);
  const out = bench.rows(AGENTS, n, Number.NaN);
  const scratch = bench.reserve(8 * 8);
  const value = bench.f64(AGENTS);
  const { loss, scale, regularization, parameter = Number.NaN } = costs[0];
  const kind = LOSS[loss];
  for (const [first, count] of blocks) {
    const xAt = x.at + first * x.stride;
    const outAt = out.at + first * out.stride;
    if (rows) {
      kernels.gradientLinearDense(
        kind,
        parameter,
        first,
        count,
        xAt,
        x.stride,
        samples,
        rows.at,
        rows.stride,
        labels,
        outAt,
        out.stride,
        n,
        scale,
        regularization,
        scratch,
        0,
        0,
      );
      kernels.valueLinearDense(
        kind,
        parameter,
        first,
        count,
        x.at,
        samples,
        rows.at,
        rows.stride,
        labels,
        value.at,
        n,
        scale,
        regularization,
      );
    } else {
      kernels.gradientLinearSparse(
        kind,
        parameter,
        first,
        count,
        xAt,
        x.stride,
        samples,
        rowStart,
        columns,
        values,
        labels,
        outAt,
        out.stride,
        n,
        scale,
        regularization,
        scratch,
        0,
        0,
      );
      kernels.valueLinearSparse(
        kind,
        parameter,
        first,
        count,
        x.at,
        samples,
        rowStart,
        columns,
        values,
        labels,
        value.at,
        n,
        scale,
        regularization,
      );
    }
  }
  expectZeroPadding(out, 'gradient');
  bench.checkGuards();
  return { out, value: value.data };
}

describe.each([
  ['squares', true],
  ['squares', false],
  ['logistic', true],
  ['logistic', false],
  ['huber', true],
  ['huber', false],
  ['nonconvex-logistic', true],
  ['nonconvex-logistic', false],
] as const)('linear model: %s, sparse rows: %s', (loss, sparse) => {
  const whole: [number, number][] = [[0, AGENTS]];

  it('gradient and value are their reference implementations at every size', () => {
    const random = seededRandom(31);
    for (const n of SIZES) {
      const p = problem(loss, sparse, n, 1, random);
      const { out, value } = run(p, sparse, n, whole);
      for (const [i, cost] of p.costs.entries()) {
        expectClose(out.row(i), gradientLinear(p.points[i], cost), 1e-14, `gradient, n = ${n}, agent ${i}`);
        expectClose([value[i]], [valueLinear(p.points[0], cost)], 1e-14, `value, n = ${n}, agent ${i}`);
      }
    }
  });

  it('an agent`s bits do not depend on how agents are cut into blocks', () => {
    const random = seededRandom(32);
    for (const n of [5, 34]) {
      const p = problem(loss, sparse, n, 1, random);
      const once = run(p, sparse, n, whole);
      const cut = run(p, sparse, n, randomBlocks(AGENTS, random));
      expectSameBits(cut.out.data, once.out.data, 'cut into blocks');
      expect([...cut.value]).toEqual([...once.value]);
    }
  });

  it('margins of thousands neither overflow nor turn into NaN', () => {
    const p = problem(loss, sparse, 8, 1e4, seededRandom(33));
    const { out, value } = run(p, sparse, 8, whole);
    for (const [i, cost] of p.costs.entries()) {
      expectClose(out.row(i), gradientLinear(p.points[i], cost), 1e-13, `gradient, agent ${i}`);
      expectClose([value[i]], [valueLinear(p.points[0], cost)], 1e-13, `value, agent ${i}`);
    }
  });
});

describe('logistic loss at its ends', () => {
  const single = (label: number, x: number) => {
    const cost: LinearCost = {
      loss: 'logistic',
      samples: [{ columns: [0], values: [1], label }],
      scale: 1,
      regularization: 0,
    };
    const costs = Array.from({ length: AGENTS }, () => cost);
    const points = costs.map(() => Float64Array.of(x));
    const { out, value } = run({ costs, points }, true, 1, [[0, AGENTS]]);
    return { gradient: out.row(0)[0], value: value[0] };
  };

  it('a margin of -1e4 costs 1e4 and pulls with 1', () => {
    expect(single(1, -1e4)).toEqual({ gradient: -1, value: 1e4 });
    expect(single(-1, 1e4)).toEqual({ gradient: 1, value: 1e4 });
  });

  it('a margin of 1e4 costs nothing; of 0, log 2 and half', () => {
    expect(single(-1, -1e4)).toEqual({ gradient: 0, value: 0 });
    expect(single(1, 0)).toEqual({ gradient: -0.5, value: Math.LN2 });
  });
});
