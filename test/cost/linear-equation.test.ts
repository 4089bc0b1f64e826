/**
 * Linear equations over a network: values that one works out by hand, drawn systems held against what was
 * asked for, the least squares solution, and what is refused.
 */

import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Matrix, SingularValueDecomposition, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { nonconvexLeastSquaresLoss } from '../../src/cost/nonconvex-least-squares.js';
import type { CostModel } from '../../src/cost/types.js';
import { writeNpy } from '../../src/data/npy.js';
import { keepIn, keepNothing } from '../support/kept.js';
import { temporaryFolder } from '../support/run.js';
import { AGENTS, onWorker } from './on-worker.js';
import { contextOf, largest, loadSpec } from './support.js';

const folder = temporaryFolder();
const rowsOf = (...rows: number[][]) => ({
  shape: [rows.length, rows[0]!.length],
  data: Float64Array.from(rows.flat()),
});

async function file(name: string, shape: number[], data: ArrayLike<number>): Promise<string> {
  const target = path.join(folder, name);
  await writeNpy(target, { shape, data: Float64Array.from(data) });
  return target;
}

const load = (spec: object, agents = 3, more: object = {}): Promise<CostModel> =>
  loadSpec({ kind: 'linear-equation', ...spec }, contextOf(agents, more));

/** A and b, as agents see them: gradients at unit vectors and at 0. */
function seen(model: CostModel) {
  const { dim } = model;
  const worker = onWorker(model);
  const at = (x: Float64Array) => worker.gradients(Array<Float64Array>(AGENTS).fill(x));
  const none = at(new Float64Array(dim));
  const square = Matrix.zeros(dim, dim);
  for (let c = 0; c < dim; c++) {
    const unit = new Float64Array(dim);
    unit[c] = 1;
    at(unit).forEach((gradient, i) => {
      for (let r = 0; r < dim; r++) square.set(r, c, square.get(r, c) + gradient[r]! - none[i]![r]!);
    });
  }
  return square;
}

describe('the cost', () => {
  const a = rowsOf([1, 2], [3, -1], [0, 1], [2, 2]);
  const b = Float64Array.of(5, 1, 2, 6);
  const given = async () => ({ a: await file('A.npy', a.shape, a.data), b: await file('b.npy', [4], b) });

  it('has the values and gradients that one works out by hand', async () => {
    const model = await load(
      { ...(await given()), split: { kind: 'counts', counts: [2, 1, 1, 0, 0] } },
      AGENTS,
    );
    // x = (1, 1): residuals -2, 1 of agent 0 (the first two rows), -1 of agent 1, -2 of agent 2.
    const x = Float64Array.of(1, 1);
    const worker = onWorker(model);
    expect([...worker.values(x)]).toEqual([2.5, 0.5, 2, 0, 0]);
    expect(worker.gradients([x, x, x, x, x]).map((row) => [...row])).toEqual([
      [-2 + 3, -4 - 1],
      [0, -1],
      [-4, -4],
      [0, 0],
      [0, 0],
    ]);
    expect(model.value(x)).toBe(1);
    expect(model.description).toBe('linear-equation, 4 equations, 2 unknowns, from files');
  });

  it('ends at the solution, which all equations meet', async () => {
    const { x, value } = (await load({ ...(await given()), solvable: true })).optimum()!;
    expect(largest(Float64Array.of(x[0]! - 1, x[1]! - 2))).toBeLessThan(1e-14);
    expect(value).toBeLessThan(1e-28);
  });

  it('is the same from memory', async () => {
    const model = await load({ a: a.data, b });
    expect(model.optimum()!.x).toEqual((await load(await given())).optimum()!.x);
    expect(model.description).toContain('given');
  });

  it('is least squares where no x meets them all', async () => {
    const wrong = Float64Array.of(5, 1, 2, 7);
    const { x } = (await load({ a: a.data, b: wrong })).optimum()!;
    const best = solve(
      new Matrix([
        [1, 2],
        [3, -1],
        [0, 1],
        [2, 2],
      ]),
      Matrix.columnVector([...wrong]),
    ).to1DArray();
    expect(largest(x.map((entry, c) => entry - best[c]!))).toBeLessThan(1e-13);
  });

  it('has the curvatures of its rows', async () => {
    const { m, l, meanM, meanL } = (await load({ a: a.data, b })).curvature;
    const largestOf = (rows: number[][]) => new SingularValueDecomposition(new Matrix(rows)).norm2 ** 2;
    expect([m, meanM]).toEqual([0, 0]);
    expect(l).toBeGreaterThanOrEqual(
      largestOf([
        [1, 2],
        [3, -1],
      ]) *
        (1 - 1e-9),
    );
    expect(l).toBeLessThan(
      largestOf([
        [1, 2],
        [3, -1],
      ]) * 1.1,
    );
    expect(meanL).toBeGreaterThanOrEqual(
      (largestOf([
        [1, 2],
        [3, -1],
        [0, 1],
        [2, 2],
      ]) /
        3) *
        (1 - 1e-9),
    );
  });
});

