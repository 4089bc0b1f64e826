/** Adaptive: the token bucket by hand, the budget kept to the bit, and neighbours who chose differently. */

import { describe, expect, it } from 'vitest';
import { Bench, messagesOf, planOf, unevenRows } from './bench.js';

const top = (k: number) => ({ kind: 'top-k', k });
const spec = (budget: unknown, inner: unknown) => ({ kind: 'adaptive', budget, inner });

describe('adaptive', () => {
  // dim 2: an index takes 1 bit, a header between two choices 1, so top-1 costs 66 and top-2 131.
  it('by hand: a quiet round saves, a loud one spends', () => {
    const bench = new Bench(spec(100, [top(1), top(2)]), { dim: 2 });
    const round = (error: number[]) => {
      const { messages, bits } = bench.say(error);
      return { said: Array.from(messages[0]), bits: bits[0] };
    };
    // 100 tokens, all wanted, not enough for the dearer choice: 34 left.
    expect(round([3, 4])).toEqual({ said: [0, 4], bits: 66 });
    // 134 tokens; |e|^2 = 1 of an average of 25 wants 5 of them, which is less than the cheapest costs: 68
    // left.
    expect(round([0.6, 0.8])).toEqual({ said: [0, 0.8], bits: 66 });
    // 168 tokens, an error larger than usual wants them all: 37 left.
    expect(round([6, 8])).toEqual({ said: [6, 8], bits: 131 });
    expect(bench.state('compressor.tokens')[0]).toBe(37);
    // 25, then 25 - 24/8 = 22, then 22 + 78/8.
    expect(bench.state('compressor.average')[0]).toBe(31.75);
  });

  it('never says more than its budget, message by message', () => {
    const agents = 6;
    const budget = 300;
    const bench = new Bench(spec(budget, [top(1), top(2), top(4), top(8)]), { agents, dim: 16 });
    const said = new Array<number>(agents).fill(0);
    const chosen = new Set<number>();
    for (let round = 0; round < 200; round++) {
      const { bits } = bench.say(...unevenRows(agents, 16, round));
      bits.forEach((count, agent) => {
        said[agent] += count;
        chosen.add(count);
        expect(said[agent]).toBeLessThanOrEqual(budget * (round + 1));
      });
    }
    expect([...chosen].sort((a, b) => a - b)).toEqual([2 + 68, 2 + 2 * 68, 2 + 4 * 68, 2 + 8 * 68]);
    // And what it is given is used.
    for (const count of said) expect(count).toBeGreaterThan(0.9 * budget * 200);
  });

  it('gives the loud rounds more of the bits than equal shares of the budget would', () => {
    const dim = 16;
    const errors = unevenRows(300, dim, 1).map((row) => Array.from(row));
    const energy = (row: number[]) => row.reduce((sum, entry) => sum + entry * entry, 0);
    const left = (said: number[][]) =>
      errors.reduce((sum, row, i) => sum + energy(row.map((entry, c) => entry - said[i][c])), 0);
    const always = messagesOf(top(2), errors);
    const adaptive = messagesOf(spec(2 + 2 * 68, [top(1), top(2), top(4), top(8)]), errors);
    expect(left(adaptive)).toBeLessThan(0.75 * left(always));
  });

  it('neighbours may choose differently: sums over them are sums of what each said', () => {
    const agents = 9;
    const bench = new Bench(
      spec(220, [
        top(1),
        { kind: 'flatten', inner: { kind: 'sign' } },
        { kind: 'scale', factor: 0.9, inner: top(4) },
      ]),
      { agents, dim: 12 },
    );
    const lengths = new Set<number>();
    for (let round = 0; round < 12; round++) {
      const { messages, gathered, bits } = bench.say(...unevenRows(agents, 12, round));
      for (const count of bits) lengths.add(count);
      bench.laplacian.forEach((row, i) => {
        gathered[i].forEach((entry, c) => {
          const sum = row.reduce((total, weight, j) => total + weight * messages[j][c], 0);
          expect(Math.abs(entry - sum)).toBeLessThanOrEqual(1e-12 * Math.max(1, ...row.map(Math.abs)) * 100);
        });
      });
    }
    expect(lengths.size).toBe(3);
  });

  it('charges what varies at its longest, and reports what was written', () => {
    const inner = { kind: 'event-triggered', threshold: { absolute: 1 }, inner: { kind: 'sign' } };
    const bench = new Bench(spec(80, [inner]), { dim: 4 });
    expect(bench.say([0, 0, 0, 0]).bits).toEqual([1]);
    expect(bench.state('compressor.tokens')[0]).toBe(80 - (1 + 64 + 4));
  });

  it.each([
    {
      budget: 65,
      inner: [top(1), top(2)],
      message: 'compressor.budget is 65, expected at least 67 bits, which the cheapest message takes',
    },
    { budget: undefined, inner: [top(1)], message: 'compressor.budget is missing' },
    { budget: Number.NaN, inner: [top(1)], message: 'compressor.budget is NaN' },
    {
      budget: 500,
      inner: [top(2), top(1)],
      message: 'compressor.inner[1] is {"kind":"top-k","k":1}, expected a compressor of at least 132 bits',
    },
    { budget: 500, inner: [], message: 'compressor.inner is a list ([]), expected a list' },
    {
      budget: 500,
      inner: top(1),
      message: 'compressor.inner is a mapping ({"kind":"top-k","k":1}), expected a list',
    },
    { budget: 500, inner: [top(1), top(9)], message: 'compressor.inner[1].k is 9, expected 1..4 (dim)' },
  ])('refuses $message', ({ budget, inner, message }) => {
    expect(() => planOf(spec(budget, inner), { dim: 4 })).toThrow(message);
  });
});
