/**
 * Gains and steps from the spectrum: what `auto` means, and what a run that diverged is told to try.
 *
 * Uncompressed and with every agent's curvature equal to a, the primal-dual Euler map splits into one 2x2 block for each Laplacian
 * eigenvalue lambda,
 *
 *     [ 1 - h (a + alpha lambda)   -h beta ]
 *     [ h beta lambda               1      ],
 *
 * whose eigenvalues lie inside the unit circle exactly when (Jury's test)
 *
 *     h beta^2 lambda < a + alpha lambda          (the dual does not outrun the primal)
 *     4 - 2 h (a + alpha lambda) + h^2 beta^2 lambda > 0.
 *
 * The first binds at lambdaMax and a = m. The second, linear in lambda, binds at a = l and at one end of the spectrum: at lambdaMax, or towards 0, where it
 * reads h < 2 / l. Curvatures that differ between agents couple the blocks, and yet these two conditions at the ends of [m, l] are enough for any mixture
 * of them (docs/auto.md has the proof). What they leave out is compression; `startingGains` says how it is reckoned with.
 */

import type { z } from 'zod';
import { holdGains, holdRoundsPerDecade, spectralRadius } from './hold.js';
import { errorFlow } from './state.js';
import type { Compress, FlowDefinition, FlowSpec, GainContext } from './types.js';

export const SAFETY = 0.5;

/** The largest Euler step with which every mode of the uncompressed primal-dual flow is stable. */
export function largestStableStep(alpha: number, beta: number, eta: number, gains: GainContext): number {
  const { lambdaMax: lambda } = gains;
  const m = eta * gains.m;
  const l = eta * gains.l;
  const p = l + alpha * lambda;
  const q = beta * beta * lambda;
  if (p === 0) return Number.POSITIVE_INFINITY;
  // Smaller root of q h^2 - 2 p h + 4 = 0; no real root means that the second condition never binds.
  const discriminant = p * p - 4 * q;
  const second =
    q === 0 ? 2 / p : discriminant < 0 ? Number.POSITIVE_INFINITY : 4 / (p + Math.sqrt(discriminant));
  const first = q === 0 ? Number.POSITIVE_INFINITY : (m + alpha * lambda) / q;
  return Math.min(first, second, l > 0 ? 2 / l : Number.POSITIVE_INFINITY);
}

/** How the primal-dual flow steps (`primal-dual.ts` has both). */
export type Integrator = 'euler' | 'semi-implicit';

/**
 * The step below which the uncompressed semi-implicit primal-dual flow is stable on any graph, for any alpha and any curvatures up to l: the positive root of
 * 2 h eta l + h^2 beta^2 lambdaMax = 4. With the dual eliminated, x obeys P^-1 (x'' - 2 x' + x) + (A + alpha L)(x' - x) + h beta^2 L x' = 0 (x, x', x'' of three rounds
 * in a row), whose coefficients are symmetric: along a mode they are numbers p, k, s with p (z-1)^2 + k (z-1) + s z = 0, inside the unit circle (Jury) where
 * 2 k + s < 4 p. And p >= 1/h + alpha d, k <= eta l + alpha L, with L <= 2 d for the quadratic forms of any graph: alpha cancels. On a graph of two sides with
 * all agents alike (an even ring) the fastest mode attains the bound; elsewhere there is more room.
 */
export function largestSemiImplicitStep(beta: number, eta: number, { lambdaMax, l }: GainContext): number {
  const p = eta * l;
  return 4 / (p + Math.sqrt(p * p + 4 * beta * beta * lambdaMax));
}

/**
 * The step below which the uncompressed flow with many inner steps is stable: its gradient is that of the round's end. With the dual eliminated as above, x obeys
 * P^-1 (x'' - 2 x' + x) + alpha L (x' - x) + A (x'' - x') + h beta^2 L x' = 0, and along a mode p (z-1)^2 + k (z-1) + a z (z-1) + s = 0 with s = h beta^2 lambda
 * (semi-implicit: s z). By Jury's test, for any mixture of curvatures of at least m and any graph, since a and lambda enter linearly,
 *
 *     h beta^2 lambda < m + alpha lambda      (2 alpha - h beta^2) lambda < 4 / h + 2 m       (euler)
 *     h beta^2 lambda < 4 / h + 2 m                                                           (semi-implicit)
 *
 * at lambdaMax: no curvature, however large, limits the step. Fewer inner steps move x less, and are looser.
 */
