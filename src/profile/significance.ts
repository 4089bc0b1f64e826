/**
 * Whether two builds differ, from repeats of each: an estimate, an interval, and a verdict that is held back
 * unless both say so.
 *
 * Values are logarithms of times, so that a difference is a ratio. Neither interval supposes a distribution:
 *
 *  - in turns (`pairedShift`): one difference a repeat. The estimate is Hodges and Lehmann's, the median of all
 *    means of two differences (a difference with itself included); the interval inverts Wilcoxon's signed-rank
 *    test, whose exact distribution is counted here. It supposes that differences scatter alike to both sides.
 *  - apart (`unpairedShift`): the median of all differences of one from each side, and the interval that inverts
 *    Mann and Whitney's test.
 *
 * Few repeats give no interval at all: with n pairs the smallest level is 2 / 2^n, so 99% takes eight of them.
 * Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd edition, sections 3.2-3.3 and 4.2-4.3.
 */

/** How sure an interval is. A comparison makes one verdict, and is made often. */
export const CONFIDENCE = 0.99;
/** The fewest pairs that give an interval of this confidence. */
export const LEAST_REPEATS = 8;

/** A difference of logarithms: where it lies, and between what. */
export interface Shift {
  estimate: number;
  /** -Infinity where there are too few repeats for an interval. */
  low: number;
  high: number;
}

/** Of one difference a repeat. */
export function pairedShift(differences: readonly number[], confidence = CONFIDENCE): Shift {
  const n = differences.length;
  const means: number[] = [];
  for (const [i, a] of differences.entries()) {
    for (const b of differences.slice(i)) means.push((a + b) / 2);
  }
  return shiftFrom(means, criticalRank(signedRankCounts(n), 2 ** n, confidence));
}

/** Of repeats that have nothing to do with one another. */
export function unpairedShift(
  now: readonly number[],
  before: readonly number[],
  confidence = CONFIDENCE,
): Shift {
  const differences = now.flatMap((a) => before.map((b) => a - b));
  const counts = rankSumCounts(now.length, before.length);
  const all = counts.reduce((sum, count) => sum + count, 0);
  return shiftFrom(differences, criticalRank(counts, all, confidence));
}

/** Median of `values`, and their order statistics `rank` from either end (counted from 0); -1: none. */
function shiftFrom(values: number[], rank: number): Shift {
  if (values.length === 0) throw new Error('there is nothing to compare');
  const sorted = values.sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const estimate = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  if (rank < 0) return { estimate, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  return { estimate, low: sorted[rank] ?? 0, high: sorted[sorted.length - 1 - rank] ?? 0 };
}

/**
 * The largest k with P(statistic <= k) <= (1 - confidence) / 2: the interval goes from the value of that rank
 * to the one as far from the other end. -1 where even the smallest statistic is not rare enough.
 */
function criticalRank(counts: readonly number[], all: number, confidence: number): number {
  let below = 0;
  let rank = -1;
  for (const count of counts) {
    below += count;
    if (below / all > (1 - confidence) / 2) break;
    rank++;
  }
  return rank;
}

/** How many of the 2^n choices of signs give each sum of the ranks 1..n that are positive. */
export function signedRankCounts(n: number): number[] {
  let counts = [1];
  for (let rank = 1; rank <= n; rank++) {
    const next = new Array<number>(counts.length + rank).fill(0);
    for (const [sum, count] of counts.entries()) {
      next[sum] = (next[sum] ?? 0) + count;
      next[sum + rank] = (next[sum + rank] ?? 0) + count;
    }
    counts = next;
  }
  return counts;
}

/**
 * How many orders of m values among n others give each number of pairs that stand the other way round: the
 * coefficients of Gauss's binomial (m + n over m).
 */
export function rankSumCounts(m: number, n: number): number[] {
  let counts = [1];
  const size = m * n + 1;
  for (let i = 1; i <= m; i++) {
    // Times (1 - q^(n + i)), divided by (1 - q^i).
    const times = Array.from({ length: size }, (_, at) => (counts[at] ?? 0) - (counts[at - n - i] ?? 0));
    for (let at = i; at < size; at++) times[at] = (times[at] ?? 0) + (times[at - i] ?? 0);
    counts = times;
  }
  return counts;
}

/** `unknown`: too few repeats to say anything. */
export type ProfileVerdict = 'slower' | 'faster' | 'same' | 'unknown';

/**
 * Slower, or faster, only where the interval leaves zero out and the difference is larger than `equal`, which is
 * what builds that do not differ come to here.
 */
export function judge({ estimate, low, high }: Shift, equal: number): ProfileVerdict {
  if (!Number.isFinite(low) || !Number.isFinite(high) || !Number.isFinite(equal)) return 'unknown';
  if (low > 0 && estimate > equal) return 'slower';
  if (high < 0 && -estimate > equal) return 'faster';
  return 'same';
}

/** The largest difference that the interval has in it. */
export function largest({ low, high }: Shift): number {
  return Math.max(Math.abs(low), Math.abs(high));
}
