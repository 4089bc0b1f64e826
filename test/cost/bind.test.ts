/**
 * What workers compute against what the host says: every cost, through the real kernels, in a small arena of
 * their own.
 *
 * The host's reference implementation knows only the mean over agents; so the values are compared one agent
 * at a time with the definition, and the gradients with differences of those values.
 */

import { describe, expect, it } from 'vitest';
import { leastSquaresLoss } from '../../src/cost/least-squares.js';
import { logisticLoss } from '../../src/cost/logistic.js';
import type { CostSpec } from '../../src/cost/types.js';
import { AGENTS, hasKernels, onWorker } from './on-worker.js';
import { contextOf, largest, loadSpec, scratchFile } from './support.js';

const wave = (i: number): number => Math.sin(1 + 1.7 * i + 0.3 * i * i);
const DIM = 11;
const ROWS = 23;
const entries = (r: number): [number, number][] => [
  [r % 4, wave(r)],
  [4 + (r % 7), 2 * wave(3 * r)],
];
const label = (r: number): number => (wave(5 * r) > 0 ? 1 : -1);
const text = Array.from(
  { length: ROWS },
  (_, r) =>
    `${label(r)} ${entries(r)
      .map(([c, v]) => `${c + 1}:${v}`)
      .join(' ')}\n`,
).join('');
/** One agent without samples, one with an odd number of them. */
const counts = [4, 7, 0, 11, 1];

const linear = [leastSquaresLoss, logisticLoss].flatMap((loss) =>
  ['dense', 'sparse'].flatMap((storage) => [false, true].map((intercept) => ({ loss, storage, intercept }))),
);

describe.skipIf(!hasKernels)('costs on workers', () => {
  it.each(linear)('$loss.kind, $storage, intercept $intercept', async ({ loss, storage, intercept }) => {
    const spec: CostSpec = {
      kind: loss.kind,
      data: scratchFile('data.libsvm', text),
      regularization: 0.3,
      split: { kind: 'counts', counts },
      storage,
      intercept,
    };
    const model = await loadSpec(spec, contextOf(AGENTS));
    const dim = DIM + (intercept ? 1 : 0);
    expect(model.dim).toBe(dim);
    const worker = onWorker(model);

    const shift = intercept ? 1 : 0;
    const margin = (r: number, x: Float64Array) =>
      entries(r).reduce((sum, [c, v]) => sum + v * x[c + shift]!, intercept ? x[0]! : 0);
    const samplesOf = (agent: number) => {
      const first = counts.slice(0, agent).reduce((a, b) => a + b, 0);
      return Array.from({ length: counts[agent]! }, (_, t) => first + t);
    };
    const points = Array.from({ length: AGENTS }, (_, i) =>
      Float64Array.from({ length: dim }, (_, c) => wave(i + 5 * c)),
    );

    const values = worker.values(points[0]!);
    for (let i = 0; i < AGENTS; i++) {
      const losses = samplesOf(i).map((r) => loss.value(margin(r, points[0]!), label(r)));
      const squares = points[0]!.reduce((sum, entry) => sum + entry * entry, 0);
      expect(values[i]).toBeCloseTo((AGENTS / ROWS) * losses.reduce((a, b) => a + b, 0) + 0.15 * squares, 12);
    }
    expect(values.reduce((a, b) => a + b) / AGENTS).toBeCloseTo(model.value(points[0]!), 13);

    worker.gradients(points).forEach((gradient, i) => {
      const expected = points[i]!.map((entry) => 0.3 * entry);
      for (const r of samplesOf(i)) {
        const slope = (AGENTS / ROWS) * loss.slope(margin(r, points[i]!), label(r));
        if (intercept) expected[0]! += slope;
        for (const [c, v] of entries(r)) expected[c + shift]! += slope * v;
      }
      expect(largest(gradient.map((g, c) => g - expected[c]!))).toBeLessThan(1e-13);
    });
  });

  it('quadratic', async () => {
    const model = await loadSpec({ kind: 'quadratic', dim: DIM }, contextOf(AGENTS));
    const worker = onWorker(model);
    const { x, value } = model.optimum()!;
    const mean = (rows: Float64Array[]) =>
      x.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / AGENTS);
    expect(worker.values(x).reduce((a, b) => a + b) / AGENTS).toBeCloseTo(value, 13);
    expect(largest(mean(worker.gradients(Array(AGENTS).fill(x))))).toBeLessThan(1e-15);
  });

  it('their gradients vanish in the mean where the reference solver says the optimum is', async () => {
    for (const kind of ['least-squares', 'logistic']) {
      const spec = { kind, data: scratchFile('data.libsvm', text), regularization: 0.01, split: 'shuffled' };
      const model = await loadSpec(spec, contextOf(AGENTS));
      const { x } = model.optimum()!;
      const gradients = onWorker(model).gradients(Array(AGENTS).fill(x));
      const mean = x.map((_, c) => gradients.reduce((sum, row) => sum + row[c]!, 0) / AGENTS);
      expect(largest(mean)).toBeLessThan(1e-14);
      expect(largest(gradients[0]!)).toBeGreaterThan(1e-3);
    }
  });
});
