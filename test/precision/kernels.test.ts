/**
 * The kernels of float32: whole rounds have the bits of the kernels that they put together, and single kernels
 * are the definition of what they compute, to rounding.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bindKernels, type Kernels } from '../../kernels/bindings.js';
import { gatherSingle } from '../../kernels/reference/gather.js';
import { kernelsOf } from '../../src/run/locations.js';

const AGENTS = 12;
const DEGREE = 11;
const EPSILON = 2 ** -24;

class Single {
  readonly memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
  readonly kernels: Kernels = bindKernels(
    new WebAssembly.Module(readFileSync(kernelsOf('float32'))),
    this.memory,
  );
  #next = 1024;
  #seed = 7;

  take(bytes: number): number {
    const at = this.#next;
    this.#next += Math.ceil(bytes / 128) * 128;
    return at;
  }

  uniform(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 31 - 1;
  }

  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, length);
  }

  /** Rows of dim numbers, drawn. */
  rows(dim: number): number {
    const at = this.take(AGENTS * dim * 4);
    const data = this.floats(at, AGENTS * dim);
    for (let c = 0; c < data.length; c++) data[c] = this.uniform();
    return at;
  }

  copy(from: number, length: number): number {
    const at = this.take(length * 4);
    this.floats(at, length).set(this.floats(from, length));
    return at;
  }

  /** Every agent hears `degree` others, with weights of their own or of 1. */
  graph(degree: number, weighted: boolean) {
    const rowStart = this.take((AGENTS + 1) * 4);
    const columns = this.take(AGENTS * degree * 4);
    const weights = this.take(AGENTS * degree * 8);
    const degrees = this.take(AGENTS * 8);
    const { buffer } = this.memory;
    new Uint32Array(buffer, rowStart, AGENTS + 1).set(
      Array.from({ length: AGENTS + 1 }, (_, i) => i * degree),
    );
    const ids = new Uint32Array(buffer, columns, AGENTS * degree);
    for (let e = 0; e < ids.length; e++) ids[e] = (Math.floor(e / degree) + 1 + (e % degree)) % AGENTS;
    const values = new Float64Array(buffer, weights, AGENTS * degree);
    for (let e = 0; e < values.length; e++) values[e] = weighted ? 1.1 + this.uniform() : 1;
    const sums = new Float64Array(buffer, degrees, AGENTS);
    for (let e = 0; e < values.length; e++) sums[Math.floor(e / degree)]! += values[e]!;
    return [rowStart, columns, weights, weighted ? 8 : 0, degrees] as const;
  }
}

type SharedGraph = ReturnType<Single['graph']>;

