/**
 * The sampled-data model: the primal-dual flow under a linear compressor, mode by mode, exactly; what `auto`
 * reckons with where messages are scalarized.
 *
 * A scalarizer tells each coordinate as it is, once in T = 1/delta rounds, and nothing of it in between. So a
 * coordinate of the flow is a sampled-data system: one round with a message (y = x in node-state and
 * error-state, y = s in observer; s <- s + mu (x - s)) and T - 1 without (y = 0 in node-state, else y = s,
 * held). With curvatures equal to a, a Laplacian eigenvalue lambda gives a map of (x, v, s) over a period,
 *
 *     M = H^(T-1) S,   S, H = [ 1 - h (eta a + alpha lambda fresh)   -h beta   -h alpha lambda known ]
 *                             [ h beta lambda fresh                   1         h beta lambda known  ]
 *                             [ told                                  0         1 - told             ]
 *
 * with y = fresh x + known s, and told = mu in S, 0 in H,
 *
 * whose spectral radius to the power 1/T is what a round is worth. On regular graphs with moderate curvatures
 * it says the engine's rounds to a tenth (test/tune/tune.test.ts); it leaves out that curvatures differ
 * between agents.
 *
 * `error-memory` has a fourth variable, m, and y = x + gamma m in S, y = s in H, with r = d x + (lambda - d)
 * y in the place of lambda y, d the weighted degree; m <- m + x - y. Degrees differ where the graph is not
 * regular: d is then the mean of them, and no less than lambda / 2 (L <= 2 diag(d), mode by mode).
 */

import { patternSearch } from '../base/pattern-search.js';
import { MODES } from './modes.js';
import type { Compress, GainContext } from './types.js';

/** What the formulas settle of `PrimalDualGains`. */
export type StartingGains = { step: number; alpha: number; beta: number; mu?: number; gamma?: number };

/** Square and small, row by row. */
interface Matrix {
  size: number;
  entries: Float64Array;
}

/**
 * Eigenvalues of the Laplacian that are looked at, evenly spaced in their logarithms from lambda2 to
 * lambdaMax.
 */
const EIGENVALUES = 6;
const EVALUATIONS = 150;
const FACTORS = [2, 1.4, 1.15];

/** What the model is made from; what is not there is 0, eta and mu 1. */
export type ModelGains = Pick<StartingGains, 'step'> & Partial<StartingGains> & { eta?: number };

export function sampledDataRoundsPerDecade(
  compress: Compress,
  flow: ModelGains,
  context: GainContext,
): number {
  const period = Math.max(1, Math.round(1 / context.delta));
  const { m, l, meanM, meanL, lambda2, lambdaMax, degree } = context;
  const { step, eta = 1 } = flow;
  const spread = (lambdaMax / lambda2) ** (1 / (EIGENVALUES - 1));
  let slowest = 0;
  for (const a of new Set([meanM, meanL, m, l])) {
    // Every agent's curvature must be stable; how fast it goes is for the mean's to say.
    const ofMean = a === meanM || a === meanL;
    if (ofMean) slowest = Math.max(slowest, Math.abs(1 - step * eta * a));
    for (let mode = 0; mode < EIGENVALUES; mode++) {
      const radius = periodRadius(compress, flow, a, lambda2 * spread ** mode, degree, period);
      if (radius >= 1) return Number.POSITIVE_INFINITY;
      if (ofMean) slowest = Math.max(slowest, radius);
    }
  }
  return slowest < 1 ? -Math.LN10 / Math.log(slowest) : Number.POSITIVE_INFINITY;
}

