/**
 * Test accuracy: counted by kernels as anyone would count it, by any number of workers, and refused where it
 * would mean nothing.
 */

import { describe, expect, it } from 'vitest';
import { idxFiles } from '../data/idx-files.js';
import { runSequentially } from '../support/sequential.js';
import { AGENTS, hasKernels, onWorker } from './on-worker.js';
import { contextOf, loadSpec, scratchFile, scratchFolder } from './support.js';

const wave = (i: number): number => Math.sin(1 + 1.7 * i + 0.3 * i * i);
const line = (label: number, r: number, width: number): string =>
  `${label} ${Array.from({ length: width }, (_, c) => `${c + 1}:${wave(7 * r + c)}`).join(' ')}\n`;
const libsvm = (rows: number, label: (r: number) => number, width = 4, from = 0): string =>
  scratchFile(
    'data.libsvm',
    Array.from({ length: rows }, (_, r) => line(label(from + r), from + r, width)).join(''),
  );
const two = (r: number): number => (wave(7 * r) + wave(7 * r + 1) > 0 ? 2 : 1);
const three = (r: number): number => Math.floor(1.5 * (wave(7 * r) + 1)) % 3;

describe.skipIf(!hasKernels)('counting', () => {
  it.each(['dense', 'sparse'])('logistic, %s: the side of 0 that the label says', async (storage) => {
    const spec = {
      kind: 'logistic',
      data: libsvm(20, two),
      test: libsvm(31, two, 4, 50),
      regularization: 0.1,
      storage,
    };
    const model = await loadSpec(spec, contextOf(AGENTS));
    expect(model.plan.testSamples).toBe(31);
    const worker = onWorker(model);
    const x = Float64Array.of(0.5, -1, 0.25, 2);
    const isRight = (r: number): boolean =>
      x.reduce((sum, entry, c) => sum + entry * wave(7 * r + c), 0) > 0 === (two(r) === 2);
    const expected = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, t) => isRight(50 + from + t)).filter(Boolean).length;
    for (const [from, to] of [
      [0, 31],
      [0, 10],
      [10, 31],
      [31, 31],
    ] as const) {
      expect(worker.correct(from, to, x)).toBe(expected(from, to));
    }
    // A margin of 0 is on the side of the smaller label.
    const ones = Array.from({ length: 31 }, (_, t) => two(50 + t)).filter((label) => label === 1).length;
    expect(worker.correct(0, 31, new Float64Array(4))).toBe(ones);
  });

  it.each(['dense', 'sparse'])('softmax, %s: the first class of largest margin', async (storage) => {
    const spec = {
      kind: 'softmax',
      data: libsvm(20, three),
      test: libsvm(31, three, 4, 50),
      regularization: 0.1,
      storage,
    };
    const worker = onWorker(await loadSpec(spec, contextOf(AGENTS)));
    const x = Float64Array.from({ length: 12 }, (_, c) => wave(c));
    const isRight = (r: number): boolean => {
      const margins = [0, 1, 2].map((k) =>
        [0, 1, 2, 3].reduce((sum, c) => sum + x[4 * k + c]! * wave(7 * r + c), 0),
      );
      return margins.indexOf(Math.max(...margins)) === three(r);
    };
    const expected = Array.from({ length: 31 }, (_, t) => isRight(50 + t)).filter(Boolean).length;
    expect(worker.correct(0, 31, x)).toBe(expected);
    const zeros = Array.from({ length: 31 }, (_, t) => three(50 + t)).filter((label) => label === 0).length;
    expect(worker.correct(0, 31, new Float64Array(12))).toBe(zeros);
  });

  it('test files may know fewer or more features of LIBSVM: those that nobody learned weigh nothing', async () => {
    for (const width of [2, 9]) {
      const spec = {
        kind: 'logistic',
        data: libsvm(20, two),
        test: libsvm(9, two, width),
        regularization: 0.1,
      };
      const model = await loadSpec(spec, contextOf(AGENTS));
      expect(model.dim).toBe(4);
      const x = Float64Array.of(0.5, -1, 0.25, 2);
      const known = Math.min(width, 4);
      const right = Array.from({ length: 9 }, (_, r) => {
        const margin = x.slice(0, known).reduce((sum, entry, c) => sum + entry * wave(7 * r + c), 0);
        return margin > 0 === (two(r) === 2);
      }).filter(Boolean).length;
      expect(onWorker(model).correct(0, 9, x)).toBe(right);
    }
  });
});

