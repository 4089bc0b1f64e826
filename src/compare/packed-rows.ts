/**
 * Rows of a trace as a cell's file keeps them: columns that have numbers, one behind the other as float64,
 * little-endian, in base64. A tenth of the same rows as JSON, and the same bits when they are read.
 */

import { COLUMNS } from '../trace/ring.js';
import type { TraceRow } from '../trace/row.js';

export interface PackedRows {
  rows: number;
  /** Those in which not every number is NaN. */
  columns: (keyof TraceRow)[];
  /** rows numbers of the first of them, then of the next. */
  float64: string;
}

export function packRows(rows: readonly TraceRow[]): PackedRows {
  const columns = COLUMNS.filter((name) => rows.some((row) => !Number.isNaN(row[name])));
  const bytes = Buffer.alloc(8 * rows.length * columns.length);
  columns.forEach((name, c) => {
    rows.forEach((row, r) => {
      bytes.writeDoubleLE(row[name], 8 * (c * rows.length + r));
    });
  });
  return { rows: rows.length, columns, float64: bytes.toString('base64') };
}

/** Throws where it is not what `packRows` gave. */
export function unpackRows({ rows, columns, float64 }: PackedRows): TraceRow[] {
  const bytes = Buffer.from(float64, 'base64');
  return Array.from({ length: rows }, (_, r) => {
    const row = Object.fromEntries(COLUMNS.map((name) => [name, Number.NaN])) as unknown as TraceRow;
    columns.forEach((name, c) => {
      row[name] = bytes.readDoubleLE(8 * (c * rows + r));
    });
    return row;
  });
}
