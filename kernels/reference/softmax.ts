/**
 * The multinomial logistic cost of one agent and its gradient.
 *
 *     f(x) = scale sum_r [log sum_k exp(a_r . x_k) - a_r . x_{y_r}] + regularization/2 |x|^2
 *     x_k = x[k features .. (k + 1) features)
 */

import { margin, type Sample } from './gradients.js';

export interface SoftmaxCost {
  classes: number;
  features: number;
  /** Labels 0 .. classes - 1. */
  samples: readonly Sample[];
  scale: number;
  regularization: number;
}

function margins(cost: SoftmaxCost, sample: Sample, x: Float64Array): number[] {
  const { classes, features } = cost;
  return Array.from({ length: classes }, (_, k) =>
    margin(sample, x.subarray(k * features, (k + 1) * features)),
  );
}

/** Shifted by the largest margin, so that nothing overflows. */
export function probabilities(z: readonly number[]): number[] {
  const top = Math.max(...z);
  const total = z.reduce((sum, entry) => sum + Math.exp(entry - top), 0);
  return z.map((entry) => Math.exp(entry - top) / total);
}

export function gradientSoftmax(x: Float64Array, cost: SoftmaxCost): Float64Array {
  const gradient = x.map((entry) => cost.regularization * entry);
  for (const sample of cost.samples) {
    probabilities(margins(cost, sample, x)).forEach((p, k) => {
      const factor = cost.scale * (p - (k === sample.label ? 1 : 0));
      for (let e = 0; e < sample.values.length; e++) {
        gradient[k * cost.features + (sample.columns?.[e] ?? e)] += factor * sample.values[e];
      }
    });
  }
  return gradient;
}

export function valueSoftmax(x: Float64Array, cost: SoftmaxCost): number {
  let total = 0;
  for (const sample of cost.samples) {
    const z = margins(cost, sample, x);
    const top = Math.max(...z);
    total += top - z[sample.label] + Math.log(z.reduce((sum, entry) => sum + Math.exp(entry - top), 0));
  }
  const squares = x.reduce((sum, entry) => sum + entry * entry, 0);
  return cost.scale * total + 0.5 * cost.regularization * squares;
}
