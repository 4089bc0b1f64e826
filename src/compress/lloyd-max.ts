/**
 * Lloyd-Max: every entry as one of the 2^b levels of the best quantizer of a normal number, under one scale.
 *
 *     unit = |e|_2 / sqrt(dim)      q_c = the level nearest to e_c / unit      C(e, k) = S q
 *
 *     scale: biased      S = <e, q> / |q|^2      loses least: |e - C(e)|^2 = |e|^2 (1 - cos^2)
 *     scale: unbiased    S = |e|^2 / <e, q>      <e, C(e)> = |e|^2, the loss is |e|^2 (1 / cos^2 - 1)
 *     scale: norm        S = |e| / |q|           |C(e)| = |e|, the loss is |e|^2 (2 - 2 cos)
 *
 * cos = <e, q> / (|e| |q|). Of one bit the level is sqrt(2 / pi), and C(e) is that of `sign`. Made for entries
 * that are like normal numbers, which a rotation makes of them: `eden` is short for `flatten(lloyd-max)`, and
 * loses D, D / (1 - D) or 2 - 2 sqrt(1 - D) of most vectors (`normal-levels.ts`: D = 0.363, 0.117, 0.0345,
 * 0.0095, ... for b = 1, 2, 3, 4, ...), a quarter less for each bit more than that.
 *
 * What is kept of any vector, in entries z_c = e_c / unit, whose squares are 1 in the mean: cos^2 =
 * (mean z q)^2 / mean q^2. With r the largest level over the lower end of its cell, q^2 <= r z q + l_1^2; with
 * c the least level over the upper end of its cell and L the highest one, z q >= min(c z^2, L |z|). So
 *
 *     cos^2 >= m^2 / (r m + l_1^2)     m = min(c, L / sqrt(dim)) <= mean z q
 *
 * Behind a rotation whose random signs are fresh every round, z_c is a sum of +-a_i. In the whole vector
 * E z_c^2 = 1, E |z_c| >= 1/sqrt 2, E z_c^4 <= 3 and E z_c^6 <= 15 (Khinchin; Szarek 1976), so that a
 * polynomial in |z| of these powers that lies above (z - Q(z))^2 bounds what is lost in the mean:
 * `LEAST_MIXED` is 1 less the best of these, rounded down. In parts of n entries the energy may lie in one;
 * then E z_c^2 = dim/n there, and as |z| min(|z|, x) >= x |z| - x^2/4 the bound above holds in the mean with
 * m = c (a / sqrt 2 - a^2 / 4), a = min(sqrt 2, L sqrt(n / dim) / c).
 *
 * Bits: scaleBits + b dim. Source: Vargaftik et al. 2022 (arXiv 2108.08842). Departures: `unit` is the error's
 * own, and so is every scale; theirs is `unbiased`, the others are least squares and what keeps the length.
 */

import type { z } from 'zod';
import {
  decodeFitted,
  type FitRule,
  fitLevels,
  nearestFloat32,
  signBit,
} from '../../kernels/reference/compressors.js';
import type { PlanContext } from '../runtime.js';
import type { Codec } from './codec.js';
import { defineCodec } from './define.js';
import { NORMAL_DISTORTIONS, NORMAL_LEVELS } from './normal-levels.js';
import { type CompressorPlan, weakestKind } from './types.js';
import { realBitsOf } from './wire/format.js';
import { planScaleBits } from './wire/signs.js';

/** Kept at least in the mean, of any vector that a fresh random rotation mixes as a whole; b = 1..8. */
export const LEAST_MIXED = [0.5, 0.6917, 0.9027, 0.9716, 0.9912, 0.9968, 0.9986, 0.9992];

/** What rounding a scale to float32 may cost, where a scale that loses least is rounded and where another is. */
const ROUNDED_BEST = 2 ** -48;
const ROUNDED = 2 ** -22;

/** cos^2 of any vector at least, of `dim` entries; `parts`: in the mean, where parts of so many are mixed. */
export function leastKept(levels: readonly number[], dim: number, parts?: number): number {
  const highest = levels[levels.length - 1];
  // Of a single level there is neither a cell that begins above zero nor one that ends.
  let over = 0;
  let under = Number.POSITIVE_INFINITY;
  for (let i = 1; i < levels.length; i++) {
    const end = (levels[i - 1] + levels[i]) / 2;
    over = Math.max(over, levels[i] / end);
    under = Math.min(under, levels[i - 1] / end);
  }
  let mean: number;
  if (parts === undefined) {
    mean = Math.min(under, highest / Math.sqrt(dim));
  } else {
    // a c: with c without end, a itself is nothing.
    const reach = Math.min(Math.SQRT2 * under, highest * Math.sqrt(parts / dim));
    mean = reach / Math.SQRT2 - reach ** 2 / (4 * under);
  }
  return mean ** 2 / (over * mean + levels[0] ** 2);
}

