/**
 * Cyclic scalarizer: `scalars` coordinates a message (one by default), in turn. C(e, k) = sum_j psi_j psi_j^T e, psi_j = unit vector number
 * (k m + j) mod dim, j < m = scalars.
 * Linear, a compressor over time: not a contraction in any one round, but exact for each coordinate every dim / m rounds (psi is
 * persistently exciting). Bits: 64 m; the indices are known to everyone and cost nothing. Source: Ren et al., arXiv 2408.02332.
 */

import { scalarize } from '../../kernels/reference/compressors.js';
import { scalarCount } from './parameters.js';
import { inTurn } from './projection.js';
import type { CompressorDefinition } from './types.js';
import { scalarBits, slotBytes } from './wire.js';

export const scalarizeCyclic: CompressorDefinition = {
  kind: 'scalarize-cyclic',
  card: {
    title: 'Cyclic scalarizer',
    summary: 'sends one coordinate a message (or a few), in turn',
    source: 'Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2408.02332)',
  },
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('scalarize-cyclic'),
      scalars: z.number().int().min(1).optional().describe('coordinates a message, 1 by default'),
    }),
  plan: (spec, { dim, path }) => {
    const scalars = scalarCount(spec, path, dim);
    return {
      kind: 'scalarize-cyclic',
      dim,
      scalars,
      messageBits: scalarBits(scalars),
      slotBytes: slotBytes(scalarBits(scalars)),
      linear: true,
      ...inTurn(dim, scalars),
      projects: true,
      fields: [],
    };
  },
  bind: (plan, { kernels, graph: g }) => {
    const { dim, slotBytes } = plan;
    const scalars = plan['scalars'] as number;
    const indexOf = (round: number) => (round * scalars) % dim;
    return {
      prepare: () => {},
      encode: (first, count, round, errors, errorStride, slots) =>
        kernels.encodeScalars(
          first,
          count,
          errors,
          errorStride,
          slots,
          slotBytes,
          dim,
          indexOf(round),
          scalars,
        ),
      gather: (first, count, round, slots, out, outStride) =>
        kernels.gatherScalars(
          first,
          count,
          g.rowStart,
          g.columns,
          g.weights,
          g.weightStride,
          g.degrees,
          slots,
          slotBytes,
          out,
          outStride,
          dim,
          indexOf(round),
          scalars,
        ),
      decode: (first, count, round, slots, out, outStride) =>
        kernels.decodeScalars(first, count, slots, slotBytes, out, outStride, dim, indexOf(round), scalars),
    };
  },
  reference: (plan) => (error, round) => {
    const scalars = plan['scalars'] as number;
    return scalarize(error, (round * scalars) % plan.dim, scalars);
  },
};
