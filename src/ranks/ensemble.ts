/**
 * What the ranks of a run find out together, by the thread of each that speaks with the others. All of them call the
 * same in the same order.
 *
 * Sums run over the agents in the order of their numbers, whoever holds them: what has been added up so far goes from
 * rank to rank, along ranges of consecutive numbers (`PartPlan.runs`). So they are those of a run on one machine, bit
 * for bit, and the chain is as long as the cut has such ranges.
 */

import type { Arena } from '../arena/arena.js';
import { broadcast } from './council.js';
import { Tag } from './exchange.js';
import type { PartPlan } from './part.js';
import type { Transport } from './transport.js';

/** Agents of a block of a sum; see `kernels/trace.ts`. */
const BLOCK = 256;

/** Of rows that are brought together, so much at once. */
const COLLECTED_BYTES = 4 * 2 ** 20;

/** A range of consecutive numbers of this rank. */
interface Run {
  /** Own agents, as indices of `byNumber`. */
  from: number;
  to: number;
  /** Ranks that have the ranges before and behind it; -1: there is none. */
  before: number;
  behind: number;
}

export class Ensemble {
  readonly rank: number;
  readonly ranks: number;
  readonly #transport: Transport;
  readonly #arena: Arena;
  readonly #total: number;
  readonly #own: number;
  readonly #numbers: Uint32Array;
  /** Positions of own agents in the order of their numbers. */
  readonly #byNumber: Uint32Array;
  readonly #runs: Run[] = [];
  /** Who has the last agent of all. */
  readonly #last: number;
  /** On rank 0: the numbers of each other rank's agents, by position there, and where a column of theirs comes. */
  readonly #others: { rank: number; numbers: Uint32Array; column: Float64Array }[] = [];
  readonly #runStart: Uint32Array;
  readonly #runRank: Uint32Array;
  readonly #word = new Float64Array(1);
  readonly #wordBytes = bytesOf(this.#word);

  /** All ranks make theirs together. */
  constructor(
    part: Pick<PartPlan, 'rank' | 'ranks' | 'own' | 'total' | 'runs'>,
    arena: Arena,
    transport: Transport,
  ) {
    const { rank, ranks, own, total, runs } = part;
    this.rank = rank;
    this.ranks = ranks;
    this.#transport = transport;
    this.#arena = arena;
    this.#total = total;
    this.#own = own;
    this.#numbers = arena.view('agents.numbers', 'u32').slice(0, own);
    const numbers = this.#numbers;
    this.#byNumber = Uint32Array.from({ length: own }, (_, at) => at).sort((a, b) => numbers[a] - numbers[b]);
    this.#runStart = runs.start;
    this.#runRank = runs.rank;
    let at = 0;
    for (let run = 0; run < runs.start.length; run++) {
      if (runs.rank[run] !== rank) continue;
      const end = runs.start[run + 1] ?? total;
      const from = at;
      at += end - runs.start[run];
      this.#runs.push({ from, to: at, before: runs.rank[run - 1] ?? -1, behind: runs.rank[run + 1] ?? -1 });
    }
    this.#last = runs.rank[runs.rank.length - 1];
    this.#meet();
  }

  #meet(): void {
    const { rank, ranks } = this;
    if (rank > 0) {
      this.#transport.send(0, Tag.HELLO, bytesOf(Uint32Array.of(this.#own)));
      if (this.#own > 0) this.#transport.send(0, Tag.HELLO, bytesOf(this.#numbers));
      return;
    }
    for (let other = 1; other < ranks; other++) {
      const count = new Uint32Array(1);
      this.#transport.receive(other, Tag.HELLO, bytesOf(count));
      const numbers = new Uint32Array(count[0]);
      if (numbers.length > 0) this.#transport.receive(other, Tag.HELLO, bytesOf(numbers));
      this.#others.push({ rank: other, numbers, column: new Float64Array(numbers.length) });
    }
  }

