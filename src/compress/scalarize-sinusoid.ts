/**
 * Sinusoid scalarizer: C(e, k) = sum_j psi_j psi_j^T e, psi_j = row (k m + j) mod dim of the sine basis, j <
 * m = scalars:
 *
 *     psi(r)_c = sqrt(2 / (dim + 1)) sin(pi (r+1)(c+1) / (dim + 1))
 *
 * Coordinate c meets a sinusoid of its own frequency, so that psi is persistently exciting; at just these
 * frequencies the rows are an orthonormal basis, and every direction has been said once after dim / m rounds.
 * Linear. Bits: 64 m.
 * Source: Ren et al., arXiv 2408.02332 (sinusoidal excitation); the choice of frequencies is ours.
 */

import { inTurn, projection } from './projection.js';
import { sineBasis } from './sine-basis.js';

/** Vectors of the sine basis in turn. */
export const scalarizeSinusoid = projection({
  kind: 'scalarize-sinusoid',
  metadata: {
    title: 'Sinusoid scalarizer',
    summary: 'sends the error along one sinusoid (or a few), the frequencies in turn',
    source: 'Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2408.02332)',
  },
  words: () => 0,
  contraction: inTurn,
  directions: (dim, scalars) => {
    const entry = sineBasis(dim);
    return (round, rows) => {
      for (let j = 0; j < scalars; j++) {
        const r = (round * scalars + j) % dim;
        for (let c = 0; c < dim; c++) rows[j][c] = entry(r, c);
      }
    };
  },
});
