/** Numbers as people read them. */

import { describe, expect, it } from 'vitest';
import { formatCount } from '../../src/base/count.js';
import { formatQuantity } from '../../src/base/format.js';

describe('numbers in thousands', () => {
  it.each([0, 7, 999, 1000, 12_345.6, 999_999.5, -1234, 123_456_789, 2 ** 53])('%d', (value) => {
    expect(formatCount(value)).toBe(Math.round(value).toLocaleString('en-US'));
  });

  it('leaves what is no number as it is', () => {
    expect([Number.NaN, Number.POSITIVE_INFINITY, 1e21].map(formatCount)).toEqual([
      'NaN',
      'Infinity',
      '1e+21',
    ]);
  });

  it('keeps digits that were asked for', () => {
    expect(formatQuantity(12_345.678)).toBe('12,350');
    expect(formatQuantity(12_345.678, 7)).toBe('12,345.68');
    expect(formatQuantity(-98_765.4321, 6)).toBe('-98,765.4');
  });
});
