/**
 * Kernels over a memory of their own, with guards: every array is followed by bytes that nobody may touch,
 * and rows are what the arena's rows are (padded to 8 doubles).
 */

import { readFileSync } from 'node:fs';
import { bindKernels, type Kernels } from '../../kernels/bindings.js';

const WASM = new URL('../../dist/kernels/kernels.wasm', import.meta.url);
const GUARD_BYTES = 64;
const GUARD = 0xa5;

export function kernelBytes(): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(WASM));
  } catch (cause) {
    throw new Error('dist/kernels/kernels.wasm is missing: npm run build:kernels', { cause });
  }
}

let compiled: WebAssembly.Module | undefined;

function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(kernelBytes());
  return compiled;
}

export const padded = (n: number) => Math.ceil(n / 8) * 8;

export class Bench {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  #next: number;
  readonly #guards: number[] = [];

  constructor(bytes = 1 << 22, firstAddress = 128) {
    const pages = Math.ceil((firstAddress + bytes) / 65536);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
    this.kernels = bindKernels(kernelModule(), this.memory);
    this.#next = firstAddress;
  }

  /** Address of `bytes` bytes, 64-byte aligned, with a guard behind them. */
  reserve(bytes: number): number {
    const address = this.#next;
    const end = address + bytes;
    this.#next = Math.ceil((end + GUARD_BYTES) / 64) * 64;
    if (this.#next > this.memory.buffer.byteLength)
      throw new Error(`the bench is full at ${this.#next} bytes`);
    new Uint8Array(this.memory.buffer, end, GUARD_BYTES).fill(GUARD);
    this.#guards.push(end);
    return address;
  }

  f64(length: number): { at: number; data: Float64Array } {
    const at = this.reserve(length * 8);
    return { at, data: new Float64Array(this.memory.buffer, at, length) };
  }

  u32(entries: ArrayLike<number>): number {
    const at = this.reserve(entries.length * 4);
    new Uint32Array(this.memory.buffer, at, entries.length).set(entries);
    return at;
  }

  doubles(entries: ArrayLike<number>): number {
    const { at, data } = this.f64(entries.length);
    data.set(entries);
    return at;
  }

  /**
   * Padded rows of n entries; what is not set is what `fill` says (kernels must overwrite padding with zero).
   */
  rows(source: readonly Float64Array[] | number, n: number, fill = 0): Rows {
    const count = typeof source === 'number' ? source : source.length;
    const stride = padded(n) * 8;
    const { at, data } = this.f64(count * padded(n));
    data.fill(fill);
    if (typeof source !== 'number') for (const [r, row] of source.entries()) data.set(row, r * padded(n));
    const row = (r: number) => data.slice(r * padded(n), r * padded(n) + n);
    const padding = (r: number) => data.slice(r * padded(n) + n, (r + 1) * padded(n));
    return { at, stride, data, count, row, padding };
  }

  /** Bytes as they are, e.g. an outbox. */
  bytes(length: number, fill = 0xee): { at: number; data: Uint8Array } {
    const at = this.reserve(length);
    const data = new Uint8Array(this.memory.buffer, at, length);
    data.fill(fill);
    return { at, data };
  }

  /** Nobody wrote behind an array. */
  checkGuards(): void {
    for (const end of this.#guards) {
      const guard = new Uint8Array(this.memory.buffer, end, GUARD_BYTES);
      if (guard.some((byte) => byte !== GUARD))
        throw new Error(`a kernel wrote behind the array ending at ${end}`);
    }
  }
}

export interface Rows {
  at: number;
  stride: number;
  data: Float64Array;
  count: number;
  row(r: number): Float64Array;
  padding(r: number): Float64Array;
}

/** Equal as numbers, NaN included; +0 and -0 are one number here. */
export function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  if (actual.length !== expected.length)
    throw new Error(`${what}: ${actual.length} entries, expected ${expected.length}`);
  for (let c = 0; c < expected.length; c++) {
    if (actual[c] !== expected[c] && !(Number.isNaN(actual[c]) && Number.isNaN(expected[c]))) {
      throw new Error(`${what}: entry ${c} is ${actual[c]}, expected ${expected[c]}`);
    }
  }
}

