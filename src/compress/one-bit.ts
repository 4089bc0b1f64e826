/**
 * Dithered one-bit: one bit an entry and one scale.
 *
 *     lambda = amplitude |e|_2 / sqrt(dim)        b = sign(e + lambda tau)        C(e, k) = shrink lambda b
 *
 * tau uniform in (-1, 1), drawn for every agent, round and coordinate (stream 2). Where |e_c| <= lambda the
 * dither makes the bit fair, E[lambda b_c] = e_c, so with `shrink: 1` the message is unbiased with E|Q - e|^2
 * = dim lambda^2 - |e|^2 = (amplitude^2 - 1) |e|^2: no contraction from amplitude sqrt(2) on. `shrink: 1 /
 * amplitude^2` (the default) minimises the error: contraction 1 / amplitude^2. Entries above lambda saturate,
 * and a one-hot vector (lambda = amplitude |e| / sqrt(dim)) is hardly moved: hence `flatten(one-bit)`, which
 * is FO-SGD's compressor.
 *
 * Contraction: 2 shrink m - shrink^2 amplitude^2, with m the share of <e, E lambda b> / |e|^2: min(1,
 * amplitude / sqrt(dim)) for one-hot vectors, erf(amplitude / sqrt 2) for Gaussian ones. Bits: 64 + dim.
 * Behind a fresh random rotation in parts of n entries, an entry is a sum x of +-e_c / sqrt(n) over its part;
 * if all of the energy lies in one, lambda is a = amplitude sqrt(n / dim) times the root mean square of x,
 * elsewhere more. So m >= E|x| min(|x|, a) of some such sum with E x^2 = 1, and |x| min(|x|, a) >= a|x| -
 * a^2/4, where E|x| >= 1/sqrt 2 (Khinchin), or x^2 - x^(2q) max_t (t - a) t^(1 - 2q), where E x^(2q) <= (2q -
 * 1)!! (Khinchin again): whichever says most. With `lambda` in the place of `amplitude` it is a constant, or
 * a schedule of the rounds, and known to every reader: no scale is sent, shrink is 1 by default, bits: dim.
 * That is FO-SGD's quantiser, for errors whose size is known beforehand; it is no contraction, since it says
 * +-lambda whatever the error.
 * Source: Stollenwerk, Jacques 2024 (arXiv 2405.11095). Departure: `amplitude`, where lambda follows the
 * error's norm.
 */

import type { z } from 'zod';
import { ditheredBy, oneBit as ditheredSigns } from '../../kernels/reference/compressors.js';
import { philoxUniform } from '../../kernels/reference/philox.js';
import { DITHER_SCRATCH } from '../../kernels/sizes.js';
import { unexpected } from '../base/errors.js';
import { planSchedule, type Schedule, scheduleParameter, valueAt } from '../base/schedules.js';
import { defineWired } from './define.js';
import { drawnByNumber } from './slots.js';
import { DITHER_STREAM } from './streams.js';
import { realBitsOf, slotBytes } from './wire/format.js';
import { readSigns, signBits, signs } from './wire/signs.js';

const AMPLITUDE = 3;

/** One dithered bit an entry. */
export const oneBit = defineWired({
  kind: 'one-bit',
  metadata: {
    title: 'Dithered one-bit',
    summary:
      'sends one fair bit for every entry and one scale; unbiased with shrink 1, and then no contraction',
    source: 'Stollenwerk, Jacques 2024 (arXiv 2405.11095)',
  },
  parameters: oneBitParameters,
  plan: (spec, context) => {
    const { dim, path, rounds, mixed } = context;
    const realBits = realBitsOf(context);
    const dither = `${path.join('.')}.dither`;
    const common = {
      dither,
      fields: [{ name: dither, type: 'real' as const, length: DITHER_SCRATCH, perWorker: true }],
    };
    if (spec.lambda !== undefined) {
      if (spec.amplitude !== undefined) {
        throw unexpected([...path, 'amplitude'], spec.amplitude, 'nothing beside lambda: one of the two');
      }
      const lambda: Schedule | null = planSchedule(spec.lambda, rounds);
      const { shrink = 1 } = spec;
      return {
        ...common,
        amplitude: 0,
        lambda,
        shrink,
        messageBits: dim,
        slotBytes: slotBytes(signBits(dim, realBits)),
        commonScale: { lambda, shrink },
        contraction: 0,
        contractionKind: 'worst',
      };
    }
    const { amplitude = AMPLITUDE, shrink = 1 / amplitude ** 2 } = spec;
    const leastShare =
      mixed === undefined || mixed === 1
        ? Math.min(1, amplitude / Math.sqrt(dim))
        : leastMixedShare(amplitude * Math.sqrt(mixed / dim));
    const contraction = (share: number) => Math.max(0, 2 * shrink * share - (shrink * amplitude) ** 2);
    return {
      ...common,
      amplitude,
      lambda: null,
      shrink,
      messageBits: signBits(dim, realBits),
      contraction: contraction(leastShare),
      contractionKind: 'mean',
      ...(mixed === dim && dim > 1 && { typicalContraction: contraction(erf(amplitude / Math.SQRT2)) }),
      // <e, C(e)> = shrink m |e|^2 and |C(e)|^2 = shrink^2 amplitude^2 |e|^2.
      filterGain: leastShare / (shrink * amplitude ** 2),
    };
  },
  bind: (plan, runtime) => {
    const { kernels, seed, arena, worker, numbers } = runtime;
    const { dim, slotBytes, amplitude, lambda, shrink } = plan;
    const scratch = arena.address(plan.dither, worker);
    return {
      ...readSigns(plan, runtime, plan.realBits),
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
          lambda === null ? 0 : valueAt(lambda, round),
          shrink,
          round,
          seed.low,
          seed.high,
          scratch,
        ),
      ),
    };
  },
  messages: ({ dim, amplitude, lambda, shrink, realBits }, seed) => ({
    format: signs(dim, realBits),
    of(error, round, agent) {
      const tau = philoxUniform(dim, agent, round, DITHER_STREAM, [seed.low, seed.high]);
      return lambda === null
        ? ditheredSigns(error, tau, amplitude, shrink)
        : ditheredBy(error, tau, valueAt(lambda, round), shrink);
    },
  }),
  examples: () => [{ amplitude: 2.5, shrink: 0.2 }, { lambda: 0.7 }],
});

/** What `one-bit` and its flattened alias are given. */
export function oneBitParameters(zod: typeof z) {
  return {
    amplitude: zod
      .number()
      .positive()
      .optional()
      .describe('lambda in units of the root mean square of the entries, 3 by default'),
    lambda: scheduleParameter(zod)
      .optional()
      .describe('instead of amplitude: a number > 0, or a schedule; known to all readers and not sent'),
    shrink: zod
      .number()
      .positive()
      .optional()
      .describe('factor of the decoded message, by default 1 / amplitude^2, or 1 with lambda; 1 is unbiased'),
  };
}

/**
 * m at least, of any vector behind a fresh random rotation; `a`: lambda in units of an entry's root mean
 * square.
 */
function leastMixedShare(a: number): number {
  let most = Math.max(0, a / Math.SQRT2 - (a * a) / 4);
  // A scale beyond every sum says all in the mean; the largest entry of a part of n is sqrt(n) rms, which the
  // powers below come to.
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
