/**
 * The reference implementation of a linear model, on the host: mean loss + penalty over all samples, its
 * gradient and its Hessian. Value and gradient are compensated sums over the samples, so that the reference
 * solver can trust their last digits.
 */

import { CompensatedSum } from './compensated.js';
import { HALF_SQUARE, type Loss } from './loss.js';
import type { Rows } from './rows.js';
import type { SampledProblem } from './sampled-model.js';

/** Rows times dim^2 that a triangle may take: about a second. */
const MOST_TRIANGLE_WORK = 2e8;

/** Its Hessian is that of the penalty x^2/2: where there is another, nobody solves. */
export class LinearProblem implements SampledProblem<Float64Array> {
  readonly dim: number;
  readonly features: number;
  readonly classes = 1;
  readonly maxCurvature: number;
  readonly slopeNs: number;
  readonly whyUnsolved: string | undefined;
  readonly penaltyCurvature: number;
  /** Another penalty than x^2/2 may bend both ways, and vouches for none. */
  readonly strongConvexity: number;
  rows: Rows;
  labels: Float64Array;
  readonly loss: Loss;
  readonly regularization: number;
  readonly hessianWork: number;
  readonly divisor: number;
  readonly bounded: boolean;
  readonly #gradient: CompensatedSum;
  readonly #exact: boolean;
  /**
   * a_r . x of every row, for the x that was asked about last: value, gradient and weights at one x are one
   * pass over the rows.
   */
  readonly #margins: Float64Array;
  readonly #marginsAt: Float64Array;
  #marginsKnown = false;

  /**
   * `divisor`: what the sum of all losses is divided by, in the mean cost; their number where absent.
   * `exact`: entries are what they say and not measured.
   */
  constructor(
    rows: Rows,
    labels: Float64Array,
    dim: number,
    loss: Loss,
    regularization: number,
    divisor = labels.length,
    exact = false,
  ) {
    this.#exact = exact;
    this.rows = rows;
    this.labels = labels;
    this.dim = dim;
    this.features = dim;
    this.loss = loss;
    this.maxCurvature = loss.maxCurvature;
    this.slopeNs = loss.slopeNs;
    this.whyUnsolved = loss.whyNoOptimum;
    this.penaltyCurvature = (loss.penalty ?? HALF_SQUARE).maxCurvature;
    this.strongConvexity = loss.penalty ? 0 : regularization;
    this.regularization = regularization;
    this.divisor = divisor;
    this.bounded = loss.improvesForever === undefined;
    this.#gradient = new CompensatedSum(dim);
    this.#margins = new Float64Array(labels.length);
    this.#marginsAt = new Float64Array(dim);
    let work = 0;
    for (let r = 0; r < labels.length; r++) work += rows.entriesOf(r) ** 2 / 2;
    this.hessianWork = work;
  }

  value(x: Float64Array): number {
    const { labels, loss, regularization } = this;
    const margins = this.#marginsOf(x);
    const losses = new CompensatedSum(1);
    for (let r = 0; r < labels.length; r++) losses.add(0, loss.value(margins[r]!, labels[r]!));
    const { value: penalty } = loss.penalty ?? HALF_SQUARE;
    const penalties = new CompensatedSum(1);
    for (const entry of x) penalties.add(0, penalty(entry));
    return losses.total(0) / this.divisor + regularization * penalties.total(0);
  }

  gradient(x: Float64Array, out: Float64Array): void {
    const { rows, labels, loss, regularization } = this;
    const sums = this.#gradient;
    const { slope: penalty } = loss.penalty ?? HALF_SQUARE;
    const margins = this.#marginsOf(x);
    sums.reset();
    for (let r = 0; r < labels.length; r++) rows.addToSums(r, loss.slope(margins[r]!, labels[r]!), sums);
    for (let c = 0; c < this.dim; c++)
      out[c] = sums.total(c) / this.divisor + regularization * penalty(x[c]!);
  }

  /** Second derivatives of the samples' losses at x, over their number. */
  weights(x: Float64Array): Float64Array {
    const { labels, loss } = this;
    const margins = this.#marginsOf(x);
    const weights = new Float64Array(labels.length);
    for (let r = 0; r < labels.length; r++)
      weights[r] = loss.curvature(margins[r]!, labels[r]!) / this.divisor;
    return weights;
  }

  #marginsOf(x: Float64Array): Float64Array {
    const margins = this.#margins;
    const at = this.#marginsAt;
    // By its entries: whoever asks may have changed them in place.
    if (this.#marginsKnown && at.every((entry, c) => Object.is(entry, x[c]))) return margins;
    const { rows } = this;
    for (let r = 0; r < margins.length; r++) margins[r] = rows.dot(r, x);
    at.set(x.subarray(0, at.length));
    this.#marginsKnown = true;
    return margins;
  }

  hessian(weights: Float64Array): Float64Array[] {
    const { rows, dim, regularization } = this;
    const out = Array.from({ length: dim }, () => new Float64Array(dim));
    for (let r = 0; r < weights.length; r++) rows.addOuter(r, weights[r]!, out);
    for (let i = 0; i < dim; i++) {
      out[i]![i]! += regularization;
      for (let j = 0; j < i; j++) out[j]![i] = out[i]![j]!;
    }
    return out;
  }

  /** Givens, a row after the other: with rotations, a row's own size is all that is rounded. */
  triangle(weights: Float64Array): Float64Array[] | null {
    const { rows, dim } = this;
    if (weights.length * dim * dim > MOST_TRIANGLE_WORK) return null;
    const out = Array.from({ length: dim }, () => new Float64Array(dim));
    const row = new Float64Array(dim);
    for (let r = 0; r < weights.length; r++) {
      row.fill(0);
      rows.addTo(r, Math.sqrt(weights[r]!), row);
      for (let c = 0; c < dim; c++) {
        if (row[c] === 0) continue;
        const target = out[c]!;
        const length = Math.hypot(target[c]!, row[c]!);
        const [cosine, sine] = [target[c]! / length, row[c]! / length];
        for (let j = c; j < dim; j++) {
          const [above, below] = [target[j]!, row[j]!];
          target[j] = cosine * above + sine * below;
          row[j] = cosine * below - sine * above;
        }
        row[c] = 0;
      }
    }
    return out;
  }

  get rounding(): number | undefined {
    if (!this.#exact) return undefined;
    return this.rows.arrays['values'] instanceof Float32Array ? 2 ** -23 : Number.EPSILON;
  }

  addHessianTimes(
    weights: Float64Array,
    first: number,
    end: number,
    v: Float64Array,
    out: Float64Array,
  ): void {
    const { rows } = this;
    for (let r = first; r < end; r++) rows.addTo(r, weights[r]! * rows.dot(r, v), out);
  }

  reach(direction: Float64Array): number {
    let largest = 0;
    for (let r = 0; r < this.labels.length; r++) {
      largest = Math.max(largest, Math.abs(this.rows.dot(r, direction)));
    }
    return largest;
  }

  whyNoMinimiser(x: Float64Array): string | null {
    const { loss, labels, rows } = this;
    if (this.regularization > 0) return null;
    for (let r = 0; r < labels.length; r++) {
      if (!loss.improvesForever?.(rows.dot(r, x), labels[r]!)) return null;
    }
    return 'a hyperplane separates the two classes, so without regularization the loss falls for ever as x grows';
  }
}
