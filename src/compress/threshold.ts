/**
 * Threshold: keeps the entries of at least `threshold` times the largest magnitude, drops the rest. C(e, k)_c
 * = e_c where |e_c| >= threshold max|e| and e_c is not 0, else 0. Relative to the error itself, so that it
 * never falls silent before the error does: with an absolute threshold it would not be a spatio-temporal
 * compressor.
 *
 * Biased; contraction 1 / (1 + (dim - 1) threshold^2): the largest entry and, at worst, all others just below
 * the threshold. Bits vary: 1 + 64 n + min(ceil(log2(dim + 1)) + n ceil(log2 dim), dim) for n entries kept.
 * The first bit says how the places are given: 0, their number and their indices, ascending; 1, one bit for
 * every coordinate; whichever is shorter. Then the entries.
 * Source: Strom 2015; Sahu, Dutta, Abdelmoniem, Banerjee, Canini, Kalnis 2021 (arXiv 2108.00951). Departure:
 * relative.
 */

import { maxAbs } from '../../kernels/reference/sums.js';
import { defineCodec } from './define.js';
import { indexBits, realBitsOf } from './wire/format.js';

function kept(entry: number, least: number): boolean {
  return Math.abs(entry) >= least && entry !== 0;
}

/** Entries above this share of the largest. */
export const threshold = defineCodec({
  kind: 'threshold',
  metadata: {
    title: 'Threshold',
    summary: 'sends the entries of at least a share of the largest magnitude, with their places',
    source: 'Sahu, Dutta, Abdelmoniem, Banerjee, Canini, Kalnis 2021 (arXiv 2108.00951)',
  },
  parameters: (z) => ({
    threshold: z.number().gt(0).max(1).describe('share of the largest magnitude, in (0, 1]'),
  }),
  takes: ['threshold'],
  plan: ({ threshold: share }, context) => {
    const { dim } = context;
    return {
      share,
      messageBits: null,
      // At worst every entry, placed by whichever way is shorter then.
      longestBits: 1 + realBitsOf(context) * dim + Math.min(indexBits(dim + 1) + dim * indexBits(dim), dim),
      contraction: 1 / (1 + (dim - 1) * share * share),
      contractionKind: 'worst',
      projects: true,
      forgets: true,
    };
  },
  codec: ({ dim, share, realBits }) => {
    const countBits = indexBits(dim + 1);
    const placeBits = indexBits(dim);
    const places = new Uint32Array(dim);
    return {
      encode(error, message) {
        const least = share * maxAbs(error);
        let count = 0;
        for (let c = 0; c < dim; c++) if (kept(error[c], least)) places[count++] = c;
        const mapped = dim < countBits + count * placeBits;
        message.bits(mapped ? 1 : 0, 1);
        if (mapped) {
          for (let c = 0; c < dim; c++) message.bits(kept(error[c], least) ? 1 : 0, 1);
        } else {
          message.bits(count, countBits);
          for (let t = 0; t < count; t++) message.bits(places[t], placeBits);
        }
        for (let t = 0; t < count; t++) message.number(error[places[t]], realBits);
      },
      decode(message, out) {
        out.fill(0);
        let count = 0;
        if (message.bits(1) === 1) {
          for (let c = 0; c < dim; c++) if (message.bits(1) === 1) places[count++] = c;
        } else {
          count = message.bits(countBits);
          for (let t = 0; t < count; t++) places[t] = message.bits(placeBits);
        }
        for (let t = 0; t < count; t++) out[places[t]] = message.number(realBits);
      },
    };
  },
  reference:
    ({ share }) =>
    (error) => {
      const least = share * maxAbs(error);
      return error.map((entry) => (kept(entry, least) ? entry : 0));
    },
  examples: () => [{ threshold: 0.4 }],
});
