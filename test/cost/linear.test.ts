import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createArena } from '../../src/arena/arena.js';
import { layoutArena } from '../../src/arena/layout.js';
import { largestAgentEigenvalue } from '../../src/cost/curvature.js';
import { leastSquaresLoss } from '../../src/cost/least-squares.js';
import { LinearProblem } from '../../src/cost/linear-problem.js';
import { logisticLoss } from '../../src/cost/logistic.js';
import type { Loss } from '../../src/cost/loss.js';
import { costs } from '../../src/cost/registry.js';
import { DenseRows } from '../../src/cost/rows.js';
import { hessianTimes } from '../../src/cost/solver.js';
import type { CostModel, Optimum } from '../../src/cost/types.js';
import { runs } from '../support/properties.js';
import {
  contextOf,
  differences,
  hasSharedData,
  largest,
  loadSpec,
  scratchFile,
  sharedData,
} from './support.js';

const load = (
  kind: string,
  text: string,
  spec: object,
  agents = 1,
  context: object = {},
): Promise<CostModel> =>
  loadSpec(
    { kind, data: scratchFile('data.libsvm', text), regularization: 0, ...spec },
    contextOf(agents, context),
  );

/** The same numbers on every run, in (-1, 1). */
const wave = (i: number): number => Math.sin(1 + 1.7 * i + 0.3 * i * i);

describe('least squares', () => {
  it('fits a line that one can draw', async () => {
    // (0, 1), (1, 3), (2, 5): y = 1 + 2 x, exactly.
    const model = await load('least-squares', '1 1:0\n3 1:1\n5 1:2\n', { intercept: true });
    const { x, value, method } = model.optimum()!;
    expect(x[0]).toBeCloseTo(1, 13);
    expect(x[1]).toBeCloseTo(2, 13);
    expect(value).toBeLessThan(1e-26);
    expect(method).toBe('Newton (Cholesky)');
  });

  it('has the value that one works out by hand', async () => {
    // x = (1, 1): residuals 1 - 2 and 3 - 1; (1 + 4) / 2 / 2 samples + 0.5 / 2 * 2.
    const model = await load('least-squares', '2 1:1\n1 1:1 2:2\n', { regularization: 0.5 });
    expect(model.value(Float64Array.of(1, 1))).toBe(1.25 + 0.5);
  });

  it('is solved with the least norm where the data leave directions open', async () => {
    // Columns 1 and 2 are equal: of all x1 + x2 = 2, the shortest is (1, 1).
    const model = await load('least-squares', '2 1:1 2:1\n4 1:2 2:2\n', {});
    const { x, gradientNorm, method } = model.optimum()!;
    expect(x[0]).toBeCloseTo(1, 12);
    expect(x[1]).toBeCloseTo(1, 12);
    expect(gradientNorm).toBeLessThan(1e-13);
    expect(method).toBe('Newton (Cholesky), minimiser of least norm: the data leave 1 direction open');
  });

  it('takes what bends by less than the rounding of the Hessian for open: samples are measured', async () => {
    // Twice as much of feature 2 as of feature 1, to twelve digits, and labels that know no such thing.
    const third = (by: number, digits: number) => (by / 3).toPrecision(digits);
    const lines = [1, 2, 4, 5, 7, 8].map(
      (by, r) => `${by + 0.3 * wave(r)} 1:${third(by, 12)} 2:${third(2 * by, 12)}`,
    );
    const { x, method } = (await load('least-squares', lines.join('\n'), {})).optimum()!;
    expect(x[1]! / x[0]!).toBeCloseTo(2, 6);
    expect(method).toContain('the data leave 1 direction open');
    // To six digits it is a feature of its own.
    const coarse = lines.map((line) => line.replace(/(\.\d{6})\d*/g, '$1'));
    const full = (await load('least-squares', coarse.join('\n'), {})).optimum()!;
    expect(full.method).not.toContain('open');
  });

  it('is solved by conjugate gradients where a dense Hessian would be large', async () => {
    const dim = 700;
    const lines = Array.from({ length: 900 }, (_, r) => {
      const entries = [0, 1, 2]
        .map((j) => [((r * 37 + j * 211) % dim) + 1, wave(r + j)] as const)
        .sort((a, b) => a[0] - b[0]);
      return `${wave(r * 3)} ${entries.map(([index, value]) => `${index}:${value}`).join(' ')}`;
    });
    const model = await load('least-squares', lines.join('\n'), { regularization: 0.001 });
    const { gradientNorm, method } = model.optimum()!;
    expect(model.dim).toBe(dim);
    expect(method).toBe('Newton (conjugate gradients)');
    expect(gradientNorm).toBeLessThan(1e-13);
  });
});

