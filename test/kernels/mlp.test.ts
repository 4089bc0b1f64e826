/**
 * Perceptrons against their reference implementation, and the reference implementation against differences of
 * its values. Kernels work in float32: they agree to about a millionth.
 */

import { describe, expect, it } from 'vitest';
import { classOf, gradientMlp, type MlpCost, valueMlp } from '../../kernels/reference/mlp.js';
import { entriesBefore, layerTable } from '../../src/cost/mlp-host.js';
import { Bench, expectSameBits, expectZeroPadding, normals, randomBlocks, seededRandom } from './harness.js';

const AGENTS = 4;
/** More than a chunk of 64, none, a chunk and a few, one. */
const HELD = [130, 0, 67, 1];
const SHAPES = [
  [1, 1, 2],
  [3, 4, 2],
  [5, 7, 3],
  [13, 8, 16, 5],
  [9, 3, 2, 17, 11],
];

function problem(widths: number[], bytes: boolean, random: () => number) {
  const classes = widths[widths.length - 1];
  const costs: MlpCost[] = HELD.map((count) => ({
    widths,
    samples: Array.from({ length: count }, () => ({
      // Float32 values, so that the reference implementation and the kernel see the same samples.
      values: bytes
        ? Array.from({ length: widths[0] }, () => Math.fround(Math.floor(random() * 256) / 255))
        : Array.from(normals(widths[0], random), Math.fround),
      label: Math.floor(random() * classes),
    })),
    scale: 0.02,
    regularization: 0.01,
  }));
  const dim = entriesBefore(widths, widths.length - 1);
  return { costs, dim, points: costs.map(() => normals(dim, random)) };
}

interface Options {
  blocks?: [number, number][];
  /** Numbers of samples, for the one agent of the block. */
  picks?: number[];
}

function run({ costs, dim, points }: ReturnType<typeof problem>, bytes: boolean, options: Options = {}) {
  const { blocks = [[0, AGENTS]], picks } = options;
  const bench = new Bench(1 << 21);
  const { kernels, memory } = bench;
  const { widths, scale, regularization } = costs[0];
  const { words, scratchBytes } = layerTable(widths);
  const depth = widths.length - 1;
  const layers = bench.u32(words);
  const all = costs.flatMap((cost) => cost.samples);
  const starts = [0];
  for (const { samples } of costs) starts.push(starts[starts.length - 1] + samples.length);
  const samples = bench.u32(starts);
  const labels = bench.u32(all.map(({ label }) => label));
  const stride = widths[0] * (bytes ? 1 : 4);
  const rows = bench.reserve(all.length * stride);
  const flat = all.flatMap(({ values }) => Array.from(values));
  if (bytes) new Uint8Array(memory.buffer, rows, flat.length).set(flat.map((v) => Math.round(v * 255)));
  else new Float32Array(memory.buffer, rows, flat.length).set(flat);
  const divisor = bytes ? 255 : 0;
  const x = bench.rows(points, dim);
  const out = bench.rows(AGENTS, dim, Number.NaN);
  const value = bench.f64(AGENTS);
  const scratch = bench.reserve(scratchBytes);
  // Whatever scratch holds must not matter.
  new Float32Array(memory.buffer, scratch, scratchBytes / 4).fill(Number.NaN);
  const spare = bench.reserve(8 * Math.max(16, widths[depth] + 1));
  const picked = picks ? bench.u32(picks) : 0;
  for (const [first, count] of blocks) {
    kernels.gradientMlp(
      layers,
      depth,
      first,
      count,
      x.at + first * x.stride,
      x.stride,
      samples,
      rows,
      stride,
      divisor,
      labels,
      out.at + first * out.stride,
      out.stride,
      dim,
      scale,
      regularization,
      scratch,
      spare,
      picked,
      picks?.length ?? 0,
    );
    kernels.valueMlp(
      layers,
      depth,
      first,
      count,
      x.at,
      samples,
      rows,
      stride,
      divisor,
      labels,
      value.at,
      dim,
      scale,
      regularization,
      scratch,
      spare,
    );
  }
  const correct = (from: number, to: number): number =>
    kernels.correctMlp(layers, depth, from, to, x.at, rows, stride, divisor, labels, scratch, spare);
  bench.checkGuards();
  return { out, value: value.data, correct };
}

