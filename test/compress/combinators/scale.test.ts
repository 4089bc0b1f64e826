/** Scale: the receiver multiplies, the message stays what it was. */

import { describe, expect, it } from 'vitest';
import { Bench, messagesOf, planOf, unevenRows } from './bench.js';

describe('scale', () => {
  it('by hand: half of the largest entry', () => {
    const spec = { kind: 'scale', factor: 0.5, inner: { kind: 'top-k', k: 1 } };
    expect(messagesOf(spec, [[1, -6, 2]])).toEqual([[0, -3, 0]]);
  });

  it('by hand: over a graph, the neighbours multiply too', () => {
    const bench = new Bench({ kind: 'scale', factor: 3, inner: { kind: 'identity' } }, { agents: 4, dim: 1 });
    const { gathered } = bench.say([1], [2], [4], [8]);
    const values = [1, 2, 4, 8];
    bench.laplacian.forEach((row, i) => {
      expect(gathered[i][0]).toBeCloseTo(3 * row.reduce((sum, weight, j) => sum + weight * values[j], 0), 12);
    });
  });

  it('scale 1 is the compressor itself', () => {
    const inner = { kind: 'flatten', inner: { kind: 'sign' } };
    const plain = new Bench(inner, { agents: 4, dim: 9 });
    const wrapped = new Bench({ kind: 'scale', factor: 1, inner }, { agents: 4, dim: 9 });
    expect(wrapped.plan.contraction).toBeCloseTo(plain.plan.contraction, 14);
    for (let round = 0; round < 3; round++) {
      const errors = unevenRows(4, 9, round);
      expect(wrapped.say(...errors)).toEqual(plain.say(...errors));
    }
  });

  it('bits are those of the inner compressor, variable ones included', () => {
    const sign = { kind: 'scale', factor: 2, inner: { kind: 'sign' } };
    expect(planOf(sign, { dim: 10 }).messageBits).toBe(64 + 10);
    const bench = new Bench({
      kind: 'scale',
      factor: 2,
      inner: { kind: 'every', rounds: 2, inner: { kind: 'sign' } },
    });
    const bits = [0, 1, 2].map(() => bench.say([1, 2, 3, 4]).bits[0]);
    expect(bits).toEqual([68, 0, 68]);
  });

  it('the declared contraction holds for a projection, from damping to overshooting', () => {
    for (const factor of [0.2, 0.5, 1, 1.3, 1.9]) {
      const spec = { kind: 'scale', factor, inner: { kind: 'top-k', k: 2 } };
      const { contraction } = planOf(spec, { dim: 5 });
      expect(contraction).toBeGreaterThan(0);
      // The worst vector for top-k is the constant one.
      const [said] = messagesOf(spec, [[1, 1, 1, 1, 1]]);
      const left = said.reduce((sum, entry) => sum + (1 - entry) ** 2, 0) / 5;
      expect(left).toBeLessThanOrEqual(1 - contraction + 1e-12);
    }
  });

  it('promises nothing where it overshoots by as much as there was', () => {
    expect(planOf({ kind: 'scale', factor: 2, inner: { kind: 'identity' } }).contraction).toBe(0);
    expect(planOf({ kind: 'scale', factor: 0.5, inner: { kind: 'identity' } }).contraction).toBe(0.75);
  });

  it('makes a contraction of an unbiased compressor whose variance is too large for one', () => {
    const randK = { kind: 'rand-k', k: 2, unbiased: true };
    const options = { dim: 8, agents: 400 };
    expect(planOf(randK, options)).toMatchObject({ contraction: 0, variance: 3 });
    for (const inner of [randK, { kind: 'flatten', inner: randK }]) {
      const bench = new Bench({ kind: 'scale', factor: 1 / 4, inner }, options);
      expect(bench.plan.contraction).toBeCloseTo(1 / 4, 12);
      const error = [1, 2, 3, 4, 5, 6, 7, 8];
      const energy = error.reduce((sum, entry) => sum + entry * entry, 0);
      const { messages } = bench.say(...Array.from({ length: 400 }, () => error));
      const left = messages.map((message) =>
        error.reduce((sum, entry, c) => sum + (entry - message[c]) ** 2, 0),
      );
      const mean = left.reduce((sum, part) => sum + part, 0) / left.length / energy;
      expect(Math.abs(mean - 3 / 4)).toBeLessThan(0.03);
    }
  });

  it.each([0, -0.5, Number.NaN, Number.POSITIVE_INFINITY, '2', undefined])('refuses factor: %s', (factor) => {
    expect(() => planOf({ kind: 'scale', factor, inner: { kind: 'sign' } })).toThrow(
      /^compressor\.factor is .*, expected a number > 0/,
    );
  });
});
