/**
 * Norm-sign: one bit an entry and one scale, half the largest magnitude. C(e, k) = max|e| / 2 sign(e).
 * Biased. In the flow e' = -C(e) every entry is brought down, the largest at the rate 1/2; but one message on
 * its own overshoots the small ones:
 *
 *     |e - C(e)|^2 = |e|^2 - max|e| |e|_1 + dim max|e|^2 / 4
 *
 * which for one-hot vectors is a contraction only below dim 4. In the flows choose mu of the order 4/dim, or
 * `flatten` it. Bits: 64 + dim.
 * Source: Yi, Zhang, Yang, Chai, Johansson 2022 (arXiv 2201.03930).
 */

import { SIGN_RULE, signScaled } from '../../kernels/reference/compressors.js';
import { defineWired } from './define.js';
import { realBitsOf } from './wire/format.js';
import { readSigns, signBits, signs } from './wire/signs.js';

/** The sign of every entry, times max|e|/2. */
export const normSign = defineWired({
  kind: 'norm-sign',
  metadata: {
    title: 'Norm-sign',
    summary: 'sends the sign of every entry and one scale, max|e| / 2; not a contraction from dim 4 on',
    source: 'Yi, Zhang, Yang, Chai, Johansson 2022 (arXiv 2201.03930)',
  },
  parameters: () => ({}),
  plan: (_spec, context) => {
    const { dim, mixed } = context;
    // Of a Gaussian vector the largest of dim entries is about sqrt(2 ln dim) rms.
    const largest = Math.sqrt(2 * Math.log(Math.max(2, dim)));
    const worst = Math.max(0, 1 - dim / 4);
    return {
      messageBits: signBits(dim, realBitsOf(context)),
      contraction: worst,
      contractionKind: 'worst',
      // <e, C(e)> = max|e| |e|_1 / 2 and |C(e)|^2 = dim max|e|^2 / 4, of a one-hot vector last of all.
      filterGain: 2 / dim,
      ...(mixed === dim && {
        typicalContraction: Math.max(worst, largest * Math.sqrt(2 / Math.PI) - largest ** 2 / 4),
      }),
    };
  },
  bind: (plan, runtime) => {
    const { dim, slotBytes, realBits } = plan;
    const { kernels } = runtime;
    const rule = SIGN_RULE['half-max'];
    return {
      ...readSigns(plan, runtime, realBits),
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
          realBits / 8,
        ),
    };
  },
  messages: ({ dim, realBits }) => ({
    format: signs(dim, realBits),
    of: (error) => signScaled(error, 'half-max', realBits),
  }),
});
