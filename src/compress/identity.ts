/**
 * Identity: every entry as it is. C(e, k) = e.
 * Linear, exact (contraction 1). Bits: 64 dim. What the others are measured against.
 */

import type { CompressorDefinition } from './types.js';
import { denseBits, slotBytes } from './wire.js';

export const identity: CompressorDefinition = {
  kind: 'identity',
  card: { title: 'Identity', summary: 'sends every entry as a float64', source: 'none' },
  parameters: (z) => z.strictObject({ kind: z.literal('identity') }),
  plan: (_spec, { dim }) => {
    const messageBits = denseBits(dim);
    return {
      kind: 'identity',
      dim,
      messageBits,
      slotBytes: slotBytes(messageBits),
      linear: true,
      contraction: 1,
      fields: [],
    };
  },
  bind: ({ dim, slotBytes }, { kernels, graph: g }) => ({
    prepare: () => {},
    encode: (first, count, _round, errors, errorStride, slots) =>
      kernels.encodeDense(first, count, errors, errorStride, slots, slotBytes, dim),
    gather: (first, count, _round, slots, out, outStride) =>
      kernels.gatherDense(
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
      ),
    decode: (first, count, _round, slots, out, outStride) =>
      kernels.decodeDense(first, count, slots, slotBytes, out, outStride, dim),
  }),
  reference: () => (error) => error.slice(),
};
