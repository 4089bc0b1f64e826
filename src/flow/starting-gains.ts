/**
 * The primal-dual flow's gains from the spectrum, the curvatures and the contraction of a message: what
 * `auto` means by the formula, and where searches begin.
 */

import { MODES } from './modes.js';
import { type StartingGains, sampledDataGains } from './sampled-data.js';
import type { Compress, GainContext } from './types.js';

/**
 * h alpha lambdaMax, of the 2 that the flow with inner steps may take without compression. In error-state an
 * agent moves by its own message's error too.
 */
const INNER_ROOM: Record<Compress, (delta: number) => number> = {
  none: () => 2,
  'node-state': () => 1,
  'error-state': (delta) => 0.8 * Math.sqrt(delta),
  observer: () => 0.5,
  'error-memory': () => 1,
};

/**
 * Gains of the flow with many inner steps. Its slowest modes are those of little curvature, which fade like
 * (1 + h a)^(-1/2) a round, and those of much, in which the dual comes forward by alpha lambda2 / a a round.
 * With alpha half as large as the conditions above allow, alpha lambdaMax = 2 / h, both are alike where
 *
 *     1/h = a sqrt(lambdaMax / lambda2) / 2,      a the geometric mean of the mean cost's extreme curvatures.
 *
 * Without compression the dual is momentum, h beta^2 = alpha. A message that tells a share delta lags by
 * 1 / delta rounds: h is smaller by that share, and with it the dual, h beta^2 = alpha delta / 2. What a
 * scalarizer tells is held for 1 / delta rounds, in which x comes to rest: then the same share of alpha.
 */
export function startingInnerGains(
  compress: Compress,
  { lambda2, lambdaMax, l, meanM, meanL, delta: share, linear }: GainContext,
  given: { step?: number } = {},
): StartingGains {
  const delta = Math.max(share, 1e-6);
  const room = linear && MODES[compress].estimates ? delta : INNER_ROOM[compress](delta);
  const curvature = Math.max(Math.sqrt(meanM * meanL), 1e-3 * l, Number.MIN_VALUE);
  const step = given.step ?? (2 * delta * Math.sqrt(lambda2 / lambdaMax)) / curvature;
  const alpha = room / (step * lambdaMax);
  return {
    step,
    alpha,
    beta: Math.sqrt(((compress === 'none' ? 1 : delta / 2) * alpha) / step),
    ...(MODES[compress].estimates && { mu: ROOM[compress].mu }),
    ...(MODES[compress].memory && { gamma: Math.min(0.5, delta) }),
  };
}

/**
 * Of the gain of the dual: beta = this * curvature / sqrt(lambda2) damps the slowest mode of the graph about
 * as fast as the gradient damps the mean.
 */
const SLOWEST_MODE = 0.65;

/**
 * How much of the room for 2 h l + 3 h^2 beta^2 lambdaMax (4 where everything is known exactly) each mode may
 * take, and its filter gain.
 */
const ROOM: Record<Compress, { room: number; damping: number; mu: number }> = {
  none: { room: 2.4, damping: 2, mu: 1 },
  'node-state': { room: 0.8, damping: 2, mu: 1 },
  'error-state': { room: 0.8, damping: 2, mu: 0.5 },
  observer: { room: 0.25, damping: 4, mu: 0.6 },
  'error-memory': { room: 0.8, damping: 2, mu: 0.8 },
};

/**
 * What the model of a linear compressor leaves out, curvatures that differ between agents above all, asks for
 * this share of its step.
 */
const MODEL_MARGIN = 0.7;