describe('drawn equations', () => {
  it('have the condition number that was asked for', async () => {
    const model = await load({ rows: 12, dim: 5, condition: 20, seed: 4 }, AGENTS);
    const singular = new SingularValueDecomposition(seen(model)).diagonal.map(Math.sqrt);
    expect(singular[0]! / singular[4]!).toBeCloseTo(20, 9);
    expect(singular[0]).toBeCloseTo(Math.sqrt(12 / 5), 12);
    expect(model.optimum()!.value).toBeLessThan(1e-26);
    expect(model.description).toBe(
      'linear-equation, 12 equations, 5 unknowns, drawn, condition 20, solvable',
    );
  });

  it('keep their solution under noise, which none of them can meet', async () => {
    const quiet = await load({ rows: 12, dim: 5, seed: 4 }, 4);
    const noisy = await load({ rows: 12, dim: 5, seed: 4, noise: 0.5 }, 4);
    const [x, y] = [quiet.optimum()!.x, noisy.optimum()!.x];
    expect(largest(x.map((entry, c) => entry - y[c]!))).toBeLessThan(1e-12);
    expect(noisy.optimum()!.value).toBeGreaterThan(1e-3);
  });

  it('have a solution of least norm where there are fewer of them than unknowns', async () => {
    const { method, value } = (await load({ rows: 3, dim: 5, condition: 2 })).optimum()!;
    expect(value).toBeLessThan(1e-26);
    expect(method).toContain('minimiser of least norm: the data leave 2 directions open');
  });
});

describe('large numbers', () => {
  it.each([1, 1e15, 1e30])(
    'b times %d has x times as much, and it is known that it solves them',
    async (size) => {
      const a = Float64Array.of(1, 2, 3, -1, 0, 1, 2, 2);
      const model = await load({ a, b: Float64Array.of(5, 1, 2, 6).map((y) => y * size), solvable: true });
      const { x } = model.optimum()!;
      expect(x[0]! / size).toBeCloseTo(1, 12);
      expect(x[1]! / size).toBeCloseTo(2, 12);
    },
  );
});

describe('an optimum of an earlier start', () => {
  const spec = { rows: 80, dim: 40, noise: 0.5, seed: 3 };

  it('is that of as many agents: f is a sum over the rows, divided by their number', async () => {
    const right = (await load(spec, 8)).optimum()!.value;
    const cache = path.join(folder, 'made');
    mkdirSync(cache);
    keepIn(cache);
    try {
      const few = (await load(spec, 4)).optimum()!;
      expect(readdirSync(cache).length).toBeGreaterThan(0);
      expect((await load(spec, 8)).optimum()!.value).toBe(right);
      expect(few.value).toBeCloseTo(2 * right, 12);
    } finally {
      keepNothing();
    }
  });
});

describe('equations that are all but dependent', () => {
  /** 2 U diag(1, 1, 1, least) V^T with U and V of Hadamard's matrix: exact but for `least`. */
  const sign = (r: number, c: number) => ([0, 1, 1, 0, 1, 0, 0, 1][r & c] === 1 ? -1 : 1);
  const nearly = (least: number) => {
    const s = [1, 1, 1, least];
    const a = new Float64Array(8 * 4);
    for (let r = 0; r < 8; r++)
      for (let c = 0; c < 4; c++)
        for (let j = 0; j < 4; j++) a[r * 4 + c]! += s[j]! * sign(r, j) * sign(c, j);
    const wanted = Float64Array.of(0.5, -0.25, 0.125, 0.75);
    const b = Float64Array.from({ length: 8 }, (_, r) =>
      wanted.reduce((sum, entry, c) => sum + a[r * 4 + c]! * entry, 0),
    );
    return { a, b, wanted };
  };

  it.each([1e-6, 3e-7, 1e-7, 2e-8, 1e-9, 1e-11])('are solved at 1 to %d', async (least) => {
    const { a, b, wanted } = nearly(least);
    const { x, value, method } = (await load({ a, b, solvable: true })).optimum()!;
    // b is rounded, and so is what a residual is made of: a few ulps over the least singular value.
    expect(largest(x.map((entry, c) => entry - wanted[c]!))).toBeLessThan((8 * Number.EPSILON) / least);
    expect(value).toBeLessThan(1e-28);
    expect(method).not.toContain('open');
  });

  it('in the sense of least squares as well', async () => {
    const { a, b, wanted } = nearly(2e-8);
    // Beside all columns of U.
    const noisy = b.map((entry, r) => entry + sign(r, 7));
    const { x } = (await load({ a, b: noisy })).optimum()!;
    const error = x.map((entry, c) => entry - wanted[c]!);
    expect(largest(error)).toBeLessThan(0.5);
    // What is left is the rounding of A, along the least singular vector alone.
    expect(Math.abs(error[0]! + error[1]! + error[2]! + error[3]!)).toBeLessThan(1e-12);
  });

  it('and keep their open directions where a singular value is 0', async () => {
    const { a, b, wanted } = nearly(0);
    const { x, method } = (await load({ a, b, solvable: true })).optimum()!;
    expect(method).toContain('the data leave 1 direction open');
    const last = wanted.reduce((sum, entry, c) => sum + (sign(c, 3) * entry) / 4, 0);
    expect(largest(x.map((entry, c) => entry - wanted[c]! + last * sign(c, 3)))).toBeLessThan(1e-14);
  });
});

