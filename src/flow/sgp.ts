/**
 * Stochastic gradient push: gradient steps between steps of push-sum. Sums u and weights w are pushed with a
 * column-stochastic C (`arcs.ts`), and the gradient is that at their ratio x:
 *
 *     u^{k+1} = C (u^k - h_k grad f(x^k)),      w^{k+1} = C w^k,      x^{k+1} = u^{k+1}/w^{k+1}.
 *
 * h_k = h a/(a + k) with a = decayRounds. With a constant step (a = 0) it stalls at a bias of order h, as DGD
 * does, even with full gradients; a diminishing step goes to the optimum, sublinearly. To 1e-8 within a run of
 * reasonable length only push-pull and push-diging go.
 *
 * Compressed, C a is a - gamma (I - C) aHat, as in push-diging: with a given sequence of steps, quantized
 * push-sum. Where links change, the ratio a/w still moves by a share of h with w, and what a compressor
 * leaves of that is a bias of order h too.
 *
 * `auto`: gamma and alpha as in push-pull, h = `lightest`/(4 l): the lightest agent holds that share of the mean
 * of what is pushed, and what it adds counts as much more at its ratio (`topology/arc-mixing.ts`).
 *
 * Needs: strongly connected graph, over time where links change (as in push-diging); E|Q(e)/r - e|^2 <= (1 -
 * delta)|e|^2. One message a round and a number of 64 bits as it is. Floats an agent: 5 dim. Source: Assran,
 * Loizou, Ballas, Rabbat 2019 (ICML; arXiv 1811.10792), Nedic, Olshevsky 2015 (subgradient-push); compressed:
 * Taheri, Mokhtari, Hassani, Pedarsani 2020 (ICML; arXiv 2002.09964). Departures: compression with a gain gamma,
 * after C-GT; the rule for h.
 */

import { batchParameter } from '../cost/batch.js';
import { arcFields } from './arcs.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { stepParameter } from './blocks.js';
import { bindRows, type Equations } from './equations.js';
import { alphaParameter, estimateFields, gammaParameter } from './estimate.js';
import { numberOr, roundStep, tuningParameter } from './gains.js';
import { PUSH_LOCAL_GAINS, planEstimateGains } from './push-pull.js';
import { bindRatio, weightFields } from './push-weights.js';
import { defineFlow } from './types.js';

export const stochasticGradientPush = defineFlow({
  kind: 'sgp',
  metadata: {
    title: 'SGP, stochastic gradient push',
    summary:
      'gradient steps between steps of push-sum, compressed too; stalls at a bias unless the step diminishes',
    source: 'Assran, Loizou, Ballas, Rabbat 2019 (ICML; arXiv 1811.10792)',
  },
  problem: 'cost',
  graphs: () => 'arcs',
  changingLinks: true,
  unbiased: true,
  filterGain: 'alpha',
  localGains: PUSH_LOCAL_GAINS,
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('sgp'),
      step: stepParameter(z, 'the share of the lightest agent / (4 l)'),
      decayRounds: z
        .number()
        .min(0)
        .default(0)
        .describe('a: the step of round k is h a/(a + k), halved after a rounds; 0 is a constant step'),
      gamma: gammaParameter(z),
      alpha: alphaParameter(z, 'gain of the estimate of the sums, in (0, 1]; auto: 1, or 1/(1 + variance)'),
      batch: batchParameter(z),
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
    ...equationFields({ state: ['x', 'sum'], scratch: ['disagreement', 'known', 'gradient'] }, context),
    ...estimateFields(['.sum'], context),
    ...arcFields(context),
    ...weightFields(context),
  ],

  plan: ({ kind, decayRounds, ...given }, context) => {
    const { gamma, alpha } = planEstimateGains(
      { ...given, gammaTracker: 'auto', alphaTracker: 'auto' },
      context,
    );
    const step = numberOr(given.step, () => roundStep(context.arcs().lightest / (4 * context.gains().l)));
    return { kind, gains: { step, decayRounds, gamma, alpha } };
  },

  biased: ({ decayRounds }) => decayRounds === 0,

  search: {
    directions: [{ step: 1 }, { gamma: 1 }, { step: 1, gamma: 1 }, { alpha: 1 }],
    largest: { gamma: 1, alpha: 1 },
    starts: ({ gains }, { delta }) => [{ ...gains, gamma: Math.sqrt(delta) }],
    biased: true,
  },

  bind: ({ gains: { step, decayRounds, gamma, alpha } }, [ofSums, ofWeights], cost, runtime, rebind) => {
    const rows = bindRows(runtime);
    const ratio = bindRatio([ofSums, ofWeights], { gamma, alpha }, rows, runtime, rebind);
    const { x, u } = ratio;
    const gradient = rows.scratch('gradient');
    const minusH = (later: number) =>
      decayRounds === 0 ? -step : (round: number) => -((step * decayRounds) / (decayRounds + round + later));
    const descendAndSend = (r: Equations) => {
      r.gradient(x, gradient, r.sends);
      r.sum(u, [1, u], [minusH(r.sends), gradient]);
      ratio.send(r);
    };
    const equations = bindEquations(
      {
        begin(r) {
          ratio.begin(r);
          descendAndSend(r);
        },
        round(r) {
          ratio.hear(r);
          descendAndSend(r);
        },
      },
      cost,
      runtime,
    );
    return { ...equations, prepare: ratio.prepare };
  },
});
