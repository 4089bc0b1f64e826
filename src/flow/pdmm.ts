/**
 * PDMM, the primal-dual method of multipliers, with penalty c on an edge of weight 1 (c w_ij on others). For
 * edges (i, j) with A_ij = 1, A_ji = -1, in rounds that all agents work in at once, averaged by theta:
 *
 *     x_i^{k+1}     = argmin_u f_i(u) + sum_j (<A_ij z_{i|j}^k, u> + (c w_ij/2) |u|^2)
 *     y_{i|j}^{k+1} = z_{i|j}^k + 2 c w_ij A_ij x_i^{k+1}
 *     z_{j|i}^{k+1} = (1 - theta) z_{j|i}^k + theta y_{i|j}^{k+1},
 *     A_ij z_{i|j}^0 = -c w_ij ((1 - theta) x_i^0 + theta x_j^0).
 *
 * z^0 is what the last line makes of multipliers that are 0 at x^0, so that agents begin at x^0 and not, as
 * with z^0 = 0, at 0: x_i^1 is the argmin of f_i(u) + (c/2) sum_j w_ij |u - (1 - theta) x_i^0 - theta
 * x_j^0|^2.
 *
 * theta = 1 is PDMM (Peaceman-Rachford), theta = 1/2 ADMM (Douglas-Rachford): with exact argmin, `admm` with
 * penalty c/2. What edges keep enters an agent's problem only as Z_i = sum_j A_ij z_{i|j}, and with
 * R_i = sum_j A_ij z_{j|i} these two close: nobody needs to keep an edge's own.
 *
 *     Z <- (1 - theta) Z + theta (R - 2 c sum_j w_ij x_j),      R <- (1 - theta) R + theta (Z + 2 c d_i x_i),
 *     sum_j w_ij x_j = d_i x_i - (L x)_i.
 *
 * `inner` gradient steps (`prox.ts`) stand for the argmin, exact in the limit of many. Z is kept as v; the
 * messages of round 0, x^0, are what Z and R begin with.
 *
 * Needs: connected undirected graph, the same in every round; strongly convex smooth f_i for a linear rate
 * with theta = 1. One message a round: x (what is sent per edge in the paper can be computed by its
 * receiver). Floats an agent: 3 dim (x, v = Z, R). Source: Zhang, Heusdens 2018 (IEEE TSIPN 4); averaging:
 * Sherson, Heusdens, Kleijn 2019 (IEEE TSIPN 5). Departures: the sums Z and R in the place of the edges'
 * variables, which is the same x; z^0, which is 0 in the paper and is that here only for x^0 = 0; the inner
 * steps; the rule for c.
 */

import { bindEquations, equationFields } from './bind-equations.js';
import { checkDraws } from './blocks.js';
import { bindRows, type Equations, next } from './equations.js';
import { tuningParameter } from './gains.js';
import { innerParameters, penaltyParameter, planPenalty, planRho } from './prox.js';
import { defineFlow } from './types.js';

export const pdmm = defineFlow({
  kind: 'pdmm',
  metadata: {
    title: 'PDMM',
    summary: 'primal-dual method of multipliers on the edges; theta: 0.5 is ADMM',
    source: 'Zhang, Heusdens 2018 (IEEE TSIPN 4); averaged: Sherson, Heusdens, Kleijn 2019 (IEEE TSIPN 5)',
  },
  problem: 'cost',
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('pdmm'),
      penalty: penaltyParameter(z, '2 sqrt(m l / (lambda2 lambdaMax))'),
      theta: z
        .number()
        .gt(0)
        .max(1)
        .default(1)
        .describe('averaging of the dual step, in (0, 1]: 1 is PDMM, 0.5 ADMM'),
      tuning: tuningParameter(z),
      ...innerParameters(z, 10, 'the more, the nearer to the exact solution'),
    }),

  messages: () => ({ channels: 1, compressed: false, states: ['x'] }),

  fields: ({ inner }, context) => {
    checkDraws(inner, 'inner', context);
    return equationFields({ state: ['x', 'v', 'r'], scratch: ['laplacian', 'next', 'gradient'] }, context);
  },

  plan: ({ kind, penalty, theta, rho, inner }, { gains }) => ({
    kind,
    gains: { penalty: planPenalty(penalty, gains, 2), theta, rho: planRho(rho, gains), inner },
  }),

  search: { directions: [{ penalty: 1 }, { rho: 1 }, { penalty: 1, rho: 1 }], largest: {} },

  // Z + R moves by 2 c theta L x a round, so that its sum stays 0 over any edges, and is kept. Z - R is that of
  // edges whose multipliers agree at x, -c sum_j w_ij (x_i + x_j) = -c (2 d_i x_i - (L x)_i), as it is at x^0:
  // what the old edges left of it would swing for ever with theta = 1.
  carry({ agents, rows, degrees: { after: degrees }, laplacian }, { gains: { penalty: c } }) {
    const x = rows('x');
    const v = rows('v');
    const r = rows('r');
    if (x === null || v === null || r === null) return;
    for (let agent = 0; agent < agents; agent++) {
      for (let entry = 0; entry < x.entries; entry++) {
        const at = agent * x.stride + entry;
        const apart = laplacian(x.data, x.stride, agent, entry);
        const difference = -c * (2 * degrees[agent] * x.data[at] - apart);
        const sum = v.data[at] + r.data[at];
        v.data[at] = (sum + difference) / 2;
        r.data[at] = (sum - difference) / 2;
      }
    }
  },

  bind: ({ gains: { penalty: c, theta, rho, inner } }, [channel], cost, runtime) => {
    const rows = bindRows(runtime);
    const x = rows.state('x');
    const v = rows.state('v');
    const ownR = rows.state('r');
    const laplacian = rows.scratch('laplacian');
    const nextZ = rows.scratch('next');
    const gradient = rows.scratch('gradient');
    const sent = 2 * c * theta;
    const takeMessages = (r: Equations) => {
      // R takes the old Z, so Z is overwritten last.
      r.sum(nextZ, [1 - theta, v], [theta, ownR], [{ timesDegree: -sent }, x], [sent, laplacian]);
      r.sum(ownR, [1 - theta, ownR], [theta, v], [{ timesDegree: sent }, x]);
      r.sum(v, [1, nextZ], [0, nextZ]);
      r.prox(x, next(x), v, gradient, { p: c, rho, inner });
      r.send(channel, next(x));
    };
    return bindEquations(
      {
        begin: (r) => r.send(channel, x),
        first(r) {
          r.hear(channel, laplacian);
          // The Z and R out of which `takeMessages` makes those of z^0: A_ij z_{i|j} = -c w_ij x_i^0.
          r.sum(v, [{ timesDegree: -c }, x], [0, x]);
          r.sum(ownR, [{ timesDegree: c }, x], [-c, laplacian]);
          takeMessages(r);
        },
        round(r) {
          r.hear(channel, laplacian);
          takeMessages(r);
        },
      },
      cost,
      runtime,
    );
  },
});
