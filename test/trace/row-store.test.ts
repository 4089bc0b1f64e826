/** Rows kept in a bounded place: nothing is thinned before the bound, and what is left after it is the same each time. */

import { describe, expect, test } from 'vitest';
import { growthWarning } from '../../src/session/growth.js';
import { COLUMNS } from '../../src/trace/ring.js';
import type { TraceRow } from '../../src/trace/row.js';
import { BOUND_ROWS, RowStore } from '../../src/trace/row-store.js';
import { measuredRoundsPerDecade } from '../../src/tune/rate.js';

const NONE = Object.fromEntries(COLUMNS.map((name) => [name, Number.NaN])) as unknown as TraceRow;
const row = (round: number, rmsError = 1 / (1 + round)): TraceRow => ({
  ...NONE,
  round,
  rmsError,
  objective: -round,
});
const stored = (rows: readonly TraceRow[], bound?: number) => {
  const store = new RowStore(bound);
  for (const row of rows) store.push(row);
  return store;
};
const rounds = (store: RowStore) => store.rows().map(({ round }) => round);

describe('a store of rows', () => {
  test('keeps every row, with every number, up to its bound', () => {
    const rows = Array.from({ length: BOUND_ROWS }, (_, at) => row(5 * at));
    expect(stored(rows).rows()).toEqual(rows);
    expect(rounds(new RowStore())).toEqual([]);
  });

  test('by hand: four rows at most, of ten', () => {
    const rows = Array.from({ length: 10 }, (_, at) => row(at));
    // 0 1 2 3 | 0 2 4 6 | 0 4 8, and the last one, which has the least error too.
    expect(rounds(stored(rows, 4))).toEqual([0, 4, 8, 9]);
  });

  test('keeps the least error and the last row, wherever they come', () => {
    const errors = (round: number) => (round === 701 ? 1e-9 : 1 / (1 + round));
    const rows = Array.from({ length: 1000 }, (_, at) => row(at, errors(at)));
    const kept = rounds(stored(rows, 16));
    expect(kept).toContain(701);
    expect(kept.at(-1)).toBe(999);
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
    expect(kept.length).toBeLessThanOrEqual(18);
  });

  test('keeps all where it is asked to', () => {
    const rows = Array.from({ length: 3 * BOUND_ROWS }, (_, at) => row(at));
    expect(stored(rows, Number.POSITIVE_INFINITY).rows()).toEqual(rows);
  });

  test('three hundred thousand rows are held in what eight thousand take', () => {
    const store = new RowStore();
    const bytes = () => process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 20_000; round++) store.push(row(round));
    const before = bytes();
    for (let round = 20_000; round < 300_000; round++) store.push(row(round));
    expect(bytes() - before).toBeLessThan(4e6);
    expect(store.rows().length).toBeLessThanOrEqual(BOUND_ROWS + 2);
    expect(store.count).toBe(300_000);
  });

  test('what a summary says of thinned rows is what it says of all: the rate, and a growth at the end', () => {
    const decay = Array.from({ length: 40_000 }, (_, at) => row(at, 10 ** (-at / 10_000)));
    const rate = measuredRoundsPerDecade(decay) as number;
    expect(measuredRoundsPerDecade(stored(decay).rows()) as number).toBeCloseTo(rate, 6);
    const grown = decay.map(({ round, rmsError }) => row(round, rmsError + 1e-6 * 1.0004 ** round));
    const said = growthWarning(grown, false);
    expect(said).toMatch(/has grown past its start/);
    expect(growthWarning(stored(grown).rows(), false)).toBe(said);
  });
});
