/**
 * NIDS and Exact Diffusion: one recursion with two beginnings. With W = I - tau L (see `mixing.ts`) and
 * W~ = (I + W)/2:
 *
 *     x^{k+1} = W~ (2 x^k - x^{k-1} - h (grad f(x^k) - grad f(x^{k-1})))
 *     nids               x^1 = x^0 - h grad f(x^0)
 *     exact-diffusion    x^1 = W~ (x^0 - h grad f(x^0))
 *
 * Exact Diffusion writes it as adapt, correct, combine: psi^{k+1} = x^k - h grad f(x^k),
 * phi^{k+1} = psi^{k+1} + x^k - psi^k, x^{k+1} = W~ phi^{k+1}. Computed with the correction v^k = psi^k - x^k
 * as a dual that starts at 0:
 *
 *     phi = x - h grad f(x) - v,      x <- phi - (tau/2) L phi,      v <- v + (tau/2) L phi.
 *
 * NIDS leaves out the average (and the dual) of its first round: that round's messages are sent, counted, and
 * not looked at.
 *
 * Needs: connected undirected graph, the same in every round; convex f_i; h < 2/l, whatever the graph (NIDS's
 * W~ = I - c h (I - W) with c = 1/(2h), so any W with lambda_min > -1 will do). Linear rate where f is
 * strongly convex. One message a round: phi. Floats an agent: 2 dim (x, v). Source: Li, Shi, Yan 2019 (IEEE
 * TSP 67), without its non-smooth term; Yuan, Ying, Zhao, Sayed 2019 (IEEE TSP 67), with its A~ = (I + A)/2.
 */

import { batchParameter } from '../cost/batch.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { stepParameter } from './blocks.js';
import { bindRows, type Equations } from './equations.js';
import { SAFETY, tuningParameter } from './gains.js';
import { mixingParameter, planMixedStep, planMixing } from './mixing.js';
import { defineFlow, type FlowDefinition } from './types.js';

function definition(
  kind: string,
  metadata: FlowDefinition['metadata'],
  firstMixedRound: 0 | 1,
): FlowDefinition {
  return defineFlow({
    kind,
    metadata,
    problem: 'cost',
    parameters: (z) =>
      z.strictObject({
        kind: z.literal(kind),
        step: stepParameter(z, '1/l, half of the bound of the paper'),
        mixing: mixingParameter(z),
        batch: batchParameter(z),
        tuning: tuningParameter(z),
      }),

    messages: () => ({ channels: 1, compressed: false }),

    fields: (_, context) =>
      equationFields({ state: ['x', 'v'], scratch: ['laplacian', 'gradient', 'corrected'] }, context),

    plan: (given, context) => {
      const mixing = planMixing(given.mixing, context);
      const step = planMixedStep(given.step, mixing, context, ({ l }) => (SAFETY * 2) / l);
      return { kind, gains: { step, mixing } };
    },

    search: {
      directions: [{ step: 1 }, { mixing: 1 }, { step: 1, mixing: 1 }],
      largest: {},
      // Any W with lambda_min > -1 will do, and the faster it mixes the better.
      starts: ({ gains }, { lambdaMax }) => [{ ...gains, mixing: 1.6 / lambdaMax }],
    },

    largestStep: (_plan, gains) => 2 / gains.l,

    linearRound: ({ gains: { step, mixing } }) => ({
      rows: 2,
      balanced: [1],
      next([x, v], { gradient, laplacian, sum }) {
        const phi = sum([1, x], [-step, gradient(x)], [-1, v]);
        const r = laplacian(phi);
        return [sum([1, phi], [-mixing / 2, r]), sum([1, v], [mixing / 2, r])];
      },
    }),

    bind: ({ gains: { step: h, mixing: tau } }, [channel], cost, runtime) => {
      const rows = bindRows(runtime);
      const x = rows.state('x');
      const v = rows.state('v');
      const laplacian = rows.scratch('laplacian');
      const gradient = rows.scratch('gradient');
      const corrected = rows.scratch('corrected');
      const sendCorrected = (r: Equations) => {
        const phi = r.message(channel, corrected);
        r.gradient(x, gradient, r.sends);
        r.sum(phi, [1, x], [-h, gradient], [-1, v]);
        r.send(channel, phi);
      };
      const mix = (half: number) => (r: Equations) => {
        r.hear(channel, laplacian);
        r.sum(x, [1, r.own(channel, corrected)], [-half, laplacian]);
        r.sum(v, [1, v], [half, laplacian]);
        sendCorrected(r);
      };
      return bindEquations(
        {
          begin: sendCorrected,
          ...(firstMixedRound === 1 && { first: mix(0) }),
          round: mix(tau / 2),
        },
        cost,
        runtime,
      );
    },
  });
}

export const nids = definition(
  'nids',
  {
    title: 'NIDS',
    summary: 'network-independent step size: exact, with the step of central gradient descent',
    source: 'Li, Shi, Yan 2019 (IEEE TSP 67)',
  },
  1,
);

export const exactDiffusion = definition(
  'exact-diffusion',
  {
    title: 'Exact Diffusion',
    summary: 'adapt, correct, combine: diffusion without its bias; NIDS from its second round on',
    source: 'Yuan, Ying, Zhao, Sayed 2019 (IEEE TSP 67)',
  },
  0,
);
