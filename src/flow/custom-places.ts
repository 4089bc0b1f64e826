/**
 * Where the arrays of a user's flow lie: windows of the shared memory, each exactly a row of this worker's
 * own scratch, so that kernels read and write them where they are; or the memory of a WebAssembly kernel that
 * the module brings, with copies to and fro. A window has no more than its entries: JavaScript drops what is
 * written beyond them, and the trial before the run says so.
 */

import type { Kernels } from '../../kernels/bindings.js';
import type { Arena } from '../arena/arena.js';
import { pointLength, type Reals } from '../arena/layout.js';
import { PrivateArrays } from '../plugin/arrays.js';
import { allFinite } from '../plugin/failure.js';
import type { UserModule } from '../plugin/modules.js';
import type { Runtime } from '../runtime.js';

/** Which agent it is whose functions are called, and where its block lies. One for all calls of a worker. */
export interface Cursor {
  first: number;
  count: number;
  /** Of the agent within the block. */
  row: number;
  /** Position in memory. */
  position: number;
  /** Number in errors, draws and messages. */
  agent: number;
  /** Round of the messages that are heard. */
  heardRound: number;
  /** What the agent is told. */
  round: number;
  /** Counts blocks and agents: what was made for another is stale. */
  block: number;
  turn: number;
  /** Whether messages may be read. */
  hearing: boolean;
  /** Function that is being called. */
  calling: string;
  /** Gradients that this agent has taken for this round. */
  draws: number;
}

export function startCursor(): Cursor {
  return {
    first: 0,
    count: 0,
    row: 0,
    position: 0,
    agent: 0,
    heardRound: 0,
    round: 0,
    block: 0,
    turn: 0,
    hearing: false,
    calling: 'begin',
    draws: 0,
  };
}

/** One row for the agent of the moment. */
export interface Place {
  array: Float64Array;
  /** Brings `address`, a padded row of the shared memory, here. */
  load(address: number): void;
  /** Brings it to `address` where all of it is finite, and says whether it is. */
  store(address: number): boolean;
}

/** A row of a block for every agent of it. */
export interface BlockPlace {
  /**
   * The array of an agent, by its row in the block; `fresh`: whether the block's row is to be copied here.
   */
  array(row: number, fresh: boolean): Float64Array;
  /** Brings an agent's array to the block's row where all of it is finite, and says whether it is. */
  store(row: number): boolean;
}

export class Places {
  /** All of the shared memory, in the run's precision. */
  readonly reals: Reals;
  readonly #arena: Arena;
  readonly #kernels: Kernels;
  readonly #own: PrivateArrays;
  readonly #addresses: { array: Float64Array; address: number }[] = [];

  /** @param entries of the longest array, @param arrays how many there are */
  constructor(module: UserModule, runtime: Runtime, entries: number, arrays: number) {
    this.#arena = runtime.arena;
    this.reals = runtime.arena.allReals;
    this.#kernels = runtime.kernels;
    this.#own = new PrivateArrays(module, entries * arrays, arrays);
  }

  /** A module sees float64, whatever the precision: what is not, or not in its memory, is copied. */
  get #copies(): boolean {
    return this.#own.inModule || this.#arena.precision !== 'float64';
  }

  /** Before the calls of a block. */
  claim(): void {
    this.#own.claim();
  }

  /** What a kernel of the module's has done to its memory, as half a sentence; null where nothing. */
  damage(): string | null {
    return this.#own.damage();
  }

  /** A place at `address`, a padded row of scratch. */
  at(name: string, address: number, length: number): Place {
    if (this.#copies) return this.#copied(name, length);
    const entries = pointLength(length);
    const kernels = this.#kernels;
    const array = this.#window(address, length);
    return {
      array,
      load: (from) => kernels.decodeDense(0, 1, from, 8 * entries, address, 8 * entries, entries),
      store: (to) => kernels.copyFinite(entries, address, to) === 1,
    };
  }

  /** Places at the rows of a block of scratch. */
  block(name: string, address: number, length: number, stride: number, rows: number): BlockPlace {
    if (this.#copies) {
      const { array, load, store } = this.#copied(name, length);
      return {
        array(row, fresh) {
          if (fresh) load(address + row * stride);
          return array;
        },
        store: (row) => store(address + row * stride),
      };
    }
    const kernels = this.#kernels;
    const arrays = Array.from({ length: rows }, (_, row) => this.#window(address + row * stride, length));
    return {
      array: (row) => arrays[row]!,
      store: (row) => kernels.copyFinite(stride / 8, address + row * stride, address + row * stride) === 1,
    };
  }

  /** Address of the row that an array is; 0 where it is none of ours. */
  addressOf(array: Float64Array): number {
    for (let i = 0; i < this.#addresses.length; i++) {
      if (this.#addresses[i]!.array === array) return this.#addresses[i]!.address;
    }
    return 0;
  }

  #window(address: number, length: number): Float64Array {
    return new Float64Array(this.#arena.memory.buffer, address, length);
  }

  /** Remembers a place that kernels may be given the address of. */
  remember(array: Float64Array): void {
    if (!this.#copies) this.#addresses.push({ array, address: array.byteOffset });
  }

  #copied(name: string, length: number): Place {
    const { reals } = this;
    const { realBytes } = this.#arena;
    const array = this.#own.make(name, length);
    return {
      array,
      load(address) {
        for (let c = 0; c < length; c++) array[c] = reals[address / realBytes + c]!;
      },
      store(address) {
        if (!allFinite(array)) return false;
        for (let c = 0; c < length; c++) reals[address / realBytes + c] = array[c]!;
        return true;
      },
    };
  }
}
