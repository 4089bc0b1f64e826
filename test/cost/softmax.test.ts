import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { costs } from '../../src/cost/registry.js';
import { DenseRows } from '../../src/cost/rows.js';
import { SoftmaxProblem } from '../../src/cost/softmax-problem.js';
import { hessianTimes } from '../../src/cost/solver.js';
import type { CostModel } from '../../src/cost/types.js';
import { contextOf, differences, largest, loadSpec, scratchFile } from './support.js';

const load = (kind: string, text: string, spec: object, agents = 1): Promise<CostModel> =>
  loadSpec({ kind, data: scratchFile('data.libsvm', text), regularization: 0, ...spec }, contextOf(agents));

/** The same numbers on every run, in (-1, 1). */
const wave = (i: number): number => Math.sin(1 + 1.7 * i + 0.3 * i * i);
const data = (rows: number, label: (r: number) => number, features = 3): string =>
  Array.from({ length: rows }, (_, r) => {
    const entries = Array.from({ length: features }, (_, c) => `${c + 1}:${wave(r + 40 * c)}`);
    return `${label(r)} ${entries.join(' ')}\n`;
  }).join('');

describe('softmax', () => {
  it('has the minimiser that one works out by hand', async () => {
    // One feature, always 1: probabilities become the shares 1/2, 1/4, 1/4, the value their entropy, and x of
    // least norm sums to 0.
    const model = await load('softmax', '3 1:1\n3 1:1\n7 1:1\n-2 1:1\n', {});
    const { x, value, method } = model.optimum()!;
    const middle = -Math.log(2) / 3;
    // Classes ascend: -2, 3, 7.
    expect(largest(x.map((entry, k) => entry - (middle + (k === 1 ? Math.log(2) : 0))))).toBeLessThan(1e-12);
    expect(value).toBeCloseTo(1.5 * Math.log(2), 14);
    expect(method).toMatch(/least norm: the data leave 1 direction open/);
  });

  it('with two classes is logistic: of the difference of the two vectors, with half the regularization', async () => {
    const text = data(40, (r) => (wave(5 * r) > 0 ? 1 : -1));
    const soft = (await load('softmax', text, { regularization: 0.1 })).optimum()!;
    const logistic = (await load('logistic', text, { regularization: 0.05 })).optimum()!;
    const difference = soft.x.slice(3).map((entry, c) => entry - soft.x[c]!);
    expect(largest(difference.map((entry, c) => entry - logistic.x[c]!))).toBeLessThan(1e-12);
    expect(soft.value).toBeCloseTo(logistic.value, 14);
  });

  it('is the same problem dense or sparse, with an intercept as with a column of ones', async () => {
    const text = data(30, (r) => r % 4);
    const dense = await load('softmax', text, { regularization: 0.1, storage: 'dense', intercept: true });
    const sparse = await load('softmax', text, { regularization: 0.1, storage: 'sparse', intercept: true });
    expect(dense.dim).toBe(16);
    const x = Float64Array.from({ length: 16 }, (_, c) => wave(c));
    expect(sparse.value(x)).toBeCloseTo(dense.value(x), 14);
    const [one, other] = [dense.optimum()!, sparse.optimum()!];
    expect(largest(one.x.map((entry, c) => entry - other.x[c]!))).toBeLessThan(1e-12);
    expect(one.gradientNorm).toBeLessThan(1e-13);
  });

  it('is solved by conjugate gradients where a dense Hessian would be large', async () => {
    const lines = Array.from(
      { length: 150 },
      (_, r) => `${r % 7} ${((r * 37) % 50) + 1}:${wave(r)} ${((r * 11) % 50) + 51}:1\n`,
    );
    const { gradientNorm, method } = (
      await load('softmax', lines.join(''), { regularization: 0.01 })
    ).optimum()!;
    expect(method).toBe('Newton (conjugate gradients)');
    expect(gradientNorm).toBeLessThan(1e-13);
  });

  it('has no optimum where the classes are told apart and nothing regularizes', async () => {
    const text = '0 1:1\n1 2:1\n2 3:1\n';
    const model = await load('softmax', text, {});
    expect(model.optimum()).toBeNull();
    expect(model.whyNoOptimum).toMatch(/falls for ever/);
    expect((await load('softmax', text, { regularization: 1e-3 })).optimum()!.gradientNorm).toBeLessThan(
      1e-13,
    );
  });

  it('has the gradient and the Hessian that differences say', () => {
    const [classes, features, samples] = [3, 2, 6];
    const values = Float64Array.from({ length: samples * 8 }, (_, at) => (at % 8 < features ? wave(at) : 0));
    const labels = Uint32Array.from({ length: samples }, (_, r) => r % classes);
    const problem = new SoftmaxProblem(new DenseRows(values, features, 8), labels, classes, features, 0.2);
    const x = Float64Array.from({ length: 6 }, (_, c) => 2 * wave(3 * c));
    const gradient = new Float64Array(6);
    problem.gradient(x, gradient);
    const expected = differences((point) => problem.value(point), x);
    expect(largest(gradient.map((g, c) => g - expected[c]!))).toBeLessThan(1e-8);
    const weights = problem.weights(x);
    const hessian = problem.hessian(weights);
    const v = Float64Array.from({ length: 6 }, (_, c) => wave(c + 9));
    const product = new Float64Array(6);
    hessianTimes(problem, weights, v, product);
    hessian.forEach((row, i) => {
      const partial = (point: Float64Array) => {
        problem.gradient(point, gradient);
        return gradient[i]!;
      };
      const slopes = differences(partial, x);
      expect(largest(row.map((h, c) => h - slopes[c]!))).toBeLessThan(1e-8);
      expect(row.reduce((sum, h, c) => sum + h * v[c]!, 0)).toBeCloseTo(product[i]!, 13);
    });
  });

  it.each([
    ['1.5 1:1\n2 1:1\n', {}, /label of sample 0 .* is 1\.5, expected a whole number/],
    ['1 1:1\n1 1:2\n', {}, /has one label only \(1\), expected two classes or more/],
    ['1 1:1\n2 1:1\n', { regularization: -1 }, /cost\.regularization is -1, expected 1\/n or a number >= 0/],
    ['1 1:1\n2 1:1\n', { storage: 'csr' }, /cost\.storage is "csr", expected auto, dense or sparse/],
  ])('refuses %j with %j', async (text, spec, message) => {
    await expect(load('softmax', text, spec)).rejects.toThrow(message);
  });

  it.each([
    [{ data: 'digits', regularization: 0.01 }, true],
    [{ data: 'digits', regularization: '1/n', split: 'shuffled', intercept: true }, true],
    [{ data: 'digits' }, false],
    [{ data: 'digits', regularization: 1, classes: 10 }, true],
    [{ data: 'digits', regularization: 1, classes: 1 }, false],
  ])('parameters %j: %s', (spec, good) => {
    expect(costs['softmax']!.parameters(z).safeParse({ kind: 'softmax', ...spec }).success).toBe(good);
  });
});
