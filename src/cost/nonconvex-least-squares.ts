/**
 * Least squares with a loss that saturates beside, and so is not convex. With d = t - y,
 *
 *     loss(t, y) = d^2 / 2 + HUMP d^2 / (1 + d^2),     HUMP = 4.
 *
 * Slope: d (1 + 8 / (1 + d^2)^2), of the sign of d and at least |d| in magnitude. Curvature: 1 + 8 (1 - 3 d^2) /
 * (1 + d^2)^3, in [-1, 9]. Hence slope^2 / 2 >= d^2 / 2 >= loss / 9: a Polyak-Lojasiewicz inequality. Where
 * the rows of all agents are linearly independent (no more samples than features, no regularization) it is the mean
 * cost's too, |grad f|^2 / 2 >= s^2 / (9 N) f with s the least singular value of the N rows and 0 the least
 * value of f: neither convex nor strongly convex, and gradient methods are linear all the same. Labels any
 * real numbers. See linear.ts for f_i.
 *
 * Least squares beside the robust loss of S. Geman, D. McClure (Bull. Int. Stat. Inst. 52, 1987); the sum is
 * ours. The inequality and what it is good for: H. Karimi, J. Nutini, M. Schmidt, arXiv 1608.04636.
 */

import { linearCost } from './linear.js';
import { HALF_SQUARE, type Loss } from './loss.js';

const HUMP = 4;

export const nonconvexLeastSquaresLoss: Loss = {
  kind: 'nonconvex-least-squares',
  metadata: {
    title: 'Least squares with a hump',
    summary:
      'f_i(x) = (n/N) sum of d^2 / 2 + 4 d^2 / (1 + d^2), d = a.x - y, over the samples of agent i + (regularization/2) |x|^2; not convex, Polyak-Lojasiewicz for independent rows',
    source: 'arXiv 1608.04636',
  },
  value(t, y) {
    const square = (t - y) * (t - y);
    return square / 2 + (HUMP * square) / (1 + square);
  },
  slope(t, y) {
    const d = t - y;
    const bent = 1 + d * d;
    return d + (2 * HUMP * d) / (bent * bent);
  },
  curvature(t, y) {
    const square = (t - y) * (t - y);
    return 1 + (2 * HUMP * (1 - 3 * square)) / (1 + square) ** 3;
  },
  maxCurvature: 1 + 2 * HUMP,
  slopeNs: 20,
  // The usual one, named: no strong convexity comes of it here.
  penalty: HALF_SQUARE,
  whyNoOptimum: 'the loss is not convex, so a stationary point need not be the best',
};

export const nonconvexLeastSquares = linearCost(nonconvexLeastSquaresLoss);