export function largestInnerStep(
  alpha: number,
  beta: number,
  eta: number,
  { lambdaMax: lambda, ...gains }: GainContext,
  integrator: Integrator,
): number {
  const m = eta * gains.m;
  const q = beta * beta * lambda;
  // Positive root of sign q h^2 + 2 p h = 4.
  const root = (p: number, ownSign: number) => {
    if (q === 0) return p > 0 ? 2 / p : Number.POSITIVE_INFINITY;
    const discriminant = p * p + ownSign * 4 * q;
    return discriminant < 0 || p + Math.sqrt(discriminant) <= 0
      ? Number.POSITIVE_INFINITY
      : 4 / (p + Math.sqrt(discriminant));
  };
  if (integrator === 'semi-implicit') return root(-m, 1);
  const dual = q === 0 ? Number.POSITIVE_INFINITY : (m + alpha * lambda) / q;
  return Math.min(dual, root(alpha * lambda - m, -1));
}

/** h alpha lambdaMax, of the 2 that the flow with inner steps may take without compression. In error-state an agent moves by its own message's error too. */
const INNER_ROOM: Record<Compress, (delta: number) => number> = {
  none: () => 2,
  'node-state': () => 1,
  'error-state': (delta) => 0.8 * Math.sqrt(delta),
  observer: () => 0.5,
  'error-memory': () => 1,
};

/**
 * Gains of the flow with many inner steps. Its slowest modes are those of little curvature, which fade like (1 + h a)^(-1/2) a round, and those of much, in which the
 * dual comes forward by alpha lambda2 / a a round. With alpha half as large as the conditions above allow, alpha lambdaMax = 2 / h, both are alike where
 *
 *     1/h = a sqrt(lambdaMax / lambda2) / 2,      a the geometric mean of the mean cost's extreme curvatures.
 *
 * Without compression the dual is momentum, h beta^2 = alpha. A message that tells a share delta lags by 1 / delta
 * rounds: h is smaller by that share, and with it the dual, h beta^2 = alpha delta / 2. What a scalarizer tells is held for 1 / delta rounds, in which x
 * comes to rest: then the same share of alpha.
 */
export function startingInnerGains(
  compress: Compress,
  { lambda2, lambdaMax, l, meanM, meanL, delta: share, linear }: GainContext,
  given: { step?: number } = {},
): Record<string, number> {
  const delta = Math.max(share, 1e-6);
  const room = linear && errorFlow(compress) ? delta : INNER_ROOM[compress](delta);
  const curvature = Math.max(Math.sqrt(meanM * meanL), 1e-3 * l, Number.MIN_VALUE);
  const step = given.step ?? (2 * delta * Math.sqrt(lambda2 / lambdaMax)) / curvature;
  const alpha = room / (step * lambdaMax);
  return {
    step,
    alpha,
    beta: Math.sqrt(((compress === 'none' ? 1 : delta / 2) * alpha) / step),
    ...(compress !== 'none' && compress !== 'node-state' && { mu: MODES[compress].mu }),
    ...(compress === 'error-memory' && { gamma: Math.min(0.5, delta) }),
  };
}

/**
 * A step for gains that somebody chose: the bound with room for what compression loses. What neighbours say late is not mended by an agent's own implicit part:
 * where messages lose something, alpha limits the semi-implicit step too, and Euler's bound stands for that.
 */
export function safeStep(
  alpha: number,
  beta: number,
  eta: number,
  gains: GainContext,
  integrator: Integrator,
): number {
  const euler = largestStableStep(alpha, beta, eta, gains);
  if (integrator === 'euler') return SAFETY * gains.delta * euler;
  const implicit = largestSemiImplicitStep(beta, eta, gains);
  return SAFETY * gains.delta * (gains.delta === 1 ? implicit : Math.min(implicit, euler));
}

/** The same of the flow with inner steps; a step beyond inner/l is more than they can take. */
export function safeInnerStep(
  alpha: number,
  beta: number,
  eta: number,
  inner: number,
  gains: GainContext,
  integrator: Integrator,
): number {
  const bound = gains.delta === 1 ? integrator : 'euler';
  const stable = SAFETY * gains.delta * largestInnerStep(alpha, beta, eta, gains, bound);
  return Math.min(stable, inner / (eta * gains.l));
}

