/**
 * Encode, decode and gather: bytes against the twins' bytes, numbers against the twins' numbers. One table runs every wire format
 * through the same checks.
 */

import { describe, expect, it } from 'vitest';
import type { Kernels } from '../../kernels/bindings.js';
import * as compressors from '../../kernels/reference/compressors.js';
import { gather, gatherSigned } from '../../kernels/reference/gather.js';
import { philoxUniform } from '../../kernels/reference/philox.js';
import * as reference from '../../kernels/reference/wht.js';
import * as wire from '../../kernels/reference/wire.js';
import { DITHER_SCRATCH } from '../../kernels/sizes.js';
import {
  Bench,
  expectClose,
  expectSame,
  expectSameBits,
  expectZeroPadding,
  normals,
  type Rows,
  randomBlocks,
  SIZES,
  seededRandom,
  smallGraph,
  unkindVectors,
} from './harness.js';

const indexBits = (n: number) => (n <= 1 ? 0 : 32 - Math.clz32(n - 1));
const sparseK = (n: number) => Math.max(1, Math.round(n / 6));
const scalarIndex = (n: number) => Math.floor(n / 2);

interface Outbox {
  at: number;
  stride: number;
}
interface Graph {
  rowStart: number;
  columns: number;
  weights: number;
  weightStride: number;
  degrees: number;
}

interface Format {
  /** In which order neighbours are summed. */
  gathered: typeof gather;
  bits(n: number): number;
  encode(e: Float64Array, agent: number): Uint8Array;
  decode(slot: Uint8Array, n: number): Float64Array;
  kernelEncode(bench: Bench, first: number, count: number, errors: Rows, slots: Outbox, n: number): void;
  kernelDecode(kernels: Kernels, first: number, count: number, slots: Outbox, out: Rows, n: number): void;
  kernelGather(
    kernels: Kernels,
    first: number,
    count: number,
    g: Graph,
    slots: Outbox,
    out: Rows,
    n: number,
  ): void;
}

const scalarCount = (n: number) => Math.min(n, 3);
const cyclic = (e: Float64Array) =>
  Float64Array.from({ length: scalarCount(e.length) }, (_, t) => e[(scalarIndex(e.length) + t) % e.length]);

/** Of everything that is dithered below. */
const ROUND = 77;
const KEY = [0x12345678, 0x9abcdef0] as const;
const AMPLITUDE = 2.5;
const SHRINK = 0.2;
const LAMBDA = 0.7;
const dither = (n: number, agent: number) => philoxUniform(n, agent, ROUND, 2, KEY);

/** Scales by rule, read by the same kernels whoever wrote them. */
function signFormat(rule: compressors.SignRule, scaleBits: 64 | 32): Format {
  const single = scaleBits === 32;
  return {
    gathered: gatherSigned,
    bits: (n) => wire.signBits(n, scaleBits),
    encode: (e) => wire.encodeSigned(compressors.signScaled(e, rule, scaleBits), scaleBits),
    decode: (slot, n) => wire.decodeSign(slot, n, scaleBits),
    kernelEncode: ({ kernels }, first, count, e, s, n) =>
      kernels.encodeSignScaled(
        first,
        count,
        e.at,
        e.stride,
        s.at,
        s.stride,
        n,
        compressors.SIGN_RULE[rule],
        scaleBits / 8,
      ),
    kernelDecode: (kernels, first, count, s, o, n) => {
      const decode = single ? kernels.decodeSignSingle : kernels.decodeSign;
      decode(first, count, s.at, s.stride, o.at, o.stride, n);
    },
    kernelGather: (kernels, first, count, g, s, o, n) => {
      const gatherKernel = single ? kernels.gatherSignSingle : kernels.gatherSign;
      gatherKernel(
        first,
        count,
        g.rowStart,
        g.columns,
        g.weights,
        g.weightStride,
        g.degrees,
        s.at,
        s.stride,
        o.at,
        o.stride,
        n,
      );
    },
  };
}

