/**
 * The plain twin of a linear model, on the host: mean loss + (regularization/2) |x|^2 over all samples, its gradient and its Hessian.
 *
 * Value and gradient are compensated sums over the samples, so that the reference solver can trust their last digits. Written for
 * the reader: two small classes of rows, and one of everything else.
 */

import { CompensatedSum } from './compensated.js';
import type { Loss, Penalty } from './linear-model.js';
import type { SmoothProblem } from './solver.js';

/** The samples' rows, whatever their storage. */
export interface Rows {
  /** Number of rows. */
  readonly count: number;
  /** Entries that are stored: what a pass over them costs. */
  readonly entries: number;
  entriesOf(row: number): number;
  /** a_row . x */
  dot(row: number, x: Float64Array): number;
  /** |a_row|^2 */
  squaredNorm(row: number): number;
  /** out += factor a_row */
  addTo(row: number, factor: number, out: Float64Array): void;
  /** sums += factor a_row, compensated */
  addToSums(row: number, factor: number, sums: CompensatedSum): void;
  /** out[i][j] += factor a_row,i a_row,j for j <= i */
  addOuter(row: number, factor: number, out: Float64Array[]): void;
  /** out[c] = 0 wherever the row has an entry */
  clear(row: number, out: Float64Array): void;
}

export class SparseRows implements Rows {
  readonly rowStart: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float64Array;

  constructor(rowStart: Uint32Array, columns: Uint32Array, values: Float64Array) {
    this.rowStart = rowStart;
    this.columns = columns;
    this.values = values;
  }

  get count(): number {
    return this.rowStart.length - 1;
  }

  get entries(): number {
    return this.values.length;
  }

  entriesOf(row: number): number {
    return this.rowStart[row + 1]! - this.rowStart[row]!;
  }

  dot(row: number, x: Float64Array): number {
    const { rowStart, columns, values } = this;
    let sum = 0;
    for (let e = rowStart[row]!; e < rowStart[row + 1]!; e++) sum += values[e]! * x[columns[e]!]!;
    return sum;
  }

  squaredNorm(row: number): number {
    const { rowStart, values } = this;
    let sum = 0;
    for (let e = rowStart[row]!; e < rowStart[row + 1]!; e++) sum += values[e]! * values[e]!;
    return sum;
  }

  addTo(row: number, factor: number, out: Float64Array): void {
    const { rowStart, columns, values } = this;
    for (let e = rowStart[row]!; e < rowStart[row + 1]!; e++) out[columns[e]!]! += factor * values[e]!;
  }

  addToSums(row: number, factor: number, sums: CompensatedSum): void {
    const { rowStart, columns, values } = this;
    for (let e = rowStart[row]!; e < rowStart[row + 1]!; e++) sums.add(columns[e]!, factor * values[e]!);
  }

  addOuter(row: number, factor: number, out: Float64Array[]): void {
    const { rowStart, columns, values } = this;
    const begin = rowStart[row]!;
    for (let e = begin; e < rowStart[row + 1]!; e++) {
      const target = out[columns[e]!]!;
      const scaled = factor * values[e]!;
      // Columns ascend, so these are the entries at and left of the diagonal.
      for (let g = begin; g <= e; g++) target[columns[g]!]! += scaled * values[g]!;
    }
  }

  clear(row: number, out: Float64Array): void {
    const { rowStart, columns } = this;
    for (let e = rowStart[row]!; e < rowStart[row + 1]!; e++) out[columns[e]!] = 0;
  }
}

export class DenseRows implements Rows {
  readonly values: Float64Array;
  readonly dim: number;
  /** Entries from one row to the next: rows are padded as in the arena. */
  readonly stride: number;

  constructor(values: Float64Array, dim: number, stride: number) {
    this.values = values;
    this.dim = dim;
    this.stride = stride;
  }

  get count(): number {
    return this.values.length / this.stride;
  }

  get entries(): number {
    return (this.values.length / this.stride) * this.dim;
  }

  entriesOf(): number {
    return this.dim;
  }

  dot(row: number, x: Float64Array): number {
    const { values, dim } = this;
    const start = row * this.stride;
    let sum = 0;
    for (let c = 0; c < dim; c++) sum += values[start + c]! * x[c]!;
    return sum;
  }

