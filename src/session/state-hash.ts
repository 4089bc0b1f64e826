/**
 * stateHash: SHA-256 over x, then v, then s (those that the flow keeps), each agent by agent, dim numbers of
 * the run's precision, little-endian without the rows' padding. Two runs have the same hash exactly when they
 * ended in the same bits.
 */

import { createHash } from 'node:crypto';
import type { Arena } from '../arena/arena.js';
import type { Reals } from '../arena/layout.js';
import type { RunPlan, StateField } from '../run/types.js';

export interface StateRows {
  /** First entry of agent 0's row. */
  data: Reals;
  rows: number;
  /** Entries from one row to the next. */
  rowStride: number;
  columns: number;
  /** Row i is the positions[i]-th; absent: the i-th. */
  positions?: Uint32Array;
}

/** Where row `row` begins in `data`. */
export function rowAt(
  { rowStride, positions }: Pick<StateRows, 'rowStride' | 'positions'>,
  row: number,
): number {
  return (positions === undefined ? row : positions[row]) * rowStride;
}

/** Where a field of the state stands after `round` rounds. */
export function stateRows(
  arena: Arena,
  run: RunPlan,
  { name, rows, doubled }: StateField,
  round: number,
): StateRows {
  const rowStride = run.rowBytes / arena.realBytes;
  const entries = rows * rowStride;
  const parity = doubled ? round & 1 : 0;
  const data = arena.reals(name).subarray(parity * entries, (parity + 1) * entries);
  const placed = rows === run.agents && arena.has('agents.positions');
  return {
    data,
    rows,
    rowStride,
    columns: run.dim,
    ...(placed ? { positions: arena.view('agents.positions', 'u32') } : {}),
  };
}

const CHUNK_ENTRIES = 65_536;

export function stateHash(parts: readonly StateRows[]): string {
  const hashing = hashInParts(parts);
  for (;;) {
    const { done, value } = hashing.next();
    if (done) return value as string;
  }
}

/** The same, part by part: gives how many entries each had, and at the end the hash. */
export function* hashInParts(parts: readonly StateRows[]): Generator<number, string> {
  const hash = createHash('sha256');
  for (const part of parts) {
    const { data, rows, columns } = part;
    // node:crypto does not take shared memory, so rows go through a private buffer.
    const rowsAtOnce = Math.max(1, Math.floor(CHUNK_ENTRIES / columns));
    const chunk =
      data instanceof Float32Array
        ? new Float32Array(rowsAtOnce * columns)
        : new Float64Array(rowsAtOnce * columns);
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - row);
      for (let r = 0; r < count; r++) {
        const start = rowAt(part, row + r);
        chunk.set(data.subarray(start, start + columns), r * columns);
      }
      hash.update(new Uint8Array(chunk.buffer, 0, count * columns * chunk.BYTES_PER_ELEMENT));
      yield count * columns;
    }
  }
  return hash.digest('hex');
}
