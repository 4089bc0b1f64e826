/**
 * out[i] = f_i(point), the same point for all agents: the trace sums them to the objective. The point is a
 * row of float64, padded to a multiple of 8, and all is computed in float64, whatever the precision of the
 * data. The costs are those of gradient.ts. Losses are computed for two samples at a time and summed in
 * ascending order.
 */
import { Row } from './lanes';
import { LOGISTIC, SATURATED_LOGISTIC, SQUARE } from './loss-codes';
import { Pair } from './math';
import { At0, At16, At32, At48 } from './offsets';
import { Wide } from './real';

/** a and b are the addresses of agent 0's rows. */
export function valueQuadratic(
  first: usize,
  count: usize,
  stride: usize,
  n: usize,
  point: usize,
  a: usize,
  b: usize,
  out: usize,
): void {
  for (let i = first; i < first + count; i++) {
    const curvature = a + i * stride;
    const centre = b + i * stride;
    const bytes = Row.eights(n) << 3;
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    let q = centre;
    let w = curvature;
    for (let p = point; p < point + bytes; p += 64) {
      const d0 = f64x2.sub(v128.load(p, 0), Wide.pair<At0>(q));
      const d1 = f64x2.sub(v128.load(p, 16), Wide.pair<At16>(q));
      const d2 = f64x2.sub(v128.load(p, 32), Wide.pair<At32>(q));
      const d3 = f64x2.sub(v128.load(p, 48), Wide.pair<At48>(q));
      s0 = f64x2.add(s0, f64x2.mul(Wide.pair<At0>(w), f64x2.mul(d0, d0)));
      s1 = f64x2.add(s1, f64x2.mul(Wide.pair<At16>(w), f64x2.mul(d1, d1)));
      s2 = f64x2.add(s2, f64x2.mul(Wide.pair<At32>(w), f64x2.mul(d2, d2)));
      s3 = f64x2.add(s3, f64x2.mul(Wide.pair<At48>(w), f64x2.mul(d3, d3)));
      q += Wide.eight();
      w += Wide.eight();
    }
    store<f64>(out + (i << 3), 0.5 * Row.totalWide(s0, s1, s2, s3));
  }
}

class Loss {
  @inline static pair(loss: u32, parameter: f64, margin: v128, y: v128): v128 {
    if (loss === LOGISTIC || loss === SATURATED_LOGISTIC) return Pair.logisticLoss(f64x2.mul(y, margin));
    const d = f64x2.sub(margin, y);
    if (loss === SQUARE) return f64x2.mul(f64x2.splat(0.5), f64x2.mul(d, d));
    const size = f64x2.abs(d);
    const cut = f64x2.pmin(size, f64x2.splat(parameter));
    return f64x2.mul(cut, f64x2.sub(size, f64x2.mul(f64x2.splat(0.5), cut)));
  }

  /** sum, and the losses of two samples one after the other. */
  @inline static two(sum: f64, loss: u32, parameter: f64, first: f64, second: f64, labels: usize): f64 {
    const pair = Loss.pair(loss, parameter, f64x2(first, second), v128.load(labels));
    return sum + f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
  }

  @inline static one(sum: f64, loss: u32, parameter: f64, margin: f64, label: usize): f64 {
    const pair = Loss.pair(loss, parameter, f64x2.splat(margin), v128.load64_splat(label));
    return sum + f64x2.extract_lane(pair, 0);
  }

  /** What an agent pays for the point itself. */
  static penalty(loss: u32, point: usize, n: usize, regularization: f64): f64 {
    if (loss !== SATURATED_LOGISTIC) return 0.5 * regularization * Row.squaresOfPoint(point, n);
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const end = point + (Row.eights(n) << 3);
    for (let p = point; p < end; p += 64) {
      s0 = f64x2.add(s0, Loss.saturated(v128.load(p, 0)));
      s1 = f64x2.add(s1, Loss.saturated(v128.load(p, 16)));
      s2 = f64x2.add(s2, Loss.saturated(v128.load(p, 32)));
      s3 = f64x2.add(s3, Loss.saturated(v128.load(p, 48)));
    }
    return regularization * Row.totalWide(s0, s1, s2, s3);
  }

