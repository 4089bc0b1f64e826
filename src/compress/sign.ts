/**
 * Sign: one bit an entry and one scale. C(e, k) = s sign(e), sign of the IEEE sign bit (so +-0 count too).
 *
 *  - `scale: mean` (the default), s = mean|e|: the s that loses least. Biased; contraction |e|_1^2 / (dim |e|_2^2) >= 1/dim (Karimireddy et
 *    al. 2019): poor on sparse vectors, which is what `flatten` is for; after it 2/pi is kept.
 *  - `scale: unbiased`, s = |e|_2^2 / |e|_1: <e, C(e)> = |e|^2, and unbiased over rotations (DRIVE: Vargaftik et al. 2021). After `flatten` the
 *    relative squared error is pi/2 - 1 = 0.571; by itself, on sparse vectors, it is up to dim - 1 and nothing contracts.
 *  - `scale: unit`, s = 1, known to every reader and not sent: bits dim. signSGD's (Bernstein et al. 2018); for a server, and no contraction.
 *
 * Bits: 64 + dim; with `scaleBits: 32` the scale is rounded to float32 (the largest finite one beyond) and a message has 32 + dim.
 */

import { decodeSigned, SIGN_RULE, type SignRule, signScaled } from '../../kernels/reference/compressors.js';
import { unexpected } from '../errors.js';
import { oneOf } from './parameters.js';
import { bindSignReaders } from './sign-message.js';
import type { CompressorDefinition } from './types.js';
import { signBits, slotBytes } from './wire.js';

export const sign: CompressorDefinition = {
  kind: 'sign',
  card: {
    title: 'Scaled sign',
    summary: 'sends the sign of every entry and one scale, mean|e| or |e|_2^2 / |e|_1, or no scale at all',
    source:
      'Karimireddy, Rebjock, Stich, Jaggi 2019 (arXiv 1901.09847); Vargaftik et al. 2021 (arXiv 2105.08339)',
  },
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('sign'),
      scale: z
        .enum(['mean', 'unbiased', 'unit'])
        .optional()
        .describe('mean|e| (the default), |e|_2^2 / |e|_1, or 1, which is not sent'),
      scaleBits: z
        .union([z.literal(64), z.literal(32)])
        .optional()
        .describe('bits of the scale, 64 (the default) or 32'),
    }),
  plan: (spec, { dim, path }) => {
    const scale = oneOf(spec, 'scale', path, ['mean', 'unbiased', 'unit'], 'mean');
    const scaleBits = oneOf(spec, 'scaleBits', path, [64, 32], 64) as 64 | 32;
    if (scale === 'unit') {
      if (scaleBits !== 64) throw unexpected([...path, 'scaleBits'], scaleBits, 'nothing: no scale is sent');
      return {
        kind: 'sign',
        dim,
        scale,
        scaleBits,
        messageBits: dim,
        slotBytes: slotBytes(signBits(dim)),
        commonScale: true,
        linear: false,
        contraction: 0,
        fields: [],
      };
    }
    const messageBits = signBits(dim, scaleBits);
    const mean = scale === 'mean';
    return {
      kind: 'sign',
      dim,
      scale,
      scaleBits,
      messageBits,
      slotBytes: slotBytes(messageBits),
      linear: false,
      // One-hot is the worst case. Of a Gaussian vector, whose E|e_c| is sqrt(2/pi) rms, the share 2/pi is kept, or pi/2 - 1 lost.
      contraction: mean ? 1 / dim : Math.max(0, 2 - dim),
      spreadContraction: mean ? 2 / Math.PI : 2 - Math.PI / 2,
      fields: [],
    };
  },
  bind: (plan, runtime) => {
    const { dim, slotBytes } = plan;
    const { kernels } = runtime;
    const rule = SIGN_RULE[plan['scale'] as SignRule];
    const scaleBytes = (plan['scaleBits'] as number) / 8;
    const readers = bindSignReaders(plan, runtime, scaleBytes === 4);
    if (rule !== SIGN_RULE.mean || scaleBytes !== 8) {
      return {
        ...readers,
        prepare: () => {},
        encode: (first, count, _round, errors, errorStride, slots) =>
          kernels.encodeSignScaled(
            first,
            count,
            errors,
            errorStride,
            slots,
            slotBytes,
            dim,
            rule,
            scaleBytes,
          ),
      };
    }
    return {
      ...readers,
      prepare: () => {},
      encode: (first, count, _round, errors, errorStride, slots) =>
        kernels.encodeSign(first, count, errors, errorStride, slots, slotBytes, dim),
    };
  },
  reference: (plan) => (error) =>
    decodeSigned(signScaled(error, plan['scale'] as SignRule, plan['scaleBits'] as 64 | 32)),
};
