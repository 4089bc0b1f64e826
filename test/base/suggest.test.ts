import { expect, test } from 'vitest';
import { didYouMean, editDistance, nearest, partlyNamed } from '../../src/base/suggest.js';

const KINDS = ['identity', 'top-k', 'sign', 'norm-sign', 'flatten', 'uniform-quantize'];

test('edit distance: insertions, deletions, substitutions and swaps', () => {
  expect(editDistance('', 'abc')).toBe(3);
  expect(editDistance('alhpa', 'alpha')).toBe(1);
  expect(editDistance('kitten', 'sitting')).toBe(3);
});

test.each([
  ['topk', 'top-k'],
  ['TOP_K', 'top-k'],
  ['sing', 'sign'],
  ['normSign', 'norm-sign'],
  ['flaten', 'flatten'],
  ['uniform', 'uniform-quantize'],
  ['gzip', null],
  ['x', null],
])('%s is near %s', (typed, found) => {
  expect(nearest(typed, KINDS)).toBe(found);
});

test('nothing is said where nothing is near', () => {
  expect(didYouMean('gzip', KINDS)).toBe('');
  expect(didYouMean('sing', KINDS)).toBe('; did you mean sign?');
});

test.each([
  ['every', 'everyRounds'],
  ['seconds', 'everySeconds'],
  ['keeping', 'keep'],
  ['ke', null],
  ['very', null],
])('%s is a part of %s', (typed, found) => {
  expect(partlyNamed(typed, ['everySeconds', 'everyRounds', 'keep'])).toBe(found);
});