/** A step that everyone knows, or (0) one that each message carries. */
function levelReaders(
  bits: number,
  step: number,
): Pick<Format, 'gathered' | 'decode' | 'kernelDecode' | 'kernelGather'> {
  return {
    gathered: gather,
    decode: (slot, n) => wire.decodeLevels(slot, n, bits, step || undefined),
    kernelDecode: (kernels, first, count, s, o, n) =>
      kernels.decodeLevels(first, count, s.at, s.stride, o.at, o.stride, n, bits, step),
    kernelGather: (kernels, first, count, g, s, o, n) =>
      kernels.gatherLevels(
        first,
        count,
        g.rowStart,
        g.columns,
        g.weights,
        g.weightStride,
        g.degrees,
        s.at,
        s.stride,
        o.at,
        o.stride,
        n,
        bits,
        step,
      ),
  };
}

function levelFormat(bits: number): Format {
  const step = 2.3 / 2 ** bits;
  const most = 2 ** (bits - 1) - 1;
  return {
    ...levelReaders(bits, step),
    bits: (n) => wire.levelBits(n, bits, true),
    encode: (e) => wire.encodeLevels(compressors.quantize(e, step, most), bits, true),
    kernelEncode: (bench, first, count, e, s, n) => {
      const codes = bench.reserve(Math.ceil(n / 8) * 32);
      bench.kernels.encodeLevels(first, count, e.at, e.stride, s.at, s.stride, n, bits, most, step, codes);
    },
  };
}

function ditheredFormat(most: number, size: 'l2' | 'max'): Format {
  const bits = 1 + Math.ceil(Math.log2(most + 1));
  return {
    ...levelReaders(bits, 0),
    bits: (n) => wire.levelBits(n, bits, false),
    encode: (e, agent) =>
      wire.encodeLevels(compressors.quantizeDithered(e, dither(e.length, agent), most, size), bits, false),
    kernelEncode: (bench, first, count, e, s, n) =>
      bench.kernels.encodeLevelsDithered(
        first,
        count,
        e.at,
        e.stride,
        s.at,
        s.stride,
        n,
        bits,
        most,
        size === 'max' ? 1 : 0,
        ROUND,
        KEY[0],
        KEY[1],
        bench.rows(1, n, Number.NaN).at,
      ),
  };
}

