/**
 * The orthonormal sine basis of R^dim (discrete sine transform, type I): row r, entry c is sqrt(2 / (dim +
 * 1)) sin(pi (r+1)(c+1) / (dim + 1)).
 *
 * The sines are summed here and not taken from Math.sin: only additions, multiplications and divisions are
 * the same on every machine.
 */

/** Entry c of row r, for any dim: rows of a table of 2 (dim + 1) sines. */
export function sineBasis(dim: number): (row: number, c: number) => number {
  const period = 2 * (dim + 1);
  const factor = Math.sqrt(2 / (dim + 1));
  const table = Float64Array.from({ length: period }, (_, p) => factor * sinePi(p, dim + 1));
  return (row, c) => table[((row + 1) * (c + 1)) % period];
}

/** sin(pi p / q) for whole p in 0 .. 2q-1. */
export function sinePi(p: number, q: number): number {
  if (p >= q) return -sinePi(p - q, q);
  if (2 * p > q) return sinePi(q - p, q);
  // Up to pi/4 by the sine's series, from there on by the cosine's of the complement: both end where terms
  // are below 1e-19.
  const complement = 4 * p > q;
  const x = complement ? (Math.PI * (q - 2 * p)) / (2 * q) : (Math.PI * p) / q;
  let sum = 0;
  for (let n = 9; n > 0; n--) {
    const first = complement ? 2 * n - 1 : 2 * n;
    sum = ((1 + sum) * -x * x) / (first * (first + 1));
  }
  return complement ? 1 + sum : x * (1 + sum);
}
