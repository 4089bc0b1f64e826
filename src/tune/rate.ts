/**
 * Paces: how fast a run really was, to stand beside what was predicted, and what a pilot's gaps say of a
 * run's.
 */

import type { GapAt } from './trial-runs.js';

/** Below this share of the first distance it is rounding that is measured. */
const FLOOR_SHARE = 1e-12;
const FEWEST_ROWS = 3;

/**
 * Rounds per factor of ten: the least-squares slope of log10(rmsError) against the round, over the later half
 * (in factors of ten) of what was gained. Null where too few rows are left, or nothing was gained.
 */
export function measuredRoundsPerDecade(rows: readonly { round: number; rmsError: number }[]): number | null {
  const first = rows[0]?.rmsError;
  if (first === undefined || !(first > 0)) return null;
  const usable = rows.filter(({ rmsError }) => rmsError > first * FLOOR_SHARE);
  const least = usable.reduce((low, { rmsError }) => Math.min(low, rmsError), first);
  const tail = usable.filter(({ rmsError }) => rmsError <= Math.sqrt(first * least));
  if (tail.length < FEWEST_ROWS) return null;
  const meanRound = tail.reduce((sum, { round }) => sum + round, 0) / tail.length;
  const meanLog = tail.reduce((sum, { rmsError }) => sum + Math.log10(rmsError), 0) / tail.length;
  let covariance = 0;
  let variance = 0;
  for (const { round, rmsError } of tail) {
    covariance += (round - meanRound) * (Math.log10(rmsError) - meanLog);
    variance += (round - meanRound) ** 2;
  }
  return covariance < 0 ? -variance / covariance : null;
}

/**
 * Rounds until the gap is at most `target` and stays there: counted, to a fraction between two places, as far
 * as the pilot flew. Farther on the gap, quadratic near the optimum, takes half the rounds of the distance
 * for a factor of ten.
 */
export function roundsToGap(gaps: readonly GapAt[], target: number, roundsPerDecade: number): number {
  const last = gaps.findLastIndex(({ gap }) => gap > target);
  if (last < 0) return 0;
  const from = gaps[last]!;
  const decades = Math.log10(from.gap / target);
  const to = gaps[last + 1];
  if (to === undefined) return Math.ceil(from.round + (decades * roundsPerDecade) / 2);
  // A gap of 0 or less is rounding: the target is reached there, and nothing is known in between.
  const share = to.gap > 0 ? decades / Math.log10(from.gap / to.gap) : 1;
  return Math.ceil(from.round + share * (to.round - from.round));
}