const FORMATS: Record<string, Format> = {
  dense: {
    gathered: gather,
    bits: wire.denseBits,
    encode: wire.encodeDense,
    decode: wire.decodeDense,
    kernelEncode: ({ kernels }, first, count, e, s, n) =>
      kernels.encodeDense(first, count, e.at, e.stride, s.at, s.stride, n),
    kernelDecode: (kernels, first, count, s, o, n) =>
      kernels.decodeDense(first, count, s.at, s.stride, o.at, o.stride, n),
    kernelGather: (kernels, first, count, g, s, o, n) =>
      kernels.gatherDense(
        first,
        count,
        g.rowStart,
        g.columns,
        g.weights,
        g.weightStride,
        g.degrees,
        s.at,
        s.stride,
        o.at,
        o.stride,
        n,
      ),
  },
  sign: {
    gathered: gatherSigned,
    bits: wire.signBits,
    encode: wire.encodeSign,
    decode: wire.decodeSign,
    kernelEncode: ({ kernels }, first, count, e, s, n) =>
      kernels.encodeSign(first, count, e.at, e.stride, s.at, s.stride, n),
    kernelDecode: (kernels, first, count, s, o, n) =>
      kernels.decodeSign(first, count, s.at, s.stride, o.at, o.stride, n),
    kernelGather: (kernels, first, count, g, s, o, n) =>
      kernels.gatherSign(
        first,
        count,
        g.rowStart,
        g.columns,
        g.weights,
        g.weightStride,
        g.degrees,
        s.at,
        s.stride,
        o.at,
        o.stride,
        n,
      ),
  },
  sparse: {
    gathered: gather,
    bits: (n) => wire.sparseBits(sparseK(n), indexBits(n)),
    encode: (e) => wire.encodeSparse(e, sparseK(e.length), indexBits(e.length)),
    decode: (slot, n) => wire.decodeSparse(slot, n, sparseK(n), indexBits(n)),
    kernelEncode: (bench, first, count, e, s, n) => {
      const scratch = bench.reserve(n * 8);
      bench.kernels.encodeSparse(
        first,
        count,
        e.at,
        e.stride,
        s.at,
        s.stride,
        n,
        sparseK(n),
        indexBits(n),
        scratch,
      );
    },
    kernelDecode: (kernels, first, count, s, o, n) =>
      kernels.decodeSparse(first, count, s.at, s.stride, o.at, o.stride, n, sparseK(n), indexBits(n)),
    kernelGather: (kernels, first, count, g, s, o, n) =>
      kernels.gatherSparse(
        first,
        count,
        g.rowStart,
        g.columns,
        g.weights,
        g.weightStride,
        g.degrees,
        s.at,
        s.stride,
        o.at,
        o.stride,
        n,
        sparseK(n),
        indexBits(n),
      ),
  },
  scalars: {
    gathered: gather,
    bits: (n) => wire.scalarBits(scalarCount(n)),
    encode: (e) => wire.encodeScalars(cyclic(e)),
    decode: (slot, n) => {
      const numbers = wire.decodeScalars(slot, scalarCount(n));
      const message = new Float64Array(n);
      for (const [t, number] of numbers.entries()) message[(scalarIndex(n) + t) % n] = number;
      return message;
    },
    kernelEncode: ({ kernels }, first, count, e, s, n) =>
      kernels.encodeScalars(first, count, e.at, e.stride, s.at, s.stride, n, scalarIndex(n), scalarCount(n)),
    kernelDecode: (kernels, first, count, s, o, n) =>
      kernels.decodeScalars(first, count, s.at, s.stride, o.at, o.stride, n, scalarIndex(n), scalarCount(n)),
    kernelGather: (kernels, first, count, g, s, o, n) =>
      kernels.gatherScalars(
        first,
        count,
        g.rowStart,
        g.columns,
        g.weights,
        g.weightStride,
        g.degrees,
        s.at,
        s.stride,
        o.at,
        o.stride,
        n,
        scalarIndex(n),
        scalarCount(n),
      ),
  },
  'sign, mean, float32 scale': signFormat('mean', 32),
  'sign, unbiased': signFormat('unbiased', 64),
  'sign, unbiased, float32 scale': signFormat('unbiased', 32),
  'sign, half the largest': signFormat('half-max', 64),
  'sign, no scale': signFormat('unit', 64),
  'dithered one-bit': {
    ...signFormat('mean', 64),
    encode: (e, agent) =>
      wire.encodeSigned(compressors.oneBit(e, dither(e.length, agent), AMPLITUDE, SHRINK)),
    kernelEncode: (bench, first, count, e, s, n) =>
      bench.kernels.encodeOneBit(
        first,
        count,
        e.at,
        e.stride,
        s.at,
        s.stride,
        n,
        AMPLITUDE,
        0,
        SHRINK,
        ROUND,
        KEY[0],
        KEY[1],
        bench.f64(DITHER_SCRATCH).at,
      ),
  },
  'dithered one-bit, lambda given': {
    ...signFormat('mean', 64),
    encode: (e, agent) => wire.encodeSigned(compressors.ditheredBy(e, dither(e.length, agent), LAMBDA)),
    kernelEncode: (bench, first, count, e, s, n) =>
      bench.kernels.encodeOneBit(
        first,
        count,
        e.at,
        e.stride,
        s.at,
        s.stride,
        n,
        0,
        LAMBDA,
        1,
        ROUND,
        KEY[0],
        KEY[1],
        bench.f64(DITHER_SCRATCH).at,
      ),
  },
  ...Object.fromEntries([2, 3, 5, 8, 15, 16].map((bits) => [`levels of ${bits} bits`, levelFormat(bits)])),
  'dithered levels, 2-norm': ditheredFormat(5, 'l2'),
  'dithered levels, ternary': ditheredFormat(1, 'max'),
};

function placeGraph(bench: Bench, graph: ReturnType<typeof smallGraph>): Graph {
  return {
    rowStart: bench.u32(graph.rowStart),
    columns: bench.u32(graph.columns),
    weights: bench.doubles(graph.unit ? [1] : graph.weights),
    weightStride: graph.unit ? 0 : 8,
    degrees: bench.doubles(graph.degrees),
  };
}

