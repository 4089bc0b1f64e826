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
 * Behind a fresh random rotation in parts of n entries, an entry is a sum x of +-e_c / sqrt(n) over its part; if all of the energy lies in one, lambda is a = amplitude sqrt(n / dim) times
 * the root mean square of x, elsewhere more. So m >= E|x| min(|x|, a) of some such sum with E x^2 = 1, and |x| min(|x|, a) >= a|x| - a^2/4, where E|x| >= 1/sqrt 2 (Khinchin),
 * or x^2 - x^(2q) max_t (t - a) t^(1 - 2q), where E x^(2q) <= (2q - 1)!! (Khinchin again): whichever says most.
 * With `lambda` in the place of `amplitude` it is a constant, or a schedule of the rounds, and known to every reader: no scale is sent, shrink is 1 by default,
 * bits: dim. That is FO-SGD's quantiser, for errors whose size is known beforehand; it is no contraction, since it says +-lambda whatever the error.
 * Source: Stollenwerk, Jacques 2024 (arXiv 2405.11095). Departure: `amplitude`, where lambda follows the error's norm.
 */

import { decodeSigned, ditheredBy, oneBit as ditheredSigns } from '../../kernels/reference/compressors.js';
import { philoxUniform } from '../../kernels/reference/philox.js';
import { DITHER_SCRATCH } from '../../kernels/sizes.js';
import { unexpected } from '../errors.js';
import { planSchedule, type Schedule, scheduleParameter, valueAt } from '../schedules.js';
import { positiveNumber } from './parameters.js';
import { bindSignReaders } from './sign-message.js';
import { drawnByNumber } from './slots.js';
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
  plan: (spec, { dim, path, rounds, mixed }) => {
    const dither = `${path.join('.')}.dither`;
    const common = {
      kind: 'one-bit',
      dim,
      linear: false,
      dither,
      fields: [{ name: dither, type: 'f64' as const, length: DITHER_SCRATCH, perWorker: true }],
    };
    if (spec['lambda'] !== undefined) {
      if (spec['amplitude'] !== undefined) {
        throw unexpected([...path, 'amplitude'], spec['amplitude'], 'nothing beside lambda: one of the two');
      }
      const lambda = planSchedule(spec['lambda'], rounds, [...path, 'lambda']);
      return {
        ...common,
        amplitude: 0,
        lambda,
        shrink: positiveNumber(spec, 'shrink', path, 1),
        messageBits: dim,
        slotBytes: slotBytes(signBits(dim)),
        commonScale: true,
        contraction: 0,
        contractionKind: 'worst',
      };
    }
    const amplitude = positiveNumber(spec, 'amplitude', path, AMPLITUDE);
    const shrink = positiveNumber(spec, 'shrink', path, 1 / amplitude ** 2);
    const messageBits = signBits(dim);
    const leastShare =
      mixed === undefined || mixed === 1
        ? Math.min(1, amplitude / Math.sqrt(dim))
        : leastMixedShare(amplitude * Math.sqrt(mixed / dim));
    const contraction = (share: number) => Math.max(0, 2 * shrink * share - (shrink * amplitude) ** 2);
    return {
      ...common,
      amplitude,
      shrink,
      messageBits,
      slotBytes: slotBytes(messageBits),
      contraction: contraction(leastShare),
      contractionKind: 'mean',
      ...(mixed === dim && dim > 1 && { typicalContraction: contraction(erf(amplitude / Math.SQRT2)) }),
      // <e, C(e)> = shrink m |e|^2 and |C(e)|^2 = shrink^2 amplitude^2 |e|^2.
      filterGain: leastShare / (shrink * amplitude ** 2),
    };
  },
  bind: (plan, runtime) => {
    const { kernels, seed, arena, worker, numbers } = runtime;
    const { dim, slotBytes } = plan;
    const amplitude = plan['amplitude'] as number;
    const lambda = plan['lambda'] as Schedule | undefined;
    const shrink = plan['shrink'] as number;
    const scratch = arena.address(plan['dither'] as string, worker);
    return {
      ...bindSignReaders(plan, runtime),
      prepare: () => {},
      encode: drawnByNumber(numbers, slotBytes, (first, count, round, errors, errorStride, slots) =>
        kernels.encodeOneBit(
          first,
          count,
          errors,
          errorStride,
          slots,
          slotBytes,
          dim,
          amplitude,
          lambda === undefined ? 0 : valueAt(lambda, round),
          shrink,
          round,
          seed.low,
          seed.high,
          scratch,
        ),
      ),
    };
  },
  reference: (plan, seed) => {
    const lambda = plan['lambda'] as Schedule | undefined;
    const shrink = plan['shrink'] as number;
    return (error, round, agent) => {
      const tau = philoxUniform(error.length, agent, round, DITHER_STREAM, [seed.low, seed.high]);
      return decodeSigned(
        lambda === undefined
          ? ditheredSigns(error, tau, plan['amplitude'] as number, shrink)
          : ditheredBy(error, tau, valueAt(lambda, round), shrink),
      );
    };
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
    lambda: scheduleParameter(z)
      .optional()
      .describe('instead of amplitude: a number > 0, or a schedule; known to all readers and not sent'),
    shrink: z
      .number()
      .positive()
      .optional()
      .describe('factor of the decoded message, by default 1 / amplitude^2, or 1 with lambda; 1 is unbiased'),
  };
}

/** m at least, of any vector behind a fresh random rotation; `a`: lambda in units of an entry's root mean square. */
function leastMixedShare(a: number): number {
  let most = Math.max(0, a / Math.SQRT2 - (a * a) / 4);
  // A scale beyond every sum says all in the mean; the largest entry of a part of n is sqrt(n) rms, which the powers below come to.
  let moment = 1;
  for (let q = 2; q <= MOST_MOMENT; q++) {
    moment *= 2 * q - 1;
    const at = (a * (2 * q - 1)) / (2 * q - 2);
    most = Math.max(most, 1 - moment * (at - a) * at ** (1 - 2 * q));
  }
  return most;
}

const MOST_MOMENT = 40;

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
