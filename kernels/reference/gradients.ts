/**
 * Gradients of one agent's cost.
 *
 *     quadratic   f(x) = 1/2 sum_c a_c (x_c - b_c)^2
 *     linear      f(x) = scale sum_r loss(a_r . x, y_r) + regularization/2 |x|^2
 *                 squares: (t - y)^2 / 2        logistic: log(1 + exp(-y t))
 *                 huber: (t - y)^2 / 2 where |t - y| <= delta, delta (|t - y| - delta/2) beyond
 *                 nonconvex-logistic: as logistic, with regularization sum_c x_c^2 / (1 + x_c^2)
 */

import { rowSum } from './sums.js';

/** The numbers by which kernels know them. */
export const LOSS = { squares: 0, logistic: 1, huber: 2, 'nonconvex-logistic': 3 } as const;
export type Loss = keyof typeof LOSS;

/** A row of data: the non-zero entries, or (no `columns`) all of them. */
export interface Sample {
  columns?: ArrayLike<number>;
  values: ArrayLike<number>;
  label: number;
}

export interface LinearCost {
  loss: Loss;
  /** huber: delta. */
  parameter?: number;
  samples: readonly Sample[];
  scale: number;
  regularization: number;
}

export function gradientQuadratic(x: Float64Array, a: Float64Array, b: Float64Array): Float64Array {
  return x.map((entry, c) => a[c] * (entry - b[c]));
}

/** a . x; non-zeros in order, dense rows in the order of `rowSum`. */
export function margin({ columns, values }: Sample, x: Float64Array): number {
  if (!columns) return rowSum(values.length, (c) => values[c] * x[c]);
  let total = 0;
  for (let e = 0; e < values.length; e++) total += values[e] * x[columns[e]];
  return total;
}

/**
 * d loss / dt. The logistic one lies between -y and 0 whatever the margin: exp may overflow, the quotient
 * does not.
 */
export function slope(loss: Loss, t: number, y: number, parameter = Number.NaN): number {
  if (loss === 'squares') return t - y;
  if (loss === 'huber') return Math.max(-parameter, Math.min(parameter, t - y));
  return -y / (1 + Math.exp(y * t));
}

/** d/dx of what a coordinate costs by itself, over `regularization`. */
export function penaltySlope(loss: Loss, x: number): number {
  return loss === 'nonconvex-logistic' ? (2 * x) / ((1 + x * x) * (1 + x * x)) : x;
}

export function gradientLinear(x: Float64Array, cost: LinearCost): Float64Array {
  const gradient = x.map((entry) => cost.regularization * penaltySlope(cost.loss, entry));
  for (const sample of cost.samples) {
    const factor = cost.scale * slope(cost.loss, margin(sample, x), sample.label, cost.parameter);
    for (let e = 0; e < sample.values.length; e++) {
      gradient[sample.columns ? sample.columns[e] : e] += factor * sample.values[e];
    }
  }
  return gradient;
}
