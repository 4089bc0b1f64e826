/**
 * The order in which sums run. Floating-point addition is not associative: a run is reproducible only if
 * every sum has one order, whoever computes it. Orders here depend on an entry's index alone.
 */

const LANES = 8;
const BLOCK = 256;

/**
 * Sum of term(c), c < length. Entry c goes to lane c mod 8; lanes are joined as
 * ((0+2)+(4+6)) + ((1+3)+(5+7)).
 */
export function rowSum(length: number, term: (c: number) => number): number {
  const lane = new Float64Array(LANES);
  for (let c = 0; c < length; c++) lane[c % LANES] += term(c);
  return lane[0] + lane[2] + (lane[4] + lane[6]) + (lane[1] + lane[3] + (lane[5] + lane[7]));
}

/**
 * Blocks of 256, each a `rowSum`, then the blocks in order: rounding grows with the blocks, not with the
 * entries.
 */
export function sum(data: Float64Array): number {
  let total = 0;
  for (let begin = 0; begin < data.length; begin += BLOCK) {
    total += rowSum(Math.min(BLOCK, data.length - begin), (c) => data[begin + c]);
  }
  return total;
}

/** Mean of column c over agents' rows, summed in blocks of 256 agents. */
export function columnMean(rows: readonly Float64Array[], c: number): number {
  let total = 0;
  for (let begin = 0; begin < rows.length; begin += BLOCK) {
    let block = 0;
    for (let i = begin; i < Math.min(rows.length, begin + BLOCK); i++) block += rows[i][c];
    total += block;
  }
  return total / rows.length;
}

/** |a - b|^2 */
export function squaredDistance(a: Float64Array, b: Float64Array): number {
  return rowSum(a.length, (c) => (a[c] - b[c]) * (a[c] - b[c]));
}

/** |e|_2. Where the squares leave the range of doubles, by way of the largest entry. */
export function norm(e: Float64Array): number {
  const squares = rowSum(e.length, (c) => e[c] * e[c]);
  if (squares >= 1e-280 && squares <= 1e300) return Math.sqrt(squares);
  const largest = maxAbs(e);
  if (largest === 0 || !(largest < Number.POSITIVE_INFINITY)) return largest;
  return Math.sqrt(sumSquaresOver(e, largest) / largest) * largest;
}

export function maxAbs(e: Float64Array): number {
  return e.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
}

/** sum_c |e_c| (|e_c| / unit): squares that neither overflow nor vanish. */
export function sumSquaresOver(e: Float64Array, unit: number): number {
  return rowSum(e.length, (c) => Math.abs(e[c]) * (Math.abs(e[c]) / unit));
}
