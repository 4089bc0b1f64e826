/**
 * Messages that kernels make and read: bytes against those of the plain packing, numbers against what it
 * means. Every compressor whose messages have a format runs through the same checks, in its own examples: a
 * new one is found here.
 */

import { describe, expect, it } from 'vitest';
import { signScaled, topIndices } from '../../kernels/reference/compressors.js';
import { gatherSigned } from '../../kernels/reference/gather.js';
import * as reference from '../../kernels/reference/wht.js';
import type { FieldSpec } from '../../src/arena/layout.js';
import { definitions, planCompressor } from '../../src/compress/registry.js';
import { stage } from '../../src/compress/stage.js';
import type { CompressorSpec, Messages } from '../../src/compress/types.js';
import { gathered, pack, slotBytes, unpack } from '../../src/compress/wire/format.js';
import { signs as signMessages } from '../../src/compress/wire/signs.js';
import { sparse } from '../../src/compress/wire/sparse.js';
import {
  Bench,
  expectClose,
  expectSame,
  expectSameBits,
  expectZeroPadding,
  kernelBytes,
  normals,
  padded,
  type Rows,
  randomBlocks,
  SIZES,
  seededRandom,
  smallGraph,
  unkindVectors,
} from './harness.js';

const indexBits = (n: number) => (n <= 1 ? 0 : 32 - Math.clz32(n - 1));
const packSigns = (e: Float64Array) => pack(signMessages(e.length, 64), signScaled(e, 'mean', 64));
function packLargest(e: Float64Array, k: number): Uint8Array {
  const indices = topIndices(e, k);
  return pack(sparse(e.length, k, 64), { indices, values: indices.map((c) => e[c]) });
}

const ROUND = 77;
const SEED = { low: 0x12345678, high: 0x9abcdef0 };
const kernels = new WebAssembly.Module(kernelBytes());
const UNTOUCHED = 0xee;
const GUARD_BYTES = 64;

/** How many examples a kind has is known only in a dimension; those of other dimensions are as many. */
const messages = definitions()
  .filter((definition) => definition.messages)
  .flatMap((definition) =>
    definition.examples(100).map((example, i) => ({
      name: `${definition.kind} ${JSON.stringify(example)}`,
      specOf: (dim: number): CompressorSpec => ({ kind: definition.kind, ...definition.examples(dim)[i] }),
      messagesOf: definition.messages as NonNullable<typeof definition.messages>,
    })),
  );

/**
 * Agents with a message each, all of them padded rows; guards lie between what the compressor has in the
 * arena.
 */
class Stand {
  readonly messages: Messages;
  readonly agents: number;
  readonly #dim: number;
  readonly #stage: ReturnType<typeof stage>;
  readonly #guards: FieldSpec[] = [];
  readonly #slotBytes: number;

