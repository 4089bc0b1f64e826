/**
 * Lloyd-Max levels and EDEN: the table of levels made again, what messages lose held against the published
 * constants, and what plans say of any vector held against vectors that were looked for to be bad.
 */

import { describe, expect, it } from 'vitest';
import { LEAST_MIXED, leastKept } from '../../src/compress/lloyd-max.js';
import { NORMAL_DISTORTIONS, NORMAL_LEVELS } from '../../src/compress/normal-levels.js';
import type { CompressorSpec } from '../../src/compress/types.js';
import { normals, seededRandom } from '../kernels/harness.js';
import { Bench, messagesOf, planOf } from './combinators/bench.js';

const BITS = [1, 2, 3, 4, 5, 6, 7, 8];
const SCALES = ['biased', 'unbiased', 'norm'] as const;
const energy = (row: ArrayLike<number>) => Array.from(row).reduce((total, entry) => total + entry * entry, 0);
const phi = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** Gauss's rule of five points on (-1, 1): places of one side, and weights. */
const PLACES = [0, Math.sqrt(5 - 2 * Math.sqrt(10 / 7)) / 3, Math.sqrt(5 + 2 * Math.sqrt(10 / 7)) / 3];
const WEIGHTS = [128 / 225, (322 + 13 * Math.sqrt(70)) / 900, (322 - 13 * Math.sqrt(70)) / 900];

/** The integral of f phi from a to b; beyond 12 there is less than 1e-32. */
function integral(f: (z: number) => number, a: number, b: number): number {
  const end = Math.min(b, 12);
  const panels = Math.ceil(16 * (end - a));
  const half = (end - a) / panels / 2;
  let total = 0;
  for (let i = 0; i < panels; i++) {
    const middle = a + (2 * i + 1) * half;
    for (const [n, place] of PLACES.entries()) {
      for (const side of n === 0 ? [0] : [-1, 1]) {
        const z = middle + side * place * half;
        total += half * WEIGHTS[n] * f(z) * phi(z);
      }
    }
  }
  return total;
}

/** Cells of the positive half line. */
function cells(levels: readonly number[]): { level: number; begin: number; end: number }[] {
  return levels.map((level, i) => ({
    level,
    begin: i === 0 ? 0 : (levels[i - 1] + level) / 2,
    end: i + 1 < levels.length ? (level + levels[i + 1]) / 2 : Number.POSITIVE_INFINITY,
  }));
}

const centre = (begin: number, end: number) =>
  begin + integral((z) => z - begin, begin, end) / integral(() => 1, begin, end);

/** Levels from elsewhere: each becomes the mean of its cell, by Newton's method on that equation. */
function lloydMaxLevels(start: readonly number[]): number[] {
  const levels = [...start];
  for (let round = 0; round < 50; round++) {
    // level_i - centre_i = 0; the derivative by its neighbours is a tridiagonal matrix.
    const rows = cells(levels).map(({ level, begin, end }, i) => {
      const mass = integral(() => 1, begin, end);
      const mean = centre(begin, end);
      const byBegin = i === 0 ? 0 : (phi(begin) * (mean - begin)) / mass / 2;
      const byEnd = end === Number.POSITIVE_INFINITY ? 0 : (phi(end) * (end - mean)) / mass / 2;
      return { below: -byBegin, own: 1 - byBegin - byEnd, above: -byEnd, residual: level - mean };
    });
    for (let i = 1; i < rows.length; i++) {
      const factor = rows[i].below / rows[i - 1].own;
      rows[i].own -= factor * rows[i - 1].above;
      rows[i].residual -= factor * rows[i - 1].residual;
    }
    let moved = 0;
    for (let i = rows.length - 1; i >= 0; i--) {
      const next = i + 1 < rows.length ? rows[i + 1].residual : 0;
      rows[i].residual = (rows[i].residual - rows[i].above * next) / rows[i].own;
      levels[i] -= rows[i].residual;
      moved = Math.max(moved, Math.abs(rows[i].residual));
    }
    if (moved < 1e-14) break;
  }
  return levels;
}

