/**
 * Central solver for a smooth convex function of which only the gradient is known: L-BFGS whose line search
 * looks at slopes alone, and Newton's method for what it leaves.
 *
 *     x <- x - t H g
 *
 * H is the inverse Hessian that the last pairs (s, y) = (change of x, change of g) speak of.
 *
 * Along a direction p the slope t -> grad f(x + t p) . p of a convex f does not fall, so where it changes its
 * sign is the least point: a step is taken once its slope is between -0.9 and 0.1 of the first one's
 * magnitude. Values would be of no use from half the digits on, where their differences drown in rounding.
 *
 * Where L-BFGS has not come down to rounding (an ill-conditioned f), and dim allows, Newton's method goes on
 * with a Hessian of central differences of gradients: 2 dim of them a step, and few steps.
 *
 * The answer is the point of the smallest gradient, and that gradient certifies it: convex, so a zero
 * gradient is a minimum; with strong convexity m, f - f* <= |g|^2 / (2 m). It is refused where the gradient
 * has not fallen to CERTIFIED of where it began within the budget, which counts evaluations and no seconds,
 * so that every machine gives the same bits. Without strong convexity a gradient may vanish on the way to
 * infinity: it is refused as well where the next step would still be long.
 *
 * Needs: convex, differentiable. Memory: 2 HISTORY dim + dim^2 floats. J. Nocedal, Mathematics of Computation
 * 35 (1980). From 0 it stays in the span of gradients: where the minimiser is not unique, that of a quadratic
 * is the one of least norm.
 */

import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { formatCount } from '../base/count.js';
import { dot, type Solution } from './solver.js';
import type { Optimum } from './types.js';

export interface GradientProblem {
  readonly dim: number;
  /** A bound l of the Hessian from above. */
  readonly smoothness: number;
  /** A bound m of it from below; 0 where none is known. */
  readonly strongConvexity: number;
  /** Gradients that may be asked for. */
  readonly budget: number;
  /** out = grad f(x); null where it is not finite, else the size of what was added up to it. */
  gradient(x: Float64Array, out: Float64Array): number | null;
  value(x: Float64Array): number;
}

/** Pairs that are kept, where no more than HISTORY_ENTRIES numbers. */
const HISTORY = 100;
const HISTORY_ENTRIES = 4e6;
/** The largest entry of the gradient at the answer, over that at the start. */
const CERTIFIED = 1e-9;
/** Below so many roundings of what is added up, or this share of the start, a gradient has nothing to say. */
const ROUNDINGS = 4;
const ENOUGH = 1e-15;
/** Iterations that did not halve a certified gradient, before we are content; fewer where Newton goes on. */
const MAX_STALLS = 500;
const STALLS_BEFORE_NEWTON = 20;
const MAX_NEWTON_DIM = 300;
const MAX_NEWTON_STEPS = 20;
/** Of a difference of gradients, over the largest entry of x. */
const NEWTON_STEP = 1e-4;
const MAX_TRIALS = 60;
/** Doublings of a step after which f is taken to fall for ever. */
const MAX_DOUBLINGS = 200;
/**
 * A next step of this share of the way so far, where the gradient is all but 0, is on its way to infinity.
 */
const RESTLESS = 1e-3;
/** Share of |x| up to which a bound of the answer's own error is not worth a word. */
const NEAR = 1e-6;
const NOTE_EVERY = 20;

interface Point {
  x: Float64Array;
  gradient: Float64Array;
}

