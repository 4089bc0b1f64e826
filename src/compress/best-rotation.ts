/**
 * Best rotation: `flatten(sign)` whose sender tries several rotations and says which one served it best.
 *
 *     u_t = H P_t D_k e / sqrt(P)     t = argmax |u_t|_1 (ties: lowest)     C(e, k) = U_t^T (mean|u_t| sign(u_t))
 *
 * D_k are the shared signs of `flatten`, fresh every round; P_t are `choices` sign patterns drawn once from
 * the seed (stream 10), shared too. What a message loses is 1 - |u_t|_1^2 / (P |e|^2), so the largest |u_t|_1
 * loses least. On a sphere |u|_1 has a relative spread of about 0.27 / sqrt(P), 3.3% at P = 64, and the best
 * of 16 lies 1.8 of these above the mean: a relative squared error of 0.29 where flatten(sign) leaves 0.36.
 * The gain fades like 1/sqrt(P): at P = 1024 it is a quarter of that.
 *
 * Biased; contraction at least that of flatten(sign): 1/2 of any vector, in the mean, and 2/pi or more of
 * most. Bits: scaleBits + log2 choices + P. Costs the sender `choices` transforms a message, and every
 * receiver one a neighbour, since rotations differ between senders.
 * Source: our own; the idea of trying several encodings of one vector and naming the best is folklore in
 * vector quantisation.
 */

import { nearestFloat32, signBit } from '../../kernels/reference/compressors.js';
import { ALL_AGENTS, philoxWords } from '../../kernels/reference/philox.js';
import { flattenSigns, flatten as rotate, unflatten } from '../../kernels/reference/wht.js';
import type { Seed } from '../runtime.js';
import type { Codec } from './codec.js';
import { defineCodec } from './define.js';
import { codecNs, TRANSFORM_NS } from './nanoseconds.js';
import { nextPowerOfTwo, transformWork } from './rotation.js';
import { ROTATION_STREAM } from './streams.js';
import type { CompressorPlan } from './types.js';
import { indexBits, realBitsOf } from './wire/format.js';
import { planScaleBits } from './wire/signs.js';

const CHOICES = [2, 4, 8, 16, 32, 64, 128, 256] as const;

/** One bit a coordinate in the best of several rotations. */
export const bestRotation = defineCodec({
  kind: 'best-rotation',
  metadata: {
    title: 'Best rotation',
    summary: 'flatten(sign) by the rotation, out of several, that loses least',
    source: 'none',
  },
  parameters: (z) => ({
    choices: z
      .union(CHOICES.map((count) => z.literal(count)))
      .optional()
      .describe('rotations to try, a power of two in 2..256; 16 by default'),
    scaleBits: z
      .union([z.literal(64), z.literal(32)])
      .optional()
      .describe('bits of the scale, 64 (the default) or 32'),
  }),
  plan: ({ choices = 16, scaleBits: asked }, context) => {
    const { dim } = context;
    const scaleBits = planScaleBits(asked, context);
    const size = nextPowerOfTwo(dim);
    const rounding = scaleBits < realBitsOf(context) ? 1 - 2 ** -48 : 1;
    return {
      size,
      tried: choices,
      scaleBits,
      messageBits: scaleBits + indexBits(choices) + size,
      ...costOf(dim, size, choices),
      // The best of several keeps at least what a single one does, half in the mean: see `sign.ts`.
      contraction: size === 1 ? rounding : rounding / 2,
      contractionKind: rounding < 1 ? 'range' : size === 1 ? 'worst' : 'mean',
      typicalContraction: size === 1 ? rounding : (rounding * 2) / Math.PI,
      projects: true,
    };
  },
  candidates: () => [{ scaleBits: 32 }],
  codec: (plan, runtime) => rotationCodec(plan, runtime.seed),
  reference: (plan, seed) => {
    const { size } = plan;
    const patterns = patternsOf(plan, seed);
    return (error, round) => {
      const shared = flattenSigns(size, round, seed.low, seed.high);
      const signs = patterns.map((pattern) => pattern.map((sign, c) => sign * shared[c]));
      const rotated = signs.map((choice) => rotate(error, choice));
      const norms = rotated.map((row) => row.reduce((sum, entry) => sum + Math.abs(entry), 0));
      const best = norms.indexOf(Math.max(...norms));
      const scale = roundScale(plan, norms[best] / size);
      const message = rotated[best].map((entry) => (signBit(entry) ? -scale : scale));
      return unflatten(message, signs[best], error.length);
    };
  },
});

