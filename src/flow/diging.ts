/**
 * DIGing, gradient tracking, with W = I - tau L (see `mixing.ts`): every agent keeps a tracker y of the mean
 * gradient and descends along it,
 *
 *     x^{k+1} = W x^k - h y^k,      y^{k+1} = W y^k + grad f(x^{k+1}) - grad f(x^k),      y^0 = grad f(x^0),
 *
 * so that sum_i y_i = sum_i grad f_i(x_i) in every round. y is kept as v.
 *
 * Needs: connected undirected graph (which may change from round to round), strongly convex smooth f_i, a
 * small h. The paper's bound on h vanishes like (1 - sigma)^2, with sigma the second largest magnitude of W's
 * eigenvalues, and is far from what works. `auto` is a practical rule: with all curvatures equal to a, the
 * modes of W's eigenvalues w are stable exactly for h < (1 + w)^2/(2a), so half of that bound at
 * lambda_min(W) and a = l, and never more than (1 - sigma)/l, for the coupling of modes that unequal
 * curvatures bring.
 *
 * Linear rate where f is strongly convex. Two messages a round: x and y. Floats an agent: 3 dim (x, v = y,
 * the last gradient). Source: Nedic, Olshevsky, Shi 2017 (SIAM J. Optim. 27), Algorithm 1. Departures: the
 * rule for h. With mini-batches each gradient is that of the draw of its round, and stands with the same
 * value in two of the differences.
 */

import { batchParameter } from '../cost/batch.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { stepParameter } from './blocks.js';
import { bindRows, next } from './equations.js';
import { SAFETY, tuningParameter } from './gains.js';
import { mixingParameter, mixingSlack, mixingSpectrum, planMixedStep, planMixing } from './mixing.js';
import { defineFlow, type GainContext } from './types.js';

function largestStep(tau: number, gains: GainContext): number {
  return mixingSlack(tau, gains) ** 2 / (2 * gains.l);
}

export const diging = defineFlow({
  kind: 'diging',
  metadata: {
    title: 'DIGing (gradient tracking)',
    summary: 'descends along a running estimate of the mean gradient: exact, two messages a round',
    source: 'Nedic, Olshevsky, Shi 2017 (SIAM J. Optim. 27)',
  },
  problem: 'cost',
  changingLinks: true,
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('diging'),
      step: stepParameter(z, 'a practical rule from the eigenvalues of W'),
      mixing: mixingParameter(z),
      batch: batchParameter(z),
      tuning: tuningParameter(z),
    }),

  messages: () => ({ channels: 2, compressed: false, states: ['x', 'v'] }),

  fields: (_, context) =>
    equationFields({ state: ['x', 'v', 'g'], scratch: ['laplacian', 'laplacian2', 'gradient'] }, context),

  plan: ({ kind, ...given }, context) => {
    const mixing = planMixing(given.mixing, context);
    const step = planMixedStep(given.step, mixing, context, (gains) =>
      Math.min(SAFETY * largestStep(mixing, gains), (1 - mixingSpectrum(mixing, gains).sigma) / gains.l),
    );
    return { kind, gains: { step, mixing } };
  },

  search: { directions: [{ step: 1 }, { mixing: 1 }, { step: 1, mixing: 1 }], largest: {} },

  largestStep: ({ gains: { mixing } }, gains) => largestStep(mixing, gains),

  // Of x and of u = y - grad, whose mean stays 0: u <- u - tau L (u + A x).
  linearRound: ({ gains: { step, mixing } }) => ({
    rows: 2,
    balanced: [1],
    next([x, u], { gradient, laplacian, sum }) {
      const y = sum([1, u], [1, gradient(x)]);
      return [sum([1, x], [-mixing, laplacian(x)], [-step, y]), sum([1, u], [-mixing, laplacian(y)])];
    },
  }),

  averaging: () => ['mixing'],

  bind: ({ gains: { step: h, mixing: tau } }, [states, trackers], cost, runtime) => {
    const rows = bindRows(runtime);
    const x = rows.state('x');
    const y = rows.state('v');
    const g = rows.state('g');
    const laplacianX = rows.scratch('laplacian');
    const laplacianY = rows.scratch('laplacian2');
    const gradient = rows.scratch('gradient');
    return bindEquations(
      {
        begin(r) {
          r.gradient(x, g);
          r.sum(y, [1, g], [0, g]);
          r.send(states, x);
          r.send(trackers, y);
        },
        round(r) {
          r.hear(states, laplacianX);
          r.hear(trackers, laplacianY);
          r.sum(next(x), [1, x], [-tau, laplacianX], [-h, y]);
          r.gradient(next(x), gradient, 1);
          r.sum(next(y), [1, y], [-tau, laplacianY], [1, gradient], [-1, g]);
          r.sum(g, [1, gradient], [0, gradient]);
          r.send(states, next(x));
          r.send(trackers, next(y));
        },
      },
      cost,
      runtime,
    );
  },
});
