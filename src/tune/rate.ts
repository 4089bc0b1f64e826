/** How fast a run really was: a fit of the tail of its trace, to stand beside what was predicted. */

/** Below this share of the first distance it is rounding that is measured. */
const FLOOR_SHARE = 1e-12;
const FEWEST_ROWS = 3;

/**
 * Rounds per factor of ten: the least-squares slope of log10(rmsError) against the round, over the later half (in factors of ten) of what was gained. Null
 * where too few rows are left, or nothing was gained.
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
