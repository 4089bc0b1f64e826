/** Event-triggered: who speaks, when, and what silence costs. */

import { describe, expect, it } from 'vitest';
import { Bench, messagesOf, planOf } from './bench.js';

const identity = { kind: 'identity' };
const spec = (threshold: unknown, inner: { kind: string; [parameter: string]: unknown } = identity) => ({
  kind: 'event-triggered',
  threshold,
  inner,
});

describe('event-triggered', () => {
  it('by hand, absolute: |e| > 4 shrinking by half a round', () => {
    const said = messagesOf(spec({ absolute: 4, rate: 0.5 }), [
      [3, 0], // 3 <= 4
      [3, 0], // 3 > 2
      [0.6, 0.8], // 1 <= 1: equal is not more
      [0.6, 0.8], // 1 > 0.5
    ]);
    expect(said).toEqual([
      [0, 0],
      [3, 0],
      [0, 0],
      [0.6, 0.8],
    ]);
  });

  it('by hand, relative: half of the last message, shrinking by half a silent round', () => {
    const said = messagesOf(spec({ relative: 0.5, rate: 0.5 }), [
      [8], // nothing said so far: anything is news. Then the threshold is 8/2 * 1/2 = 2
      [2], // 2 <= 2, then 1
      [2], // says 2; then 1/2
      [-0.5], // then 1/4
      [-0.5],
    ]);
    expect(said.flat()).toEqual([8, 0, 2, 0, -0.5]);
  });

  it('silence is one bit, speech one more than the message', () => {
    const bench = new Bench(spec({ absolute: 1 }, { kind: 'sign' }), { agents: 3, dim: 5 });
    const heard = bench.say([0, 0, 0, 0, 9], [0, 0, 0, 0, 1], [1, 1, 1, 1, 1]);
    expect(heard.bits).toEqual([1 + 64 + 5, 1, 1 + 64 + 5]);
    expect(Array.from(heard.messages[1])).toEqual([0, 0, 0, 0, 0]);
  });

  it('adds up the bits of what varies inside', () => {
    const inside = spec(
      { absolute: 1 },
      spec({ absolute: 2 }, { kind: 'every', rounds: 2, inner: { kind: 'sign' } }),
    );
    const bench = new Bench(inside, { agents: 3, dim: 2 });
    expect(bench.say([9, 0], [1.5, 0], [0, 0]).bits).toEqual([1 + 1 + 66, 1 + 1, 1]);
    expect(bench.say([9, 0], [1.5, 0], [0, 0]).bits).toEqual([1 + 1 + 0, 1 + 1, 1]);
    expect(bench.plan.longestBits).toBe(1 + 1 + 66);
  });

  it('every agent has its own threshold', () => {
    const bench = new Bench(spec({ relative: 1 }), { agents: 2, dim: 1 });
    bench.say([10], [1]);
    expect(bench.say([2], [2]).messages.map((message) => message[0])).toEqual([0, 2]);
  });

  it('with threshold 0 everything but zero is said', () => {
    expect(messagesOf(spec({ absolute: 0 }), [[1], [0], [-2]]).flat()).toEqual([1, 0, -2]);
  });

  it('an error that is no number is sent and not hidden', () => {
    const bench = new Bench(spec({ absolute: 1 }), { dim: 2 });
    expect(bench.say([Number.NaN, 0]).bits).toEqual([1 + 128]);
  });

  it('is not linear, whatever is inside', () => {
    expect(planOf(spec({ absolute: 1 }))).toMatchObject({ linear: false, messageBits: null, contraction: 1 });
  });

  it.each([
    { threshold: undefined, message: 'compressor.threshold is missing' },
    { threshold: 3, message: 'compressor.threshold is 3' },
    { threshold: {}, message: 'compressor.threshold.absolute is missing' },
    {
      threshold: { absolute: 1, relative: 1 },
      message: 'unknown key compressor.threshold.relative',
    },
    { threshold: { absolute: -1 }, message: 'compressor.threshold.absolute is -1, expected a number >= 0' },
    {
      threshold: { relative: '1' },
      message: 'compressor.threshold.relative is the text "1", expected a number >= 0',
    },
    {
      threshold: { absolute: 1, rate: 0 },
      message: 'compressor.threshold.rate is 0, expected a number in (0, 1]',
    },
    { threshold: { absolute: 1, rate: 1.5 }, message: 'compressor.threshold.rate is 1.5' },
  ])('refuses $message', ({ threshold, message }) => {
    expect(() => planOf(spec(threshold))).toThrow(message);
  });
});
