/**
 * Counting packed signs without unpacking them, the server's dither, its steps, and rotations without
 * padding, each against its reference implementation.
 */

import { describe, expect, it } from 'vitest';
import { philoxUniform } from '../../kernels/reference/philox.js';
import * as reference from '../../kernels/reference/server.js';
import { flattenSigns, rotateParts, unrotateParts } from '../../kernels/reference/wht.js';
import { COUNT_SCRATCH_BYTES, DITHER_SCRATCH } from '../../kernels/sizes.js';
import {
  Bench,
  expectClose,
  expectSame,
  expectZeroPadding,
  normals,
  padded,
  seededRandom,
} from './harness.js';

const words = (n: number) => Math.ceil(n / 64) * 8;

/** Messages of random signs, packed as they lie in an outbox: eight bytes, then the bits. */
function messagesOf(bench: Bench, agents: number, n: number, random: () => number) {
  const messages = Array.from({ length: agents }, () =>
    Float64Array.from({ length: n }, () => random() - 0.4),
  );
  const stride = 8 + words(n);
  const slots = bench.bytes(agents * stride + 16, 0);
  for (const [m, message] of messages.entries()) {
    for (let c = 0; c < n; c++) if (message[c] < 0) slots.data[m * stride + 8 + (c >> 3)] |= 1 << (c & 7);
  }
  return { messages, at: slots.at + 8, stride };
}

describe('counting signs', () => {
  it('by hand: three agents, of whom 0, 1, 2, 3 say minus', () => {
    const bench = new Bench(65536);
    const slots = bench.bytes(3 * 16 + 16, 0);
    slots.data[8] = 0b1110;
    slots.data[24] = 0b1100;
    slots.data[40] = 0b1000;
    const counts = bench.f64(8);
    bench.kernels.countSigns(slots.at + 8, 16, 3, 0, 4, counts.at, bench.bytes(COUNT_SCRATCH_BYTES).at);
    expect([...counts.data.subarray(0, 4)]).toEqual([0, 1, 2, 3]);
    bench.kernels.meanSigns(counts.at, 0, 4, 3, 2, counts.at);
    expectClose(counts.data.subarray(0, 4), [2, 2 / 3, -2 / 3, -2], 1e-15, 'means');
  });

  it('any number of agents, any range', () => {
    const random = seededRandom(11);
    for (const agents of [1, 2, 7, 15, 16, 17, 31, 32, 33, 100, 255, 256, 257, 1000]) {
      for (const n of [1, 8, 63, 64, 200, 1000]) {
        if (agents * n > 260_000) continue;
        const bench = new Bench(1 << 20);
        const { messages, at, stride } = messagesOf(bench, agents, n, random);
        const expected = reference.countSigns(messages);
        const scratch = bench.bytes(COUNT_SCRATCH_BYTES).at;
        const counts = bench.f64(padded(n));
        const cut = Math.floor((random() * n) / 64) * 64;
        bench.kernels.countSigns(at, stride, agents, 0, cut, counts.at, scratch);
        bench.kernels.countSigns(at, stride, agents, cut, n - cut, counts.at, scratch);
        expectSame(counts.data.subarray(0, n), expected, `${agents} agents, n = ${n}`);
        bench.kernels.meanSigns(counts.at, 0, n, agents, 0.3, counts.at);
        expectSame(counts.data.subarray(0, n), reference.meanSigns(expected, agents, 0.3), 'means');
        bench.checkGuards();
      }
    }
  });

  it('long messages, more than one chunk of them', () => {
    const bench = new Bench(1 << 21);
    const n = 20_000;
    const { messages, at, stride } = messagesOf(bench, 37, n, seededRandom(5));
    const counts = bench.f64(n);
    bench.kernels.countSigns(at, stride, 37, 0, n, counts.at, bench.bytes(COUNT_SCRATCH_BYTES).at);
    expectSame(counts.data, reference.countSigns(messages), 'counts');
    bench.checkGuards();
  });

  it('more agents than 16 bits count', () => {
    const agents = 131_100;
    const bench = new Bench(agents * 8 + (1 << 16));
    const slots = bench.bytes(agents * 8 + 16, 0);
    for (let m = 0; m < agents; m++) slots.data[m * 8] = m % 3 === 0 ? 0b11 : 0b01;
    const counts = bench.f64(8);
    bench.kernels.countSigns(slots.at, 8, agents, 0, 8, counts.at, bench.bytes(COUNT_SCRATCH_BYTES).at);
    expect([...counts.data]).toEqual([agents, agents / 3, 0, 0, 0, 0, 0, 0]);
  });
});

