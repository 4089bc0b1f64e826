/**
 * Surplus consensus: the exact average over any strongly connected directed graph, every message compressed.
 * What a row-stochastic R would change of the sum is kept in a surplus s, pushed with a column-stochastic C
 * (`arcs.ts`), and given back to x little by little. With s_0 = 0:
 *
 *     x <- x - gamma (I - R) xHat + h s
 *     s <- s - gammaTracker (I - C) sHat - (x_new - x_old)
 *
 * so that sum_i (x_i + s_i) stays what it was. It is push-pull (`push-pull.ts`) for f_i(x) = |x - x_i(0)|^2/2,
 * v = -s. Push-sum needs a weight beside its sums, 64 bits that cannot be compressed to 0; this needs none, so
 * that with a compressor of a fixed number of bits (`saturated-quantize` with a `rate`) every message has them.
 *
 * `auto`: as in push-pull, with l = 1.
 *
 * Needs: strongly connected graph; a contraction, an unbiased or a zooming compressor. Bits: two messages. Floats an
 * agent: 7 dim. Source: Cai, Ishii 2012 (Automatica 48), with dynamic quantisation Makridis, Oliva, Rikos,
 * Charalambous 2025 (PP-ACDC, arXiv 2512.24700). Departures: the body of the latter could not be read. Its
 * quantiser zooms and moves its midpoint; here the midpoint is what the network knows, s <- s + alpha q, and it
 * zooms at a rate that is given. Its termination in finite time is not here.
 */

import { stepParameter } from './blocks.js';
import { alphaParameter, gammaParameter } from './estimate.js';
import { gainParameter, numberOr, roundStep, tuningParameter } from './gains.js';
import {
  PUSH_LOCAL_GAINS,
  PUSH_PULL_SEARCH,
  planEstimateGains,
  pushPullStarts,
  pushPullStep,
} from './push-pull.js';
import { bindPushPull, pushPullFields } from './push-pull-round.js';
import { defineFlow } from './types.js';

export const surplusConsensus = defineFlow({
  kind: 'surplus-consensus',
  metadata: {
    title: 'Surplus consensus, compressed',
    summary: 'the exact average over directed graphs with every message compressed: no weights are sent',
    source: 'Cai, Ishii 2012 (Automatica 48); Makridis, Oliva, Rikos, Charalambous 2025 (arXiv 2512.24700)',
  },
  problem: 'average',
  graphs: () => 'arcs',
  changingLinks: true,
  unbiased: true,
  filterGain: 'alpha',
  localGains: PUSH_LOCAL_GAINS,
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('surplus-consensus'),
      step: stepParameter(z, 'a practical rule from the gaps of R and C'),
      gamma: gammaParameter(z),
      gammaTracker: gainParameter(z, z.number().gt(0), 'the same of the surplus; auto: as gamma'),
      alpha: alphaParameter(z, 'gain of the estimate of x, in (0, 1]; auto: 1, or 1/(1 + variance)'),
      alphaTracker: alphaParameter(z, 'the same of the surplus; auto: as alpha'),
      tuning: tuningParameter(z),
    }),

  messages: () => ({ channels: 2, compressed: true, estimates: true, shares: true, ahead: false }),

  fields: (_, context) => pushPullFields(context),

  plan: ({ kind, ...given }, context) => {
    const estimates = planEstimateGains(given, context);
    const step = numberOr(given.step, () => roundStep(pushPullStep(estimates, context)));
    return { kind, gains: { step, ...estimates } };
  },

  search: {
    ...PUSH_PULL_SEARCH,
    starts: (plan, { delta }) => pushPullStarts(plan, delta, 1),
  },

  bind: ({ gains: { step, ...estimates } }, channels, cost, runtime) =>
    bindPushPull({ h: step, ...estimates, followsX: true }, channels, cost, runtime),
});