  /**
   * `state` goes over all agents in the order of their numbers, and each visits it on its own rank: `visit(position,
   * number)`. Afterwards all ranks have it.
   */
  chain(state: Float64Array, visit: (position: number, number: number) => void): void {
    const bytes = bytesOf(state);
    for (let r = 0; r < this.#runs.length; r++) {
      const { from, to, before, behind } = this.#runs[r];
      if (before >= 0) this.#transport.receive(before, Tag.CHAIN, bytes);
      for (let i = from; i < to; i++) {
        const position = this.#byNumber[i];
        visit(position, this.#numbers[position]);
      }
      if (behind >= 0) this.#transport.send(behind, Tag.CHAIN, bytes);
    }
    broadcast(this.#transport, this.#last, Tag.CHAIN, bytes);
  }

  /** out[c] = (sum over all agents of their row's entry c) / agents, as the kernel `columnMeans` has it. */
  columnMeans(rowsAt: number, rowBytes: number, columns: number, out: number): void {
    const { reals, realBytes } = { reals: this.#arena.allReals, realBytes: this.#arena.realBytes };
    const first = rowsAt / realBytes;
    const stride = rowBytes / realBytes;
    // Totals of whole blocks, then the block that has begun.
    const state = new Float64Array(2 * columns);
    this.chain(state, (position, number) => {
      const row = first + position * stride;
      for (let c = 0; c < columns; c++) state[columns + c] += reals[row + c];
      if ((number + 1) % BLOCK !== 0 && number + 1 !== this.#total) return;
      for (let c = 0; c < columns; c++) {
        state[c] += state[columns + c];
        state[columns + c] = 0;
      }
    });
    const doubles = new Float64Array(this.#arena.memory.buffer, out, columns);
    for (let c = 0; c < columns; c++) doubles[c] = state[c] / this.#total;
  }

  /** Rank 0 has `column` of all agents, by number; every rank gives that of its own ones, by position. */
  gather(own: Float64Array, all: Float64Array | null): void {
    if (this.rank > 0) {
      if (own.length > 0) this.#transport.send(0, Tag.COLUMN, bytesOf(own));
      return;
    }
    const into = all as Float64Array;
    for (let at = 0; at < this.#own; at++) into[this.#numbers[at]] = own[at];
    for (const { rank, numbers, column } of this.#others) {
      if (column.length === 0) continue;
      this.#transport.receive(rank, Tag.COLUMN, bytesOf(column));
      for (let at = 0; at < column.length; at++) into[numbers[at]] = column[at];
    }
  }

  /** Rows of all agents, by number, `bytes` of each, on rank 0. `rowsAt`: where rows are, by position. */
  collect(rowsAt: number, rowBytes: number, bytes: number, into: Uint8Array | null): void {
    const rowsAtOnce = Math.max(1, Math.floor(COLLECTED_BYTES / rowBytes));
    const memory = this.#arena.memory.buffer;
    if (this.rank > 0) {
      for (let at = 0; at < this.#own; at += rowsAtOnce) {
        const count = Math.min(rowsAtOnce, this.#own - at);
        this.#transport.send(
          0,
          Tag.COLLECT,
          new Uint8Array(memory, rowsAt + at * rowBytes, count * rowBytes),
        );
      }
      return;
    }
    const all = into as Uint8Array;
    const place = (numbers: Uint32Array, at: number, count: number, rows: Uint8Array) => {
      for (let r = 0; r < count; r++)
        all.set(rows.subarray(r * rowBytes, r * rowBytes + bytes), numbers[at + r] * bytes);
    };
    place(this.#numbers, 0, this.#own, new Uint8Array(memory, rowsAt, this.#own * rowBytes));
    const chunk = new Uint8Array(rowsAtOnce * rowBytes);
    for (const { rank, numbers } of this.#others) {
      for (let at = 0; at < numbers.length; at += rowsAtOnce) {
        const count = Math.min(rowsAtOnce, numbers.length - at);
        const rows = chunk.subarray(0, count * rowBytes);
        this.#transport.receive(rank, Tag.COLLECT, rows);
        place(numbers, at, count, rows);
      }
    }
  }

  /** out = the sums over all other ranks of these numbers, whole ones, on rank 0. */
  sumOfOthers(own: Float64Array, out: Float64Array): void {
    if (this.rank > 0) {
      this.#transport.send(0, Tag.BITS, bytesOf(own));
      return;
    }
    out.fill(0);
    const theirs = new Float64Array(own.length);
    for (let other = 1; other < this.ranks; other++) {
      this.#transport.receive(other, Tag.BITS, bytesOf(theirs));
      for (let i = 0; i < theirs.length; i++) out[i] += theirs[i];
    }
  }

  /**
   * The largest of all ranks' numbers, on rank 0; elsewhere one's own. Once a round: nothing is allocated.
   */
  largest(own: number): number {
    if (this.rank > 0) {
      this.#word[0] = own;
      this.#transport.send(0, Tag.SLOWEST, this.#wordBytes);
      return own;
    }
    let largest = own;
    for (let other = 1; other < this.ranks; other++) {
      this.#transport.receive(other, Tag.SLOWEST, this.#wordBytes);
      largest = Math.max(largest, this.#word[0]);
    }
    return largest;
  }

  /** The row of the agent with this number, on every rank at address `to`. `rowsAt`: where rows are, by position. */
  row(number: number, rowsAt: number, rowBytes: number, to: number): void {
    const owner = this.#rankOf(number);
    const bytes = new Uint8Array(this.#arena.memory.buffer, to, rowBytes);
    if (owner === this.rank) {
      const at = rowsAt + this.#positionOf(number) * rowBytes;
      bytes.set(new Uint8Array(this.#arena.memory.buffer, at, rowBytes));
    }
    broadcast(this.#transport, owner, Tag.POINT, bytes);
  }

  /** What rank 0 calls it with. */
  told(value: number): number {
    this.#word[0] = value;
    broadcast(this.#transport, 0, Tag.POINT, bytesOf(this.#word));
    return this.#word[0];
  }

  #rankOf(number: number): number {
    let low = 0;
    let high = this.#runStart.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#runStart[middle] <= number) low = middle;
      else high = middle - 1;
    }
    return this.#runRank[low];
  }

  #positionOf(number: number): number {
    let low = 0;
    let high = this.#own - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#numbers[this.#byNumber[middle]] < number) low = middle + 1;
      else high = middle;
    }
    return this.#byNumber[low];
  }
}

export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
