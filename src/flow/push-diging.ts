/**
 * Push-DIGing: gradient tracking over directed graphs with a column-stochastic C alone (`arcs.ts`): sums u,
 * weights w and trackers y are pushed, and x is read off as a ratio,
 *
 *     u^{k+1} = C (u^k - h y^k),      w^{k+1} = C w^k,      x^{k+1} = u^{k+1}/w^{k+1},
 *     y^{k+1} = C y^k + grad f(x^{k+1}) - grad f(x^k),      u^0 = x^0,  w^0 = 1,  y^0 = grad f(x^0).
 *
 * y is kept as v. Compressed (which is ours), C (u - h y) is a - gamma (I - C) aHat of a = u - h y, and the
 * same for y and, with what they are, for w: aHat and yHat are what the network knows of the shares of a and y
 * (`estimate.ts`), so that the sums of u and y are conserved whatever is compressed away. gamma = 1 without
 * compression is the method of the paper. Where links change, w does not come to rest, and what is known of a
 * is the ratio a/w, which does (`push-weights.ts`); y goes to 0.
 *
 * `auto` is a practical rule: gamma and alpha as in push-pull, h = min(1, gamma gap)/(8 l), 4 for 8 where
 * nothing is compressed, gap that of C.
 *
 * Needs: strongly connected graph, over time where links change (C is then that of the round: shares are of
 * all who could hear, and a sender has to know how many did); E|Q(e)/r - e|^2 <= (1 - delta)|e|^2, or a
 * zooming compressor. Linear rate where f is strongly convex. Messages: two vectors, and a number of 64 bits
 * as it is. Floats an agent: 8 dim. Source: Nedic, Olshevsky, Shi 2017 (SIAM J. Optim. 27), Algorithm 2.
 * Departures: compression, and the rule for h.
 */

import { batchParameter } from '../cost/batch.js';
import { arcFields } from './arcs.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { stepParameter } from './blocks.js';
import { bindRows, type Equations } from './equations.js';
import { alphaParameter, estimateEquations, estimateFields, gammaParameter } from './estimate.js';
import { gainParameter, numberOr, roundStep, tuningParameter } from './gains.js';
import {
  PUSH_LOCAL_GAINS,
  PUSH_PULL_SEARCH,
  planEstimateGains,
  pushPullStarts,
  reserveOfStep,
} from './push-pull.js';
import { bindRatio, weightFields } from './push-weights.js';
import { defineFlow } from './types.js';

export const pushDiging = defineFlow({
  kind: 'push-diging',
  metadata: {
    title: 'Push-DIGing (gradient tracking over arcs)',
    summary: 'over directed graphs: sums, weights and trackers pushed, x their ratio; exact, compressed too',
    source: 'Nedic, Olshevsky, Shi 2017 (SIAM J. Optim. 27)',
  },
  problem: 'cost',
  graphs: () => 'arcs',
  changingLinks: true,
  unbiased: true,
  filterGain: 'alpha',
  localGains: PUSH_LOCAL_GAINS,
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('push-diging'),
      step: stepParameter(z, 'a practical rule from the gap of C'),
      gamma: gammaParameter(
        z,
        "the compressor's contraction; its square for an unbiased compressor scaled to be one",
      ),
      gammaTracker: gainParameter(z, z.number().gt(0), 'the same of the tracker; auto: as gamma'),
      alpha: alphaParameter(z, 'gain of the estimate of the sums, in (0, 1]; auto: 1, or 1/(1 + variance)'),
      alphaTracker: alphaParameter(z, 'the same of the tracker; auto: as alpha'),
      batch: batchParameter(z),
      tuning: tuningParameter(z),
    }),

  messages: () => ({
    channels: 3,
    compressed: true,
    raw: [2],
    lengths: [null, null, 1],
    estimates: [0, 1],
    shares: true,
    ahead: false,
  }),

  fields: (_, context) => [
    ...equationFields(
      { state: ['x', 'v', 'sum', 'gradient'], scratch: ['disagreement', 'known', 'gradient'] },
      context,
    ),
    ...estimateFields(['.sum', '.tracker'], context),
    ...arcFields(context),
    ...weightFields(context),
  ],

  plan: ({ kind, ...given }, context) => {
    const estimates = planEstimateGains(given, context);
    const step = numberOr(given.step, () => {
      const gamma = Math.min(estimates.gamma, estimates.gammaTracker);
      const gap = Math.min(1, gamma * context.arcs().pushGap);
      return roundStep(gap / (reserveOfStep(context) * context.gains().l));
    });
    return { kind, gains: { step, ...estimates } };
  },

  search: {
    ...PUSH_PULL_SEARCH,
    starts: (plan, { delta, l }) => pushPullStarts(plan, delta, l),
  },

  bind: (
    { gains: { step: h, gamma, gammaTracker, alpha, alphaTracker } },
    [ofSums, ofTrackers, ofWeights],
    cost,
    runtime,
    rebind,
  ) => {
    const rows = bindRows(runtime);
    const ratio = bindRatio([ofSums, ofWeights], { gamma, alpha }, rows, runtime, rebind);
    const { x, arcs, disagreement, shares } = ratio;
    const knownY = estimateEquations('.tracker', ofTrackers, rows, runtime, alphaTracker);
    const y = rows.state('v');
    const before = rows.state('gradient');
    const fresh = rows.scratch('gradient');
    const send = (r: Equations) => {
      ratio.send(r, [-h, y]);
      r.sum(shares, [arcs.push(1), y], [0, y]);
      knownY.send(r, shares);
    };
    const equations = bindEquations(
      {
        begin(r) {
          ratio.begin(r);
          r.gradient(x, before);
          r.sum(y, [1, before], [0, before]);
          send(r);
        },
        round(r) {
          ratio.hear(r, [-h, y]);
          const yApart = knownY.hear(r, disagreement, shares);
          r.gradient(x, fresh, 1);
          r.sum(
            y,
            [1, y],
            [-gammaTracker, yApart],
            [arcs.excess(-gammaTracker), shares],
            [1, fresh],
            [-1, before],
          );
          r.sum(before, [1, fresh], [0, fresh]);
          send(r);
        },
      },
      cost,
      runtime,
    );
    return { ...equations, prepare: ratio.prepare };
  },
});