describe.each([
  { dim: 64, degree: 8, weighted: false, mu: 1, hImplicit: 0 },
  { dim: 64, degree: DEGREE, weighted: true, mu: 0.7, hImplicit: 0.1 },
  { dim: 256, degree: 3, weighted: true, mu: 1, hImplicit: 0 },
  { dim: 1024, degree: 5, weighted: false, mu: 0.9, hImplicit: 0 },
  ...[1, 2, 3, 4, 9, 10, 12, 16, 19, 26].map((degree) => ({
    dim: 64,
    degree,
    weighted: false,
    mu: 1,
    hImplicit: 0.1 * (degree % 2),
  })),
])('whole rounds of $dim entries, $degree neighbours, weights $weighted', (given) => {
  const { dim, degree, weighted, mu, hImplicit } = given;
  const stride = dim * 4;
  const [eta, alpha, beta] = [0.013, 0.21, 0.17];

  it('has the bits of gather, gradient and step', () => {
    const lab = new Single();
    const { kernels: k } = lab;
    const graph = lab.graph(degree, weighted);
    const [x, v, a, b] = Array.from({ length: 4 }, () => lab.rows(dim)) as [number, number, number, number];
    const duals = lab.copy(v, AGENTS * dim);
    const [one, other, laplacian, slope] = Array.from({ length: 4 }, () => lab.rows(dim)) as number[];
    k.primalDualDense(
      0,
      AGENTS,
      ...graph,
      x,
      stride,
      one!,
      v,
      0,
      a,
      b,
      eta,
      alpha,
      beta,
      hImplicit,
      1,
      AGENTS,
    );
    k.gatherDense(0, AGENTS, ...graph, x, stride, laplacian!, stride, dim);
    k.gradientQuadratic(AGENTS, stride, dim, x, a, b, slope!);
    const degrees = graph[4];
    k.stepPrimalDual(
      AGENTS,
      stride,
      dim,
      x,
      other!,
      duals,
      slope!,
      laplacian!,
      degrees,
      eta,
      alpha,
      beta,
      hImplicit,
    );
    expect(lab.floats(one!, AGENTS * dim)).toEqual(lab.floats(other!, AGENTS * dim));
    expect(lab.floats(v, AGENTS * dim)).toEqual(lab.floats(duals, AGENTS * dim));
  });

  it('with signs of rotated vectors has those of the six kernels that it stands for', () => {
    const lab = new Single();
    const { kernels: k } = lab;
    const graph = lab.graph(degree, weighted);
    const [rowStart, columns, weights, weightStride, degrees] = graph;
    const slotBytes = Math.ceil((32 + dim) / 64) * 8;
    const [sent, next, expected] = Array.from({ length: 3 }, () => lab.take(AGENTS * slotBytes)) as number[];
    const masks = [0, 1].map((round) => {
      const at = lab.take(dim * 4);
      k.flattenMasks(at, dim, round, 3, 4);
      return at;
    }) as [number, number];
    const scratch = lab.take((3 * dim + 64) * 8);
    const rows = Array.from({ length: 6 }, () => lab.rows(dim)) as number[];
    const [x, v, s, z, a, b] = rows as [number, number, number, number, number, number];
    const [x2, v2, s2, z2] = [x, v, s, z].map((row) => lab.copy(row, AGENTS * dim)) as number[];
    k.encodeFlattenedSign(0, AGENTS, x, stride, sent!, slotBytes, dim, dim, masks[0], scratch);
    k.primalDualRotatedSigns(
      0,
      AGENTS,
      rowStart,
      columns,
      weights,
      weightStride,
      degrees,
      sent!,
      next!,
      slotBytes,
      dim,
      dim,
      masks[0],
      masks[1],
      x,
      v,
      s,
      z,
      0,
      0,
      a,
      b,
      eta,
      alpha,
      beta,
      hImplicit,
      mu,
      1,
      0,
      scratch,
    );
    const [rotated, u, q, slope, error] = Array.from({ length: 5 }, () => lab.rows(dim)) as number[];
    k.gatherSign(0, AGENTS, ...graph, sent!, slotBytes, rotated!, stride, dim);
    k.unflattenBlock(rotated!, stride, u!, stride, AGENTS, dim, dim, masks[0]);
    k.decodeFlattenedSign(0, AGENTS, sent!, slotBytes, q!, stride, dim, dim, masks[0], scratch);
    k.gradientQuadratic(AGENTS, stride, dim, x2!, a, b, slope!);
    k.stepPrimalDualError(
      AGENTS,
      stride,
      dim,
      x2!,
      v2!,
      s2!,
      z2!,
      slope!,
      u!,
      q!,
      error!,
      degrees,
      eta,
      alpha,
      beta,
      hImplicit,
      mu,
      1,
    );
    k.encodeFlattenedSign(0, AGENTS, error!, stride, expected!, slotBytes, dim, dim, masks[1], scratch);
    for (const [one, other] of [
      [x, x2],
      [v, v2],
      [s, s2],
      [z, z2],
    ] as [number, number][])
      expect(lab.floats(one, AGENTS * dim)).toEqual(lab.floats(other, AGENTS * dim));
    const bytes = (at: number) => new Uint8Array(lab.memory.buffer, at, AGENTS * slotBytes).slice();
    expect(bytes(next!)).toEqual(bytes(expected!));
  });
});