describe('what is refused', () => {
  const a = Float64Array.of(1, 2, 3, 4, 5, 6);
  it.each([
    [
      { a, b: Float64Array.of(1, 2, 3, 4) },
      /cost\.a\.length is 6, expected a multiple of 4: a row for each number of cost\.b/,
    ],
    [{ a, b: new Float64Array(0) }, /cost\.b is empty, expected a number for each row of A/],
    [
      { a: Float64Array.of(1, Number.NaN, 3, 4), b: Float64Array.of(1, 2) },
      /cost\.a has NaN at entry \[0, 1\]/,
    ],
    [{ a, b: Float64Array.of(1, Infinity, 2) }, /cost\.b has Infinity at entry 1/],
    [
      { a: Float64Array.of(1, 2, 1e150, 4), b: Float64Array.of(1, 2) },
      /cost\.a has 1e\+150 at entry \[1, 0\] \(from 0\), expected a size of at most 1e\+50/,
    ],
    [{ a, b: Float64Array.of(1, -1e300, 2) }, /cost\.b has -1e\+300 at entry 1/],
    [{ a }, /expected a and b together/],
    [{ a, b: Float64Array.of(1, 2), rows: 3, dim: 2 }, /either a and b/],
    [{ rows: 3 }, /rows and dim together/],
    [{ rows: 3, dim: 5, noise: 1 }, /noise is 1, expected 0: 3 equations of 5 unknowns have a solution/],
    [{ rows: 9, dim: 4, noise: 1e300 }, /noise is 1e\+300, expected at most 1e\+50/],
    [{ rows: 10_000, dim: 10_000 }, /rows is 10000, expected at most 20 with 10000 unknowns/],
    [{ rows: 4, dim: 2, split: { kind: 'counts', counts: [1, 1] } }, /counts has 2 entries, expected 3/],
    [{ rows: 4, dim: 2, split: { kind: 'counts', counts: [1, 1, 1] } }, /counts adds up to 3, expected 4/],
    [
      { rows: 4, dim: 2, noise: 0.1, solvable: true },
      /no x solves all equations: the best one leaves \|A x - b\| = /,
    ],
  ])('%#', async (spec, message) => {
    await expect(load(spec)).rejects.toThrow(message);
  });

  it('files of other shapes, by name', async () => {
    const left = await file('left.npy', [3, 2], a);
    await expect(load({ a: left, b: await file('two.npy', [2], [1, 2]) })).rejects.toThrow(
      /left\.npy has shape \(3, 2\), expected \(2, dim\): a row for each number of .*two\.npy/,
    );
    await expect(load({ a: left, b: await file('wide.npy', [3, 2], a) })).rejects.toThrow(
      /wide\.npy has shape \(3, 2\), expected \(rows,\)/,
    );
  });

  it('and agents without rows are named', async () => {
    const warnings: string[] = [];
    await load({ rows: 2, dim: 2 }, 3, { warn: (message: string) => warnings.push(message) });
    expect(warnings).toEqual([
      expect.stringMatching(/1 of the 3 agents holds no equations .*2.*none to solve/),
    ]);
  });
});

describe('least squares with a hump', () => {
  it('is not convex, and keeps the inequality that it promises', () => {
    const { value, slope, curvature, maxCurvature } = nonconvexLeastSquaresLoss;
    let least = Infinity;
    for (let d = -20; d <= 20; d += 0.01) {
      expect(slope(d, 0) ** 2 / 2).toBeGreaterThanOrEqual(value(d, 0) / 9);
      expect(Math.abs(curvature(d, 0))).toBeLessThanOrEqual(maxCurvature);
      expect((value(d + 1e-4, 0) - value(d - 1e-4, 0)) / 2e-4).toBeCloseTo(slope(d, 0), 5);
      least = Math.min(least, curvature(d, 0));
    }
    expect(least).toBeCloseTo(-1, 3);
  });
});