const norm = (v: Float64Array): number => Math.hypot(...v);
const distance = (a: Float64Array, b: Float64Array): number => norm(a.map((entry, c) => entry - b[c]));

it('the reference implementation`s gradient is the slope of its value', () => {
  const p = problem([3, 4, 5, 2], false, seededRandom(1));
  for (const [i, cost] of p.costs.entries()) {
    const x = p.points[i];
    const gradient = gradientMlp(x, cost);
    for (let c = 0; c < p.dim; c++) {
      const moved = (h: number) => valueMlp(x.with(c, x[c] + h), cost);
      // Far enough from the corners of ReLU for most of 130 samples; the few that turn one change little.
      expect(Math.abs((moved(1e-6) - moved(-1e-6)) / 2e-6 - gradient[c])).toBeLessThan(1e-5);
    }
  }
});

it('by hand: one sample, one unit', () => {
  // z_1 = 2 * 3 + 1 = 7, a_1 = 7, z_2 = (7, -7) + (0, 0.5): the second class has p = e^-13.5 / (1 + e^-13.5).
  const cost: MlpCost = {
    widths: [1, 1, 2],
    samples: [{ values: [3], label: 1 }],
    scale: 1,
    regularization: 0,
  };
  const point = Float64Array.of(2, 1, 1, -1, 0, 0.5);
  const costs = HELD.map(() => cost);
  const { out, value } = run({ costs, dim: 6, points: costs.map(() => point) }, false);
  const p = 1 / (1 + Math.exp(-13.5));
  expect(value[0]).toBeCloseTo(13.5 + Math.log1p(Math.exp(-13.5)), 6);
  const expected = [3 * 2 * p, 2 * p, 7 * p, -7 * p, p, -p];
  expected.forEach((entry, c) => {
    expect(out.row(0)[c]).toBeCloseTo(entry, 5);
  });
});

describe.each([false, true])('rows of bytes: %s', (bytes) => {
  it.each(SHAPES)(
    'gradient, value and count are their reference implementations: %d-%d-%d-...',
    (...widths) => {
      const p = problem(widths, bytes, seededRandom(60 + widths.length));
      const { out, value, correct } = run(p, bytes);
      for (const [i, cost] of p.costs.entries()) {
        const expected = gradientMlp(p.points[i], cost);
        expect(distance(out.row(i), expected)).toBeLessThan(2e-6 * norm(expected));
        const expectedValue = valueMlp(p.points[0], cost);
        expect(Math.abs(value[i] - expectedValue)).toBeLessThan(2e-6 * expectedValue);
      }
      expectZeroPadding(out, 'gradient');
      const right = p.costs
        .flatMap((cost) => cost.samples)
        .map(({ values, label }) => classOf(widths, p.points[0], values) === label);
      for (const [from, to] of [
        [0, right.length],
        [3, 70],
        [5, 5],
      ]) {
        expect(correct(from, to)).toBe(right.slice(from, to).filter(Boolean).length);
      }
    },
  );

  it('picked samples stand for all', () => {
    const p = problem([5, 7, 3], bytes, seededRandom(63));
    // Samples 130 .. 196 are agent 2's.
    const picks = [190, 131, 150, 196, 133];
    const { out } = run(p, bytes, { picks, blocks: [[2, 1]] });
    const all = p.costs.flatMap((cost) => cost.samples);
    const cost = { ...p.costs[2], samples: picks.map((r) => all[r]), scale: (0.02 * HELD[2]) / picks.length };
    const expected = gradientMlp(p.points[2], cost);
    expect(distance(out.row(2), expected)).toBeLessThan(2e-6 * norm(expected));
  });

  it('an agent`s bits do not depend on how agents are cut into blocks, nor a sample`s class on its chunk', () => {
    const random = seededRandom(64);
    const p = problem([13, 8, 16, 5], bytes, random);
    const once = run(p, bytes);
    const cut = run(p, bytes, { blocks: randomBlocks(AGENTS, random) });
    expectSameBits(cut.out.data, once.out.data, 'cut into blocks');
    expect([...cut.value]).toEqual([...once.value]);
    const total = HELD.reduce((a, b) => a + b);
    expect(once.correct(0, 41) + once.correct(41, 107) + once.correct(107, total)).toBe(
      once.correct(0, total),
    );
  });
});
