/**
 * The round barrier: generation-counting, spin then park, and it can be poisoned.
 *
 * `wait()` returns when all parties of this generation have arrived. A party that fails calls
 * `poison(reason)`: everyone who waits now, or ever will, throws `BarrierPoisoned` instead of sleeping for a
 * worker that never comes.
 *
 * Spinning is only worth it while every party has a core of its own, so the spin budget is 0 where there are
 * more workers than cores. Nor where waits are long (a slow worker, an unbalanced graph): the budget follows
 * the waits, see `nextBudget`. The spin reads GENERATION with a plain sequentially consistent load: a line
 * that stays shared until the last arrival.
 */

import { Poison, Word } from './control.js';

/**
 * About 50 us: longer than the imbalance of a balanced round, shorter than a thread's sleep and wake-up would
 * cost twice.
 */
export const DEFAULT_SPINS = 20_000;

/** What a sleep and its wake-up take, about: a wait that was shorter would have been better spun. */
const SLEEP_MS = 0.1;
/** A budget does not fall below this: an arrival that is nearly simultaneous should never meet a sleeper. */
const LEAST_SPINS = 500;

/**
 * The budget of the next wait. One that was over within the budget lets it grow, and so does a sleep that was
 * shorter than sleeping costs; a long sleep halves it, since all that was spun before was for nothing.
 */
export function nextBudget(budget: number, most: number, sleptLong: boolean): number {
  return Math.min(most, Math.max(LEAST_SPINS, sleptLong ? budget >> 1 : budget << 1));
}

export class BarrierPoisoned extends Error {
  override name = 'BarrierPoisoned';
  readonly code = 'POISONED';
  readonly reason: number;
  constructor(reason: number) {
    super(reason === Poison.STOPPED ? 'the run was stopped' : 'another worker failed');
    this.reason = reason;
  }
}

export class Barrier {
  private readonly words: Int32Array;
  private readonly parties: number;
  private readonly spins: number;
  private budget: number;

  /** `words`: the control words. Every party must be given the same number of parties. */
  constructor(words: Int32Array, parties: number, spins: number = DEFAULT_SPINS) {
    this.words = words;
    this.parties = parties;
    this.spins = spins;
    this.budget = spins;
  }

  /**
   * Everything written before `wait()` by any party is seen by every party after it: the arrival is an atomic
   * add, the release an atomic store of GENERATION, and both are sequentially consistent.
   */
  wait(): void {
    const words = this.words;
    // Read the generation before arriving: once we have arrived, the last party may bump it, and we would go
    // to sleep waiting for a generation that nobody will end.
    const generation = Atomics.load(words, Word.GENERATION); // [B1]
    if (Atomics.add(words, Word.ARRIVED, 1) === this.parties - 1) {
      // [B2]
      // Last to arrive. Reset the count before the release: a party that is let go may arrive at the next
      // barrier at once.
      Atomics.store(words, Word.ARRIVED, 0); // [B3]
      Atomics.store(words, Word.GENERATION, (generation + 1) | 0); // [B4]
      // A sleeper counts itself before it sleeps, and Atomics.wait rechecks GENERATION after: it either sees
      // the new generation and does not sleep, or its count is visible here and it is woken.
      if (Atomics.load(words, Word.SLEEPERS) !== 0) Atomics.notify(words, Word.GENERATION); // [B5] [B6]
    } else {
      this.budget = barrierWait(words, generation, this.budget, this.spins);
    }
    // After the release as well: a poison written before the last arrival must not be overlooked for a round.
    const poison = Atomics.load(words, Word.POISON); // [B7]
    if (poison !== Poison.NONE) throw new BarrierPoisoned(poison);
  }
}

/**
 * Waits until GENERATION changes, and gives the spin budget of the next wait. The two ways to wait are
 * functions of their own, so that a flame graph shows them: time parked is charged to `barrierWait` itself (a
 * sleeping thread is seen in whoever called Atomics.wait), time spinning to `barrierSpin` above it.
 */
function barrierWait(words: Int32Array, generation: number, budget: number, most: number): number {
  // Poison sets the reason and then bumps the generation. If we read the bumped one, the reason is visible
  // here and nobody will bump again; if we read the old one, the bump ends the wait below. Either way we do
  // not stay.
  if (Atomics.load(words, Word.POISON) !== Poison.NONE) return budget; // [B8]
  if (barrierSpin(words, generation, budget)) return nextBudget(budget, most, false);
  Atomics.add(words, Word.SLEEPERS, 1); // [B9]
  // Asleep with a time limit first: whether it ran out says how long the wait was, without a clock, whose
  // numbers would be allocated. And a loop for spurious wake-ups.
  let sleptLong = false;
  while (Atomics.load(words, Word.GENERATION) === generation) {
    // [B10]
    const limit = sleptLong ? Number.POSITIVE_INFINITY : SLEEP_MS;
    if (Atomics.wait(words, Word.GENERATION, generation, limit) === 'timed-out') sleptLong = true; // [B11]
  }
  Atomics.sub(words, Word.SLEEPERS, 1); // [B12]
  return nextBudget(budget, most, sleptLong);
}

/** Whether GENERATION changed within so many looks. */
function barrierSpin(words: Int32Array, generation: number, spins: number): boolean {
  for (let spin = spins; spin > 0; spin--) {
    if (Atomics.load(words, Word.GENERATION) !== generation) return true; // [B13]
  }
  return false;
}

/**
 * Makes every wait of this run end, now and from now on. Safe from any thread, any number of times; the first
 * reason stays. Order matters: the reason first, then the wake-up, so that whoever wakes finds the reason.
 */
export function poison(words: Int32Array, reason: number): void {
  Atomics.compareExchange(words, Word.POISON, Poison.NONE, reason); // [P1]
  Atomics.add(words, Word.GENERATION, 1); // [P2]
  Atomics.notify(words, Word.GENERATION); // [P3]
  // A leader that stands still in a pause sleeps here; it looks for the reason when it wakes.
  Atomics.add(words, Word.ASKED, 1); // [P4]
  Atomics.notify(words, Word.ASKED); // [P5]
}

export function isPoisoned(words: Int32Array): boolean {
  return Atomics.load(words, Word.POISON) !== Poison.NONE; // [P6]
}
