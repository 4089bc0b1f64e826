/**
 * Primal-dual flow for compressors that say something only of what lies within a known range: one bit an
 * entry, levels that saturate, errors that do not shrink with what is said. With r_k = range decay^k,
 *
 *     q_i  = C((x_i - s_i) / r_k)                     what agent i sends
 *     y_i  = s_i + r_k q_i                            what the network knows of x_i
 *     x   <- x - h (grad f(x) + alpha L y + beta v)
 *     v   <- v + h beta L y                           v = 0 in the beginning
 *     s   <- s + mu r_k q                             s = 0 in the beginning.
 *
 * All agents know r_k: it costs no bits. C has to be good where its argument is at most 1 in every entry,
 * |C(e) - e| <= 1 - phi there, and may be anything beyond: half the sign of every entry (`scale` of `sign`
 * with `scale: unit`) has phi = 1/2 and one bit an entry. So the range must cover what x moves in a round and
 * what of it was left unsaid: r >= (1 - phi) r + h |grad f + alpha L y + beta v|, entry by entry, with mu = 1.
 * It must also cover the first message, x(0) itself, since s(0) = 0. An uncompressed first round (compressor:
 * a `schedule` that begins with `identity`) frees it of that: all know x(0), and r may be as small as the
 * steps allow. docs/model/flows.md has what rates come of it.
 *
 * `decay` = 1, the default: what is left unsaid, of the order of r, stays, and the limit is off by it. Below 1
 * the flow is exact, as long as r_k goes down no faster than x comes to rest.
 *
 * `auto`: step, alpha, beta and mu as in `primal-dual` with error-state, which is this flow for compressors
 * whose error shrinks with what is said (they need no range). Others have no contraction to make gains from,
 * and are given theirs.
 *
 * Needs: connected undirected graph, smooth f_i, not necessarily convex. Floats an agent: 4 dim (x, v, s, z).
 * Source: the problem, the class of compressors and the rates are those of Wang, Liwang, Hong, Johansson, Yi
 * 2026 (arXiv 2604.10615), of which we know the abstract; the recursion, the range and its gains are our own.
 */

import { zoomedStep } from '../compress/zoom.js';
import { batchParameter } from '../cost/batch.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { bindRows } from './equations.js';
import { estimateEquations, estimateFields } from './estimate.js';
import { gainParameter, tuningParameter } from './gains.js';
import { planPrimalDual, startsOfPrimalDual } from './primal-dual-gains.js';
import { largestStableStep } from './stable-step.js';
import { defineFlow, type FlowPlan } from './types.js';

interface ScaledPlan extends FlowPlan {
  gains: { step: number; alpha: number; beta: number; mu: number; range: number; decay: number };
}

/** What planning and searching gains of `primal-dual` ask for. */
const AS_ERROR_STATE = { compress: 'error-state', integrator: 'euler', inner: 1 } as const;

export const scaledPrimalDual = defineFlow({
  kind: 'scaled-primal-dual',
  metadata: {
    title: 'Primal-dual flow of a known range',
    summary: 'for one bit an entry and levels that saturate: messages in units of a range that all know',
    source: 'Wang, Liwang, Hong, Johansson, Yi 2026 (arXiv 2604.10615); the recursion is ours',
  },
  problem: 'cost',
  changingLinks: true,
  filterGain: 'mu',
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('scaled-primal-dual'),
      step: gainParameter(z, z.number().positive(), 'Euler step h'),
      alpha: gainParameter(z, z.number().min(0), 'gain of the disagreement'),
      beta: gainParameter(z, z.number().min(0), 'gain of the dual'),
      mu: gainParameter(z, z.number().gt(0).max(1), 'filter gain of the estimates, in (0, 1]'),
      range: z
        .number()
        .positive()
        .default(1)
        .describe('r_0: messages are about (x - s) / r_k; at least what an entry of x begins with or moves'),
      decay: z
        .number()
        .gt(0)
        .max(1)
        .default(1)
        .describe('factor of the range from round to round, in (0, 1]; 1 keeps it, and a bias of its order'),
      batch: batchParameter(z),
      tuning: tuningParameter(z),
    }),

  messages: () => ({ channels: 1, compressed: true, estimates: true }),

  fields: (_, context) => [
    ...equationFields({ state: ['x', 'v'], scratch: ['disagreement', 'gradient'] }, context),
    ...estimateFields([''], context),
  ],

  plan: ({ kind, step, alpha, beta, mu, range, decay }, context): ScaledPlan => {
    const given = { kind, step, alpha, beta, mu, eta: 1, gamma: 1 };
    const { gains } = planPrimalDual({ ...AS_ERROR_STATE, ...given }, context);
    const { mu: filter = 1 } = gains;
    return {
      kind,
      gains: { step: gains.step, alpha: gains.alpha, beta: gains.beta, mu: filter, range, decay },
    };
  },

  search: {
    directions: [
      { step: 1, alpha: 1 },
      { step: 1 },
      { mu: 1 },
      { beta: 1, alpha: 2 },
      { alpha: 1 },
      { beta: 1 },
    ],
    largest: { mu: 1 },
    starts: ({ kind, gains: { range, decay, ...planned } }, context) =>
      startsOfPrimalDual(
        { kind, ...AS_ERROR_STATE, stateIsMessage: false, gains: { ...planned, eta: 1 } },
        context,
      ).map(({ eta: _, gamma: __, ...start }) => ({ ...start, range, decay })),
  },

  largestStep: ({ gains: { alpha, beta } }, gains) => largestStableStep(alpha, beta, 1, gains),

  bind: ({ gains: { step: h, alpha, beta, mu, range, decay } }, [channel], cost, runtime) => {
    const rows = bindRows(runtime);
    const rangeOf = decay === 1 ? range : (round: number) => zoomedStep({ step: range, rate: decay }, round);
    const known = estimateEquations('', channel, rows, runtime, mu, 1, rangeOf);
    const x = rows.state('x');
    const v = rows.state('v');
    const gradient = rows.scratch('gradient');
    const disagreement = rows.scratch('disagreement');
    return bindEquations(
      {
        begin: (r) => known.send(r, x),
        round(r) {
          const apart = known.hear(r, disagreement);
          r.gradient(x, gradient);
          r.sum(x, [1, x], [-h, gradient], [-h * alpha, apart], [-h * beta, v]);
          r.sum(v, [1, v], [h * beta, apart]);
          known.send(r, x);
        },
      },
      cost,
      runtime,
    );
  },
});
