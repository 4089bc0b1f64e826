/**
 * Central reference solver: the minimiser of a smooth convex function to the last digits, by damped Newton.
 *
 *     x <- x - t p,   H(x) p = grad(x),   t = 1, 1/2, 1/4, ... until f falls by 1e-4 t grad . p (Armijo)
 *
 * The equations are solved by Cholesky (ml-matrix) up to MAX_DENSE_DIM coordinates, beyond that, or where a
 * dense Hessian would take more than MAX_HESSIAN_WORK, by conjugate gradients over products H v. Once the
 * decrease that a step promises drowns in the rounding of f, steps are taken whole, for as long as they
 * shrink the gradient; the best point seen is the answer, and its gradient says how exact it is.
 *
 * Without strong convexity the Hessian may be singular. Its null space is that of the data and does not
 * depend on x: one eigendecomposition at 0 finds it, and Newton works beside it, so that the answer is the
 * minimiser of least norm (conjugate gradients from 0 stay beside it by themselves). Where no minimiser
 * exists (separable classes), a reason is returned instead.
 *
 * An eigenvalue of H = A^T W A is the square of a singular value, so in H those below 1e-8 of the largest
 * look like 0. Where an eigenvalue is that small, the singular values of W^(1/2) A decide, by a triangle R
 * with R^T R = H that is made of the rows and not of H; where they find more rank than H shows, R gives the
 * steps. Equations are what they say, to the last digit. Samples are measured: what they bend by less than
 * rounding of the Hessian is open, since a minimiser out there, along their noise, is nothing that a gradient
 * leads to.
 */

import {
  CholeskyDecomposition,
  EigenvalueDecomposition,
  Matrix,
  SingularValueDecomposition,
} from 'ml-matrix';
import { InputError } from '../base/errors.js';
import type { Optimum } from './types.js';

export interface SmoothProblem {
  readonly dim: number;
  /** A bound m of the Hessian from below; 0 where none is known. */
  readonly strongConvexity: number;
  /** Multiply-adds that a dense Hessian takes. */
  readonly hessianWork: number;
  value(x: Float64Array): number;
  gradient(x: Float64Array, out: Float64Array): void;
  /** What the Hessian at x is made of. */
  weights(x: Float64Array): Float64Array;
  hessian(weights: Float64Array): Float64Array[];
  /**
   * Upper triangular R, R^T R = the samples' part of the Hessian, found without squaring it; null where that
   * takes too much work.
   */
  triangle?(weights: Float64Array): Float64Array[] | null;
  /**
   * Relative rounding of the samples' entries, where those are exact but for it; undefined where measured.
   */
  readonly rounding?: number | undefined;
  /** lambda of the Hessian's part lambda I, beside that of the samples. */
  readonly regularization: number;
  /** One a sample. */
  readonly labels: { readonly length: number };
  /** out += the samples' part of it, of the samples first .. end - 1. */
  addHessianTimes(
    weights: Float64Array,
    first: number,
    end: number,
    v: Float64Array,
    out: Float64Array,
  ): void;
  /** How far, at most, x + direction changes what any sample sees. */
  reach(direction: Float64Array): number;
  /** Whether its losses have a least value each, so that it cannot fall for ever; false where absent. */
  readonly bounded?: boolean;
  /** Why there is no minimiser, if x proves it. */
  whyNoMinimiser(x: Float64Array): string | null;
}

/** out = the Hessian times v. */
export function hessianTimes(
  problem: SmoothProblem,
  weights: Float64Array,
  v: Float64Array,
  out: Float64Array,
): void {
  for (let c = 0; c < problem.dim; c++) out[c] = problem.regularization * v[c]!;
  problem.addHessianTimes(weights, 0, problem.labels.length, v, out);
}

export type Solution = { optimum: Optimum; reason: null } | { optimum: null; reason: string };

/** Largest entry of the gradient at which one more step is the last. */
const GRADIENT_TOLERANCE = 1e-13;
const MAX_ITERATIONS = 200;
const MAX_DENSE_DIM = 600;
const MAX_NULL_SPACE_DIM = 400;
const MAX_HESSIAN_WORK = 4e9;
const MAX_HALVINGS = 60;
/**
 * Eigenvalues below this share of the largest have lost too many digits to say what is zero, or to solve
 * with.
 */
