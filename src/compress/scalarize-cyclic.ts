/**
 * Cyclic scalarizer: `scalars` coordinates a message (one by default), in turn. C(e, k) = sum_j psi_j psi_j^T
 * e, psi_j = unit vector number (k m + j) mod dim, j < m = scalars. Linear, a compressor over time: not a
 * contraction in any one round, but exact for each coordinate every dim / m rounds (psi is persistently
 * exciting). Bits: 64 m; the indices are known to everyone and cost nothing.
 * Source: Ren et al., arXiv 2408.02332.
 */

import { defineWired } from './define.js';
import { inTurn, planScalars, scalarsParameter } from './projection.js';
import { readScalars, scalars as scalarMessages } from './wire/scalars.js';

/** The first coordinate of a round's message. */
const indexOf = (dim: number, scalars: number) => (round: number) => (round * scalars) % dim;

/** Coordinates in turn, `scalars` of them a message. */
export const scalarizeCyclic = defineWired({
  kind: 'scalarize-cyclic',
  metadata: {
    title: 'Cyclic scalarizer',
    summary: 'sends one coordinate a message (or a few), in turn',
    source: 'Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2408.02332)',
  },
  parameters: (z) => scalarsParameter(z, 'coordinates'),
  plan: ({ scalars = 1 }, context) => ({
    ...planScalars(scalars, context),
    ...inTurn(context.dim, scalars),
  }),
  bind: (plan, runtime) => {
    const { dim, slotBytes, scalars } = plan;
    const { kernels } = runtime;
    const first = indexOf(dim, scalars);
    return {
      ...readScalars(plan, runtime, first),
      encode: (agent, count, round, errors, errorStride, slots) =>
        kernels.encodeScalars(
          agent,
          count,
          errors,
          errorStride,
          slots,
          slotBytes,
          dim,
          first(round),
          scalars,
        ),
    };
  },
  messages: ({ dim, scalars, realBits }) => {
    const first = indexOf(dim, scalars);
    return {
      format: scalarMessages(dim, scalars, first, realBits),
      of: (error, round) => Float64Array.from({ length: scalars }, (_, t) => error[(first(round) + t) % dim]),
    };
  },
  examples: (dim) => [{ scalars: Math.min(dim, 4) }, {}],
});
