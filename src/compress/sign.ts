/**
 * Sign: one bit an entry and one scale. C(e, k) = s sign(e), sign of the IEEE sign bit (so +-0 count too).
 *
 *  - `scale: mean` (the default), s = mean|e|: the s that loses least. Biased; contraction |e|_1^2 / (dim
 *    |e|_2^2) >= 1/dim (Karimireddy et al. 2019): poor on sparse vectors, which is what `flatten` is for;
 *    after it 2/pi is kept.
 *  - `scale: unbiased`, s = |e|_2^2 / |e|_1: <e, C(e)> = |e|^2, and unbiased over rotations (DRIVE: Vargaftik
 *    et al. 2021). After `flatten` the relative squared error is pi/2 - 1 = 0.571; by itself, on sparse
 *    vectors, it is up to dim - 1 and nothing contracts.
 *
 *    What a message keeps, with the scale of the mean, is |e|_1^2 / (dim |e|_2^2). Behind a rotation whose
 *    random signs are fresh every round, in parts of n entries (n = dim: the whole vector), an entry is a sum
 *    of +-e_c / sqrt(n) over its part, whose mean magnitude is at least |e_part| / sqrt(2 n) (Khinchin; the
 *    constant is Szarek's, 1976). A part adds n of these, so E|u|_1 >= sqrt(n / 2) (|e_1| + |e_2| + ...) >=
 *    sqrt(n / 2) |e|, and at least n / (2 dim) is kept in the mean, of any vector: the half of a pair of
 *    equal entries in one part is what attains it. Entries rotated twice, where dim is no multiple of n, lose
 *    nothing by it: given the first rotation, of which the share h |e_part|^2 stays outside of the second,
 *    the sum is at least sqrt(n / 2) times a concave function of h, and the bound its value at E h. Most
 *    vectors keep more: 2/pi where the whole is mixed, which is what gains are made from. In several parts it
 *    is 2/pi n/dim of a vector that lies in one, and that is soon the typical one, since what lies in few
 *    parts is what a common scale says least of: there gains are made from the bound.
 *  - `scale: unit`, s = 1, known to every reader and not sent: bits dim. signSGD's (Bernstein et al. 2018);
 *    for a server, and no contraction.
 *
 * Bits: 64 + dim, in float32 32 + dim; with `scaleBits: 32` the scale is rounded to float32 (the largest
 * finite one beyond) and a message has 32 + dim.
 */

import { SIGN_RULE, signScaled } from '../../kernels/reference/compressors.js';
import { unexpected } from '../base/errors.js';
import { defineWired } from './define.js';
import { type CompressorPlan, weakestKind } from './types.js';
import { realBitsOf, slotBytes } from './wire/format.js';
import { planScaleBits, readSigns, signBits, signs } from './wire/signs.js';

/** From here on a transform of signs is whole words; up to here it stays within 16 bits. */
const FEWEST_WHOLE = 64;
const MOST_WHOLE = 16_384;
/** Up to here one of doubles stays within the first cache, and a flow's round with it. */
const MOST_AT_ONCE = 4096;

/**
 * `mixed`: entries of the parts of a fresh random rotation; absent: any vector. `rounding`: what rounding the
 * scale leaves.
 */
function keptOf(mean: boolean, dim: number, mixed: number | undefined, rounding: number): Kept {
  const contractionKind = rounding === 1 ? 'worst' : 'range';
  // One-hot is the worst case; in parts of one entry nothing is mixed.
  const worst = rounding * (mean ? 1 / dim : Math.max(0, 2 - dim));
  if (mixed === undefined || mixed === 1) return { contraction: worst, contractionKind };
  // In several parts energy stays where it is, most of it where a common scale says least: nothing better
  // than the worst is typical then.
  const whole = mixed === dim;
  return mean
    ? {
        contraction: (rounding * mixed) / (2 * dim),
        contractionKind: weakestKind('mean', contractionKind),
        ...(whole && { typicalContraction: (rounding * 2) / Math.PI }),
      }
    : {
        contraction: worst,
        contractionKind: weakestKind('mean', contractionKind),
        ...(whole && { typicalContraction: rounding * (2 - Math.PI / 2) }),
      };
}