describe('in a run', () => {
  const run = (workers: number) =>
    runSequentially(
      {
        topology: { kind: 'ring', nodes: 5 },
        cost: {
          kind: 'softmax',
          data: libsvm(60, three),
          test: libsvm(37, three, 4, 60),
          regularization: 0.01,
          solve: false,
        },
        flow: { kind: 'primal-dual', step: 0.5, alpha: 0.3, beta: 0.2, batch: 5 },
        rounds: 150,
      },
      workers,
    );

  it('the share joins the trace, the same for any number of workers', async () => {
    const once = await run(1);
    const threefold = await run(3);
    expect(once.first.accuracy).toBeLessThan(0.6);
    expect(once.final.accuracy).toBeGreaterThan(0.7);
    expect(once.final.accuracy * 37).toBeCloseTo(Math.round(once.final.accuracy * 37), 9);
    expect({ ...threefold.final, seconds: 0 }).toEqual({ ...once.final, seconds: 0 });
    // solve: false leaves the gap unknown.
    expect(once.final.gap).toBeNaN();
  });

  it('without test samples it is empty', async () => {
    const cost = { kind: 'quadratic', dim: 3 };
    const config = { topology: { kind: 'ring', nodes: 5 }, cost, flow: { kind: 'primal-dual' }, rounds: 5 };
    expect((await runSequentially(config, 1)).final.accuracy).toBeNaN();
  });
});

describe('bad input', () => {
  const message = (text: string) => ({ code: 'BAD_INPUT', message: expect.stringContaining(text) });

  it('a label that nobody was trained on, with file and line', async () => {
    const test = scratchFile('test.libsvm', '1 1:1\n2 1:3\n4 1:1\n');
    for (const kind of ['logistic', 'softmax']) {
      const spec = { kind, data: libsvm(20, two), test, regularization: 0.1 };
      await expect(loadSpec(spec, contextOf(AGENTS))).rejects.toMatchObject(
        message(`${test}:3: the label is 4, expected one of the classes trained on (1, 2)`),
      );
    }
  });

  it('a label outside 0 .. classes - 1', async () => {
    const files = idxFiles(
      scratchFolder(),
      'train',
      [
        [0, 9],
        [8, 7],
        [6, 5],
      ],
      [0, 1, 10],
    );
    const spec = { kind: 'softmax', data: files, classes: 10, regularization: 0 };
    await expect(loadSpec(spec, contextOf(2))).rejects.toMatchObject(
      message('row 2 (from 0): the label is 10, expected a whole number in 0..9 (cost.classes is 10)'),
    );
    // Classes that no sample has are classes all the same.
    const more = { ...spec, classes: 12 };
    expect((await loadSpec(more, contextOf(2))).dim).toBe(24);
  });

  it('other features than those of the training images', async () => {
    const folder = scratchFolder();
    const data = idxFiles(
      folder,
      'train',
      [
        [0, 9],
        [8, 7],
      ],
      [0, 1],
    );
    const test = idxFiles(folder, 'test', [[0, 9, 1]], [0]);
    await expect(
      loadSpec({ kind: 'softmax', data, test, regularization: 0 }, contextOf(2)),
    ).rejects.toMatchObject(message('has 3 features, expected 2'));
  });

  it('a cost that tells no classes apart', async () => {
    const config = {
      topology: { kind: 'ring', nodes: 5 },
      cost: { kind: 'least-squares', data: libsvm(9, two), test: libsvm(9, two), regularization: 0.1 },
      flow: { kind: 'primal-dual' },
    };
    await expect(runSequentially(config, 1)).rejects.toMatchObject(message('test'));
  });
});
