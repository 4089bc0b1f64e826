/**
 * QSGD: s levels an entry, rounded at random. C(e, k) = (|e|_2 / s) floor(s e / |e|_2 + u), u uniform in (0,
 * 1), drawn for every agent, round and coordinate (stream 2).
 *
 * Unbiased, E|C(e) - e|^2 <= omega |e|^2 with omega = min(dim / s^2, sqrt(dim) / s): a contraction (1 -
 * omega) only where s exceeds the smaller of sqrt(dim)'s bounds, s > sqrt(dim); with fewer levels put `scale`
 * around it, factor 1 / (1 + omega). Bits: 64 + dim (1 + ceil(log2(s + 1))): levels -s .. s in two's
 * complement, of a fixed length (the paper's Elias code is shorter where most entries are zero; a fixed one
 * can be read by a vector kernel).
 * Source: Alistarh, Grubic, Li, Tomioka, Vojnovic 2017 (arXiv 1610.02132).
 */

import { defineWired } from './define.js';
import { bindDithered, ditheredMessages, planDithered } from './dithered-levels.js';

const LEVELS = 15;

/** Every entry rounded at random to one of `levels` levels of |e|_2. */
export const qsgd = defineWired({
  kind: 'qsgd',
  metadata: {
    title: 'QSGD',
    summary:
      'rounds every entry at random to one of s levels of the 2-norm; unbiased, a contraction for s > sqrt(dim)',
    source: 'Alistarh, Grubic, Li, Tomioka, Vojnovic 2017 (arXiv 1610.02132)',
  },
  parameters: (z) => ({
    levels: z.number().int().min(1).max(32767).optional().describe(`s, ${LEVELS} by default`),
  }),
  plan: ({ levels = LEVELS }, context) => {
    const { dim } = context;
    return planDithered(context, levels, 'l2', Math.min(dim / levels ** 2, Math.sqrt(dim) / levels));
  },
  bind: bindDithered,
  messages: ditheredMessages,
  examples: () => [{ levels: 7 }, {}],
  candidates: () => [3, 7, 15, 31, 127].map((levels) => ({ levels })),
});
