/**
 * Flatten's signs: fresh ones every round, or those of round 0 for ever. (That it computes U^T inner(U e) is
 * the kernels' own test.)
 */

import { describe, expect, it } from 'vitest';
import { Bench, messagesOf, planOf, unevenRows } from './bench.js';

const sign = { kind: 'sign' };

describe('flatten', () => {
  it('by hand: two coordinates, (a, b) -> (a + b, a - b) / sqrt 2, whatever the signs', () => {
    // The larger of |a + b| and |a - b| is said: of (3, 1) that is 4 / sqrt 2 if the signs agree, and 4 /
    // sqrt 2 if they do not.
    const [said] = messagesOf({ kind: 'flatten', inner: { kind: 'top-k', k: 1 } }, [[3, 1]]);
    expect(said[0]).toBeCloseTo(2, 14);
    expect(said[1]).toBeCloseTo(2, 14);
  });

  it('says something else about the same error every round, and with fixed signs the same', () => {
    const errors = Array.from({ length: 4 }, () => [5, -1, 0.5, 3, 0, 2, 7, 1]);
    const different = (spec: { kind: string; [parameter: string]: unknown }) =>
      new Set(messagesOf(spec, errors).map((message) => message.map((entry) => entry.toFixed(9)).join()))
        .size;
    expect(different({ kind: 'flatten', inner: sign })).toBe(4);
    expect(different({ kind: 'flatten', signs: 'fresh', inner: sign })).toBe(4);
    expect(different({ kind: 'flatten', signs: 'fixed', inner: sign })).toBe(1);
  });

  it('fixed signs are those of round 0', () => {
    const options = { agents: 3, dim: 6 };
    const fresh = new Bench({ kind: 'flatten', inner: sign }, options);
    const fixed = new Bench({ kind: 'flatten', signs: 'fixed', inner: sign }, options);
    const errors = unevenRows(3, 6, 1);
    expect(fixed.say(...errors)).toEqual(fresh.say(...errors));
    expect(fixed.say(...errors)).not.toEqual(fresh.say(...errors));
  });

  it('fixed signs stay right where nothing was said for a long time', () => {
    const late = {
      kind: 'schedule',
      until: [0.9],
      inner: [{ kind: 'identity' }, { kind: 'flatten', signs: 'fixed', inner: sign }],
    };
    const bench = new Bench(late, { agents: 3, dim: 6, rounds: 20 });
    for (let round = 0; round < 20; round++) {
      const { messages, expected } = bench.say(...unevenRows(3, 6, round));
      messages.forEach((message, i) => {
        message.forEach((entry, c) => void expect(entry).toBeCloseTo(expected[i][c], 10));
      });
    }
  });

  it('refuses other signs', () => {
    expect(() => planOf({ kind: 'flatten', signs: 'none', inner: sign })).toThrow(
      'compressor.signs is "none", expected fresh or fixed',
    );
  });
});
