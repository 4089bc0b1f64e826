/** Medians and quartiles, and when two of them differ by more than they scatter. */

/** What repeated measurements of one thing came to. Quartiles say how far to trust the median. */
export interface Spread {
  median: number;
  q1: number;
  q3: number;
  samples: number;
}

/** Quantile by linear interpolation between order statistics (Hyndman and Fan's type 7). */
export function quantile(sorted: readonly number[], p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    q1: quantile(sorted, 0.25),
    q3: quantile(sorted, 0.75),
    samples: values.length,
  };
}

/** Ratios pass by pass: what disturbs a whole pass disturbs both, and drops out. */
export function ratios(numerators: readonly number[], denominators: readonly number[]): number[] {
  if (numerators.length !== denominators.length)
    throw new Error('ratios need as many of the one as of the other');
  return numerators.map((value, pass) => value / denominators[pass]);
}

export type Verdict = 'faster' | 'slower' | 'same';

/**
 * Whether `now` is better than `before`: only where their quartile ranges lie apart. Two ranges of the same
 * thing, ten samples each, lie apart by chance about once in thirty times; so one line of a long table that
 * says slower is a reason to measure again, not yet a finding.
 */
export function compareSpreads(now: Spread, before: Spread, better: 'higher' | 'lower'): Verdict {
  if (now.q1 <= before.q3 && before.q1 <= now.q3) return 'same';
  const higher = now.median > before.median;
  return higher === (better === 'higher') ? 'faster' : 'slower';
}
