/** Low rank: by hand, the bound of every message, and power iteration from message to message. */

import { describe, expect, it } from 'vitest';
import { normals, seededRandom } from '../kernels/harness.js';
import { Bench, messagesOf, planOf } from './combinators/bench.js';

const energy = (row: ArrayLike<number>) => Array.from(row).reduce((total, entry) => total + entry * entry, 0);
const lost = (error: ArrayLike<number>, said: ArrayLike<number>) =>
  energy(Array.from(error).map((entry, c) => entry - said[c])) / energy(error);

describe('low-rank', () => {
  it('a matrix of rank one is said exactly, whichever side is longer', () => {
    const u = [1, -2, 0.5];
    const v = [3, 0, 1, -1, 2];
    const matrix = u.flatMap((a) => v.map((b) => a * b));
    const transposed = v.flatMap((a) => u.map((b) => a * b));
    expect(lost(matrix, messagesOf({ kind: 'low-rank', rows: 3 }, [matrix])[0])).toBeLessThan(1e-28);
    expect(lost(transposed, messagesOf({ kind: 'low-rank', rows: 5 }, [transposed])[0])).toBeLessThan(1e-28);
  });

  it('by hand: the largest column first, then power iteration', () => {
    // [[3, 1], [0, 1]]: p = (1, 0), so the first row is said; q = (3, 1). Then R q = (10, 1).
    const error = [3, 1, 0, 1];
    const [first, second] = messagesOf({ kind: 'low-rank', rows: 2 }, [error, error]);
    for (const [c, entry] of [3, 1, 0, 0].entries()) expect(first[c]).toBeCloseTo(entry, 14);
    const p = [10 / Math.sqrt(101), 1 / Math.sqrt(101)];
    const q = [3 * p[0], p[0] + p[1]];
    for (const [c, entry] of [p[0] * q[0], p[0] * q[1], p[1] * q[0], p[1] * q[1]].entries()) {
      expect(second[c]).toBeCloseTo(entry, 14);
    }
  });

  it.each([1, 2, 4])('rank %i: no message keeps less than 1 - (1 - 1/columns)^rank', (rank) => {
    const random = seededRandom(rank);
    for (const [rows, columns] of [
      [12, 6],
      [6, 12],
      [9, 9],
    ]) {
      const spec = { kind: 'low-rank', rows, rank };
      const bench = new Bench(spec, { dim: rows * columns });
      const { contraction } = bench.plan;
      expect(contraction).toBeCloseTo(1 - (1 - 1 / Math.min(rows, columns)) ** rank, 14);
      let error = normals(rows * columns, random);
      for (let round = 0; round < 60; round++) {
        const { messages, expected } = bench.say(error);
        const [said] = messages;
        expect(energy(said.map((entry, c) => entry - expected[0][c]))).toBeLessThan(1e-22 * energy(said));
        expect(lost(error, said)).toBeLessThan(1 - contraction + 1e-12);
        // Sometimes all that was said is gone, sometimes the vector moves on, sometimes it stands still.
        if (round % 3 === 0) error = error.map((entry, c) => entry - said[c]);
        if (round % 3 === 1) error = normals(rows * columns, random);
      }
    }
  });

  it('of a matrix that stands still it comes to what singular vectors keep', () => {
    // diag(4, 2, 1, 1) turned by a rotation on both sides has the same singular values.
    const random = seededRandom(8);
    const error = new Float64Array(16);
    const columns = Array.from({ length: 2 }, () => orthogonal(4, random));
    for (const [t, size] of [4, 2, 1, 1].entries()) {
      for (let c = 0; c < 16; c++) error[c] += size * columns[0][t][c >> 2] * columns[1][t][c & 3];
    }
    const said = messagesOf({ kind: 'low-rank', rows: 4, rank: 2 }, new Array(40).fill(Array.from(error)));
    expect(1 - lost(error, said[39])).toBeCloseTo(20 / 22, 10);
  });

  it('counts its numbers, and refuses what is no shape', () => {
    expect(planOf({ kind: 'low-rank', rows: 8, rank: 2 }, { dim: 96 }).messageBits).toBe(64 * 2 * 20);
    expect(() => planOf({ kind: 'low-rank', rows: 5 }, { dim: 96 })).toThrow('compressor.rows is 5');
    expect(() => planOf({ kind: 'low-rank', rows: 48, rank: 3 }, { dim: 96 })).toThrow(
      'compressor.rank is 3',
    );
    expect(messagesOf({ kind: 'low-rank', rows: 2, rank: 2 }, [[0, 0, 0, 0]])[0]).toEqual([0, 0, 0, 0]);
  });
});

/** Rows at right angles, of length 1. */
function orthogonal(n: number, random: () => number): number[][] {
  const rows: number[][] = [];
  while (rows.length < n) {
    let row = Array.from(normals(n, random));
    for (const other of rows) {
      const along = row.reduce((sum, entry, c) => sum + entry * other[c], 0);
      row = row.map((entry, c) => entry - along * other[c]);
    }
    rows.push(row.map((entry) => entry / Math.sqrt(energy(row))));
  }
  return rows;
}