  /** x^2 / (1 + x^2) */
  @inline static saturated(x: v128): v128 {
    const square = f64x2.mul(x, x);
    return f64x2.div(square, f64x2.add(f64x2.splat(1), square));
  }
}

/** Losses, samples and sparse rows as in gradient.ts. */
export function valueLinearSparse(
  loss: u32,
  parameter: f64,
  first: usize,
  count: usize,
  point: usize,
  samples: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  labels: usize,
  out: usize,
  n: usize,
  scale: f64,
  regularization: f64,
): void {
  const penalty = Loss.penalty(loss, point, n, regularization);
  for (let i = first; i < first + count; i++) {
    const from = <usize>load<u32>(samples + (i << 2));
    const to = <usize>load<u32>(samples + (i << 2), 4);
    let sum: f64 = 0;
    for (let t = from; t < to; t += 2) {
      const q = rowStart + (t << 2);
      const middle = <usize>load<u32>(q, 4);
      const margin = Row.dotSparse<f64>(point, <usize>load<u32>(q), middle, columns, values);
      if (t + 1 < to) {
        const next = Row.dotSparse<f64>(point, middle, <usize>load<u32>(q, 8), columns, values);
        sum = Loss.two(sum, loss, parameter, margin, next, labels + (t << 3));
      } else {
        sum = Loss.one(sum, loss, parameter, margin, labels + (t << 3));
      }
    }
    store<f64>(out + (i << 3), scale * sum + penalty);
  }
}

/** The same with dense rows. */
export function valueLinearDense(
  loss: u32,
  parameter: f64,
  first: usize,
  count: usize,
  point: usize,
  samples: usize,
  rows: usize,
  rowStride: usize,
  labels: usize,
  out: usize,
  n: usize,
  scale: f64,
  regularization: f64,
): void {
  const penalty = Loss.penalty(loss, point, n, regularization);
  for (let i = first; i < first + count; i++) {
    const from = <usize>load<u32>(samples + (i << 2));
    const to = <usize>load<u32>(samples + (i << 2), 4);
    let sum: f64 = 0;
    for (let t = from; t < to; t += 2) {
      const row = rows + t * rowStride;
      const margin = Row.dotPoint(row, point, n);
      if (t + 1 < to) {
        const next = Row.dotPoint(row + rowStride, point, n);
        sum = Loss.two(sum, loss, parameter, margin, next, labels + (t << 3));
      } else {
        sum = Loss.one(sum, loss, parameter, margin, labels + (t << 3));
      }
    }
    store<f64>(out + (i << 3), scale * sum + penalty);
  }
}

/**
 * How many of the samples from .. to - 1 lie on the side of 0 that their label (f64, +-1) gives; a margin
 * of 0 is on the side of -1.
 */
export function correctLinearSparse(
  from: usize,
  to: usize,
  point: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  labels: usize,
): u32 {
  let count: u32 = 0;
  for (let t = from; t < to; t++) {
    const q = rowStart + (t << 2);
    const margin = Row.dotSparse<f64>(point, <usize>load<u32>(q), <usize>load<u32>(q, 4), columns, values);
    if (margin > 0 === load<f64>(labels + (t << 3)) > 0) count++;
  }
  return count;
}

/** The same with dense rows. */
export function correctLinearDense(
  from: usize,
  to: usize,
  point: usize,
  rows: usize,
  rowStride: usize,
  labels: usize,
  n: usize,
): u32 {
  let count: u32 = 0;
  for (let t = from; t < to; t++) {
    if (Row.dotPoint(rows + t * rowStride, point, n) > 0 === load<f64>(labels + (t << 3)) > 0) count++;
  }
  return count;
}
