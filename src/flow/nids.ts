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
import { bindBlocks, blockFields, stepParameter } from './blocks.js';
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
      blockFields({ state: ['x', 'v'], scratch: ['laplacian', 'gradient', 'corrected'] }, context),

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

    bind: ({ gains: { step: h, mixing: tau } }, [channel], cost, runtime) => {
      const { combine, gradient: gradientAt, ...rows } = bindBlocks(cost, runtime);
      const { rowBytes } = runtime;
      const x = rows.state('x');
      const v = rows.state('v');
      const laplacian = rows.scratch('laplacian');
      const gradient = rows.scratch('gradient');
      const corrected = rows.scratch('corrected');
      const sendCorrected = (first: number, count: number, round: number) => {
        const offset = first * rowBytes;
        gradientAt(first, count, round, x + offset, gradient);
        combine(count, corrected, 1, x + offset, -h, gradient, -1, v + offset);
        channel.send(first, count, round, corrected);
      };
      return {
        prologue: sendCorrected,
        block(first, count, round) {
          const offset = first * rowBytes;
          const half = round < firstMixedRound ? 0 : tau / 2;
          channel.gather(first, count, round, laplacian);
          channel.decode(first, count, round, corrected);
          combine(count, x + offset, 1, corrected, -half, laplacian);
          combine(count, v + offset, 1, v + offset, half, laplacian);
          sendCorrected(first, count, round + 1);
        },
      };
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
