/**
 * Logistic regression with a penalty that saturates, and so is not convex:
 *
 *     f_i(x) = (n/N) sum_{samples r of agent i} log(1 + exp(-y_r a_r . x)) + regularization sum_c x_c^2 / (1 + x_c^2)
 *
 * Second derivative of the penalty: 2 (1 - 3 x^2) / (1 + x^2)^3, in [-1/2, 2]. So l = (n/N) lambdaMax(A_i^T
 * A_i) / 4 + 2 regularization, no m (0), and no reference optimum: methods may end in different stationary
 * points.
 *
 * The penalty is from A. Antoniadis, I. Gijbels, M. Nikolova, Ann. Inst. Statist. Math. 63 (2011); it is the
 * common test of compressed non-convex methods (H. Zhao et al., BEER, arXiv 2201.13320).
 */

import { SATURATED_LOGISTIC } from '../../kernels/loss-codes.js';
import { linearCost } from './linear.js';
import { logisticLoss } from './logistic.js';

export const nonconvexLogistic = linearCost({
  ...logisticLoss,
  kind: 'nonconvex-logistic',
  metadata: {
    title: 'Logistic regression with a non-convex penalty',
    summary:
      'f_i(x) = (n/N) sum of log(1 + exp(-y a.x)) over the samples of agent i + regularization sum_c x_c^2 / (1 + x_c^2)',
    source: 'arXiv 2201.13320',
  },
  code: SATURATED_LOGISTIC,
  penalty: {
    value: (x) => (x * x) / (1 + x * x),
    slope: (x) => (2 * x) / ((1 + x * x) * (1 + x * x)),
    maxCurvature: 2,
  },
  whyNoOptimum: 'the penalty is not convex, so a stationary point need not be the best',
});
