/**
 * LEAD, the first linearly convergent method with compression. With W = I - tau L (see `mixing.ts`),
 * D^1 = H^1 = 0 and X^1 = X^0 - h grad F(X^0):
 *
 *     Y^k     = X^k - h grad F(X^k) - h D^k
 *     Yhat^k  = H^k + Q(Y^k - H^k),             H^{k+1} = (1 - alpha) H^k + alpha Yhat^k
 *     D^{k+1} = D^k + gamma/(2 h) (I - W) Yhat^k
 *     X^{k+1} = X^k - h grad F(X^k) - h D^{k+1} = Y^k - (gamma/2) (I - W) Yhat^k.
 *
 * Without compression and with gamma = 1 it is NIDS. Round k - 1 here is step k there (every agent makes X^1
 * by itself, before the first message).
 *
 * `auto`: h = 1/l (the paper allows 2/(m + l)); alpha = 1 with a contraction, 1/(1 + C) with an unbiased Q of
 * variance C that is none; gamma = delta^2, with delta the contraction of Q (or of Q/(1 + C)), or less: the
 * dual must not outrun estimates that follow the states slowly. Of an error a message tells delta at once and
 * the rest 1/delta rounds later, a lag of tau = (1 - delta)/delta in the mean. Along a mode with curvature a
 * (of h F) and g = gamma/2 times an eigenvalue of I - W, states, estimates and dual then obey tau
 * r^3 + (1 + a tau) r^2 + (a + g) r + g = 0, to first order in g and a, stable (Routh) where a + g > tau g:
 * for delta < 1/2, g < a delta/(1 - 2 delta). Half of that is taken. The paper proves gamma < 2/((3 C + 1)
 * lambda_max(I - W)) and uses gamma = 1, alpha = 1/2 in all its experiments, with a quantiser of two bits;
 * try these first where the compressor is as good as that.
 *
 * Needs: connected undirected graph, the same in every round; convex f_i; the theory has an unbiased Q
 * (`qsgd`, `rand-k` with `unbiased`, `natural`), and contractions (top-k, sign) are seen to work. Linear rate
 * for strongly convex f. One message a round. Floats an agent: 5 dim (x, Y, v = D, s = H, z). Source: Liu,
 * Li, Wang, Tang, Yan 2021 (ICLR; arXiv 2007.00232), Algorithm 1. Departures: none.
 */

import { batchParameter } from '../cost/batch.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { stepParameter } from './blocks.js';
import { bindRows, type Equations, type Row } from './equations.js';
import {
  alphaParameter,
  estimateEquations,
  estimateFields,
  gammaParameter,
  planAlpha,
  planGamma,
  usedContraction,
} from './estimate.js';
import { numberOr, roundStep, tuningParameter } from './gains.js';
import { mixingParameter, planMixing } from './mixing.js';
import { defineFlow, type FlowContext } from './types.js';

/**
 * Of the limit below, what is taken; and the least curvature that is reckoned with, in units of the largest.
 */
const LAG_ROOM = 0.5;
const LEAST_CURVATURE = 1e-3;

/** Gamma by the lag of the estimates: see above. `lambda`: no eigenvalue of I - W is larger. */
function laggingGamma(step: number, lambda: number, context: FlowContext): number {
  const delta = usedContraction(context);
  if (delta >= 1 / 2) return Number.POSITIVE_INFINITY;
  const { meanM, l } = context.gains();
  if (!(l < Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY;
  const a = step * Math.max(meanM, LEAST_CURVATURE * l);
  return roundStep((LAG_ROOM * 2 * a * delta) / ((1 - 2 * delta) * lambda));
}

export const lead = defineFlow({
  kind: 'lead',
  metadata: {
    title: 'LEAD',
    summary: 'exact diffusion with compressed messages: linear to the exact optimum',
    source: 'Liu, Li, Wang, Tang, Yan 2021 (ICLR; arXiv 2007.00232)',
  },
  problem: 'cost',
  unbiased: true,
  filterGain: 'alpha',
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('lead'),
      step: stepParameter(z, '1/l'),
      gamma: gammaParameter(
        z,
        "the square of the compressor's contraction, or less where that is small and so is the curvature",
      ),
      alpha: alphaParameter(
        z,
        'gain of the estimates H, in (0, 1]; auto: 1, less for an unbiased compressor that is no contraction',
      ),
      mixing: mixingParameter(z),
      batch: batchParameter(z),
      tuning: tuningParameter(z),
    }),

  messages: () => ({ channels: 1, compressed: true, estimates: true }),

  fields: (_, context) => [
    ...equationFields({ state: ['x', 'v', 'half'], scratch: ['disagreement', 'gradient'] }, context),
    ...estimateFields([''], context),
  ],

  plan: ({ kind, ...given }, context) => {
    const step = numberOr(given.step, () => roundStep(1 / context.gains().l));
    const mixing = planMixing(given.mixing, context);
    return {
      kind,
      gains: {
        step,
        gamma: numberOr(given.gamma, () =>
          Math.min(
            planGamma(given.gamma, usedContraction(context), 2),
            laggingGamma(step, 2 * mixing * context.maxDegree, context),
          ),
        ),
        alpha: planAlpha(given.alpha, context),
        mixing,
      },
    };
  },

  search: {
    directions: [{ step: 1 }, { gamma: 1 }, { alpha: 1 }, { step: 1, gamma: -1 }, { step: 1, gamma: 1 }],
    largest: { alpha: 1 },
    starts: ({ gains }, { delta }) => [
      // The paper's own.
      { ...gains, gamma: 1, alpha: 0.5 },
      { ...gains, gamma: delta },
      { ...gains, gamma: delta, alpha: 0.2 },
      { ...gains, step: gains.step / 4, gamma: delta ** 2 },
    ],
    shrink: 'gamma',
  },

  largestStep: (_plan, { l, m }) => 2 / (l + m),

  bind: ({ gains: { step: h, gamma, alpha, mixing: tau } }, [channel], cost, runtime) => {
    const rows = bindRows(runtime);
    const known = estimateEquations('', channel, rows, runtime, alpha);
    const x = rows.state('x');
    const v = rows.state('v');
    const half = rows.state('half');
    const pull = (-gamma * tau) / 2;
    const lift = (gamma * tau) / (2 * h);
    const disagreement = rows.scratch('disagreement');
    const gradient = rows.scratch('gradient');
    /** Y of the step whose message is sent next, from the rows of X; mini-batch 0 made X^1. */
    const descendAndSend = (r: Equations, from: Row) => {
      r.gradient(from, gradient, r.sends + 1);
      r.sum(half, [1, from], [-h, gradient], [-h, v]);
      known.send(r, half);
    };
    return bindEquations(
      {
        begin(r) {
          r.gradient(x, gradient);
          r.sum(disagreement, [1, x], [-h, gradient]);
          descendAndSend(r, disagreement);
        },
        round(r) {
          const apart = known.hear(r, disagreement);
          r.sum(x, [1, half], [pull, apart]);
          r.sum(v, [1, v], [lift, apart]);
          descendAndSend(r, x);
        },
      },
      cost,
      runtime,
    );
  },
});