const DOUBTFUL = 1e-12;
/** The largest trace of a Hessian: eigenvalues come from its entries' squares and products of those. */
const MOST_TRACE = 1e120;
/** Whole steps in the rounding of f that did not shrink the gradient, before we are content. */
const MAX_STALLS = 3;
/**
 * A Newton step that still moves a margin so far, where the gradient is all but 0, is on its way to infinity.
 */
const RESTLESS_REACH = 0.1;

export function minimise(problem: SmoothProblem, note?: (message: string) => void): Solution {
  const { dim } = problem;
  const newton = chooseDirection(problem);
  let x = new Float64Array(dim);
  let value = problem.value(x);
  const gradient = new Float64Array(dim);
  let best = { x, value, norm: Infinity, measure: Infinity };
  let stalls = 0;
  let settled = false;
  let iterations = 0;
  let direction: Float64Array = gradient;
  for (; ; iterations++) {
    problem.gradient(x, gradient);
    const norm = infinityNorm(gradient);
    const reason = problem.whyNoMinimiser(x);
    if (reason) return { optimum: null, reason };
    // The last point is judged by its gradient alone; only where the problem may be flat does it matter which
    // way it would go on.
    if (!settled || problem.strongConvexity === 0) direction = newton.solve(x, gradient);
    const promise = dot(gradient, direction);
    // Where the Hessian is so steep one way and so flat another, a small gradient says little about the flat
    // one.
    const measure = newton.affine ? Math.sqrt(Math.max(promise, 0)) : norm;
    note?.(`Newton ${iterations}: f = ${value}, largest entry of the gradient ${norm.toExponential(2)}`);

    // Where a step can no longer be judged by f, it is judged by the gradient.
    const drowned = promise <= 1e-14 * Math.abs(value);
    if (measure < best.measure) {
      stalls = measure < best.measure / 2 ? 0 : stalls + 1;
      best = { x, value, norm, measure };
    } else if (drowned) {
      stalls++;
    }
    if (settled || norm === 0 || (drowned && stalls >= MAX_STALLS) || iterations >= MAX_ITERATIONS) break;
    // One step beyond the tolerance: Newton squares the error, so it is worth all the others.
    settled = best.measure <= GRADIENT_TOLERANCE;

    const next =
      drowned || settled
        ? valued(problem, step(x, direction, 1))
        : lineSearch(problem, x, value, direction, promise);
    if (next === null) break;
    ({ x, value } = next);
  }
  // Margins of 1e20 are rounded to more than any step that counts where they are some tens.
  const size = problem.bounded ? Math.max(problem.reach(best.x), 1) : 1;
  if (problem.strongConvexity === 0 && problem.reach(direction) > RESTLESS_REACH * size) {
    return {
      optimum: null,
      reason: problem.bounded
        ? `Newton's method did not come to rest in ${iterations} iterations`
        : 'the loss falls for ever in some direction (the classes are separable, or nearly), and nothing regularizes it',
    };
  }
  const optimum = {
    x: best.x,
    value: best.value,
    gradientNorm: best.norm,
    iterations,
    method: newton.method(),
  };
  return { optimum, reason: null };
}

interface DirectionSolver {
  /** p with H(x) p = gradient. */
  solve(x: Float64Array, gradient: Float64Array): Float64Array;
  method(): string;
  /** Whether steps are exact enough for gradient . p to be the measure of what is left. */
  readonly affine?: boolean;
}

function chooseDirection(problem: SmoothProblem): DirectionSolver {
  const singular = problem.strongConvexity === 0;
  const denseDim = singular ? MAX_NULL_SPACE_DIM : MAX_DENSE_DIM;
  const iterative = new ConjugateGradients(problem);
  if (problem.dim > denseDim || problem.hessianWork > MAX_HESSIAN_WORK) return iterative;
  if (!singular) return new Cholesky(problem, null, iterative);
  const { nullSpace, factored } = nullSpaceOf(problem);
  return factored ? new Factored(problem, factored) : new Cholesky(problem, nullSpace, iterative);
}

