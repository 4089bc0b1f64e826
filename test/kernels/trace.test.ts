import { describe, expect, it } from 'vitest';
import { columnMean, squaredDistance, sum } from '../../kernels/reference/sums.js';
import { Bench, expectSame, normals, randomBlocks, SIZES, seededRandom } from './harness.js';

describe('trace sums', () => {
  it('have the order of the reference implementation: lanes of 8 in blocks of 256', () => {
    const random = seededRandom(40);
    for (const length of [0, ...SIZES, 257, 511, 513, 5000]) {
      const bench = new Bench(1 << 17);
      const { at, data } = bench.f64(length);
      data.set(normals(length, random));
      // What stands behind the array must not matter.
      const fence = bench.f64(8);
      fence.data.fill(Number.NaN);
      expect(bench.kernels.sum(at, length), `length ${length}`).toBe(sum(data));
    }
  });

  it('means of columns do not depend on who computes which', () => {
    const random = seededRandom(41);
    for (const [agents, n] of [
      [1, 3],
      [5, 17],
      [256, 9],
      [600, 30],
    ]) {
      const bench = new Bench(1 << 19);
      const vectors = Array.from({ length: agents }, () => normals(n, random));
      const x = bench.rows(vectors, n);
      const whole = bench.f64(n);
      const cut = bench.f64(n);
      bench.kernels.columnMeans(x.at, x.stride, agents, 0, n, whole.at);
      for (const [first, count] of randomBlocks(n, random)) {
        bench.kernels.columnMeans(x.at, x.stride, agents, first, count, cut.at);
      }
      const reference = Float64Array.from({ length: n }, (_, c) => columnMean(vectors, c));
      // The same rows somewhere else: agent i's is row positions[i].
      const positions = vectors.map((_, i) => agents - 1 - i);
      const moved = bench.rows(vectors.toReversed(), n);
      const placed = bench.f64(n);
      bench.kernels.columnMeansPlaced(moved.at, moved.stride, bench.u32(positions), agents, 0, n, placed.at);
      expectSame(placed.data, reference, `${agents} agents, placed`);
      expectSame(whole.data, reference, `${agents} agents`);
      expectSame(cut.data, reference, `${agents} agents, cut`);
      bench.checkGuards();
    }
  });

  it('squared distances are the reference implementation`s, agent by agent', () => {
    const random = seededRandom(42);
    for (const n of SIZES) {
      const bench = new Bench(1 << 18);
      const xs = Array.from({ length: 6 }, () => normals(n, random));
      const ss = Array.from({ length: 6 }, () => normals(n, random));
      const x = bench.rows(xs, n);
      const s = bench.rows(ss, n);
      const toPoint = bench.f64(6);
      const between = bench.f64(6);
      for (const [first, count] of randomBlocks(6, random)) {
        bench.kernels.distancesToPoint(first, count, x.at, x.stride, n, s.at, toPoint.at);
        bench.kernels.distancesBetweenRows(first, count, x.at, s.at, x.stride, n, between.at);
      }
      expectSame(
        toPoint.data,
        xs.map((row) => squaredDistance(row, ss[0])),
        `to point, n = ${n}`,
      );
      expectSame(
        between.data,
        xs.map((row, i) => squaredDistance(row, ss[i])),
        `between, n = ${n}`,
      );
      bench.checkGuards();
    }
  });
});
