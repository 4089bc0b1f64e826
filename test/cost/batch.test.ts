/**
 * Mini-batches in the costs: unbiased, the same for any number of workers, and refused where there are no
 * samples.
 */

import { describe, expect, it } from 'vitest';
import type { CostSpec } from '../../src/cost/types.js';
import { runSequentially } from '../support/sequential.js';
import { AGENTS, hasKernels, onWorker } from './on-worker.js';
import { contextOf, largest, loadSpec, scratchFile } from './support.js';

const wave = (i: number): number => Math.sin(1 + 1.7 * i + 0.3 * i * i);
const ROWS = 23;
const file = (label: (r: number) => number) =>
  scratchFile(
    'data.libsvm',
    Array.from(
      { length: ROWS },
      (_, r) => `${label(r)} ${(r % 3) + 1}:${wave(r)} ${4 + (r % 4)}:${2 * wave(3 * r)}\n`,
    ).join(''),
  );
const two = (r: number): number => (wave(5 * r) > 0 ? 1 : -1);
const three = (r: number): number => Math.floor(1.5 * (wave(5 * r) + 1)) % 3;
/** Agents with fewer samples than the batch, with none, with just as many, and with more. */
const counts = [4, 7, 0, 11, 1];
const BATCH = 4;

const cases = [
  { kind: 'logistic', storage: 'sparse', label: two },
  { kind: 'logistic', storage: 'dense', label: two },
  { kind: 'softmax', storage: 'sparse', label: three },
  { kind: 'softmax', storage: 'dense', label: three },
];
const specOf = ({ kind, storage, label }: (typeof cases)[number]): CostSpec => ({
  kind,
  storage,
  data: file(label),
  regularization: 0.1,
  split: { kind: 'counts', counts },
});

describe.skipIf(!hasKernels)('mini-batches', () => {
  it.each(cases)('$kind, $storage: the mean over many draws is the full gradient', async (one) => {
    const spec = specOf(one);
    const full = onWorker(await loadSpec(spec, contextOf(AGENTS)));
    const model = await loadSpec(spec, contextOf(AGENTS, { batch: BATCH }));
    const drawn = onWorker(model);
    const points = Array.from({ length: AGENTS }, (_, i) =>
      Float64Array.from({ length: model.dim }, (_, c) => 0.8 * wave(c + 31 * i)),
    );
    const exact = full.gradients(points);
    const draws = 1500;
    const sums = points.map(() => new Float64Array(model.dim));
    const squares = points.map(() => new Float64Array(model.dim));
    for (let draw = 0; draw < draws; draw++) {
      drawn.beginRound(0, draw);
      drawn.gradients(points).forEach((gradient, i) => {
        gradient.forEach((g, c) => {
          sums[i]![c]! += g;
          squares[i]![c]! += (g - exact[i]![c]!) ** 2;
        });
      });
    }
    for (let i = 0; i < AGENTS; i++) {
      const error = sums[i]!.map((sum, c) => sum / draws - exact[i]![c]!);
      if (counts[i]! <= BATCH) expect(largest(error)).toBeLessThan(1e-13);
      else {
        expect(largest(squares[i]!)).toBeGreaterThan(0);
        // Five standard errors of the mean, measured on the draws themselves.
        error.forEach((e, c) => {
          expect(Math.abs(e)).toBeLessThanOrEqual(5 * Math.sqrt(squares[i]![c]! / draws / draws) + 1e-14);
        });
      }
    }
  });

  it.each(cases)('$kind, $storage: the same bits for 1 and 3 workers, values of all samples', async (one) => {
    const config = (batch: number | 'all', rounds: number) => ({
      topology: { kind: 'ring', nodes: AGENTS },
      cost: specOf(one),
      flow: { kind: 'primal-dual', compress: 'error-state', step: 0.05, alpha: 0.5, beta: 0.5, batch },
      compressor: { kind: 'sign' },
      rounds,
      seed: 5,
    });
    const once = await runSequentially(config(2, 60), 1);
    const threefold = await runSequentially(config(2, 60), 3);
    expect(threefold.stateHash).toBe(once.stateHash);
    expect({ ...threefold.final, seconds: 0 }).toEqual({ ...once.final, seconds: 0 });
    const all = await runSequentially(config('all', 60), 1);
    expect(all.stateHash).not.toBe(once.stateHash);
    // A batch that nobody exceeds is all samples.
    expect((await runSequentially(config(11, 60), 2)).stateHash).toBe(all.stateHash);
    // The objective is that of all samples: at x(0) = 0 it is what it is.
    const log = Math.log(one.kind === 'softmax' ? 3 : 2);
    expect((await runSequentially({ ...config(2, 1), trace: { every: 1 } }, 1)).first.objective).toBeCloseTo(
      log,
      12,
    );
  });

  it('is refused where there are no samples, and where there is no gradient', async () => {
    const flow = { kind: 'primal-dual', batch: 3 };
    const config = { topology: { kind: 'ring', nodes: 5 }, cost: { kind: 'quadratic', dim: 2 }, flow };
    await expect(runSequentially(config, 1)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining(
        'flow.batch is 3, expected all: the cost quadratic is not made of samples',
      ),
    });
    for (const batch of [0, 2.5, 'some']) {
      await expect(
        runSequentially({ ...config, flow: { kind: 'primal-dual', batch } }, 1),
      ).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('flow.batch is') });
    }
    await expect(
      runSequentially({ ...config, flow: { kind: 'consensus', batch: 3 } }, 1),
    ).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('batch') });
  });
});
