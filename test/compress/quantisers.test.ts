/**
 * Numbers on coarser grids: float32 and float16, uniform and saturated quantisers, QSGD, TernGrad, natural
 * compression.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNumber, representable, writeNumber, writeWhole } from '../../src/compress/integers.js';
import type { CompressorSpec } from '../../src/compress/types.js';
import { BitReader, BitWriter } from '../../src/compress/wire/bits.js';
import { float16Bits, float16Value } from '../../src/compress/wire/float16.js';
import { Bench, messagesOf, planOf } from './combinators/bench.js';

describe('float16', () => {
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [1 / 3, 0x3555],
    [65_504, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    // Half way between 1 and its successor goes to the even one, 1; just above it goes up.
    [1 + 2 ** -11, 0x3c00],
    [1 + 2 ** -11 + 2 ** -50, 0x3c01],
    [1 + 3 * 2 ** -11, 0x3c02],
    // Half the smallest denormal, and just above it; rounding up into the normal numbers; and up into the
    // next binade.
    [2 ** -25, 0x0000],
    [2 ** -25 + 2 ** -60, 0x0001],
    [2 ** -14 - 2 ** -26, 0x0400],
    [2 - 2 ** -12, 0x4000],
    // What would round to infinity is the largest finite number.
    [65_520, 0x7bff],
    [1e300, 0x7bff],
    [Number.NEGATIVE_INFINITY, 0xfbff],
  ])('%d is %i', (x, bits) => {
    expect(float16Bits(x)).toBe(bits);
  });

  it('every finite code is its own number', () => {
    for (let bits = 0; bits < 2 ** 16; bits++) {
      if (((bits >>> 10) & 31) === 31) continue;
      expect(float16Bits(float16Value(bits))).toBe(bits);
    }
  });

  it('is the nearest number', () => {
    fc.assert(
      fc.property(fc.double({ min: -65_504, max: 65_504, noNaN: true }), (x) => {
        const bits = float16Bits(x);
        const error = Math.abs(float16Value(bits) - x);
        for (const other of [bits - 1, bits + 1]) {
          if (((other >>> 10) & 31) === 31 || other >>> 15 !== bits >>> 15) continue;
          expect(Math.abs(float16Value(other) - x)).toBeGreaterThanOrEqual(error);
        }
      }),
    );
  });

  it('identity saturates where the wire ends', () => {
    expect(messagesOf({ kind: 'identity', wire: 'f16' }, [[1e300, -1e5, 1 / 3]])).toEqual([
      [65_504, -65_504, 0x555 * 2 ** -12],
    ]);
    const largest = 2 ** 128 - 2 ** 104;
    expect(messagesOf({ kind: 'identity', wire: 'f32' }, [[1e300, -1e39, 0.1]])).toEqual([
      [largest, -largest, Math.fround(0.1)],
    ]);
  });
});

describe('whole numbers in a prefix code', () => {
  const bytes = new Uint8Array(64);
  const writer = new BitWriter(bytes);
  const reader = new BitReader(bytes);
  const bitsOf = (q: number) => {
    writer.begin(0, 64);
    writeWhole(writer, q);
    return writer.bitCount;
  };

  it('takes 1 bit for 0, 3 for +-1, and 2 floor(log2 v) + 1 in general', () => {
    expect([0, -1, 1, -2, 2, 3, -4, 4, 7, 8].map(bitsOf)).toEqual([1, 3, 3, 5, 5, 5, 7, 7, 7, 9]);
  });

  it('is read back, mixed with numbers that are too large for it', () => {
    const number = fc.oneof(
      fc.integer({ min: -9, max: 9 }),
      fc.integer({ min: -(2 ** 30) + 1, max: 2 ** 30 - 1 }),
    );
    fc.assert(
      fc.property(number, fc.double(), number, (a, large, b) => {
        writer.begin(0, 64);
        writeWhole(writer, a);
        writeNumber(writer, large, 64);
        writeWhole(writer, b);
        reader.begin(0);
        expect(readNumber(reader, 0.5, 64)).toBe(0.5 * a + 0);
        expect(readNumber(reader, 0.5, 64)).toBe(large);
        expect(readNumber(reader, 0.5, 64)).toBe(0.5 * b + 0);
        expect(reader.bitCount).toBe(writer.bitCount);
      }),
    );
    expect(representable(2 ** 30)).toBe(false);
    expect(representable(Number.NaN)).toBe(false);
  });
});

describe('uniform quantiser', () => {
  it('says multiples of a step that shrinks; ties go to the even multiple', () => {
    const errors = [0.5, 1.5, -0.6, 2.49];
    const spec = { kind: 'uniform-quantize', step: 1, rate: 0.5 };
    expect(messagesOf(spec, [errors, errors])).toEqual([
      [0, 2, -1, 2],
      [0.5, 1.5, -0.5, 2.5],
    ]);
  });

  it('counts the bits it writes', () => {
    const bench = new Bench({ kind: 'uniform-quantize', step: 1, rate: 0.5 }, { dim: 4 });
    // 0, 1, -1, 2: 1 + 3 + 3 + 5 bits; then in steps of 1/2: 0, 2, -2, 4: 1 + 5 + 5 + 7.
    expect(bench.say([0, 1, -1, 2]).bits).toEqual([12]);
    expect(bench.say([0, 1, -1, 2]).bits).toEqual([18]);
    // What is 2^30 steps or more goes as it is.
    expect(bench.say([1e300, 0, 0, 0]).bits).toEqual([99]);
    expect(bench.say([0.1 * 2 ** 40, 0, 0, 0]).messages[0][0]).toBe(0.1 * 2 ** 40);
  });

  it('without zooming says nothing of what is below half a step', () => {
    const spec = { kind: 'uniform-quantize', step: 1, zoom: false };
    const bench = new Bench(spec, { dim: 2 });
    for (let round = 0; round < 100; round++) {
      expect(Array.from(bench.say([0.49, -0.4]).messages[0])).toEqual([0, 0]);
    }
  });

  it('goes on when its step has become the smallest', () => {
    const bench = new Bench({ kind: 'uniform-quantize', step: 1, rate: 1e-200 }, { dim: 2 });
    for (let round = 0; round < 4; round++) bench.say([1, 0]);
    expect(Array.from(bench.say([1, 0]).messages[0])).toEqual([1, 0]);
  });

  it('brings its own error to zero as fast as its step', () => {
    const rate = 0.9;
    const bench = new Bench({ kind: 'uniform-quantize', step: 1, rate }, { dim: 3 });
    let e = Float64Array.of(3.3, -0.2, 1e6 / 7);
    for (let k = 0; k < 200; k++) {
      const [said] = bench.say(e).messages;
      e = e.map((entry, c) => entry - said[c]);
      for (const entry of e) expect(Math.abs(entry)).toBeLessThanOrEqual((rate ** k / 2) * (1 + 1e-9));
    }
  });
});

describe('saturated quantiser', () => {
  it('cuts at 2^(bits-1) - 1 steps', () => {
    const spec = { kind: 'saturated-quantize', bits: 3, step: 0.5, zoom: false };
    expect(messagesOf(spec, [[0.6, -0.9, 7, -7]])).toEqual([[0.5, -1, 1.5, -1.5]]);
  });
});

const vector = Float64Array.from({ length: 16 }, (_, c) => Math.exp(-c / 3) * Math.cos(1 + 5 * c));
const energy = (row: ArrayLike<number>) => Array.from(row).reduce((total, entry) => total + entry * entry, 0);

describe('by hand', () => {
  it('qsgd: what lies on a level is said exactly', () => {
    // |e|_2 = 5, 5 levels: the step is 1.
    expect(messagesOf({ kind: 'qsgd', levels: 5 }, [[3, -4, 0, 0]])).toEqual([[3, -4, 0, 0]]);
  });

  it('terngrad: the largest entry is said exactly, the others as that or nothing', () => {
    const bench = new Bench({ kind: 'terngrad' }, { dim: 3 });
    const seen = new Set<number>();
    for (let round = 0; round < 60; round++) {
      const [[first, second, third]] = bench.say([-2, 1, 0]).messages;
      expect(first).toBe(-2);
      expect(third).toBe(0);
      seen.add(second);
    }
    expect([...seen].sort()).toEqual([0, 2]);
  });

  it('natural: powers of two', () => {
    const row = [1, -2, 3, 2.9, -5e-324, 1e300];
    expect(messagesOf({ kind: 'natural', rounding: 'nearest' }, [row])).toEqual([[1, -2, 4, 2, 0, 2 ** 128]]);
    const bench = new Bench({ kind: 'natural' }, { dim: 1 });
    const seen = Array.from({ length: 60 }, () => bench.say([3]).messages[0][0]);
    expect([...new Set(seen)].sort()).toEqual([2, 4]);
  });
});

describe.each<[string, CompressorSpec]>([
  ['qsgd', { kind: 'qsgd', levels: 4 }],
  ['terngrad', { kind: 'terngrad' }],
  ['natural', { kind: 'natural' }],
  ['rand-k', { kind: 'rand-k', k: 5, unbiased: true }],
  ['rand-k, shared', { kind: 'rand-k', k: 5, unbiased: true, shared: true }],
])('%s is unbiased', (_, spec) => {
  const agents = spec['shared'] ? 1 : 40;
  const bench = new Bench(spec, { agents, dim: vector.length });
  const messages: Float64Array[] = [];
  for (let round = 0; round < 4000 / agents; round++) {
    messages.push(...bench.say(...new Array(agents).fill(vector)).messages);
  }

  it('entry by entry, within five standard errors', () => {
    for (let c = 0; c < vector.length; c++) {
      const entries = messages.map((message) => message[c]);
      const mean = entries.reduce((total, entry) => total + entry, 0) / entries.length;
      const error = Math.sqrt(energy(entries.map((entry) => entry - mean))) / entries.length;
      expect(Math.abs(mean - vector[c])).toBeLessThanOrEqual(5 * error + 1e-12);
    }
  });

  it('and loses no more than its plan says', () => {
    const variance = planOf(spec, { dim: vector.length })['variance'] as number;
    const loss = messages.reduce(
      (total, message) => total + energy(message.map((entry, c) => entry - vector[c])) / messages.length,
      0,
    );
    expect(loss / energy(vector)).toBeLessThanOrEqual(1.05 * variance);
  });
});

describe('contractions are honest about dim', () => {
  it('unbiased ones do not contract where their variance is 1 or more', () => {
    const contraction = (spec: CompressorSpec, dim: number) => planOf(spec, { dim }).contraction;
    expect(contraction({ kind: 'terngrad' }, 4)).toBeCloseTo(0.5);
    expect(contraction({ kind: 'terngrad' }, 64)).toBe(0);
    expect(contraction({ kind: 'qsgd', levels: 16 }, 64)).toBeCloseTo(0.75);
    expect(contraction({ kind: 'qsgd', levels: 2 }, 64)).toBe(0);
    expect(contraction({ kind: 'rand-k', k: 3, unbiased: true }, 4)).toBeCloseTo(2 / 3);
    expect(contraction({ kind: 'rand-k', k: 1, unbiased: true }, 4)).toBe(0);
  });
});
