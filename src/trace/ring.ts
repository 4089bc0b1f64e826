/**
 * The trace ring: how rows leave the round loop.
 *
 * One writer (the leader), one reader (the coordinator), a fixed number of rows of float64 in the arena and
 * two counters among the control words. The writer fills a row and then publishes it by bumping ROWS_WRITTEN;
 * the reader copies and then bumps ROWS_READ. Both counters only grow (modulo 2^32), so a full ring is
 * written - read = capacity, without a spare slot. When the reader is behind, the writer waits for it: a
 * trace with holes would be worth less than a short stall.
 */

import { isPoisoned } from '../sync/barrier.js';
import { Word } from '../sync/control.js';
import type { TraceRow } from './row.js';

export const RING_ROWS = 1024;

/** Column order, in the ring and in trace.csv; columns are only ever added, at the end. */
export const COLUMNS = [
  'round',
  'objective',
  'gap',
  'rmsError',
  'consensusError',
  'observerError',
  'bitsBroadcast',
  'bitsLinks',
  'seconds',
  'networkSeconds',
  'accuracy',
  'bitsUp',
  'bitsDown',
  'agentsGapMean',
  'agentsGapWorst',
  'gradientNorm',
  'meanGradientNorm',
] as const satisfies readonly (keyof TraceRow)[];

const FULL_POLL_MS = 20;

/** The row whose numbers begin at `base`. */
export function rowOf(numbers: Float64Array, base: number): TraceRow {
  const row = {} as TraceRow;
  COLUMNS.forEach((name, column) => {
    row[name] = numbers[base + column];
  });
  return row;
}

/** The leader's side. Allocates nothing. */
export class RingWriter {
  private readonly words: Int32Array;
  private readonly rows: Float64Array;

  private readonly width: number;

  /** `extra`: numbers that a row has behind its columns. */
  constructor(words: Int32Array, rows: Float64Array, extra = 0) {
    this.words = words;
    this.rows = rows;
    this.width = COLUMNS.length + extra;
  }

  /** Publishes one row, its columns and what stands behind them; false if the run was poisoned while the ring was full. */
  push(row: Float64Array): boolean {
    const words = this.words;
    const written = Atomics.load(words, Word.ROWS_WRITTEN); // [R1]
    for (;;) {
      const read = Atomics.load(words, Word.ROWS_READ); // [R2]
      if (((written - read) | 0) < RING_ROWS) break;
      if (isPoisoned(words)) return false;
      Atomics.wait(words, Word.ROWS_READ, read, FULL_POLL_MS); // [R3]
    }
    const { width } = this;
    const base = ((written >>> 0) % RING_ROWS) * width;
    for (let column = 0; column < width; column++) this.rows[base + column] = row[column];
    // After the row itself: the reader takes nothing past this count.
    Atomics.store(words, Word.ROWS_WRITTEN, (written + 1) | 0); // [R4]
    return true;
  }
}

/** The coordinator's side. */
export class RingReader {
  private readonly words: Int32Array;
  private readonly rows: Float64Array;

  private readonly extra: number;
  private readonly onExtra: (round: number, numbers: Float64Array) => void;

  /** `extra`: numbers that a row has behind its columns, which `onExtra` is given, row by row. */
  constructor(
    words: Int32Array,
    rows: Float64Array,
    extra = 0,
    onExtra: (round: number, numbers: Float64Array) => void = () => {},
  ) {
    this.words = words;
    this.rows = rows;
    this.extra = extra;
    this.onExtra = onExtra;
  }

  /** Takes every row published so far, oldest first. */
  drain(): TraceRow[] {
    const words = this.words;
    const taken: TraceRow[] = [];
    let read = Atomics.load(words, Word.ROWS_READ); // [R5]
    const written = Atomics.load(words, Word.ROWS_WRITTEN); // [R6]
    while (read !== written) {
      const end = COLUMNS.length + this.extra;
      const base = ((read >>> 0) % RING_ROWS) * end;
      const row = rowOf(this.rows, base);
      taken.push(row);
      if (this.extra > 0) this.onExtra(row.round, this.rows.slice(base + COLUMNS.length, base + end));
      read = (read + 1) | 0;
    }
    Atomics.store(words, Word.ROWS_READ, read); // [R7]
    Atomics.notify(words, Word.ROWS_READ); // [R8]
    return taken;
  }
}
