/**
 * Ridge regression: least squares with a regularization > 0, so strongly convex with m = regularization
 * whatever the data.
 *
 *     f_i(x) = (n/N) sum_{samples r of agent i} (a_r . x - y_r)^2 / 2 + (regularization/2) |x|^2
 *
 * The same model and kernels as `least-squares`, under the name by which people look for it; a regularization
 * of 0 is refused.
 */

import { leastSquaresLoss } from './least-squares.js';
import { linearCost } from './linear.js';

export const ridge = linearCost({
  ...leastSquaresLoss,
  kind: 'ridge',
  metadata: {
    title: 'Ridge regression',
    summary:
      'f_i(x) = (n/N) sum of (a.x - y)^2 / 2 over the samples of agent i + (regularization/2) |x|^2, regularization > 0',
    source: 'A. E. Hoerl, R. W. Kennard, Technometrics 12, 1970',
  },
  needsRegularization: true,
});
