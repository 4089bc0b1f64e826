/**
 * When a cell of a sweep is not worth its rounds: its error is past where it began and grows, or it falls so
 * slowly that the target is out of reach within the config's rounds.
 *
 * Both are guesses about the future from the rows so far, and deterministic ones: they look at rounds, never
 * at a clock or at other cells. What they may decide is for `sweep/` to say, which runs on to the end whatever
 * could still win.
 */

import type { TraceRow } from '../trace/row.js';
import type { GivingUp, Target } from './types.js';

/** Nothing is given up before; errors may grow at first and fall later. */
const FIRST_ROUND = 128;
/** Past where it began: this many times the first value. */
const PAST = 2;
/** And by this much over half of the way, as a logarithm; and by so many times what it was the half before. */
const LEAST_GROWTH = Math.log(1.3);
const ACCELERATION = 1.4;
/** What has risen so far above the least of late may be on its way out. */
const RISING = 1.5;
/** Slow: not even at this many times its pace would it arrive. */
const PATIENCE = 10;
/** And only after this share of its rounds. */
const SLOW_SHARE = 1 / 8;

/**
 * Of the rows until now, the last one in the current round; why nothing more is to be expected, or null.
 *
 *  - growing: over the last three doublings of the rounds both the largest and the least value grew, the
 *    largest by more each time, as what grows exponentially does; and the last is past where the run began.
 *  - slow: the least value of the later half of the way is above the target by more factors of ten than are
 *    gained, at ten times the pace since the half before it, in the rounds that are left.
 */
export function hopeless(
  trace: readonly TraceRow[],
  { quantity, bound }: Target,
  rounds: number,
  reasons: readonly GivingUp[],
): GivingUp | null {
  const last = trace.at(-1)!;
  const { round } = last;
  if (round < FIRST_ROUND) return null;
  const within = (from: number, to: number) => {
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    for (let i = trace.length - 1; i >= 0 && trace[i]!.round > from; i--) {
      if (trace[i]!.round > to) continue;
      least = Math.min(least, trace[i]![quantity]);
      most = Math.max(most, trace[i]![quantity]);
    }
    return { least, most };
  };
  const late = within(round / 2, round);
  const middle = within(round / 4, round / 2);
  const early = within(round / 8, round / 4);
  if (reasons.includes('growing') && last[quantity] > PAST * trace[0]![quantity]) {
    // Exponential growth has twice the factors of ten in twice the rounds; an agent that first goes to a
    // minimiser of its own has no more.
    const lately = Math.log(late.most / middle.most);
    const before = Math.log(middle.most / early.most);
    const fromBelow = late.least > middle.least && middle.least > early.least;
    if (fromBelow && before > 0 && lately > Math.max(LEAST_GROWTH, ACCELERATION * before)) return 'growing';
  }
  if (!reasons.includes('slow') || round < SLOW_SHARE * rounds) return null;
  // What grows from far below is no slow one: it will be past its beginning.
  if (late.least > middle.most || last[quantity] > RISING * late.least) return null;
  // Factors of ten in half of the rounds so far, and those that are missing.
  const gained = Math.max(0, Math.log10(middle.least / late.least));
  const missing = Math.log10(late.least / bound);
  return missing > (PATIENCE * gained * (rounds - round)) / (round / 2) ? 'slow' : null;
}