export function minimiseByGradients(problem: GradientProblem, note?: (message: string) => void): Solution {
  const { dim, smoothness, strongConvexity, budget } = problem;
  let evaluations = 0;
  let terms = 0;
  const evaluate = (x: Float64Array): Point | null => {
    evaluations++;
    const gradient = new Float64Array(dim);
    const size = problem.gradient(x, gradient);
    if (size === null) return null;
    terms = size;
    return { x, gradient };
  };

  const mayGoOn = () => evaluations < budget;
  const first = evaluate(new Float64Array(dim));
  if (first === null) return refused('its gradient is not finite at x = 0, where the solver begins');
  const start = Math.max(largestEntry(first.gradient), terms);
  let best = { ...first, norm: largestEntry(first.gradient), terms };
  const better = (point: Point): boolean => {
    const norm = largestEntry(point.gradient);
    const halved = norm < best.norm / 2;
    if (norm < best.norm) best = { ...point, norm, terms };
    return halved;
  };
  const done = () => best.norm <= Math.max(ROUNDINGS * Number.EPSILON * best.terms, ENOUGH * start);

  const kept = Math.max(1, Math.min(HISTORY, Math.floor(HISTORY_ENTRIES / dim)));
  const history = new History(kept, 1 / smoothness);
  const dense = dim <= MAX_NEWTON_DIM;
  const patience = dense ? STALLS_BEFORE_NEWTON : MAX_STALLS;
  // Newton's share of the budget is kept for it.
  const mayDescend = () => evaluations < (dense ? budget / 2 : budget);
  let point = first;
  let stalls = 0;
  let iterations = 0;
  let endless = false;
  while (!done() && mayDescend() && !(stalls >= patience && best.norm <= CERTIFIED * start)) {
    if (iterations % NOTE_EVERY === 0) {
      note?.(`L-BFGS ${iterations}: largest entry of the gradient ${best.norm.toExponential(2)}`);
    }
    const found = search(point, history.direction(point.gradient), evaluate, mayDescend);
    endless = found === 'endless';
    if (found === null || found === 'endless') {
      // What was remembered may have been rounding: once more from the gradient alone.
      if (history.length === 0) break;
      history.clear();
      continue;
    }
    iterations++;
    history.add(point, found);
    point = found;
    stalls = better(point) ? 0 : stalls + 1;
  }

  let method = 'L-BFGS';
  /** Length of the step that would come next. */
  const next = () => length(history.direction(best.gradient));
  const restless = () => strongConvexity === 0 && next() > RESTLESS * length(best.x);
  const certified = () => best.norm <= CERTIFIED * Math.max(start, best.terms);
  const polishing = dense && !endless && !(certified() && restless());
  for (let step = 0; polishing && step < MAX_NEWTON_STEPS && !done(); step++) {
    if (evaluations + 2 * dim + 2 > budget) break;
    note?.(`Newton ${step}: largest entry of the gradient ${best.norm.toExponential(2)}`);
    const from: Point = best;
    const direction = newtonDirection(from, evaluate);
    if (direction === null) break;
    const whole = evaluate(moved(from.x, direction, 1));
    const halved = whole !== null && better(whole);
    const found = halved ? null : search(from, direction, evaluate, mayGoOn);
    const gained = halved || (found !== null && found !== 'endless' && better(found));
    if (best !== from) {
      history.add(from, best);
      iterations++;
      method = 'L-BFGS, then Newton (Hessian of differences)';
    }
    if (!gained) break;
  }

  if (endless) return refused('f falls for ever along a direction, so there is no minimiser');
  if (!certified()) {
    const expected = show(CERTIFIED * Math.max(start, best.terms));
    const found = `the largest entry of its gradient is ${show(best.norm)}, expected at most ${expected}`;
    return refused(
      !mayGoOn() || (dense && !mayDescend())
        ? `after ${formatCount(evaluations)} gradients of every agent ${found}`
        : `the solver stands still where ${found}: is every f_i convex, and as smooth as l says?`,
    );
  }
  if (restless()) {
    const there = `the largest entry of its gradient is ${show(best.norm)}, |x| is ${show(length(best.x))}`;
    const then = `the next step would still be ${show(next())} long`;
    return refused(`f falls for ever in some direction: where ${there} and ${then}`);
  }
  // (x - x*) . (grad f(x) - 0) >= m |x - x*|^2
  const error = strongConvexity === 0 ? 0 : length(best.gradient) / strongConvexity;
  if (!done() && error > NEAR * length(best.x)) method += `, |x - x*| <= ${show(error)}`;
  const optimum: Optimum = {
    x: Float64Array.from(best.x),
    value: problem.value(best.x),
    gradientNorm: best.norm,
    iterations,
    method,
  };
  return { optimum, reason: null };
}

/**
 * A point x + t p whose slope along p is small; 'endless' where the slope never turns, null where no such
 * point is found.
 */
