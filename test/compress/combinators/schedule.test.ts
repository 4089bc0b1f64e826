/** Schedule: which stage a round belongs to, and that messages of different sizes live in one outbox. */

import { describe, expect, it } from 'vitest';
import { Bench, messagesOf, planOf, unevenRows } from './bench.js';

const largest = { kind: 'top-k', k: 1 };
const identity = { kind: 'identity' };
const spec = (until: unknown, inner: unknown) => ({ kind: 'schedule', until, inner });

describe('schedule', () => {
  it('by hand: three of ten rounds with the first, the rest with the second', () => {
    const errors = Array.from({ length: 10 }, () => [1, 2]);
    const said = messagesOf(spec([0.3], [largest, identity]), errors, { rounds: 10 });
    expect(said.map((message) => message[0])).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('counts the bits of the stage; where all are equal the length is fixed', () => {
    const bench = new Bench(spec([0.5], [{ kind: 'sign' }, identity]), { dim: 3, rounds: 4 });
    expect([0, 1, 2, 3].map(() => bench.say([1, 2, 3]).bits[0])).toEqual([67, 67, 192, 192]);
    expect(planOf(spec([0.5], [{ kind: 'sign' }, { kind: 'flattened-sign' }]), { dim: 8 }).messageBits).toBe(
      72,
    );
  });

  it('one stage is the compressor itself, and so are equal stages', () => {
    const inner = { kind: 'flatten', inner: { kind: 'sign' } };
    const options = { agents: 5, dim: 6, rounds: 4 };
    const plain = new Bench(inner, options);
    const single = new Bench(spec([], [inner]), options);
    const same = new Bench(spec([0.5], [inner, inner]), options);
    for (let round = 0; round < 4; round++) {
      const errors = unevenRows(5, 6, round);
      const expected = plain.say(...errors);
      expect(single.say(...errors)).toEqual(expected);
      expect(same.say(...errors)).toEqual(expected);
    }
  });

  it('messages read across a change of stage are those of their own stage', () => {
    const options = { agents: 7, dim: 5, rounds: 6 };
    const bench = new Bench(spec([0.35, 0.7], [identity, largest, { kind: 'flattened-sign' }]), options);
    for (let round = 0; round < 6; round++) {
      const { messages, expected } = bench.say(...unevenRows(7, 5, round));
      messages.forEach((message, i) => {
        message.forEach((entry, c) => void expect(entry).toBeCloseTo(expected[i][c], 11));
      });
    }
  });

  it('a run too short for a stage skips it', () => {
    const said = messagesOf(
      spec([0.1, 0.2], [identity, largest, identity]),
      [
        [1, 2],
        [1, 2],
      ],
      { rounds: 2 },
    );
    expect(said).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('promises what its worst stage promises', () => {
    expect(planOf(spec([0.5], [identity, largest]))).toMatchObject({ contraction: 1 / 4, linear: false });
    expect(planOf(spec([0.5], [identity, { kind: 'scalarize-cyclic' }])).linear).toBe(true);
  });

  it.each([
    {
      until: [0.6, 0.3],
      inner: [identity, identity, identity],
      message: 'compressor.until[1] is 0.3, expected a number in (0.6, 1)',
    },
    { until: [0.5, 0.5], inner: [identity, identity, identity], message: 'compressor.until[1] is 0.5' },
    {
      until: [1],
      inner: [identity, identity],
      message: 'compressor.until[0] is 1, expected a number in (0, 1)',
    },
    { until: [0], inner: [identity, identity], message: 'compressor.until[0] is 0' },
    { until: ['0.5'], inner: [identity, identity], message: 'compressor.until[0] is the text "0.5"' },
    {
      until: [],
      inner: [identity, identity],
      message: 'compressor.until is [], expected a list of 1 fractions',
    },
    { until: undefined, inner: [identity, identity], message: 'compressor.until is missing' },
    { until: [], inner: [], message: 'compressor.inner is a list ([]), expected a list' },
    {
      until: [0.5],
      inner: identity,
      message: 'compressor.inner is a mapping ({"kind":"identity"}), expected a list',
    },
  ])('refuses $message', ({ until, inner, message }) => {
    expect(() => planOf(spec(until, inner))).toThrow(message);
  });
});
