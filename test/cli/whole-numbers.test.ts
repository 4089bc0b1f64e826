import { describe, expect, it } from 'vitest';
import { wholeNumber, wholeNumbers } from '../../src/schema/whole-numbers.js';

describe('lists of whole numbers', () => {
  it.each([
    ['1', [1]],
    ['1,2,3', [1, 2, 3]],
    ['1..10', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ['1,2,5..7', [1, 2, 5, 6, 7]],
    [' 3 .. 4 , 1', [3, 4, 1]],
    ['5..5,5', [5]],
    ['0..2,1..3', [0, 1, 2, 3]],
  ])('%s', (text, numbers) => expect(wholeNumbers('--seeds', text, 0)).toEqual(numbers));

  it.each([
    '',
    'a',
    '1-10',
    '1..',
    '..3',
    '1...3',
    '1:3',
    '1.5',
    '1.5..3',
    '-1',
    '-3..2',
    '1,,2',
    '1,',
    'NaN',
    '9007199254740993',
  ])('%j is refused with an example', (text) =>
    expect(() => wholeNumbers('--seeds', text, 0)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', hint: 'for example: --seeds 1..10, or --seeds 1,2,5..7' }),
    ),
  );

  it('a range that runs backwards, and one without end', () => {
    expect(() => wholeNumbers('--seeds', '10..1', 0)).toThrow('--seeds is 10..1, which runs backwards');
    expect(() => wholeNumbers('--seeds', '0..1000000000', 0)).toThrow('expected at most 10000 numbers');
  });
});

describe('a whole number', () => {
  it.each([
    ['7', 7],
    ['1e3', 1000],
  ])('%s', (text, number) => expect(wholeNumber('--rounds', text, 1)).toBe(number));

  it.each([
    ['0', ''],
    ['-1', ''],
    ['1.5', ''],
    ['abc', ''],
    ['', ''],
    ['1_000', ' (write 1000)'],
    ['1,000,000', ' (write 1000000)'],
  ])('%j is refused', (text, repair) =>
    expect(() => wholeNumber('--rounds', text, 1)).toThrow(
      `--rounds is ${text || 'empty'}, expected a whole number >= 1${repair}`,
    ),
  );
});
