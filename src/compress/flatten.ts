/**
 * Flatten: a combinator. C(e, k) = U_k^T inner(U_k e), U_k = H D_k / sqrt(P): H the Walsh-Hadamard matrix of
 * size P (dim padded to a power of two), D_k random signs drawn from the seed and shared by all, so they cost
 * nothing. `signs: fresh` (the default) draws them for every round, `signs: fixed` keeps those of round 0:
 * cheaper, and a memory inside keeps its coordinates, but a vector that is unlucky stays so.
 *
 * The rotation spreads a vector's energy evenly over its coordinates, almost whatever the vector: then one
 * bit a coordinate loses little. `flatten(sign)` leaves a relative squared error of 1 - 2/pi = 0.363 in most
 * messages, and of 1/2 in the mean over the signs at worst (of a pair of equal entries: `sign.ts` has the
 * argument). In parts of n entries energy is spread within a part only, and of a vector that lies in one of
 * them n/dim as much is kept. What the inner compressor's contraction is, it is of vectors that a rotation
 * makes: it is told (`mixed`). With `signs: fixed` it is not: what is left of a message meets the same
 * rotation again, and is soon as bad as any vector. Nor is it within another `flatten`, whose signs are the
 * same. Bits: those of the inner compressor at dimension P. With `size: exact`, or the entries of a part,
 * nothing is padded and P is dim: see rotation.ts.
 * Source: Stollenwerk, Jacques 2024 (arXiv 2405.11095). Departure: there an SGD's gradients, here any
 * message.
 *
 * Because U_k is shared, neighbours' messages are summed in the rotated domain and rotated back once: a
 * gather costs one transform, not one for each neighbour.
 */

import { defineCompressor, innerCompressor } from './define.js';
import { TRANSFORM_NS } from './nanoseconds.js';
import {
  bindRotation,
  planRotation,
  referenceRotation,
  rotationMasks,
  sizeParameter,
  transformWork,
} from './rotation.js';
import { around, blockRows } from './slots.js';

/** U^T inner(U e) with a shared random rotation. */
export const flatten = defineCompressor({
  kind: 'flatten',
  metadata: {
    title: 'Flatten (randomized Walsh-Hadamard)',
    summary: 'rotates at random before the inner compressor, and back after it',
    source: 'Stollenwerk, Jacques 2024 (arXiv 2405.11095)',
  },
  parameters: (z) => ({
    signs: z.enum(['fresh', 'fixed']).optional().describe('drawn every round (the default), or once'),
    size: sizeParameter(z).describe(
      'padded to a power of two (the default), exact, or a power of two: the entries of a part that is rotated by itself',
    ),
    inner: innerCompressor(z, 'compressor of the rotated vector'),
  }),
  takes: ['inner'],

  plan: (spec, context, nested) => {
    const { dim, blockAgents, path, precision } = context;
    const fixed = spec.signs === 'fixed';
    const rotation = planRotation(dim, spec.size, [...path, 'size']);
    const { size, part } = rotation;
    const fresh = !fixed && context.mixed === undefined;
    const inner = nested.plan(spec.inner, {
      ...context,
      dim: size,
      mixed: fresh ? part || size : undefined,
      path: [...path, 'inner'],
    });
    const name = path.join('.');
    const scratch = `${name}.scratch`;
    const atOnce = part === 0 && inner.wholeRounds === true;
    return {
      // A rotation keeps means and lengths, and cutting off what was padded loses no more.
      ...around(inner, context),
      ...(inner.variance !== undefined && { variance: inner.variance }),
      rotates: { rotation, fixed },
      nanoseconds: { ...inner.nanoseconds, own: inner.nanoseconds.own + TRANSFORM_NS * size },
      work: {
        own: transformWork(size),
        neighbour: inner.linear && inner.messageBits !== null ? inner.messageBits / inner.realBits : size,
      },
      masks: `${name}.masks`,
      rotated: `${name}.rotated`,
      scratch: atOnce ? scratch : null,
      fields: [
        ...inner.fields,
        // D_k as sign-bit masks, of round k (to read messages) and, where it differs, of round k+1 (to write
        // them).
        rotationMasks(`${name}.masks`, rotation, fixed ? 1 : 2),
        blockRows(`${name}.rotated`, blockAgents, { dim: size, precision }),
        ...(atOnce ? [{ name: scratch, type: 'f64' as const, length: 3 * size + 64, perWorker: true }] : []),
      ],
    };
  },

  bind: (plan, runtime, nested) => {
    const { arena, worker } = runtime;
    const { dim, slotBytes, scratch } = plan;
    const { rotation: planned, fixed } = plan.rotates;
    const { size } = planned;
    const rotation = bindRotation(planned, runtime);
    const masks = arena.address(plan.masks, worker);
    const masksOf = (round: number) =>
      fixed ? masks : masks + (round & 1) * planned.signs * arena.realBytes;
    if (fixed) rotation.drawMasks(masks, 0);
    const rotated = arena.address(plan.rotated, worker);
    const { stride } = rotation;
    const bound = nested.bind(plan.inner, runtime);
    // Some compositions have kernels of their own, in which the rotated vector never leaves the first cache.
    const { encode, decode } = (planned.part === 0 && bound.rotated) || {};

    return {
      ...(scratch !== null && {
        rotatedSigns: { size, slotBytes, scratch: arena.address(scratch, worker), masksOf },
      }),
      prepare(round) {
        if (!fixed) rotation.drawMasks(masksOf(round), round);
        bound.prepare(round);
      },
      encode(first, count, round, errors, errorStride, slots, lengths) {
        const mask = masksOf(round);
        if (encode) {
          encode(first, count, errors, errorStride, slots, slotBytes, dim, size, mask, rotated);
        } else {
          rotation.forward(errors, errorStride, rotated, stride, count, mask);
          bound.encode(first, count, round, rotated, stride, slots, lengths);
        }
      },
      gather(first, count, round, slots, out, outStride) {
        bound.gather(first, count, round, slots, rotated, stride);
        rotation.backward(rotated, stride, out, outStride, count, masksOf(round));
      },
      decode(first, count, round, slots, out, outStride) {
        const mask = masksOf(round);
        if (decode) {
          decode(first, count, slots, slotBytes, out, outStride, dim, size, mask, rotated);
        } else {
          bound.decode(first, count, round, slots, rotated, stride);
          rotation.backward(rotated, stride, out, outStride, count, mask);
        }
      },
    };
  },

  reference: (plan, seed, nested) => {
    const inner = nested.reference(plan.inner, seed);
    const { rotation: planned, fixed } = plan.rotates;
    // All agents share the signs of a round: drawn once, and not for each of them.
    let drawnFor = Number.NaN;
    let rotation: ReturnType<typeof referenceRotation>;
    return (error, round, agent) => {
      const draw = fixed ? 0 : round;
      if (draw !== drawnFor) rotation = referenceRotation(planned, draw, seed);
      drawnFor = draw;
      return rotation.backward(inner(rotation.forward(error), round, agent));
    };
  },
  examples: () => [{ inner: { kind: 'sign' } }],
  candidates: (dim) => {
    const inner = [{ kind: 'sign' }, { kind: 'sign', scaleBits: 32 }];
    // Padding a vector may nearly double its message.
    const padded = 2 ** Math.ceil(Math.log2(dim)) > dim;
    return inner.flatMap((inner) => [{ inner }, ...(padded ? [{ inner, size: 'exact' }] : [])]);
  },
});