/** Parameters of `lloyd-max` and of its alias. */
export function fitParameters(zod: typeof z) {
  return {
    bits: zod.int().min(1).max(NORMAL_LEVELS.length).optional().describe('bits of an entry, 2 by default'),
    scale: zod
      .enum(['biased', 'unbiased', 'norm'])
      .optional()
      .describe('<e,q>/|q|^2 (the default) loses least, |e|^2/<e,q>, or |e|/|q|'),
    scaleBits: zod
      .union([zod.literal(64), zod.literal(32)])
      .optional()
      .describe('bits of the scale, 64 (the default) or 32'),
  };
}

/** One of a few levels for every entry, times one scale. */
export const lloydMax = defineCodec({
  kind: 'lloyd-max',
  metadata: {
    title: 'Lloyd-Max levels',
    summary: 'sends every entry as one of 2^bits levels made for normal numbers, and one scale',
    source: 'Max 1960; Lloyd 1982; scales: Vargaftik et al. 2022 (arXiv 2108.08842)',
  },
  parameters: fitParameters,
  plan: ({ bits = 2, scale = 'biased', scaleBits: asked }, context) => {
    const scaleBits = planScaleBits(asked, context);
    return {
      bits,
      scale,
      scaleBits,
      messageBits: scaleBits + bits * context.dim,
      ...keptOf(scale, bits, context, scaleBits < realBitsOf(context)),
      projects: scale === 'biased',
    };
  },
  codec: ({ dim, bits, scale: rule, scaleBits }): Codec => {
    const levels = Float64Array.from(NORMAL_LEVELS[bits - 1]);
    const half = levels.length;
    const all = 2 * half;
    const thresholds = levels.subarray(1).map((level, i) => (levels[i] + level) / 2);
    // What a code stands for: those below zero come from the end.
    const values = Float64Array.from({ length: all }, (_, code) =>
      code < half ? levels[code] : -levels[all - 1 - code],
    );
    const codes = new Uint8Array(dim);
    const atOnce = Math.floor(32 / bits);
    const least = leastCodes(thresholds);
    const beyond = least.length;
    // Where the cells of the levels end: the last one does not.
    const ends = new Float64Array(half).fill(Number.POSITIVE_INFINITY);
    return {
      encode(error, message) {
        const length = lengthOf(error);
        const unit = length / Math.sqrt(dim);
        for (let i = 0; i < half - 1; i++) ends[i] = thresholds[i] * unit;
        const perSize = PER_UNIT / unit;
        // Of a unit that is 0, none, or too small to divide by, every search begins at the first level.
        const places = perSize < Number.POSITIVE_INFINITY ? perSize : 0;
        let product = 0;
        let energy = 0;
        for (let c = 0; c < dim; c++) {
          const size = Math.abs(error[c]);
          const place = size * places;
          let code = place < beyond ? least[place | 0] : place >= beyond ? half - 1 : 0;
          while (size > ends[code]) code++;
          product += size * levels[code];
          energy += levels[code] * levels[code];
          codes[c] = signBit(error[c]) ? all - 1 - code : code;
        }
        let scale = product / energy;
        if (rule === 'unbiased') scale = product === 0 ? 0 : length * (length / product);
        if (rule === 'norm') scale = length / Math.sqrt(energy);
        message.number(scaleBits === 32 ? nearestFloat32(scale) : scale, scaleBits);
        for (let c = 0; c < dim; c += atOnce) {
          const count = Math.min(atOnce, dim - c);
          let word = 0;
          for (let t = 0; t < count; t++) word |= codes[c + t] << (bits * t);
          message.bits(word >>> 0, bits * count);
        }
      },
      decode(message, out) {
        const scale = message.number(scaleBits);
        for (let c = 0; c < dim; c += atOnce) {
          const count = Math.min(atOnce, dim - c);
          const word = message.bits(bits * count);
          for (let t = 0; t < count; t++) out[c + t] = scale * values[(word >>> (bits * t)) & (all - 1)];
        }
      },
    };
  },
  reference: ({ bits, scale, scaleBits }) => {
    const levels = NORMAL_LEVELS[bits - 1];
    return (error) => decodeFitted(fitLevels(error, levels, scale, scaleBits), levels);
  },
  candidates: () => [{ bits: 4, scaleBits: 32 }],
  examples: () => [
    {},
    { bits: 4, scale: 'unbiased', scaleBits: 32 },
    { bits: 1, scale: 'norm' },
    { bits: 3, scale: 'norm', scaleBits: 32 },
    { bits: 8, scale: 'unbiased' },
  ],
});