/** Same message, twice: the bytes of the slot, then what a reader makes of them. */
function checkRoundTrip(format: Format, vectors: Float64Array[], n: number, what: string): void {
  const bench = new Bench(1 << 20);
  const stride = wire.slotBytes(format.bits(n));
  const agents = vectors.length + 2;
  const outbox = bench.bytes(agents * stride);
  const slots = { at: outbox.at, stride };
  format.kernelEncode(bench, 1, vectors.length, bench.rows(vectors, n), slots, n);
  const decoded = bench.rows(vectors.length, n, Number.NaN);
  format.kernelDecode(bench.kernels, 1, vectors.length, slots, decoded, n);
  for (const [r, vector] of vectors.entries()) {
    const bytes = outbox.data.slice((r + 1) * stride, (r + 2) * stride);
    const twin = format.encode(vector, r + 1);
    expectSame(bytes, twin, `${what}, bytes of row ${r}`);
    expectSame(decoded.row(r), format.decode(twin, n), `${what}, decoded row ${r}`);
  }
  const neighbours = [...outbox.data.subarray(0, stride), ...outbox.data.subarray((agents - 1) * stride)];
  expect(neighbours.every((byte) => byte === 0xee)).toBe(true);
  expectZeroPadding(decoded, what);
  bench.checkGuards();
}

describe('layouts, by hand', () => {
  it('sign: scale, then one bit an entry, least significant first', () => {
    const bench = new Bench(65536);
    const e = bench.rows([Float64Array.of(1, -2, 3, -4, 0, -0, 1, 1, -1, 7)], 10);
    const slot = bench.bytes(16);
    bench.kernels.encodeSign(0, 1, e.at, e.stride, slot.at, 16, 10);
    expect(new DataView(slot.data.buffer, slot.at).getFloat64(0, true)).toBe(20 / 10);
    // entries 1, 3 and 5 (a negative zero) of the first byte; entry 8 of the second; nothing behind.
    expect([...slot.data.slice(8)]).toEqual([0b00101010, 0b00000001, 0, 0, 0, 0, 0, 0]);
  });

  it('levels: two`s complement, least significant bit first, after the step where it is sent', () => {
    const bench = new Bench(65536);
    // In steps of 1/2, cut to -3 .. 3: 1, -2, 3 (of 8), 0, and 0 again (half a step, ties to even), 2 (of 1.5 steps).
    const e = bench.rows([Float64Array.of(0.5, -1, 4, 0, 0.25, 0.75)], 6);
    const slot = bench.bytes(8);
    bench.kernels.encodeLevels(0, 1, e.at, e.stride, slot.at, 8, 6, 3, 3, 0.5, bench.reserve(32));
    // 001, 110, 011, 000, 000, 010 from the low end: 0b010_000_000_011_110_001.
    expect(new DataView(slot.data.buffer, slot.at).getUint32(0, true)).toBe(0b010_000_000_011_110_001);
  });

  it('sparse: k values, then k indices of 4 bits, ascending', () => {
    const bench = new Bench(65536);
    const e = bench.rows([Float64Array.of(0.5, -9, 1, 1, 0, 0, 4, 0, 0, -4)], 10);
    const slot = bench.bytes(32);
    bench.kernels.encodeSparse(0, 1, e.at, e.stride, slot.at, 32, 10, 3, 4, bench.reserve(80));
    expect([...new Float64Array(slot.data.buffer, slot.at, 3)]).toEqual([-9, 4, -4]);
    expect([...slot.data.slice(24)]).toEqual([0x61, 0x09, 0, 0, 0, 0, 0, 0]);
  });

  it('sparse: an index may straddle two words', () => {
    // 7 indices of 10 bits: the seventh begins at bit 60.
    const vector = new Float64Array(1000);
    const kept = [1, 2, 3, 500, 600, 700, 999];
    for (const c of kept) vector[c] = c;
    const slot = wire.encodeSparse(vector, 7, 10);
    expect(slot.length).toBe(7 * 8 + 16);
    const bench = new Bench(65536);
    const at = bench.bytes(slot.length);
    const e = bench.rows([vector], 1000);
    bench.kernels.encodeSparse(0, 1, e.at, e.stride, at.at, slot.length, 1000, 7, 10, bench.reserve(8000));
    expectSame(at.data, slot, 'bytes');
    const out = bench.rows(1, 1000);
    bench.kernels.decodeSparse(0, 1, at.at, slot.length, out.at, out.stride, 1000, 7, 10);
    expectSame(out.row(0), vector, 'decoded');
  });

  it('sparse: ties go to the lowest index', () => {
    const bench = new Bench(65536);
    const e = bench.rows([Float64Array.of(1, -2, 2, -2, 2, 1, 1, 1)], 8);
    const slot = bench.bytes(24);
    bench.kernels.encodeSparse(0, 1, e.at, e.stride, slot.at, 24, 8, 2, 3, bench.reserve(64));
    expect([...new Float64Array(slot.data.buffer, slot.at, 2)]).toEqual([-2, 2]);
    expect(slot.data[16]).toBe(1 + (2 << 3));
  });
});

