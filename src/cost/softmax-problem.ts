/**
 * The reference implementation of softmax on the host: mean loss + (regularization/2) |x|^2 over all samples,
 * its gradient and its Hessian. Of a sample with probabilities p the Hessian has the blocks p_k ([k = j] -
 * p_j) a a^T. Value and gradient are compensated sums, as in linear-problem.ts.
 */

import { CompensatedSum } from './compensated.js';
import type { Rows } from './rows.js';
import type { SampledProblem } from './sampled-model.js';

export class SoftmaxProblem implements SampledProblem<Uint32Array> {
  readonly dim: number;
  rows: Rows;
  /** 0 .. classes - 1. */
  labels: Uint32Array;
  readonly classes: number;
  readonly features: number;
  readonly regularization: number;
  readonly hessianWork: number;
  /** Of diag(p) - p p^T, for any number of classes. */
  readonly maxCurvature = 0.5;
  readonly penaltyCurvature = 1;
  /** Of one class. */
  readonly slopeNs = 28;
  /** One vector for each class: gradients, and products on their way. */
  readonly #sums: CompensatedSum[];
  /** Margins or probabilities of one sample. */
  readonly #sample: Float64Array;

  constructor(rows: Rows, labels: Uint32Array, classes: number, features: number, regularization: number) {
    this.rows = rows;
    this.labels = labels;
    this.classes = classes;
    this.features = features;
    this.regularization = regularization;
    this.dim = classes * features;
    this.#sums = Array.from({ length: classes }, () => new CompensatedSum(features));
    this.#sample = new Float64Array(classes);
    let work = 0;
    for (let r = 0; r < labels.length; r++) work += (rows.entriesOf(r) * classes) ** 2 / 4;
    this.hessianWork = work;
  }

  get strongConvexity(): number {
    return this.regularization;
  }

  value(x: Float64Array): number {
    const { labels, regularization } = this;
    const z = this.#sample;
    const parts = this.#split(x);
    const losses = new CompensatedSum(1);
    for (let r = 0; r < labels.length; r++) {
      const best = this.#margins(r, parts);
      const top = z[best]!;
      let rest = 0;
      for (let k = 0; k < z.length; k++) if (k !== best) rest += Math.exp(z[k]! - top);
      losses.add(0, top - z[labels[r]!]! + Math.log1p(rest));
    }
    const squares = new CompensatedSum(1);
    for (const entry of x) squares.add(0, entry * entry);
    return losses.total(0) / labels.length + (regularization / 2) * squares.total(0);
  }

  gradient(x: Float64Array, out: Float64Array): void {
    const { rows, labels, features, regularization } = this;
    const p = this.#sample;
    const parts = this.#split(x);
    for (const sums of this.#sums) sums.reset();
    for (let r = 0; r < labels.length; r++) {
      this.#probabilities(r, parts);
      const y = labels[r]!;
      // 1 - p_y as the sum of the others, which keeps its digits where p_y is all but 1.
      let others = 0;
      for (let k = 0; k < p.length; k++) if (k !== y) others += p[k]!;
      for (let k = 0; k < p.length; k++) rows.addToSums(r, k === y ? -others : p[k]!, this.#sums[k]!);
    }
    for (let k = 0; k < p.length; k++) {
      for (let c = 0; c < features; c++) {
        const at = k * features + c;
        out[at] = this.#sums[k]!.total(c) / labels.length + regularization * x[at]!;
      }
    }
  }

  /** Probabilities of all classes, sample by sample. */
  weights(x: Float64Array): Float64Array {
    const { labels, classes } = this;
    const all = new Float64Array(labels.length * classes);
    const parts = this.#split(x);
    for (let r = 0; r < labels.length; r++) {
      this.#probabilities(r, parts);
      all.set(this.#sample, r * classes);
    }
    return all;
  }

  hessian(weights: Float64Array): Float64Array[] {
    const { rows, labels, dim, classes, features, regularization } = this;
    const out = Array.from({ length: dim }, () => new Float64Array(dim));
    // Block (k, j) as rows of its own: views, so that a sample's outer product is added in place.
    const block = (k: number, j: number) =>
      out
        .slice(k * features, (k + 1) * features)
        .map((row) => row.subarray(j * features, (j + 1) * features));
    for (let k = 0; k < classes; k++) {
      for (let j = 0; j <= k; j++) {
        const there = block(k, j);
        for (let r = 0; r < labels.length; r++) {
          const p = weights[r * classes + k]!;
          const q = weights[r * classes + j]!;
          rows.addOuter(r, (k === j ? p * (1 - p) : -p * q) / labels.length, there);
        }
        // Every block is symmetric, and only its lower triangle was filled.
        for (let c = 0; c < features; c++) {
          for (let d = 0; d < c; d++) there[d]![c] = there[c]![d]!;
        }
      }
    }
    for (let c = 0; c < dim; c++) {
      out[c]![c]! += regularization;
      for (let d = 0; d < c; d++) out[d]![c] = out[c]![d]!;
    }
    return out;
  }

  addHessianTimes(
    weights: Float64Array,
    first: number,
    end: number,
    v: Float64Array,
    out: Float64Array,
  ): void {
    const { rows, labels, classes } = this;
    const u = this.#sample;
    const parts = this.#split(v);
    const targets = this.#split(out);
    for (let r = first; r < end; r++) {
      let mean = 0;
      for (let k = 0; k < classes; k++) {
        u[k] = rows.dot(r, parts[k]!);
        mean += weights[r * classes + k]! * u[k]!;
      }
      for (let k = 0; k < classes; k++) {
        const factor = (weights[r * classes + k]! * (u[k]! - mean)) / labels.length;
        rows.addTo(r, factor, targets[k]!);
      }
    }
  }

  /** By differences of margins: what is added to all of them is seen by nobody. */
  reach(direction: Float64Array): number {
    const z = this.#sample;
    const parts = this.#split(direction);
    let largest = 0;
    for (let r = 0; r < this.labels.length; r++) {
      const best = this.#margins(r, parts);
      largest = Math.max(largest, z[best]! - z.reduce((a, b) => Math.min(a, b)));
    }
    return largest;
  }

  whyNoMinimiser(x: Float64Array): string | null {
    if (this.regularization > 0) return null;
    const z = this.#sample;
    const parts = this.#split(x);
    for (let r = 0; r < this.labels.length; r++) {
      this.#margins(r, parts);
      const y = this.labels[r]!;
      for (let k = 0; k < z.length; k++) if (k !== y && !(z[y]! > z[k]!)) return null;
    }
    return 'every sample is told from the other classes, so without regularization the loss falls for ever as x grows';
  }

  /** The parts of the classes, as views. */
  #split(x: Float64Array): Float64Array[] {
    const { features } = this;
    return this.#sums.map((_, k) => x.subarray(k * features, (k + 1) * features));
  }

  /** Fills #sample; returns the first class of largest margin. */
  #margins(row: number, parts: readonly Float64Array[]): number {
    const z = this.#sample;
    let best = 0;
    for (let k = 0; k < z.length; k++) {
      z[k] = this.rows.dot(row, parts[k]!);
      if (z[k]! > z[best]!) best = k;
    }
    return best;
  }

  #probabilities(row: number, parts: readonly Float64Array[]): void {
    const z = this.#sample;
    const top = z[this.#margins(row, parts)]!;
    let total = 0;
    for (let k = 0; k < z.length; k++) {
      z[k] = Math.exp(z[k]! - top);
      total += z[k]!;
    }
    for (let k = 0; k < z.length; k++) z[k] = z[k]! / total;
  }
}