/** Places of the table of codes for every unit: so fine that two thresholds seldom share one. */
const PER_UNIT = 64;

/**
 * Where the search for a size of place / PER_UNIT units and more begins: no more thresholds lie below it,
 * whatever is rounded. Compared is with the thresholds themselves, so that the table decides how long it
 * takes and nothing else; a search by halves goes the wrong way at every other step, which is what took the
 * time.
 */
function leastCodes(thresholds: Float64Array): Uint8Array {
  const highest = thresholds.length === 0 ? 0 : thresholds[thresholds.length - 1];
  // From there on all of them lie below.
  const places = Math.ceil(highest * PER_UNIT) + 1;
  return Uint8Array.from({ length: places }, (_, place) => {
    const size = (place / PER_UNIT) * (1 - 1e-6);
    return thresholds.reduce((count, threshold) => (threshold < size ? count + 1 : count), 0);
  });
}

/** |e|_2; where the squares leave the range of doubles, by way of the largest entry. */
function lengthOf(error: Float64Array): number {
  let squares = 0;
  for (let c = 0; c < error.length; c++) squares += error[c] * error[c];
  if (squares >= 1e-280 && squares <= 1e300) return Math.sqrt(squares);
  let largest = 0;
  for (let c = 0; c < error.length; c++) largest = Math.max(largest, Math.abs(error[c]));
  if (largest === 0 || !(largest < Number.POSITIVE_INFINITY)) return largest;
  squares = 0;
  for (let c = 0; c < error.length; c++) squares += (error[c] / largest) ** 2;
  return largest * Math.sqrt(squares);
}

/** What a plan says is kept; `single`: the scale is rounded. */
type Kept = Pick<CompressorPlan, 'contraction' | 'contractionKind' | 'typicalContraction' | 'filterGain'>;

function keptOf(rule: FitRule, bits: number, { dim, mixed }: PlanContext, single: boolean): Kept {
  const levels = NORMAL_LEVELS[bits - 1];
  const everyMessage = single ? 'range' : 'worst';
  // One entry is said exactly.
  const worst = dim === 1 ? 1 : leastKept(levels, dim);
  const fresh = dim > 1 && mixed !== undefined && mixed > 1;
  const whole = fresh && mixed === dim;
  const mean = whole ? LEAST_MIXED[bits - 1] : fresh ? leastKept(levels, dim, mixed) : worst;
  const typical = 1 - NORMAL_DISTORTIONS[bits - 1];
  return {
    contraction: keptBy(rule, Math.max(mean, worst), worst, single),
    contractionKind: fresh ? weakestKind('mean', everyMessage) : everyMessage,
    ...(rule !== 'biased' && { filterGain: gainOf(rule, Math.max(mean, worst), worst) }),
    ...(whole && { typicalContraction: keptBy(rule, typical, typical, single) }),
  };
}

/** Of messages whose cos^2 is `mean` in the mean, and no less than `worst`. */
function keptBy(rule: FitRule, mean: number, worst: number, single: boolean): number {
  if (rule === 'biased') return mean * (single ? 1 - ROUNDED_BEST : 1);
  const kept = rule === 'norm' ? 2 * leastCos(mean, worst) - 1 : 1 - (1 - mean) / worst;
  return Math.max(0, kept - (single ? ROUNDED : 0));
}

/** <e, C(e)> over |C(e)|^2: of `unbiased` 1 over the mean of 1 / cos^2, of `norm` the mean of cos. */
function gainOf(rule: FitRule, mean: number, worst: number): number {
  return rule === 'norm' ? leastCos(mean, worst) : worst / (worst + 1 - mean);
}

/** The mean of cos at least: where cos^2 is either 1 or the worst. */
function leastCos(mean: number, worst: number): number {
  const least = Math.sqrt(worst);
  return least + (mean - worst) / (1 + least);
}
