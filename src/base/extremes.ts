/**
 * The least and the greatest of any number of values, one after the other: `Math.min(...values)` puts all of
 * them on the stack, which ends at some hundred thousand. A trace of every round has more rows.
 */

/** `Infinity` of none; NaN where one is. */
export function leastOf(values: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) least = Math.min(least, value);
  return least;
}

/** `-Infinity` of none; NaN where one is. */
export function greatestOf(values: readonly number[]): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of values) greatest = Math.max(greatest, value);
  return greatest;
}