describe('logistic', () => {
  it('has the minimiser that one works out by hand', async () => {
    // One feature, always 1; three of four labels are +1: the odds are exp(x) = 3, the value is the entropy
    // of (3/4, 1/4).
    const model = await load('logistic', '1 1:1\n1 1:1\n-1 1:1\n1 1:1\n', {});
    const { x, value } = model.optimum()!;
    expect(x[0]).toBeCloseTo(Math.log(3), 13);
    expect(value).toBeCloseTo(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25), 14);
  });

  it.each([
    ['0', '1'],
    ['1', '2'],
    ['-1', '+1'],
  ])('takes labels %s and %s', async (negative, positive) => {
    const data = (no: string, yes: string) => `${no} 1:1 2:2\n${yes} 1:-1\n${yes} 2:3\n${no} 1:1\n`;
    const model = await load('logistic', data(negative, positive), { regularization: 0.1 });
    const usual = await load('logistic', data('-1', '1'), { regularization: 0.1 });
    expect(model.optimum()).toEqual(usual.optimum());
  });

  it('names the labels where there are more than two', async () => {
    await expect(load('logistic', '3 1:1\n1 1:1\n2 1:1\n', {})).rejects.toThrow(
      /data\.libsvm has 3 different labels \(1, 2, 3\), expected two/,
    );
  });

  it('does not overflow far out', () => {
    for (const [t, value, slope] of [
      [-1e4, 1e4, -1],
      [1e4, 0, 0],
    ] as const) {
      expect(logisticLoss.value(t, 1)).toBe(value);
      expect(logisticLoss.slope(t, 1)).toBeCloseTo(slope, 15);
      expect(logisticLoss.curvature(t, 1)).toBe(0);
    }
  });

  it.each([
    ['separable classes', '1 1:1\n-1 1:-1\n', /a hyperplane separates the two classes/],
    // Feature 2 is only ever seen with +1; the others overlap.
    ['nearly separable classes', '1 1:1 2:1\n1 1:1\n-1 1:1\n', /falls for ever in some direction/],
  ])('has no optimum for %s without regularization, and one with it', async (_, text, reason) => {
    const model = await load('logistic', text, {});
    expect(model.optimum()).toBeNull();
    expect(model.whyNoOptimum).toMatch(reason);
    const regularized = await load('logistic', text, { regularization: 1e-4 });
    expect(regularized.optimum()!.gradientNorm).toBeLessThan(1e-13);
    expect(regularized.whyNoOptimum).toBeNull();
  });

  it('needs no regularization where the classes overlap, even with collinear features', async () => {
    const model = await load('logistic', '1 1:1 2:2\n-1 1:1 2:2\n1 1:2 2:4\n-1 1:-1 2:-2\n', {});
    const { x, gradientNorm } = model.optimum()!;
    expect(gradientNorm).toBeLessThan(1e-13);
    expect(x[1]).toBeCloseTo(2 * x[0]!, 12);
  });
});

