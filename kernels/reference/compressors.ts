/**
 * The compressors as maps: what a receiver makes of the message about `e`. Bits are in wire.ts; here is only the mathematics.
 */

import { rowSum } from './sums.js';
import { flatten, unflatten } from './wht.js';

/** 1 where the IEEE sign bit of x is set: of -0 as well. */
export function signBit(x: number): 0 | 1 {
  return x < 0 || Object.is(x, -0) ? 1 : 0;
}

/** All of it. Linear; n * 64 bits. */
export function identity(e: Float64Array): Float64Array {
  return e.slice();
}

/** Coordinate `index` alone: psi psi^T e with psi a unit vector. Linear; 64 bits. */
export function scalarize(e: Float64Array, index: number): Float64Array {
  const kept = new Float64Array(e.length);
  kept[index] = e[index];
  return kept;
}

/** mean|e| times the sign of every entry; a zero has the sign of its bit. Biased; 64 + n bits. */
export function sign(e: Float64Array): Float64Array {
  const scale = signScale(e);
  return e.map((entry) => (signBit(entry) ? -scale : scale));
}

export function signScale(e: Float64Array): number {
  return rowSum(e.length, (c) => Math.abs(e[c])) / e.length;
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
