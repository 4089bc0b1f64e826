/**
 * How far each agent is from the mean of all: the root mean square, over the coordinates, of x_i - mean x. The
 * root mean square of it over the agents is the consensus error of the trace.
 */

import type { PaddedRows } from '../data/npy.js';

/** Numbers that are looked at before whoever waits is answered. */
const AT_ONCE = 2 ** 21;

export interface Disagreement {
  /** rows numbers; null where nothing can be said. */
  disagreement: Float64Array | null;
  /** Why not, as a sentence. */
  noDisagreement: string | null;
}

/** Twice over all rows, in pieces between which this thread answers. */
export async function disagreementOf(x: PaddedRows): Promise<Disagreement> {
  const { rows, columns } = x;
  if (rows <= 1)
    return {
      disagreement: null,
      noDisagreement: 'All hold the same x, so there is no disagreement to draw.',
    };
  const mean = new Float64Array(columns);
  const disagreement = new Float64Array(rows);
  const rowsAtOnce = Math.max(1, Math.floor(AT_ONCE / columns));
  for (let row = 0; row < rows; row += rowsAtOnce) {
    addRows(x, row, Math.min(rows, row + rowsAtOnce), mean);
    await answer();
  }
  for (let column = 0; column < columns; column++) mean[column] = (mean[column] ?? 0) / rows;
  for (let row = 0; row < rows; row += rowsAtOnce) {
    measureRows(x, row, Math.min(rows, row + rowsAtOnce), mean, disagreement);
    await answer();
  }
  return { disagreement, noDisagreement: null };
}

function startOf({ rowStride, positions }: PaddedRows, row: number): number {
  return (positions === undefined ? row : (positions[row] ?? 0)) * rowStride;
}

function addRows(x: PaddedRows, from: number, to: number, sum: Float64Array): void {
  const { data, columns } = x;
  for (let row = from; row < to; row++) {
    const start = startOf(x, row);
    for (let column = 0; column < columns; column++)
      sum[column] = (sum[column] ?? 0) + (data[start + column] ?? 0);
  }
}

function measureRows(x: PaddedRows, from: number, to: number, mean: Float64Array, into: Float64Array): void {
  const { data, columns } = x;
  for (let row = from; row < to; row++) {
    const start = startOf(x, row);
    let squares = 0;
    for (let column = 0; column < columns; column++) {
      const apart = (data[start + column] ?? 0) - (mean[column] ?? 0);
      squares += apart * apart;
    }
    into[row] = Math.sqrt(squares / columns);
  }
}

function answer(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
