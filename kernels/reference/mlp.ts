/**
 * The perceptron of one agent and its gradient, in doubles and as the equations stand:
 *
 *     a_0 = sample;   z_l = a_(l-1) W_l + b_l;   a_l = max(z_l, 0) for l < L
 *     loss = log sum_k exp(z_L,k) - z_L,y
 *     delta_L = softmax(z_L) - e_y;   delta_l = (W_(l+1) delta_(l+1)) [z_l > 0]
 *     grad W_l = a_(l-1) delta_l^T;   grad b_l = delta_l
 */

import type { Sample } from './gradients.js';
import { probabilities } from './softmax.js';

export interface MlpCost {
  /** Features, hidden widths, classes. */
  widths: readonly number[];
  /** Labels 0 .. classes - 1; dense. */
  samples: readonly Sample[];
  scale: number;
  regularization: number;
}

/** Where W_l and b_l of the layer from widths[l] to widths[l + 1] begin in x. */
export function layerStarts(widths: readonly number[]): { weights: number; biases: number }[] {
  let at = 0;
  return widths.slice(1).map((outputs, l) => {
    const weights = at;
    const biases = at + widths[l] * outputs;
    at = biases + outputs;
    return { weights, biases };
  });
}

/** a_0, a_1, .., a_(L-1), z_L. */
export function activations(
  widths: readonly number[],
  x: Float64Array,
  sample: ArrayLike<number>,
): number[][] {
  const layers = [Array.from(sample)];
  layerStarts(widths).forEach(({ weights, biases }, l) => {
    const outputs = widths[l + 1];
    const z = Array.from({ length: outputs }, (_, o) =>
      layers[l].reduce((sum, a, i) => sum + a * x[weights + i * outputs + o], x[biases + o]),
    );
    layers.push(l + 2 < widths.length ? z.map((entry) => Math.max(entry, 0)) : z);
  });
  return layers;
}

export function gradientMlp(
  x: Float64Array,
  { widths, samples, scale, regularization }: MlpCost,
): Float64Array {
  const gradient = x.map((entry) => regularization * entry);
  const starts = layerStarts(widths);
  for (const { values, label } of samples) {
    const a = activations(widths, x, values);
    let delta = probabilities(a[a.length - 1]).map((p, k) => scale * (p - (k === label ? 1 : 0)));
    for (let l = starts.length - 1; l >= 0; l--) {
      const { weights, biases } = starts[l];
      const outputs = delta.length;
      delta.forEach((d, o) => {
        gradient[biases + o] += d;
        for (let i = 0; i < widths[l]; i++) gradient[weights + i * outputs + o] += a[l][i] * d;
      });
      delta = a[l].map((active, i) =>
        active > 0 ? delta.reduce((sum, d, o) => sum + d * x[weights + i * outputs + o], 0) : 0,
      );
    }
  }
  return gradient;
}

export function valueMlp(x: Float64Array, { widths, samples, scale, regularization }: MlpCost): number {
  let total = 0;
  for (const { values, label } of samples) {
    const a = activations(widths, x, values);
    const z = a[a.length - 1];
    const top = Math.max(...z);
    total += top - z[label] + Math.log(z.reduce((sum, entry) => sum + Math.exp(entry - top), 0));
  }
  const squares = x.reduce((sum, entry) => sum + entry * entry, 0);
  return scale * total + 0.5 * regularization * squares;
}

/** The first class of largest margin. */
export function classOf(widths: readonly number[], x: Float64Array, sample: ArrayLike<number>): number {
  const a = activations(widths, x, sample);
  const z = a[a.length - 1];
  return z.indexOf(Math.max(...z));
}
