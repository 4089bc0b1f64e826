/**
 * Rows of a trace in bounded memory: of more than `capacity` every second one is dropped, the first and the
 * last stay, and from then on every second one of those to come is kept, and so on. What is drawn of a run
 * of ten million rounds takes as much as of one of a thousand.
 */

import type { TraceRow } from '../../src/trace/row.js';

/** What is kept of a row. */
export const COLUMNS = [
  'round',
  'bitsBroadcast',
  'seconds',
  'networkSeconds',
  'gap',
  'agentsGapMean',
  'rmsError',
  'consensusError',
] as const satisfies readonly (keyof TraceRow)[];
export type Column = (typeof COLUMNS)[number];

export class Rows {
  private readonly columns: Record<Column, Float64Array>;
  /** Rows kept; beside them, at `kept`, the newest one where it is not kept. */
  private kept = 0;
  private tail = false;
  private seen = 0;
  private stride = 1;
  readonly capacity: number;

  constructor(capacity = 4096) {
    this.capacity = capacity;
    this.columns = Object.fromEntries(
      COLUMNS.map((name) => [name, new Float64Array(capacity + 1)]),
    ) as Record<Column, Float64Array>;
  }

  get length(): number {
    return this.kept + (this.tail ? 1 : 0);
  }

  /** Rows in order; one of a round that is there already, or earlier, is not taken again. */
  push(row: TraceRow): void {
    const { round } = this.columns;
    if (this.length > 0 && row.round <= (round[this.length - 1] ?? -1)) return;
    const keep = this.seen++ % this.stride === 0;
    if (keep && this.kept === this.capacity) {
      this.halve();
      this.tail = false;
      this.seen--;
      this.push(row);
      return;
    }
    for (const name of COLUMNS) this.columns[name][this.kept] = row[name];
    if (keep) this.kept++;
    this.tail = !keep;
  }

  /** As long as `length`, a view that the next `push` may change. */
  column(name: Column): Float64Array {
    return this.columns[name].subarray(0, this.length);
  }

  /** The newest value; NaN where there is none. */
  last(name: Column): number {
    return this.length === 0 ? Number.NaN : (this.columns[name][this.length - 1] ?? Number.NaN);
  }

  /** Of the row that is at `round`, or the last one before it: `undefined` where there is none. */
  at(round: number): Record<Column, number> | undefined {
    const rounds = this.column('round');
    let low = 0;
    let high = rounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((rounds[middle] ?? 0) <= round) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    return Object.fromEntries(COLUMNS.map((name) => [name, this.columns[name][low - 1]])) as Record<
      Column,
      number
    >;
  }

  private halve(): void {
    const half = Math.ceil(this.kept / 2);
    for (const name of COLUMNS) {
      const column = this.columns[name];
      for (let at = 0; at < half; at++) column[at] = column[2 * at] ?? Number.NaN;
    }
    this.kept = half;
    this.stride *= 2;
  }
}
