/**
 * Whether messages keep what the plan says of them: E|e - C(e)|^2 <= (1 - delta) |e|^2, of starts that stand
 * still. The share that a message keeps is 1 - |e - C(e)|^2 / |e|^2; it is averaged over whole sweeps, and
 * its mean may be short of delta by chance alone.
 */

import type { ContractionKind } from '../compress/types.js';
import type { Bench } from './bench.js';
import type { Start } from './starts.js';

/**
 * What messages keep of starts of ordinary size that stand still, in the mean over whole sweeps; every
 * message's least where the plan speaks of that.
 */
export interface Held {
  least: number;
  start: string;
  /** Standard error of a mean over random draws. */
  error: number;
  messages: number;
  /** No less than planned, but for chance and rounding. */
  asPlanned: boolean;
}

/** Of these a plan says nothing that messages alone could show. */
const NOT_OF_MESSAGES: readonly ContractionKind[] = ['bound', 'spoken', 'memory'];
/** Messages about a start that stands still, about. */
const HELD_MESSAGES = 512;
/**
 * Standard errors that a mean of n may be short by: the fewer there are, the less is known of the error
 * itself.
 */
const chance = (n: number) => 5 + 200 / (n - 1) ** 2;
const ROUNDING = 1e-9;
/** What so few draws may never show. */
const RARE = 1e-6;

/**
 * What is seen of a planned contraction. `worst`: the least that any message kept of those that were
 * followed.
 */
export function holdStill(
  bench: Bench,
  starts: readonly Start[],
  worst: { value: number; start: string } | null,
  affordable: number,
): Held | null {
  const { contraction, contractionKind, sweep = 1 } = bench.plan;
  if (NOT_OF_MESSAGES.includes(contractionKind) || contraction === 0 || 2 * sweep > affordable) return null;
  const sweeps = Math.max(2, Math.floor(Math.min(affordable, HELD_MESSAGES) / sweep));
  const messages = sweeps * sweep;
  const kept = starts.map(() => ({ sum: 0, squares: 0, ofSweep: 0, least: 1 }));
  const all = starts.map(() => true);
  for (let round = 0; round < messages; round++) {
    bench.step(round, 0, all, (i, { before, left }) => {
      const one = kept[i]!;
      const share = 1 - (left / before) ** 2;
      one.least = Math.min(one.least, share);
      one.ofSweep += share / sweep;
      if ((round + 1) % sweep !== 0) return;
      one.sum += one.ofSweep;
      one.squares += one.ofSweep ** 2;
      one.ofSweep = 0;
    });
  }
  const everyMessage = contractionKind === 'worst';
  const found = kept.map(({ sum, squares, least: leastOfAll }, i) => {
    const mean = sum / sweeps;
    const error = Math.sqrt(Math.max(0, squares / sweeps - mean * mean) / (sweeps - 1));
    return {
      least: everyMessage ? leastOfAll : mean,
      start: starts[i]!.name,
      error: everyMessage ? 0 : error,
    };
  });
  if (everyMessage && worst !== null) found.push({ least: worst.value, start: worst.start, error: 0 });
  // What is short of the plan by more than chance, where there is something, and by most of it.
  const room = ({ least, error }: { least: number; error: number }) =>
    least + chance(sweeps) * error + (everyMessage ? ROUNDING : RARE) - contraction;
  const shortest = found.reduce((a, b) => (room(b) < room(a) ? b : a));
  const smallest = found.reduce((a, b) => (b.least < a.least ? b : a));
  const asPlanned = room(shortest) >= 0;
  return { ...(asPlanned ? smallest : shortest), messages, asPlanned };
}
