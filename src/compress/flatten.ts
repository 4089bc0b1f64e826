/**
 * Flatten: a combinator. C(e, k) = U_k^T inner(U_k e), U_k = H D_k / sqrt(P): H the Walsh-Hadamard matrix of size P (dim padded to a power
 * of two), D_k random signs drawn from the seed and shared by all, so they cost nothing. `signs: fresh` (the default) draws them for every
 * round, `signs: fixed` keeps those of round 0: cheaper, and a memory inside keeps its coordinates, but a vector that is unlucky stays so.
 *
 * The rotation spreads a vector's energy evenly over its coordinates, almost whatever the vector: then one bit a coordinate loses little.
 * `flatten(sign)` leaves a relative squared error of 1 - 2/pi = 0.363 in most messages, and of 1/2 in the mean over the signs at worst (of a pair of equal entries: `sign.ts` has the
 * argument). In parts of n entries energy is spread within a part only, and of a vector that lies in one of them n/dim as much is kept. What the inner compressor's contraction
 * is, it is of vectors that a rotation makes: it is told (`mixed`). With `signs: fixed` it is not: what is left of a message meets the same rotation again, and is soon as bad as any vector. Nor is
 * it within another `flatten`, whose signs are the same. Bits: those of the inner compressor at dimension P. With `size: exact`, or the entries of
 * a part, nothing is padded and P is dim: see rotation.ts.
 * Source: Stollenwerk, Jacques 2024 (arXiv 2405.11095). Departure: there an SGD's gradients, here any message.
 *
 * Because U_k is shared, neighbours' messages are summed in the rotated domain and rotated back once: a gather costs one
 * transform, not one for each neighbour.
 */

import { rowLength } from '../arena/layout.js';
import { unexpected } from '../errors.js';
import {
  bindRotation,
  planRotation,
  type RotationPlan,
  referenceRotation,
  rotationMasks,
} from './rotation.js';
import { contractionOf, longestBits } from './slots.js';
import type { CompressorDefinition, CompressorPlan, CompressorSpec } from './types.js';

/** From here on, up to here, a transform of signs stays within 16 bits; and, up to here, one of doubles within the first cache. */
const FEWEST_WHOLE = 64;
const MOST_WHOLE = 16_384;
const MOST_AT_ONCE = 4096;

/** Whether messages are the signs of one transform under a float64 mean. */
function isRotatedSign({ part }: RotationPlan, inner: CompressorPlan): boolean {
  return part === 0 && inner.kind === 'sign' && inner['scale'] === 'mean' && inner['scaleBits'] === 64;
}

