/**
 * What the trace observes: means, distances and sums, in float64 whatever the precision of the rows. Sums run
 * in blocks of 256, so that rounding grows with
 * the number of blocks and not of agents, and in an order that no partition changes.
 */
import { Row } from './lanes';
import { At0, At16, At32, At48 } from './offsets';
import { SHIFT, Wide } from './real';

const BLOCK: usize = 256;

class Columns {
  /** Row i of `x`, or, `placed`, row positions[i]. */
  @inline static row(placed: bool, x: usize, stride: usize, positions: usize, i: usize): usize {
    return x + (placed ? <usize>load<u32>(positions + (i << 2)) : i) * stride;
  }

  @inline static means(
    placed: bool,
    x: usize,
    stride: usize,
    positions: usize,
    agents: usize,
    firstColumn: usize,
    columns: usize,
    out: usize,
  ): void {
    let c = firstColumn;
    const last = firstColumn + columns;
    for (; c + 8 <= last; c += 8) {
      let t0 = f64x2.splat(0);
      let t1 = f64x2.splat(0);
      let t2 = f64x2.splat(0);
      let t3 = f64x2.splat(0);
      for (let begin: usize = 0; begin < agents; begin += BLOCK) {
        const end = min<usize>(agents, begin + BLOCK);
        let s0 = f64x2.splat(0);
        let s1 = f64x2.splat(0);
        let s2 = f64x2.splat(0);
        let s3 = f64x2.splat(0);
        for (let i = begin; i < end; i++) {
          const p = Columns.row(placed, x, stride, positions, i) + (c << SHIFT);
          s0 = f64x2.add(s0, Wide.pair<At0>(p));
          s1 = f64x2.add(s1, Wide.pair<At16>(p));
          s2 = f64x2.add(s2, Wide.pair<At32>(p));
          s3 = f64x2.add(s3, Wide.pair<At48>(p));
        }
        t0 = f64x2.add(t0, s0);
        t1 = f64x2.add(t1, s1);
        t2 = f64x2.add(t2, s2);
        t3 = f64x2.add(t3, s3);
      }
      const divisor = f64x2.splat(<f64>agents);
      const o = out + (c << 3);
      v128.store(o, f64x2.div(t0, divisor), 0);
      v128.store(o, f64x2.div(t1, divisor), 16);
      v128.store(o, f64x2.div(t2, divisor), 32);
      v128.store(o, f64x2.div(t3, divisor), 48);
    }
    for (; c < last; c++) {
      let total: f64 = 0;
      for (let begin: usize = 0; begin < agents; begin += BLOCK) {
        const end = min<usize>(agents, begin + BLOCK);
        let s: f64 = 0;
        for (let i = begin; i < end; i++)
          s += <f64>load<real>(Columns.row(placed, x, stride, positions, i) + (c << SHIFT));
        total += s;
      }
      store<f64>(out + (c << 3), total / <f64>agents);
    }
  }
}

/** out[c] (f64) = (sum over agents of x[i][c]) / agents, for firstColumn <= c < firstColumn + columns. */
export function columnMeans(
  x: usize,
  stride: usize,
  agents: usize,
  firstColumn: usize,
  columns: usize,
  out: usize,
): void {
  Columns.means(false, x, stride, 0, agents, firstColumn, columns, out);
}

/** The same sums, where the row of agent i is row positions[i] (u32). */
export function columnMeansPlaced(
  x: usize,
  stride: usize,
  positions: usize,
  agents: usize,
  firstColumn: usize,
  columns: usize,
  out: usize,
): void {
  Columns.means(true, x, stride, positions, agents, firstColumn, columns, out);
}

/** out[i] = |x_i - point|^2, by agent; x is the address of agent 0's row, `point` a row of float64. */
export function distancesToPoint(
  first: usize,
  count: usize,
  x: usize,
  stride: usize,
  n: usize,
  point: usize,
  out: usize,
): void {
  for (let i = first; i < first + count; i++) {
    store<f64>(out + (i << 3), Row.squaredDistanceToPoint(x + i * stride, point, n));
  }
}

/** out[i] = |x_i - s_i|^2. */
export function distancesBetweenRows(
  first: usize,
  count: usize,
  x: usize,
  s: usize,
  stride: usize,
  n: usize,
  out: usize,
): void {
  for (let i = first; i < first + count; i++) {
    store<f64>(out + (i << 3), Row.squaredDistance(x + i * stride, s + i * stride, n));
  }
}

/**
 * Sum of `length` float64: the same bits whoever calls it. Inside a block, entry c belongs to lane c mod 8,
 * as in a row; the last block goes on as if with +0.
 */
export function sum(data: usize, length: usize): f64 {
  let total: f64 = 0;
  for (let begin: usize = 0; begin < length; begin += BLOCK) {
    const end = data + (min<usize>(length, begin + BLOCK) << 3);
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    let p = data + (begin << 3);
    for (; p + 64 <= end; p += 64) {
      s0 = f64x2.add(s0, v128.load(p, 0));
      s1 = f64x2.add(s1, v128.load(p, 16));
      s2 = f64x2.add(s2, v128.load(p, 32));
      s3 = f64x2.add(s3, v128.load(p, 48));
    }
    const left = (end - p) >> 3;
    if (left > 0) s0 = f64x2.add(s0, left > 1 ? v128.load(p, 0) : v128.load64_zero(p, 0));
    if (left > 2) s1 = f64x2.add(s1, left > 3 ? v128.load(p, 16) : v128.load64_zero(p, 16));
    if (left > 4) s2 = f64x2.add(s2, left > 5 ? v128.load(p, 32) : v128.load64_zero(p, 32));
    if (left > 6) s3 = f64x2.add(s3, v128.load64_zero(p, 48));
    total += Row.totalWide(s0, s1, s2, s3);
  }
  return total;
}

/** out (f64) = the n entries of a row, and zeros up to a multiple of 8. */
export function widen(row: usize, n: usize, out: usize): void {
  for (let c: usize = 0; c < n; c++) store<f64>(out + (c << 3), <f64>load<real>(row + (c << SHIFT)));
  for (let c = n; c < Row.eights(n); c++) store<f64>(out + (c << 3), 0);
}

/** The n entries of a row = those of a point of float64, each the nearest number; zeros behind them. */
export function narrow(point: usize, n: usize, row: usize): void {
  for (let c: usize = 0; c < n; c++) store<real>(row + (c << SHIFT), <real>load<f64>(point + (c << 3)));
  Row.clear(row, n, Row.padded(n));
}