type Kept = Pick<CompressorPlan, 'contraction' | 'contractionKind' | 'typicalContraction'>;

/** The sign of every entry, times one scale. */
export const sign = defineWired({
  kind: 'sign',
  metadata: {
    title: 'Scaled sign',
    summary: 'sends the sign of every entry and one scale, mean|e| or |e|_2^2 / |e|_1, or no scale at all',
    source:
      'Karimireddy, Rebjock, Stich, Jaggi 2019 (arXiv 1901.09847); Vargaftik et al. 2021 (arXiv 2105.08339)',
  },
  parameters: (z) => ({
    scale: z
      .enum(['mean', 'unbiased', 'unit'])
      .optional()
      .describe('mean|e| (the default), |e|_2^2 / |e|_1, or 1, which is not sent'),
    scaleBits: z
      .union([z.literal(64), z.literal(32)])
      .optional()
      .describe('bits of the scale, 64 (the default) or 32'),
  }),
  plan: ({ scale = 'mean', scaleBits: asked }, context) => {
    const { dim, path, mixed } = context;
    const realBits = realBitsOf(context);
    const scaleBits = planScaleBits(asked, context);
    const common = { scale, scaleBits };
    if (scale === 'unit') {
      if (scaleBits !== realBits)
        throw unexpected([...path, 'scaleBits'], scaleBits, 'nothing: no scale is sent');
      return {
        ...common,
        messageBits: dim,
        slotBytes: slotBytes(signBits(dim, realBits)),
        commonScale: 'plain' as const,
        contraction: 0,
        contractionKind: 'worst',
      };
    }
    const mean = scale === 'mean';
    return {
      ...common,
      messageBits: signBits(dim, scaleBits),
      // <e, C(e)> = |e|^2 and |C(e)|^2 = dim |e|^4 / |e|_1^2, which is dim |e|^2 of a one-hot vector, and at
      // most 2 dim/n |e|^2 in the mean behind a rotation.
      ...(!mean && { filterGain: mixed === undefined || mixed === 1 ? 1 / dim : mixed / (2 * dim) }),
      ...keptOf(mean, dim, mixed, scaleBits < realBits ? 1 - 2 ** -48 : 1),
      projects: mean,
      wholeRounds: mean && scaleBits === realBits && dim >= FEWEST_WHOLE && dim <= MOST_AT_ONCE,
    };
  },
  bind: (plan, runtime) => {
    const { dim, slotBytes, scale, scaleBits, realBits } = plan;
    const { kernels } = runtime;
    const readers = readSigns(plan, runtime, scaleBits);
    if (scale !== 'mean' || scaleBits !== realBits) {
      const rule = SIGN_RULE[scale];
      const scaleBytes = scaleBits / 8;
      return {
        ...readers,
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
      encode: (first, count, _round, errors, errorStride, slots) =>
        kernels.encodeSign(first, count, errors, errorStride, slots, slotBytes, dim),
      rotated: {
        encode: kernels.encodeFlattenedSign,
        ...(dim >= FEWEST_WHOLE && dim <= MOST_WHOLE && { decode: kernels.decodeFlattenedSign }),
      },
    };
  },
  messages: ({ dim, scale, scaleBits }) => ({
    format: signs(dim, scaleBits),
    of: (error) => signScaled(error, scale, scaleBits),
  }),
  candidates: () => [{}, { scaleBits: 32 }],
  examples: () => [
    {},
    { scale: 'unbiased', scaleBits: 32 },
    { scaleBits: 32 },
    { scale: 'unbiased' },
    { scale: 'unit' },
  ],
});
