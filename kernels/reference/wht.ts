/**
 * The Walsh-Hadamard transform and flattening, written for the reader.
 *
 *     H_1 = 1, H_2n = [[H_n, H_n], [H_n, -H_n]]        U = H D / sqrt(n)        U^T = D H / sqrt(n)
 *
 * H is symmetric and H H = n I, so U is a rotation and U^T takes it back.
 */

import { ALL_AGENTS, FLATTEN_STREAM, philoxWords } from './philox.js';

/** In place, natural order, unnormalised; the length is a power of two. n log2 n additions. */
export function wht(data: Float64Array): void {
  for (let h = 1; h < data.length; h *= 2) {
    for (let group = 0; group < data.length; group += 2 * h) {
      for (let c = group; c < group + h; c++) {
        const sum = data[c] + data[c + h];
        const difference = data[c] - data[c + h];
        data[c] = sum;
        data[c + h] = difference;
      }
    }
  }
}

/** D_k: +1 or -1 for every coordinate, drawn for a round and shared by all. Bit c of the stream; set means -1. */
export function flattenSigns(length: number, round: number, keyLow: number, keyHigh: number): Float64Array {
  const words = philoxWords(Math.ceil(length / 32), ALL_AGENTS, round, FLATTEN_STREAM, [keyLow, keyHigh]);
  return Float64Array.from({ length }, (_, c) => ((words[c >>> 5] >>> (c & 31)) & 1 ? -1 : 1));
}

/** U pad(x): the length of `signs`. The factor is the rounded 1/sqrt(n), as in the kernels. */
export function flatten(x: Float64Array, signs: Float64Array): Float64Array {
  const rotated = new Float64Array(signs.length);
  rotated.set(x);
  for (let c = 0; c < rotated.length; c++) rotated[c] *= signs[c];
  wht(rotated);
  const factor = 1 / Math.sqrt(signs.length);
  return rotated.map((entry) => entry * factor);
}

/** The first `dim` entries of U^T y. */
export function unflatten(y: Float64Array, signs: Float64Array, dim: number): Float64Array {
  const back = y.slice();
  wht(back);
  const factor = 1 / Math.sqrt(signs.length);
  return back.subarray(0, dim).map((entry, c) => entry * factor * signs[c]);
}
