/**
 * Every: a combinator over time. C(e, k) = inner(e, k / n) in the rounds k = 0, n, 2n, ...; silence, C(e, k)
 * = 0, in all others.
 *
 * The schedule is known to all, so silence costs nothing. The inner compressor counts the rounds in which it
 * is asked: a cyclic scalarizer inside still visits every coordinate in turn, which it would not if it saw k
 * (with n = dim it would see one coordinate for ever).
 *
 * Linear where the inner one is; contraction 1/n of it, on average over a cycle. Bits: those of the inner
 * compressor in one round of n. Order matters: `every(error-feedback(C))` remembers what C dropped when it
 * spoke, and nothing of the rounds between; `error-feedback(every(C))` remembers what was not said in the
 * silent rounds too.
 * Source: folklore; local SGD (Stich 2019) and intermittent communication are of this kind.
 */

import { defineCompressor, innerCompressor } from './define.js';
import { around, viewsOf } from './slots.js';
import { weakestKind } from './types.js';

/** Speaks in rounds 0, n, 2n, ... */
export const every = defineCompressor({
  kind: 'every',
  metadata: {
    title: 'Every n-th round',
    summary: 'speaks in one round of n, and is silent between',
    source: 'folklore',
  },
  parameters: (z) => ({
    rounds: z.number().int().min(1).describe('n: speaks in rounds 0, n, 2n, ...'),
    inner: innerCompressor(z, 'compressor of the rounds in which it speaks; it counts those alone'),
  }),
  takes: ['rounds', 'inner'],

  plan: (spec, context, nested) => {
    const { rounds } = spec;
    const inner = nested.plan(spec.inner, {
      ...context,
      rounds: Math.ceil(context.rounds / rounds),
      path: [...context.path, 'inner'],
    });
    return {
      ...around(inner, context, (delta) => delta / rounds),
      rounds,
      messageBits: rounds === 1 ? inner.messageBits : null,
      contractionKind: rounds === 1 ? inner.contractionKind : weakestKind(inner.contractionKind, 'sweep'),
      sweep: rounds * (inner.sweep ?? 1),
      inTurn: inner.inTurn ?? false,
    };
  },

  bind: (plan, runtime, nested) => {
    const { slotBytes, ownBytes = slotBytes, messageBits, rounds, inner } = plan;
    const bound = nested.bind(inner, runtime);
    const { bytes, words, reals, realBytes } = viewsOf(runtime);
    const clear = (out: number, count: number, outStride: number) =>
      reals.fill(0, out / realBytes, (out + count * outStride) / realBytes);

    return {
      prepare(round) {
        if (round % rounds === 0) bound.prepare(round / rounds);
      },
      encode(first, count, round, errors, errorStride, slots, lengths) {
        if (round % rounds === 0) {
          bound.encode(first, count, round / rounds, errors, errorStride, slots, lengths);
          if (messageBits !== null || inner.messageBits === null) return;
          words.fill(inner.messageBits, lengths / 4 + first, lengths / 4 + first + count);
          return;
        }
        words.fill(0, lengths / 4 + first, lengths / 4 + first + count);
        for (let agent = first; agent < first + count; agent++) {
          const slot = slots + agent * slotBytes;
          bytes.fill(0, slot, slot + ownBytes);
        }
      },
      gather(first, count, round, slots, out, outStride) {
        if (round % rounds === 0) bound.gather(first, count, round / rounds, slots, out, outStride);
        else clear(out, count, outStride);
      },
      decode(first, count, round, slots, out, outStride) {
        if (round % rounds === 0) bound.decode(first, count, round / rounds, slots, out, outStride);
        else clear(out, count, outStride);
      },
    };
  },

  reference: ({ rounds, inner: within }, seed, nested) => {
    const inner = nested.reference(within, seed);
    return (error, round, agent) =>
      round % rounds === 0 ? inner(error, round / rounds, agent) : new Float64Array(error.length);
  },
  examples: () => [{ rounds: 2, inner: { kind: 'sign' } }],
});
