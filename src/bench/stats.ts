/** Medians, quartiles and intervals, and when two of them differ by more than they scatter. */

import { quantile, type Spread } from '../base/quantiles.js';
import { philoxBlock } from '../data/random.js';

export { quantile, type Spread, spreadOf } from '../base/quantiles.js';

export interface Interval {
  low: number;
  high: number;
  /** How often such an interval has the true median in it. */
  level: number;
}

export const LEVEL = 0.95;
const RESAMPLES = 2000;
/** The resamples of a figure are the same each time. */
const BOOTSTRAP_SEED = { low: 0x626f6f74, high: 0x73747270 };
const WORDS = 4;

/**
 * Bootstrap interval of the median by percentiles (Efron 1979): of so many samples drawn with replacement from
 * these, the middle 95% of their medians. Null with fewer than three samples, which say nothing of it.
 */
export function medianInterval(values: readonly number[]): Interval | null {
  return bootstrap([values], ([sample]) => medianOf(sample));
}

/** The same of what is made of several samples, each drawn from its own values. */
export function bootstrap(
  samples: readonly (readonly number[])[],
  statistic: (drawn: readonly number[][]) => number,
): Interval | null {
  if (samples.some(({ length }) => length < 3)) return null;
  const places = samples.map(({ length }, which) => resamplesOf(length, which));
  const drawn = samples.map(({ length }) => new Array<number>(length));
  const found = Array.from({ length: RESAMPLES }, (_, resample) => {
    samples.forEach((values, which) => {
      const from = resample * values.length;
      for (let at = 0; at < values.length; at++) drawn[which][at] = values[places[which][from + at]];
    });
    return statistic(drawn);
  }).sort((a, b) => a - b);
  const tail = (1 - LEVEL) / 2;
  return { low: quantile(found, tail), high: quantile(found, 1 - tail), level: LEVEL };
}

/** Resamples of so many values, one after the other, as places of values; the same for all that have as many. */
function resamplesOf(length: number, which: number): Uint32Array {
  const key = `${length}/${which}`;
  const known = resamples.get(key);
  if (known) return known;
  const places = new Uint32Array(RESAMPLES * length);
  const words = new Uint32Array(WORDS);
  for (let at = 0; at < places.length; at++) {
    if (at % WORDS === 0) philoxBlock(words, 0, at / WORDS, which, length, 0, BOOTSTRAP_SEED);
    places[at] = Math.floor((words[at % WORDS] / 2 ** 32) * length);
  }
  resamples.set(key, places);
  return places;
}

const resamples = new Map<string, Uint32Array>();

export function medianOf(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
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