/** Of the gain of the dual: beta = this * curvature / sqrt(lambda2) damps the slowest mode of the graph about as fast as the gradient damps the mean. */
const SLOWEST_MODE = 0.65;

/** How much of the room for 2 h l + 3 h^2 beta^2 lambdaMax (4 where everything is known exactly) each mode may take, and its filter gain. */
const MODES: Record<Compress, { room: number; damping: number; mu: number }> = {
  none: { room: 2.4, damping: 2, mu: 1 },
  'node-state': { room: 0.8, damping: 2, mu: 1 },
  'error-state': { room: 0.8, damping: 2, mu: 0.5 },
  observer: { room: 0.25, damping: 4, mu: 0.6 },
  'error-memory': { room: 0.8, damping: 2, mu: 0.8 },
};

/** What the model of a linear compressor leaves out, curvatures that differ between agents above all, asks for this share of its step. */
const HOLD_MARGIN = 0.7;

/**
 * The primal-dual flow's gains from the spectrum, the curvatures and the contraction delta of a message: where a search begins, and what `auto` means where
 * none is affordable.
 *
 * A message that tells a share delta of what there is to say makes the network's picture of x lag by tau = h / delta. To first order that is a low-pass filter
 * in the loop, whose modes tau r^3 + (1 + a tau) r^2 + (a + alpha lambda) r + beta^2 lambda are stable (Routh) where alpha > tau beta^2 (so
 * alpha = `damping` tau beta^2), whatever lambda; what is left of h is used by the error's own noise, whose energy a round adds
 * h^2 beta^2 lambdaMax / delta to, and by the gradient, which must not run far ahead of the messages: h l / delta. So
 *
 *     beta = 0.65 a / sqrt(lambda2)    alpha = damping h beta^2 / delta    2 h l / delta + 3 h^2 beta^2 lambdaMax / delta = room
 *
 * with a the geometric mean of the mean cost's extreme curvatures. The constants were read off searches (bench/auto-gains.mjs). In node-state what arrives
 * is delta L x on average, so that beta is larger by 1 / sqrt(delta) and alpha by 1 / delta. Linear compressors (scalarizers) have an exact model of their own
 * in `hold.ts`, searched from there.
 */
export function startingGains(
  compress: Compress,
  gains: GainContext,
  given: { step?: number } = {},
): Record<string, number> {
  const { lambda2, lambdaMax, l } = gains;
  const delta = Math.max(gains.delta, 1e-6);
  const { room, damping, mu } = MODES[compress];
  const curvature = Math.max(Math.sqrt(gains.meanM * gains.meanL), 1e-3 * l, Number.MIN_VALUE);
  const thinned = compress === 'node-state' ? delta : 1;
  const beta = (SLOWEST_MODE * curvature) / Math.sqrt(lambda2 * thinned);
  const p = l / delta;
  const q = (3 * beta * beta * lambdaMax) / (delta * thinned);
  const step = given.step ?? room / (p + Math.sqrt(p * p + room * q));
  const start = {
    step,
    alpha: (damping * step * beta * beta) / (delta * thinned),
    beta,
    ...(compress !== 'none' && compress !== 'node-state' && { mu }),
    ...(compress === 'error-memory' && { gamma: Math.min(0.5, delta) }),
  };
  if (compress === 'none' || !gains.linear || given.step !== undefined) return start;
  const held = holdGains(compress, gains, start);
  return { ...held, step: HOLD_MARGIN * held['step']! };
}

/** The fastest gains without compression by the model of modes (`hold.ts` with a message in every round): exact where all agents' curvatures are alike. */
export function uncompressedGains(gains: GainContext): Record<string, number> {
  const plain = { ...gains, delta: 1, linear: true };
  return holdGains('none', plain, startingGains('none', plain));
}

/**
 * Where costs leave directions flat, disagreement is damped by alpha alone: r^2 + alpha lambda r + beta^2 lambda = 0, fastest on the slowest mode where alpha = 2 beta /
 * sqrt(lambda2). What messages add of their own dies out no faster than that.
 */
