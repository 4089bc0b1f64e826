import { describe, expect, it } from 'vitest';
import * as reference from '../../kernels/reference/wht.js';
import {
  Bench,
  expectClose,
  expectSame,
  expectZeroPadding,
  normals,
  seededRandom,
  unkindVectors,
} from './harness.js';

const POWERS = Array.from({ length: 18 }, (_, i) => 2 ** i);

describe('Walsh-Hadamard transform', () => {
  it.each([
    [[5], [5]],
    [
      [1, 2],
      [3, -1],
    ],
    [
      [1, 0, 0, 0],
      [1, 1, 1, 1],
    ],
    [
      [1, 2, 3, 4],
      [10, -2, -4, 0],
    ],
  ])('of %j is %j', (input, output) => {
    const bench = new Bench(65536);
    const { at, data } = bench.f64(input.length);
    data.set(input);
    bench.kernels.wht(at, input.length);
    expect([...data]).toEqual(output);
  });

  it('has the bits of the plain loop at every size: regrouping stages does not reorder them', () => {
    const random = seededRandom(3);
    for (const n of [...POWERS, 2 ** 20]) {
      const bench = new Bench(n * 8 + 4096);
      const { at, data } = bench.f64(n);
      const plain = normals(n, random);
      data.set(plain);
      bench.kernels.wht(at, n);
      reference.wht(plain);
      expectSame(data, plain, `n = ${n}`);
      bench.checkGuards();
    }
  });

  it('applied twice is n times the identity', () => {
    const bench = new Bench(1 << 16);
    const { at, data } = bench.f64(512);
    for (let c = 0; c < 512; c++) data[c] = c - 100;
    bench.kernels.wht(at, 512);
    bench.kernels.wht(at, 512);
    expect([...data]).toEqual(Array.from({ length: 512 }, (_, c) => 512 * (c - 100)));
  });

  it('survives unkind vectors', () => {
    for (const n of [1, 2, 4, 8, 32, 64]) {
      for (const [name, vector] of Object.entries(unkindVectors(n))) {
        const bench = new Bench(65536);
        const { at, data } = bench.f64(n);
        data.set(vector);
        bench.kernels.wht(at, n);
        const plain = vector.slice();
        reference.wht(plain);
        expectSame(data, plain, `${name}, n = ${n}`);
      }
    }
  });
});

describe('flatten and unflatten', () => {
  const random = seededRandom(4);
  const dims = [...Array.from({ length: 70 }, (_, i) => i + 1), 127, 200, 1000];

  it('are the reference implementations, bit for bit, and each other`s inverse', () => {
    for (const dim of dims) {
      const n = 2 ** Math.ceil(Math.log2(dim));
      const bench = new Bench(1 << 17);
      const masks = bench.reserve(n * 8);
      bench.kernels.flattenMasks(masks, n, 5, 6, 7);
      const signs = reference.flattenSigns(n, 5, 6, 7);
      const vectors = [normals(dim, random), normals(dim, random), normals(dim, random)];
      const source = bench.rows(vectors, dim);
      // Padding of a row is zero of either sign, and must not matter.
      for (let r = 0; r < 3; r++)
        source.data.fill(-0, r * (source.stride / 8) + dim, (r + 1) * (source.stride / 8));
      const rotated = bench.rows(3, n, Number.NaN);
      const back = bench.rows(3, dim, Number.NaN);
      const { kernels } = bench;
      kernels.flattenBlock(source.at, source.stride, rotated.at, rotated.stride, 3, dim, n, masks);
      const plains = vectors.map((vector) => reference.flatten(vector, signs));
      for (let r = 0; r < 3; r++) expectSame(rotated.row(r), plains[r], `flatten dim ${dim}, row ${r}`);
      expectZeroPadding(rotated, `flatten dim ${dim}`);
      kernels.unflattenBlock(rotated.at, rotated.stride, back.at, back.stride, 3, dim, n, masks);
      for (let r = 0; r < 3; r++) {
        expectSame(back.row(r), reference.unflatten(plains[r], signs, dim), `unflatten dim ${dim}, row ${r}`);
        expectClose(back.row(r), vectors[r], 1e-14, `U^T U, dim ${dim}`);
      }
      expectZeroPadding(back, `unflatten dim ${dim}`);
      bench.checkGuards();
    }
  });
});
