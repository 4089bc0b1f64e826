/**
 * Lanczos for the two ends of the spectrum of a symmetric operator A on the vectors that sum to 0:
 *
 *     beta_k q_{k+1} = A q_k - alpha_k q_k - beta_{k-1} q_{k-1},      T = tridiag(beta, alpha, beta)
 *
 * The extreme eigenvalues theta of T approach those of A from inside. With s the unit eigenvector of T to
 * theta, the Ritz vector u = Q s has |A u - theta u| = beta_k |s_k|, and an eigenvalue of A lies within that
 * of theta: this is the test of convergence. It holds in floating point too, without reorthogonalising (Paige
 * 1980): lost orthogonality only brings copies of eigenvalues that have converged. So three vectors are all
 * that is stored, whatever the number of steps.
 *
 * The start vector is pseudo-random and always the same, so results repeat.
 */
import { Random } from './random.js';

export type Operator = (x: Float64Array, y: Float64Array) => void;

export interface RitzValue {
  value: number;
  /** |A u - value u| of its unit Ritz vector u. */
  residual: number;
}

export class Lanczos {
  private readonly alpha: number[] = [];
  private readonly beta: number[] = [];
  private previous: Float64Array;
  private current: Float64Array;
  private image: Float64Array;
  /** The Krylov space has closed: the Ritz values are eigenvalues. */
  exhausted = false;

  constructor(
    readonly nodes: number,
    private readonly apply: Operator,
  ) {
    this.previous = new Float64Array(nodes);
    this.current = new Float64Array(nodes);
    this.image = new Float64Array(nodes);
    const random = new Random(20);
    for (let node = 0; node < nodes; node++) this.current[node] = random.uniform() - 0.5;
    centre(this.current, sumOf(this.current) / nodes);
    scale(this.current, 1 / norm(this.current));
  }

  get steps(): number {
    return this.alpha.length;
  }

  /** Takes up to `count` further steps. */
  advance(count: number): void {
    for (let step = 0; step < count && !this.exhausted; step++) {
      const { previous, current, image } = this;
      this.apply(current, image);
      const alpha = takeAway(image, this.beta[this.beta.length - 1] ?? 0, previous, current);
      const mean = takeAway(image, alpha, current, null) / this.nodes;
      // Last, at every step: a trace of the constant vector would grow like any converged one, and bring back
      // its 0.
      const beta = Math.sqrt(centre(image, mean));
      this.alpha.push(alpha);
      this.beta.push(beta);
      // On vectors that sum to 0 there are nodes - 1 dimensions; a beta at rounding level means that they are
      // used up.
      if (beta <= 1e-14 * this.scaleOfT() || this.steps >= 20 * this.nodes) {
        this.exhausted = true;
        return;
      }
      scale(image, 1 / beta);
      this.previous = current;
      this.current = image;
      this.image = previous;
    }
  }

  smallest(): RitzValue {
    return this.extreme(1);
  }

  largest(): RitzValue {
    const { value, residual } = this.extreme(-1);
    return { value: -value, residual };
  }

  private scaleOfT(): number {
    let largest = 0;
    for (let k = Math.max(0, this.steps - 8); k < this.steps; k++) {
      largest = Math.max(largest, Math.abs(this.alpha[k]), k > 0 ? this.beta[k - 1] : 0);
    }
    return largest;
  }

  /** The smallest eigenvalue of sign * T and the residual of its Ritz vector. */
  private extreme(sign: 1 | -1): RitzValue {
    const count = this.steps;
    const alpha = Float64Array.from(this.alpha, (value) => sign * value);
    const beta = Float64Array.from(this.beta);
    const { low, high } = bracketSmallest(alpha, beta, count);
    const last = this.beta[count - 1];
    return {
      value: (low + high) / 2,
      residual: this.exhausted ? 0 : last * lastComponent(alpha, beta, count, low),
    };
  }
}

/** Brackets the smallest eigenvalue of a symmetric tridiagonal matrix by bisection, to rounding. */
function bracketSmallest(
  alpha: Float64Array,
  beta: Float64Array,
  count: number,
): { low: number; high: number } {
  let low = Infinity;
  let size = 0;
  let high = Infinity;
  for (let k = 0; k < count; k++) {
    const radius = (k > 0 ? beta[k - 1] : 0) + (k + 1 < count ? beta[k] : 0);
    low = Math.min(low, alpha[k] - radius);
    high = Math.min(high, alpha[k]); // a diagonal entry is a Rayleigh quotient
    size = Math.max(size, Math.abs(alpha[k]) + radius);
  }
  low -= 1e-15 * size;
  while (high - low > 2 ** -52 * Math.max(Math.abs(low), Math.abs(high), 2 ** -8 * size)) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (allAbove(alpha, beta, count, middle)) low = middle;
    else high = middle;
  }
  return { low, high };
}

/** Whether every eigenvalue is above `shift`: whether T - shift I has positive pivots only. */
function allAbove(alpha: Float64Array, beta: Float64Array, count: number, shift: number): boolean {
  let pivot = alpha[0] - shift;
  for (let k = 1; k < count; k++) {
    if (!(pivot > 0)) return false;
    pivot = alpha[k] - shift - (beta[k - 1] * beta[k - 1]) / pivot;
  }
  return pivot > 0;
}

/** |s_count| of the unit eigenvector to the smallest eigenvalue, by inverse iteration from just below it. */
function lastComponent(alpha: Float64Array, beta: Float64Array, count: number, shift: number): number {
  const pivots = new Float64Array(count);
  const s = new Float64Array(count);
  const random = new Random(21);
  for (let k = 0; k < count; k++) s[k] = random.uniform() - 0.5;
  pivots[0] = alpha[0] - shift;
  for (let k = 1; k < count; k++) pivots[k] = alpha[k] - shift - (beta[k - 1] * beta[k - 1]) / pivots[k - 1];
  for (let pass = 0; pass < 4; pass++) {
    for (let k = 1; k < count; k++) s[k] -= (beta[k - 1] / pivots[k - 1]) * s[k - 1];
    s[count - 1] /= pivots[count - 1];
    for (let k = count - 2; k >= 0; k--) s[k] = s[k] / pivots[k] - (beta[k] / pivots[k]) * s[k + 1];
    scale(s, 1 / norm(s));
  }
  return Math.abs(s[count - 1]);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let node = 0; node < a.length; node++) sum += a[node] * b[node];
  return sum;
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

function scale(a: Float64Array, factor: number): void {
  for (let node = 0; node < a.length; node++) a[node] *= factor;
}

/**
 * a -= factor b, and in the same pass over memory the sum of a's entries, or of their products with `other`'s.
 */
function takeAway(a: Float64Array, factor: number, b: Float64Array, other: Float64Array | null): number {
  let sum = 0;
  if (other === null) {
    for (let node = 0; node < a.length; node++) {
      const value = a[node] - factor * b[node];
      a[node] = value;
      sum += value;
    }
  } else {
    for (let node = 0; node < a.length; node++) {
      const value = a[node] - factor * b[node];
      a[node] = value;
      sum += value * other[node];
    }
  }
  return sum;
}

/** a -= mean; gives |a|^2. */
function centre(a: Float64Array, mean: number): number {
  let squares = 0;
  for (let node = 0; node < a.length; node++) {
    const value = a[node] - mean;
    a[node] = value;
    squares += value * value;
  }
  return squares;
}

function sumOf(a: Float64Array): number {
  let sum = 0;
  for (let node = 0; node < a.length; node++) sum += a[node];
  return sum;
}
