/**
 * A clock for the round loop: how long each worker computes and how long it stands at the barrier. Only runs
 * that ask for one pay for it, two readings of the time a phase (some 0.1 us); without one the loop is the
 * same code as ever.
 *
 * The host says from which round on to count, steps the session, and reads when every worker stands still
 * again. Times are the worker's own, in milliseconds; each worker has 128 bytes to itself, so that writing
 * one's time does not slow another.
 *
 * The entries are plain numbers. The host's write of the first round is published by its bump of ASKED, on
 * which the leader waits, and by the barrier behind that; the workers' times by the barrier of the pause and
 * the leader's ANSWERED behind it, which the host sees before it reads.
 */

import { Barrier } from '../sync/barrier.js';
import type { BarrierPath } from '../sync/tree.js';
import type { BoundProgram } from './types.js';

const SPACING = 16;
/** Round from which on to count. Host writes while all stand still. */
const FROM = 0;
/** Entries of a worker. */
const WORK = 0;
const WAIT = 1;
const SPAN = 2;
const ROUNDS = 3;

export interface WorkerTime {
  /** In phases. */
  workMs: number;
  /** From the end of a phase until its barrier let go. */
  waitMs: number;
  /** From the beginning of the first counted round to the end of the last. */
  spanMs: number;
  rounds: number;
}

/** To be given to `prepare` as `clock`. */
export function createClock(workers: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer((workers + 1) * SPACING * 8);
  countFrom(buffer, 0);
  return buffer;
}

/** Forgets what was counted, and counts again from this round on. While all workers stand still. */
export function countFrom(clock: SharedArrayBuffer, round: number): void {
  new Float64Array(clock).fill(0)[FROM] = round;
}

export function readClock(clock: SharedArrayBuffer): WorkerTime[] {
  const entries = new Float64Array(clock);
  return Array.from({ length: entries.length / SPACING - 1 }, (_, worker) => {
    const at = (worker + 1) * SPACING;
    const [workMs, waitMs, spanMs, rounds] = entries.subarray(at, at + 4);
    return { workMs, waitMs, spanMs, rounds };
  });
}

/** The reading of the time that phases and barrier share. */
class Watch {
  readonly entries: Float64Array;
  readonly at: number;
  last = 0;
  /** A phase has ended and its barrier is still to come. Barriers of pauses and traces are not counted. */
  behindPhase = false;

  constructor(clock: SharedArrayBuffer, worker: number) {
    this.entries = new Float64Array(clock);
    this.at = (worker + 1) * SPACING;
  }
}

class ClockedBarrier extends Barrier {
  readonly watch: Watch;

  constructor(watch: Watch, words: Int32Array, path: BarrierPath, spins: number) {
    super(words, path, spins);
    this.watch = watch;
  }

  override wait(): void {
    super.wait();
    const { watch } = this;
    if (!watch.behindPhase) return;
    watch.behindPhase = false;
    const now = performance.now();
    watch.entries[watch.at + WAIT] += now - watch.last;
    watch.entries[watch.at + SPAN] += now - watch.last;
    watch.last = now;
  }
}

export interface Clocked {
  program: BoundProgram;
  barrier: Barrier;
}

/** The same program and a barrier of the same words, with the clock between them. */
export function withClock(
  program: BoundProgram,
  clock: SharedArrayBuffer,
  worker: number,
  words: Int32Array,
  path: BarrierPath,
  spins: number,
): Clocked {
  const watch = new Watch(clock, worker);
  const { entries, at } = watch;
  const phases = program.phases.map((phase, index) => (round: number) => {
    if (round < entries[FROM]) {
      phase(round);
      return;
    }
    if (index === 0) {
      if (round === entries[FROM]) watch.last = performance.now();
      entries[at + ROUNDS]++;
    }
    phase(round);
    const now = performance.now();
    entries[at + WORK] += now - watch.last;
    entries[at + SPAN] += now - watch.last;
    watch.last = now;
    watch.behindPhase = true;
  });
  return {
    program: { ...program, phases },
    barrier: new ClockedBarrier(watch, words, path, spins),
  };
}
