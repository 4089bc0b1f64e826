/**
 * A pattern search over a few positive numbers, in their logarithms: multiply the best so far along one
 * direction after the other, go on where it helps, turn round where it does not, with factors that shrink.
 * Deterministic; knows nothing of what is searched.
 */

export type Gains = Record<string, number>;

/** By which gains are multiplied, coarse to fine. */
export const FACTORS = [2, 1.4, 1.18];

export interface SearchOptions {
  /** Exponents of the factor, most promising first; names that `start` lacks are left out. */
  directions: readonly Gains[];
  /** Upper bounds of some of the numbers. */
  largest: Gains;
  factors: readonly number[];
  /** Calls of `cost`, at most. */
  evaluations: number;
}

export interface SearchResult {
  best: Gains;
  /** Infinity where nothing that was tried is any good. */
  cost: number;
  evaluations: number;
}

/** An improvement smaller than this share is none. */
const WORTH = 0.995;
/** The beginning's numbers are shrunk by this until one of them works. */
const BACK_OFF = 0.4;
const MOST_BACK_OFFS = 8;
/** Numbers a person would type; also what makes two candidates the same. */
const DIGITS = 3;

/**
 * `cost` is told the least so far, beyond which it may give up and answer Infinity. `shrink` names the number
 * of the last start that is made smaller as long as nothing works.
 */
export function patternSearch(
  starts: readonly Gains[],
  shrink: string,
  cost: (gains: Gains, least: number) => number,
  options: SearchOptions,
): SearchResult {
  const { largest, factors, evaluations: most } = options;
  const start = starts.at(-1)!;
  const directions = directionsAmong(options.directions, Object.keys(start));
  const seen = new Set<string>();
  let best = rounded(start);
  let least = Number.POSITIVE_INFINITY;
  let evaluations = 0;
  const attempt = (candidate: Gains): boolean => {
    const key = Object.values(candidate).join();
    if (seen.has(key) || evaluations >= most) return false;
    seen.add(key);
    evaluations++;
    const now = cost(candidate, least);
    if (!(now < WORTH * least)) return false;
    [best, least] = [candidate, now];
    return true;
  };

  for (const begin of starts) attempt(rounded(begin));
  for (let tries = 1; least === Number.POSITIVE_INFINITY && tries <= MOST_BACK_OFFS; tries++) {
    attempt(rounded({ ...start, [shrink]: start[shrink]! * BACK_OFF ** tries }));
  }
  if (least === Number.POSITIVE_INFINITY) return { best, cost: least, evaluations };

  const signs = directions.map(() => 1);
  const moved = (direction: Gains, factor: number): Gains => {
    const next = { ...best };
    for (const [name, exponent] of Object.entries(direction)) {
      next[name] = Math.min(next[name]! * factor ** exponent, largest[name] ?? Number.POSITIVE_INFINITY);
    }
    return rounded(next);
  };
  for (const factor of factors) {
    let improved = true;
    while (improved && evaluations < most) {
      improved = false;
      for (const [at, direction] of directions.entries()) {
        for (const sign of [signs[at]!, -signs[at]!]) {
          let helped = false;
          while (attempt(moved(direction, factor ** sign))) helped = true;
          if (!helped) continue;
          signs[at] = sign;
          improved = true;
          break;
        }
      }
    }
  }
  return { best, cost: least, evaluations };
}

/** Directions as far as the numbers are there: each once, none empty. */
function directionsAmong(directions: readonly Gains[], names: readonly string[]): Gains[] {
  const kept = new Map<string, Gains>();
  for (const direction of directions) {
    const entries = Object.entries(direction).filter(([name]) => names.includes(name));
    // What is left of a joint direction where the other number is fixed is a direction of its own, of
    // exponent 1.
    const scale = entries.length === 1 ? entries[0]![1] : 1;
    const left = Object.fromEntries(entries.map(([name, exponent]) => [name, exponent / scale]));
    if (entries.length > 0) kept.set(JSON.stringify(left), left);
  }
  return [...kept.values()];
}

/** To the digits of what a search tries. */
export function rounded(gains: Gains): Gains {
  return Object.fromEntries(
    Object.entries(gains).map(([name, value]) => [name, Number(value.toPrecision(DIGITS))]),
  );
}