/**
 * Every rotation that is tried is a transform, and so is every message that is read: a sender's own, and that
 * of each neighbour.
 */
function costOf(dim: number, size: number, choices: number): Pick<CompressorPlan, 'work' | 'nanoseconds'> {
  const { own, neighbour } = codecNs(dim);
  return {
    work: { own: (choices + 1) * transformWork(size), neighbour: transformWork(size) },
    nanoseconds: {
      own: own + choices * TRANSFORM_NS * size,
      neighbour: neighbour + TRANSFORM_NS * size,
    },
  };
}

interface Tried {
  dim: number;
  size: number;
  /** Rotations. */
  tried: number;
  scaleBits: 64 | 32;
}

function patternsOf({ size, tried: choices }: Tried, { low, high }: Seed): Float64Array[] {
  const words = Math.ceil(size / 32);
  const drawn = philoxWords(words * choices, ALL_AGENTS, 0, ROTATION_STREAM, [low, high]);
  return Array.from({ length: choices }, (_, t) =>
    Float64Array.from({ length: size }, (__, c) =>
      (drawn[t * words + (c >>> 5)] >>> (c & 31)) & 1 ? -1 : 1,
    ),
  );
}

/** A float32 scale keeps within the finite ones, as in `sign`. */
function roundScale({ scaleBits }: Tried, scale: number): number {
  return scaleBits === 32 ? nearestFloat32(scale) : scale;
}

/**
 * `wht` with two of its stages to a pass: the same additions in the same order, so the same bits, in half the
 * time.
 */
function transform(data: Float64Array): void {
  const { length } = data;
  let h = 1;
  for (; 4 * h <= length; h *= 4) {
    for (let group = 0; group < length; group += 4 * h) {
      for (let c = group; c < group + h; c++) {
        const near = data[c] + data[c + h];
        const nearDifference = data[c] - data[c + h];
        const far = data[c + 2 * h] + data[c + 3 * h];
        const farDifference = data[c + 2 * h] - data[c + 3 * h];
        data[c] = near + far;
        data[c + h] = nearDifference + farDifference;
        data[c + 2 * h] = near - far;
        data[c + 3 * h] = nearDifference - farDifference;
      }
    }
  }
  for (let c = 0; h < length && c < h; c++) {
    const difference = data[c] - data[c + h];
    data[c] += data[c + h];
    data[c + h] = difference;
  }
}

function rotationCodec(plan: Tried, seed: Seed): Codec {
  const { dim, size, tried: choices } = plan;
  const single = plan.scaleBits === 32;
  const indexLength = indexBits(choices);
  const factor = 1 / Math.sqrt(size);
  const patterns = patternsOf(plan, seed);
  // Signs of the rounds whose messages are read and written: encode is one round ahead of decode.
  const shared = [new Float64Array(size), new Float64Array(size)];
  const rotated = new Float64Array(size);
  const best = new Float64Array(size);

  return {
    prepare(round) {
      shared[round & 1].set(flattenSigns(size, round, seed.low, seed.high));
    },
    encode(error, message, round) {
      const signs = shared[round & 1];
      let choice = 0;
      let largest = -1;
      for (let t = 0; t < choices; t++) {
        const pattern = patterns[t];
        for (let c = 0; c < dim; c++) rotated[c] = error[c] * signs[c] * pattern[c];
        rotated.fill(0, dim);
        transform(rotated);
        let norm = 0;
        for (let c = 0; c < size; c++) norm += Math.abs(rotated[c] * factor);
        if (norm > largest) {
          largest = norm;
          choice = t;
          best.set(rotated);
        }
      }
      const scale = roundScale(plan, Math.max(0, largest) / size);
      if (single) message.float32(scale);
      else message.float64(scale);
      message.bits(choice, indexLength);
      for (let word = 0; word < size; word += 32) {
        const length = Math.min(32, size - word);
        let bits = 0;
        for (let c = 0; c < length; c++) if (signBit(best[word + c])) bits |= 1 << c;
        message.bits(bits >>> 0, length);
      }
    },
    decode(message, out, round) {
      const scale = single ? message.float32() : message.float64();
      const pattern = patterns[message.bits(indexLength)];
      const signs = shared[round & 1];
      for (let word = 0; word < size; word += 32) {
        const length = Math.min(32, size - word);
        const bits = message.bits(length);
        for (let c = 0; c < length; c++) rotated[word + c] = (bits >>> c) & 1 ? -scale : scale;
      }
      transform(rotated);
      for (let c = 0; c < dim; c++) out[c] = rotated[c] * factor * signs[c] * pattern[c];
    },
  };
}
