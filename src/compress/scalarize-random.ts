/**
 * Random scalarizer: C(e, k) = sum_j psi_j psi_j^T e with m = scalars random orthonormal directions, fresh
 * every round and shared by all.
 *
 * Entries are drawn uniform in (-1, 1) and the vectors made orthonormal by Gram-Schmidt (twice over, which is
 * enough). The directions are not exactly uniform on the sphere, but E psi psi^T = I / dim by symmetry, which
 * is all that is needed: linear, and on average a contraction m / dim. Bits: 64 m.
 * Source: Ren et al., arXiv 2408.02332.
 */

import type { Reals } from '../arena/layout.js';
import { projection } from './projection.js';

/** Random directions, fresh every round. */
export const scalarizeRandom = projection({
  kind: 'scalarize-random',
  metadata: {
    title: 'Random scalarizer',
    summary: 'sends the error along one random direction (or a few), fresh every round',
    source: 'Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2408.02332)',
  },
  words: (dim, scalars) => dim * scalars,
  contraction: (dim, scalars) => ({
    contraction: scalars / dim,
    contractionKind: scalars === dim ? 'worst' : 'mean',
    sweep: 1,
  }),
  directions: (dim, scalars, draw) => (round, rows) => {
    const words = draw(round);
    for (let j = 0; j < scalars; j++) {
      const row = rows[j];
      for (let c = 0; c < dim; c++) row[c] = (words[j * dim + c] + 0.5) * 2 ** -31 - 1;
      normalise(row);
      for (let pass = 0; pass < 2; pass++) {
        for (let i = 0; i < j; i++) {
          const share = dot(row, rows[i]);
          for (let c = 0; c < dim; c++) row[c] -= share * rows[i][c];
        }
        normalise(row);
      }
    }
  },
});

function dot(a: Reals, b: Reals): number {
  let sum = 0;
  for (let c = 0; c < a.length; c++) sum += a[c] * b[c];
  return sum;
}

function normalise(row: Reals): void {
  const length = Math.sqrt(dot(row, row));
  for (let c = 0; c < row.length; c++) row[c] /= length;
}
