/**
 * What a message shows of a file: never a character that steers a terminal, never more than a line can hold.
 */

import { describe, expect, it } from 'vitest';
import { formatValue } from '../../src/base/errors.js';
import { printable, show, showSome } from '../../topology/index.js';

describe('printable', () => {
  it.each([
    ['\u001b[31mred\u0007', '\\u001b[31mred\\u0007'],
    ['a\u009b31mb\u007f', 'a\\u009b31mb\\u007f'],
    ['abc\u202edcba', 'abc\\u202edcba'],
    ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
    ['two\u2028lines\r\n', 'two\\u2028lines\\u000d\\u000a'],
    ['half \ud83d of a pair', 'half \\ud83d of a pair'],
    ['a tag \u{e0041}, and \ufffe', 'a tag \\udb40\\udc41, and \\ufffe'],
  ])('%j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('leaves names as they are, whatever their language', () => {
    for (const name of ['Zürich', '東京', 'Île de\u00a0France', '👩‍👧', 'می\u200cخواهم'])
      expect(printable(name)).toBe(name);
  });
});

describe('show', () => {
  it('quotes text, and tells blanks from spaces', () => {
    expect(show('a "b"\t\u001b')).toBe('"a \\"b\\"\\t\\u001b"');
    expect(show('1\u202f000')).toBe('"1\\u202f000"');
    expect(show(undefined)).toBe('missing');
    expect(show(NaN)).toBe('NaN');
    expect(show({ a: '\u009b' })).toBe('{"a":"\\u009b"}');
  });

  it('cuts what is long, never within an escape or a pair', () => {
    const parts = ['x', '\u001b', '😀', '\u009b', '"', '\\'];
    for (const part of parts) {
      for (let before = 0; before < 9; before++) {
        const text = show('y'.repeat(before) + part.repeat(1e5));
        expect(text.length).toBeLessThanOrEqual(60);
        expect(text).toMatch(/^"(?:[^\\"]|\\u[\da-f]{4}|\\["\\])*\.\.\.$/);
        expect(text).not.toMatch(/\p{Cs}/u);
      }
    }
  });

  it('is what configs and data are shown with too', () => {
    expect(formatValue).toBe(show);
  });
});

it('showSome gives the beginning and the end', () => {
  expect(showSome(['a', 'b\u001b'])).toBe('"a", "b\\u001b"');
  expect(showSome(Array.from({ length: 100 }, (_, k) => `n${k}`))).toBe(
    '"n0", "n1", "n2", "n3", "n4", ... "n99"',
  );
});
