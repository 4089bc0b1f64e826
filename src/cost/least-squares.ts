/**
 * Least squares: loss(t, y) = (t - y)^2 / 2, labels any real numbers. Curvature 1. See linear.ts for f_i.
 */

import { SQUARE } from '../../kernels/loss-codes.js';
import { linearCost } from './linear.js';
import type { Loss } from './loss.js';

export const leastSquaresLoss: Loss = {
  kind: 'least-squares',
  metadata: {
    title: 'Least squares',
    summary: 'f_i(x) = (n/N) sum of (a.x - y)^2 / 2 over the samples of agent i + (regularization/2) |x|^2',
    source: 'C. F. Gauss, Theoria motus, 1809',
  },
  code: SQUARE,
  value(t, y) {
    return ((t - y) * (t - y)) / 2;
  },
  slope(t, y) {
    return t - y;
  },
  curvature() {
    return 1;
  },
  maxCurvature: 1,
  slopeNs: 8,
};

export const leastSquares = linearCost(leastSquaresLoss);
