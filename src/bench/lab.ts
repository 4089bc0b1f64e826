/**
 * Kernels over a memory of their own: rows that a kernel and its reference implementation both begin with,
 * and a graph small enough for the first caches.
 */

import { readFile } from 'node:fs/promises';
import { bindKernels, type Kernels } from '../../kernels/bindings.js';
import type { ReferenceGraph } from '../../kernels/reference/index.js';
import { generate } from '../../topology/registry.js';
import { pointLength } from '../arena/layout.js';
import { UniformSource } from '../data/random.js';
import { kernelsUrl } from '../run/locations.js';
import { seedWords } from '../runtime.js';

const BYTES = 8 * 2 ** 20;
const PAGE_BYTES = 65_536;
const ALIGNMENT = 128;

/** Padded rows as a kernel sees them, and the reference implementation's own copies without padding. */
export interface LabRows {
  at: number;
  data: Float64Array;
  plain: Float64Array[];
}

export class Lab {
  readonly module: WebAssembly.Module;
  readonly kernels: Kernels;
  readonly agents: number;
  readonly dim: number;
  /** Bytes of a row. */
  readonly stride: number;
  readonly graph: ReferenceGraph;
  /** rowStart, columns, weights (one, 1.0), its stride, degrees: what every gather begins with. */
  readonly graphArguments: readonly [number, number, number, number, number];
  readonly edges: number;
  private readonly memory: WebAssembly.Memory;
  private readonly uniform: UniformSource;
  private next = ALIGNMENT;
  private drawn = 0;

  private constructor(module: WebAssembly.Module, agents: number, dim: number, degree: number, seed: number) {
    this.memory = new WebAssembly.Memory({
      initial: BYTES / PAGE_BYTES,
      maximum: BYTES / PAGE_BYTES,
      shared: true,
    });
    this.module = module;
    this.kernels = bindKernels(module, this.memory);
    this.agents = agents;
    this.dim = dim;
    this.stride = pointLength(dim) * 8;
    this.uniform = new UniformSource(seedWords(seed));
    const { rowStart, columns } = generate({ kind: 'random-regular', nodes: agents, degree }, seed);
    const degrees = this.doubles(agents);
    degrees.data.fill(degree);
    const weight = this.doubles(1);
    weight.data[0] = 1;
    this.graph = {
      rowStart,
      columns,
      weights: new Float64Array(columns.length).fill(1),
      degrees: degrees.data.slice(),
    };
    this.edges = columns.length;
    this.graphArguments = [this.words(rowStart).at, this.words(columns).at, weight.at, 0, degrees.at];
  }

  static async create(agents: number, dim: number, degree: number, seed: number): Promise<Lab> {
    const module = await WebAssembly.compile(await readFile(kernelsUrl));
    return new Lab(module, agents, dim, degree, seed);
  }

  reserve(bytes: number): number {
    const at = this.next;
    this.next = Math.ceil((at + bytes) / ALIGNMENT) * ALIGNMENT;
    if (this.next > BYTES) throw new Error(`the lab is full: ${this.next} bytes of ${BYTES}`);
    return at;
  }

  doubles(length: number): { at: number; data: Float64Array } {
    const at = this.reserve(length * 8);
    return { at, data: new Float64Array(this.memory.buffer, at, length) };
  }

  words(values: ArrayLike<number>): { at: number; data: Uint32Array } {
    const at = this.reserve(values.length * 4);
    const data = new Uint32Array(this.memory.buffer, at, values.length);
    data.set(values);
    return { at, data };
  }

  /** Bytes in the kernels' memory. */
  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, length);
  }

  /** `count` rows of `dim` entries, uniform in (low, high); another draw each time. */
  rows(low = -1, high = 1, count = this.agents, dim = this.dim): LabRows {
    const entries = pointLength(dim);
    const { at, data } = this.doubles(count * entries);
    const draw = this.drawn++;
    const plain = Array.from({ length: count }, (_, row) => {
      const values = new Float64Array(dim);
      this.uniform.fill(values, 0, dim, row, draw, 8);
      for (let c = 0; c < dim; c++) values[c] = low + ((high - low) * (values[c] + 1)) / 2;
      data.set(values, row * entries);
      return values;
    });
    return { at, data, plain };
  }
}
