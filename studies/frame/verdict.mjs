/**
 * Whether what was measured agrees with what is claimed: `yes` where every seed says so, `partly` where half
 * of them do, `no` otherwise. A verdict is made of numbers and a bound, and of nothing that anybody wrote.
 */

import { median, show } from './numbers.mjs';

/**
 * @typedef {{ agrees: 'yes' | 'partly' | 'no', measured: string }} Verdict
 */

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

/** `values`: one for each seed. `what`: their name, with the unit. What is missing meets no bound. */
function judged(values, meets, what, bound) {
  const met = values.filter((value) => isNumber(value) && meets(value)).length;
  const known = values.filter(isNumber);
  const agrees =
    values.length > 0 && met === values.length
      ? 'yes'
      : met > 0 && 2 * met >= values.length
        ? 'partly'
        : 'no';
  const spread = known.length > 1 ? ` (${show(Math.min(...known))} to ${show(Math.max(...known))})` : '';
  const missing = values.length - known.length;
  const rest = missing > 0 ? `, ${missing} of ${values.length} unknown` : '';
  return {
    agrees,
    measured: `${what} ${show(median(values))}${spread}${rest}; ${bound} in ${met} of ${values.length}`,
  };
}

export function atMost(values, bound, what) {
  return judged(values, (value) => value <= bound, what, `at most ${show(bound)}`);
}

export function atLeast(values, bound, what) {
  return judged(values, (value) => value >= bound, what, `at least ${show(bound)}`);
}

export function within(values, low, high, what) {
  return judged(
    values,
    (value) => value >= low && value <= high,
    what,
    `within ${show(low)} to ${show(high)}`,
  );
}

/**
 * Of what is claimed in the mean: `yes` where the mean and two of its standard errors stay below the bound,
 * `partly` where the mean does. One number for each seed, three at least, and none may be missing.
 */
export function meanAtMost(values, bound, what) {
  const count = values.length;
  if (count < 3 || !values.every(isNumber))
    return { agrees: 'no', measured: `${what} of ${count} seeds is not known` };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const error = Math.sqrt(variance / count);
  const agrees = mean + 2 * error <= bound ? 'yes' : mean <= bound ? 'partly' : 'no';
  const spread = `${show(Math.min(...values))} to ${show(Math.max(...values))}`;
  return {
    agrees,
    measured: `${what} in the mean ${show(mean)} ± ${show(error)} (${spread}); with two standard errors at most ${show(bound)}`,
  };
}

/** How many of them are so; `flags` are true or false, and null where it is not known. */
export function each(flags, what) {
  const met = flags.filter((flag) => flag === true).length;
  const agrees =
    flags.length > 0 && met === flags.length ? 'yes' : met > 0 && 2 * met >= flags.length ? 'partly' : 'no';
  return { agrees, measured: `${what} in ${met} of ${flags.length}` };
}

/** All of several: `yes` where all are, `no` where all are or half of them, `partly` otherwise. */
export function all(...verdicts) {
  const count = (agrees) => verdicts.filter((verdict) => verdict.agrees === agrees).length;
  const agrees =
    verdicts.length > 0 && count('yes') === verdicts.length
      ? 'yes'
      : 2 * count('no') >= verdicts.length
        ? 'no'
        : 'partly';
  return { agrees, measured: verdicts.map(({ measured }) => measured).join('. ') };
}
