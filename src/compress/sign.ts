/**
 * Sign: one bit an entry and one scale. C(e, k) = mean|e| sign(e), sign of the IEEE sign bit (so +-0 count too).
 * Biased; contraction |e|_1^2 / (dim |e|_2^2) >= 1/dim (Karimireddy et al. 2019): poor on sparse vectors, which is what `flatten` is
 * for. Bits: dim + 64.
 */

import { sign as signOf } from '../../kernels/reference/compressors.js';
import type { CompressorDefinition } from './types.js';
import { signBits, slotBytes } from './wire.js';

export const sign: CompressorDefinition = {
  kind: 'sign',
  card: {
    title: 'Scaled sign',
    summary: 'sends the sign of every entry and one scale, mean|e|',
    source: 'Karimireddy, Rebjock, Stich, Jaggi 2019 (arXiv 1901.09847)',
  },
  parameters: (z) => z.strictObject({ kind: z.literal('sign') }),
  plan: (_spec, { dim }) => {
    const messageBits = signBits(dim);
    return {
      kind: 'sign',
      dim,
      messageBits,
      slotBytes: slotBytes(messageBits),
      linear: false,
      // One-hot is the worst case; of a Gaussian vector (E|e_c| = sqrt(2/pi) rms) the share 2/pi is kept.
      contraction: 1 / dim,
      spreadContraction: 2 / Math.PI,
      fields: [],
    };
  },
  bind: ({ dim, slotBytes }, { kernels, graph: g }) => ({
    prepare: () => {},
    encode: (first, count, _round, errors, errorStride, slots) =>
      kernels.encodeSign(first, count, errors, errorStride, slots, slotBytes, dim),
    gather: (first, count, _round, slots, out, outStride) =>
      kernels.gatherSign(
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
      kernels.decodeSign(first, count, slots, slotBytes, out, outStride, dim),
  }),
  reference: () => signOf,
};
