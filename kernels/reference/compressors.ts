/**
 * Compressors as maps from a vector `e` to what a message says of it. How messages are packed is
 * `src/compress/wire`; here is only the mathematics.
 */

import { maxAbs, norm, rowSum, sumSquaresOver } from './sums.js';

/** 1 where the IEEE sign bit of x is set: of -0 as well. */
export function signBit(x: number): 0 | 1 {
  return x < 0 || Object.is(x, -0) ? 1 : 0;
}

/** psi_j . e for every direction. */
export function project(e: Float64Array, basis: readonly Float64Array[]): Float64Array {
  return Float64Array.from(basis, (psi) => rowSum(e.length, (c) => psi[c] * e[c]));
}

/** sum_j numbers_j psi_j, from j = 0 on. */
export function unfold(numbers: ArrayLike<number>, basis: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(basis[0].length);
  for (const [j, psi] of basis.entries()) for (let c = 0; c < out.length; c++) out[c] += numbers[j] * psi[c];
  return out;
}

/** A message of signs: entries give their sign bits, scale times +-1 is what a reader makes of it. */
export interface Signed {
  scale: number;
  entries: Float64Array;
}

export type SignRule = 'mean' | 'unbiased' | 'half-max' | 'unit';
/** The numbers by which kernels know them. */
export const SIGN_RULE: Record<SignRule, number> = { mean: 0, unbiased: 1, 'half-max': 2, unit: 3 };

const LARGEST_FLOAT32 = 3.4028234663852886e38;
/** The nearest float32, and the largest finite one for what is beyond. */
export function nearestFloat32(x: number): number {
  return Math.fround(Math.max(-LARGEST_FLOAT32, Math.min(x, LARGEST_FLOAT32)));
}

/**
 * mean|e|; or |e|_2^2 / |e|_1, with which a sign after a random rotation is unbiased; or max|e| / 2; or 1.
 */
export function signScaleBy(e: Float64Array, rule: SignRule): number {
  if (rule === 'half-max') return 0.5 * maxAbs(e);
  if (rule === 'unit') return 1;
  const sum = rowSum(e.length, (c) => Math.abs(e[c]));
  if (rule === 'mean') return sum / e.length;
  return sum === 0 ? 0 : sumSquaresOver(e, sum);
}

export function signScaled(e: Float64Array, rule: SignRule, scaleBits: 64 | 32): Signed {
  const scale = signScaleBy(e, rule);
  return { scale: scaleBits === 32 ? nearestFloat32(scale) : scale, entries: e };
}

/** sign(e + lambda tau) times shrink lambda, lambda = amplitude |e|_2 / sqrt(n); tau uniform in (-1, 1). */
export function oneBit(e: Float64Array, tau: Float64Array, amplitude: number, shrink: number): Signed {
  return ditheredBy(e, tau, amplitude * (norm(e) / Math.sqrt(e.length)), shrink);
}

/** The same with lambda itself given. */
export function ditheredBy(e: Float64Array, tau: Float64Array, lambda: number, shrink = 1): Signed {
  return { scale: shrink * lambda, entries: e.map((entry, c) => entry + lambda * tau[c]) };
}

export function decodeSigned({ scale, entries }: Signed): Float64Array {
  return entries.map((entry) => (signBit(entry) ? -scale : scale));
}

/** Entry c is step times a whole number. */
export interface Quantized {
  step: number;
  levels: Float64Array;
}

/** The nearest whole number, ties to even. */
export function nearest(x: number): number {
  const down = Math.floor(x);
  const over = x - down;
  if (over < 0.5) return down;
  return over > 0.5 || down % 2 !== 0 ? down + 1 : down;
}

/** NaN has no level: 0. Never -0, which has no code. */
function cut(level: number, most: number): number {
  return Number.isNaN(level) ? 0 : Math.max(-most, Math.min(level, most)) + 0;
}

/** The nearest multiple of step, at most `most` of them. */
export function quantize(e: Float64Array, step: number, most: number): Quantized {
  return { step, levels: e.map((entry) => cut(nearest(entry / step), most)) };
}

/** floor(e / step + u), u = (tau + 1) / 2 uniform in (0, 1): unbiased. */
export function quantizeDithered(
  e: Float64Array,
  tau: Float64Array,
  most: number,
  size: 'l2' | 'max',
): Quantized {
  const step = (size === 'max' ? maxAbs(e) : norm(e)) / most;
  return { step, levels: e.map((entry, c) => cut(Math.floor(entry / step + (0.5 * tau[c] + 0.5)), most)) };
}

export function decodeQuantized({ step, levels }: Quantized): Float64Array {
  return levels.map((level) => step * level);
}

/**
 * Of the k entries largest in magnitude, ascending; ties go to the lowest index. NaN counts as larger than
 * Infinity: a diverged entry is sent, not hidden.
 */
export function topIndices(e: Float64Array, k: number): number[] {
  const rank = (c: number) => (Number.isNaN(e[c]) ? Number.POSITIVE_INFINITY : Math.abs(e[c]));
  const unranked = (c: number) => Number(Number.isNaN(e[c]));
  const order = Array.from(e.keys()).sort((c, d) => {
    if (rank(c) !== rank(d)) return rank(c) > rank(d) ? -1 : 1;
    return unranked(d) - unranked(c) || c - d;
  });
  return order.slice(0, k).sort((c, d) => c - d);
}

/** Entry c is the scale times level c, one of those given or its negative. */
export interface Fitted {
  scale: number;
  /** k >= 0: the (k + 1)th level above zero; -k - 1: as far below. */
  codes: Float64Array;
}

export type FitRule = 'biased' | 'unbiased' | 'norm';
/** The numbers by which kernels know them. */
export const FIT_RULE: Record<FitRule, number> = { biased: 0, unbiased: 1, norm: 2 };

/** The level of a code. */
function levelOf(levels: readonly number[], code: number): number {
  return code < 0 ? -levels[-1 - code] : levels[code];
}

/**
 * Of every entry the nearest of the levels, +-levels, in units of the entries' root mean square. The scale:
 * <e, q> / |q|^2, with which least is lost; |e|^2 / <e, q>; or |e| / |q|.
 */
export function fitLevels(
  e: Float64Array,
  levels: readonly number[],
  rule: FitRule,
  scaleBits: 64 | 32,
): Fitted {
  const length = norm(e);
  const unit = length / Math.sqrt(e.length);
  const codes = e.map((entry) => {
    let code = 0;
    while (code + 1 < levels.length && Math.abs(entry) > ((levels[code] + levels[code + 1]) / 2) * unit)
      code++;
    return signBit(entry) ? -1 - code : code;
  });
  const product = rowSum(e.length, (c) => e[c] * levelOf(levels, codes[c]));
  const energy = rowSum(e.length, (c) => levelOf(levels, codes[c]) ** 2);
  let scale = product / energy;
  if (rule === 'unbiased') scale = product === 0 ? 0 : sumSquaresOver(e, product);
  if (rule === 'norm') scale = length / Math.sqrt(energy);
  return { scale: scaleBits === 32 ? nearestFloat32(scale) : scale, codes };
}

export function decodeFitted({ scale, codes }: Fitted, levels: readonly number[]): Float64Array {
  return codes.map((code) => scale * levelOf(levels, code));
}
