/** AdaCGD's rule: by hand, the inequality held by every message, and bits spent where the news is. */

import { describe, expect, it } from 'vitest';
import { Bench, unevenRows } from './bench.js';

const top = (k: number) => ({ kind: 'top-k', k });
const spec = (zeta: unknown, inner: unknown, more: object = {}) => ({ kind: 'adacgd', zeta, inner, ...more });
const energy = (row: ArrayLike<number>) => Array.from(row).reduce((sum, entry) => sum + entry * entry, 0);

describe('adacgd', () => {
  // dim 2: an index takes 1 bit, a header between silence and two choices 2: top-1 costs 67, top-2 132.
  it('by hand: silent, coarse or exact, as what is new allows', () => {
    const bench = new Bench(spec(0.5, [top(1), top(2)]), { dim: 2 });
    const round = (error: number[]) => {
      const { messages, bits } = bench.say(error);
      return { said: Array.from(messages[0]), bits: bits[0] };
    };
    // All is new, 25: top-1 leaves 9 <= 12.5. Then 3 is left.
    expect(round([3, 4])).toEqual({ said: [0, 4], bits: 67 });
    // (3, 0) was left and moved by 4: 25 > 8 is no silence, top-1 leaves 9 > 8, top-2 nothing.
    expect(round([3, 4])).toEqual({ said: [3, 4], bits: 132 });
    // Nothing is left; 10 is new, of which top-1 leaves 1.
    expect(round([3, 1])).toEqual({ said: [3, 0], bits: 67 });
    // (0, 1) was left; (8, 0.5) is 64.25 away, but 64.25 > 32.1: spoken.
    expect(round([8, 0.5])).toEqual({ said: [8, 0], bits: 67 });
    // (0, 0.5) was left, and (2, 0.5) stands there: 4.25 > 2, top-1 leaves 0.25.
    expect(round([2, 0.5])).toEqual({ said: [2, 0], bits: 67 });
    // (0, 0.5) was left, (0.1, 0.1) stands there: 0.02 <= 0.085 needs no word.
    expect(round([0.1, 0.1])).toEqual({ said: [0, 0], bits: 2 });
    // An error that stands still has no news at all: the last choice speaks.
    expect(round([0.1, 0.1])).toEqual({ said: [0.1, 0.1], bits: 132 });
  });

  it('an error beyond all numbers is no silence', () => {
    for (const entry of [Number.POSITIVE_INFINITY, 1e200]) {
      const { messages, expected } = new Bench(spec(0.5, [top(1), top(2)]), { dim: 2 }).say([1, -entry]);
      expect(Math.abs(messages[0][1])).toBe(entry);
      expect(messages).toEqual(expected);
    }
  });

  it('without silence there is one choice fewer to name', () => {
    const bench = new Bench(spec(0.5, [top(1), top(2)], { silence: false }), { dim: 2 });
    expect(bench.say([3, 4]).bits).toEqual([66]);
    expect(bench.say([0, 0]).bits).toEqual([66]);
  });

  it('leaves no more than the rule allows, unless the last choice does', () => {
    const agents = 5;
    const dim = 16;
    const bench = new Bench(spec(0.3, [top(1), top(4), top(8)]), { agents, dim });
    const rests = Array.from({ length: agents }, () => new Float64Array(dim));
    const spoken = new Map<number, number>();
    for (let round = 0; round < 200; round++) {
      // What was left, and news of changing size.
      const rows = unevenRows(agents, dim, round).map((row, i) => row.map((entry, c) => entry + rests[i][c]));
      const { messages, bits, expected } = bench.say(...rows);
      for (let i = 0; i < agents; i++) {
        const left = rows[i].map((entry, c) => entry - messages[i][c]);
        const news = energy(rows[i].map((entry, c) => entry - rests[i][c]));
        expect(Array.from(messages[i])).toEqual(Array.from(expected[i]));
        if (bits[i] < 2 + 8 * 68) expect(energy(left)).toBeLessThanOrEqual(0.3 * news * (1 + 1e-12));
        spoken.set(bits[i], (spoken.get(bits[i]) ?? 0) + 1);
        rests[i] = left;
      }
    }
    expect([...spoken.keys()].sort((a, b) => a - b)).toEqual([2 + 68, 2 + 4 * 68, 2 + 8 * 68]);
  });

  it('an error that stands still is brought down to nothing', () => {
    const bench = new Bench(spec(1, [top(1), { kind: 'sign' }]), { dim: 8 });
    let error = Float64Array.from({ length: 8 }, (_, c) => c - 3.3);
    const first = energy(error);
    for (let round = 0; round < 200; round++) {
      const [said] = bench.say(error).messages;
      error = error.map((entry, c) => entry - 0.9 * said[c]);
    }
    expect(energy(error)).toBeLessThan(1e-12 * first);
  });

  it('says what is wrong', () => {
    const plan = (given: object) => () => new Bench(given as { kind: string }, { dim: 4 });
    expect(plan(spec(-1, [top(1)]))).toThrow('compressor.zeta is -1');
    expect(plan(spec(1, [top(2), top(1)]))).toThrow('compressor.inner[1]');
    expect(plan(spec(1, []))).toThrow('compressor.inner');
  });
});