describe('sums over neighbours', () => {
  const graphOf = (
    lab: Single,
    [rowStart, columns, weights, stride, degrees]: SharedGraph,
    edges: number,
  ) => ({
    rowStart: new Uint32Array(lab.memory.buffer, rowStart, AGENTS + 1),
    columns: new Uint32Array(lab.memory.buffer, columns, edges),
    weights:
      stride > 0 ? new Float64Array(lab.memory.buffer, weights, edges) : new Float64Array(edges).fill(1),
    degrees: new Float64Array(lab.memory.buffer, degrees, AGENTS),
  });
  const gathered = (lab: Single, graph: SharedGraph, rows: number, dim: number) => {
    const out = lab.rows(dim);
    lab.kernels.gatherDense(0, AGENTS, ...graph, rows, dim * 4, out, dim * 4, dim);
    return lab.floats(out, AGENTS * dim);
  };
  const rowsOf = (lab: Single, rows: number, dim: number) =>
    Array.from({ length: AGENTS }, (_, i) => lab.floats(rows + i * dim * 4, dim));

  it.each(
    [1, 2, 3, 5, 8, DEGREE].flatMap((degree) => [false, true].map((weighted) => [degree, weighted] as const)),
  )('of %i are those of the reference implementation, to the last bit (weights: %s)', (degree, weighted) => {
    // Whole lines, and 13 entries behind one.
    const dim = 32;
    for (const n of [dim, 29]) {
      const lab = new Single();
      const graph = lab.graph(degree, weighted);
      const rows = lab.rows(dim);
      const out = lab.rows(dim);
      lab.kernels.gatherDense(0, AGENTS, ...graph, rows, dim * 4, out, dim * 4, n);
      const messages = rowsOf(lab, rows, dim);
      const plain = graphOf(lab, graph, AGENTS * degree);
      for (let i = 0; i < AGENTS; i++)
        expect(lab.floats(out + i * dim * 4, n)).toEqual(gatherSingle(plain, messages, i).slice(0, n));
    }
  });

  it.each([1, 2, 5, 8, DEGREE])('of %i who nearly agree are exact', (degree) => {
    const lab = new Single();
    const graph = lab.graph(degree, false);
    const dim = 64;
    const rows = lab.rows(dim);
    const entries = lab.floats(rows, AGENTS * dim);
    // Around 2^-20 .. 1.98 2^20, each agent a few thousandths from the others: no power of two is between.
    for (let c = 0; c < dim; c++) {
      const around = (c % 2 ? -1 : 1) * 2 ** ((c % 41) - 20) * (1.02 + 0.94 * Math.abs(lab.uniform()));
      for (let i = 0; i < AGENTS; i++) entries[i * dim + c] = around * (1 + 4e-3 * lab.uniform());
    }
    const sums = gathered(lab, graph, rows, dim);
    const { columns } = graphOf(lab, graph, AGENTS * degree);
    for (let i = 0; i < AGENTS; i++)
      for (let c = 0; c < dim; c++) {
        // In float64, where nothing is rounded.
        let exact = degree * entries[i * dim + c]!;
        for (let k = 0; k < degree; k++) exact -= entries[columns[i * degree + k]! * dim + c]!;
        expect(sums[i * dim + c]).toBe(exact);
      }
  });

  it.each([1, 2, 5, 8, DEGREE])(
    'of %i on both sides of a power of two are within a unit for each',
    (degree) => {
      const lab = new Single();
      const graph = lab.graph(degree, false);
      const dim = 64;
      const rows = lab.rows(dim);
      const entries = lab.floats(rows, AGENTS * dim);
      for (let at = 0; at < entries.length; at++) entries[at] = 1 + 20 * EPSILON * lab.uniform();
      const sums = gathered(lab, graph, rows, dim);
      const { columns } = graphOf(lab, graph, AGENTS * degree);
      for (let i = 0; i < AGENTS; i++)
        for (let c = 0; c < dim; c++) {
          let exact = degree * entries[i * dim + c]!;
          for (let k = 0; k < degree; k++) exact -= entries[columns[i * degree + k]! * dim + c]!;
          expect(Math.abs(sums[i * dim + c]! - exact)).toBeLessThanOrEqual(EPSILON * Math.floor(degree / 2));
        }
    },
  );
});

