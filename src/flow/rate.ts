/** How fast the flows with modes converge, by a model of their modes. */

import { MODES } from './modes.js';
import { type ModelGains, sampledDataRoundsPerDecade, spectralRadius } from './sampled-data.js';
import type { Compress, GainContext } from './types.js';

/**
 * Rounds per factor of ten, in the mean: the spectral radius of the Euler map of (x, v, s) on the graph's
 * slowest and fastest modes, with every message telling exactly its share delta of the error, and every agent
 * the mean cost's curvatures. What differs between agents and the compressor's noise are left out. `Infinity`
 * where the map does not contract. The consensus flow is the case beta = 0, without curvature; over arcs it
 * takes at most these (`balancedSpectrum`).
 */
export function predictedRoundsPerDecade(
  compress: Compress,
  flow: Partial<ModelGains>,
  context: GainContext,
  problem: 'cost' | 'average',
): number {
  if (compress !== 'none' && context.linear && problem === 'cost')
    return sampledDataRoundsPerDecade(compress, { ...flow, step: flow.step ?? 0 }, context);
  const { step: h = 0, alpha = 0, beta = 0, eta = 1, mu = 1 } = flow;
  const { lambda2, lambdaMax, delta } = context;
  if (context.directed) {
    const left = 1 - h * alpha * (2 - h * alpha * lambdaMax) * lambda2;
    return left < 1 ? (-2 * Math.LN10) / Math.log(Math.max(left, Number.EPSILON)) : Number.POSITIVE_INFINITY;
  }
  const { estimates, current } = MODES[compress];
  // y = known s + fresh x
  const fresh = compress === 'none' ? 1 : current * delta;
  const known = estimates ? 1 - fresh : 0;
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
