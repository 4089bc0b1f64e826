/**
 * Logistic regression: loss(t, y) = log(1 + exp(-y t)), y in {-1, +1}.
 *
 * Curvature at most 1/4. Labels of any two values are taken, the smaller for -1: {0, 1} and {1, 2} are common
 * in files. Without regularization, data that a hyperplane separates have no minimiser, and the model says
 * so. See linear.ts for f_i.
 */

import { LOGISTIC } from '../../kernels/loss-codes.js';
import { InputError, type SpecPath } from '../base/errors.js';
import { linearCost } from './linear.js';
import type { Loss } from './loss.js';

export const logisticLoss: Loss = {
  kind: 'logistic',
  metadata: {
    title: 'Logistic regression',
    summary:
      'f_i(x) = (n/N) sum of log(1 + exp(-y a.x)) over the samples of agent i + (regularization/2) |x|^2',
    source: 'D. R. Cox, The regression analysis of binary sequences, 1958',
  },
  code: LOGISTIC,
  value(t, y) {
    // The exponential of a positive number may overflow, so only that of a negative one is taken.
    const margin = y * t;
    return margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
  },
  slope(t, y) {
    return -y / (1 + Math.exp(y * t));
  },
  curvature(t) {
    const tail = Math.exp(-Math.abs(t));
    return tail / ((1 + tail) * (1 + tail));
  },
  maxCurvature: 0.25,
  slopeNs: 19,
  classifies: true,
  prepareLabels,
  improvesForever(t, y) {
    return y * t > 0;
  },
};

function prepareLabels(labels: Float64Array, file: string, path: SpecPath): Float64Array {
  const kinds = [...new Set(labels)].sort((a, b) => a - b);
  if (kinds.length > 2) {
    const some = kinds.length > 8 ? `${kinds.slice(0, 8).join(', ')}, ...` : kinds.join(', ');
    const hint = kinds.every(Number.isInteger)
      ? 'for more than two classes, use kind: softmax'
      : 'for real-valued labels, use kind: least-squares';
    throw new InputError(
      `${file} has ${kinds.length} different labels (${some}), expected two, such as -1 and +1: logistic regression tells two classes apart`,
      { file, path: [...path, 'data'], hint },
    );
  }
  // A single label alone does not say which of the two it is: 0 and below are the smaller one.
  const negative = kinds.length === 2 ? kinds[0]! : kinds[0]! <= 0 ? kinds[0]! : NaN;
  return labels.map((label) => (label === negative ? -1 : 1));
}

export const logistic = linearCost(logisticLoss);