  squaredNorm(row: number): number {
    const { values, dim } = this;
    const start = row * this.stride;
    let sum = 0;
    for (let c = 0; c < dim; c++) sum += values[start + c]! * values[start + c]!;
    return sum;
  }

  addTo(row: number, factor: number, out: Float64Array): void {
    const { values, dim } = this;
    const start = row * this.stride;
    for (let c = 0; c < dim; c++) out[c]! += factor * values[start + c]!;
  }

  addToSums(row: number, factor: number, sums: CompensatedSum): void {
    const { values, dim } = this;
    const start = row * this.stride;
    for (let c = 0; c < dim; c++) sums.add(c, factor * values[start + c]!);
  }

  addOuter(row: number, factor: number, out: Float64Array[]): void {
    const { values, dim } = this;
    const start = row * this.stride;
    for (let i = 0; i < dim; i++) {
      const target = out[i]!;
      const scaled = factor * values[start + i]!;
      for (let j = 0; j <= i; j++) target[j]! += scaled * values[start + j]!;
    }
  }

  clear(_row: number, out: Float64Array): void {
    out.fill(0);
  }
}

const HALF_SQUARE: Penalty = { value: (x) => (x * x) / 2, slope: (x) => x, maxCurvature: 1 };

/** Its Hessian is that of the penalty x^2/2: where there is another, nobody solves. */
export class LinearProblem implements SmoothProblem {
  readonly dim: number;
  readonly rows: Rows;
  readonly labels: Float64Array;
  readonly loss: Loss;
  readonly regularization: number;
  readonly hessianWork: number;
  readonly #gradient: CompensatedSum;
  /** a_r . x of every row, for the x that was asked about last: value, gradient and weights at one x are one pass over the rows. */
  readonly #margins: Float64Array;
  readonly #marginsAt: Float64Array;
  #marginsKnown = false;

  constructor(rows: Rows, labels: Float64Array, dim: number, loss: Loss, regularization: number) {
    this.rows = rows;
    this.labels = labels;
    this.dim = dim;
    this.loss = loss;
    this.regularization = regularization;
    this.#gradient = new CompensatedSum(dim);
    this.#margins = new Float64Array(labels.length);
    this.#marginsAt = new Float64Array(dim);
    let work = 0;
    for (let r = 0; r < labels.length; r++) work += rows.entriesOf(r) ** 2 / 2;
    this.hessianWork = work;
  }

  get strongConvexity(): number {
    return this.regularization;
  }

  value(x: Float64Array): number {
    const { labels, loss, regularization } = this;
    const margins = this.#marginsOf(x);
    const losses = new CompensatedSum(1);
    for (let r = 0; r < labels.length; r++) losses.add(0, loss.value(margins[r]!, labels[r]!));
    const { value: penalty } = loss.penalty ?? HALF_SQUARE;
    const penalties = new CompensatedSum(1);
    for (const entry of x) penalties.add(0, penalty(entry));
    return losses.total(0) / labels.length + regularization * penalties.total(0);
  }

  gradient(x: Float64Array, out: Float64Array): void {
    const { rows, labels, loss, regularization } = this;
    const sums = this.#gradient;
    const { slope: penalty } = loss.penalty ?? HALF_SQUARE;
    const margins = this.#marginsOf(x);
    sums.reset();
    for (let r = 0; r < labels.length; r++) rows.addToSums(r, loss.slope(margins[r]!, labels[r]!), sums);
    for (let c = 0; c < this.dim; c++)
      out[c] = sums.total(c) / labels.length + regularization * penalty(x[c]!);
  }

  /** Second derivatives of the samples' losses at x, over their number. */
  weights(x: Float64Array): Float64Array {
    const { labels, loss } = this;
    const margins = this.#marginsOf(x);
    const weights = new Float64Array(labels.length);
    for (let r = 0; r < labels.length; r++)
      weights[r] = loss.curvature(margins[r]!, labels[r]!) / labels.length;
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
    if (this.regularization > 0) return null;
    for (let r = 0; r < this.labels.length; r++) {
      if (!this.loss.improvesForever(this.rows.dot(r, x), this.labels[r]!)) return null;
    }
    return 'a hyperplane separates the two classes, so without regularization the loss falls for ever as x grows';
  }
}
