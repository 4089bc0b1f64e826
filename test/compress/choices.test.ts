/** Compressors that choose entries: rand-k, threshold and sampled-top-k. */

import { describe, expect, it } from 'vitest';
import { topIndices } from '../../kernels/reference/compressors.js';
import { normals, seededRandom } from '../kernels/harness.js';
import { Bench, messagesOf, planOf, unevenRows } from './combinators/bench.js';

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

describe('sampled-top-k', () => {
  const kind = 'sampled-top-k';
  const alike = (length: number, value = 1) => new Array<number>(length).fill(value);
  const zeros = (length: number) => alike(length, 0);
  const sent = (message: ArrayLike<number>) => Array.from(message).filter((entry) => entry !== 0).length;

  it('says the k largest where the sample is everything, ties with them', () => {
    expect(messagesOf({ kind, k: 2 }, [[4, -2, 1.9, 0, -3, 0.1]])).toEqual([[4, 0, 0, 0, -3, 0]]);
    expect(messagesOf({ kind, k: 2 }, [[4, -3, 1.9, 0, -3, 3]])).toEqual([[4, -3, 0, 0, -3, 3]]);
    // Five are more than twice two: the lowest indices then.
    expect(messagesOf({ kind, k: 2 }, [[4, -3, 1.9, 3, -3, 3]])).toEqual([[4, -3, 0, 0, 0, 0]]);
    expect(messagesOf({ kind, k: 2 }, [alike(6)])).toEqual([[1, 1, 0, 0, 0, 0]]);
    expect(messagesOf({ kind, k: 4 }, [alike(6)])).toEqual([alike(6)]);
    expect(messagesOf({ kind, k: 1 }, [[-7]])).toEqual([[-7]]);
  });

  it('says no zeros', () => {
    expect(messagesOf({ kind, k: 3 }, [zeros(5), [0, 2, 0, 0, -0], [1, 2, 0, 3, 4]])).toEqual([
      zeros(5),
      [0, 2, 0, 0, 0],
      [0, 2, 0, 3, 4],
    ]);
  });

  it('says what is no number, so that it is seen', () => {
    const [message] = messagesOf({ kind, k: 1 }, [[1, Number.NaN, 3, Number.POSITIVE_INFINITY]]);
    expect(message).toEqual([0, Number.NaN, 0, Number.POSITIVE_INFINITY]);
  });

  it('counts the number of entries, their indices and the entries', () => {
    const bench = new Bench({ kind, k: 3 }, { dim: 9 });
    const said = (n: number) => bench.say([...alike(n), ...zeros(9 - n)]).bits;
    // Three for 0..6, four an index, 64 an entry; of seven three are sent.
    expect([0, 1, 3, 6, 7].map((n) => said(n)[0])).toEqual([0, 1, 3, 6, 3].map((n) => 3 + n * (4 + 64)));
    expect(bench.plan.longestBits).toBe(3 + 6 * (4 + 64));
  });

  it('is top-k where nothing is left out of the sample and nothing is tied', () => {
    for (const [dim, spec] of [
      [33, { kind, k: 16 }],
      [200, { kind, k: 70, sample: 1 }],
      [1000, { kind, k: 3 }],
    ] as const) {
      const bench = new Bench(spec, { dim, agents: 4 });
      expect(bench.plan.contraction).toBe(spec.k / dim);
      expect(bench.plan.contractionKind).toBe('worst');
      const rows = unevenRows(4, dim, dim);
      for (const [i, message] of bench.say(...rows).messages.entries()) {
        const largest = topIndices(rows[i], spec.k);
        expect([...message.keys()].filter((c) => message[c] !== 0)).toEqual(largest);
      }
    }
  });

  describe('of a sample', () => {
    const dim = 400;
    const k = 50;
    const agents = 20;

    it('takes its size from what is asked for, and from what a threshold is worth', () => {
      const sampled = (spec: object, dim: number) => planOf({ kind, ...spec }, { dim }) as object;
      expect(sampled({ k: 50 }, 400)).toMatchObject({ sampled: 128, rank: 16, most: 100 });
      expect(sampled({ k: 50, sample: 0.5 }, 400)).toMatchObject({ sampled: 200, rank: 25 });
      expect(sampled({ k: 1000 }, 100_000)).toMatchObject({ sampled: 1600, rank: 16 });
      expect(sampled({ k: 10_000 }, 100_000)).toMatchObject({ sampled: 1000, rank: 100 });
      expect(sampled({ k: 10_000, sample: 1e-9 }, 100_000)).toMatchObject({ sampled: 160, rank: 16 });
      expect(sampled({ k: 16 }, 100_000)).toMatchObject({ sampled: 100_000, rank: 16 });
    });

    it('says the n largest, n where the sample says it is: the place of its sixteenth', () => {
      const bench = new Bench({ kind, k }, { agents, dim });
      const random = seededRandom(11);
      const rounds = 40;
      const numbers: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const rows = Array.from({ length: agents }, () => Float64Array.from(normals(dim, random)));
        const { messages, expected, gathered } = bench.say(...rows);
        for (const [i, message] of messages.entries()) {
          const n = sent(message);
          numbers.push(n);
          expect(n).toBeGreaterThanOrEqual(16);
          expect(n).toBeLessThanOrEqual(2 * k);
          const largest = new Set(topIndices(rows[i], n));
          const wrong = message.findIndex((entry, c) => entry !== (largest.has(c) ? rows[i][c] : 0));
          expect(wrong).toBe(-1);
          expect(message.findIndex((entry, c) => entry !== expected[i][c])).toBe(-1);
          const sum = (c: number) =>
            messages.reduce((total, other, j) => total + bench.laplacian[i][j] * other[c], 0);
          expect(gathered[i].findIndex((entry, c) => !(Math.abs(entry - sum(c)) < 1e-11))).toBe(-1);
        }
      }
      // The place N of the 16th of 128 among 400: mean 16 (401 / 129), deviation as of a negative
      // hypergeometric.
      const mean = (16 * 401) / 129;
      const deviation = Math.sqrt((16 * 401 * (400 - 128) * (128 + 1 - 16)) / (129 ** 2 * 130));
      const seen = numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
      expect(Math.abs(seen - mean)).toBeLessThan((5 * deviation) / Math.sqrt(numbers.length));
      // Agents and rounds have samples of their own.
      expect(new Set(numbers.slice(0, agents)).size).toBeGreaterThan(5);
      expect(new Set(numbers.filter((_, t) => t % agents === 0)).size).toBeGreaterThan(5);
    });

    it('draws for the agent, the round and the seed, and for nothing else', () => {
      const row = normals(dim, seededRandom(4));
      const numbersOf = (seed: number, first: number) => {
        const bench = new Bench({ kind, k }, { agents: 6, dim, seed });
        return [0, 1, 2].map(() =>
          bench
            .say(...new Array(6).fill(row))
            .messages.map(sent)
            .slice(first),
        );
      };
      expect(numbersOf(7, 0)).toEqual(numbersOf(7, 0));
      expect(numbersOf(7, 0)).not.toEqual(numbersOf(8, 0));
    });

    it('of too many it says the k largest', () => {
      // 300 of 400 are tied: whatever the sample, the threshold is theirs.
      const row = Array.from({ length: dim }, (_, c) => (c % 4 === 0 ? 0.5 : c < 8 ? -3 : 2));
      const { messages, bits } = new Bench({ kind, k }, { dim }).say(row);
      const largest = new Set(topIndices(Float64Array.from(row), k));
      expect(Array.from(messages[0])).toEqual(row.map((entry, c) => (largest.has(c) ? entry : 0)));
      expect(bits).toEqual([7 + k * (64 + 9)]);
    });

    it('where it met zeros only, it says what is not zero', () => {
      const row = Array.from({ length: dim }, (_, c) => (c === 17 || c === 311 ? 1 + c : 0));
      const bench = new Bench({ kind, k }, { dim });
      for (let round = 0; round < 5; round++) expect(Array.from(bench.say(row).messages[0])).toEqual(row);
    });

    it('plans what is kept in the mean: E min(N, k) / dim', () => {
      /** C(n, j), exactly. */
      const choose = (n: number, j: number) => {
        let ways = 1n;
        for (let i = 0; i < j; i++) ways = (ways * BigInt(n - i)) / BigInt(i + 1);
        return ways;
      };
      for (const [dim, spec] of [
        [40, { k: 20 }],
        [96, { k: 24 }],
        [400, { k: 50 }],
        [400, { k: 399, sample: 0.99 }],
      ] as const) {
        const plan = planOf({ kind, ...spec }, { dim }) as unknown as Record<string, number>;
        const { sampled: m, rank } = plan as { sampled: number; rank: number };
        // E min(N, k) = sum over j < k of P(N > j): fewer than `rank` of the sample among the j largest.
        let ways = 0n;
        for (let j = 0; j < spec.k; j++)
          for (let hits = 0; hits < Math.min(rank, j + 1); hits++)
            if (m - hits <= dim - j) ways += choose(j, hits) * choose(dim - j, m - hits);
        const scale = 10n ** 18n;
        const expected = Number((ways * scale) / choose(dim, m)) / 1e18 / dim;
        expect(Math.abs((plan['contraction'] as number) / expected - 1)).toBeLessThan(1e-13);
        expect(plan['contractionKind']).toBe('mean');
      }
    });

    it('keeps no less than that in the mean of vectors of equal entries', () => {
      // Of equal squares a message keeps its share of the entries: the worst case but for the tie.
      const bench = new Bench({ kind, k }, { agents, dim });
      const row = Array.from({ length: dim }, (_, c) => 1 + 1e-9 * c);
      const shares: number[] = [];
      for (let round = 0; round < 100; round++) {
        for (const message of bench.say(...new Array(agents).fill(row)).messages)
          shares.push(sent(message) / dim);
      }
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      expect(mean).toBeGreaterThan(bench.plan.contraction);
      expect(mean).toBeLessThan(1.2 * bench.plan.contraction);
    });
  });

  it('in a memory, nothing is lost', () => {
    const dim = 60;
    const bench = new Bench({ kind: 'error-feedback', inner: { kind, k: 20 } }, { dim });
    const given = new Float64Array(dim);
    const said = new Float64Array(dim);
    const rows = unevenRows(30, dim, 3);
    for (const row of rows) {
      const { messages, expected } = bench.say(row);
      expect(messages[0]).toEqual(expected[0]);
      for (let c = 0; c < dim; c++) {
        given[c] += row[c];
        said[c] += messages[0][c];
      }
    }
    const kept = bench.state('compressor.excess');
    for (let c = 0; c < dim; c++) expect(said[c] - kept[c]).toBeCloseTo(given[c], 10);
  });

  it.each([
    [{ kind }, 'compressor.k is missing'],
    [{ kind, k: 5 }, 'compressor.k is 5, expected 1..4 (dim)'],
    [{ kind, k: 0 }, 'compressor.k is 0, expected a whole number >= 1'],
    [{ kind, k: 2, sample: 0 }, 'compressor.sample is 0, expected a number in (0, 1]'],
    [{ kind, k: 2, sample: 1.5 }, 'compressor.sample is 1.5, expected a number in (0, 1]'],
  ])('refuses %j', (spec, message) => {
    expect(() => planOf(spec)).toThrow(message);
  });
});
