/** Kimad's rule: the dearest choice that fits the bandwidth of the round, and of the agent's link. */

import { describe, expect, it } from 'vitest';
import { runAlone } from '../../support/ranks/runs.js';
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
    const refused = (place: string) =>
      `compressor.bandwidth${place}, expected at least 70 bits in every round`;
    const plan = (bandwidth: unknown) => () => new Bench(spec(bandwidth), { dim: 16, rounds: 101 });
    expect(plan(69)).toThrow(refused(' is 69'));
    // Of a trace the entry, and of a schedule the round: a number alone stands nowhere in either.
    expect(plan({ trace: [100, 60, 100, 50] })).toThrow(refused('.trace[1] is 60'));
    expect(plan({ kind: '1/k', initial: 100, after: 100 })).toThrow(refused(' is 50 in round 100'));
    expect(plan({ kind: 'cosine', initial: 40, final: 100 })).toThrow(refused(' is 40 in round 0'));
    expect(plan({ kind: '1/k', initial: 140, after: 100 })).not.toThrow();
    expect(plan({ trace: [] })).toThrow('compressor.bandwidth');
  });

  it('says what is expected of a trace and of a mapping that is none', () => {
    const plan = (bandwidth: unknown) => () => new Bench(spec(bandwidth), { dim: 16 });
    expect(plan({ trace: 7 })).toThrow(
      'compressor.bandwidth.trace is 7, expected a list, each entry a number > 0',
    );
    expect(plan({ trace: [300, 'x'] })).toThrow('compressor.bandwidth.trace[1] is the text "x"');
    expect(plan({})).toThrow(/compressor\.bandwidth is .*a mapping with trace/);
  });
});

describe('over the links of a network', () => {
  // A path 0 - 1 - 2: the middle has both links, and is as fast as the slower one.
  const base = {
    topology: { kind: 'path', nodes: 3 },
    cost: { kind: 'quadratic', dim: 16 },
    flow: { kind: 'primal-dual', compress: 'error-state', step: 0.01, alpha: 0.5, beta: 0.5, mu: 0.2 },
    rounds: 3,
    seed: 3,
  };
  const timed = (seconds: number) => spec({ seconds });
  const bitsOf = async (compressor: object, network?: object) => {
    const { summary } = await runAlone({ ...base, compressor, ...(network && { network }) });
    return (summary as unknown as { bits: { broadcast: number } }).bits.broadcast;
  };

  it('a budget is bandwidth times seconds, less the latency, of the slowest link of each agent', async () => {
    // (0.2 - 0.1) 1400 = 140 bits for two entries, 300 for four over the link that is faster.
    const edges = [{ between: [0, 1], bandwidth: 3000 }];
    const alike = await bitsOf(timed(0.2), { bandwidth: 1400, latency: 0.1 });
    expect(alike).toBe(await bitsOf({ kind: 'kimad', bandwidth: 140, inner }));
    const one = alike / 3;
    const apart = await bitsOf(timed(0.2), { bandwidth: 1400, latency: 0.1, edges });
    expect(apart).toBe(2 * one + (one / 138) * 274);
  });

  it.each([
    [timed(1), undefined, 'compressor.bandwidth.seconds is 1, expected a network in the config'],
    [timed(0), undefined, 'compressor.bandwidth.seconds is 0, expected a number > 0'],
    [timed(0.1), { bandwidth: 1400, latency: 0.1 }, 'the slowest link carries 0'],
    [
      timed(0.1),
      { bandwidth: 690, latency: 0 },
      'compressor.bandwidth.seconds is 0.1, expected time for 70 bits',
    ],
  ])('refuses %j over %j', async (compressor, network, message) => {
    await expect(bitsOf(compressor, network)).rejects.toThrow(message);
  });
});
