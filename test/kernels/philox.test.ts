import { describe, expect, it } from 'vitest';
import { philox4x32, philoxUniform, philoxWords } from '../../kernels/reference/philox.js';
import { flattenSigns } from '../../kernels/reference/wht.js';
import { Bench, expectSame, SIZES } from './harness.js';

/** Known-answer tests of philox4x32_10 in Random123 (D. E. Shaw Research): examples/kat_vectors. */
const PUBLISHED = [
  { counter: [0, 0, 0, 0], key: [0, 0], out: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    out: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    out: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as const;

describe('Philox4x32-10', () => {
  it('gives the published answers, kernel and reference implementation', () => {
    const bench = new Bench(65536);
    for (const { counter, key, out } of PUBLISHED) {
      expect(philox4x32(counter, key)).toEqual(out);
      const at = bench.reserve(16);
      bench.kernels.philoxWords(at, 1, counter[0], counter[1], counter[2], counter[3], key[0], key[1]);
      expect([...new Uint32Array(bench.memory.buffer, at, 4)]).toEqual(out);
    }
    bench.checkGuards();
  });

  it('numbers blocks from firstBlock: a stream may be drawn in pieces', () => {
    const bench = new Bench(65536);
    const at = bench.reserve(16 * 10);
    bench.kernels.philoxWords(at, 10, 0, 3, 7, 5, 11, 13);
    const reference = philoxWords(40, 3, 7, 5, [11, 13]);
    expectSame(new Uint32Array(bench.memory.buffer, at, 40), reference, 'whole');
    const piece = bench.reserve(16 * 4);
    bench.kernels.philoxWords(piece, 4, 6, 3, 7, 5, 11, 13);
    expectSame(new Uint32Array(bench.memory.buffer, piece, 16), reference.subarray(24), 'piece');
  });

  it('uniforms lie inside (-1, 1) and are the reference implementation, for every length', () => {
    for (const n of SIZES) {
      const bench = new Bench(1 << 16);
      const { at, data } = bench.f64(n);
      bench.kernels.philoxUniform(at, n, 12, 34, 2, 0xdeadbeef, 0xffffffff);
      expectSame(data, philoxUniform(n, 12, 34, 2, [0xdeadbeef, 0xffffffff]), `n = ${n}`);
      expect(data.every((u) => u > -1 && u < 1)).toBe(true);
      bench.checkGuards();
    }
  });

  it('flatten masks are sign bits, one for each coordinate', () => {
    for (const n of [...SIZES, 129, 4096]) {
      const bench = new Bench(1 << 17);
      const at = bench.reserve(n * 8);
      bench.kernels.flattenMasks(at, n, 99, 42, 1);
      const signs = flattenSigns(n, 99, 42, 1);
      const masks = new BigUint64Array(bench.memory.buffer, at, n);
      for (let c = 0; c < n; c++) expect(masks[c]).toBe(signs[c] < 0 ? 1n << 63n : 0n);
      bench.checkGuards();
    }
  });
});
