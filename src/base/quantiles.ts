/** Medians and quartiles. */

/** What repeated measurements of one thing came to. Quartiles say how far to trust the median. */
export interface Spread {
  /** Half of the samples are below. */
  median: number;
  /** A quarter of the samples is below. */
  q1: number;
  /** A quarter of the samples is above. */
  q3: number;
  /** How many there are. */
  samples: number;
}

/** Quantile by linear interpolation between order statistics (Hyndman and Fan's type 7). */
export function quantile(sorted: readonly number[], p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  const low = sorted[below] as number;
  return low + (at - below) * ((sorted[above] as number) - low);
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
