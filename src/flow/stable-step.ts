/**
 * The largest stable steps of the primal-dual flow, from the spectrum.
 *
 * Uncompressed and with every agent's curvature equal to a, the primal-dual Euler map splits into one 2x2
 * block for each Laplacian eigenvalue lambda,
 *
 *     [ 1 - h (a + alpha lambda)   -h beta ]
 *     [ h beta lambda               1      ],
 *
 * whose eigenvalues lie inside the unit circle exactly when (Jury's test)
 *
 *     h beta^2 lambda < a + alpha lambda          (the dual does not outrun the primal)
 *     4 - 2 h (a + alpha lambda) + h^2 beta^2 lambda > 0.
 *
 * The first binds at lambdaMax and a = m. The second, linear in lambda, binds at a = l and at one end of the
 * spectrum: at lambdaMax, or towards 0, where it reads h < 2 / l. Curvatures that differ between agents
 * couple the blocks, and yet these two conditions at the ends of [m, l] are enough for any mixture of them
 * (docs/auto.md has the proof). What they leave out is compression; `starting-gains.ts` says how it is
 * reckoned with.
 */

import type { Integrator } from './dual-step.js';
import { SAFETY } from './gains.js';
import type { GainContext } from './types.js';

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

/**
 * The step below which the uncompressed semi-implicit primal-dual flow is stable on any graph, for any alpha
 * and any curvatures up to l: the positive root of 2 h eta l + h^2 beta^2 lambdaMax = 4. With the dual
 * eliminated, x obeys P^-1 (x'' - 2 x' + x) + (A + alpha L)(x' - x) + h beta^2 L x' = 0 (x, x', x'' of three
 * rounds in a row), whose coefficients are symmetric: along a mode they are numbers p, k, s with p
 * (z-1)^2 + k (z-1) + s z = 0, inside the unit circle (Jury) where 2 k + s < 4 p. And p >= 1/h + alpha d,
 * k <= eta l + alpha L, with L <= 2 d for the quadratic forms of any graph: alpha cancels. On a graph of two
 * sides with all agents alike (an even ring) the fastest mode attains the bound; elsewhere there is more
 * room.
 */
export function largestSemiImplicitStep(beta: number, eta: number, { lambdaMax, l }: GainContext): number {
  const p = eta * l;
  return 4 / (p + Math.sqrt(p * p + 4 * beta * beta * lambdaMax));
}

/**
 * The step below which the uncompressed flow with many inner steps is stable: its gradient is that of the
 * round's end. With the dual eliminated as above, x obeys P^-1 (x'' - 2 x' + x) + alpha L (x' - x) + A
 * (x'' - x') + h beta^2 L x' = 0, and along a mode p (z-1)^2 + k (z-1) + a z (z-1) + s = 0 with s = h beta^2
 * lambda (semi-implicit: s z). By Jury's test, for any mixture of curvatures of at least m and any graph,
 * since a and lambda enter linearly,
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

/**
 * A step for gains that somebody chose: the bound with room for what compression loses. What neighbours say
 * late is not mended by an agent's own implicit part: where messages lose something, alpha limits the
 * semi-implicit step too, and Euler's bound stands for that.
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