describe('projections', () => {
  it('are scalar products with shared directions; a gather unfolds the neighbours` sum', () => {
    const random = seededRandom(14);
    for (const [n, m] of [
      [1, 1],
      [2, 2],
      [7, 3],
      [16, 1],
      [33, 5],
      [100, 2],
    ]) {
      const bench = new Bench(1 << 20);
      const { kernels } = bench;
      const graph = smallGraph(13, false);
      const g = placeGraph(bench, graph);
      const directions = Array.from({ length: m }, () => normals(n, random));
      const basis = bench.rows(directions, n);
      const vectors = Array.from({ length: graph.agents }, () => normals(n, random));
      const e = bench.rows(vectors, n);
      const outbox = bench.bytes(graph.agents * m * 8);
      kernels.encodeProjections(0, graph.agents, e.at, e.stride, outbox.at, m * 8, n, basis.at, m);
      const numbers = vectors.map((vector) => compressors.project(vector, directions));
      const out = bench.rows(graph.agents, n, Number.NaN);
      kernels.decodeProjections(0, graph.agents, outbox.at, m * 8, out.at, out.stride, n, basis.at, m);
      for (const [i, row] of numbers.entries()) {
        const bytes = outbox.data.subarray(i * m * 8, (i + 1) * m * 8);
        expectSame(bytes, wire.encodeScalars(row), `n = ${n}, m = ${m}, agent ${i}`);
        expectSame(out.row(i), compressors.unfold(row, directions), `n = ${n}, m = ${m}, agent ${i}`);
      }
      kernels.gatherProjections(
        0,
        graph.agents,
        g.rowStart,
        g.columns,
        g.weights,
        g.weightStride,
        g.degrees,
        outbox.at,
        m * 8,
        out.at,
        out.stride,
        n,
        basis.at,
        m,
        bench.reserve(m * 8),
      );
      for (let i = 0; i < graph.agents; i++) {
        const expected = compressors.unfold(gather(graph, numbers, i), directions);
        expectSame(out.row(i), expected, `gather, n = ${n}, m = ${m}, agent ${i}`);
      }
      expectZeroPadding(out, `n = ${n}`);
      bench.checkGuards();
    }
  });
});

describe.each(Object.entries(FORMATS))('%s messages', (name, format) => {
  const random = seededRandom(name.length);

  it('are the twin`s bytes, and decode to the twin`s numbers, at every size', () => {
    for (const n of SIZES) {
      const vectors = Array.from({ length: 3 }, () => normals(n, random));
      checkRoundTrip(format, vectors, n, `${name}, n = ${n}`);
    }
  });

  it('survive unkind vectors', () => {
    for (const n of [1, 2, 7, 8, 9, 16, 33, 64, 100]) {
      checkRoundTrip(format, Object.values(unkindVectors(n)), n, `${name}, unkind, n = ${n}`);
    }
  });

  it.each([true, false])('gather to the Laplacian of what they decode to (unit weights: %s)', (unit) => {
    const graph = smallGraph(13, unit);
    for (const n of SIZES.filter((size) => size < 300)) {
      const bench = new Bench(1 << 20);
      const g = placeGraph(bench, graph);
      const stride = wire.slotBytes(format.bits(n));
      const slots = { at: bench.reserve(graph.agents * stride), stride };
      const vectors = Array.from({ length: graph.agents }, () => normals(n, random));
      format.kernelEncode(bench, 0, graph.agents, bench.rows(vectors, n), slots, n);
      const out = bench.rows(graph.agents, n, Number.NaN);
      format.kernelGather(bench.kernels, 0, graph.agents, g, slots, out, n);
      const messages = vectors.map((vector, i) => format.decode(format.encode(vector, i), n));
      for (let i = 0; i < graph.agents; i++) {
        expectSame(out.row(i), format.gathered(graph, messages, i), `${name}, n = ${n}, agent ${i}`);
      }
      expectZeroPadding(out, `${name}, n = ${n}`);

      // However agents are cut into blocks, an agent's bits are the same.
      const cut = bench.rows(graph.agents, n, Number.NaN);
      for (const [first, count] of randomBlocks(graph.agents, random)) {
        const scratch = bench.rows(count, n, Number.NaN);
        format.kernelGather(bench.kernels, first, count, g, slots, scratch, n);
        cut.data.set(scratch.data, (first * cut.stride) / 8);
      }
      expectSameBits(cut.data, out.data, 'cut into blocks');
      bench.checkGuards();
    }
  });
});

