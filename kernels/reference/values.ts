/** The costs of gradients.ts themselves: f(x) of one agent. */

import { type LinearCost, type Loss, margin } from './gradients.js';
import { rowSum } from './sums.js';

export function valueQuadratic(x: Float64Array, a: Float64Array, b: Float64Array): number {
  return 0.5 * rowSum(x.length, (c) => a[c] * ((x[c] - b[c]) * (x[c] - b[c])));
}

/**
 * log(1 + exp(-m)) as max(-m, 0) + log1p(exp(-|m|)): for m = -1e4 it is 1e4, where the plain formula says
 * Infinity.
 */
export function lossValue(loss: Loss, t: number, y: number, parameter = Number.NaN): number {
  if (loss === 'squares') return 0.5 * ((t - y) * (t - y));
  if (loss === 'huber') {
    const size = Math.abs(t - y);
    return size <= parameter ? 0.5 * size * size : parameter * (size - 0.5 * parameter);
  }
  return Math.max(-y * t, 0) + Math.log1p(Math.exp(-Math.abs(y * t)));
}

export function valueLinear(x: Float64Array, cost: LinearCost): number {
  let total = 0;
  for (const sample of cost.samples) {
    total += lossValue(cost.loss, margin(sample, x), sample.label, cost.parameter);
  }
  const penalty =
    cost.loss === 'nonconvex-logistic'
      ? rowSum(x.length, (c) => (x[c] * x[c]) / (1 + x[c] * x[c]))
      : 0.5 * rowSum(x.length, (c) => x[c] * x[c]);
  return cost.scale * total + cost.regularization * penalty;
}