describe.each([
  ['least-squares', leastSquaresLoss],
  ['logistic', logisticLoss],
] as [string, Loss][])('%s', (kind, loss) => {
  const sample = fc.tuple(
    fc.boolean(),
    fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 }),
  );

  it('has the gradient that differences of its value say, and the Hessian that differences of its gradient say', () => {
    fc.assert(
      fc.property(
        fc.array(sample, { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (data, ridge) => {
          const values = new Float64Array(data.length * 8);
          data.forEach(([, row], r) => {
            values.set(row, r * 8);
          });
          const labels = Float64Array.from(data, ([yes]) => (yes ? 1 : -1));
          const problem = new LinearProblem(new DenseRows(values, 3, 8), labels, 3, loss, ridge);
          const x = Float64Array.of(0.3, -0.7, 1.1);
          const gradient = new Float64Array(3);
          problem.gradient(x, gradient);
          const expected = differences((point) => problem.value(point), x);
          expect(largest(gradient.map((g, c) => g - expected[c]!))).toBeLessThan(1e-7);

          const hessian = problem.hessian(problem.weights(x));
          for (let i = 0; i < 3; i++) {
            const partial = (point: Float64Array) => {
              problem.gradient(point, gradient);
              return gradient[i]!;
            };
            const row = differences(partial, x);
            expect(largest(row.map((h, c) => h - hessian[i]![c]!))).toBeLessThan(1e-7);
          }
          const product = new Float64Array(3);
          hessianTimes(problem, problem.weights(x), Float64Array.of(1, 2, -1), product);
          hessian.forEach((row, i) => {
            expect(product[i]).toBeCloseTo(row[0]! + 2 * row[1]! - row[2]!, 11);
          });
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it('is the same problem dense or sparse, before and after it moves into the arena, whoever holds the samples', async () => {
    const text = Array.from(
      { length: 30 },
      (_, r) => `${r % 3 === 0 ? 1 : -1} 1:${wave(r)} ${(r % 5) + 2}:${wave(2 * r)}`,
    ).join('\n');
    const point = Float64Array.from({ length: 7 }, (_, c) => wave(c));
    const results: { value: number; optimum: Optimum }[] = [];
    for (const spec of [{ storage: 'dense' }, { storage: 'sparse' }, { split: 'shuffled' }]) {
      const model = await load(kind, text, { intercept: true, regularization: '1/n', ...spec }, 4);
      const before = model.value(point);
      model.fill(createArena(layoutArena(model.fields, 2)));
      expect(model.value(point)).toBe(before);
      results.push({ value: before, optimum: model.optimum()! });
    }
    for (const { value, optimum } of results) {
      expect(value).toBeCloseTo(results[0]!.value, 13);
      expect(optimum.value).toBeCloseTo(results[0]!.optimum.value, 14);
      expect(largest(optimum.x.map((entry, c) => entry - results[0]!.optimum.x[c]!))).toBeLessThan(1e-11);
    }
  });

  it('reads every format, and splits by a column of it', async () => {
    const csv = scratchFile('data.csv', 'origin,a,b,late\nSFO,1,2,1\nJFK,3,4,-1\nJFK,-1,0,1\n');
    const spec = { kind, data: csv, regularization: 0.1, split: { kind: 'by-column', column: 'origin' } };
    const model = await loadSpec(spec, contextOf(3, { labels: ['JFK', 'ORD', 'SFO'] }));
    expect(model.dim).toBe(2);
    const arena = createArena(layoutArena(model.fields, 1));
    model.fill(arena);
    expect([...arena.view('cost.samples', 'u32')]).toEqual([0, 2, 2, 3]);
    expect([...arena.view('cost.labels', 'f64')]).toEqual([-1, 1, 1]);
    expect([...model.work].map((work) => work > model.dim)).toEqual([true, false, true]);
    expect(model.description).toBe(`${kind}, 3 samples, 2 features, dense, regularization 0.1`);
  });

  it.each([
    [{ regularization: -1 }, /cost\.regularization is -1, expected 1\/n or a number >= 0/],
    [{ regularization: undefined }, /cost\.regularization is missing/],
    [{ data: 7 }, /cost\.data is 7, expected text that is not empty, a mapping with x, y or/],
    [{ data: { x: 'a' } }, /cost\.data\.y: missing, expected a \.npy file/],
    [{ storage: 'csr' }, /cost\.storage is "csr", expected auto, dense or sparse/],
    [{ intercept: 1 }, /cost\.intercept is 1, expected true or false/],
    [
      { split: 'evenly' },
      /cost\.split is the text "evenly", expected one of contiguous, shuffled or by-label/,
    ],
    [{ split: { kind: 'by-column' } }, /cost\.split\.column is missing/],
    [{ split: { kind: 'dirichlet', alpha: 0 } }, /cost\.split\.alpha is 0, expected a number > 0/],
    [{ format: 'arff' }, /cost\.format is "arff", expected one of libsvm/],
  ])('refuses %j', async (spec, message) => {
    await expect(load(kind, '1 1:1\n', spec)).rejects.toThrow(message);
  });

  it('refuses samples without features, unless an intercept is asked for', async () => {
    await expect(load(kind, '1\n-1\n', { regularization: 1 })).rejects.toThrow(
      /has no features, only labels/,
    );
    expect((await load(kind, '1\n-1\n', { regularization: 1, intercept: true })).optimum()!.x[0]).toBe(0);
  });

  it.each([
    [{ data: 'a9a', regularization: 0.01 }, true],
    [{ data: 'a9a', regularization: '1/n', split: 'shuffled', storage: 'dense', intercept: true }, true],
    [
      { data: { x: 'x.npy', y: 'y.npy' }, regularization: 0, split: { kind: 'by-column', column: 'origin' } },
      true,
    ],
    [{ data: 'a9a', regularization: 0.01, split: { kind: 'counts', counts: [1, 2] } }, true],
    [{ data: 'a9a', regularization: 0.01, split: { kind: 'counts', counts: 'counts.npy' } }, true],
    [{ data: 'a9a', regularization: 0.01, split: { kind: 'shuffled', seed: 3 }, firstIndex: 0 }, true],
    [{ data: 'a9a' }, false],
    [{ regularization: 1 }, false],
    [{ data: 'a9a', regularization: '2/n' }, false],
    [{ data: 'a9a', regularization: 1, split: 'by-column' }, false],
    [{ data: 'a9a', regularization: 1, lambda: 1 }, false],
  ])('parameters %j: %s', (spec, good) => {
    expect(costs[kind]!.parameters(z).safeParse({ kind, ...spec }).success).toBe(good);
  });
});

describe('curvature', () => {
  it('is the largest eigenvalue, within the 1% that is promised, and never more than the trace', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -16, max: 16 }), { minLength: 2, maxLength: 24 }), (numbers) => {
        const rows = Math.floor(numbers.length / 2);
        const values = new Float64Array(rows * 8);
        for (let r = 0; r < rows; r++) values.set(numbers.slice(2 * r, 2 * r + 2), r * 8);
        // Of A^T A = [[p, q], [q, s]] in closed form.
        let [p, q, s] = [0, 0, 0];
        for (let r = 0; r < rows; r++) {
          const [a, b] = [numbers[2 * r]!, numbers[2 * r + 1]!];
          p += a * a;
          q += a * b;
          s += b * b;
        }
        const exact = (p + s) / 2 + Math.hypot((p - s) / 2, q);
        const bound = largestAgentEigenvalue(new DenseRows(values, 2, 8), Uint32Array.of(0, rows), 2);
        expect(bound).toBeGreaterThanOrEqual(exact * 0.985);
        expect(bound).toBeLessThanOrEqual(Math.min(exact * 1.0101, p + s));
      }),
    );
  });

  it('is that of the most curved agent, and of the mean', async () => {
    // Agents hold (1), (3), nothing: n/N = 3/2, so Hessians 1.5, 13.5, 0; the mean is (1 + 9) / 2. Plus 0.1.
    const spec = { regularization: 0.1, split: { kind: 'counts', counts: [1, 1, 0] } };
    const { curvature } = await load('least-squares', '1 1:1\n1 1:3\n', spec, 3);
    expect(curvature.m).toBe(0.1);
    expect(curvature.l).toBeCloseTo(13.6, 12);
    expect(curvature.meanL).toBeCloseTo(5.1, 12);
  });
});