describe('top-k selection', () => {
  const select = (vector: Float64Array, k: number) => {
    const n = vector.length;
    const bench = new Bench(1 << 20);
    const stride = wire.slotBytes(wire.sparseBits(k, indexBits(n)));
    const slot = bench.bytes(stride);
    const e = bench.rows([vector], n);
    bench.kernels.encodeSparse(
      0,
      1,
      e.at,
      e.stride,
      slot.at,
      stride,
      n,
      k,
      indexBits(n),
      bench.reserve(n * 8),
    );
    bench.checkGuards();
    return slot.data.slice();
  };

  it('is the twin`s for every k, ties included', () => {
    const random = seededRandom(8);
    for (const n of [1, 2, 3, 8, 17, 64]) {
      for (let k = 1; k <= n; k++) {
        const coarse = normals(n, random).map((entry) => Math.round(entry));
        for (const vector of [normals(n, random), coarse, ...Object.values(unkindVectors(n))]) {
          expectSame(select(vector, k), wire.encodeSparse(vector, k, indexBits(n)), `n = ${n}, k = ${k}`);
        }
      }
    }
  });

  it('ends, and sends them first, when there are NaN and Infinity', () => {
    const vector = Float64Array.of(1, Number.NaN, 3, Number.NEGATIVE_INFINITY, 5, Number.NaN, 0, 2);
    for (let k = 1; k <= 8; k++) expectSame(select(vector, k), wire.encodeSparse(vector, k, 3), `k = ${k}`);
    expectSame(
      select(new Float64Array(20).fill(Number.NaN), 5).subarray(40),
      [0x20, 0x88, 0x41, 0, 0, 0, 0, 0],
      'all NaN',
    );
  });

  it('finds k of many', () => {
    const vector = normals(20_000, seededRandom(9));
    expectSame(select(vector, 300), wire.encodeSparse(vector, 300, 15), 'n = 20000');
  });
});

describe('encodeFlattenedSign', () => {
  it('is flatten, then encodeSign, bit for bit; and the twins` composition', () => {
    const random = seededRandom(10);
    for (const dim of [...Array.from({ length: 70 }, (_, i) => i + 1), 100, 128, 250, 256, 1000]) {
      const n = 2 ** Math.ceil(Math.log2(dim));
      const bench = new Bench(1 << 18);
      const { kernels } = bench;
      const masks = bench.reserve(n * 8);
      kernels.flattenMasks(masks, n, 3, 4, 5);
      const signs = reference.flattenSigns(n, 3, 4, 5);
      const vectors = [normals(dim, random), normals(dim, random), ...Object.values(unkindVectors(dim))];
      const errors = bench.rows(vectors, dim);
      const stride = wire.slotBytes(wire.signBits(n));
      const fused = bench.bytes(vectors.length * stride);
      kernels.encodeFlattenedSign(
        0,
        vectors.length,
        errors.at,
        errors.stride,
        fused.at,
        stride,
        dim,
        n,
        masks,
        bench.reserve(n * 8),
      );
      const rotated = bench.rows(vectors.length, n);
      kernels.flattenBlock(
        errors.at,
        errors.stride,
        rotated.at,
        rotated.stride,
        vectors.length,
        dim,
        n,
        masks,
      );
      const composed = bench.bytes(vectors.length * stride);
      kernels.encodeSign(0, vectors.length, rotated.at, rotated.stride, composed.at, stride, n);
      expectSame(fused.data, composed.data, `dim ${dim}`);
      for (const [r, vector] of vectors.entries()) {
        const twin = wire.encodeSign(reference.flatten(vector, signs));
        expectSame(fused.data.subarray(r * stride, (r + 1) * stride), twin, `dim ${dim}, row ${r}`);
      }
      bench.checkGuards();
    }
  });

  it('loses 1 - 2/pi of the energy of a vector of which one entry in ten is not zero', () => {
    const dim = 256;
    const bench = new Bench(1 << 18);
    const { kernels } = bench;
    const masks = bench.reserve(dim * 8);
    const vector = normals(dim, seededRandom(12)).map((entry, c) => (c % 10 === 3 ? entry : 0));
    const errors = bench.rows([vector], dim);
    const rotated = bench.rows(1, dim);
    const back = bench.rows(1, dim);
    const slot = bench.reserve(8 + dim / 8);
    let loss = 0;
    for (let round = 0; round < 400; round++) {
      kernels.flattenMasks(masks, dim, round, 1, 0);
      kernels.encodeFlattenedSign(0, 1, errors.at, 0, slot, 0, dim, dim, masks, rotated.at);
      kernels.decodeSign(0, 1, slot, 0, rotated.at, 0, dim);
      kernels.unflattenBlock(rotated.at, 0, back.at, 0, 1, dim, dim, masks);
      const kept = back.row(0);
      const energy = vector.reduce((total, entry) => total + entry ** 2, 0);
      loss += vector.reduce((total, entry, c) => total + (entry - kept[c]) ** 2, 0) / energy / 400;
    }
    expectClose([loss], [1 - 2 / Math.PI], 0.03, 'mean relative squared error');
  });
});