describe('the table of levels', () => {
  it.each([1, 2, 3, 4])('%i bits: what Lloyd`s own iteration comes to, to 1e-12', (bits) => {
    const half = 2 ** (bits - 1);
    let levels = Array.from({ length: half }, (_, i) => (3 * (i + 1)) / half);
    for (let round = 0; round < 2000; round++) {
      const next = cells(levels).map(({ begin, end }) => centre(begin, end));
      const still = next.every((level, i) => Math.abs(level - levels[i]) < 1e-15);
      levels = next;
      if (still) break;
    }
    for (const [i, level] of levels.entries())
      expect(Math.abs(level - NORMAL_LEVELS[bits - 1][i])).toBeLessThan(1e-12);
  });

  it.each(BITS)('%i bits: the solution of the equations, to 1e-12, and what it loses', (bits) => {
    const table = NORMAL_LEVELS[bits - 1];
    expect(table).toHaveLength(2 ** (bits - 1));
    const levels = lloydMaxLevels(table.map((level, i) => level * (1 + (0.2 / table.length) * Math.sin(i))));
    for (const [i, level] of levels.entries()) expect(Math.abs(level - table[i])).toBeLessThan(1e-12);
    const lost = cells(levels).map(({ level, begin, end }) => integral((z) => (z - level) ** 2, begin, end));
    const distortion = 2 * lost.reduce((total, one) => total + one, 0);
    expect(Math.abs(distortion / NORMAL_DISTORTIONS[bits - 1] - 1)).toBeLessThan(1e-10);
  });

  it('loses what is published of 1, 2, 3 and 4 bits', () => {
    // Max 1960, table I.
    for (const [i, published] of [0.3634, 0.1175, 0.03454, 0.009497].entries()) {
      expect(Math.abs(NORMAL_DISTORTIONS[i] / published - 1)).toBeLessThan(1e-3);
    }
  });
});

/** Mean of |e - C(e)|^2 / |e|^2 of messages through the packed slots, and the same of the equations. */
function meanLoss(spec: CompressorSpec, vectors: readonly Float64Array[]): number {
  const bench = new Bench(spec, { dim: vectors[0].length });
  let loss = 0;
  for (const vector of vectors) {
    const { messages, expected } = bench.say(vector);
    const [said] = messages;
    const apart = energy(said.map((entry, c) => entry - expected[0][c]));
    expect(Math.sqrt(apart / energy(said))).toBeLessThan(1e-13);
    loss += energy(vector.map((entry, c) => said[c] - entry)) / energy(vector) / vectors.length;
  }
  return loss;
}

describe('eden, dim 4096', () => {
  const dim = 4096;
  const random = seededRandom(11);
  const gaussian = Array.from({ length: 40 }, () => normals(dim, random));
  const lognormal = Array.from({ length: 40 }, () => normals(dim, random).map(Math.exp));
  const published = {
    biased: { 1: 0.3634, 2: 0.1175, 4: 0.0095 },
    unbiased: { 1: 0.571, 2: 0.1331, 4: 0.00958 },
  };

  it.each(
    (['biased', 'unbiased'] as const).flatMap((scale) =>
      ([1, 2, 4] as const).map((bits) => ({ bits, scale })),
    ),
  )('$bits bits, $scale: within 2% of its constant', ({ bits, scale }) => {
    for (const vectors of [gaussian, lognormal]) {
      const loss = meanLoss({ kind: 'eden', bits, scale }, vectors);
      expect(Math.abs(loss / published[scale][bits] - 1)).toBeLessThan(0.02);
    }
  });

  it('keeps the length with the scale of the norm, and <e, C(e)> = |e|^2 with the unbiased one', () => {
    const [vector] = lognormal;
    const [kept] = new Bench({ kind: 'eden', bits: 3, scale: 'norm' }, { dim }).say(vector).messages;
    expect(energy(kept) / energy(vector)).toBeCloseTo(1, 12);
    const [said] = new Bench({ kind: 'eden', bits: 3, scale: 'unbiased' }, { dim }).say(vector).messages;
    const product = vector.reduce((total, entry, c) => total + entry * said[c], 0);
    expect(product / energy(vector)).toBeCloseTo(1, 12);
  });
});

