/** The costs of gradients.ts themselves: f(x) of one agent. */

import { type LinearCost, type Loss, margin } from './gradients.js';
import { rowSum } from './sums.js';

export function valueQuadratic(x: Float64Array, a: Float64Array, b: Float64Array): number {
  return 0.5 * rowSum(x.length, (c) => a[c] * ((x[c] - b[c]) * (x[c] - b[c])));
}

/** log(1 + exp(-m)) as max(-m, 0) + log1p(exp(-|m|)): for m = -1e4 it is 1e4, where the plain formula says Infinity. */
export function lossValue(loss: Loss, t: number, y: number): number {
  if (loss === 'squares') return 0.5 * ((t - y) * (t - y));
  return Math.max(-y * t, 0) + Math.log1p(Math.exp(-Math.abs(y * t)));
}

export function valueLinear(x: Float64Array, cost: LinearCost): number {
  let total = 0;
  for (const sample of cost.samples) total += lossValue(cost.loss, margin(sample, x), sample.label);
  return cost.scale * total + 0.5 * cost.regularization * rowSum(x.length, (c) => x[c] * x[c]);
}