describe('decodeFlattenedSign', () => {
  it('is the twin in whole numbers, bit for bit, and decodeSign and unflatten to rounding', () => {
    const random = seededRandom(12);
    for (const dim of [40, 63, 64, 65, 100, 128, 250, 256, 1000, 16_384]) {
      const n = Math.max(64, 2 ** Math.ceil(Math.log2(dim)));
      const bench = new Bench(1 << 20);
      const { kernels } = bench;
      const masks = bench.reserve(n * 8);
      kernels.flattenMasks(masks, n, 3, 4, 5);
      const signs = reference.flattenSigns(n, 3, 4, 5);
      const vectors = [normals(n, random), normals(n, random), new Float64Array(n)];
      const errors = bench.rows(vectors, n);
      const stride = wire.slotBytes(wire.signBits(n));
      const slots = bench.reserve(vectors.length * stride);
      kernels.encodeSign(0, vectors.length, errors.at, errors.stride, slots, stride, n);
      const out = bench.rows(vectors.length, dim, Number.NaN);
      const scratch = bench.reserve(n * 2);
      kernels.decodeFlattenedSign(
        0,
        vectors.length,
        slots,
        stride,
        out.at,
        out.stride,
        dim,
        n,
        masks,
        scratch,
      );
      for (const [r, vector] of vectors.entries()) {
        const message = wire.decodeSign(wire.encodeSign(vector), n);
        const scale = Math.abs(message[0]);
        const packed = vector.map((entry) => (entry < 0 ? -1 : 1));
        expectSame(out.row(r), reference.unflattenSigned(scale, packed, signs, dim), `dim ${dim}`);
        expectClose(out.row(r), reference.unflatten(message, signs, dim), 1e-12, `dim ${dim}`);
      }
      expectZeroPadding(out, `dim ${dim}`);
      bench.checkGuards();
    }
  });
});

describe('large memories', () => {
  it('addresses beyond 2 GiB are addresses', () => {
    // Two sides of 2^31: slots of agent 0 below, of agents 1.. above. Pages that nobody touches cost nothing.
    const firstAddress = 2 ** 31 - 2 ** 16;
    const bench = new Bench(1 << 20, firstAddress);
    const graph = smallGraph(13, false);
    const n = 64;
    const stride = 2 ** 14;
    const random = seededRandom(11);
    const vectors = Array.from({ length: graph.agents }, () => normals(n, random));
    const format = FORMATS['sign'];
    const g = placeGraph(bench, graph);
    const slots = { at: bench.reserve(graph.agents * stride), stride };
    expect(slots.at).toBeLessThan(2 ** 31);
    expect(slots.at + 12 * stride).toBeGreaterThan(2 ** 31);
    format.kernelEncode(bench, 0, graph.agents, bench.rows(vectors, n), slots, n);
    const out = bench.rows(graph.agents, n, Number.NaN);
    expect(out.at).toBeGreaterThan(2 ** 31);
    format.kernelGather(bench.kernels, 0, graph.agents, g, slots, out, n);
    const messages = vectors.map((vector) => wire.decodeSign(wire.encodeSign(vector), n));
    for (let i = 0; i < graph.agents; i++)
      expectSame(out.row(i), format.gathered(graph, messages, i), `agent ${i}`);
    bench.checkGuards();
  });
});
