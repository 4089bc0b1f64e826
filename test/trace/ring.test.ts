/**
 * The trace ring: rows come out as they went in, in order, also when it has gone round and when the reader is
 * behind.
 */

import { describe, expect, it } from 'vitest';
import { poison } from '../../src/sync/barrier.js';
import { CONTROL_WORDS, Poison, Word } from '../../src/sync/control.js';
import { COLUMNS, RING_ROWS, RingReader, RingWriter } from '../../src/trace/ring.js';

function ring() {
  const words = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));
  const rows = new Float64Array(new SharedArrayBuffer(RING_ROWS * COLUMNS.length * 8));
  return { words, writer: new RingWriter(words, rows), reader: new RingReader(words, rows) };
}
const rowOf = (round: number) => Float64Array.from(COLUMNS, (_, column) => round + column / 16);

describe('trace ring', () => {
  it('gives rows by name', () => {
    const { writer, reader } = ring();
    expect(reader.drain()).toEqual([]);
    writer.push(rowOf(3));
    expect(reader.drain()).toEqual([
      Object.fromEntries(COLUMNS.map((name, column) => [name, 3 + column / 16])),
    ]);
    expect(reader.drain()).toEqual([]);
  });

  it('goes round many times, also past the counters’ sign', () => {
    const { words, writer, reader } = ring();
    Atomics.store(words, Word.ROWS_WRITTEN, 0x7fffffff - 10);
    Atomics.store(words, Word.ROWS_READ, 0x7fffffff - 10);
    const rounds: number[] = [];
    for (let round = 0; round < 5 * RING_ROWS; round++) {
      writer.push(rowOf(round));
      if (round % 700 === 0) rounds.push(...reader.drain().map((row) => row.round));
    }
    rounds.push(...reader.drain().map((row) => row.round));
    expect(rounds).toEqual(Array.from({ length: 5 * RING_ROWS }, (_, round) => round));
  });

  it('full and poisoned, lets the writer go', () => {
    const { words, writer } = ring();
    for (let round = 0; round < RING_ROWS; round++) expect(writer.push(rowOf(round))).toBe(true);
    poison(words, Poison.STOPPED);
    expect(writer.push(rowOf(RING_ROWS))).toBe(false);
  });
});