/** Spectral radius a round. */
function periodRadius(
  compress: Compress,
  { step: h, alpha = 0, beta = 0, eta = 1, mu = 1, gamma = 0 }: ModelGains,
  a: number,
  lambda: number,
  degree: number,
  period: number,
): number {
  const { estimates, current, memory } = MODES[compress];
  const own = memory ? Math.max(degree, lambda / 2) : 0;
  /** Of a round with y = fresh x + known s + recalled m. */
  const rows = (fresh: number, known: number, recalled: number, told: number): Matrix => {
    const others = lambda - own;
    const [rx, rs, rm] = [own + others * fresh, others * known, others * recalled];
    const map = [
      [1 - h * (eta * a + alpha * rx), -h * beta, -h * alpha * rs, -h * alpha * rm],
      [h * beta * rx, 1, h * beta * rs, h * beta * rm],
      [told, 0, 1 - told, told * gamma],
      [1 - fresh, 0, -known, 1 - recalled],
    ];
    return flat(map, memory ? 4 : 3);
  };
  // Without estimates s is told as it stands and read by nobody: it must not count as a mode of its own.
  let map = rows(current, 1 - current, memory ? gamma : 0, estimates ? mu : 1);
  // Rounds without a message.
  let square = estimates ? rows(0, 1, 0, 0) : rows(0, 0, 0, 1);
  for (let left = period - 1; left > 0; left >>>= 1) {
    if (left & 1) map = times(square, map);
    if (left > 1) square = times(square, square);
  }
  return radiusOf(map) ** (1 / period);
}

/**
 * Gains that are fastest by this model, found from several filter gains. A memory that forgets about as fast
 * as messages come round is fastest where they come at regular times, as cyclic ones do, and may grow where
 * they do not; by default it forgets twice as slowly, which is safe. `bold`: any gamma.
 */
export function sampledDataGains(
  compress: Compress,
  context: GainContext,
  start: StartingGains,
  bold = false,
): StartingGains {
  const { delta } = context;
  const filters =
    start.mu === undefined
      ? [{}]
      : !MODES[compress].memory
        ? [{ mu: 1 }, { mu: 0.5 }, { mu: 0.25 }]
        : bold
          ? [
              { mu: 0.5, gamma: Math.min(0.5, 1.5 * delta) },
              { mu: Math.min(1, 6 * delta), gamma: 0.3 },
            ]
          : [{ mu: 0.5, gamma: Math.min(0.5, delta / 2) }];
  const tries = filters.map((filter) =>
    patternSearch(
      [{ ...start, ...filter }],
      'step',
      (gains) => sampledDataRoundsPerDecade(compress, gains as StartingGains, context),
      {
        directions: [
          { step: 1, alpha: 1 },
          { step: 1 },
          { mu: 1 },
          ...(bold ? [{ gamma: 1 }, { gamma: 1, mu: -1 }] : []),
          { beta: 1, alpha: 2 },
          { alpha: 1 },
          { step: 1, mu: -1 },
          { step: 1, beta: -1 },
          { beta: 1 },
        ],
        largest: { mu: 1, gamma: 2 },
        factors: FACTORS,
        evaluations: EVALUATIONS,
      },
    ),
  );
  const best = tries.reduce((a, b) => (b.cost < a.cost ? b : a));
  return best.cost < Number.POSITIVE_INFINITY ? (best.best as StartingGains) : start;
}

/** As many rows and columns as `size` says. */
function flat(rows: readonly (readonly number[])[], size: number): Matrix {
  const entries = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) entries[i * size + j] = rows[i]![j]!;
  return { size, entries };
}

function times(a: Matrix, b: Matrix): Matrix {
  const product = { size: a.size, entries: new Float64Array(a.entries.length) };
  multiply(a.entries, b.entries, a.size, product.entries);
  return product;
}

function multiply(a: Float64Array, b: Float64Array, size: number, out: Float64Array): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += a[i * size + k] * b[k * size + j];
      out[i * size + j] = sum;
    }
  }
}

/** Largest magnitude of an eigenvalue of a small matrix. */
export function spectralRadius(matrix: readonly (readonly number[])[]): number {
  return radiusOf(flat(matrix, matrix.length));
}

/**
 * |A^n|^(1/n) with n = 2^24, by squaring. A search asks for it ten thousand times, and a run begins with one.
 */
function radiusOf({ size, entries }: Matrix): number {
  let a = entries.slice();
  let squared = new Float64Array(entries.length);
  let logarithm = 0;
  let share = 1;
  for (let squarings = 0; squarings < 24; squarings++) {
    let norm = 0;
    for (let at = 0; at < a.length; at++) norm = Math.max(norm, Math.abs(a[at]));
    if (!(norm > 0)) return 0;
    logarithm += share * Math.log(norm);
    for (let at = 0; at < a.length; at++) a[at] /= norm;
    multiply(a, a, size, squared);
    [a, squared] = [squared, a];
    share /= 2;
  }
  return Math.exp(logarithm);
}