export function dampedGains({
  lambda2,
  lambdaMax,
  l,
  meanM,
  meanL,
  delta,
}: GainContext): Record<string, number>[] {
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
export function boldHoldGains(
  compress: Compress,
  gains: GainContext,
  planned: Record<string, number>,
): Record<string, number>[] {
  const { step, ...others } = planned;
  const exact = { ...others, step: step! / HOLD_MARGIN };
  if (compress !== 'error-memory') return [exact];
  const held = holdGains(compress, gains, exact, true);
  return [held, { ...held, step: HOLD_MARGIN * held['step']! }, exact];
}

/**
 * Rounds per factor of ten, in the mean: the spectral radius of the Euler map of (x, v, s) on the graph's slowest and fastest modes, with every message telling
 * exactly its share delta of the error, and every agent the mean cost's curvatures. What differs between agents and the compressor's noise are left out.
 * `Infinity` where the map does not contract. The consensus flow is the case beta = 0, without curvature; over arcs it takes at most these (`balancedSpectrum`).
 */
export function predictedRoundsPerDecade(
  compress: Compress,
  flow: Record<string, number>,
  context: GainContext,
  problem: 'cost' | 'average',
): number {
  if (compress !== 'none' && context.linear && problem === 'cost')
    return holdRoundsPerDecade(compress, flow, context);
  const { step: h = 0, alpha = 0, beta = 0, eta = 1, mu = 1 } = flow;
  const { lambda2, lambdaMax, delta } = context;
  if (context.directed) {
    const left = 1 - h * alpha * (2 - h * alpha * lambdaMax) * lambda2;
    return left < 1 ? (-2 * Math.LN10) / Math.log(Math.max(left, Number.EPSILON)) : Number.POSITIVE_INFINITY;
  }
  const estimates = compress !== 'none' && compress !== 'node-state';
  // y = known s + fresh x
  const [known, fresh] = !estimates
    ? [0, compress === 'none' ? 1 : delta]
    : compress === 'observer'
      ? [1, 0]
      : [1 - delta, delta];
  const curvatures = problem === 'average' ? [0] : [context.meanM, context.meanL];
  let radius = 0;
  for (const a of curvatures) {
    if (problem === 'cost') radius = Math.max(radius, Math.abs(1 - h * eta * a));
    for (const lambda of [lambda2, lambdaMax]) {
      const rows = [
        [1 - h * (eta * a + alpha * lambda * fresh), -h * beta, -h * alpha * lambda * known],
        [h * beta * lambda * fresh, 1, h * beta * lambda * known],
        [mu * delta, 0, 1 - mu * delta],
      ];
      const kept = [0, ...(beta === 0 ? [] : [1]), ...(estimates ? [2] : [])];
      radius = Math.max(radius, spectralRadius(kept.map((i) => kept.map((j) => rows[i]![j]!))));
    }
  }
  return radius < 1 ? -Math.LN10 / Math.log(radius) : Number.POSITIVE_INFINITY;
}

/** Gains whose `auto` needs nothing of the graph. */
const WITHOUT_SPECTRUM = new Set(['eta', 'mu', 'gamma', 'mixing']);

/** The first parameter of a flow that is `auto` and for which the graph's spectrum and the cost's curvature are needed. */
export function automaticGain(spec: FlowSpec): string | undefined {
  return Object.keys(spec).find((name) => spec[name] === 'auto' && !WITHOUT_SPECTRUM.has(name));
}

/** Whether a flow has gains for trials to find: `auto` beside others that follow from those that were given is none. */
export function hasOpenGains(spec: FlowSpec, search: FlowDefinition['search']): boolean {
  if (automaticGain(spec) !== undefined) return true;
  const searched = (search?.directions ?? []).flatMap((direction) => Object.keys(direction));
  // Flows that have no other gain than these.
  return (
    searched.every((name) => WITHOUT_SPECTRUM.has(name)) && searched.some((name) => spec[name] === 'auto')
  );
}

/** Three significant digits, rounded down: what a person would type. */
export function roundStep(step: number): number {
  if (!(step > 0) || !Number.isFinite(step)) return step;
  const scale = 10 ** (2 - Math.floor(Math.log10(step)));
  return Number((Math.floor(step * scale) / scale).toPrecision(3));
}

/** `tuning` of every flow whose gains can be searched. */
export function tuningParameter(zod: typeof z): z.ZodType {
  return zod
    .enum(['pilot', 'formula'])
    .default('pilot')
    .describe(
      'how auto gains are chosen: by short pilot runs where they are affordable, or by the formula alone',
    );
}
