/**
 * The samples' rows, sparse or dense, on the host and in the arena. Written for the reader: two small
 * classes.
 */

import type { Arena } from '../arena/arena.js';
import { type FieldSpec, type Precision, type Reals, rowLength } from '../arena/layout.js';
import type { CompensatedSum } from './compensated.js';

export type RowStorage = 'sparse' | 'dense';

export interface Rows {
  readonly storage: RowStorage;
  /** What they are made of, by the names of the arena's fields. */
  readonly arrays: Readonly<Record<string, Reals | Uint32Array>>;
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

/** Rows as plain data. */
export type PlainRows =
  | { storage: 'sparse'; rowStart: Uint32Array; columns: Uint32Array; values: Reals }
  | { storage: 'dense'; values: Reals; dim: number; stride: number };

export function rowsFrom(plain: PlainRows): SparseRows | DenseRows {
  return plain.storage === 'sparse'
    ? new SparseRows(plain.rowStart, plain.columns, plain.values)
    : new DenseRows(plain.values, plain.dim, plain.stride);
}

export class SparseRows implements Rows {
  readonly storage = 'sparse';
  readonly rowStart: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Reals;

  constructor(rowStart: Uint32Array, columns: Uint32Array, values: Reals) {
    this.rowStart = rowStart;
    this.columns = columns;
    this.values = values;
  }

  get arrays() {
    const { rowStart, columns, values } = this;
    return { rowStart, columns, values };
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
  readonly storage = 'dense';
  readonly values: Reals;
  readonly dim: number;
  /** Entries from one row to the next: rows are padded as in the arena. */
  readonly stride: number;

  constructor(values: Reals, dim: number, stride: number) {
    this.values = values;
    this.dim = dim;
    this.stride = stride;
  }

  get arrays() {
    return { rows: this.values };
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

/** `prefix`: 'cost.', or 'cost.test.' for the samples to test with. */
export function rowFields(rows: Rows, precision: Precision | undefined, prefix = 'cost.'): FieldSpec[] {
  if (rows instanceof DenseRows) {
    const length = rows.count * rowLength(rows.dim, precision);
    return [{ name: `${prefix}rows`, type: 'real', length }];
  }
  return Object.entries(rows.arrays).map(([name, array]) => ({
    name: prefix + name,
    type: array instanceof Uint32Array ? 'u32' : 'real',
    length: array.length,
  }));
}

/** The rows that the arena holds, of `features` entries. */
export function rowsIn(arena: Arena, storage: RowStorage, features: number, prefix = 'cost.'): Rows {
  if (storage === 'dense') {
    return new DenseRows(arena.reals(`${prefix}rows`), features, rowLength(features, arena.precision));
  }
  return new SparseRows(
    arena.view(`${prefix}rowStart`, 'u32'),
    arena.view(`${prefix}columns`, 'u32'),
    arena.reals(`${prefix}values`),
  );
}

/** Copies the rows into the arena and returns the same rows as seen there. */
export function moveRows(rows: Rows, features: number, arena: Arena, prefix = 'cost.'): Rows {
  const there = rowsIn(arena, rows.storage, features, prefix);
  if (rows instanceof DenseRows && there instanceof DenseRows && rows.stride !== there.stride) {
    // Rows are padded as the precision asks for.
    for (let row = 0; row < rows.count; row++) {
      const start = row * rows.stride;
      there.values.set(rows.values.subarray(start, start + rows.dim), row * there.stride);
    }
    return there;
  }
  const { arrays }: Pick<Rows, 'arrays'> = there;
  for (const [name, array] of Object.entries(rows.arrays)) arrays[name]!.set(array);
  return there;
}
