/**
 * Huber regression: least squares near, absolute values far, so that outliers pull with no more than delta.
 *
 *     loss(t, y) = d^2 / 2 where |d| <= delta, delta (|d| - delta/2) beyond,     d = t - y
 *
 * Labels any real numbers. Curvature 1 within delta and 0 beyond: m = regularization. See linear.ts for f_i.
 * P. J. Huber, Robust estimation of a location parameter, Ann. Math. Statist. 35 (1964).
 *
 * What the reference solver is told of the curvature beyond delta is not 0 but FAR_CURVATURE: Newton needs a
 * direction where all samples are far, and a Hessian whose null space is that of the data. Its fixed point is
 * the minimiser all the same, and near it the error shrinks by about that factor a step.
 */

import { HUBER } from '../../kernels/loss-codes.js';
import { linearCost } from './linear.js';
import type { Loss } from './loss.js';

const FAR_CURVATURE = 1e-4;
const DEFAULT_DELTA = 1;

export function huberLoss(delta: number): Loss {
  return {
    kind: 'huber',
    metadata: {
      title: 'Huber regression',
      summary:
        'f_i(x) = (n/N) sum of huber(a.x - y) over the samples of agent i + (regularization/2) |x|^2, quadratic within delta',
      source: 'P. J. Huber, Ann. Math. Statist. 35, 1964',
    },
    code: HUBER,
    parameter: delta,
    value(t, y) {
      const size = Math.abs(t - y);
      return size <= delta ? (size * size) / 2 : delta * (size - delta / 2);
    },
    slope(t, y) {
      return Math.max(-delta, Math.min(delta, t - y));
    },
    curvature(t, y) {
      return Math.abs(t - y) <= delta ? 1 : FAR_CURVATURE;
    },
    maxCurvature: 1,
    slopeNs: 8,
  };
}

export const huber = linearCost(huberLoss(DEFAULT_DELTA), {
  parameters: (zod) => ({ delta: zod.number().positive().default(DEFAULT_DELTA) }),
  parameter: ({ delta }) => delta,
  loss: huberLoss,
});
