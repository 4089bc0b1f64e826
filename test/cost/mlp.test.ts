/**
 * The perceptron as a cost: where it begins, what it refuses, and that it learns what no linear model can,
 * over a graph.
 */

import { describe, expect, it } from 'vitest';
import { idxFiles } from '../data/idx-files.js';
import { runSequentially } from '../support/sequential.js';
import { contextOf, loadSpec, scratchFile, scratchFolder } from './support.js';

/** Points of a square; the class is whether the signs of both coordinates agree: no line separates them. */
function quadrants(rows: number, from: number): string {
  const lines = Array.from({ length: rows }, (_, r) => {
    const a = ((from + r) * 0.754877666) % 1;
    const b = ((from + r) * 0.569840291) % 1;
    return `${a > 0.5 === b > 0.5 ? 1 : 0} 1:${2 * a - 1} 2:${2 * b - 1}\n`;
  });
  return scratchFile('quadrants.libsvm', lines.join(''));
}

const spec = (more: object = {}) => ({
  kind: 'mlp',
  hidden: [16],
  data: quadrants(200, 0),
  test: quadrants(150, 1000),
  regularization: 1e-5,
  ...more,
});
const config = (more: object = {}, flow: object = {}) => ({
  topology: { kind: 'ring', nodes: 5 },
  cost: spec(more),
  flow: { kind: 'primal-dual', step: 0.5, alpha: 0.3, beta: 0.1, batch: 16, ...flow },
  rounds: 400,
});

describe('the beginning', () => {
  it('is the same for all, of variance 2/inputs, without biases, and another with another seed', async () => {
    const data = idxFiles(
      scratchFolder(),
      'train',
      Array.from({ length: 6 }, (_, r) => Array.from({ length: 400 }, (_, c) => (r * c) % 256)),
      [0, 1, 2, 0, 1, 2],
    );
    const load = (seed: number) =>
      loadSpec(
        { kind: 'mlp', hidden: [50], data, regularization: 0 },
        contextOf(2, { seed: { low: seed, high: 0 } }),
      );
    const model = await load(1);
    expect(model.dim).toBe(400 * 50 + 50 + 50 * 3 + 3);
    const x = model.initial!();
    const weights = x.subarray(0, 20_000);
    const mean = weights.reduce((a, b) => a + b) / 20_000;
    const variance = weights.reduce((sum, w) => sum + w * w, 0) / 20_000;
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(2 / 400 / 20_000));
    expect(Math.abs(variance / (2 / 400) - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000));
    expect(x.subarray(20_000, 20_050).every((bias) => bias === 0)).toBe(true);
    expect(x.subarray(20_050, 20_200).every((weight) => weight !== 0)).toBe(true);
    expect((await load(1)).initial!()).toEqual(x);
    expect((await load(2)).initial!()).not.toEqual(x);
  });
});

describe('over a ring', () => {
  it('learns what no linear model can', async () => {
    const { first, final } = await runSequentially(config(), 1);
    expect(first.consensusError).toBeLessThan(1e-15);
    expect(final.objective).toBeLessThan(0.5 * first.objective);
    expect(final.accuracy).toBeGreaterThan(0.9);
    expect(final.gap).toBeNaN();
    const linear = {
      ...config(),
      cost: { kind: 'softmax', data: spec().data, test: spec().test, regularization: 1e-5 },
    };
    expect((await runSequentially(linear, 1)).final.accuracy).toBeLessThan(0.7);
  });

  it('with messages of one bit a coordinate too, the same bits for any number of workers', async () => {
    const oneBit = {
      ...config({ hidden: [16, 8] }, { compress: 'error-state' }),
      compressor: { kind: 'flatten', inner: { kind: 'sign' } },
    };
    const once = await runSequentially(oneBit, 1);
    const threefold = await runSequentially(oneBit, 3);
    expect(threefold.stateHash).toBe(once.stateHash);
    expect({ ...threefold.final, seconds: 0 }).toEqual({ ...once.final, seconds: 0 });
    expect(once.final.accuracy).toBeGreaterThan(0.9);
  });
});

describe('around a server', () => {
  it('begins at its own weights too, and learns with one bit a coordinate both ways', async () => {
    const server = {
      cost: spec(),
      program: { kind: 'parameter-server', agents: 5, gamma: 0.5, lambda: 0.15, batch: 16 },
      rounds: 400,
    };
    const once = await runSequentially(server, 1);
    expect(once.first.objective).toBeCloseTo(
      (await runSequentially({ ...config(), rounds: 1 }, 1)).first.objective,
      12,
    );
    expect(once.final.accuracy).toBeGreaterThan(0.9);
    const threefold = await runSequentially(server, 3);
    expect(threefold.stateHash).toBe(once.stateHash);
  });
});

describe('bad input', () => {
  const message = (text: string) => ({ code: 'BAD_INPUT', message: expect.stringContaining(text) });
  it('gains that would need its curvature', async () => {
    await expect(runSequentially(config({}, { step: 'auto' }), 1)).rejects.toMatchObject(
      message('flow.step is "auto", expected a number: the cost does not say how smooth it is'),
    );
  });

  it('widths that are none, labels that are none', async () => {
    await expect(runSequentially(config({ hidden: [] }), 1)).rejects.toMatchObject(message('cost.hidden'));
    await expect(runSequentially(config({ hidden: [4, 0] }), 1)).rejects.toMatchObject(
      message('cost.hidden'),
    );
    await expect(runSequentially(config({ storage: 'dense' }), 1)).rejects.toMatchObject(message('storage'));
    const data = scratchFile('real.libsvm', '0.5 1:1\n1 1:2\n');
    await expect(runSequentially(config({ data, test: data }), 1)).rejects.toMatchObject(
      message('expected a whole number'),
    );
  });
});