  constructor({ specOf, messagesOf }: (typeof messages)[number], dim: number, agents: number, unit = false) {
    const context = { agents, dim, blockAgents: agents, seed: SEED, rounds: 100, path: ['message'] };
    const plan = planCompressor(specOf(dim), context);
    const { weights, ...graph } = smallGraph(agents, unit);
    const guard = (): FieldSpec => {
      this.#guards.push({ name: `guard.${this.#guards.length}`, type: 'u8', length: GUARD_BYTES });
      return this.#guards.at(-1) as FieldSpec;
    };
    const rows = (name: string): FieldSpec => ({ name, type: 'f64', length: agents * padded(dim) });
    this.#stage = stage({
      plan: { ...plan, fields: plan.fields.flatMap((field) => [field, guard()]) },
      agents,
      blockAgents: agents,
      seed: SEED,
      kernels,
      graph: { ...graph, weights: unit ? [1] : weights },
      fields: [guard(), rows('errors'), guard(), rows('out'), guard(), rows('cut'), guard()],
    });
    const { arena, bound } = this.#stage;
    for (const { name } of this.#guards) arena.view(name, 'u8').fill(UNTOUCHED);
    arena.view('outbox', 'u8').fill(UNTOUCHED);
    for (const name of ['out', 'cut']) arena.view(name, 'f64').fill(Number.NaN);
    bound.prepare(ROUND);
    this.messages = messagesOf(plan, SEED);
    this.agents = agents;
    this.#dim = dim;
    this.#slotBytes = plan.slotBytes;
  }

  encode(first: number, vectors: readonly Float64Array[]): void {
    const { arena, bound, slots, lengths, runtime } = this.#stage;
    const errors = arena.view('errors', 'f64');
    for (const [r, vector] of vectors.entries()) errors.set(vector, r * padded(this.#dim));
    bound.encode(first, vectors.length, ROUND, arena.address('errors'), runtime.rowBytes, slots, lengths);
  }

  read(step: 'decode' | 'gather', first: number, count: number, into: 'out' | 'cut' = 'out'): Rows {
    const { arena, bound, slots, runtime } = this.#stage;
    const { rowBytes } = runtime;
    bound[step](first, count, ROUND, slots, arena.address(into) + first * rowBytes, rowBytes);
    const data = arena
      .view(into, 'f64')
      .subarray(first * padded(this.#dim), (first + count) * padded(this.#dim));
    const row = (r: number) => data.slice(r * padded(this.#dim), r * padded(this.#dim) + this.#dim);
    const padding = (r: number) => data.slice(r * padded(this.#dim) + this.#dim, (r + 1) * padded(this.#dim));
    return { at: arena.address(into), stride: rowBytes, data, count, row, padding };
  }

  slot(agent: number): Uint8Array {
    return this.#stage.arena
      .view('outbox', 'u8')
      .slice(agent * this.#slotBytes, (agent + 1) * this.#slotBytes);
  }

  checkGuards(): void {
    for (const { name } of this.#guards) {
      const guard = this.#stage.arena.view(name, 'u8');
      if (guard.some((byte) => byte !== UNTOUCHED)) throw new Error(`somebody wrote into ${name}`);
    }
  }
}

/** Same message, twice: the bytes of the slot, then what a reader makes of them. */
function checkRoundTrip(
  each: (typeof messages)[number],
  vectors: Float64Array[],
  n: number,
  what: string,
): void {
  const stand = new Stand(each, n, vectors.length + 2);
  const { format, of } = stand.messages;
  stand.encode(1, vectors);
  const decoded = stand.read('decode', 1, vectors.length);
  for (const [r, vector] of vectors.entries()) {
    const packed = pack(format, of(vector, ROUND, r + 1));
    expectSame(stand.slot(r + 1), packed, `${what}, bytes of row ${r}`);
    expectSame(decoded.row(r), unpack(format, packed, ROUND), `${what}, decoded row ${r}`);
  }
  const neighbours = [...stand.slot(0), ...stand.slot(stand.agents - 1)];
  expect(neighbours.every((byte) => byte === UNTOUCHED)).toBe(true);
  expectZeroPadding(decoded, what);
  stand.checkGuards();
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
    // In steps of 1/2, cut to -3 .. 3: 1, -2, 3 (of 8), 0, and 0 again (half a step, ties to even), 2 (of 1.5
    // steps).
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
    const slot = packLargest(vector, 7);
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

describe.each(messages)('$name', (each) => {
  const random = seededRandom(each.name.length);

  it('has the bytes of its plain packing, and decodes to its numbers, at every size', () => {
    for (const n of SIZES) {
      const vectors = Array.from({ length: 3 }, () => normals(n, random));
      checkRoundTrip(each, vectors, n, `n = ${n}`);
    }
  });

  it('survives unkind vectors', () => {
    for (const n of [1, 2, 7, 8, 9, 16, 33, 64, 100]) {
      checkRoundTrip(each, Object.values(unkindVectors(n)), n, `unkind, n = ${n}`);
    }
  });

  it.each([true, false])('gathers to the Laplacian of what messages decode to (unit weights: %s)', (unit) => {
    const graph = smallGraph(13, unit);
    for (const n of SIZES.filter((size) => size < 300)) {
      const stand = new Stand(each, n, graph.agents, unit);
      const { format, of } = stand.messages;
      const vectors = Array.from({ length: graph.agents }, () => normals(n, random));
      stand.encode(0, vectors);
      const out = stand.read('gather', 0, graph.agents);
      const sent = vectors.map((vector, i) => of(vector, ROUND, i));
      for (let i = 0; i < graph.agents; i++) {
        expectSame(out.row(i), gathered(format, graph, sent, i, ROUND), `n = ${n}, agent ${i}`);
      }
      expectZeroPadding(out, `n = ${n}`);

      // However agents are cut into blocks, an agent's bits are the same.
      for (const [first, count] of randomBlocks(graph.agents, random)) {
        const cut = stand.read('gather', first, count, 'cut');
        const whole = out.data.subarray(first * padded(n), (first + count) * padded(n));
        expectSameBits(cut.data, whole, 'cut into blocks');
      }
      stand.checkGuards();
    }
  });
});

describe('top-k selection', () => {
  const select = (vector: Float64Array, k: number) => {
    const n = vector.length;
    const bench = new Bench(1 << 20);
    const stride = slotBytes(sparse(n, k, 64).bits);
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

  it('is the reference implementation`s for every k, ties included', () => {
    const random = seededRandom(8);
    for (const n of [1, 2, 3, 8, 17, 64]) {
      for (let k = 1; k <= n; k++) {
        const coarse = normals(n, random).map((entry) => Math.round(entry));
        for (const vector of [normals(n, random), coarse, ...Object.values(unkindVectors(n))]) {
          expectSame(select(vector, k), packLargest(vector, k), `n = ${n}, k = ${k}`);
        }
      }
    }
  });

  it('ends, and sends them first, when there are NaN and Infinity', () => {
    const vector = Float64Array.of(1, Number.NaN, 3, Number.NEGATIVE_INFINITY, 5, Number.NaN, 0, 2);
    for (let k = 1; k <= 8; k++) expectSame(select(vector, k), packLargest(vector, k), `k = ${k}`);
    expectSame(
      select(new Float64Array(20).fill(Number.NaN), 5).subarray(40),
      [0x20, 0x88, 0x41, 0, 0, 0, 0, 0],
      'all NaN',
    );
  });

  it('finds k of many', () => {
    const vector = normals(20_000, seededRandom(9));
    expectSame(select(vector, 300), packLargest(vector, 300), 'n = 20000');
  });
});

describe('encodeFlattenedSign', () => {
  it('is flatten, then encodeSign, bit for bit; and the reference implementations` composition', () => {
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
      const stride = slotBytes(signMessages(n, 64).bits);
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
        const plain = packSigns(reference.flatten(vector, signs));
        expectSame(fused.data.subarray(r * stride, (r + 1) * stride), plain, `dim ${dim}, row ${r}`);
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
  it('is the reference implementation in whole numbers, bit for bit, and decodeSign and unflatten to rounding', () => {
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
      const stride = slotBytes(signMessages(n, 64).bits);
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
        const message = unpack(signMessages(n, 64), packSigns(vector));
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
    const g = [
      bench.u32(graph.rowStart),
      bench.u32(graph.columns),
      bench.doubles(graph.weights),
      8,
      bench.doubles(graph.degrees),
    ] as const;
    const slots = bench.reserve(graph.agents * stride);
    expect(slots).toBeLessThan(2 ** 31);
    expect(slots + 12 * stride).toBeGreaterThan(2 ** 31);
    const errors = bench.rows(vectors, n);
    bench.kernels.encodeSign(0, graph.agents, errors.at, errors.stride, slots, stride, n);
    const out = bench.rows(graph.agents, n, Number.NaN);
    expect(out.at).toBeGreaterThan(2 ** 31);
    bench.kernels.gatherSign(0, graph.agents, ...g, slots, stride, out.at, out.stride, n);
    const sent = vectors.map((vector) => unpack(signMessages(n, 64), packSigns(vector)));
    for (let i = 0; i < graph.agents; i++) {
      expectSame(out.row(i), gatherSigned(graph, sent, i), `agent ${i}`);
    }
    bench.checkGuards();
  });
});
