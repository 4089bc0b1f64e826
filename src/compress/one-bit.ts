/**
 * Dithered one-bit: one bit an entry and one scale.
 *
 *     lambda = amplitude |e|_2 / sqrt(dim)        b = sign(e + lambda tau)        C(e, k) = shrink lambda b
 *
 * tau uniform in (-1, 1), drawn for every agent, round and coordinate (stream 2). Where |e_c| <= lambda the dither makes the bit fair,
 * E[lambda b_c] = e_c, so with `shrink: 1` the message is unbiased with E|Q - e|^2 = dim lambda^2 - |e|^2 = (amplitude^2 - 1) |e|^2: no contraction
 * from amplitude sqrt(2) on. `shrink: 1 / amplitude^2` (the default) minimises the error: contraction 1 / amplitude^2. Entries above lambda
 * saturate, and a one-hot vector (lambda = amplitude |e| / sqrt(dim)) is hardly moved: hence `flatten(one-bit)`, which is FO-SGD's compressor.
 *
 * Contraction: 2 shrink m - shrink^2 amplitude^2, with m the share of <e, E lambda b> / |e|^2: min(1, amplitude / sqrt(dim)) for
 * one-hot vectors, erf(amplitude / sqrt 2) for Gaussian ones. Bits: 64 + dim.
 * Source: Stollenwerk, Jacques 2024 (arXiv 2405.11095). Departure: there lambda is a constant, here it follows the error's norm.
 */

import { decodeSigned, oneBit as ditheredSigns } from '../../kernels/reference/compressors.js';
import { philoxUniform } from '../../kernels/reference/philox.js';
import { rowLength } from '../arena/layout.js';
import { positiveNumber } from './parameters.js';
import { bindSignReaders } from './sign-message.js';
import { DITHER_STREAM } from './streams.js';
import type { CompressorDefinition } from './types.js';
import { signBits, slotBytes } from './wire.js';

const AMPLITUDE = 3;

export const oneBit: CompressorDefinition = {
  kind: 'one-bit',
  card: {
    title: 'Dithered one-bit',
    summary:
      'sends one fair bit for every entry and one scale; unbiased with shrink 1, and then no contraction',
    source: 'Stollenwerk, Jacques 2024 (arXiv 2405.11095)',
  },
  parameters: (z) => z.strictObject({ kind: z.literal('one-bit'), ...oneBitParameters(z) }),
  plan: (spec, { dim, path }) => {
    const amplitude = positiveNumber(spec, 'amplitude', path, AMPLITUDE);
    const shrink = positiveNumber(spec, 'shrink', path, 1 / amplitude ** 2);
    const messageBits = signBits(dim);
    const contraction = (share: number) => Math.max(0, 2 * shrink * share - (shrink * amplitude) ** 2);
    return {
      kind: 'one-bit',
      dim,
      amplitude,
      shrink,
      messageBits,
      slotBytes: slotBytes(messageBits),
      linear: false,
      contraction: contraction(Math.min(1, amplitude / Math.sqrt(dim))),
      spreadContraction: contraction(erf(amplitude / Math.SQRT2)),
      dither: `${path.join('.')}.dither`,
      fields: [{ name: `${path.join('.')}.dither`, type: 'f64', length: rowLength(dim), perWorker: true }],
    };
  },
  bind: (plan, runtime) => {
    const { kernels, seed, arena, worker } = runtime;
    const { dim, slotBytes } = plan;
    const amplitude = plan['amplitude'] as number;
    const shrink = plan['shrink'] as number;
    const scratch = arena.address(plan['dither'] as string, worker);
    return {
      ...bindSignReaders(plan, runtime),
      prepare: () => {},
      encode: (first, count, round, errors, errorStride, slots) =>
        kernels.encodeOneBit(
          first,
          count,
          errors,
          errorStride,
          slots,
          slotBytes,
          dim,
          amplitude,
          shrink,
          round,
          seed.low,
          seed.high,
          scratch,
        ),
    };
  },
  reference: (plan, seed) => (error, round, agent) => {
    const tau = philoxUniform(error.length, agent, round, DITHER_STREAM, [seed.low, seed.high]);
    return decodeSigned(ditheredSigns(error, tau, plan['amplitude'] as number, plan['shrink'] as number));
  },
};

/** What `one-bit` and its flattened alias are given. */
export function oneBitParameters(z: Parameters<CompressorDefinition['parameters']>[0]) {
  return {
    amplitude: z
      .number()
      .positive()
      .optional()
      .describe('lambda in units of the root mean square of the entries, 3 by default'),
    shrink: z
      .number()
      .positive()
      .optional()
      .describe('factor of the decoded message, 1 / amplitude^2 by default; 1 is unbiased'),
  };
}

/** erf(x) = 2/sqrt(pi) sum_n (-1)^n x^(2n+1) / (n! (2n+1)), x > 0; beyond 4 it is 1 to eight digits. */
function erf(x: number): number {
  if (x > 4) return 1;
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