describe('signs of a range', () => {
  it('with dither and without, whatever the cut', () => {
    const random = seededRandom(2);
    for (const n of [1, 15, 16, 100, 255, 256, 257, 1000]) {
      const bench = new Bench(1 << 18);
      const row = bench.rows([normals(n, random)], n);
      const scratch = bench.f64(DITHER_SCRATCH).at;
      const tau = philoxUniform(n, 0xffffffff, 9, 3, [1, 2]);
      const plain = bench.bytes(words(n), 0);
      const dithered = bench.bytes(words(n), 0);
      const cut = Math.floor((random() * n) / 16) * 16;
      for (const [first, count] of [
        [0, cut],
        [cut, n - cut],
      ]) {
        bench.kernels.packSignRange(row.at, plain.at, first, count);
        bench.kernels.ditherSignRange(
          row.at,
          dithered.at,
          first,
          count,
          1.5,
          0xffffffff,
          9,
          3,
          1,
          2,
          scratch,
        );
      }
      const bits = ({ data }: { data: Uint8Array }) =>
        Array.from({ length: words(n) * 8 }, (_, c) => (data[c >> 3] >> (c & 7)) & 1);
      const expected = (value: (c: number) => number) =>
        Array.from({ length: words(n) * 8 }, (_, c) => (c < n && value(c) < 0 ? 1 : 0));
      expect(bits(plain)).toEqual(expected((c) => row.row(0)[c]));
      expect(bits(dithered)).toEqual(expected((c) => row.row(0)[c] + 1.5 * tau[c]));
      bench.checkGuards();
    }
  });
});

describe("the server's steps", () => {
  const n = 13;
  const random = seededRandom(8);

  it('SGD: x - gamma d', () => {
    const bench = new Bench(65536);
    const x = bench.rows([normals(n, random)], n);
    const d = bench.rows([normals(n, random)], n);
    const expected = x.row(0).map((entry, c) => entry - 0.3 * d.row(0)[c]);
    bench.kernels.serverSgd(x.at, d.at, n, 0.3);
    expectSame(x.row(0), expected, 'x');
    bench.checkGuards();
  });

  it.each([false, true])('momentum, nesterov: %s', (nesterov) => {
    const bench = new Bench(65536);
    const velocity = bench.rows(1, n);
    const expected = new Float64Array(n);
    for (let step = 1; step < 4; step++) {
      const d = bench.rows([normals(n, random)], n);
      const direction = reference.momentum(d.row(0), expected, 0.9, nesterov);
      bench.kernels.serverMomentum(d.at, n, velocity.at, 0.9, Number(nesterov));
      expectSame(d.row(0), direction, 'direction');
      expectSame(velocity.row(0), expected, 'velocity');
    }
    bench.checkGuards();
  });

  it('Adam', () => {
    const bench = new Bench(65536);
    const [m, v] = [bench.rows(1, n), bench.rows(1, n)];
    const expected = { m: new Float64Array(n), v: new Float64Array(n) };
    const gains = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
    for (let step = 1; step < 4; step++) {
      const d = bench.rows([normals(n, random)], n);
      const direction = reference.adam(d.row(0), expected.m, expected.v, gains, step);
      bench.kernels.serverAdam(d.at, n, m.at, v.at, 0.9, 0.99, 1 - 0.9 ** step, 1 - 0.99 ** step, 1e-8);
      expectSame(d.row(0), direction, 'direction');
      expectZeroPadding(d, 'direction');
    }
    // By hand: a first step is d / |d|.
    expect(
      reference.adam(Float64Array.of(-3), new Float64Array(1), new Float64Array(1), gains, 1)[0],
    ).toBeCloseTo(-1, 8);
    bench.checkGuards();
  });
});

describe('rotation by parts', () => {
  const CASES = [
    [1, 1],
    [2, 1],
    [3, 2],
    [5, 4],
    [13, 8],
    [16, 16],
    [17, 16],
    [24, 8],
    [100, 16],
    [1000, 512],
    [10_177, 8192],
  ];

  it.each(CASES)(
    'dim %i, parts of %i: as the reference implementation, keeps lengths, and comes back',
    (dim, part) => {
      const random = seededRandom(dim);
      const bench = new Bench(1 << 20);
      const x = normals(dim, random);
      const signs = flattenSigns(dim + (dim % part ? part : 0), 3, 7, 0);
      const masks = bench.f64(signs.length);
      bench.kernels.flattenMasks(masks.at, signs.length, 3, 7, 0);
      const source = bench.rows([x, x], dim);
      const target = bench.rows(2, dim, Number.NaN);
      bench.kernels.flattenParts(source.at, source.stride, target.at, target.stride, 2, dim, part, masks.at);
      const rotated = rotateParts(x, part, signs);
      expectSame(target.row(1), rotated, 'rotated');
      expectZeroPadding(target, 'rotated');
      const energy = (v: Float64Array) => v.reduce((sum, entry) => sum + entry * entry, 0);
      expect(energy(rotated) / energy(x)).toBeCloseTo(1, 12);
      const back = bench.rows(2, dim, Number.NaN);
      bench.kernels.unflattenParts(target.at, target.stride, back.at, back.stride, 2, dim, part, masks.at);
      expectSame(back.row(1), unrotateParts(rotated, part, signs), 'back');
      expectClose(back.row(0), x, 1e-12, 'back again');
      expectZeroPadding(back, 'back');
      bench.checkGuards();
    },
  );

  it('mixes: a single entry, wherever it is, is spread over at least a part', () => {
    for (const at of [0, 500, 999]) {
      const x = new Float64Array(1000);
      x[at] = 1;
      const rotated = rotateParts(x, 512, flattenSigns(1512, 0, 1, 0));
      expect(rotated.filter((entry) => entry !== 0).length).toBeGreaterThanOrEqual(512);
      expect(Math.max(...rotated.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(512) + 1e-12);
    }
  });
});
