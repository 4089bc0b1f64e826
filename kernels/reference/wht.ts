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

/**
 * D_k: +1 or -1 for every coordinate, drawn for a round and shared by all. Bit c of the stream; set means -1.
 */
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

/**
 * The same of `scale` times signs (each 1 or -1): their transform is whole numbers, multiplied once by
 * scale / sqrt(n).
 */
export function unflattenSigned(
  scale: number,
  packed: Float64Array,
  signs: Float64Array,
  dim: number,
): Float64Array {
  const back = packed.slice();
  wht(back);
  const unit = scale * (1 / Math.sqrt(signs.length));
  return back.subarray(0, dim).map((entry, c) => entry * unit * signs[c]);
}

/**
 * A rotation without padding: parts of `part` entries (a power of two) are rotated one by one, and where
 * entries are left over, the last `part` of all once more. `signs`: one for each entry, and `part` more for
 * the last rotation.
 */
export function rotateParts(x: Float64Array, part: number, signs: Float64Array): Float64Array {
  const out = x.slice();
  const whole = x.length - (x.length % part);
  for (let c = 0; c < whole; c += part)
    out.set(flatten(x.subarray(c, c + part), signs.subarray(c, c + part)), c);
  if (whole < x.length) {
    const last = x.length - part;
    out.set(flatten(out.slice(last), signs.subarray(x.length)), last);
  }
  return out;
}

/** Its inverse, which is its transpose. */
export function unrotateParts(y: Float64Array, part: number, signs: Float64Array): Float64Array {
  const out = y.slice();
  const whole = y.length - (y.length % part);
  if (whole < y.length) {
    const last = y.length - part;
    out.set(unflatten(out.slice(last), signs.subarray(y.length), part), last);
  }
  for (let c = 0; c < whole; c += part) {
    out.set(unflatten(out.slice(c, c + part), signs.subarray(c, c + part), part), c);
  }
  return out;
}
