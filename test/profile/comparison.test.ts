/** Whether one profile is slower than another: the statistics, the verdict, and what is said of it. */

import { describe, expect, it } from 'vitest';
import {
  compareInTurns,
  compareWithRecorded,
  formatComparison,
  frameKey,
  frameTimes,
  isTooSlow,
  type ProfileRepeat,
} from '../../src/profile/comparison.js';
import {
  judge,
  LEAST_REPEATS,
  pairedShift,
  rankSumCounts,
  signedRankCounts,
  unpairedShift,
} from '../../src/profile/significance.js';

/** Numbers in (0, 1) that are the same each time. */
function* draws(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield (state + 0.5) / 2 ** 32;
  }
}

it('a function may have any name, as what objects are born with', () => {
  const names = ['constructor', '__proto__', 'toString', 'step'];
  const root = {
    name: 'root',
    selfUs: 0,
    children: names.map((name) => ({ name, selfUs: 10, children: [] })),
  } as unknown as Parameters<typeof frameTimes>[0];
  const times = frameTimes(root, { agents: 1, dim: 1, rounds: 1 } as Parameters<typeof frameTimes>[1]);
  expect(Object.keys(times).sort()).toEqual([...names].sort());
  expect(new Set(names.map((name) => times[name])).size).toBe(1);
  expect(times['step']).toBeGreaterThan(0);
});

describe('intervals without a distribution', () => {
  it('Wilcoxon: ranks 1, 2, 3 with signs give the sums 0, 1, 2, 3 twice, 4, 5, 6', () => {
    expect(signedRankCounts(3)).toEqual([1, 1, 1, 2, 1, 1, 1]);
  });

  it('Mann and Whitney: two among two, six orders', () => {
    expect(rankSumCounts(2, 2).slice(0, 5)).toEqual([1, 1, 2, 1, 1]);
    expect(rankSumCounts(3, 5).reduce((sum, count) => sum + count, 0)).toBe(56);
  });

  it('the estimate is the median of all means of two', () => {
    // 1, 2, 6 and 1.5, 3.5, 4.
    expect(pairedShift([1, 2, 6]).estimate).toBe(2.75);
    // 4 - 1, 4 - 2, 6 - 1, 6 - 2.
    expect(unpairedShift([4, 6], [1, 2]).estimate).toBe(3.5);
  });

  it('critical values are those of the tables: n = 10 at 99% leaves out the three smallest means', () => {
    // Signed rank, two-sided 0.01: reject at 3 and below for n = 10, at 0 for n = 8, never for n = 7.
    const powers = (n: number) => Array.from({ length: n }, (_, at) => 2 ** at);
    const means = (values: number[]) =>
      values.flatMap((a, i) => values.slice(i).map((b) => (a + b) / 2)).sort((a, b) => a - b);
    const ten = pairedShift(powers(10));
    expect([ten.low, ten.high]).toEqual([means(powers(10))[3], means(powers(10)).at(-4)]);
    const eight = pairedShift(powers(LEAST_REPEATS));
    expect([eight.low, eight.high]).toEqual([1, 128]);
    expect(pairedShift(powers(LEAST_REPEATS - 1))).toMatchObject({ low: -Infinity, high: Infinity });
  });

  it('hold the truth as often as they say, for skewed values too', () => {
    const random = draws(7);
    const value = () => -Math.log(random.next().value);
    let paired = 0;
    let unpaired = 0;
    const tries = 2000;
    for (let attempt = 0; attempt < tries; attempt++) {
      const differences = Array.from({ length: 10 }, () => value() - value());
      const { low, high } = pairedShift(differences);
      if (low > 0 || high < 0) paired++;
      const ours = unpairedShift(Array.from({ length: 9 }, value), Array.from({ length: 10 }, value));
      if (ours.low > 0 || ours.high < 0) unpaired++;
    }
    // One in a hundred, exactly or somewhat rarer: of 2,000, beyond 35 once in ten thousand.
    expect(paired).toBeGreaterThan(2);
    expect(paired).toBeLessThan(36);
    expect(unpaired).toBeGreaterThan(2);
    expect(unpaired).toBeLessThan(36);
  });
});

describe('too slow', () => {
  const change = { estimate: 0.06, low: 0.04, high: 0.08 };
  it.each([
    ['slower', 0.05, true],
    ['slower', 0.06, false],
    ['slower', undefined, false],
    ['unknown', 0.05, false],
    ['same', 0, false],
    ['faster', 0, false],
  ] as const)('%s by 6%, of which %s are allowed: %s', (verdict, most, expected) => {
    expect(isTooSlow({ verdict, change }, most)).toBe(expected);
  });

  it('is nothing that was not compared', () => {
    expect(isTooSlow(null, 0)).toBe(false);
  });
});

