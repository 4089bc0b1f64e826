/**
 * Least squares: loss(t, y) = (t - y)^2 / 2, labels any real numbers. Curvature 1. See linear-model.ts for f_i.
 */

import { type Loss, linearCost } from './linear-model.js';

export const leastSquaresLoss: Loss = {
  kind: 'least-squares',
  card: {
    title: 'Least squares',
    summary: 'f_i(x) = (n/N) sum of (a.x - y)^2 / 2 over the samples of agent i + (regularization/2) |x|^2',
    source: 'C. F. Gauss, Theoria motus, 1809',
  },
  code: 0,
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
  prepareLabels(labels) {
    return labels;
  },
  improvesForever() {
    return false;
  },
};

export const leastSquares = linearCost(leastSquaresLoss);
