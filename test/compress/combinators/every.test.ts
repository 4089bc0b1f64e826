/** Every n-th round: who hears what when, what silence costs, and what the compressor inside counts. */

import { describe, expect, it } from 'vitest';
import { Bench, messagesOf, planOf, unevenRows } from './bench.js';

const identity = { kind: 'identity' };

describe('every', () => {
  it('by hand: speaks in rounds 0, 3, 6 and is silent between', () => {
    const said = messagesOf({ kind: 'every', rounds: 3, inner: identity }, [
      [1],
      [2],
      [3],
      [4],
      [5],
      [6],
      [7],
    ]);
    expect(said.flat()).toEqual([1, 0, 0, 4, 0, 0, 7]);
  });

  it('pays for what it says: silence is known to all and costs nothing', () => {
    const bench = new Bench({ kind: 'every', rounds: 3, inner: { kind: 'sign' } }, { dim: 5 });
    const bits = Array.from({ length: 7 }, () => bench.say([1, 2, 3, 4, 5]).bits[0]);
    expect(bits).toEqual([69, 0, 0, 69, 0, 0, 69]);
  });

  it('a scalarizer inside counts the rounds in which it is asked, so that every coordinate has its turn', () => {
    const spec = { kind: 'every', rounds: 3, inner: { kind: 'scalarize-cyclic' } };
    const said = messagesOf(
      spec,
      Array.from({ length: 9 }, () => [10, 20, 30]),
    );
    expect(said.filter((_, round) => round % 3 === 0)).toEqual([
      [10, 0, 0],
      [0, 20, 0],
      [0, 0, 30],
    ]);
  });

  it('every 1 is the compressor itself', () => {
    const inner = { kind: 'flatten', inner: { kind: 'top-k', k: 2 } };
    const plain = new Bench(inner, { agents: 5, dim: 6 });
    const wrapped = new Bench({ kind: 'every', rounds: 1, inner }, { agents: 5, dim: 6 });
    expect(wrapped.plan.messageBits).toBe(plain.plan.messageBits);
    expect(wrapped.plan.contraction).toBe(plain.plan.contraction);
    for (let round = 0; round < 4; round++) {
      const errors = unevenRows(5, 6, round);
      expect(wrapped.say(...errors)).toEqual(plain.say(...errors));
    }
  });

  it('contracts on average over a cycle, and is linear where the inner one is', () => {
    expect(planOf({ kind: 'every', rounds: 4, inner: identity })).toMatchObject({
      contraction: 1 / 4,
      linear: true,
    });
    expect(planOf({ kind: 'every', rounds: 4, inner: { kind: 'sign' } }).linear).toBe(false);
  });

  it.each([0, -1, 1.5, Number.NaN, '3', undefined])('refuses rounds: %s', (rounds) => {
    expect(() => planOf({ kind: 'every', rounds, inner: identity })).toThrow(
      /^compressor\.rounds is .*, expected a whole number >= 1/,
    );
  });
});