describe('by hand', () => {
  it('each entry goes to its nearest level, in units of the root mean square', () => {
    // |e| = 2 sqrt 4: the unit is 2, entries are 1.5, -0.5, 0 and -sqrt(1.5): beyond and within 0.98.
    const e = [3, -1, 0, -2 * Math.sqrt(1.5)];
    const [[a, b, c, d]] = messagesOf({ kind: 'lloyd-max', bits: 2, scale: 'norm' }, [e]);
    const [low, high] = NORMAL_LEVELS[1];
    const scale = 4 / Math.sqrt(2 * low ** 2 + 2 * high ** 2);
    for (const [said, level] of [
      [a, high],
      [b, -low],
      [c, low],
      [d, -high],
    ]) {
      expect(said).toBeCloseTo(scale * level, 12);
    }
  });

  it.each(BITS)('%i bits: as many thresholds lie below an entry as its level says, of any size', (bits) => {
    const levels = NORMAL_LEVELS[bits - 1];
    const thresholds = levels.slice(1).map((level, i) => (levels[i] + level) / 2);
    const random = seededRandom(bits);
    // Beside every threshold, and beyond all; the last entries make the root mean square 1.
    const near = thresholds.flatMap((end) => [end * (1 - 1e-9), end * (1 + 1e-9)]);
    const entries = [...near, 0, 6, 40, ...normals(60, random).map((entry) => entry / 9)];
    const squares = entries.reduce((sum, entry) => sum + entry * entry, 0);
    const filling = Math.ceil(Math.max(1, squares));
    const rest = (entries.length + filling - squares) / filling;
    const row = [...entries, ...new Array<number>(filling).fill(Math.sqrt(rest))];
    const codes = row.map((entry) => thresholds.filter((end) => end < Math.abs(entry)).length);
    for (const size of [1, 1e-150, 1e-305, 1e-307, 1e300]) {
      const [said] = messagesOf({ kind: 'lloyd-max', bits }, [row.map((entry) => entry * size)]);
      const most = Math.max(...said.map(Math.abs)) / levels[levels.length - 1];
      const heard = said.map((entry) =>
        levels.findIndex((level) => Math.abs(entry) / most < level * (1 + 1e-6)),
      );
      expect(heard, `${size}`).toEqual(codes);
    }
  });

  it('of one bit it is sign', () => {
    const e = [1, -2, 3, -6, 0, 0.5];
    for (const [scale, other] of [
      ['biased', 'mean'],
      ['unbiased', 'unbiased'],
    ]) {
      const [said] = messagesOf({ kind: 'lloyd-max', bits: 1, scale }, [e]);
      const [signs] = messagesOf({ kind: 'sign', scale: other }, [e]);
      for (const [c, entry] of said.entries()) expect(entry).toBeCloseTo(signs[c], 13);
    }
  });

  it('zeros, tiny and huge vectors are said as such', () => {
    for (const bits of BITS) {
      for (const scale of SCALES) {
        const spec = { kind: 'lloyd-max', bits, scale };
        expect(messagesOf(spec, [[0, 0, 0]])[0].every((entry) => entry === 0)).toBe(true);
        for (const size of [1e-200, 1e200]) {
          const [said] = messagesOf(spec, [[size, -size, size]]);
          for (const [c, sign] of [1, -1, 1].entries()) expect(said[c] / size).toBeCloseTo(sign, 12);
        }
      }
    }
  });

  it('bits are scaleBits + b dim, of the padded vector in eden', () => {
    expect(planOf({ kind: 'lloyd-max', bits: 3 }, { dim: 100 }).messageBits).toBe(64 + 300);
    expect(planOf({ kind: 'eden', bits: 3, scaleBits: 32 }, { dim: 100 }).messageBits).toBe(32 + 3 * 128);
    expect(() => planOf({ kind: 'eden', bits: 9 }, { dim: 4 })).toThrow('compressor.bits is 9');
    expect(() => planOf({ kind: 'eden', bits: 0 }, { dim: 4 })).toThrow('compressor.bits is 0');
  });
});

