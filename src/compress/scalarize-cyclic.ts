/**
 * Cyclic scalarizer: one coordinate a message, in turn. C(e, k) = psi psi^T e with psi = unit vector number k mod dim.
 * Linear, a compressor over time: not a contraction in any one round, but exact for each coordinate every dim rounds (psi is
 * persistently exciting). Bits: 64; the index is known to everyone and costs nothing. Source: Ren et al., arXiv 2408.02332.
 */

import { scalarize } from '../../kernels/reference/compressors.js';
import type { CompressorDefinition } from './types.js';
import { scalarBits, slotBytes } from './wire.js';

export const scalarizeCyclic: CompressorDefinition = {
  kind: 'scalarize-cyclic',
  card: {
    title: 'Cyclic scalarizer',
    summary: 'sends one coordinate a message, in turn',
    source: 'Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2408.02332)',
  },
  parameters: (z) => z.strictObject({ kind: z.literal('scalarize-cyclic') }),
  plan: (_spec, { dim }) => ({
    kind: 'scalarize-cyclic',
    dim,
    messageBits: scalarBits(),
    slotBytes: slotBytes(scalarBits()),
    linear: true,
    // On average over a sweep.
    contraction: 1 / dim,
    fields: [],
  }),
  bind: ({ dim, slotBytes }, { kernels, graph: g }) => ({
    prepare: () => {},
    encode: (first, count, round, errors, errorStride, slots) =>
      kernels.encodeScalar(first, count, errors, errorStride, slots, slotBytes, round % dim),
    gather: (first, count, round, slots, out, outStride) =>
      kernels.gatherScalar(
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
        round % dim,
      ),
    decode: (first, count, round, slots, out, outStride) =>
      kernels.decodeScalar(first, count, slots, slotBytes, out, outStride, dim, round % dim),
  }),
  reference:
    ({ dim }) =>
    (error, round) =>
      scalarize(error, round % dim),
};
