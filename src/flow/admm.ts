/**
 * Decentralised ADMM on the edges, with penalty c on an edge of weight 1 (c w_ij on others), d_i the weighted
 * degree, L the Laplacian:
 *
 *     x_i^{k+1} = argmin_u f_i(u) + <alpha_i^k, u> + c d_i |u - (x_i^k - (L x^k)_i/(2 d_i))|^2
 *     alpha^{k+1} = alpha^k + c L x^{k+1},      alpha^0 = 0.
 *
 * `inner` gradient steps solve the inner problem (`prox.ts`), from x_i^k. `inner: 1` is exactly the
 * linearised method DLM, whose x needs no inner problem:
 *
 *     x_i^{k+1} = x_i^k - (grad f_i(x^k) + c (L x^k)_i + alpha_i^k)/(2 c d_i + rho).
 *
 * More steps come close to the exact argmin of the first paper and reach it only in the limit; the limit of x
 * is exact either way. alpha is kept as v, and v after k rounds is alpha^{k-1}: alpha^k takes the messages of
 * round k.
 *
 * Needs: connected undirected graph, the same in every round; convex f_i; for DLM rho > l/2 or so. Linear
 * rate where f_i are strongly convex. One message a round: x. Floats an agent: 2 dim (x, v = alpha). Source:
 * Shi, Ling, Yuan, Wu, Yin 2014 (IEEE TSP 62), its decentralised form (12); DLM: Ling, Shi, Wu, Ribeiro 2015
 * (IEEE TSP 63). Departures: the rule for c, which takes what the first paper's analysis gives at large
 * condition numbers, c = sqrt(m l)/sqrt(lambda_2 lambdaMax).
 */

import { bindEquations, equationFields } from './bind-equations.js';
import { checkDraws } from './blocks.js';
import { bindRows, type Equations, next } from './equations.js';
import { tuningParameter } from './gains.js';
import { innerParameters, penaltyParameter, planPenalty, planRho } from './prox.js';
import { defineFlow } from './types.js';

export const admm = defineFlow({
  kind: 'admm',
  metadata: {
    title: 'Decentralised ADMM',
    summary:
      'a multiplier for every edge and a small problem for every agent; inner: 1 is the linearised DLM',
    source: 'Shi, Ling, Yuan, Wu, Yin 2014 (IEEE TSP 62); DLM: Ling, Shi, Wu, Ribeiro 2015 (IEEE TSP 63)',
  },
  problem: 'cost',
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('admm'),
      penalty: penaltyParameter(z, 'sqrt(m l / (lambda2 lambdaMax))'),
      tuning: tuningParameter(z),
      ...innerParameters(z, 10, '1 is DLM'),
    }),

  messages: () => ({ channels: 1, compressed: false, states: ['x'] }),

  fields: ({ inner }, context) => {
    checkDraws(inner, 'inner', context);
    return equationFields({ state: ['x', 'v'], scratch: ['laplacian', 'linear', 'gradient'] }, context);
  },

  plan: ({ kind, penalty, rho, inner }, { gains }) => ({
    kind,
    gains: { penalty: planPenalty(penalty, gains, 1), rho: planRho(rho, gains), inner },
  }),

  search: { directions: [{ penalty: 1 }, { rho: 1 }, { penalty: 1, rho: 1 }], largest: {} },

  bind: ({ gains: { penalty: c, rho, inner } }, [channel], cost, runtime) => {
    const rows = bindRows(runtime);
    const x = rows.state('x');
    const v = rows.state('v');
    const laplacian = rows.scratch('laplacian');
    const linear = rows.scratch('linear');
    const gradient = rows.scratch('gradient');
    /** In round 0 the multipliers stay 0. */
    const solve = (lift: number) => (r: Equations) => {
      r.hear(channel, laplacian);
      r.sum(v, [1, v], [lift, laplacian]);
      r.sum(linear, [1, v], [{ timesDegree: -2 * c }, x], [c, laplacian]);
      r.prox(x, next(x), linear, gradient, { p: 2 * c, rho, inner });
      r.send(channel, next(x));
    };
    return bindEquations(
      {
        begin: (r) => r.send(channel, x),
        first: solve(0),
        round: solve(c),
      },
      cost,
      runtime,
    );
  },
});
