/**
 * How curved a linear model can be: the largest eigenvalue of weight A_i^T A_i, for the rows A_i of each agent and of all.
 *
 * Power iteration on A_i A_i^T approaches it from below. It stops when a step changes it by less than 1e-4; the answer is that
 * estimate and 1% more, but no more than the trace, which no eigenvalue exceeds. So it is an upper bound unless the start is all
 * but orthogonal to the leading vector, or the second eigenvalue all but equal to the first, where it is short by a fraction
 * that step rules leave room for.
 */

import type { Rows } from './linear-problem.js';

// Small, because a start near another eigenvector leaves it slowly at first: a larger change to stop at would take that one for the largest.
const RELATIVE_CHANGE = 1e-9;
const MARGIN = 1.01;
const MAX_ITERATIONS = 300;

/** The largest over agents; `samples` as in the arena. */
export function largestAgentEigenvalue(rows: Rows, samples: Uint32Array, dim: number): number {
  const agents = samples.length - 1;
  const traces = Float64Array.from({ length: agents }, (_, i) => trace(rows, samples[i]!, samples[i + 1]!));
  // Most promising first: an agent whose trace is below what is already found needs no iteration.
  const order = Uint32Array.from({ length: agents }, (_, i) => i).sort((a, b) => traces[b]! - traces[a]!);
  const image = new Float64Array(dim);
  let largest = 0;
  for (const agent of order) {
    if (traces[agent]! <= largest) break;
    const eigenvalue = powerIteration(rows, samples[agent]!, samples[agent + 1]!, image);
    largest = Math.max(largest, Math.min(traces[agent]!, MARGIN * eigenvalue));
  }
  return largest;
}

function trace(rows: Rows, first: number, end: number): number {
  let sum = 0;
  for (let r = first; r < end; r++) sum += rows.squaredNorm(r);
  return sum;
}

/** Over rows [first, end); `image` is all zero before and after, whatever its length, so that small agents stay cheap. */
function powerIteration(rows: Rows, first: number, end: number, image: Float64Array): number {
  // Neither constant nor periodic, so that it is orthogonal to no structure that data have.
  const u = Float64Array.from({ length: end - first }, (_, r) => 1 + 0.5 * Math.sin(1 + 1.7 * r));
  let eigenvalue = 0;
  for (let i = 0; i < MAX_ITERATIONS; i++) {
    const norm = Math.sqrt(u.reduce((sum, entry) => sum + entry * entry, 0));
    if (norm === 0) return 0;
    for (let r = first; r < end; r++) rows.addTo(r, u[r - first]! / norm, image);
    for (let r = first; r < end; r++) u[r - first] = rows.dot(r, image);
    for (let r = first; r < end; r++) rows.clear(r, image);
    // u = A A^T (unit vector): its length approaches the eigenvalue.
    const before = eigenvalue;
    eigenvalue = Math.sqrt(u.reduce((sum, entry) => sum + entry * entry, 0));
    if (eigenvalue - before <= RELATIVE_CHANGE * eigenvalue) break;
  }
  return eigenvalue;
}
