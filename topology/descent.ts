/**
 * The smallest eigenvalue of a Laplacian L on the vectors that sum to 0, to a few digits, where Lanczos is
 * slow: hubs, whose large eigenvalues take all its steps, and graphs that are long and thin. Locally optimal
 * preconditioned conjugate gradients (LOBPCG with one vector; Knyazev 2001):
 *
 *     r = L x - theta x,   w = M r,   x' = the best of span{x, w, p} by Rayleigh-Ritz,   p = x' without its x
 *
 * theta falls towards lambda2 from above. M stands in for the inverse of L; with the V-cycle of
 * `multigrid.ts` the number of steps hardly depends on the size. A step is one product with L, one with M and
 * three passes over six vectors.
 *
 * An eigenvalue lambda lies within |r| of theta, and where M is the inverse of L (Parlett 1998, 15.9)
 *
 *     |lambda - theta| <= delta sqrt(lambda theta),      delta^2 = <r, M r> / theta.
 *
 * The first is a proof, the second as good as M is: the smaller of the two is what is reported.
 */
import { CholeskyDecomposition, EigenvalueDecomposition, inverse, Matrix } from 'ml-matrix';
import type { Operator } from './lanczos.js';
import { Random } from './random.js';

export interface DescentOptions {
  /** The relative error that is enough. */
  within: number;
  /** Steps at most. */
  most: number;
  /** Whether M is near the inverse of L, so that `delta` says something. */
  near: boolean;
}

/** The estimate, its relative error as above, and the steps that it took. */
export interface DescentResult {
  value: number;
  residual: number;
  steps: number;
}

/** @param precondition w = M r, M symmetric and positive on the vectors that sum to 0 */
export function descend(
  nodes: number,
  apply: Operator,
  precondition: Operator,
  { within, most, near }: DescentOptions,
): DescentResult {
  const [x, w, p, ax, aw, ap] = Array.from({ length: 6 }, () => new Float64Array(nodes)) as Six;
  const r = new Float64Array(nodes);
  const random = new Random(22);
  for (let node = 0; node < nodes; node++) x[node] = random.uniform() - 0.5;
  precondition(x, w);
  x.set(w);
  centreAndScale(x);
  apply(x, ax);
  let result: DescentResult = { value: Infinity, residual: Infinity, steps: 0 };
  for (let steps = 0; ; steps++) {
    const theta = dot(x, ax);
    let squares = 0;
    for (let node = 0; node < nodes; node++) {
      r[node] = ax[node] - theta * x[node];
      squares += r[node] * r[node];
    }
    precondition(r, w);
    const delta = near ? Math.sqrt(Math.max(0, dot(r, w)) / theta) : Infinity;
    result = { value: theta, residual: Math.min(Math.sqrt(squares) / theta, delta), steps };
    if (!(result.residual > within) || steps === most) return result;
    centreAndScale(w);
    apply(w, aw);
    if (!improve([x, w, p, ax, aw, ap], steps > 0)) return result;
  }
}

type Six = [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];

/** Replaces x by the best vector of the span, p by what that adds to x; false where it is x itself. */
function improve(vectors: Six, hasPrevious: boolean): boolean {
  const [x, w, p, ax, aw, ap] = vectors;
  const best = (hasPrevious ? rayleighRitz([x, w, p], [ax, aw, ap]) : null) ?? rayleighRitz([x, w], [ax, aw]);
  if (best === null) return false;
  const [ofX, ofW, ofP = 0] = best as [number, number, number?];
  let squares = 0;
  let squaresOfP = 0;
  for (let node = 0; node < x.length; node++) {
    const added = ofW * w[node] + ofP * p[node];
    const addedImage = ofW * aw[node] + ofP * ap[node];
    p[node] = added;
    ap[node] = addedImage;
    const value = ofX * x[node] + added;
    x[node] = value;
    ax[node] = ofX * ax[node] + addedImage;
    squares += value * value;
    squaresOfP += added * added;
  }
  const [unit, unitOfP] = [1 / Math.sqrt(squares), 1 / Math.sqrt(squaresOfP)];
  if (!Number.isFinite(unitOfP)) return false;
  for (let node = 0; node < x.length; node++) {
    x[node] *= unit;
    ax[node] *= unit;
    p[node] *= unitOfP;
    ap[node] *= unitOfP;
  }
  return true;
}

/** Weights of the vectors whose sum has the least Rayleigh quotient; null where they are too nearly dependent. */
function rayleighRitz(vectors: Float64Array[], images: Float64Array[]): number[] | null {
  const count = vectors.length;
  const gram = Matrix.zeros(count, count);
  const energy = Matrix.zeros(count, count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      const product = dot(vectors[i], vectors[j]);
      const work = dot(vectors[i], images[j]);
      gram.set(i, j, product);
      gram.set(j, i, product);
      energy.set(i, j, work);
      energy.set(j, i, work);
    }
  }
  const cholesky = new CholeskyDecomposition(gram);
  const lower = cholesky.lowerTriangularMatrix;
  if (!cholesky.isPositiveDefinite() || Math.min(...lower.diagonal()) < 1e-7) return null;
  const whiten = inverse(lower);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    whiten.mmul(energy).mmul(whiten.transpose()),
    { assumeSymmetric: true },
  );
  const least = realEigenvalues.indexOf(Math.min(...realEigenvalues));
  return whiten.transpose().mmul(eigenvectorMatrix.getColumnVector(least)).to1DArray();
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let node = 0; node < a.length; node++) sum += a[node] * b[node];
  return sum;
}

function centreAndScale(a: Float64Array): void {
  let sum = 0;
  for (let node = 0; node < a.length; node++) sum += a[node];
  const mean = sum / a.length;
  let squares = 0;
  for (let node = 0; node < a.length; node++) {
    const value = a[node] - mean;
    a[node] = value;
    squares += value * value;
  }
  const unit = 1 / Math.sqrt(squares);
  for (let node = 0; node < a.length; node++) a[node] *= unit;
}