describe.skipIf(!hasSharedData)('figures that everyone knows', () => {
  it.each([
    ['heart_scale', 0.01, 0.37877524333897],
    ['heart_scale', '1/n', 0.36380296114125],
    ['agaricus.train', 0.01, 0.14270074369933],
    ['a9a', 0.01, 0.37272374686393],
    ['a9a', '1/n', 0.32337958246485],
  ])('%s, regularization %s: %d', async (name, regularization, expected) => {
    const spec = { kind: 'logistic', data: sharedData(`libsvm/${name}`), regularization };
    const model = await loadSpec(spec, contextOf(25));
    const { value, gradientNorm } = model.optimum()!;
    expect(Math.abs(value - expected)).toBeLessThan(1e-13);
    expect(gradientNorm).toBeLessThan(1e-13);
  });
});

describe('labels and sizes that cannot be meant', () => {
  it('three classes are told where they belong', async () => {
    await expect(load('logistic', '0 1:1\n1 1:2\n2 1:3\n', { regularization: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('has 3 different labels (0, 1, 2), expected two'),
      hint: 'for more than two classes, use kind: softmax',
    });
    await expect(load('logistic', '0.5 1:1\n1 1:2\n2 1:3\n', { regularization: 1 })).rejects.toMatchObject({
      hint: 'for real-valued labels, use kind: least-squares',
    });
  });

  it.each([
    ['0 1:1\n1 1:2\n', 4_000_000_000, 3],
    ['\n', 2_000_000_001, 2],
    ['', 100_000_000, 1],
  ])('a feature too far, before anything is made of it: %j %d', async (before, index, line) => {
    await expect(load('logistic', `${before}1 ${index}:1\n`, { regularization: 1 })).rejects.toThrow(
      new RegExp(`:${line}: index ${index} occurs in a file of \\d+ bytes, .*, expected at most 1048576`),
    );
  });

  it('agents without samples are named', async () => {
    const warnings: string[] = [];
    const csv = scratchFile('data.csv', 'origin,a,late\nSFO,1,1\nJFK,3,-1\n');
    const spec = { kind: 'logistic', data: csv, regularization: 0.1 };
    const context = contextOf(3, {
      labels: ['JFK', 'ORD', 'SFO'],
      warn: (message) => warnings.push(message),
    });
    await loadSpec({ ...spec, split: { kind: 'by-column', column: 'origin' } }, context);
    expect(warnings).toEqual(['1 of the 3 agents holds no samples ("ORD"), and has the regulariser alone']);
  });

  it('labels that are all alike are remarked on', async () => {
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    const spec = { kind: 'logistic', data: scratchFile('d.csv', 'a,y\n1,1\n2,1\n'), regularization: 0.1 };
    await loadSpec(spec, contextOf(2, { warn }));
    expect(warnings).toEqual([expect.stringMatching(/d\.csv: every label is 1: is it the right column/)]);
  });

  it('a test table has the columns of the training table, in its order', async () => {
    const spec = {
      kind: 'logistic',
      data: scratchFile('data.csv', 'a,b,y\n1,2,1\n3,4,0\n'),
      test: scratchFile('test.csv', 'b,a,y\n2,1,1\n'),
      regularization: 0.1,
      target: 'y',
    };
    await expect(loadSpec(spec, contextOf(2))).rejects.toThrow(
      /test\.csv: feature 0 \(from 0\) is "b", expected "a": the columns of .*data\.csv, in its order/,
    );
  });
});
