/**
 * One step of a flow for one agent, in place. Everything on the right-hand sides is of the round's beginning.
 *
 *     x <- x - h (eta grad f(x) + alpha L y + beta v)      v <- v + h beta L y
 *
 * Semi-implicit: the step of x is divided by 1 + h alpha d, and hAlpha is h alpha + (h beta)^2.
 */

/** h already multiplied in. */
export interface Gains {
  hEta: number;
  hAlpha: number;
  hBeta: number;
  /** 1 / (1 + h alpha d) with a semi-implicit step; absent: 1. */
  damping?: number;
}

/** What the network knows of an agent, and what moved it: s, z = L s, this round's q and u = L q. */
export interface Estimate {
  s: Float64Array;
  z: Float64Array;
  q: Float64Array;
  u: Float64Array;
  /** Filter gain. */
  mu: number;
  /** 1: y = s + q (error-state). 0: y = s (observer). */
  current: number;
}

export function stepPrimalDual(
  x: Float64Array,
  v: Float64Array,
  gradient: Float64Array,
  laplacian: Float64Array,
  { hEta, hAlpha, hBeta, damping = 1 }: Gains,
): void {
  for (let c = 0; c < x.length; c++) {
    x[c] -= damping * (hEta * gradient[c] + hAlpha * laplacian[c] + hBeta * v[c]);
    v[c] += hBeta * laplacian[c];
  }
}

/** Ly = z + current u. */
export function estimatedLaplacian({ z, u, current }: Estimate): Float64Array {
  return z.map((entry, c) => entry + current * u[c]);
}

/** s += mu q, z += mu u, and returns what is still to be sent: x - s. */
export function advanceEstimate(x: Float64Array, { s, z, q, u, mu }: Estimate): Float64Array {
  for (let c = 0; c < x.length; c++) {
    s[c] += mu * q[c];
    z[c] += mu * u[c];
  }
  return x.map((entry, c) => entry - s[c]);
}

export function stepPrimalDualError(
  x: Float64Array,
  v: Float64Array,
  gradient: Float64Array,
  estimate: Estimate,
  gains: Gains,
): Float64Array {
  stepPrimalDual(x, v, gradient, estimatedLaplacian(estimate), gains);
  return advanceEstimate(x, estimate);
}

/** What `error-memory` keeps beside the estimates: m, its gain, and the agent's weighted degree. */
export interface Memory {
  m: Float64Array;
  gamma: number;
  /** In this round. */
  degree: number;
  /** Of the whole graph; `degree` where links do not change. */
  fixedDegree: number;
}

/** r = z + u + d (x - y) with y = s + q; x and v follow r; m += (d/D)(x - y); returns x - s + gamma m. */
export function stepPrimalDualMemory(
  x: Float64Array,
  v: Float64Array,
  gradient: Float64Array,
  estimate: Estimate,
  { m, gamma, degree, fixedDegree }: Memory,
  gains: Gains,
): Float64Array {
  const { s, z, q, u } = estimate;
  const omitted = x.map((entry, c) => entry - (s[c] + q[c]));
  stepPrimalDual(
    x,
    v,
    gradient,
    z.map((entry, c) => entry + u[c] + degree * omitted[c]),
    gains,
  );
  const error = advanceEstimate(x, estimate);
  for (let c = 0; c < m.length; c++) m[c] += (degree === fixedDegree ? 1 : degree / fixedDegree) * omitted[c];
  return error.map((entry, c) => entry + gamma * m[c]);
}

/**
 * One agent's round of push-sum: what it received, its own share included, to its estimate and its next
 * share.
 */
export function stepPushSum(
  received: Float64Array,
  outDegree: number,
): { x: Float64Array; share: Float64Array } {
  const dim = received.length - 1;
  return {
    x: received.slice(0, dim).map((sum) => sum / received[dim]),
    share: received.map((entry) => entry / (1 + outDegree)),
  };
}

/** Sum of the terms (coefficient, vector), from left to right. */
export function combine(terms: readonly (readonly [number, Float64Array])[]): Float64Array {
  const [[a, x], ...rest] = terms;
  const out = x.map((entry) => a * entry);
  for (const [b, y] of rest) for (let c = 0; c < out.length; c++) out[c] += b * y[c];
  return out;
}
