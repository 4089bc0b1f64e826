/** Kimad's rule: the dearest choice that fits the bandwidth of the round, and of the agent's link. */

import { describe, expect, it } from 'vitest';
import { Bench, unevenRows } from './bench.js';

const top = (k: number) => ({ kind: 'top-k', k });
const inner = [top(1), top(2), top(4)];
// dim 16: an index takes 4 bits, the header 2: 70, 138, 274.
const spec = (bandwidth: unknown) => ({ kind: 'kimad', bandwidth, inner });

describe('kimad', () => {
  it('goes through a trace again and again, each agent as far ahead as its link is', () => {
    const bench = new Bench(spec({ trace: [70, 300, 137], stagger: 2 }), { agents: 3, dim: 16 });
    const bits = Array.from({ length: 4 }, (_, round) => bench.say(...unevenRows(3, 16, round)).bits);
    expect(bits).toEqual([
      [70, 70, 274],
      [274, 70, 70],
      [70, 274, 70],
      [70, 70, 274],
    ]);
  });

  it('follows a schedule down, and says no more than there is room for', () => {
    const bench = new Bench(spec({ kind: '1/k', initial: 280, after: 10 }), { dim: 16, rounds: 30 });
    for (let round = 0; round < 30; round++) {
      const room = 280 / (1 + round / 10);
      const { bits, messages, expected } = bench.say(...unevenRows(1, 16, round));
      expect(bits[0]).toBe([274, 138, 70].find((cost) => cost <= room));
      expect(Array.from(messages[0])).toEqual(Array.from(expected[0]));
    }
  });

  it('refuses a bandwidth that the cheapest message does not fit, in any round', () => {
    const expected = (given: unknown) =>
      `compressor.bandwidth is ${given}, expected at least 70 bits in every round`;
    const plan = (bandwidth: unknown) => () => new Bench(spec(bandwidth), { dim: 16, rounds: 101 });
    expect(plan(69)).toThrow(expected(69));
    expect(plan({ trace: [100, 60, 100] })).toThrow(expected(60));
    expect(plan({ kind: '1/k', initial: 100, after: 100 })).toThrow(expected(50));
    expect(plan({ kind: '1/k', initial: 140, after: 100 })).not.toThrow();
    expect(plan({ trace: [] })).toThrow('compressor.bandwidth');
  });
});
