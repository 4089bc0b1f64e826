/**
 * Push-pull, over any strongly connected directed graph: states are pulled with a row-stochastic matrix R,
 * trackers of the gradients pushed with a column-stochastic C (`arcs.ts`), and both messages compressed, as in
 * CPP. With H_x = H_p = 0, V_0 = grad F(X_0) and shares P = D V, D = diag(1/(1 + out-degree)):
 *
 *     Xhat = H_x + Q(X - H_x),      H_x <- H_x + alpha Q(X - H_x)
 *     Phat = H_p + Q(P - H_p),      H_p <- H_p + alphaTracker Q(P - H_p)
 *     X_{k+1} = X_k - gamma (I - R) Xhat - h V_k
 *     V_{k+1} = V_k - gammaTracker (I - C) D^-1 Phat + grad F(X_{k+1}) - grad F(X_k).
 *
 * Without compression and with gamma = 1 it is X_{k+1} = R X_k - h V_k, V_{k+1} = C V_k + ...: push-pull, or AB.
 * On an undirected graph that is gradient tracking whose matrices add up to 1 in rows, or in columns, alone.
 *
 * RCPP is the same with a compressor whose error is bounded and not relative, Q_k(e) = s_k Q(e/s_k) with a
 * scale s_k that shrinks from round to round: a compressor with a `rate` (`compress/zoom.ts`).
 *
 * `auto` is a practical rule: alpha and gamma as in C-GT, gammaTracker = gamma, and h = min(1, gamma gap) / (8
 * l heaviest), 4 for 8 where nothing is compressed; gap is the smaller one of R and C, `heaviest` what the
 * heaviest agent holds of what is pushed, of a mean of 1 (`topology/arc-mixing.ts`).
 *
 * Needs: strongly connected graph; E|Q(e)/r - e|^2 <= (1 - delta)|e|^2 for some r > 0, or a zooming compressor.
 * Linear rate for strongly convex f. Where links change, R and C are those of the round, and a sender has to
 * know how many heard it. Two messages a round. Floats an agent: 7 dim. Source: Pu, Shi, Xu, Nedic 2021 (IEEE
 * TAC 66), Xin, Khan 2018 (AB); CPP: Song, Shi, Pu, Yan 2022 (arXiv 2106.07243); RCPP: Liao, Li, Pu 2024 (arXiv
 * 2408.01727). Departures: the body of CPP and RCPP could not be read, and the settings are ours; what is
 * compressed of a tracker is its share; all agents have the same step.
 */

import { batchParameter } from '../cost/batch.js';
import { stepParameter } from './blocks.js';
import { alphaParameter, gammaParameter, planAlpha, planGamma, usedContraction } from './estimate.js';
import { type Gain, gainParameter, numberOr, roundStep, tuningParameter } from './gains.js';
import { bindPushPull, pushPullFields } from './push-pull-round.js';
import { defineFlow, type FlowContext } from './types.js';

/** Gains that need nothing of the graph. */
export const PUSH_LOCAL_GAINS = new Set(['gamma', 'gammaTracker', 'alpha', 'alphaTracker']);

interface EstimateGains {
  gamma: Gain;
  gammaTracker: Gain;
  alpha: Gain;
  alphaTracker: Gain;
}

/** gamma and alpha of states (or sums) and trackers. */
export function planEstimateGains(given: EstimateGains, context: FlowContext) {
  const alpha = planAlpha(given.alpha, context);
  const gamma = planGamma(given.gamma, usedContraction(context), context.contraction > 0 ? 1 : 2);
  return {
    gamma,
    gammaTracker: numberOr(given.gammaTracker, () => gamma),
    alpha,
    alphaTracker: numberOr(given.alphaTracker, () => alpha),
  };
}

/**
 * Of the gap over l, the part that a step takes. Uncompressed a quarter was stable wherever it was tried; on a
 * directed ring of 12 one bit an entry needs half of that, and is fastest with a fifth of it.
 */
export const reserveOfStep = ({ contraction }: FlowContext): number => (contraction < 1 ? 8 : 4);

/** The step of push-pull, of 1/l. */
export function pushPullStep(
  { gamma, gammaTracker }: { gamma: number; gammaTracker: number },
  context: FlowContext,
) {
  const { pullGap, pushGap, heaviest } = context.arcs();
  const gap = Math.min(1, Math.min(gamma, gammaTracker) * Math.min(pullGap, pushGap));
  return gap / (reserveOfStep(context) * heaviest);
}

/** How pilots look for gains; where they begin, `pushPullStarts` says. */
export const PUSH_PULL_SEARCH = {
  directions: [
    { step: 1 },
    { step: 1, gamma: 1, gammaTracker: 1 },
    { gamma: 1, gammaTracker: 1 },
    { gammaTracker: 1 },
    { alpha: 1, alphaTracker: 1 },
  ],
  largest: { gamma: 1, gammaTracker: 1, alpha: 1, alphaTracker: 1 },
  steadier: 'gamma',
};

/** Where searches begin beside the formula: as if the graph mixed at once, and half of the way to there. */
export function pushPullStarts({ gains }: { gains: Record<string, number> }, delta: number, l: number) {
  const gamma = Math.sqrt(delta);
  const bold = 1 / (2 * l);
  const step = gains['step'] as number;
  return [bold, Math.sqrt(bold * step)].map((step) => ({ ...gains, gamma, gammaTracker: gamma, step }));
}

export const pushPull = defineFlow({
  kind: 'push-pull',
  metadata: {
    title: 'Push-pull, compressed (CPP, RCPP)',
    summary: 'over directed graphs: states pulled, trackers pushed, both compressed; exact',
    source: 'Pu, Shi, Xu, Nedic 2021 (IEEE TAC 66); Song, Shi, Pu, Yan 2022 (arXiv 2106.07243)',
  },
  problem: 'cost',
  graphs: () => 'arcs',
  changingLinks: true,
  unbiased: true,
  filterGain: 'alpha',
  localGains: PUSH_LOCAL_GAINS,
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('push-pull'),
      step: stepParameter(z, 'a practical rule from the gaps of R and C'),
      gamma: gammaParameter(
        z,
        "the compressor's contraction; its square for an unbiased compressor scaled to be one",
      ),
      gammaTracker: gainParameter(z, z.number().gt(0), 'the same of the tracker; auto: as gamma'),
      alpha: alphaParameter(
        z,
        'gain of the estimate of x, in (0, 1]; auto: 1, or 1/(1 + variance) of an unbiased compressor that is no contraction',
      ),
      alphaTracker: alphaParameter(z, 'the same of the tracker; auto: as alpha'),
      batch: batchParameter(z),
      tuning: tuningParameter(z),
    }),

  messages: () => ({ channels: 2, compressed: true, estimates: true, shares: true, ahead: false }),

  fields: (_, context) => pushPullFields(context),

  plan: ({ kind, ...given }, context) => {
    const estimates = planEstimateGains(given, context);
    const step = numberOr(given.step, () => pushPullStep(estimates, context) / context.gains().l);
    return { kind, gains: { step: roundStep(step), ...estimates } };
  },

  search: {
    ...PUSH_PULL_SEARCH,
    starts: (plan, { delta, l }) => pushPullStarts(plan, delta, l),
  },

  bind: ({ gains: { step, ...estimates } }, channels, cost, runtime) =>
    bindPushPull({ h: step, ...estimates, followsX: false }, channels, cost, runtime),
});
