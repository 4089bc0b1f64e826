/**
 * Every: a combinator over time. C(e, k) = inner(e, k / n) in the rounds k = 0, n, 2n, ...; silence, C(e, k) = 0, in all others.
 *
 * The schedule is known to all, so silence costs nothing. The inner compressor counts the rounds in which it is asked: a cyclic scalarizer
 * inside still visits every coordinate in turn, which it would not if it saw k (with n = dim it would see one coordinate for ever).
 *
 * Linear where the inner one is; contraction 1/n of it, on average over a cycle. Bits: those of the inner compressor in one round of n.
 * Order matters: `every(error-feedback(C))` remembers what C dropped when it spoke, and nothing of the rounds between;
 * `error-feedback(every(C))` remembers what was not said in the silent rounds too. Source: folklore; local SGD (Stich 2019) and intermittent
 * communication are of this kind.
 */

import { unexpected } from '../errors.js';
import { contractionOf, longestBits, viewsOf } from './slots.js';
import { type CompressorDefinition, type CompressorPlan, type CompressorSpec, weakestKind } from './types.js';

export const every: CompressorDefinition = {
  kind: 'every',
  card: {
    title: 'Every n-th round',
    summary: 'speaks in one round of n, and is silent between',
    source: 'folklore',
  },
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('every'),
      rounds: z.number().int().min(1).describe('n: speaks in rounds 0, n, 2n, ...'),
      inner: z.unknown().describe('compressor of the rounds in which it speaks; it counts those alone'),
    }),

  plan: (spec, context, nested) => {
    const rounds = spec['rounds'] as number;
    const { path, dim } = context;
    if (!Number.isInteger(rounds) || rounds < 1) {
      throw unexpected([...path, 'rounds'], rounds, 'a whole number of at least 1');
    }
    const inner = nested.plan(spec['inner'] as CompressorSpec, {
      ...context,
      rounds: Math.ceil(context.rounds / rounds),
      path: [...path, 'inner'],
    });
    return {
      kind: 'every',
      dim,
      rounds,
      inner,
      slotBytes: inner.slotBytes,
      messageBits: rounds === 1 ? inner.messageBits : null,
      longestBits: longestBits(inner),
      linear: inner.linear,
      ...contractionOf(inner, (delta) => delta / rounds),
      contractionKind: rounds === 1 ? inner.contractionKind : weakestKind(inner.contractionKind, 'sweep'),
      sweep: rounds * (inner.sweep ?? 1),
      inTurn: inner.inTurn ?? false,
      fields: inner.fields,
    };
  },

  bind: (plan, runtime, nested) => {
    const rounds = plan['rounds'] as number;
    const { slotBytes, ownBytes = slotBytes, messageBits } = plan;
    const inner = plan.inner as CompressorPlan;
    const bound = nested.bind(inner, runtime);
    const { bytes, words, doubles } = viewsOf(runtime);
    const clear = (out: number, count: number, outStride: number) =>
      doubles.fill(0, out / 8, (out + count * outStride) / 8);

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

  reference: (plan, seed, nested) => {
    const rounds = plan['rounds'] as number;
    const inner = nested.reference(plan.inner as CompressorPlan, seed);
    return (error, round, agent) =>
      round % rounds === 0 ? inner(error, round / rounds, agent) : new Float64Array(error.length);
  },
};
