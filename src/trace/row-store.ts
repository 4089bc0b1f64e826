/**
 * Rows of a trace, kept as numbers side by side: 136 bytes a row.
 *
 * With a bound it holds so many rows at most, however many come: when it is full, every second one goes, and
 * from then on only every second one of those that come is kept, and so forth. What is kept are rows 0, s,
 * 2s, ... of all that came, with the last one, and the one with the least error: the same for the same rows,
 * whenever they came. Nothing is thinned out before the bound.
 */

import { COLUMNS, rowOf } from './ring.js';
import type { TraceRow } from './row.js';

/** About a megabyte; runs have some hundred rows, unless they are told to trace every round. */
export const BOUND_ROWS = 8192;
const FIRST_ROWS = 256;
const WIDTH = COLUMNS.length;

export class RowStore {
  /** The first and the last that came, and the first of those with the least error; undefined before any. */
  first: TraceRow | undefined;
  last: TraceRow | undefined;
  private least: TraceRow | undefined;
  /** All that came. */
  count = 0;
  private readonly bound: number;
  private numbers = new Float64Array(FIRST_ROWS * WIDTH);
  private kept = 0;
  private stride = 1;

  /** `bound`: at least 2; Infinity keeps every row. */
  constructor(bound: number = BOUND_ROWS) {
    this.bound = bound;
  }

  push(row: TraceRow): void {
    this.first ??= row;
    this.last = row;
    if (this.least === undefined || errorOf(row, this.first) < errorOf(this.least, this.first))
      this.least = row;
    const index = this.count++;
    if (index % this.stride !== 0) return;
    if (this.kept === this.bound) {
      this.thin();
      if (index % this.stride !== 0) return;
    }
    this.makeRoom();
    const base = this.kept * WIDTH;
    for (let column = 0; column < WIDTH; column++) this.numbers[base + column] = row[COLUMNS[column]!];
    this.kept++;
  }

  /** What is kept, in the order of rounds. */
  rows(): TraceRow[] {
    const rows = Array.from({ length: this.kept }, (_, at) => rowOf(this.numbers, at * WIDTH));
    const { least, last } = this;
    if (least === undefined || last === undefined) return rows;
    const after = rows.findIndex(({ round }) => round >= least.round);
    if (after < 0) rows.push(least);
    else if (rows[after]!.round !== least.round) rows.splice(after, 0, least);
    if (rows.at(-1)!.round !== last.round) rows.push(last);
    return rows;
  }

  /** Rows 0, 2, 4, ... of those that are kept. */
  private thin(): void {
    const half = Math.ceil(this.kept / 2);
    for (let at = 1; at < half; at++)
      this.numbers.copyWithin(at * WIDTH, 2 * at * WIDTH, (2 * at + 1) * WIDTH);
    this.kept = half;
    this.stride *= 2;
  }

  private makeRoom(): void {
    if ((this.kept + 1) * WIDTH <= this.numbers.length) return;
    const rows = Math.min(this.bound, 2 * this.kept);
    const larger = new Float64Array(rows * WIDTH);
    larger.set(this.numbers);
    this.numbers = larger;
  }
}

/** The distance to the optimum where it is known; the objective otherwise. */
function errorOf(row: TraceRow, first: TraceRow): number {
  return Number.isFinite(first.rmsError) ? row.rmsError : row.objective;
}
