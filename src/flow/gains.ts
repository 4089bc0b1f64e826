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
 * reads h < 2 / l. Curvatures that differ between agents couple the blocks, and compression
 * perturbs them, so half of the bound (times the message's contraction, where one is in the loop) is what we call safe.
 */

import type { FlowSpec, GainContext } from './types.js';

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

/** A step that should work: the bound with room for unequal curvatures and for what compression loses. */
export function safeStep(alpha: number, beta: number, eta: number, gains: GainContext): number {
  return SAFETY * gains.delta * largestStableStep(alpha, beta, eta, gains);
}

/** alpha and beta that balance the slowest mode of the primal against the dual's. */
export function autoGains(gains: GainContext): { alpha: number; beta: number } {
  const m = Math.max(gains.m, 1e-12 * gains.l, Number.MIN_VALUE);
  return {
    alpha: m / gains.lambda2,
    beta: Math.sqrt((m * (gains.l + m)) / gains.lambda2),
  };
}

/** Gains whose `auto` needs nothing of the graph. */
const WITHOUT_SPECTRUM = new Set(['eta', 'mu', 'gamma', 'mixing']);

/** The first parameter of a flow that is `auto` and for which the graph's spectrum and the cost's curvature are needed. */
export function automaticGain(spec: FlowSpec): string | undefined {
  return Object.keys(spec).find((name) => spec[name] === 'auto' && !WITHOUT_SPECTRUM.has(name));
}

/** Three significant digits, rounded down: what a person would type. */
export function roundStep(step: number): number {
  if (!(step > 0) || !Number.isFinite(step)) return step;
  const scale = 10 ** (2 - Math.floor(Math.log10(step)));
  return Number((Math.floor(step * scale) / scale).toPrecision(3));
}