describe('single kernels', () => {
  it.each([1, 2, 7, 8, 16, 33, 64, 100, 4096, 8192])('rotations of %i entries go back', (dim) => {
    const lab = new Single();
    const { kernels: k } = lab;
    const size = 2 ** Math.ceil(Math.log2(dim));
    const padded = (n: number) => Math.ceil(n / 16) * 16;
    const [from, to, back] = [dim, size, dim].map((n) => lab.take(padded(n) * 4)) as [number, number, number];
    const masks = lab.take(size * 4);
    const given = lab.floats(from, dim);
    for (let c = 0; c < dim; c++) given[c] = lab.uniform();
    k.flattenMasks(masks, size, 5, 1, 2);
    k.flattenBlock(from, padded(dim) * 4, to, padded(size) * 4, 1, dim, size, masks);
    const norm = Math.hypot(...given);
    expect(Math.abs(Math.hypot(...lab.floats(to, size)) - norm)).toBeLessThan(16 * EPSILON * norm);
    k.unflattenBlock(to, padded(size) * 4, back, padded(dim) * 4, 1, dim, size, masks);
    const returned = lab.floats(back, padded(dim));
    expect(Math.hypot(...given.map((entry, c) => entry - returned[c]!))).toBeLessThan(32 * EPSILON * norm);
    expect(returned.slice(dim).every((entry) => entry === 0)).toBe(true);
  });

  it('uniforms are the upper 23 bits of the same words, exactly', () => {
    const lab = new Single();
    const { kernels: k } = lab;
    const [words, out] = [lab.take(64 * 4), lab.take(64 * 4)] as [number, number];
    k.philoxWords(words, 16, 0, 3, 9, 2, 11, 12);
    const drawn = new Uint32Array(lab.memory.buffer, words, 64);
    for (const length of [1, 4, 15, 16, 37, 63]) {
      k.philoxUniform(out, length, 3, 9, 2, 11, 12);
      const expected = Array.from(drawn.slice(0, length), (word) => ((word >>> 9) + 0.5) / 2 ** 22 - 1);
      expect(Array.from(lab.floats(out, length))).toEqual(expected);
    }
  });

  it.each([1, 8, 20, 63])('top-k keeps the %i largest of 64, and levels the sign of every code', (kept) => {
    const lab = new Single();
    const { kernels: k } = lab;
    const [row, slot, out, scratch] = Array.from({ length: 4 }, () => lab.take(1024)) as number[];
    const entries = lab.floats(row!, 64);
    for (let c = 0; c < 64; c++) entries[c] = lab.uniform();
    k.encodeSparse(0, 1, row!, 256, slot!, 1024, 64, kept, 6, scratch!);
    k.decodeSparse(0, 1, slot!, 1024, out!, 256, 64, kept, 6);
    const least = Array.from(entries, Math.abs).sort((a, b) => b - a)[kept - 1]!;
    expect(Array.from(lab.floats(out!, 64))).toEqual(
      Array.from(entries, (entry) => (Math.abs(entry) >= least ? entry : 0)),
    );
    for (const bits of [2, 5, 8, 16]) {
      const levels = 2 ** (bits - 1) - 1;
      k.encodeLevelsDithered(0, 1, row!, 256, slot!, 1024, 61, bits, levels, 1, 4, 1, 2, scratch!);
      k.decodeLevels(0, 1, slot!, 1024, out!, 256, 61, bits, 0);
      const step = lab.floats(slot!, 1)[0]!;
      const decoded = lab.floats(out!, 64);
      for (let c = 0; c < 61; c++) expect(Math.abs(decoded[c]! - entries[c]!)).toBeLessThan(1.001 * step);
      expect(decoded.slice(61).every((entry) => entry === 0)).toBe(true);
    }
  });
});