describe('the verdict', () => {
  it.each([
    [{ estimate: 0.05, low: 0.04, high: 0.06 }, 0.01, 'slower'],
    [{ estimate: -0.05, low: -0.06, high: -0.04 }, 0.01, 'faster'],
    // Sure, and no larger than what equal builds come to.
    [{ estimate: 0.009, low: 0.008, high: 0.01 }, 0.01, 'same'],
    // Large, and not sure.
    [{ estimate: 0.05, low: -0.001, high: 0.1 }, 0.01, 'same'],
    [{ estimate: 0.05, low: -Infinity, high: Infinity }, 0.01, 'unknown'],
    [{ estimate: 0.05, low: 0.04, high: 0.06 }, Infinity, 'unknown'],
  ])('%j beside %d: %s', (shift, equal, verdict) => {
    expect(judge(shift, equal)).toBe(verdict);
  });
});

const repeat = (nsPerRound: number | null, frames: Record<string, number>): ProfileRepeat => ({
  nsPerRound,
  cpuNsPerRound: null,
  profiledNsPerRound: 2000,
  putAside: 0,
  yardstickNs: 100,
  frames,
});
const ten = <T>(make: (at: number) => T): T[] => Array.from({ length: 10 }, (_, at) => make(at));
/** From -0.9 to 0.9: scatter. */
const scatter = (at: number) => (at - 4.5) / 5;

describe('a comparison', () => {
  const now = ten((at) =>
    repeat(1050 + scatter(at), { 'gather [WASM]': 6, 'step [WASM]': 2 + 0.1 * scatter(at) }),
  );
  const before = ten((at) =>
    repeat(1000 - scatter(at), { 'gather [WASM]': 5 + 0.1 * scatter(at), 'step [WASM]': 2 }),
  );
  const inTurns = compareInTurns({
    now: { name: 'this build', repeats: now },
    before: { name: '../other', repeats: before },
    shifts: ten((at) => Math.log(1.05) + 0.001 * scatter(at)),
    equalShifts: ten((at) => 0.005 * scatter(at)),
    warnings: [],
  });

  it('in turns: slower, by how much, and in which frame', () => {
    expect(inTurns).toMatchObject({ verdict: 'slower', inTurns: true, drift: null, confidence: 0.99 });
    expect(inTurns.change.estimate).toBeCloseTo(0.05, 6);
    expect(inTurns.equal).toBeGreaterThan(0.001);
    expect(inTurns.equal).toBeLessThan(0.005);
    expect(inTurns.frames.map(({ name, told }) => [name, told])).toEqual([
      ['gather [WASM]', true],
      ['step [WASM]', false],
    ]);
    expect(inTurns.frames[0].difference.median).toBeCloseTo(1, 6);
    const text = formatComparison(inTurns);
    expect(text).toMatch(/^this build, against \.\.\/other: in turns, 10 repeats of each\n/);
    expect(text).toContain('slower: the time of a round is +5.0%');
    expect(text).toMatch(/6\.000 +5\.000 +\+1\.000 +\S+ to \S+ +\* +gather \[WASM\]/);
  });

  it('says of equal ones that they are not told apart', () => {
    const { verdict, says } = compareInTurns({
      now: { name: 'a', repeats: before },
      before: { name: 'b', repeats: before },
      shifts: ten((at) => 0.003 * scatter(at)),
      equalShifts: ten((at) => 0.005 * scatter(at)),
      warnings: [],
    });
    expect(verdict).toBe('same');
    expect(says).toMatch(/^not told apart: .*which may be chance$/);
  });

  it('with a recorded one: the drift of the machine is said, and what it explains is no finding', () => {
    const slowerMachine = now.map((each) => ({ ...each, yardstickNs: 106 }));
    const sides = [
      { name: 'this build', repeats: slowerMachine },
      { name: 'earlier', repeats: before },
    ] as const;
    const drifted = compareWithRecorded(...sides, true, []);
    expect(drifted.verdict).toBe('same');
    expect(drifted.drift?.estimate).toBeCloseTo(0.06, 6);
    expect(formatComparison(drifted)).toContain('the machine itself: a fixed loop takes +6.0%');
    const steady = compareWithRecorded({ name: 'this build', repeats: now }, sides[1], true, []);
    expect(steady.verdict).toBe('slower');
    const elsewhere = compareWithRecorded({ name: 'this build', repeats: now }, sides[1], false, [
      'another machine',
    ]);
    expect(elsewhere.verdict).toBe('unknown');
    expect(formatComparison(elsewhere)).toContain('warning: another machine');
  });

  it('with one that was recorded once: times under the profiler, and no verdict', () => {
    const once = [{ ...repeat(null, { 'gather [WASM]': 5 }), yardstickNs: null }];
    const comparison = compareWithRecorded(
      { name: 'now', repeats: now },
      { name: 'then', repeats: once },
      true,
      [],
    );
    expect(comparison).toMatchObject({ verdict: 'unknown', drift: null, change: { low: null } });
    expect(comparison.roundsPerSecond.now.median).toBe(500_000);
  });

  it('frames are the same on other lines', () => {
    expect(frameKey('block src/flow/whole-rounds.ts:42')).toBe('block src/flow/whole-rounds.ts');
    expect(frameKey('gather [WASM]')).toBe('gather [WASM]');
  });
});
