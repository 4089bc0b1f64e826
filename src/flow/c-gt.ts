/**
 * C-GT, compressed gradient tracking. With W = I - tau L (see `mixing.ts`), H_x = H_v = 0 and V_0 = grad
 * F(X_0) in the beginning:
 *
 *     Xhat = H_x + C(X - H_x),      H_x <- (1 - alpha) H_x + alpha Xhat
 *     Vhat = H_v + C(V - H_v),      H_v <- (1 - alphaTracker) H_v + alphaTracker Vhat
 *     X_{k+1} = X_k - gamma (I - W) Xhat - h V_k
 *     V_{k+1} = V_k - gamma (I - W) Vhat + grad F(X_{k+1}) - grad F(X_k).
 *
 * alpha below 1 is for compressors that are no contraction: unbiased ones of large variance. BEER is
 * alpha = 1 with a first step that every agent makes alone.
 *
 * `auto` is a practical rule: alpha = 1, gamma = delta, the compressor's contraction, h = min(1, gamma tau
 * lambda_2)/(4 l); an unbiased compressor of variance omega that is no contraction has alpha = 1/(1 + omega)
 * and gamma = alpha^2.
 *
 * Needs: connected undirected graph, the same in every round; E|C(e)/r - e|^2 <= (1 - delta)|e|^2 for some
 * r > 0 and delta > 0: contractions and unbiased compressors both. Linear rate for strongly convex f (or
 * under the Polyak-Lojasiewicz condition). Two messages a round. Floats an agent: 7 dim (x, v = V, grad f(x),
 * s = H_x and z = L H_x, the same of H_v). Source: Liao, Li, Huang, Pu 2022 (IEEE TAC 67(10); arXiv
 * 2103.13748), Algorithm 1. Departures: all agents have the same step.
 */

import { batchParameter } from '../cost/batch.js';
import { stepParameter } from './blocks.js';
import { bindTracking, TRACKING_STEP, trackingFields, trackingStep } from './compressed-tracking.js';
import { alphaParameter, gammaParameter, planAlpha, planGamma, usedContraction } from './estimate.js';
import { numberOr, tuningParameter } from './gains.js';
import { mixingParameter, planMixing } from './mixing.js';
import { defineFlow } from './types.js';

export const compressedGradientTracking = defineFlow({
  kind: 'c-gt',
  metadata: {
    title: 'C-GT, compressed gradient tracking',
    summary: 'gradient tracking with states and trackers compressed, by unbiased compressors too: exact',
    source: 'Liao, Li, Huang, Pu 2022 (IEEE TAC 67; arXiv 2103.13748)',
  },
  problem: 'cost',
  unbiased: true,
  filterGain: 'alpha',
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('c-gt'),
      step: stepParameter(z, TRACKING_STEP),
      gamma: gammaParameter(
        z,
        "the compressor's contraction; its square for an unbiased compressor scaled to be one",
      ),
      alpha: alphaParameter(
        z,
        'gain of the estimate of x, in (0, 1]; auto: 1, or 1/(1 + variance) of an unbiased compressor that is no contraction',
      ),
      alphaTracker: alphaParameter(z, 'the same of the tracker; auto: as alpha'),
      mixing: mixingParameter(z),
      batch: batchParameter(z),
      tuning: tuningParameter(z),
    }),

  messages: () => ({ channels: 2, compressed: true, estimates: true }),

  fields: (_, context) => trackingFields(context),

  plan: ({ kind, ...given }, context) => {
    const alpha = planAlpha(given.alpha, context);
    const gamma = planGamma(given.gamma, usedContraction(context), context.contraction > 0 ? 1 : 2);
    const mixing = planMixing(given.mixing, context);
    return {
      kind,
      gains: {
        step: trackingStep(given.step, gamma * mixing, context),
        gamma,
        alpha,
        alphaTracker: numberOr(given.alphaTracker, () => alpha),
        mixing,
      },
    };
  },

  search: {
    directions: [{ step: 1 }, { step: 1, gamma: 1 }, { gamma: 1 }, { alpha: 1, alphaTracker: 1 }],
    largest: { alpha: 1, alphaTracker: 1 },
    steadier: 'gamma',
    starts: ({ gains }, { delta, l }) => [{ ...gains, gamma: Math.sqrt(delta), step: 1 / (2 * l) }],
  },
  averaging: () => ['mixing', 'gamma'],

  bind: ({ gains: { step, gamma, alpha, alphaTracker, mixing } }, channels, cost, runtime) =>
    bindTracking(
      { h: step, gamma, tau: mixing, alpha, alphaTracker, sendsFirst: true },
      channels,
      cost,
      runtime,
    ),
});
