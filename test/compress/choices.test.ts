/** Compressors that choose entries: rand-k and threshold. */

import { describe, expect, it } from 'vitest';
import { Bench, messagesOf, planOf } from './combinators/bench.js';

describe('rand-k', () => {
  const dim = 7;
  const k = 3;
  const e = Float64Array.from({ length: dim }, (_, c) => c + 1);

  it('says k distinct entries as they are, every one equally often', () => {
    const agents = 30;
    const bench = new Bench({ kind: 'rand-k', k }, { agents, dim });
    const times = new Float64Array(dim);
    const rounds = 200;
    for (let round = 0; round < rounds; round++) {
      for (const message of bench.say(...new Array(agents).fill(e)).messages) {
        const chosen = [...message.keys()].filter((c) => message[c] !== 0);
        expect(chosen.length).toBe(k);
        for (const c of chosen) {
          expect(message[c]).toBe(e[c]);
          times[c]++;
        }
      }
    }
    // A binomial's five standard deviations.
    const draws = agents * rounds;
    const share = k / dim;
    for (const count of times) {
      expect(Math.abs(count / draws - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / draws));
    }
  });

  it('k = dim says everything', () => {
    expect(messagesOf({ kind: 'rand-k', k: 7 }, [[...e]])).toEqual([[...e]]);
  });

  it('shared: agents choose alike, and agreement is silence after the Laplacian', () => {
    const agents = 6;
    const bench = new Bench({ kind: 'rand-k', k, shared: true }, { agents, dim });
    for (let round = 0; round < 10; round++) {
      const { messages, gathered } = bench.say(...new Array(agents).fill(e));
      for (const message of messages) expect(message).toEqual(messages[0]);
      for (const row of gathered) for (const entry of row) expect(Math.abs(entry)).toBeLessThan(1e-13);
    }
    expect(planOf({ kind: 'rand-k', k, shared: true }, { dim }).linear).toBe(true);
    expect(planOf({ kind: 'rand-k', k }, { dim }).linear).toBe(false);
  });
});

describe('threshold', () => {
  it('says the entries of at least a share of the largest', () => {
    const spec = { kind: 'threshold', threshold: 0.5 };
    expect(messagesOf(spec, [[4, -2, 1.9, 0, -3, 0.1, 0, 0]])).toEqual([[4, -2, 0, 0, -3, 0, 0, 0]]);
  });

  it('places few entries by index, many by a map, and counts what it wrote', () => {
    const dim = 16;
    const bench = new Bench({ kind: 'threshold', threshold: 0.5 }, { dim });
    const firsts = (n: number) => Float64Array.from({ length: dim }, (_, c) => (c < n ? 1 : 0));
    // One bit, five for the number, four an index, and 64 an entry.
    expect(bench.say(firsts(0)).bits).toEqual([6]);
    expect(bench.say(firsts(1)).bits).toEqual([6 + 68]);
    expect(bench.say(firsts(2)).bits).toEqual([6 + 2 * 68]);
    // From three on 16 bits of map are shorter than 5 + 4 n.
    expect(bench.say(firsts(3)).bits).toEqual([17 + 3 * 64]);
    expect(bench.say(firsts(16)).bits).toEqual([17 + 16 * 64]);
  });
});
