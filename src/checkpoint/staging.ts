/**
 * How a checkpoint leaves the round loop without holding it up: every worker copies its share of what is kept
 * (`kept.ts`) into shared memory beside the arena, between two rounds, and the rounds go on while the
 * coordinator writes it to a file.
 *
 *     STAGED = 0     the memory is the loop's: the leader may have a checkpoint taken
 *     STAGED = k     it holds the state after k rounds, whole, and is the coordinator's until it writes 0
 *
 * A checkpoint that falls due while the last one is still being written is taken as soon as that is done. The
 * first bytes of the memory say where the run stood.
 */

import type { Arena } from '../arena/arena.js';
import type { StagingTask, Standing } from '../run/tasks.js';
import { Word } from '../sync/control.js';
import { Kept } from './kept.js';

const HEADER_BYTES = 64;
const ROUND = 0;
const SECONDS = 1;
const REFINING = 2;
/** Checkpoints taken by the loop, and what they took of its time. */
const COUNT = 3;
const TOOK_MS = 4;

export function createStaging(keptBytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + keptBytes);
}

export function stagedBytes(staging: SharedArrayBuffer): Uint8Array {
  return new Uint8Array(staging, HEADER_BYTES);
}

export interface Staged extends Standing {
  count: number;
  tookMs: number;
}

export function readStaged(staging: SharedArrayBuffer): Staged {
  const numbers = new Float64Array(staging, 0, HEADER_BYTES / 8);
  return {
    round: numbers[ROUND],
    seconds: numbers[SECONDS],
    refining: numbers[REFINING] === 1,
    count: numbers[COUNT],
    tookMs: numbers[TOOK_MS],
  };
}

/** One worker's side of it. */
export class LoopStaging {
  readonly from: Standing | null;
  /** As in `StagingTask`. */
  readonly changed: { silent: boolean } | null;
  readonly #kept: Kept;
  readonly #bytes: Uint8Array;
  readonly #numbers: Float64Array;
  readonly #everyRounds: number;
  readonly #worker: number;
  readonly #workers: number;
  #last: number;

  constructor(
    { staging, everyRounds, from, changed }: StagingTask,
    arena: Arena,
    worker: number,
    workers: number,
  ) {
    this.from = from;
    this.changed = changed ?? null;
    this.#kept = new Kept(arena);
    this.#bytes = stagedBytes(staging);
    this.#numbers = new Float64Array(staging, 0, HEADER_BYTES / 8);
    this.#everyRounds = everyRounds;
    this.#worker = worker;
    this.#workers = workers;
    this.#last = from?.round ?? 0;
  }

  /** What the leader asks before round `round`. */
  due(words: Int32Array, round: number): boolean {
    if (round === this.#last || Atomics.load(words, Word.STAGED) !== 0) return false; // [K1]
    const rounds = this.#everyRounds > 0 && round - this.#last >= this.#everyRounds;
    return rounds || Atomics.load(words, Word.CHECKPOINT) !== 0; // [K2]
  }

  /** This worker's share. */
  save(round: number): void {
    this.#kept.save(this.#bytes, round, this.#worker, this.#workers);
    this.#last = round;
  }

  /** By the leader, when all shares are there. */
  publish(words: Int32Array, { round, seconds, refining }: Standing, tookMs: number): void {
    const numbers = this.#numbers;
    numbers[ROUND] = round;
    numbers[SECONDS] = seconds;
    numbers[REFINING] = refining ? 1 : 0;
    numbers[COUNT]++;
    numbers[TOOK_MS] += tookMs;
    Atomics.store(words, Word.CHECKPOINT, 0); // [K3]
    // After all that it says is there.
    Atomics.store(words, Word.STAGED, round); // [K4]
  }

  /** This worker's share of the state that the run goes on from. */
  restore(round: number): void {
    this.#kept.restore(this.#bytes, round, this.#worker, this.#workers);
  }
}
