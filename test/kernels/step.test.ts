import { describe, expect, it } from 'vitest';
import * as reference from '../../kernels/reference/steps.js';
import {
  Bench,
  expectSame,
  expectZeroPadding,
  normals,
  padded,
  seededRandom,
  unkindVectors,
} from './harness.js';

const GAINS = { hEta: 0.05, hAlpha: 0.03, hBeta: 0.02 };
/** 0 is forward Euler. */
const IMPLICIT = [0, 0.7];
const DEGREES = Float64Array.of(2, 1, 3.5);
const dampedGains = (hImplicit: number, r: number) => ({
  ...GAINS,
  damping: 1 / (1 + hImplicit * DEGREES[r]),
});
const SIZES = [1, 2, 5, 8, 9, 16, 40, 64, 100];

/** Rows for every array a step may take, and copies for the reference implementation. */
function setUp(bench: Bench, n: number, vector: () => Float64Array, count: number) {
  const names = ['x', 'v', 's', 'z', 'g', 'u', 'q'] as const;
  const values = Object.fromEntries(names.map((name) => [name, Array.from({ length: count }, vector)]));
  const rows = Object.fromEntries(names.map((name) => [name, bench.rows(values[name], n)]));
  return { values, rows, out: bench.rows(count, n, Number.NaN) };
}

