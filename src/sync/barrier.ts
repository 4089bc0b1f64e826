/**
 * The round barrier: generation-counting, spin then park, and it can be poisoned.
 *
 * `wait()` returns when all parties of this generation have arrived. A party that fails calls
 * `poison(reason)`: everyone who waits now, or ever will, throws `BarrierPoisoned` instead of sleeping for a
 * worker that never comes.
 *
 * Parties meet at one node, or at those of a tree (`tree.ts`): the last to arrive at a node arrives at the
 * one above, and lets its node go when it is let go itself.
 *
 * Spinning is only worth it while every party has a core of its own, so the spin budget is 0 where there are
 * more workers than cores. Nor where waits are long (a slow worker, an unbalanced graph): the budget follows
 * the waits, see `nextBudget`. The spin reads GENERATION with a plain sequentially consistent load: a line
 * that stays shared until the last arrival.
 */

import { nodeWord, Poison, Word } from './control.js';
import type { BarrierPath } from './tree.js';

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
  /** First words of the nodes from this party's leaf to the root, and how many arrive at each. */
  private readonly nodes: Int32Array;
  private readonly arrivals: Int32Array;
  /** Of the nodes that are to be let go. */
  private readonly generations: Int32Array;
  private readonly spins: number;
  private budget: number;

  /** `words`: the control words. `path`: this party's, in the one shape that all of them have. */
  constructor(words: Int32Array, path: BarrierPath, spins: number = DEFAULT_SPINS) {
    this.words = words;
    this.nodes = Int32Array.from(path.nodes);
    this.arrivals = Int32Array.from(path.arrivals);
    this.generations = new Int32Array(path.nodes.length);
    this.spins = spins;
    this.budget = spins;
  }

  /**
   * Everything written before `wait()` by any party is seen by every party after it: an arrival is an atomic
   * add, which the one who goes on to the node above has seen, and a release an atomic store of GENERATION,
   * by one who was let go; all are sequentially consistent.
   */
  wait(): void {
    const { words, nodes, arrivals, generations } = this;
    const levels = nodes.length;
    let level = 0;
    for (; level < levels; level++) {
      const node = nodes[level];
      // Read the generation before arriving: once we have arrived, the last party may bump it, and we would
      // go to sleep waiting for a generation that nobody will end.
      const generation = Atomics.load(words, node + Word.GENERATION); // [B1]
      generations[level] = generation;
      if (Atomics.add(words, node + Word.ARRIVED, 1) !== arrivals[level] - 1) {
        // [B2]
        this.budget = barrierWait(words, node, generation, this.budget, this.spins);
        break;
      }
      // Last to arrive. Reset the count before the release: a party that is let go may arrive at the next
      // barrier at once.
      Atomics.store(words, node + Word.ARRIVED, 0); // [B3]
    }
    // Let go of the nodes at which we were last, from above: whoever waits further away goes first. After a
    // poison as well, which does no harm.
    while (--level >= 0) {
      const node = nodes[level];
      Atomics.store(words, node + Word.GENERATION, (generations[level] + 1) | 0); // [B4]
      // A sleeper counts itself before it sleeps, and Atomics.wait rechecks GENERATION after: it either sees
      // the new generation and does not sleep, or its count is visible here and it is woken.
      if (Atomics.load(words, node + Word.SLEEPERS) === 0) continue; // [B5]
      Atomics.notify(words, node + Word.GENERATION); // [B6]
    }
    // After the release as well: a poison written before the last arrival must not be overlooked for a round.
    const poison = Atomics.load(words, Word.POISON); // [B7]
    if (poison !== Poison.NONE) throw new BarrierPoisoned(poison);
  }
}

/**
 * Waits until GENERATION of a node changes, and gives the spin budget of the next wait. The two ways to wait
 * are functions of their own, so that a flame graph shows them: time parked is charged to `barrierWait`
 * itself (a sleeping thread is seen in whoever called Atomics.wait), time spinning to `barrierSpin` above it.
 */
function barrierWait(
  words: Int32Array,
  node: number,
  generation: number,
  budget: number,
  most: number,
): number {
  // Poison sets the reason and then bumps the generations. If we read the bumped one, the reason is visible
  // here and nobody will bump again; if we read the old one, the bump ends the wait below. Either way we do
  // not stay.
  if (Atomics.load(words, Word.POISON) !== Poison.NONE) return budget; // [B8]
  const word = node + Word.GENERATION;
  if (barrierSpin(words, word, generation, budget)) return nextBudget(budget, most, false);
  Atomics.add(words, node + Word.SLEEPERS, 1); // [B9]
  // Asleep with a time limit first: whether it ran out says how long the wait was, without a clock, whose
  // numbers would be allocated. And a loop for spurious wake-ups.
  let sleptLong = false;
  while (Atomics.load(words, word) === generation) {
    // [B10]
    const limit = sleptLong ? Number.POSITIVE_INFINITY : SLEEP_MS;
    if (Atomics.wait(words, word, generation, limit) === 'timed-out') sleptLong = true; // [B11]
  }
  Atomics.sub(words, node + Word.SLEEPERS, 1); // [B12]
  return nextBudget(budget, most, sleptLong);
}

/** Whether a GENERATION changed within so many looks. */
function barrierSpin(words: Int32Array, word: number, generation: number, spins: number): boolean {
  for (let spin = spins; spin > 0; spin--) {
    if (Atomics.load(words, word) !== generation) return true; // [B13]
  }
  return false;
}

/**
 * Makes every wait of this run end, now and from now on. Safe from any thread, any number of times; the first
 * reason stays. Order matters: the reason first, then the wake-up, so that whoever wakes finds the reason.
 * Somebody may wait at any node.
 */
export function poison(words: Int32Array, reason: number): void {
  Atomics.compareExchange(words, Word.POISON, Poison.NONE, reason); // [P1]
  for (let node = 0; nodeWord(node) < words.length; node++) {
    const generation = nodeWord(node) + Word.GENERATION;
    Atomics.add(words, generation, 1); // [P2]
    Atomics.notify(words, generation); // [P3]
  }
  // A leader that stands still in a pause sleeps here; it looks for the reason when it wakes.
  Atomics.add(words, Word.ASKED, 1); // [P4]
  Atomics.notify(words, Word.ASKED); // [P5]
}

export function isPoisoned(words: Int32Array): boolean {
  return Atomics.load(words, Word.POISON) !== Poison.NONE; // [P6]
}
