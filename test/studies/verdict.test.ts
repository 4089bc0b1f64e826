/** Verdicts, medians and lines of studies, on numbers that one can check by hand. */

import { expect, it } from 'vitest';
import { lineThrough, median, quantile, recorded, show } from '../../studies/frame/numbers.mjs';
import { all, atLeast, atMost, each, meanAtMost, within } from '../../studies/frame/verdict.mjs';

it('all seeds, half of them, fewer', () => {
  expect(atMost([1, 2, 3], 3, 'x').agrees).toBe('yes');
  expect(atMost([1, 2, 3, 4], 2, 'x').agrees).toBe('partly');
  expect(atMost([1, 2, 3], 1, 'x').agrees).toBe('no');
  expect(atLeast([1, 2], 2, 'x').agrees).toBe('partly');
  expect(within([1, 2, 3], 1, 3, 'x').agrees).toBe('yes');
  expect(within([0, 4, 2], 1, 3, 'x').agrees).toBe('no');
});

it('what is missing meets no bound, and nothing agrees with no numbers', () => {
  expect(atMost([null, 1], 2, 'x').agrees).toBe('partly');
  expect(atLeast([null, Number.NaN, Number.POSITIVE_INFINITY], 0, 'x').agrees).toBe('no');
  expect(atMost([], 1, 'x').agrees).toBe('no');
  expect(each([], 'so').agrees).toBe('no');
  expect(each([true, null], 'so').agrees).toBe('partly');
  expect(all().agrees).toBe('no');
});

it('several verdicts: one that is not yes is enough against yes, half of them no is no', () => {
  const [yes, no] = [atMost([1], 1, 'x'), atMost([2], 1, 'x')];
  expect(all(yes, yes).agrees).toBe('yes');
  expect(all(yes, yes, no).agrees).toBe('partly');
  expect(all(yes, no).agrees).toBe('no');
});

it('in the mean: two standard errors have to stay below the bound', () => {
  // Mean 2, standard deviation 1, standard error 0.577.
  expect(meanAtMost([1, 2, 3], 3.2, 'x').agrees).toBe('yes');
  expect(meanAtMost([1, 2, 3], 3.1, 'x').agrees).toBe('partly');
  expect(meanAtMost([1, 2, 3], 1.9, 'x').agrees).toBe('no');
  expect(meanAtMost([1, 1], 5, 'x').agrees).toBe('no');
  expect(meanAtMost([1, 1, null], 5, 'x').agrees).toBe('no');
});

it('says what was measured, with its spread', () => {
  expect(atMost([1, 2, 4.5], 4, 'error').measured).toBe('error 2 (1 to 4.5); at most 4 in 2 of 3');
  expect(atMost([1, null], 4, 'error').measured).toBe('error –, 1 of 2 unknown; at most 4 in 1 of 2');
});

it('medians, quantiles, lines, digits', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([1, null])).toBeNull();
  expect(quantile([0, 10], 0.25)).toBe(2.5);
  expect(lineThrough([0, 1, 2], [1, 3, 5])).toEqual({ slope: 2, base: 1, r2: 1 });
  expect(lineThrough([0, 1], [1, 3])).toBeNull();
  expect(recorded({ a: [1.23456789, Number.NaN], b: 'x', c: undefined })).toEqual({
    a: [1.23457, null],
    b: 'x',
    c: null,
  });
  expect([show(1e-14), show(12345), show(0.1234), show(null)]).toEqual(['1e-14', '12,345', '0.123', '–']);
});
