/**
 * CHOCO-Gossip: averaging with compressed messages of any kind. With W = I - tau L (see `mixing.ts`),
 * Xhat^0 = 0 and consensus step gamma:
 *
 *     X^{t+1}    = X^t + gamma Xhat^t (W - I) = X^t - gamma tau L Xhat^t
 *     Xhat^{t+1} = Xhat^t + Q(X^{t+1} - Xhat^t).
 *
 * Round t here is step t there: what Q makes of it is delivered at the beginning of round t + 1, and round 0
 * has no message yet (its slots are empty and are counted like any other, so that K rounds count the K
 * messages that K steps send). The average is conserved whatever Q is.
 *
 * `auto` gamma is the compressor's contraction delta, which is a practical rule: what the paper proves,
 * gamma = rho^2 delta / (16 rho + rho^2 + 4 beta^2 + 2 rho beta^2 - 8 rho delta) with rho the spectral gap of
 * W and beta = |I - W|, converges and is many times slower.
 *
 * Needs: connected undirected graph, the same in every round; E|Q(e) - e|^2 <= (1 - delta)|e|^2 with
 * delta > 0. Linear rate, of the order rho^2 delta. One message a round. Floats an agent: 3 dim (x, s = xhat,
 * z). Source: Koloskova, Stich, Jaggi 2019 (ICML; arXiv 1902.00340), Algorithm 1. Departures: none.
 */

import { bindEquations, equationFields } from './bind-equations.js';
import { bindRows } from './equations.js';
import { estimateEquations, estimateFields, gammaParameter, planGamma } from './estimate.js';
import { tuningParameter } from './gains.js';
import { mixingParameter, planMixing } from './mixing.js';
import { defineFlow } from './types.js';

export const chocoGossip = defineFlow({
  kind: 'choco-gossip',
  metadata: {
    title: 'CHOCO-Gossip',
    summary: "averages the agents' own values with compressed messages of any kind",
    source: 'Koloskova, Stich, Jaggi 2019 (ICML; arXiv 1902.00340)',
  },
  problem: 'average',
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('choco-gossip'),
      gamma: gammaParameter(z),
      mixing: mixingParameter(z),
      tuning: tuningParameter(z),
    }),

  messages: () => ({ channels: 1, compressed: true, estimates: true }),

  fields: (_, context) => [
    ...equationFields({ state: ['x'], scratch: ['disagreement'] }, context),
    ...estimateFields([''], context),
  ],

  plan: ({ kind, gamma, mixing }, context) => ({
    kind,
    gains: { gamma: planGamma(gamma, context.contraction), mixing: planMixing(mixing, context) },
  }),

  search: {
    directions: [{ gamma: 1 }],
    largest: {},
    starts: ({ gains }, { delta }) => [{ ...gains, gamma: Math.sqrt(delta) }],
    shrink: 'gamma',
  },
  averaging: () => ['mixing', 'gamma'],

  bind: ({ gains: { gamma, mixing: tau } }, [channel], cost, runtime) => {
    const rows = bindRows(runtime);
    const known = estimateEquations('', channel, rows, runtime, 1);
    const x = rows.state('x');
    const disagreement = rows.scratch('disagreement');
    return bindEquations(
      {
        begin: () => {},
        round(r) {
          const apart = known.hear(r, disagreement);
          r.sum(x, [1, x], [-gamma * tau, apart]);
          known.send(r, x);
        },
      },
      cost,
      runtime,
    );
  },
});
