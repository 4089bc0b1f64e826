/** Plain data goes over the wire and comes back bit for bit. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromText, toText } from '../../src/queue/plain-data.js';

async function there(value: unknown) {
  const large = new Map<string, Uint8Array>();
  const text = toText(value, large);
  const back = await fromText(text, async (sha256) => large.get(sha256) as Uint8Array);
  return { text, large, back };
}

describe('plain data', () => {
  it('has words for what JSON has none for', async () => {
    expect((await there([Number.NaN, -0, 1])).text).toBe('[{"$":"NaN"},{"$":"-0"},1]');
    const { text } = await there(Float64Array.of(1));
    expect(text).toBe('{"$":["Float64Array","AAAAAAAA8D8="]}');
  });

  it('comes back as it was', async () => {
    const value = {
      numbers: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 0.1 + 0.2],
      arrays: [Uint32Array.of(1, 2 ** 32 - 1), Float64Array.of(Number.NaN, -0), new Uint8Array(0)],
      own: { $: 'NaN', nested: [{ $: ['Float64Array', ''] }, { $: [] }] },
      nothing: null,
      text: '$ "\u0001\u{1f600}',
    };
    expect((await there(value)).back).toEqual(value);
    expect(Object.is(((await there([-0])).back as number[])[0], -0)).toBe(true);
  });

  it('comes back whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ noUnicodeString: false }).map((value) => ({ value, $: value })),
        async (value) => {
          expect((await there(value)).back).toEqual(value);
        },
      ),
    );
  });

  it('leaves undefined out, as JSON does', async () => {
    expect((await there({ a: undefined, b: 1 })).back).toEqual({ b: 1 });
  });

  it('keeps large arrays apart, the same one once', async () => {
    const rows = Float64Array.from({ length: 10_000 }, (_, i) => Math.sin(i));
    const { text, large, back } = await there([rows, { again: rows.slice() }, rows.subarray(1, 3)]);
    expect(large.size).toBe(1);
    expect(text.length).toBeLessThan(300);
    expect(back).toEqual([rows, { again: rows }, rows.subarray(1, 3)]);
  });

  it.each([[() => 1], [new Map()], [new Date(0)], [1n], [{ deep: [new Set()] }]])('takes no %s', (value) => {
    // A Date has become a text by then, which is what JSON makes of it.
    if (value instanceof Date) expect(toText(value, new Map())).toBe('"1970-01-01T00:00:00.000Z"');
    else expect(() => toText(value, new Map())).toThrow(/is no plain data/);
  });
});
