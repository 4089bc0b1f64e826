/**
 * Natural compression: every entry as a power of two. For 2^a <= |e_c| < 2^(a+1),
 *
 *     C(e, k)_c = sign(e_c) 2^(a+1) with probability (|e_c| - 2^a) / 2^a, sign(e_c) 2^a otherwise
 *
 * with `rounding: stochastic` (the default; dither of stream 2): unbiased, E|C(e) - e|^2 <= |e|^2 / 8,
 * contraction 7/8. With `rounding: nearest` the nearer of the two, the larger in a tie: biased, contraction
 * 8/9. Both of entries that the exponents below reach, the first in the mean over the dither.
 *
 * Bits: 9 dim: a sign and 8 bits of exponent, 0 for a zero, c for 2^(c-127): as in the paper, for which
 * numbers were float32. Departure: our numbers are not, so what is beyond 2^128 is sent as 2^128, and what is
 * below 2^-126 rounds to 2^-126 or 0.
 * Source: Horvath, Ho, Horvath, Sahu, Canini, Richtarik 2019 (arXiv 1905.10988).
 */

import { signBit } from '../../kernels/reference/compressors.js';
import { philoxUniform } from '../../kernels/reference/philox.js';
import { rowLength } from '../arena/layout.js';
import { defineCodec } from './define.js';
import { DITHER_STREAM } from './streams.js';

const EXPONENT_BITS = 8;
const LARGEST_CODE = 255;
/** POWERS[c] = 2^(c - 127), and 0 for c = 0. */
const POWERS = Float64Array.from({ length: LARGEST_CODE + 1 }, (_, c) => (c === 0 ? 0 : 2 ** (c - 127)));
const scratch = new DataView(new ArrayBuffer(8));

/** Exponent code of |x|; up: at random, against u in (0, 1), or in the nearer half. */
function exponentCode(x: number, u: number): number {
  const magnitude = Math.abs(x);
  scratch.setFloat64(0, magnitude);
  const exponent = (scratch.getUint32(0) >>> 20) - 1023;
  if (exponent >= 128) return LARGEST_CODE;
  const code = Math.max(0, exponent + 127);
  const low = POWERS[code];
  const share = code === 0 ? magnitude / POWERS[1] : (magnitude - low) / low;
  return share > 0 && u <= share ? code + 1 : code;
}

/** A power of two for every entry. */
export const natural = defineCodec({
  kind: 'natural',
  metadata: {
    title: 'Natural compression',
    summary: 'rounds every entry to a power of two, at random (unbiased) or to the nearest',
    source: 'Horvath, Ho, Horvath, Sahu, Canini, Richtarik 2019 (arXiv 1905.10988)',
  },
  parameters: (z) => ({
    rounding: z.enum(['stochastic', 'nearest']).optional().describe('stochastic by default'),
  }),
  plan: ({ rounding = 'stochastic' }, { dim, path, precision }) => {
    const dither = `${path.join('.')}.dither`;
    const stochastic = rounding === 'stochastic';
    return {
      stochastic,
      ...(stochastic && { variance: 1 / 8 }),
      messageBits: dim * (1 + EXPONENT_BITS),
      contraction: stochastic ? 7 / 8 : 8 / 9,
      contractionKind: 'range',
      dither,
      fields: [{ name: dither, type: 'real', length: rowLength(dim, precision), perWorker: true }],
    };
  },
  codec: ({ dim, stochastic, dither }, { kernels, seed, arena, worker }) => {
    const address = arena.address(dither, worker);
    const tau = arena.reals(dither, worker);
    return {
      encode(error, message, round, agent) {
        if (stochastic) {
          kernels.philoxUniform(address, dim, agent, round, DITHER_STREAM, seed.low, seed.high);
        }
        for (let c = 0; c < dim; c++) {
          message.bits(signBit(error[c]), 1);
          message.bits(exponentCode(error[c], stochastic ? 0.5 * tau[c] + 0.5 : 0.5), EXPONENT_BITS);
        }
      },
      decode(message, out) {
        for (let c = 0; c < dim; c++) {
          const negative = message.bits(1) === 1;
          const power = POWERS[message.bits(EXPONENT_BITS)];
          out[c] = negative ? -power : power;
        }
      },
    };
  },
  candidates: () => [{}, { rounding: 'nearest' }],
  reference:
    ({ stochastic }, seed) =>
    (error, round, agent) => {
      const tau = philoxUniform(error.length, agent, round, DITHER_STREAM, [seed.low, seed.high]);
      return error.map((entry, c) => {
        const power = POWERS[exponentCode(entry, stochastic ? 0.5 * tau[c] + 0.5 : 0.5)];
        return signBit(entry) ? -power : power;
      });
    },
});
