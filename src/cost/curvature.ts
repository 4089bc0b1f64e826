/**
 * How curved a cost of samples can be, and how curved it is where it matters.
 *
 * Can be: the largest eigenvalue of weight A_i^T A_i, for the rows A_i of each agent and of all.
 *
 * Power iteration on A_i A_i^T approaches it from below. It stops when a step changes it by less than 1e-4;
 * the answer is that estimate and 1% more, but no more than the trace, which no eigenvalue exceeds. So it is
 * an upper bound unless the start is all but orthogonal to the leading vector, or the second eigenvalue all
 * but equal to the first, where it is short by a fraction that step rules leave room for.
 */

import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Rows } from './rows.js';
import { dot, type SmoothProblem } from './solver.js';
import type { NearCurvature } from './types.js';

// Small, because a start near another eigenvector leaves it slowly at first: a larger change to stop at would
// take that one for the largest.
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

/**
 * Over rows [first, end); `image` is all zero before and after, whatever its length, so that small agents
 * stay cheap.
 */
function powerIteration(rows: Rows, first: number, end: number, image: Float64Array): number {
  const u = Float64Array.from({ length: end - first }, (_, r) => unevenEntry(r));
  let eigenvalue = 0;
  for (let i = 0; i < MAX_ITERATIONS; i++) {
    const length = norm(u);
    if (length === 0) return 0;
    for (let r = first; r < end; r++) rows.addTo(r, u[r - first]! / length, image);
    for (let r = first; r < end; r++) u[r - first] = rows.dot(r, image);
    for (let r = first; r < end; r++) rows.clear(r, image);
    // u = A A^T (unit vector): its length approaches the eigenvalue.
    const before = eigenvalue;
    eigenvalue = norm(u);
    if (eigenvalue - before <= RELATIVE_CHANGE * eigenvalue) break;
  }
  return eigenvalue;
}

/**
 * Steps of Lanczos: all that there are where the dimension is no larger, and else a good picture of both
 * ends.
 */
const LANCZOS_STEPS = 80;
/** A direction that is no part of the rest by more than this share is rounding. */
const CLOSED = 1e-11;
/** Eigenvalues below this share of the largest belong to directions that no sample sees. */
const UNSEEN = 1e-12;
/** A curvature below this share of the largest holds nothing in the rounds that people wait for. */
const HELD = 1e-3;
const AGENT_ITERATIONS = 30;
/** Multiply-adds beyond which the agents' own curvatures stay unknown: about a second. */
const MOST_WORK = 1e9;

/**
 * The Hessian's curvatures at the point that `weights` were taken at, on the directions that samples see.
 * `samples`: agent i holds [samples[i], samples[i + 1]), and its cost weighs them with the number of agents.
 */
export function curvatureNear(
  problem: SmoothProblem,
  weights: Float64Array,
  samples: Uint32Array,
  work: number,
): NearCurvature {
  const { dim } = problem;
  const agents = samples.length - 1;
  const { strongConvexity } = problem;
  const count = samples[agents]!;
  const ofSamples = extremes(dim, (v, out) => problem.addHessianTimes(weights, 0, count, v, out));
  const meanM = ofSamples.least + strongConvexity;
  const meanL = ofSamples.largest + strongConvexity;
  const flat = ofSamples.closed && strongConvexity < HELD * meanL;
  if (AGENT_ITERATIONS * (work + agents * dim) > MOST_WORK) return { l: null, meanM, meanL, flat };
  const v = new Float64Array(dim);
  const image = new Float64Array(dim);
  let l = meanL;
  for (let agent = 0; agent < agents; agent++) {
    for (let c = 0; c < dim; c++) v[c] = unevenEntry(c);
    let eigenvalue = 0;
    for (let i = 0; i < AGENT_ITERATIONS; i++) {
      const length = norm(v);
      if (length === 0) break;
      for (let c = 0; c < dim; c++) v[c] = v[c]! / length;
      image.fill(0);
      problem.addHessianTimes(weights, samples[agent]!, samples[agent + 1]!, v, image);
      eigenvalue = dot(image, v);
      v.set(image);
    }
    l = Math.max(l, agents * eigenvalue + strongConvexity);
  }
  return { l, meanM, meanL, flat };
}

/** Neither constant nor periodic, so that it is orthogonal to no structure that data have. */
function unevenEntry(c: number): number {
  return 1 + 0.5 * Math.sin(1 + 1.7 * c);
}

/**
 * Both ends of the spectrum of a positive semidefinite operator on its range, by Lanczos with full
 * orthogonalisation. From inside: the least may be somewhat too large.
 */
function extremes(
  dim: number,
  apply: (v: Float64Array, out: Float64Array) => void,
): { least: number; largest: number; closed: boolean } {
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  let next = new Float64Array(dim);
  // An image has no part in what no sample sees.
  apply(
    Float64Array.from({ length: dim }, (_, c) => unevenEntry(c)),
    next,
  );
  let length = norm(next);
  const first = length;
  while (
    basis.length < Math.min(dim, LANCZOS_STEPS) &&
    length > CLOSED * (beside.length === 0 ? first : scale(diagonal))
  ) {
    if (basis.length > 0) beside.push(length);
    const q = next.map((entry) => entry / length);
    basis.push(q);
    next = new Float64Array(dim);
    apply(q, next);
    diagonal.push(dot(q, next));
    // Twice is enough.
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of basis) {
        const part = dot(earlier, next);
        for (let c = 0; c < dim; c++) next[c]! -= part * earlier[c]!;
      }
    }
    length = norm(next);
  }
  const size = basis.length;
  if (size === 0) return { least: 0, largest: 0, closed: true };
  const t = Matrix.zeros(size, size);
  for (let i = 0; i < size; i++) {
    t.set(i, i, diagonal[i]!);
    if (i > 0) {
      t.set(i, i - 1, beside[i - 1]!);
      t.set(i - 1, i, beside[i - 1]!);
    }
  }
  const { realEigenvalues } = new EigenvalueDecomposition(t, { assumeSymmetric: true });
  const largest = realEigenvalues.reduce((most, value) => Math.max(most, value), 0);
  const least = realEigenvalues.reduce(
    (low, value) => (value > UNSEEN * largest ? Math.min(low, value) : low),
    largest,
  );
  // All that an image can be is in the basis, and it is not everything.
  return { least, largest, closed: size < Math.min(dim, LANCZOS_STEPS) };
}

function scale(diagonal: readonly number[]): number {
  return diagonal.reduce((most, entry) => Math.max(most, entry), 0);
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}
