/** Error feedback: nothing is lost, only late; and where it stands matters. */

import { describe, expect, it } from 'vitest';
import { Bench, messagesOf, planOf, unevenRows } from './bench.js';

const errorFeedback = (inner: { kind: string; [parameter: string]: unknown }) => ({
  kind: 'error-feedback',
  inner,
});

describe('error feedback', () => {
  it('by hand: the smaller entry waits until it has grown', () => {
    const said = messagesOf(errorFeedback({ kind: 'top-k', k: 1 }), [
      [3, 2], // says 3, remembers 2
      [3, 2], // p = (3, 4): says 4, remembers 3
      [3, 2], // p = (6, 2): says 6, remembers 2
      [0, 0], // p = (0, 2): says 2, remembers nothing
      [0, 0],
    ]);
    expect(said).toEqual([
      [3, 0],
      [0, 4],
      [6, 0],
      [0, 2],
      [0, 0],
    ]);
  });

  it.each([
    { kind: 'top-k', k: 2 },
    { kind: 'sign' },
    { kind: 'flatten', inner: { kind: 'sign' } },
    { kind: 'every', rounds: 3, inner: { kind: 'top-k', k: 1 } },
    { kind: 'scale', factor: 0.25, inner: { kind: 'sign' } },
  ])('messages and memory add up to everything that was to be said: $kind', (inner) => {
    const dim = 11;
    const agents = 4;
    const bench = new Bench(errorFeedback(inner), { agents, dim });
    const inputs = Array.from({ length: agents }, () => new Float64Array(dim));
    const outputs = Array.from({ length: agents }, () => new Float64Array(dim));
    for (let round = 0; round < 20; round++) {
      const errors = unevenRows(agents, dim, round);
      const { messages } = bench.say(...errors);
      for (let i = 0; i < agents; i++) {
        for (let c = 0; c < dim; c++) {
          inputs[i][c] += errors[i][c];
          outputs[i][c] += messages[i][c];
        }
      }
    }
    const excess = bench.state('compressor.excess');
    const stride = excess.length / agents;
    for (let i = 0; i < agents; i++) {
      for (let c = 0; c < dim; c++) {
        expect(outputs[i][c] - excess[i * stride + c]).toBeCloseTo(inputs[i][c], 9);
      }
    }
  });

  it('around an exact compressor it does nothing', () => {
    const plain = new Bench({ kind: 'identity' }, { agents: 3, dim: 5 });
    const wrapped = new Bench(errorFeedback({ kind: 'identity' }), { agents: 3, dim: 5 });
    for (let round = 0; round < 3; round++) {
      const errors = unevenRows(3, 5, round);
      expect(wrapped.say(...errors).messages).toEqual(plain.say(...errors).messages);
    }
    expect(wrapped.plan.messageBits).toBe(plain.plan.messageBits);
  });

  it('order matters: outside of `every` it remembers the silent rounds, inside it never hears of them', () => {
    const errors = [[1], [10], [100], [1000]];
    const inner = { kind: 'identity' };
    const outside = messagesOf(errorFeedback({ kind: 'every', rounds: 3, inner }), errors);
    const inside = messagesOf({ kind: 'every', rounds: 3, inner: errorFeedback(inner) }, errors);
    expect(outside.flat()).toEqual([1, 0, 0, 1110]);
    expect(inside.flat()).toEqual([1, 0, 0, 1000]);
  });

  it('with fixed signs it may stand inside or outside of `flatten`', () => {
    const options = { agents: 4, dim: 8 };
    const topK = { kind: 'top-k', k: 3 };
    const inside = new Bench({ kind: 'flatten', signs: 'fixed', inner: errorFeedback(topK) }, options);
    const outside = new Bench(errorFeedback({ kind: 'flatten', signs: 'fixed', inner: topK }), options);
    for (let round = 0; round < 6; round++) {
      const errors = unevenRows(4, 8, round);
      const expected = inside.say(...errors).messages;
      outside.say(...errors).messages.forEach((message, i) => {
        message.forEach((entry, c) => void expect(entry).toBeCloseTo(expected[i][c], 10));
      });
    }
  });

  it('keeps one row an agent, beside two rows of scratch for each agent of a block', () => {
    const { fields } = planOf(errorFeedback({ kind: 'sign' }), { agents: 9, dim: 11 });
    expect(fields).toEqual([
      { name: 'compressor.excess', type: 'real', length: 9 * 16, lasts: { as: 'rows', rows: 9 } },
      { name: 'compressor.wanted', type: 'real', length: 3 * 16, perWorker: true },
      { name: 'compressor.said', type: 'real', length: 3 * 16, perWorker: true },
    ]);
  });
});
