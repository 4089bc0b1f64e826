/** What is kept from one process to the next is what would be made again, or is made again. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { prune, remembered, rememberedLater } from '../../src/base/remembered.js';
import { temporaryFolder } from '../support/run.js';

const KEY = Symbol.for('sottovoce.cache');
const shared = globalThis as { [KEY]?: (name: string) => string | null };

/** Slow enough to be worth it. */
function slowly<T>(value: T): () => T {
  return vi.fn(() => {
    const endMs = performance.now() + 8;
    while (performance.now() < endMs);
    return value;
  });
}

const never = () => {
  throw new Error('it was to be remembered');
};

describe('what was made of data', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(temporaryFolder(), 'made-'));
    shared[KEY] = () => folder;
  });

  afterEach(() => {
    delete shared[KEY];
  });

  it('is there in the next process, arrays and all', () => {
    const value = {
      values: Float64Array.of(1, -0, Number.NaN, 1e-310),
      rows: Uint32Array.of(1, 2, 3),
      singles: Float32Array.of(0.1),
      names: ['a', 'b'],
      none: null,
    };
    remembered('table', ['text', Uint8Array.of(1)], slowly(value));
    const found = remembered<typeof value>('table', ['text', Uint8Array.of(1)], never);
    expect(found).toEqual(value);
    expect(Object.is(found.values[1], -0)).toBe(true);
    expect(found.values).toBeInstanceOf(Float64Array);
  });

  it('is of all that it was made of, and of where one part ends', () => {
    remembered('table', ['ab', 'c'], slowly(1));
    expect(remembered('table', ['a', 'bc'], () => 2)).toBe(2);
    expect(remembered('graph', ['ab', 'c'], () => 3)).toBe(3);
    expect(remembered('table', ['ab', Float64Array.of(1)], () => 4)).toBe(4);
    expect(remembered('table', ['ab', 'c'], never)).toBe(1);
  });

  it.each([
    ['a flipped bit', (bytes: Buffer) => Object.assign(bytes, { [bytes.length - 2]: bytes.at(-2)! ^ 1 })],
    ['half a file', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['nothing', () => Buffer.alloc(0)],
  ])('is made again after %s', (_, harm) => {
    remembered('table', ['text'], slowly({ values: Float64Array.of(1, 2, 3) }));
    const [name] = readdirSync(folder) as [string];
    const file = path.join(folder, name);
    writeFileSync(file, harm(readFileSync(file)));
    const again = slowly({ values: Float64Array.of(1, 2, 3) });
    expect(remembered('table', ['text'], again).values[2]).toBe(3);
    expect(again).toHaveBeenCalledOnce();
    expect(remembered<{ values: Float64Array }>('table', ['text'], never).values[2]).toBe(3);
  });

  it('is not that of another one with its name', () => {
    remembered('table', ['one'], slowly(1));
    const [one] = readdirSync(folder) as [string];
    remembered('table', ['two'], slowly(2));
    const two = readdirSync(folder).find((name) => name !== one) as string;
    writeFileSync(path.join(folder, two), readFileSync(path.join(folder, one)));
    expect(remembered('table', ['two'], () => 2)).toBe(2);
  });

  it('is not kept where it is made in no time, or there is no folder', () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1);
    expect(remembered('table', ['text'], () => 5)).toBe(5);
    clock.mockRestore();
    expect(readdirSync(folder)).toEqual([]);
    shared[KEY] = () => null;
    expect(remembered('table', ['text'], slowly(6))).toBe(6);
    shared[KEY] = () => path.join(folder, 'not', 'there');
    expect(remembered('table', ['text'], slowly(7))).toBe(7);
  });

  it('leaves nothing of what failed', () => {
    const fail = () =>
      remembered('table', ['text'], () => {
        throw new RangeError('line 3');
      });
    expect(fail).toThrow('line 3');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('may take waiting to make', async () => {
    const make = vi.fn(async () => slowly({ rounds: 5 })());
    await rememberedLater('config', ['text'], make);
    expect(await rememberedLater('config', ['text'], make)).toEqual({ rounds: 5 });
    expect(make).toHaveBeenCalledOnce();
    const fail = async () => {
      throw new RangeError('line 3');
    };
    await expect(rememberedLater('config', ['other'], fail)).rejects.toThrow('line 3');
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('takes what a killed process had half written along after an hour', () => {
    const hours = (ago: number) => Date.now() / 1000 - 3600 * ago;
    const left = path.join(folder, 'table-1.99-a.part');
    const written = path.join(folder, 'table-2.99-b.part');
    for (const [file, ago] of [
      [left, 1.1],
      [written, 0.9],
    ] as const) {
      writeFileSync(file, 'half');
      utimesSync(file, hours(ago), hours(ago));
    }
    remembered('table', ['text'], slowly(1));
    expect([left, written].map((file) => existsSync(file))).toEqual([false, true]);
    expect(remembered('table', ['text'], never)).toBe(1);
  });

  it('goes when others were used later and there is no room', () => {
    for (const [at, name] of ['old', 'middle', 'new'].entries()) {
      writeFileSync(path.join(folder, name), Buffer.alloc(100));
      utimesSync(path.join(folder, name), at + 1, at + 1);
    }
    prune(folder, 250);
    expect(['old', 'middle', 'new'].map((name) => existsSync(path.join(folder, name)))).toEqual([
      false,
      true,
      true,
    ]);
  });
});
