/** Average, ridge, Huber and non-convex logistic: what one can work out by hand, and what they refuse. */

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { huberLoss } from '../../src/cost/huber.js';
import { costs } from '../../src/cost/registry.js';
import type { CostModel } from '../../src/cost/types.js';
import { writeNpy } from '../../src/data/npy.js';
import { runSequentially } from '../support/sequential.js';
import { contextOf, largest, loadSpec, scratchFile, scratchFolder } from './support.js';

const load = (kind: string, text: string, spec: object, agents = 1): Promise<CostModel> =>
  loadSpec({ kind, data: scratchFile('data.libsvm', text), regularization: 0, ...spec }, contextOf(agents));
const accepts = (kind: string, spec: object) =>
  costs[kind]!.parameters(z).safeParse({ kind, ...spec }).success;

async function valuesFile(rows: number[][]): Promise<string> {
  const file = `${scratchFolder()}/values.npy`;
  await writeNpy(file, { shape: [rows.length, rows[0]!.length], data: Float64Array.from(rows.flat()) });
  return file;
}

describe('average', () => {
  const rows = [
    [0, 1],
    [3, 1],
    [6, 4],
  ];

  it('is least at the average, by half the variance', async () => {
    const model = await loadSpec({ kind: 'average', values: await valuesFile(rows) }, contextOf(3));
    const { x, value } = model.optimum()!;
    expect([...x]).toEqual([3, 2]);
    // (9 + 1 + 0 + 1 + 9 + 4) / 2 / 3
    expect(value).toBe(4);
    expect(model.curvature).toEqual({ m: 1, l: 1, meanM: 1, meanL: 1 });
  });

  it('gives the consensus flow the values to begin with: both flows find the same average', async () => {
    const cost = { kind: 'average', values: await valuesFile(rows) };
    const base = { topology: { kind: 'complete', nodes: 3 }, cost, rounds: 2000 };
    for (const flow of [
      { kind: 'consensus', step: 0.2 },
      { kind: 'primal-dual', step: 0.2, alpha: 0.5, beta: 0.5 },
    ]) {
      const { x, final } = await runSequentially({ ...base, flow }, 2);
      expect(largest(x.map((entry, at) => entry - [3, 2][at % 2]!))).toBeLessThan(1e-12);
      expect(final.objective).toBeCloseTo(4, 12);
    }
  });

  it('refuses values that are not finite, with their place, and other than one row for each agent', async () => {
    const values = await valuesFile([
      [0, 1],
      [3, Number.NaN],
    ]);
    const at = (agents: number) => loadSpec({ kind: 'average', values }, contextOf(agents));
    await expect(at(2)).rejects.toThrow(/values\.npy: entry \[1, 1\].* is NaN, expected a finite number/);
    await expect(at(3)).rejects.toThrow(/has shape \(2, 2\), expected \(3, dim\)/);
  });

  it.each([
    [{ values: 'v.npy' }, true],
    [{ dim: 4 }, true],
    [{ dim: 4, seed: 3 }, true],
    [{}, false],
    [{ seed: 3 }, false],
    [{ values: 'v.npy', dim: 4 }, false],
    [{ values: 'v.npy', seed: 4 }, false],
    [{ dim: 0 }, false],
  ])('%j: %s', (spec, good) => expect(accepts('average', spec)).toBe(good));
});

describe('ridge', () => {
  it('is least squares with the regularization that it insists on', async () => {
    const text = '1 1:1 2:2\n3 1:-1\n5 2:2\n';
    const ridge = await load('ridge', text, { regularization: 0.5 });
    const squares = await load('least-squares', text, { regularization: 0.5 });
    expect(ridge.optimum()).toEqual(squares.optimum());
    expect(ridge.curvature).toEqual(squares.curvature);
    await expect(load('ridge', text, {})).rejects.toThrow(
      /cost\.regularization is 0, expected 1\/n or a number > 0/,
    );
    const given = { data: 'a', regularization: 0 };
    expect([accepts('ridge', given), accepts('least-squares', given)]).toEqual([false, true]);
  });
});

describe('huber', () => {
  const line = '1 1:0\n3 1:1\n5 1:2\n7 1:3\n90 1:4\n';

  it('by hand: quadratic within delta, straight beyond', () => {
    const { value, slope } = huberLoss(2);
    expect([value(4, 3), slope(4, 3)]).toEqual([0.5, 1]);
    expect([value(0, 5), slope(0, 5)]).toEqual([8, -2]);
  });

  it('is least squares where delta is large', async () => {
    const huber = await load('huber', line, { delta: 1e6, intercept: true });
    const squares = await load('least-squares', line, { intercept: true });
    expect(largest(huber.optimum()!.x.map((entry, c) => entry - squares.optimum()!.x[c]!))).toBeLessThan(
      1e-12,
    );
    expect(huber.curvature).toEqual(squares.curvature);
  });

  it('is hardly moved by an outlier', async () => {
    // y = 1 + 2 x but for the last: least squares says a slope of 18.2.
    const { x, gradientNorm } = (await load('huber', line, { delta: 0.1, intercept: true })).optimum()!;
    expect(gradientNorm).toBeLessThan(1e-13);
    expect(Math.abs(x[1]! - 2)).toBeLessThan(0.2);
  });

  it('is solved from a start where every sample is far, with and without regularization', async () => {
    const far = '100 1:1\n104 1:1\n-200 2:1\n-201 1:1 2:1\n';
    for (const regularization of [0, 1e-6, 0.1]) {
      const { gradientNorm } = (await load('huber', far, { regularization, delta: 1 })).optimum()!;
      expect(gradientNorm).toBeLessThan(1e-13);
    }
  });

  it.each([0, -1, Number.NaN, '1'])('refuses a delta of %s', async (delta) => {
    await expect(load('huber', line, { delta })).rejects.toThrow(/cost\.delta is .*, expected a number > 0/);
  });
});

describe('non-convex logistic', () => {
  it('by hand: log 2 at 0, and nearly regularization for each coordinate far out', async () => {
    const model = await load('nonconvex-logistic', '1 1:1\n-1 2:1\n', { regularization: 0.5 });
    expect(model.value(new Float64Array(2))).toBeCloseTo(Math.LN2, 15);
    // Margins 100 with the right signs cost nothing.
    expect(model.value(Float64Array.of(100, -100))).toBeCloseTo((2 * 0.5 * 1e4) / 10001, 14);
  });

  it('has l but neither m nor an optimum, and says why', async () => {
    const model = await load('nonconvex-logistic', '1 1:2\n-1 2:1\n', { regularization: 0.5 });
    // One agent: (1/2) (1/4) 4 + 2 * 0.5
    expect(model.curvature).toMatchObject({ m: 0, meanM: 0 });
    expect(model.curvature.l).toBeCloseTo(1.5, 2);
    expect(model.optimum()).toBeNull();
    expect(model.whyNoOptimum).toMatch(/not convex/);
  });
});