export const flatten: CompressorDefinition = {
  kind: 'flatten',
  card: {
    title: 'Flatten (randomized Walsh-Hadamard)',
    summary: 'rotates at random before the inner compressor, and back after it',
    source: 'Stollenwerk, Jacques 2024 (arXiv 2405.11095)',
  },
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('flatten'),
      signs: z.enum(['fresh', 'fixed']).optional().describe('drawn every round (the default), or once'),
      size: sizeParameter(z).describe(
        'padded to a power of two (the default), exact, or a power of two: the entries of a part that is rotated by itself',
      ),
      inner: z.unknown().describe('compressor of the rotated vector'),
    }),

  plan: (spec, context, nested) => {
    const { dim, blockAgents, path } = context;
    const signs = spec['signs'] ?? 'fresh';
    if (signs !== 'fresh' && signs !== 'fixed') throw unexpected([...path, 'signs'], signs, 'fresh or fixed');
    const rotation = planRotation(dim, spec['size'], [...path, 'size']);
    const { size } = rotation;
    const fresh = signs === 'fresh' && context.mixed === undefined;
    const inner = nested.plan(spec['inner'] as CompressorSpec, {
      ...context,
      dim: size,
      mixed: fresh ? rotation.part || size : undefined,
      path: [...path, 'inner'],
    });
    const name = path.join('.');
    const scratch = `${name}.scratch`;
    const atOnce = isRotatedSign(rotation, inner) && size >= FEWEST_WHOLE && size <= MOST_AT_ONCE;
    return {
      kind: 'flatten',
      dim,
      size,
      rotation,
      signs,
      inner,
      slotBytes: inner.slotBytes,
      messageBits: inner.messageBits,
      longestBits: longestBits(inner),
      linear: inner.linear,
      // A rotation keeps means and lengths, and cutting off what was padded loses no more.
      ...contractionOf(inner),
      ...(inner.variance !== undefined && { variance: inner.variance }),
      masks: `${name}.masks`,
      rotated: `${name}.rotated`,
      scratch: atOnce ? scratch : null,
      fields: [
        ...inner.fields,
        // D_k as sign-bit masks, of round k (to read messages) and, where it differs, of round k+1 (to write them).
        rotationMasks(`${name}.masks`, rotation, signs === 'fixed' ? 1 : 2),
        { name: `${name}.rotated`, type: 'f64', length: blockAgents * rowLength(size), perWorker: true },
        ...(atOnce ? [{ name: scratch, type: 'f64' as const, length: 3 * size + 64, perWorker: true }] : []),
      ],
    };
  },

  bind: (plan, runtime, nested) => {
    const { kernels, arena, worker } = runtime;
    const { dim } = plan;
    const inner = plan.inner as CompressorPlan;
    const planned = plan['rotation'] as RotationPlan;
    const rotation = bindRotation(planned, runtime);
    const { size } = planned;
    const masks = arena.address(plan['masks'] as string, worker);
    const fixed = plan['signs'] === 'fixed';
    const masksOf = (round: number) => (fixed ? masks : masks + (round & 1) * planned.signs * 8);
    if (fixed) rotation.drawMasks(masks, 0);
    const rotated = arena.address(plan['rotated'] as string, worker);
    const rotatedStride = rotation.stride;
    const bound = nested.bind(inner, runtime);
    const innerIsSign = isRotatedSign(planned, inner);
    const signsAreWhole = innerIsSign && size >= FEWEST_WHOLE && size <= MOST_WHOLE;
    const slotBytes = plan.slotBytes;
    const scratch = plan['scratch'] as string | null;

    return {
      ...(scratch !== null && {
        rotatedSigns: { size, slotBytes, scratch: arena.address(scratch, worker), masksOf },
      }),
      prepare(round) {
        if (!fixed) rotation.drawMasks(masksOf(round), round);
        bound.prepare(round);
      },
      encode(first, count, round, errors, errorStride, slots, lengths) {
        const roundMasks = masksOf(round);
        if (innerIsSign) {
          // The commonest composition has a kernel of its own, in which the rotated vector never leaves the first cache.
          kernels.encodeFlattenedSign(
            first,
            count,
            errors,
            errorStride,
            slots,
            slotBytes,
            dim,
            size,
            roundMasks,
            rotated,
          );
        } else {
          rotation.forward(errors, errorStride, rotated, rotatedStride, count, roundMasks);
          bound.encode(first, count, round, rotated, rotatedStride, slots, lengths);
        }
      },
      gather(first, count, round, slots, out, outStride) {
        bound.gather(first, count, round, slots, rotated, rotatedStride);
        rotation.backward(rotated, rotatedStride, out, outStride, count, masksOf(round));
      },
      decode(first, count, round, slots, out, outStride) {
        if (signsAreWhole) {
          const roundMasks = masksOf(round);
          kernels.decodeFlattenedSign(
            first,
            count,
            slots,
            slotBytes,
            out,
            outStride,
            dim,
            size,
            roundMasks,
            rotated,
          );
          return;
        }
        bound.decode(first, count, round, slots, rotated, rotatedStride);
        rotation.backward(rotated, rotatedStride, out, outStride, count, masksOf(round));
      },
    };
  },

  reference: (plan, seed, nested) => {
    const inner = nested.reference(plan.inner as CompressorPlan, seed);
    const fixed = plan['signs'] === 'fixed';
    // All agents share the signs of a round: drawn once, and not for each of them.
    let drawnFor = Number.NaN;
    let rotation: ReturnType<typeof referenceRotation>;
    return (error, round, agent) => {
      const draw = fixed ? 0 : round;
      if (draw !== drawnFor) rotation = referenceRotation(plan['rotation'] as RotationPlan, draw, seed);
      drawnFor = draw;
      return rotation.backward(inner(rotation.forward(error), round, agent));
    };
  },
};

/** What flattening is told of its rotation, here and in a parameter server. */
export function sizeParameter(z: Parameters<CompressorDefinition['parameters']>[0]) {
  return z.union([z.enum(['padded', 'exact']), z.int().min(1)]).optional();
}
