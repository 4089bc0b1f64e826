/**
 * Scale: a combinator. C(e, k) = c inner(e, k), c > 0. The receiver multiplies, so the message is the inner
 * compressor's.
 *
 * Damps a compressor that overshoots (c < 1) or undoes a known shrinkage (c > 1). Linear where the inner one
 * is. Bits: those of the inner compressor.
 *
 * Contraction: with r = sqrt(1 - delta) of the inner one, |e - c C(e)| <= |1 - c| |e| + c r |e|, and the
 * sharp bounds
 *
 *     c <= 1:  1 - (1 - c (1 - r))^2            c > 1:  1 - (c (1 + r) - 1)^2
 *
 * of which the second is soon empty. Of the projections among the compressors (top-k, sign, scalarizers: <e,
 * C(e)> = |C(e)|^2) c (2 - c) delta is exact, and it is more. From c = 2 on nothing contracts, and 0 is
 * declared: such a message needs a filter gain mu with mu c < 2, and gains that are chosen by hand.
 *
 * Unbiased compressors (E C(e) = e, E|C(e) - e|^2 <= omega |e|^2) say so, and then 1 - (1 - c)^2 - c^2 omega
 * holds: at best 1 / (1 + omega), with c = 1 / (1 + omega), which makes a contraction of any of them.
 *
 * Order: scale and flatten commute; `error-feedback(scale(c, C))` remembers what the damped message left out,
 * `scale(c, error-feedback(C))` forgets it.
 */

import { defineCompressor, innerCompressor } from './define.js';
import { around, viewsOf, wrap } from './slots.js';
import { type CompressorPlan, filterGainOf } from './types.js';

/** factor * inner(e). */
export const scale = defineCompressor({
  kind: 'scale',
  metadata: {
    title: 'Scale',
    summary: 'multiplies what the inner compressor says by a constant',
    source: 'folklore',
  },
  parameters: (z) => ({
    factor: z.number().positive().describe('c > 0'),
    inner: innerCompressor(z, 'compressor whose messages are scaled'),
  }),
  takes: ['factor', 'inner'],

  plan: (spec, context, nested) => {
    const { factor } = spec;
    const inner = nested.plan(spec.inner, { ...context, path: [...context.path, 'inner'] });
    const gain = filterGainOf(inner);
    return {
      ...around(inner, context, (delta) => scaledContraction(delta, inner, factor)),
      factor,
      projects: inner.projects === true && factor <= 1,
      inTurn: inner.inTurn === true && factor === 1,
      ...(gain !== null && { filterGain: Math.min(1, gain / factor) }),
    };
  },

  bind: ({ factor, inner }, runtime, nested) => {
    const bound = nested.bind(inner, runtime);
    const { reals, realBytes } = viewsOf(runtime);
    const multiply = (out: number, count: number, outStride: number) => {
      const end = (out + count * outStride) / realBytes;
      for (let c = out / realBytes; c < end; c++) reals[c] *= factor;
    };
    return wrap(bound, {
      gather(first, count, round, slots, out, outStride) {
        bound.gather(first, count, round, slots, out, outStride);
        multiply(out, count, outStride);
      },
      decode(first, count, round, slots, out, outStride) {
        bound.decode(first, count, round, slots, out, outStride);
        multiply(out, count, outStride);
      },
    });
  },

  reference: ({ factor, inner: within }, seed, nested) => {
    const inner = nested.reference(within, seed);
    return (error, round, agent) => inner(error, round, agent).map((entry) => factor * entry);
  },
  examples: () => [{ factor: 0.7, inner: { kind: 'sign' } }],
});

/** What factor C keeps at least, of what C keeps. */
export function scaledContraction(
  delta: number,
  { variance, projects }: CompressorPlan,
  factor: number,
): number {
  if (factor === 1) return delta;
  const unbiased = variance === undefined ? 0 : 1 - (1 - factor) ** 2 - factor * factor * variance;
  const r = Math.sqrt(Math.max(0, 1 - delta));
  const general = 1 - (factor <= 1 ? 1 - factor * (1 - r) : factor * (1 + r) - 1) ** 2;
  return Math.max(0, unbiased, general, projects ? factor * (2 - factor) * delta : 0);
}
