/**
 * Quantized push-sum: the average over any strongly connected directed graph, the sums compressed. As in
 * push-sum each agent keeps a sum and a weight, which a column-stochastic C (`arcs.ts`) splits among its
 * hearers and itself, and reads off their ratio; with u_0 = x_0, w_0 = 1 and a gain gamma
 *
 *     u <- u - gamma (I - C) uHat,      w <- w - gamma (I - C) w,      x = u/w.
 *
 * uHat is what the network knows of the shares of u, from compressed differences (`estimate.ts`), so that the
 * sums are conserved whatever is compressed away. The weights are sent as they are (`push-weights.ts`). It is
 * `sgp` without gradients. gamma = 1 and nothing compressed is push-sum itself.
 *
 * `auto`: gamma and alpha as in push-pull.
 *
 * Needs: strongly connected graph, over time where links change; E|Q(e)/r - e|^2 <= (1 - delta)|e|^2, or a
 * zooming compressor. Linear. Messages: one vector, and a number of 64 bits as it is, where
 * `surplus-consensus` has two vectors. Floats an agent: 4 dim. Source: Taheri, Mokhtari, Hassani, Pedarsani
 * 2020 (ICML; arXiv 2002.09964). Departures: the gain gamma, after CHOCO, with which any contraction will do;
 * weights that move with it. Where links change, what is compressed are differences of the ratio
 * (`push-weights.ts`).
 */

import { arcFields } from './arcs.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { bindRows } from './equations.js';
import { alphaParameter, estimateFields, gammaParameter } from './estimate.js';
import { tuningParameter } from './gains.js';
import { PUSH_LOCAL_GAINS, planEstimateGains } from './push-pull.js';
import { bindRatio, weightFields } from './push-weights.js';
import { defineFlow } from './types.js';

export const quantizedPushSum = defineFlow({
  kind: 'quantized-push-sum',
  metadata: {
    title: 'Quantized push-sum',
    summary: 'averages over directed graphs: sums pushed in compressed messages, weights as they are',
    source: 'Taheri, Mokhtari, Hassani, Pedarsani 2020 (ICML; arXiv 2002.09964)',
  },
  problem: 'average',
  graphs: () => 'arcs',
  changingLinks: true,
  unbiased: true,
  filterGain: 'alpha',
  localGains: PUSH_LOCAL_GAINS,
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('quantized-push-sum'),
      gamma: gammaParameter(z),
      alpha: alphaParameter(z, 'gain of the estimate of the sums, in (0, 1]; auto: 1, or 1/(1 + variance)'),
      tuning: tuningParameter(z),
    }),

  messages: () => ({
    channels: 2,
    compressed: true,
    raw: [1],
    lengths: [null, 1],
    estimates: [0],
    shares: true,
    ahead: false,
  }),

  fields: (_, context) => [
    ...equationFields({ state: ['x', 'sum'], scratch: ['disagreement', 'known'] }, context),
    ...estimateFields(['.sum'], context),
    ...arcFields(context),
    ...weightFields(context),
  ],

  plan: ({ kind, ...given }, context) => {
    const { gamma, alpha } = planEstimateGains(
      { ...given, gammaTracker: 'auto', alphaTracker: 'auto' },
      context,
    );
    return { kind, gains: { gamma, alpha } };
  },

  search: {
    directions: [{ gamma: 1 }, { alpha: 1 }],
    largest: { gamma: 1, alpha: 1 },
    starts: ({ gains }, { delta }) => [{ ...gains, gamma: Math.sqrt(delta) }],
    shrink: 'gamma',
  },

  bind: ({ gains }, [ofSums, ofWeights], cost, runtime, rebind) => {
    const ratio = bindRatio([ofSums, ofWeights], gains, bindRows(runtime), runtime, rebind);
    const equations = bindEquations(
      {
        begin(r) {
          ratio.begin(r);
          ratio.send(r);
        },
        round(r) {
          ratio.hear(r);
          ratio.send(r);
        },
      },
      cost,
      runtime,
    );
    return { ...equations, prepare: ratio.prepare };
  },
});