/**
 * (z - Q(z))^2 <= a - k |z| + b z^2 + c z^4 + d z^6 for every z, of b = 2, 3, ... bits (a, k, b, c, d), found
 * by a linear program. In the mean over random signs that is at most a - k / sqrt 2 + b + 3 c + 15 d.
 */
const ABOVE = [
  [0.20501076, 0, 0.075762243, 0, 0.0018331952],
  [0.06007216, 0.000442119, 0.020955064, 0.002349279, 0.0006304452],
  [0.01648665, 0.000235692, 0.006455203, 0, 0.0003687292],
  [0.00448683, 0, 0.001379932, 0, 0.0001914372],
  [0.00129746, 0, 0.000155827, 0, 0.0001114892],
  [0.0004185, 0, -9.3724e-5, 0, 7.12836e-5],
  [0.000159, 0, -0.00010734, 0, 4.89142e-5],
];

describe('what is kept of any vector', () => {
  it.each([2, 3, 4, 5, 6, 7, 8])('behind a rotation, %i bits: the polynomial that proves it', (bits) => {
    const [a, k, b, c, d] = ABOVE[bits - 2];
    let room = Number.POSITIVE_INFINITY;
    for (const { level, begin, end } of cells(NORMAL_LEVELS[bits - 1])) {
      // Beyond 30 the sixth power alone is above: 30^4 d > 1.
      const last = Math.min(end, 30);
      const steps = Math.ceil(1000 * (last - begin));
      for (let i = 0; i <= steps; i++) {
        const z = begin + ((last - begin) * i) / steps;
        const above = a - k * z + b * z ** 2 + c * z ** 4 + d * z ** 6;
        room = Math.min(room, above - (z - level) ** 2);
      }
    }
    // Between two points of the grid a function of this curvature falls by less.
    expect(room).toBeGreaterThan(2 * 0.0005 ** 2);
    expect(30 ** 4 * d).toBeGreaterThan(1);
    expect(1 - (a - k / Math.SQRT2 + b + 3 * c + 15 * d)).toBeGreaterThan(LEAST_MIXED[bits - 1]);
  });

  /** cos^2 of a vector and its message. */
  function kept(bits: number, vector: Float64Array): number {
    const [said] = new Bench({ kind: 'lloyd-max', bits }, { dim: vector.length }).say(vector).messages;
    return 1 - energy(vector.map((entry, c) => entry - said[c])) / energy(vector);
  }

  it.each(BITS)('%i bits: no vector keeps less than the bound', (bits) => {
    const levels = NORMAL_LEVELS[bits - 1];
    for (const dim of [2, 3, 8, 40, 300]) {
      const bound = leastKept(levels, dim);
      const random = seededRandom(dim);
      // All entries but one at the lower end of a cell, and the rest of the energy in one.
      const ends = cells(levels).flatMap(({ begin }) => {
        const share = (dim - 1) * (begin + 1e-9) ** 2;
        if (share >= dim) return [];
        const vector = new Float64Array(dim).fill(begin + 1e-9);
        vector[0] = Math.sqrt(dim - share);
        return [vector];
      });
      const drawn = Array.from({ length: 20 }, (_, i) =>
        normals(dim, random).map((x) => Math.sign(x) * Math.abs(x) ** i),
      );
      for (const vector of [...ends, ...drawn])
        expect(kept(bits, vector)).toBeGreaterThan(bound * (1 - 1e-9));
    }
  });

  it.each(BITS)('%i bits, in parts: a pair of equal entries keeps what the bound says', (bits) => {
    const dim = 256;
    const pair = Float64Array.from({ length: dim }, (_, c) => (c === 5 || c === 9 ? 1 : 0));
    for (const size of [16, 64, 256]) {
      const spec = { kind: 'flatten', size, inner: { kind: 'lloyd-max', bits } };
      const planned = planOf(spec, { dim }).contraction;
      const least = leastKept(NORMAL_LEVELS[bits - 1], dim, size);
      expect(planned).toBeGreaterThanOrEqual(size === dim ? LEAST_MIXED[bits - 1] : least);
      const rounds = 200;
      expect(1 - meanLoss(spec, new Array(rounds).fill(pair))).toBeGreaterThan(planned - 0.05);
    }
  });
});
