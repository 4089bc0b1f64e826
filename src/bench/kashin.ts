/**
 * Kashin's representation, measured beside the compressors (`distortion.ts`) and none of them: a vector x of P
 * entries as N = 2 P coefficients a with x = U a, all of about the same size, each rounded to the middle of one
 * of 2^b intervals of (-A, A).
 *
 * U is P rows, drawn, of a Walsh-Hadamard matrix of size N with drawn signs, U U^T = 1. The coefficients are
 * made flat by going to and fro between those within +-T |x| / sqrt N and those that give x:
 *
 *     a <- U^T x        a <- cut(a) + U^T (x - U cut(a))        and a <- cut(a) at last
 *
 * T is the best of a few for the kind of vector, and the scale is the one that loses least, so that nobody can
 * say that it was made to lose. Bits: 2 b P and one scale.
 * Source: Lyubarskii, Vershynin 2010 (arXiv math/0611343); as a compressor Safaryan, Shulgin, Richtarik 2020 (arXiv
 * 2002.08958). What we tried before it was left out.
 */

import type { RandomVector } from '../certify/starts.js';
import type { Transform } from './wht.js';

const REDUNDANCY = 2;
const ROUNDS = 30;
const REACHES = [1.15, 1.3, 1.5];

/** |x - c Q(x)|^2 / |x|^2 with the best c, of coefficients of b bits each. */
export function kashinLoss(
  x: Float64Array,
  bits: number,
  random: RandomVector,
  transform: Transform,
): number {
  const { length } = x;
  const size = REDUNDANCY * length;
  const factor = 1 / Math.sqrt(size);
  const signs = Float64Array.from({ length: size }, () => (random.uniform() < 0.5 ? -1 : 1));
  const rows = drawn(size, random).subarray(0, length);
  const spread = (vector: Float64Array): Float64Array => {
    const padded = new Float64Array(size);
    for (let c = 0; c < length; c++) padded[rows[c]] = vector[c];
    return transform.of(padded).map((entry, n) => entry * factor * signs[n]);
  };
  const gather = (coefficients: Float64Array): Float64Array => {
    const whole = transform.of(coefficients.map((entry, n) => entry * signs[n]));
    return Float64Array.from(rows, (row) => whole[row] * factor);
  };
  const energy = product(x, x);
  let best = 1;
  for (const reach of REACHES) {
    const most = (reach * Math.sqrt(energy)) / Math.sqrt(size);
    const cut = (entry: number) => Math.max(-most, Math.min(most, entry));
    let a = spread(x);
    for (let round = 0; round < ROUNDS; round++) {
      a = a.map(cut);
      const told = gather(a);
      const missing = spread(x.map((entry, c) => entry - told[c]));
      a = a.map((entry, n) => entry + missing[n]);
    }
    const interval = (2 * most) / 2 ** bits;
    const half = 2 ** (bits - 1);
    const said = gather(
      a.map((entry) => (Math.max(-half, Math.min(half - 1, Math.floor(entry / interval))) + 0.5) * interval),
    );
    const along = product(x, said);
    best = Math.min(best, 1 - (along * along) / (energy * product(said, said)));
  }
  return best;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < a.length; c++) sum += a[c] * b[c];
  return sum;
}

/** 0 .. size - 1 in an order that is drawn. */
function drawn(size: number, random: RandomVector): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, n) => n);
  for (let n = size - 1; n > 0; n--) {
    const other = Math.floor(random.uniform() * (n + 1));
    [order[n], order[other]] = [order[other], order[n]];
  }
  return order;
}
