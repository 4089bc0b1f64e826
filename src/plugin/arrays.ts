/**
 * The arrays that a user's functions work on: the module's own, never the shared memory.
 *
 * A module that brings a WebAssembly kernel exports its `memory`: then the arrays lie in it, and a kernel
 * takes their `byteOffset`. The memory is grown once, so what the kernel keeps in it stays where it is. Behind
 * every array lie words that must not change: a kernel that writes past an array is noticed.
 */

import type { UserModule } from './modules.js';

const PAGE_BYTES = 65_536;
const GUARD_ENTRIES = 8;
const GUARD = -1.7976931348623157e308;

export class PrivateArrays {
  readonly #memory: WebAssembly.Memory | null;
  readonly #buffer: ArrayBufferLike | null = null;
  #next = 0;
  readonly #guards: { name: string; guard: Float64Array }[] = [];

  /** @param entries all arrays together have at most, and `arrays` there are at most */
  constructor({ exports }: Pick<UserModule, 'exports'>, entries: number, arrays: number) {
    const memory = exports['memory'];
    this.#memory = memory instanceof WebAssembly.Memory ? memory : null;
    if (this.#memory === null) return;
    const bytes = (entries + GUARD_ENTRIES * arrays) * 8;
    this.#next = this.#memory.grow(Math.ceil(bytes / PAGE_BYTES)) * PAGE_BYTES;
    this.#buffer = this.#memory.buffer;
  }

  /** Whether they lie in a memory of the module's. */
  get inModule(): boolean {
    return this.#memory !== null;
  }

  /** Zeros. `name` is what errors call it. */
  make(name: string, length: number): Float64Array {
    if (this.#buffer === null) return new Float64Array(length);
    const array = new Float64Array(this.#buffer, this.#next, length);
    const guard = new Float64Array(this.#buffer, this.#next + 8 * length, GUARD_ENTRIES);
    guard.fill(GUARD);
    this.#guards.push({ name, guard });
    this.#next += 8 * (length + GUARD_ENTRIES);
    return array;
  }

  /** What is wrong with them, as half a sentence; null where nothing is. Cheap where there is no memory. */
  damage(): string | null {
    if (this.#memory === null) return null;
    if (this.#memory.buffer !== this.#buffer)
      return 'has grown its memory, expected it to keep its size in a run';
    for (let i = 0; i < this.#guards.length; i++) {
      const { name, guard } = this.#guards[i]!;
      for (let k = 0; k < GUARD_ENTRIES; k++) if (guard[k] !== GUARD) return `wrote past the end of ${name}`;
    }
    return null;
  }
}