function search(
  { x, gradient }: Point,
  p: Float64Array,
  evaluate: (x: Float64Array) => Point | null,
  mayGoOn: () => boolean,
): Point | 'endless' | null {
  const first = dot(gradient, p);
  if (!(first < 0)) return null;
  let low = 0;
  let lowSlope = first;
  let high = Infinity;
  let highSlope = Infinity;
  let t = 1;
  let doublings = 0;
  for (let trial = 0; trial < MAX_TRIALS + doublings && mayGoOn(); trial++) {
    const point = evaluate(moved(x, p, t));
    const found = point === null ? Infinity : dot(point.gradient, p);
    const slope = Number.isFinite(found) ? found : Infinity;
    if (point !== null && slope >= 0.9 * first && slope <= -0.1 * first) return point;
    if (slope < 0) {
      low = t;
      lowSlope = slope;
    } else {
      high = t;
      highSlope = slope;
    }
    if (high === Infinity) {
      if (++doublings > MAX_DOUBLINGS) return 'endless';
      t *= 2;
      continue;
    }
    // Where the slope would be 0 if it were linear, but not next to an end.
    const share = highSlope === Infinity ? 0.1 : -lowSlope / (highSlope - lowSlope);
    t = low + Math.min(0.9, Math.max(0.1, share)) * (high - low);
    if (t === low || t === high) return null;
  }
  return null;
}

/** The last pairs, and the direction that they make of a gradient (the two loops of Nocedal). */
class History {
  readonly #most: number;
  readonly #initial: number;
  #pairs: { s: Float64Array; y: Float64Array; sy: number }[] = [];

  /** `initial`: of the identity, as long as there is no pair. */
  constructor(most: number, initial: number) {
    this.#most = most;
    this.#initial = initial;
  }

  get length(): number {
    return this.#pairs.length;
  }

  clear(): void {
    this.#pairs = [];
  }

  add(from: Point, to: Point): void {
    const s = to.x.map((entry, c) => entry - from.x[c]!);
    const y = to.gradient.map((entry, c) => entry - from.gradient[c]!);
    const sy = dot(s, y);
    // A pair without curvature is rounding, or no convex function.
    if (!(sy > Number.EPSILON * length(s) * length(y))) return;
    if (this.#pairs.length === this.#most) this.#pairs.shift();
    this.#pairs.push({ s, y, sy });
  }

  /** -H g */
  direction(gradient: Float64Array): Float64Array {
    const pairs = this.#pairs;
    const p = gradient.map((entry) => -entry);
    const shares = new Float64Array(pairs.length);
    for (let k = pairs.length - 1; k >= 0; k--) {
      const { s, y, sy } = pairs[k]!;
      shares[k] = dot(s, p) / sy;
      for (let c = 0; c < p.length; c++) p[c]! -= shares[k]! * y[c]!;
    }
    const last = pairs.at(-1);
    const scale = last ? last.sy / dot(last.y, last.y) : this.#initial;
    for (let c = 0; c < p.length; c++) p[c]! *= scale;
    for (let k = 0; k < pairs.length; k++) {
      const { s, y, sy } = pairs[k]!;
      const back = shares[k]! - dot(y, p) / sy;
      for (let c = 0; c < p.length; c++) p[c]! += back * s[c]!;
    }
    return p;
  }
}

/** -H^-1 g, H by central differences of gradients; null where it is not positive definite, or not finite. */
function newtonDirection(
  { x, gradient }: Point,
  evaluate: (x: Float64Array) => Point | null,
): Float64Array | null {
  const { length: dim } = x;
  const size = largestEntry(x);
  const h = NEWTON_STEP * (size > 0 ? size : 1);
  const hessian = Matrix.zeros(dim, dim);
  for (let i = 0; i < dim; i++) {
    const [ahead, behind] = [h, -h].map((step) => {
      const there = x.slice();
      there[i]! += step;
      return evaluate(there);
    });
    if (!ahead || !behind) return null;
    const apart = ahead.x[i]! - behind.x[i]!;
    for (let j = 0; j < dim; j++) {
      // Half to each side of the diagonal: the mean of the two differences that speak of an entry.
      const half = (ahead.gradient[j]! - behind.gradient[j]!) / apart / 2;
      hessian.set(i, j, hessian.get(i, j) + half);
      hessian.set(j, i, hessian.get(j, i) + half);
    }
  }
  const cholesky = new CholeskyDecomposition(hessian);
  if (!cholesky.isPositiveDefinite()) return null;
  const direction = Float64Array.from(
    cholesky.solve(Matrix.columnVector(gradient)).to1DArray(),
    (entry) => -entry,
  );
  return direction.every(Number.isFinite) ? direction : null;
}

/** x + t p */
function moved(x: Float64Array, p: Float64Array, t: number): Float64Array {
  return Float64Array.from(x, (entry, c) => entry + t * p[c]!);
}

function refused(reason: string): Solution {
  return { optimum: null, reason };
}

function show(value: number): string {
  return value.toExponential(1);
}

function length(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

function largestEntry(a: Float64Array): number {
  return a.reduce((largest, entry) => Math.max(largest, Math.abs(entry)), 0);
}
