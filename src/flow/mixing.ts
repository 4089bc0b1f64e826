/**
 * The mixing matrix of the methods that average with their neighbours:
 *
 *     W = I - tau L,      W x = x - tau L x,      L the Laplacian of the config's weights.
 *
 * W is symmetric, its rows sum to 1, and its eigenvalues are 1 - tau lambda for those of L. `auto`: tau = 1
 * where the largest weighted degree is below 1, so that `weights: metropolis` is exactly the Metropolis
 * matrix W_ij = 1/(1 + max(d_i, d_j)) (Xiao, Boyd, Kim 2007); else tau = 1/(1 + largest weighted degree), the
 * maximum-degree matrix. Both have a positive diagonal, so -1 < lambda_min(W) on every graph. A tau given by
 * hand needs tau lambdaMax < 2.
 */

import type { z } from 'zod';
import { unexpected } from '../base/errors.js';
import { type Gain, gainParameter, numberOr, roundStep } from './gains.js';
import type { FlowContext, GainContext } from './types.js';

/** `mixing` of a flow that averages with its neighbours. */
export function mixingParameter(zod: typeof z) {
  return gainParameter(
    zod,
    zod.number().positive(),
    'tau of the mixing matrix W = I - tau L; auto: 1 with weights: metropolis, 1/(1 + largest degree) with unit',
  );
}

/** tau. */
export function planMixing(mixing: Gain, { maxDegree }: { maxDegree: number }): number {
  return numberOr(mixing, () => (maxDegree < 1 ? 1 : 1 / (1 + maxDegree)));
}

/**
 * 1 + lambda_min(W), which bounds steps; NaN where lambdaMax, or the bound on it that is known, leaves it
 * open whether W averages.
 */
export function mixingSlack(tau: number, { lambdaMax }: GainContext): number {
  const slack = 2 - tau * lambdaMax;
  return slack > 0 ? slack : Number.NaN;
}

export interface MixingSpectrum {
  /** Second largest and smallest eigenvalue of W. */
  lambda2: number;
  lambdaMin: number;
  /** Largest magnitude of those but the first, which is 1: what one averaging leaves of a disagreement. */
  sigma: number;
}

export function mixingSpectrum(tau: number, gains: GainContext): MixingSpectrum {
  const lambda2 = 1 - tau * gains.lambda2;
  const lambdaMin = 1 - tau * gains.lambdaMax;
  return { lambda2, lambdaMin, sigma: Math.max(Math.abs(lambda2), Math.abs(lambdaMin)) };
}

/** Refuses a tau with which W does not average: no step would do. */
export function refuseMixing(tau: number, { lambdaMax }: GainContext): void {
  if (tau * lambdaMax < 2) return;
  const bound = Number((2 / lambdaMax).toPrecision(4));
  throw unexpected(['flow', 'mixing'], tau, `auto, or a number below 2/lambdaMax = ${bound}`);
}

/**
 * `step`: the number given, or what `automatic` makes of the graph and the cost once tau is known to average.
 */
export function planMixedStep(
  step: Gain,
  tau: number,
  context: FlowContext,
  automatic: (gains: GainContext) => number,
): number {
  return numberOr(step, () => {
    const gains = context.gains();
    refuseMixing(tau, gains);
    return roundStep(automatic(gains));
  });
}