/** Equal bit by bit, the signs of zeros and NaN's payloads included. */
export function expectSameBits(actual: Float64Array, expected: Float64Array, what: string): void {
  const bits = (data: Float64Array) => new BigUint64Array(data.slice().buffer);
  const found = bits(actual);
  const wanted = bits(expected);
  if (found.length !== wanted.length)
    throw new Error(`${what}: ${found.length} entries, expected ${wanted.length}`);
  for (let c = 0; c < wanted.length; c++) {
    if (found[c] !== wanted[c])
      throw new Error(`${what}: bits of entry ${c} are ${found[c]}, expected ${wanted[c]}`);
  }
}

/** |actual - expected| <= tolerance * max(1, |expected|), entry by entry. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  for (let c = 0; c < expected.length; c++) {
    const error = Math.abs(actual[c] - expected[c]) / Math.max(1, Math.abs(expected[c]));
    if (!(error <= tolerance))
      throw new Error(`${what}: entry ${c} is ${actual[c]}, expected ${expected[c]}`);
  }
}

export function expectZeroPadding(rows: Rows, what: string): void {
  for (let r = 0; r < rows.count; r++)
    expectSame(rows.padding(r), rows.padding(r).fill(0), `${what}, row ${r}`);
}

/** mulberry32: seeded, so that a failure repeats. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function normals(length: number, random: () => number): Float64Array {
  return Float64Array.from(
    { length },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

/** Vectors that break what ordinary ones do not. */
export function unkindVectors(n: number): Record<string, Float64Array> {
  const filled = (value: (c: number) => number) => Float64Array.from({ length: n }, (_, c) => value(c));
  return {
    zeros: filled(() => 0),
    'negative zeros': filled(() => -0),
    'mixed zeros': filled((c) => (c % 3 === 1 ? -0 : 0)),
    denormals: filled((c) => (c % 2 ? -1 : 1) * 5e-324 * (c + 1)),
    huge: filled((c) => (c % 2 ? -1 : 1) * 1e300),
    'one-hot': filled((c) => (c === n - 1 ? -7 : 0)),
    constant: filled(() => -2.5),
    'wide range': filled((c) => (c % 2 ? -1 : 1) * 10 ** (((c * 37) % 600) - 300)),
  };
}

/** A ring with chords, CSR, weights w_ij = w_ji (or all 1). */
export function smallGraph(agents: number, unit: boolean) {
  const neighbours: Map<number, number>[] = Array.from({ length: agents }, () => new Map());
  const connect = (i: number, j: number) => {
    if (i === j) return;
    const weight = unit ? 1 : 0.25 + ((i * j + i + j) % 7) / 8;
    neighbours[i].set(j, weight);
    neighbours[j].set(i, weight);
  };
  for (let i = 0; i < agents; i++) {
    connect(i, (i + 1) % agents);
    if (i % 3 === 0) connect(i, (i + 5) % agents);
  }
  const rowStart = [0];
  const columns: number[] = [];
  const weights: number[] = [];
  const degrees: number[] = [];
  for (const row of neighbours) {
    const sorted = [...row].sort((a, b) => a[0] - b[0]);
    columns.push(...sorted.map(([j]) => j));
    weights.push(...sorted.map(([, w]) => w));
    degrees.push(sorted.reduce((total, [, w]) => total + w, 0));
    rowStart.push(columns.length);
  }
  return { agents, rowStart, columns, weights, degrees, unit };
}

/** Random cuts of 0..count-1 into consecutive blocks. */
export function randomBlocks(count: number, random: () => number): [first: number, count: number][] {
  const blocks: [number, number][] = [];
  for (let first = 0; first < count; ) {
    const length = Math.min(count - first, 1 + Math.floor(random() * 5));
    blocks.push([first, length]);
    first += length;
  }
  return blocks;
}

export const SIZES = [...Array.from({ length: 70 }, (_, i) => i + 1), 100, 128, 255, 256, 1000, 1024];