/**
 * The primal-dual flow's gains from the spectrum, the curvatures and the contraction delta of a message:
 * where a search begins, and what `auto` means where none is affordable.
 *
 * A message that tells a share delta of what there is to say makes the network's picture of x lag by
 * tau = h / delta. To first order that is a low-pass filter in the loop, whose modes tau r^3 + (1 + a tau)
 * r^2 + (a + alpha lambda) r + beta^2 lambda are stable (Routh) where alpha > tau beta^2 (so
 * alpha = `damping` tau beta^2), whatever lambda; what is left of h is used by the error's own noise, whose
 * energy a round adds h^2 beta^2 lambdaMax / delta to, and by the gradient, which must not run far ahead of
 * the messages: h l / delta. So
 *
 *     beta = 0.65 a / sqrt(lambda2)    alpha = damping h beta^2 / delta
 *     2 h l / delta + 3 h^2 beta^2 lambdaMax / delta = room
 *
 * with a the geometric mean of the mean cost's extreme curvatures. The constants were read off searches
 * (bench/auto-gains.mjs). In node-state what arrives is delta L x on average, so that beta is larger by
 * 1 / sqrt(delta) and alpha by 1 / delta. Linear compressors (scalarizers) have an exact model of their own
 * in `sampled-data.ts`, searched from there.
 */
export function startingGains(
  compress: Compress,
  gains: GainContext,
  given: { step?: number } = {},
): StartingGains {
  const { lambda2, lambdaMax, l } = gains;
  const delta = Math.max(gains.delta, 1e-6);
  const { room, damping, mu } = ROOM[compress];
  const curvature = Math.max(Math.sqrt(gains.meanM * gains.meanL), 1e-3 * l, Number.MIN_VALUE);
  const thinned = compress === 'node-state' ? delta : 1;
  const beta = (SLOWEST_MODE * curvature) / Math.sqrt(lambda2 * thinned);
  const p = l / delta;
  const q = (3 * beta * beta * lambdaMax) / (delta * thinned);
  const step = given.step ?? room / (p + Math.sqrt(p * p + room * q));
  const start: StartingGains = {
    step,
    alpha: (damping * step * beta * beta) / (delta * thinned),
    beta,
    ...(MODES[compress].estimates && { mu }),
    ...(MODES[compress].memory && { gamma: Math.min(0.5, delta) }),
  };
  if (compress === 'none' || !gains.linear || given.step !== undefined) return start;
  const held = sampledDataGains(compress, gains, start);
  return { ...held, step: MODEL_MARGIN * held.step };
}

/**
 * The fastest gains without compression by the model of modes (`sampled-data.ts` with a message in every
 * round): exact where all agents' curvatures are alike.
 */
export function uncompressedGains(gains: GainContext): StartingGains {
  const plain = { ...gains, delta: 1, linear: true };
  return sampledDataGains('none', plain, startingGains('none', plain));
}

/**
 * Where costs leave directions flat, disagreement is damped by alpha alone: r^2 + alpha lambda r + beta^2
 * lambda = 0, fastest on the slowest mode where alpha = 2 beta / sqrt(lambda2). What messages add of their
 * own dies out no faster than that.
 */
export function dampedGains({
  lambda2,
  lambdaMax,
  l,
  meanM,
  meanL,
  delta,
}: GainContext): Required<Omit<StartingGains, 'gamma'>>[] {
  const curvature = Math.sqrt(meanM * meanL);
  return [0.3, 1].flatMap((share) => {
    const beta = (share * curvature) / Math.sqrt(lambda2);
    const alpha = (2 * beta) / Math.sqrt(lambda2);
    return [0.4, 1].map((room) => ({
      step: (room * Math.sqrt(delta)) / (l + alpha * lambdaMax),
      alpha,
      beta,
      mu: 0.7,
    }));
  });
}

/** Where a search under a linear compressor begins before the formula: its model taken at its word. */
export function boldGains(compress: Compress, gains: GainContext, planned: StartingGains): StartingGains[] {
  const exact = { ...planned, step: planned.step / MODEL_MARGIN };
  if (!MODES[compress].memory) return [exact];
  const held = sampledDataGains(compress, gains, exact, true);
  return [held, { ...held, step: MODEL_MARGIN * held.step }, exact];
}
