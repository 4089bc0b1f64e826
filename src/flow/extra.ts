/**
 * EXTRA, with W = I - tau L (see `mixing.ts`) and W~ = (I + W)/2:
 *
 *     x^1     = W x^0 - h grad f(x^0)
 *     x^{k+2} = (I + W) x^{k+1} - W~ x^k - h (grad f(x^{k+1}) - grad f(x^k)).
 *
 * Computed in the cumulative form of the same paper, x^{k+1} = W x^k - h grad f(x^k) - v^k, where
 * v^k = sum_{t<k} (W~ - W) x^t is a dual that starts at 0:
 *
 *     x <- x - tau L x - h grad f(x) - v,      v <- v + (tau/2) L x      (x of the round's beginning).
 *
 * So EXTRA is the uncompressed primal-dual flow with alpha = tau/h and beta = sqrt(tau/2)/h.
 *
 * Needs: connected undirected graph, the same in every round; convex f_i; h < 2
 * lambda_min(W~)/l = (1 + lambda_min(W))/l, which is free of m and of lambda_2. Linear rate where f is
 * strongly convex. One message a round: x. Floats an agent: 2 dim (x, v). Source: Shi, Ling, Wu, Yin 2015
 * (SIAM J. Optim. 25). Departures: none; a mini-batch, where one is asked for, is that of the round in which
 * x was made.
 */

import { batchParameter } from '../cost/batch.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { stepParameter } from './blocks.js';
import { bindRows, next } from './equations.js';
import { SAFETY, tuningParameter } from './gains.js';
import { mixingParameter, mixingSlack, planMixedStep, planMixing } from './mixing.js';
import { defineFlow, type GainContext } from './types.js';

function largestStep(tau: number, gains: GainContext): number {
  return mixingSlack(tau, gains) / gains.l;
}

export const extra = defineFlow({
  kind: 'extra',
  metadata: {
    title: 'EXTRA',
    summary: 'gradient descent with a correction from the round before: exact with a constant step',
    source: 'Shi, Ling, Wu, Yin 2015 (SIAM J. Optim. 25)',
  },
  problem: 'cost',
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('extra'),
      step: stepParameter(z, 'half of the bound of the paper, (1 + lambda_min(W))/l'),
      mixing: mixingParameter(z),
      batch: batchParameter(z),
      tuning: tuningParameter(z),
    }),

  messages: () => ({ channels: 1, compressed: false, states: ['x'] }),

  fields: (_, context) => equationFields({ state: ['x', 'v'], scratch: ['laplacian', 'gradient'] }, context),

  plan: ({ kind, ...given }, context) => {
    const mixing = planMixing(given.mixing, context);
    const step = planMixedStep(given.step, mixing, context, (gains) => SAFETY * largestStep(mixing, gains));
    return { kind, gains: { step, mixing } };
  },

  search: { directions: [{ step: 1 }, { mixing: 1 }, { step: 1, mixing: -1 }], largest: {} },

  largestStep: ({ gains: { mixing } }, gains) => largestStep(mixing, gains),

  linearRound: ({ gains: { step, mixing } }) => ({
    rows: 2,
    balanced: [1],
    next([x, v], { gradient, laplacian, sum }) {
      const r = laplacian(x);
      return [sum([1, x], [-mixing, r], [-step, gradient(x)], [-1, v]), sum([1, v], [mixing / 2, r])];
    },
  }),

  bind: ({ gains: { step: h, mixing: tau } }, [channel], cost, runtime) => {
    const rows = bindRows(runtime);
    const x = rows.state('x');
    const v = rows.state('v');
    const laplacian = rows.scratch('laplacian');
    const gradient = rows.scratch('gradient');
    return bindEquations(
      {
        begin: (r) => r.send(channel, x),
        round(r) {
          r.hear(channel, laplacian);
          r.gradient(x, gradient);
          r.sum(next(x), [1, x], [-tau, laplacian], [-h, gradient], [-1, v]);
          r.sum(v, [1, v], [tau / 2, laplacian]);
          r.send(channel, next(x));
        },
      },
      cost,
      runtime,
    );
  },
});
