/**
 * Arrays in the memory of a module's own WebAssembly kernel, which takes their `byteOffset`. Such a module
 * exports its `memory`. It is grown once a thread, so what the kernel keeps in it stays where it is; everything
 * on that thread uses the same place in turns. Behind every array lie words that must not change: a kernel that
 * writes past an array is noticed.
 */

import type { UserModule } from './modules.js';

const PAGE_BYTES = 65_536;
const GUARD_ENTRIES = 8;
const GUARD = -1.7976931348623157e308;

/** What was added to a memory. */
interface Region {
  base: number;
  bytes: number;
  buffer: ArrayBufferLike;
  /** Whose guards stand in it. */
  user: PrivateArrays | null;
}

const regions = new WeakMap<WebAssembly.Memory, Region>();

export class PrivateArrays {
  readonly #memory: WebAssembly.Memory | null;
  readonly #region: Region | null;
  #next = 0;
  readonly #guards: { name: string; guard: Float64Array }[] = [];

  /** @param entries all arrays together have at most, and `arrays` there are at most */
  constructor({ exports }: Pick<UserModule, 'exports'>, entries: number, arrays: number) {
    const memory = exports['memory'];
    this.#memory = memory instanceof WebAssembly.Memory ? memory : null;
    this.#region =
      this.#memory === null ? null : regionOf(this.#memory, (entries + GUARD_ENTRIES * arrays) * 8);
    this.#next = this.#region?.base ?? 0;
  }

  /** Whether they lie in a memory of the module's. */
  get inModule(): boolean {
    return this.#region !== null;
  }

  /** Zeros. `name` is what errors call it. */
  make(name: string, length: number): Float64Array {
    if (this.#region === null) return new Float64Array(length);
    const { buffer } = this.#region;
    const array = new Float64Array(buffer, this.#next, length).fill(0);
    const guard = new Float64Array(buffer, this.#next + 8 * length, GUARD_ENTRIES);
    this.#guards.push({ name, guard });
    this.#next += 8 * (length + GUARD_ENTRIES);
    return array;
  }

  /** Before calls of the module: others on this thread may have used the place. */
  claim(): void {
    if (this.#region === null || this.#region.user === this || this.damage() !== null) return;
    for (const { guard } of this.#guards) guard.fill(GUARD);
    this.#region.user = this;
  }

  /** What is wrong with them, as half a sentence; null where nothing is. Cheap where there is no memory. */
  damage(): string | null {
    if (this.#region === null) return null;
    if (this.#memory?.buffer !== this.#region.buffer) {
      return 'has grown its memory, expected it to keep its size in a run';
    }
    if (this.#region.user !== this) return null;
    for (let i = 0; i < this.#guards.length; i++) {
      const { name, guard } = this.#guards[i]!;
      for (let k = 0; k < GUARD_ENTRIES; k++) if (guard[k] !== GUARD) return `wrote past the end of ${name}`;
    }
    return null;
  }
}

/** Grows the memory where nothing has been added to it yet, or not enough. */
function regionOf(memory: WebAssembly.Memory, bytes: number): Region {
  const known = regions.get(memory);
  if (known !== undefined && known.bytes >= bytes && known.buffer === memory.buffer) return known;
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const base = memory.grow(pages) * PAGE_BYTES;
  const region = { base, bytes: pages * PAGE_BYTES, buffer: memory.buffer, user: null };
  regions.set(memory, region);
  return region;
}
