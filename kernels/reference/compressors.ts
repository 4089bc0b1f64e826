/**
 * The compressors as maps: what a receiver makes of the message about `e`. Bits are in wire.ts; here is only the mathematics.
 */

import { maxAbs, norm, rowSum, sumSquaresOver } from './sums.js';
import { flatten, unflatten } from './wht.js';

/** 1 where the IEEE sign bit of x is set: of -0 as well. */
export function signBit(x: number): 0 | 1 {
  return x < 0 || Object.is(x, -0) ? 1 : 0;
}

/** All of it. Linear; n * 64 bits. */
export function identity(e: Float64Array): Float64Array {
  return e.slice();
}

/** Coordinates index, index + 1, ... (mod n), m of them: sum_j psi_j psi_j^T e with unit vectors psi_j. Linear; 64 m bits. */
export function scalarize(e: Float64Array, index: number, m = 1): Float64Array {
  const kept = new Float64Array(e.length);
  for (let j = 0; j < m; j++) kept[(index + j) % e.length] = e[(index + j) % e.length];
  return kept;
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

/** mean|e| times the sign of every entry; a zero has the sign of its bit. Biased; 64 + n bits. */
export function sign(e: Float64Array): Float64Array {
  const scale = signScale(e);
  return e.map((entry) => (signBit(entry) ? -scale : scale));
}

export function signScale(e: Float64Array): number {
  return rowSum(e.length, (c) => Math.abs(e[c])) / e.length;
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

/** mean|e|; or |e|_2^2 / |e|_1, with which a sign after a random rotation is unbiased; or max|e| / 2; or 1. */
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

/** The k entries largest in magnitude; ties go to the lowest index. Biased, contraction k/n; k (64 + ceil(log2 n)) bits. */
export function topK(e: Float64Array, k: number): Float64Array {
  const kept = new Float64Array(e.length);
  for (const c of topIndices(e, k)) kept[c] = e[c];
  return kept;
}

/** Ascending. NaN counts as larger than Infinity: a diverged entry is sent, not hidden. */
export function topIndices(e: Float64Array, k: number): number[] {
  const rank = (c: number) => (Number.isNaN(e[c]) ? Number.POSITIVE_INFINITY : Math.abs(e[c]));
  const unranked = (c: number) => Number(Number.isNaN(e[c]));
  const order = Array.from(e.keys()).sort((c, d) => {
    if (rank(c) !== rank(d)) return rank(c) > rank(d) ? -1 : 1;
    return unranked(d) - unranked(c) || c - d;
  });
  return order.slice(0, k).sort((c, d) => c - d);
}

/** U^T sign(U e): one bit for each of the n = signs.length coordinates. Relative squared error 1 - 2/pi on average. */
export function flattenedSign(e: Float64Array, signs: Float64Array): Float64Array {
  return unflatten(sign(flatten(e, signs)), signs, e.length);
}
