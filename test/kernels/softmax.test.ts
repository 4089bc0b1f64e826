/**
 * Softmax against its reference implementation: odd and even numbers of classes and features, rows dense and
 * sparse, margins of thousands.
 */

import { describe, expect, it } from 'vitest';
import type { Sample } from '../../kernels/reference/gradients.js';
import { gradientSoftmax, type SoftmaxCost, valueSoftmax } from '../../kernels/reference/softmax.js';
import {
  Bench,
  expectClose,
  expectSameBits,
  expectZeroPadding,
  normals,
  randomBlocks,
  seededRandom,
} from './harness.js';

const AGENTS = 5;
const SHAPES = [
  [2, 1],
  [2, 8],
  [3, 3],
  [3, 7],
  [4, 5],
  [5, 13],
  [10, 16],
] as const;

function problem(classes: number, features: number, sparse: boolean, spread: number, random: () => number) {
  const sample = (): Sample => {
    const values = normals(features, random);
    const label = Math.floor(random() * classes);
    if (!sparse) return { values, label };
    const columns = Array.from({ length: features }, (_, c) => c).filter(() => random() < 0.5);
    return { columns, values: columns.map((c) => values[c]), label };
  };
  const costs: SoftmaxCost[] = Array.from({ length: AGENTS }, (_, i) => ({
    classes,
    features,
    samples: Array.from({ length: (2 * i) % 5 }, sample),
    scale: 0.7,
    regularization: 0.01,
  }));
  return { costs, points: costs.map(() => normals(classes * features, random).map((e) => e * spread)) };
}

function startsOf(lengths: number[]): number[] {
  const starts = [0];
  for (const length of lengths) starts.push(starts[starts.length - 1] + length);
  return starts;
}

function run({ costs, points }: ReturnType<typeof problem>, sparse: boolean, blocks: [number, number][]) {
  const bench = new Bench(1 << 19);
  const { kernels } = bench;
  const { classes, features, scale, regularization } = costs[0];
  const all = costs.flatMap((cost) => cost.samples);
  const samples = bench.u32(startsOf(costs.map((cost) => cost.samples.length)));
  const labels = bench.u32(all.map(({ label }) => label));
  const rowStart = bench.u32(startsOf(all.map(({ values }) => values.length)));
  const columns = bench.u32(all.flatMap((sample) => Array.from(sample.columns ?? [])));
  const values = bench.doubles(all.flatMap((sample) => Array.from(sample.values)));
  const rows = sparse
    ? null
    : bench.rows(
        all.map((sample) => Float64Array.from(sample.values)),
        features,
      );
  const dim = classes * features;
  const x = bench.rows(points, dim);
  const out = bench.rows(AGENTS, dim, Number.NaN);
  const scratch = bench.reserve(8 * 2 * Math.ceil(classes / 2));
  const value = bench.f64(AGENTS);
  for (const [first, count] of blocks) {
    const from = [classes, features, first, count, x.at + first * x.stride, x.stride, samples] as const;
    const to = [
      labels,
      out.at + first * out.stride,
      out.stride,
      scale,
      regularization,
      scratch,
      0,
      0,
    ] as const;
    const at = [classes, features, first, count, x.at, samples] as const;
    const sum = [labels, value.at, scale, regularization, scratch] as const;
    if (rows) {
      kernels.gradientSoftmaxDense(...from, rows.at, rows.stride, ...to);
      kernels.valueSoftmaxDense(...at, rows.at, rows.stride, ...sum);
    } else {
      kernels.gradientSoftmaxSparse(...from, rowStart, columns, values, ...to);
      kernels.valueSoftmaxSparse(...at, rowStart, columns, values, ...sum);
    }
  }
  expectZeroPadding(out, 'gradient');
  bench.checkGuards();
  return { out, value: value.data };
}

/** Whatever the shape, an agent with one sample a = (1), label 0, in the middle of nothing. */
function single(x: number[]) {
  const cost = {
    classes: x.length,
    features: 1,
    samples: [{ values: [1], label: 0 }],
    scale: 1,
    regularization: 0,
  };
  const costs = Array.from({ length: AGENTS }, () => cost);
  const { out, value } = run({ costs, points: costs.map(() => Float64Array.from(x)) }, false, [[0, AGENTS]]);
  return { gradient: Array.from(out.row(0)), value: value[0] };
}

describe('by hand', () => {
  it('three classes alike: log 3, a third each', () => {
    const { gradient, value } = single([5, 5, 5]);
    expectClose([value], [Math.log(3)], 1e-15, 'value');
    expectClose(gradient, [-2 / 3, 1 / 3, 1 / 3], 1e-15, 'gradient');
  });

  it('a margin of -1e4 costs 1e4 and pulls with 1; what a certain class has left keeps its digits', () => {
    expect(single([-1e4, 0])).toEqual({ gradient: [-1, 1], value: 1e4 });
    const { gradient, value } = single([50, 0]);
    expectClose(
      [value, gradient[0], gradient[1]],
      [Math.exp(-50), -Math.exp(-50), Math.exp(-50)],
      1e-30,
      '50',
    );
    expect(value / Math.exp(-50)).toBeCloseTo(1, 12);
    expect(gradient[0]).toBe(-gradient[1]);
  });
});

describe.each([true, false])('softmax, sparse rows: %s', (sparse) => {
  it.each(SHAPES)(
    'gradient and value are their reference implementations: %d classes, %d features',
    (classes, features) => {
      const random = seededRandom(40 + classes * features);
      for (const spread of [1, 1e3]) {
        const p = problem(classes, features, sparse, spread, random);
        const { out, value } = run(p, sparse, [[0, AGENTS]]);
        for (const [i, cost] of p.costs.entries()) {
          expectClose(
            out.row(i),
            gradientSoftmax(p.points[i], cost),
            1e-13,
            `gradient of agent ${i}, ${spread}`,
          );
          expectClose([value[i]], [valueSoftmax(p.points[0], cost)], 1e-13, `value of agent ${i}, ${spread}`);
        }
      }
    },
  );

  it('an agent`s bits do not depend on how agents are cut into blocks', () => {
    const random = seededRandom(41);
    const p = problem(3, 7, sparse, 1, random);
    const once = run(p, sparse, [[0, AGENTS]]);
    const cut = run(p, sparse, randomBlocks(AGENTS, random));
    expectSameBits(cut.out.data, once.out.data, 'cut into blocks');
    expect([...cut.value]).toEqual([...once.value]);
  });
});
