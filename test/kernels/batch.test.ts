/**
 * Mini-batches: the draw against its reference implementation, every set as likely as any other, and
 * gradients of picked samples.
 */

import { describe, expect, it } from 'vitest';
import { drawBatch } from '../../kernels/reference/batches.js';
import { gradientLinear, LOSS, type Sample } from '../../kernels/reference/gradients.js';
import { gradientSoftmax } from '../../kernels/reference/softmax.js';
import { Bench, expectClose, expectZeroPadding, normals, seededRandom } from './harness.js';

const KEY = [7, 9] as const;

/**
 * One memory for agents of these many samples; draws are copies, with numbers from the agent's first sample.
 */
function drawer(counts: number[], size: number) {
  const bench = new Bench(1 << 18);
  const starts = [0];
  for (const count of counts) starts.push(starts[starts.length - 1] + count);
  const samples = bench.u32(starts);
  const picks = bench.reserve(4 * size);
  const marks = bench.bytes(Math.ceil(Math.max(...counts) / 8), 0);
  const { kernels, memory } = bench;
  return (agent: number, draw: number): number[] | null => {
    const some = kernels.drawBatch(agent, samples, size, picks, marks.at, draw, ...KEY) === 1;
    expect(marks.data.every((byte) => byte === 0)).toBe(true);
    bench.checkGuards();
    return some ? Array.from(new Uint32Array(memory.buffer, picks, size), (p) => p - starts[agent]) : null;
  };
}

describe('the draw', () => {
  it('is its reference implementation, whatever the sizes', () => {
    const counts = [1, 2, 7, 8, 9, 64, 1000];
    for (const size of [1, 2, 7, 8, 63, 600]) {
      const draw = drawer(counts, size);
      for (const [agent, count] of counts.entries()) {
        for (const round of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
          const picks = draw(agent, round);
          if (count <= size) expect(picks).toBeNull();
          else {
            expect(picks).toEqual(drawBatch(count, size, agent, round, KEY));
            expect(new Set(picks).size).toBe(size);
            expect(Math.max(...picks!)).toBeLessThan(count);
          }
        }
      }
    }
  });

  it('takes each of the 10 pairs of 5 samples equally often, within what chance allows', () => {
    const draw = drawer([5, 5], 2);
    const times = new Map<string, number>();
    const draws = 4000;
    for (let round = 0; round < draws; round++) {
      const set = String(draw(1, round)!.toSorted());
      times.set(set, (times.get(set) ?? 0) + 1);
    }
    expect(times.size).toBe(10);
    // Chi-square with 9 degrees of freedom: 27.9 is exceeded by one fair draw in a thousand, and this one is
    // seeded.
    const expected = draws / 10;
    const square = [...times.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(square).toBeLessThan(27.9);
  });

  it('differs between agents and between draws', () => {
    const draw = drawer([1000, 1000], 20);
    expect(draw(0, 3)).not.toEqual(draw(1, 3));
    expect(draw(0, 3)).not.toEqual(draw(0, 4));
  });
});

describe('gradients of picked samples', () => {
  const FEATURES = 11;
  const CLASSES = 3;
  const random = seededRandom(77);
  const all: Sample[] = Array.from({ length: 9 }, (_, r) => ({
    values: normals(FEATURES, random),
    label: r % 2 ? 1 : -1,
  }));
  // Agent 1 holds samples 2..8; five of them, an odd number, in no order.
  const held = 7;
  const chosen = [8, 2, 6, 3, 5];
  const scale = 0.3;
  const regularization = 0.05;
  const expectedScale = (scale * held) / chosen.length;

  function setUp() {
    const bench = new Bench(1 << 18);
    const samples = bench.u32([0, 2, 9]);
    const picks = bench.u32(chosen);
    const rows = bench.rows(
      all.map(({ values }) => Float64Array.from(values)),
      FEATURES,
    );
    const rowStart = bench.u32(Array.from({ length: all.length + 1 }, (_, r) => r * FEATURES));
    const columns = bench.u32(Array.from({ length: all.length * FEATURES }, (_, e) => e % FEATURES));
    const values = bench.doubles(all.flatMap((sample) => Array.from(sample.values)));
    return { bench, kernels: bench.kernels, samples, picks, rows, rowStart, columns, values };
  }

  it.each(['dense', 'sparse'])('linear, %s', (storage) => {
    const { bench, kernels, samples, picks, rows, rowStart, columns, values } = setUp();
    const labels = bench.doubles(all.map(({ label }) => label));
    const x = bench.rows([normals(FEATURES, random)], FEATURES);
    const out = bench.rows(1, FEATURES, Number.NaN);
    const scratch = bench.reserve(8 * 6);
    const head = [LOSS.logistic, 0, 1, 1, x.at, x.stride, samples] as const;
    const tail = [labels, out.at, out.stride, FEATURES, scale, regularization, scratch, picks, 5] as const;
    if (storage === 'dense') kernels.gradientLinearDense(...head, rows.at, rows.stride, ...tail);
    else kernels.gradientLinearSparse(...head, rowStart, columns, values, ...tail);
    const cost = { loss: 'logistic' as const, scale: expectedScale, regularization };
    const expected = gradientLinear(x.row(0), { ...cost, samples: chosen.map((r) => all[r]) });
    expectClose(out.row(0), expected, 1e-14, 'gradient');
    expectZeroPadding(out, 'gradient');
    bench.checkGuards();
  });

  it.each(['dense', 'sparse'])('softmax, %s', (storage) => {
    const { bench, kernels, samples, picks, rows, rowStart, columns, values } = setUp();
    const classOf = (r: number) => (r * 2) % CLASSES;
    const labels = bench.u32(all.map((_, r) => classOf(r)));
    const dim = CLASSES * FEATURES;
    const x = bench.rows([normals(dim, random)], dim);
    const out = bench.rows(1, dim, Number.NaN);
    const scratch = bench.reserve(8 * 4);
    const head = [CLASSES, FEATURES, 1, 1, x.at, x.stride, samples] as const;
    const tail = [labels, out.at, out.stride, scale, regularization, scratch, picks, 5] as const;
    if (storage === 'dense') kernels.gradientSoftmaxDense(...head, rows.at, rows.stride, ...tail);
    else kernels.gradientSoftmaxSparse(...head, rowStart, columns, values, ...tail);
    const cost = { classes: CLASSES, features: FEATURES, scale: expectedScale, regularization };
    const picked = chosen.map((r) => ({ ...all[r], label: classOf(r) }));
    expectClose(out.row(0), gradientSoftmax(x.row(0), { ...cost, samples: picked }), 1e-14, 'gradient');
    expectZeroPadding(out, 'gradient');
    bench.checkGuards();
  });
});
