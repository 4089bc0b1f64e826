/**
 * CHOCO-SGD: a gradient step, then a step of CHOCO-Gossip. With W = I - tau L (see `mixing.ts`), xhat^0 = 0
 * and consensus step gamma:
 *
 *     x^{t+1/2}  = x^t - h grad f(x^t)
 *     xhat^{t+1} = xhat^t + Q(x^{t+1/2} - xhat^t)
 *     x^{t+1}    = x^{t+1/2} - gamma tau L xhat^{t+1}.
 *
 * h_t = h a/(a + t) with a = decayRounds. With a constant step (a = 0) it stalls at a bias of order h, as DGD
 * does, even with full gradients; the paper's step, 4/(m (a + t)), diminishes: step 4/(m a). localSteps
 * T > 1: T gradient steps, each with a mini-batch of its own, in the place of one.
 *
 * `auto`: gamma as in CHOCO-Gossip, h = 1 / (4 l localSteps), the largest that the paper's proof takes (its a
 * makes h_0 <= 1/(4 l)).
 *
 * Needs: connected undirected graph, the same in every round; E|Q(e) - e|^2 <= (1 - delta)|e|^2 with
 * delta > 0. Rate O(1/(n t)) for strongly convex f with diminishing steps. One message a round. Floats an
 * agent: 4 dim (x, x^{t+1/2}, s = xhat, z). Source: Koloskova, Stich, Jaggi 2019 (ICML; arXiv 1902.00340),
 * Algorithm 2; local steps: Singh et al. 2020 (SQuARM-SGD). Departures: none.
 */

import { batchParameter } from '../cost/batch.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { checkDraws, localStepsParameter, stepParameter } from './blocks.js';
import { bindRows, type Equations } from './equations.js';
import { estimateEquations, estimateFields, gammaParameter, planGamma } from './estimate.js';
import { numberOr, roundStep, tuningParameter } from './gains.js';
import { mixingParameter, planMixing } from './mixing.js';
import { defineFlow, type GainContext } from './types.js';

const largestStep = (localSteps: number, { l }: GainContext) => 2 / (l * localSteps);

export const chocoSgd = defineFlow({
  kind: 'choco-sgd',
  metadata: {
    title: 'CHOCO-SGD',
    summary: 'gradient steps between steps of CHOCO-Gossip; stalls at a bias unless the step diminishes',
    source: 'Koloskova, Stich, Jaggi 2019 (ICML; arXiv 1902.00340)',
  },
  problem: 'cost',
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('choco-sgd'),
      step: stepParameter(z, '1 / (4 l localSteps)'),
      decayRounds: z
        .number()
        .min(0)
        .default(0)
        .describe('a: the step of round k is h a/(a + k), halved after a rounds; 0 is a constant step'),
      gamma: gammaParameter(z),
      mixing: mixingParameter(z),
      localSteps: localStepsParameter(z),
      batch: batchParameter(z),
      tuning: tuningParameter(z),
    }),

  messages: () => ({ channels: 1, compressed: true, estimates: true }),

  fields: ({ localSteps }, context) => {
    checkDraws(localSteps, 'localSteps', context);
    return [
      ...equationFields({ state: ['x', 'half'], scratch: ['disagreement', 'gradient'] }, context),
      ...estimateFields([''], context),
    ];
  },

  plan: ({ kind, step, decayRounds, gamma, mixing, localSteps }, context) => ({
    kind,
    gains: {
      step: numberOr(step, () => roundStep(largestStep(localSteps, context.gains()) / 8)),
      decayRounds,
      gamma: planGamma(gamma, context.contraction),
      mixing: planMixing(mixing, context),
      localSteps,
    },
  }),

  biased: ({ decayRounds }) => decayRounds === 0,

  search: {
    directions: [{ step: 1 }, { gamma: 1 }, { step: 1, gamma: 1 }],
    largest: {},
    starts: ({ gains }, { delta }) => [{ ...gains, gamma: Math.sqrt(delta) }],
    biased: true,
  },

  largestStep: ({ gains: { localSteps } }, gains) => largestStep(localSteps, gains),

  bind: ({ gains: { step, decayRounds, gamma, mixing: tau, localSteps } }, [channel], cost, runtime) => {
    const rows = bindRows(runtime);
    const known = estimateEquations('', channel, rows, runtime, 1);
    const x = rows.state('x');
    const half = rows.state('half');
    const disagreement = rows.scratch('disagreement');
    const gradient = rows.scratch('gradient');
    const minusH =
      decayRounds === 0 ? -step : (round: number) => -((step * decayRounds) / (decayRounds + round));
    /** x^{t+1/2}, which is what is sent. */
    const descendAndSend = (r: Equations) => {
      r.descend(x, half, minusH, gradient, localSteps, r.sends);
      known.send(r, half);
    };
    return bindEquations(
      {
        begin: descendAndSend,
        round(r) {
          const apart = known.hear(r, disagreement);
          r.sum(x, [1, half], [-gamma * tau, apart]);
          descendAndSend(r);
        },
      },
      cost,
      runtime,
    );
  },
});
