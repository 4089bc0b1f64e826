import { expect, test } from 'vitest';
import { InputError, isInputError } from '../../src/base/errors.js';
import { checkSpec, parseSpecText, pointAt } from '../../src/certify/spec-text.js';
import { compressors } from '../../src/compress/registry.js';

const parse = (text: string) => parseSpecText(text, compressors).spec;

test.each([
  ['sign', { kind: 'sign' }],
  ['sign()', { kind: 'sign' }],
  [' top-k( k = 8 ) ', { kind: 'top-k', k: 8 }],
  ['top-k(8)', { kind: 'top-k', k: 8 }],
  ['flatten(sign)', { kind: 'flatten', inner: { kind: 'sign' } }],
  ['flatten(inner=top-k(k=2))', { kind: 'flatten', inner: { kind: 'top-k', k: 2 } }],
  ['flatten(signs=fixed, sign)', { kind: 'flatten', signs: 'fixed', inner: { kind: 'sign' } }],
  ['flatten(sign(scale=unbiased))', { kind: 'flatten', inner: { kind: 'sign', scale: 'unbiased' } }],
  ['every(4, sign)', { kind: 'every', rounds: 4, inner: { kind: 'sign' } }],
  ['scale(1e-1, identity(f32))', { kind: 'scale', factor: 0.1, inner: { kind: 'identity', wire: 'f32' } }],
  [
    'schedule([0.5], [sign, identity])',
    { kind: 'schedule', until: [0.5], inner: [{ kind: 'sign' }, { kind: 'identity' }] },
  ],
  [
    'event-triggered({ absolute: 0.1 }, sign)',
    { kind: 'event-triggered', threshold: { absolute: 0.1 }, inner: { kind: 'sign' } },
  ],
  [
    'custom(module=./a-b/mine.mjs, on=true, name="x, y")',
    { kind: 'custom', module: './a-b/mine.mjs', on: true, name: 'x, y' },
  ],
  ['{ kind: flatten, inner: { kind: sign } }', { kind: 'flatten', inner: { kind: 'sign' } }],
])('%s', (text, spec) => {
  expect(parse(text)).toEqual(spec);
});

test('a key that objects are born with is a key like any other', () => {
  for (const key of ['__proto__', 'constructor', 'toString']) {
    expect(Object.entries(parse(`custom(module=a.mjs, ${key}=3)`)).at(-1)).toEqual([key, 3]);
    expect(refusal(`top-k(k=2, ${key}=3)`).message).toContain(`unknown key compressor.${key}`);
  }
});

/** The column that the hint's mark stands under. */
function refusal(text: string): { message: string; column: number } {
  try {
    checkSpec(parseSpecText(text, compressors), compressors);
  } catch (error) {
    if (!isInputError(error)) throw error;
    const [, under = ''] = (error.hint ?? '').split('\n');
    return { message: error.message, column: under.indexOf('^') - 'hint: '.length + 1 };
  }
  throw new Error(`${text} was accepted`);
}

test.each([
  ['flatten(sgn)', 9, 'did you mean sign?'],
  ['flatten(top-k(k=8)', 19, 'the text ends, expected , or ) after an argument of flatten'],
  ['sign)', 5, '), expected the end of sign(...)'],
  ['top-k(k=)', 9, 'expected a number, a word or a compressor'],
  ['top-k(k=2, k=3)', 12, 'a second k, expected k once'],
  ['top-k(1, 2)', 10, '2, expected k=... in top-k(...)'],
  ['top-k(k=0)', 9, 'compressor.k is 0, expected a whole number >= 1'],
  ['flatten(flatten(top-k(k=0.5)))', 25, 'compressor.inner.inner.k is 0.5'],
  ['flatten(top-k(kk=8))', 18, 'unknown key compressor.inner.kk'],
  ['adaptive(99, [sign, top-k(k=no)])', 29, 'compressor.inner[1].k is the text "no"'],
  ['{ kind: sign', 13, 'cannot be read as YAML'],
  ['{ kind: flatten, inner: { kind: sgn } }', 33, 'compressor.inner.kind is "sgn"'],
  ['event-triggered({ absolute: 0.1, sign)', 17, 'expected a mapping in braces'],
])('%s is refused at column %i', (text, column, message) => {
  const found = refusal(text);
  expect(found.message).toContain(message);
  if (!message.includes('braces')) expect(found.column).toBe(column);
});

test('what plan refuses later points at its place too', () => {
  const written = parseSpecText('flatten(top-k(k=99))', compressors);
  const error = new InputError('compressor.inner.k is 99', { path: ['compressor', 'inner', 'k'] });
  expect(pointAt(error, written).hint).toBe(`flatten(top-k(k=99))\n${' '.repeat(6 + 16)}^`);
});

test('a text that is far too long is refused before it is parsed', () => {
  expect(refusal(`{ kind: ${'[>'.repeat(40_000)}`).message).toBe(
    'a compressor is of 80008 characters, expected at most 65536',
  );
});
