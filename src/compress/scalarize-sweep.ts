/**
 * Sweeping scalarizer: C(e, k) = sum_j psi_j psi_j^T e with the vectors of a random orthonormal basis in
 * turn, m = scalars of them a message, and a fresh basis for every sweep of ceil(dim / m) rounds.
 *
 *     psi(r)_c = +- sqrt(2 / (dim + 1)) sin(pi (r+1)(c+1) / (dim + 1))     a sign for each coordinate and sweep
 *
 * The sine basis is orthonormal for every dim, and stays so when coordinates change sign; the signs keep an
 * unlucky vector from meeting the same order of directions again. Drawn from the seed and shared, so they
 * cost nothing. Unlike a fresh random direction a round (`scalarize-random`) a sweep leaves nothing out:
 * after it every direction has been said. Linear. Bits: 64 m.
 * Source: Ren et al., arXiv 2408.02332; the basis is ours.
 */

import { projection } from './projection.js';
import { sineBasis } from './sine-basis.js';

/** Vectors of a random basis in turn, a new basis every sweep. */
export const scalarizeSweep = projection({
  kind: 'scalarize-sweep',
  metadata: {
    title: 'Sweeping scalarizer',
    summary:
      'sends the error along the vectors of a random orthonormal basis, in turn; a new basis every sweep',
    source: 'Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2408.02332)',
  },
  words: (dim) => Math.ceil(dim / 32),
  // What a last message with room left says twice is no gain that one could count on.
  contraction: (dim, scalars) => {
    const sweep = Math.ceil(dim / scalars);
    return { contraction: 1 / sweep, contractionKind: sweep === 1 ? 'worst' : 'sweep', sweep };
  },
  directions: (dim, scalars, draw) => {
    const entry = sineBasis(dim);
    const sweepRounds = Math.ceil(dim / scalars);
    return (round, rows) => {
      const signs = draw(Math.floor(round / sweepRounds));
      const begin = (round % sweepRounds) * scalars;
      for (let j = 0; j < scalars; j++) {
        // The last message of a sweep may have room left, and begins the basis again.
        const r = (begin + j) % dim;
        for (let c = 0; c < dim; c++) {
          const negative = (signs[c >>> 5] >>> (c & 31)) & 1;
          rows[j][c] = negative ? -entry(r, c) : entry(r, c);
        }
      }
    };
  },
});
