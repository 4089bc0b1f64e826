/**
 * The arena: one shared WebAssembly.Memory that TypeScript sees as typed arrays and kernels see as addresses.
 *
 * The host calls `createArena`, workers `attachArena`. The header (magic, version, layout hash, total bytes)
 * is written once and validated on every attach, so that a worker built from another version fails with a
 * sentence and not with wrong numbers.
 */

import { checkArenaFits } from './fits.js';
import { askForHugePages } from './huge-pages.js';
import {
  BYTES,
  type Field,
  type FieldType,
  HEADER_BYTES,
  type Layout,
  type Precision,
  REAL,
  type Reals,
} from './layout.js';

const MAGIC = 0x534f5456; // "SOTV"
const VERSION = 1;
export const PAGE_BYTES = 65_536;
const MAX_PAGES = 65_536;

export interface ViewOf {
  f64: Float64Array;
  f32: Float32Array;
  u32: Uint32Array;
  i32: Int32Array;
  u8: Uint8Array;
}

export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;

  constructor(memory: WebAssembly.Memory, layout: Layout) {
    this.memory = memory;
    this.layout = layout;
  }

  field(name: string): Field {
    const field = this.layout.fields[name];
    if (!field)
      throw new Error(`the arena has no field ${name}; it has ${Object.keys(this.layout.fields).join(', ')}`);
    return field;
  }

  has(name: string): boolean {
    return this.layout.fields[name] !== undefined;
  }

  /** Byte address of a field (of the given worker's copy, where there is one for each). */
  address(name: string, worker = 0): number {
    const field = this.field(name);
    return field.offset + (field.perWorker ? worker * field.stride : 0);
  }

  /** Of state, messages and data. */
  get precision(): Precision {
    return this.layout.precision;
  }

  /** Bytes of a number of state, messages and data. */
  get realBytes(): 8 | 4 {
    return REAL[this.precision].bytes;
  }

  /** A field of numbers of the run's precision. */
  reals(name: string, worker = 0): Reals {
    return this.view(name, REAL[this.precision].type, worker);
  }

  /** The whole memory as numbers of the run's precision, by address / realBytes. */
  get allReals(): Reals {
    const { buffer } = this.memory;
    return new REAL[this.precision].of(buffer, 0, Math.floor(buffer.byteLength / this.realBytes));
  }

  view<T extends FieldType>(name: string, type: T, worker = 0): ViewOf[T] {
    const field = this.field(name);
    if (field.type !== type) throw new Error(`field ${name} holds ${field.type}, not ${type}`);
    return viewAt(this.memory, type, this.address(name, worker), field.length);
  }
}

export function viewAt<T extends FieldType>(
  memory: WebAssembly.Memory,
  type: T,
  address: number,
  length: number,
): ViewOf[T] {
  const buffer = memory.buffer;
  switch (type) {
    case 'f64':
      return new Float64Array(buffer, address, length) as ViewOf[T];
    case 'f32':
      return new Float32Array(buffer, address, length) as ViewOf[T];
    case 'u32':
      return new Uint32Array(buffer, address, length) as ViewOf[T];
    case 'i32':
      return new Int32Array(buffer, address, length) as ViewOf[T];
    default:
      return new Uint8Array(buffer, address, length) as ViewOf[T];
  }
}

/** Bytes that the memory of a layout really takes: whole WebAssembly pages. */
export function arenaBytes(layout: Layout): number {
  return Math.ceil(layout.totalBytes / PAGE_BYTES) * PAGE_BYTES;
}

export function createArena(layout: Layout): Arena {
  checkArenaFits(layout);
  // All zero to begin with, and not resident until touched: the operating system hands out pages on first
  // write.
  const memory = new WebAssembly.Memory({
    initial: arenaBytes(layout) / PAGE_BYTES,
    maximum: MAX_PAGES,
    shared: true,
  });
  askForHugePages(memory);
  const header = new Uint32Array(memory.buffer, 0, HEADER_BYTES / BYTES.u32);
  header[0] = MAGIC;
  header[1] = VERSION;
  header[2] = layout.hash;
  header[3] = layout.totalBytes % 2 ** 32;
  return new Arena(memory, layout);
}

export function attachArena(memory: WebAssembly.Memory, layout: Layout): Arena {
  const header = new Uint32Array(memory.buffer, 0, HEADER_BYTES / BYTES.u32);
  const expected = [MAGIC, VERSION, layout.hash, layout.totalBytes % 2 ** 32];
  const names = ['magic number', 'version', 'layout hash', 'size'];
  expected.forEach((value, i) => {
    if (header[i] !== value) {
      throw new Error(
        `this memory is not the arena of this run: its ${names[i]} is ${header[i]}, expected ${value}`,
      );
    }
  });
  return new Arena(memory, layout);
}
