import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox4x32 } from '../../kernels/reference/philox.js';
import { philoxBlock, randomPermutation, UniformSource } from '../../src/data/random.js';
import { seedWords } from '../../src/runtime.js';

describe('Philox4x32-10', () => {
  // Known answers of Random123 (kat_vectors): counter, key -> words.
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('counter %j, key %j', (counter, key, words) => {
    const out = new Uint32Array(4);
    const [block, agent, round, stream] = counter as [number, number, number, number];
    philoxBlock(out, 0, block, agent, round, stream, { low: key[0]!, high: key[1]! });
    expect([...out]).toEqual(words);
  });
});

describe("the kernels' reference", () => {
  const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  it('says the same', () => {
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, [low, high]) => {
        const out = new Uint32Array(4);
        philoxBlock(out, 0, ...counter, { low, high });
        expect([...out]).toEqual(philox4x32(counter, [low, high]));
      }),
    );
  });
});

describe('UniformSource', () => {
  it('stays inside (-1, 1), with mean 0 and variance 1/3', () => {
    const values = new Float64Array(10_000);
    new UniformSource(seedWords(5)).fill(values, 0, values.length, 3, 0, 8);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1 / 3)).toBeLessThan(0.02);
    expect(values.every((v) => v > -1 && v < 1)).toBe(true);
  });
});

describe('randomPermutation', () => {
  it('is an order of 0..count-1, the same for the same seed', () => {
    for (const count of [0, 1, 2, 1000]) {
      const order = randomPermutation(count, seedWords(42));
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(randomPermutation(count, seedWords(42))).toEqual(order);
    }
    expect(randomPermutation(1000, seedWords(1))).not.toEqual(randomPermutation(1000, seedWords(2)));
  });

  it('gives each of the 6 orders of three about as often as the others', () => {
    const seen = new Map<string, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const key = randomPermutation(3, seedWords(seed)).join('');
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    // Standard deviation 29: five of them on either side.
    for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(145);
  });
});
