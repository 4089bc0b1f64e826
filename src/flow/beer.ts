/**
 * BEER: gradient tracking in which both the states and the trackers are compressed. With W = I - tau L (see
 * `mixing.ts`), H^0 = G^0 = 0, V^0 = grad F(X^0):
 *
 *     X^{t+1} = X^t + gamma H^t (W - I) - h V^t
 *     H^{t+1} = H^t + C(X^{t+1} - H^t)
 *     V^{t+1} = V^t + gamma G^t (W - I) + grad F(X^{t+1}) - grad F(X^t)
 *     G^{t+1} = G^t + C(V^{t+1} - G^t).
 *
 * Round t here is step t there: what C makes of it is delivered at the beginning of round t + 1, and round 0
 * has no messages yet (its slots are empty and are counted like any other). With mini-batches each gradient
 * is computed once and used twice.
 *
 * `auto` is a practical rule: gamma = delta, the compressor's contraction, and h = min(1, gamma tau
 * lambda_2)/(4 l), the order of the paper's own steps with other constants (gamma = c delta rho, h = c' gamma
 * rho^2/l, with rho the spectral gap of W, is many times slower).
 *
 * Needs: connected undirected graph, the same in every round; smooth f_i, not necessarily convex;
 * E|C(e) - e|^2 <= (1 - delta)|e|^2 with delta > 0. Rate O(1/T) for smooth f, linear under the
 * Polyak-Lojasiewicz condition. Two messages a round. Floats an agent: 7 dim (x, v = V, grad f(x), s = H and
 * z = L H, the same of G). Source: Zhao, Li, Li, Richtarik, Chi 2022 (NeurIPS; arXiv 2201.13320), Algorithm
 * 1. Departures: none.
 */

import { batchParameter } from '../cost/batch.js';
import { stepParameter } from './blocks.js';
import { bindTracking, TRACKING_STEP, trackingFields, trackingStep } from './compressed-tracking.js';
import { gammaParameter, planGamma } from './estimate.js';
import { tuningParameter } from './gains.js';
import { mixingParameter, planMixing } from './mixing.js';
import { defineFlow } from './types.js';

export const beer = defineFlow({
  kind: 'beer',
  metadata: {
    title: 'BEER',
    summary: 'gradient tracking with states and trackers compressed: exact, not necessarily convex',
    source: 'Zhao, Li, Li, Richtarik, Chi 2022 (NeurIPS; arXiv 2201.13320)',
  },
  problem: 'cost',
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('beer'),
      step: stepParameter(z, TRACKING_STEP),
      gamma: gammaParameter(z),
      mixing: mixingParameter(z),
      batch: batchParameter(z),
      tuning: tuningParameter(z),
    }),

  messages: () => ({ channels: 2, compressed: true, estimates: true }),

  fields: (_, context) => trackingFields(context),

  plan: ({ kind, ...given }, context) => {
    const gamma = planGamma(given.gamma, context.contraction);
    const mixing = planMixing(given.mixing, context);
    return {
      kind,
      gains: { step: trackingStep(given.step, gamma * mixing, context), gamma, mixing },
    };
  },

  search: {
    directions: [{ step: 1 }, { step: 1, gamma: 1 }, { gamma: 1 }],
    largest: {},
    steadier: 'gamma',
    starts: ({ gains }, { delta, l }) => [{ ...gains, gamma: Math.sqrt(delta), step: 1 / (2 * l) }],
  },
  averaging: () => ['mixing', 'gamma'],

  bind: ({ gains: { step, gamma, mixing } }, channels, cost, runtime) =>
    bindTracking(
      { h: step, gamma, tau: mixing, alpha: 1, alphaTracker: 1, sendsFirst: false },
      channels,
      cost,
      runtime,
    ),
});