describe('steps', () => {
  it('primal-dual, by hand: x = 1, v = 2, g = 3, Ly = 4', () => {
    const bench = new Bench(65536);
    const row = (value: number) => bench.rows([Float64Array.of(value)], 1);
    const [x, v, g, ly] = [row(1), row(2), row(3), row(4)];
    const degree = row(6);
    const step = (hImplicit: number) =>
      bench.kernels.stepPrimalDual(
        1,
        64,
        8,
        x.at,
        x.at,
        v.at,
        g.at,
        ly.at,
        degree.at,
        0.5,
        0.25,
        0.125,
        hImplicit,
      );
    step(0);
    expect(x.row(0)[0]).toBe(1 - (1.5 + 1 + 0.25));
    expect(v.row(0)[0]).toBe(2 + 0.5);
    // Again, with the slope divided by 1 + 0.5 * 6.
    step(0.5);
    expect(x.row(0)[0]).toBe(-1.75 - (1.5 + 1 + 0.3125) / 4);
    expect(v.row(0)[0]).toBe(2.5 + 0.5);
    expectZeroPadding(x, 'x');
  });

  const random = seededRandom(20);
  const kinds: [string, (n: number) => () => Float64Array][] = [
    ['normal', (n) => () => normals(n, random)],
    ...Object.keys(unkindVectors(1)).map((kind): [string, (n: number) => () => Float64Array] => [
      kind,
      (n) => () => unkindVectors(n)[kind],
    ]),
  ];

  it.each(kinds)('are their reference implementations, bit for bit: %s entries', (_, vectorOf) => {
    for (const n of SIZES) {
      for (const current of [0, 1]) {
        const hImplicit = IMPLICIT[current];
        const count = 3;
        const bench = new Bench(1 << 19);
        const degrees = bench.rows([DEGREES], count);
        const { kernels } = bench;
        const length = padded(n);
        const primal = setUp(bench, n, vectorOf(n), count);
        const { x, v, g, u } = primal.rows;
        const { out } = primal;
        kernels.stepPrimalDual(
          count,
          x.stride,
          length,
          x.at,
          out.at,
          v.at,
          g.at,
          u.at,
          degrees.at,
          GAINS.hEta,
          GAINS.hAlpha,
          GAINS.hBeta,
          hImplicit,
        );
        for (let r = 0; r < count; r++) {
          const { x: xs, v: vs, g: gs, u: us } = primal.values;
          expectSame(x.row(r), xs[r], 'x stays when xOut is elsewhere');
          reference.stepPrimalDual(xs[r], vs[r], gs[r], us[r], dampedGains(hImplicit, r));
          expectSame(out.row(r), xs[r], `x, n = ${n}`);
          expectSame(v.row(r), vs[r], `v, n = ${n}`);
        }
        expectZeroPadding(out, 'x');
        expectZeroPadding(v, 'v');

        const error = setUp(bench, n, vectorOf(n), count);
        kernels.stepPrimalDualError(
          count,
          x.stride,
          length,
          error.rows['x'].at,
          error.rows['v'].at,
          error.rows['s'].at,
          error.rows['z'].at,
          error.rows['g'].at,
          error.rows['u'].at,
          error.rows['q'].at,
          error.out.at,
          degrees.at,
          GAINS.hEta,
          GAINS.hAlpha,
          GAINS.hBeta,
          hImplicit,
          0.9,
          current,
        );
        for (let r = 0; r < count; r++) {
          const plain = Object.fromEntries(
            Object.entries(error.values).map(([name, list]) => [name, list[r].slice()]),
          );
          const estimate = { s: plain['s'], z: plain['z'], q: plain['q'], u: plain['u'], mu: 0.9, current };
          const e = reference.stepPrimalDualError(
            plain['x'],
            plain['v'],
            plain['g'],
            estimate,
            dampedGains(hImplicit, r),
          );
          for (const name of ['x', 'v', 's', 'z'])
            expectSame(error.rows[name].row(r), plain[name], `${name}, n = ${n}`);
          expectSame(error.out.row(r), e, `error, n = ${n}`);
        }
        for (const name of ['x', 'v', 's', 'z']) expectZeroPadding(error.rows[name], name);
        expectZeroPadding(error.out, 'error');

        const memory = setUp(bench, n, vectorOf(n), count);
        const left = Array.from({ length: count }, vectorOf(n));
        const leftRows = bench.rows(left, n);
        // One agent has all its links, the others lack some.
        const fixedDegrees = bench.rows([Float64Array.of(2, 2, 3.6)], count);
        kernels.stepPrimalDualMemory(
          count,
          x.stride,
          length,
          memory.rows['x'].at,
          memory.rows['v'].at,
          memory.rows['s'].at,
          memory.rows['z'].at,
          leftRows.at,
          degrees.at,
          fixedDegrees.at,
          memory.rows['g'].at,
          memory.rows['u'].at,
          memory.rows['q'].at,
          memory.out.at,
          GAINS.hEta,
          GAINS.hAlpha,
          GAINS.hBeta,
          hImplicit,
          0.9,
          0.6,
        );
        for (let r = 0; r < count; r++) {
          const plain = Object.fromEntries(
            Object.entries(memory.values).map(([name, list]) => [name, list[r].slice()]),
          );
          const m = left[r].slice();
          const estimate = {
            s: plain['s'],
            z: plain['z'],
            q: plain['q'],
            u: plain['u'],
            mu: 0.9,
            current: 1,
          };
          const own = { m, gamma: 0.6, degree: degrees.row(0)[r], fixedDegree: fixedDegrees.row(0)[r] };
          const e = reference.stepPrimalDualMemory(
            plain['x'],
            plain['v'],
            plain['g'],
            estimate,
            own,
            dampedGains(hImplicit, r),
          );
          for (const name of ['x', 'v', 's', 'z'])
            expectSame(memory.rows[name].row(r), plain[name], `${name} with memory, n = ${n}`);
          expectSame(leftRows.row(r), m, `memory, n = ${n}`);
          expectSame(memory.out.row(r), e, `error with memory, n = ${n}`);
        }
        for (const name of ['x', 'v', 's', 'z']) expectZeroPadding(memory.rows[name], name);
        expectZeroPadding(leftRows, 'memory');
        expectZeroPadding(memory.out, 'error with memory');
        bench.checkGuards();
      }
    }
  });

  it('copyFinite copies what is finite, and nothing else', () => {
    const bench = new Bench();
    for (const n of [8, 64, 72]) {
      const from = bench.f64(n);
      const to = bench.f64(n);
      from.data.set(normals(n, random));
      expect(bench.kernels.copyFinite(n, from.at, to.at)).toBe(1);
      expect(to.data).toEqual(from.data);
      expect(bench.kernels.copyFinite(n, from.at, from.at)).toBe(1);
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        for (const c of [0, 1, n - 1]) {
          from.data.set(normals(n, random));
          from.data[c] = bad;
          const before = to.data.slice();
          expect(bench.kernels.copyFinite(n, from.at, to.at)).toBe(0);
          expect(to.data).toEqual(before);
        }
      }
      bench.checkGuards();
    }
  });

  it('subtract, row by row', () => {
    for (const n of SIZES) {
      const bench = new Bench(1 << 18);
      const { values, rows, out } = setUp(bench, n, () => normals(n, random), 4);
      const { x, s } = rows;
      bench.kernels.subtract(4, x.stride, padded(n), x.at, s.at, out.at);
      for (let r = 0; r < 4; r++) {
        const expected = values['x'][r].map((entry, c) => entry - values['s'][r][c]);
        expectSame(out.row(r), expected, `subtract, n = ${n}`);
      }
      bench.checkGuards();
    }
  });

  it('combine is its reference implementation, with two to five terms, in place and elsewhere', () => {
    const coefficients = [1, -0.3, 0.25, -1, 1 / 3];
    const names = ['x', 'v', 's', 'z', 'g'];
    for (const vectorOf of [(n: number) => normals(n, random), (n: number) => unkindVectors(n)['huge']]) {
      for (const n of [5, 8, 100]) {
        const bench = new Bench(1 << 19);
        for (let terms = 2; terms <= 5; terms++) {
          for (const into of ['out', ...names.slice(0, terms)]) {
            const { values, rows, out } = setUp(bench, n, () => vectorOf(n), 2);
            const target = into === 'out' ? out : rows[into];
            const [x, y, z, u, w] = names.map((name, term) => (term < terms ? rows[name].at : 0));
            const [a, b, c, d, e] = coefficients;
            bench.kernels.combine(2, out.stride, padded(n), target.at, a, x, b, y, c, z, d, u, e, w);
            for (let r = 0; r < 2; r++) {
              const list = names
                .slice(0, terms)
                .map((name, term) => [coefficients[term], values[name][r]] as const);
              expectSame(target.row(r), reference.combine(list), `${terms} terms into ${into}, n = ${n}`);
            }
            expectZeroPadding(target, into);
          }
        }
        bench.checkGuards();
      }
    }
  });

  it('take rows that are further apart than they are long', () => {
    const bench = new Bench(65536);
    const { at, data } = bench.f64(48);
    const other = bench.f64(48);
    data.fill(3);
    other.data.fill(1);
    bench.kernels.subtract(2, 192, 8, at, other.at, at);
    for (let c = 0; c < 48; c++) expect(data[c]).toBe(c % 24 < 8 ? 2 : 3);
  });
});
