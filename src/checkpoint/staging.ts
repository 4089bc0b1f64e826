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
import type { Transport } from '../ranks/transport.js';
import { Snapshot } from '../run/snapshot.js';
import type { LoopReport, StagingTask, Standing } from '../run/tasks.js';
import type { RunPlan } from '../run/types.js';
import { Word } from '../sync/control.js';
import { Kept } from './kept.js';
import { Parts, readShareOf } from './over-ranks.js';

const HEADER_BYTES = 128;
const ROUND = 0;
const SECONDS = 1;
const REFINING = 2;
/** Checkpoints taken by the loop, and what they took of its time. */
const COUNT = 3;
const TOOK_MS = 4;
/** Where a run stood that one of several ranks goes on with: 0 where it begins, else 1, round, seconds, refining. */
const FROM = 5;

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
  readonly #from: Standing | null;
  /** As in `StagingTask`. */
  readonly changed: { silent: boolean } | null;
  readonly #kept: Kept;
  readonly #bytes: Uint8Array;
  readonly #numbers: Float64Array;
  readonly #everyRounds: number;
  readonly #worker: number;
  readonly #workers: number;
  readonly #arena: Arena;
  readonly #part: RunPlan['kept'];
  readonly #ofFinished: boolean;
  readonly #words: Int32Array;
  /** Of the thread that speaks with other ranks. */
  readonly #parts: Parts | null;
  #last: number;

  /** `transport`: of the thread that speaks with other ranks. */
  constructor(
    { staging, everyRounds, from, changed, board, ofFinished = false }: StagingTask,
    arena: Arena,
    worker: number,
    { workers, kept: part }: Pick<RunPlan, 'workers' | 'kept'>,
    transport: Transport | null = null,
  ) {
    this.#from = from;
    this.changed = changed ?? null;
    this.#arena = arena;
    this.#part = part;
    this.#ofFinished = ofFinished;
    this.#words = arena.view('control', 'i32');
    this.#parts = transport === null || board === undefined ? null : new Parts(board, transport, this.#words);
    this.#kept = new Kept(arena, part ?? null);
    this.#bytes = stagedBytes(staging);
    this.#numbers = new Float64Array(staging, 0, HEADER_BYTES / 8);
    this.#everyRounds = everyRounds;
    this.#worker = worker;
    this.#workers = workers;
    this.#last = from?.round ?? 0;
  }

  /** Where the run goes on; null where it begins. Of several ranks: behind the loop's first barrier. */
  get from(): Standing | null {
    const [known, round, seconds, refining] = this.#numbers.subarray(FROM, FROM + 4);
    return known === 1 ? { round, seconds, refining: refining === 1 } : this.#from;
  }

  /** All ranks alike, before the rounds: the first one says where checkpoints are, and what all go on from. */
  meet(): void {
    const told = this.#parts?.meet();
    const part = this.#part;
    if (told === undefined || told.from === null || !part) return;
    const { round, seconds, refining } = readShareOf(told.from, this.#kept, part, this.#bytes);
    this.#numbers.set([1, round, seconds, refining ? 1 : 0], FROM);
  }

  /** By the leader, once a round. */
  look(): void {
    this.#parts?.look();
  }

  /**
   * The rounds are over on all ranks, and this thread alone works on: what is being written comes to its end, and a
   * run that can be gone on with leaves its last checkpoint, as `RunCheckpoints.last` has it of one machine.
   */
  conclude({ status, standing, rounds }: LoopReport, snapshots: SharedArrayBuffer | null): void {
    const parts = this.#parts;
    if (parts === null) return;
    parts.finish();
    const wanted = status === 'stopped' || (status === 'finished' && this.#ofFinished);
    const isNew = standing.round > 0 && standing.round !== parts.committed;
    const round = parts.agree(wanted && isNew && parts.folder !== null ? standing.round : 0);
    if (round === 0) return;
    const arena = this.#arena;
    const { workers } = arena.layout;
    if (round < rounds && snapshots !== null)
      for (let w = 0; w < workers; w++) new Snapshot(arena, w, workers, snapshots).restore();
    this.#kept.save(this.#bytes, round, 0, 1);
    this.publish(this.#words, standing, 0);
    parts.finish();
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
    this.#parts?.begin(round);
    // After all that it says is there.
    Atomics.store(words, Word.STAGED, round); // [K4]
  }

  /** This worker's share of the state that the run goes on from. */
  restore(round: number): void {
    this.#last = round;
    this.#kept.restore(this.#bytes, round, this.#worker, this.#workers);
  }
}