class Cholesky implements DirectionSolver {
  readonly #problem: SmoothProblem;
  /** Columns span the Hessian's null space; null where it has none. */
  readonly #nullSpace: Matrix | null;
  readonly #fallback: ConjugateGradients;
  #fellBack = false;

  constructor(problem: SmoothProblem, nullSpace: Matrix | null, fallback: ConjugateGradients) {
    this.#problem = problem;
    this.#fallback = fallback;
    this.#nullSpace = nullSpace;
  }

  solve(x: Float64Array, gradient: Float64Array): Float64Array {
    const hessian = new Matrix(this.#problem.hessian(this.#problem.weights(x)));
    if (this.#nullSpace) {
      // H + s Q Q^T is positive definite, and the solution has no part in Q because the gradient has none.
      const scale = hessian.trace() / this.#problem.dim;
      hessian.add(this.#nullSpace.mmul(this.#nullSpace.transpose()).mul(scale));
    }
    const cholesky = new CholeskyDecomposition(hessian);
    if (cholesky.isPositiveDefinite()) {
      const direction = Float64Array.from(cholesky.solve(Matrix.columnVector(gradient)).to1DArray());
      if (direction.every(Number.isFinite)) return direction;
    }
    this.#fellBack = true;
    return this.#fallback.solve(x, gradient);
  }

  method(): string {
    const name = this.#fellBack ? 'Newton (Cholesky, at times conjugate gradients)' : 'Newton (Cholesky)';
    return name + leastNorm(this.#nullSpace?.columns ?? 0);
  }
}

function leastNorm(nullity: number): string {
  if (nullity === 0) return '';
  return `, minimiser of least norm: the data leave ${nullity} ${nullity === 1 ? 'direction' : 'directions'} open`;
}

/** The share of the largest eigenvalue up to which rounding of the Hessian makes one of 0. */
function zeroShare(dim: number): number {
  return 4 * dim * Number.EPSILON;
}

/** W^(1/2) A = U diag(s) V^T without its null space: p = V diag(s)^-2 V^T gradient. */
interface Factors {
  weights: Float64Array;
  singular: number[];
  right: Matrix;
}

function factorsOf(problem: SmoothProblem, weights: Float64Array): Factors | null {
  const triangle = problem.triangle?.(weights);
  if (!triangle) return null;
  const svd = new SingularValueDecomposition(new Matrix(triangle), { computeLeftSingularVectors: false });
  const all = svd.diagonal;
  const size = Math.max(problem.labels.length, problem.dim);
  const share = problem.rounding === undefined ? Math.sqrt(zeroShare(problem.dim)) : size * problem.rounding;
  const threshold = share * Math.max(...all);
  const columns = all.flatMap((s, c) => (s > threshold ? [c] : []));
  return {
    weights,
    singular: columns.map((c) => all[c]!),
    right: svd.rightSingularVectors.subMatrixColumn(columns),
  };
}

class Factored implements DirectionSolver {
  readonly affine = true;
  readonly #problem: SmoothProblem;
  readonly #nullity: number;
  #factors: Factors;

  constructor(problem: SmoothProblem, factors: Factors) {
    this.#problem = problem;
    this.#factors = factors;
    this.#nullity = problem.dim - factors.singular.length;
  }

  solve(x: Float64Array, gradient: Float64Array): Float64Array {
    const weights = this.#problem.weights(x);
    // Those of squares are the same everywhere.
    if (weights.some((weight, r) => weight !== this.#factors.weights[r]))
      this.#factors = factorsOf(this.#problem, weights) ?? this.#factors;
    const { singular, right } = this.#factors;
    const out = new Float64Array(gradient.length);
    singular.forEach((s, j) => {
      let part = 0;
      for (let c = 0; c < out.length; c++) part += right.get(c, j) * gradient[c]!;
      // One after the other: s^2 may be too small a number.
      part = part / s / s;
      for (let c = 0; c < out.length; c++) out[c]! += part * right.get(c, j);
    });
    return out;
  }

  method(): string {
    return `Newton (singular values)${leastNorm(this.#nullity)}`;
  }
}

/**
 * Eigenvectors of the Hessian at 0 whose eigenvalues are zero up to rounding; or factors, where those see
 * more.
 */
function nullSpaceOf(problem: SmoothProblem): { nullSpace: Matrix | null; factored: Factors | null } {
  const { dim } = problem;
  const weights = problem.weights(new Float64Array(dim));
  const hessian = new Matrix(problem.hessian(weights));
  const trace = hessian.trace();
  if (!(trace <= MOST_TRACE)) {
    const size = Number.isFinite(trace) ? `of ${trace.toPrecision(3)}` : 'that overflows';
    throw new InputError(
      `the samples are too large to solve with: their Hessian has a trace ${size}, expected at most ${MOST_TRACE}`,
      { hint: 'divide the samples and what they should give by their size' },
    );
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(hessian, {
    assumeSymmetric: true,
  });
  const largest = Math.max(...realEigenvalues);
  const threshold = zeroShare(dim) * largest;
  const columns = realEigenvalues.flatMap((eigenvalue, c) => (eigenvalue <= threshold ? [c] : []));
  const nullSpace = columns.length === 0 ? null : eigenvectorMatrix.subMatrixColumn(columns);
  const sound = realEigenvalues.filter((eigenvalue) => eigenvalue > DOUBTFUL * largest).length;
  if (sound === dim || sound === 0) return { nullSpace, factored: null };
  const factors = factorsOf(problem, weights);
  return { nullSpace, factored: factors !== null && factors.singular.length > sound ? factors : null };
}

/**
 * Truncated at a residual that shrinks with the gradient, so that Newton stays superlinear (Dembo, Eisenstat,
 * Steihaug 1982).
 */
class ConjugateGradients implements DirectionSolver {
  readonly #problem: SmoothProblem;

  constructor(problem: SmoothProblem) {
    this.#problem = problem;
  }

  solve(x: Float64Array, gradient: Float64Array): Float64Array {
    const problem = this.#problem;
    const { dim } = problem;
    const weights = problem.weights(x);
    const solution = new Float64Array(dim);
    const residual = gradient.slice();
    const search = gradient.slice();
    const product = new Float64Array(dim);
    let energy = dot(residual, residual);
    const start = Math.sqrt(energy);
    const target = Math.min(1e-2, start) * start;
    for (let i = 0; i < 4 * dim + 20 && Math.sqrt(energy) > target; i++) {
      hessianTimes(problem, weights, search, product);
      const curvature = dot(search, product);
      if (!(curvature > 0)) break;
      const length = energy / curvature;
      for (let c = 0; c < dim; c++) {
        solution[c]! += length * search[c]!;
        residual[c]! -= length * product[c]!;
      }
      const before = energy;
      energy = dot(residual, residual);
      for (let c = 0; c < dim; c++) search[c] = residual[c]! + (energy / before) * search[c]!;
    }
    return solution;
  }

  method(): string {
    return 'Newton (conjugate gradients)';
  }
}

/** The first of x - p, x - p/2, x - p/4, ... that keeps enough of its promise; null where none does. */
function lineSearch(
  problem: SmoothProblem,
  x: Float64Array,
  value: number,
  direction: Float64Array,
  promise: number,
): Point | null {
  let length = 1;
  for (let i = 0; i < MAX_HALVINGS; i++, length /= 2) {
    const candidate = valued(problem, step(x, direction, length));
    if (candidate.value <= value - 1e-4 * length * promise) return candidate;
  }
  return null;
}

interface Point {
  x: Float64Array<ArrayBuffer>;
  value: number;
}

function valued(problem: SmoothProblem, x: Float64Array<ArrayBuffer>): Point {
  return { x, value: problem.value(x) };
}

function step(x: Float64Array, direction: Float64Array, length: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(x, (entry, c) => entry - length * direction[c]!);
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < a.length; c++) sum += a[c]! * b[c]!;
  return sum;
}

function infinityNorm(a: Float64Array): number {
  return a.reduce((largest, entry) => Math.max(largest, Math.abs(entry)), 0);
}
