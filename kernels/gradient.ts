/**
 * Gradients of private costs at the agents' own estimates.
 *
 *     quadratic   f_i(x) = 1/2 sum_c a_ic (x_c - b_ic)^2                                  gradient a (x - b)
 *     linear      f_i(x) = scale sum_r loss(a_r . x, y_r) + regularization/2 |x|^2
 *                 SQUARE: (t - y)^2 / 2, slope t - y;  LOGISTIC: log(1 + exp(-y t)), slope -y / (1 + exp(y t))
 *                 HUBER: c (|d| - c/2), c = min(|d|, parameter), d = t - y; slope sign(d) c
 *                 SATURATED_LOGISTIC: that of LOGISTIC, but the penalty is
 *                 regularization sum_c x_c^2 / (1 + x_c^2)
 *
 * Linear models take three passes over an agent's samples: margins t_r = a_r . x into scratch, slopes in
 * place (two at a time, in float64), then out = regularization x + sum_r slope_r a_r, samples in ascending
 * order. With `picks` they look at these `size` samples alone, in their order, and the sum over them is
 * scaled by (samples of the agent) / size.
 */
import { Batch } from './batch';
import { Row } from './lanes';
import { LOGISTIC, SATURATED_LOGISTIC, SQUARE } from './loss-codes';
import { Pair } from './math';
import { Real, SHIFT } from './real';

/** out = a (x - b); x, a, b and out are block rows. */
export function gradientQuadratic(
  count: usize,
  stride: usize,
  n: usize,
  x: usize,
  a: usize,
  b: usize,
  out: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const begin = r * stride;
    const end = begin + (n << SHIFT);
    for (let at = begin; at < end; at += 16) {
      const d = v128.sub<real>(v128.load(x + at), v128.load(b + at));
      v128.store(out + at, v128.mul<real>(v128.load(a + at), d));
    }
  }
}

class Slope {
  @inline static pair(loss: u32, parameter: f64, margin: v128, y: v128): v128 {
    if (loss === LOGISTIC || loss === SATURATED_LOGISTIC) return Pair.logisticSlope(margin, y);
    const d = f64x2.sub(margin, y);
    if (loss === SQUARE) return d;
    // The pseudo-minimum returns its first argument when the comparison fails, so NaN passes.
    return f64x2.pmax(f64x2.pmin(d, f64x2.splat(parameter)), f64x2.splat(-parameter));
  }
}

/**
 * scratch[t] <- scale * slope(scratch[t], label of sample t), t < count; the odd one out is computed in a
 * pair of its own.
 */
function slopes(
  loss: u32,
  parameter: f64,
  scratch: usize,
  labels: usize,
  picks: usize,
  from: usize,
  count: usize,
  scale: f64,
): void {
  const factor = f64x2.splat(scale);
  for (let t: usize = 0; t < count; t += 2) {
    const p = scratch + (t << 3);
    const pair = t + 1 < count;
    const margin = pair ? v128.load(p) : v128.load64_zero(p);
    let y = v128.load64_zero(labels + (Batch.sample(picks, from, t) << 3));
    if (pair) y = v128.load64_lane(labels + (Batch.sample(picks, from, t + 1) << 3), y, 1);
    v128.store(p, f64x2.mul(factor, Slope.pair(loss, parameter, margin, y)));
  }
}

/**
 * row = regularization * point over padded(n); SATURATED_LOGISTIC: regularization * 2 point / (1 +
 * point^2)^2.
 */
function startRow(loss: u32, row: usize, point: usize, n: usize, regularization: f64): void {
  const factor = Real.splat(regularization);
  const bytes = Row.padded(n) << SHIFT;
  if (loss === SATURATED_LOGISTIC) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const x = v128.load(point + at);
      const u = v128.add<real>(Real.splat(1), v128.mul<real>(x, x));
      const slope = v128.div<real>(v128.add<real>(x, x), v128.mul<real>(u, u));
      v128.store(row + at, v128.mul<real>(factor, slope));
    }
    return;
  }
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(row + at, v128.mul<real>(factor, v128.load(point + at)));
  }
}

/**
 * Agent i holds samples samples[i] .. samples[i + 1] - 1 (u32), and sample r the entries rowStart[r] ..
 * rowStart[r + 1] - 1 (u32) of columns (u32) and values. `parameter` is Huber's delta; other losses
 * ignore it. x and out are block rows. scratch: a double for each sample of the largest agent, rounded up
 * to a multiple of 2. `picks` is 0, or the numbers (u32) of the `size` samples to use; then count is 1.
 */
export function gradientLinearSparse(
  loss: u32,
  parameter: f64,
  first: usize,
  count: usize,
  x: usize,
  xStride: usize,
  samples: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  labels: usize,
  out: usize,
  outStride: usize,
  n: usize,
  scale: f64,
  regularization: f64,
  scratch: usize,
  picks: usize,
  size: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const point = x + r * xStride;
    const row = out + r * outStride;
    const from = <usize>load<u32>(samples + (i << 2));
    const to = <usize>load<u32>(samples + (i << 2), 4);
    const all = to - from;
    const used = picks ? size : all;
    for (let t: usize = 0; t < used; t++) {
      const sample = Batch.sample(picks, from, t);
      const begin = <usize>load<u32>(rowStart + (sample << 2));
      const end = <usize>load<u32>(rowStart + (sample << 2), 4);
      store<f64>(scratch + (t << 3), Row.dotSparse<real>(point, begin, end, columns, values));
    }
    slopes(loss, parameter, scratch, labels, picks, from, used, Batch.scale(picks, scale, all, size));
    startRow(loss, row, point, n, regularization);
    for (let t: usize = 0; t < used; t++) {
      const sample = Batch.sample(picks, from, t);
      const end = <usize>load<u32>(rowStart + (sample << 2), 4);
      const slope = <real>load<f64>(scratch + (t << 3));
      for (let e = <usize>load<u32>(rowStart + (sample << 2)); e < end; e++) {
        const p = row + ((<usize>load<u32>(columns + (e << 2))) << SHIFT);
        store<real>(p, load<real>(p) + slope * load<real>(values + (e << SHIFT)));
      }
    }
  }
}

/** The same with dense rows: sample r starts at rows + r rowStride, padded like x. */
export function gradientLinearDense(
  loss: u32,
  parameter: f64,
  first: usize,
  count: usize,
  x: usize,
  xStride: usize,
  samples: usize,
  rows: usize,
  rowStride: usize,
  labels: usize,
  out: usize,
  outStride: usize,
  n: usize,
  scale: f64,
  regularization: f64,
  scratch: usize,
  picks: usize,
  size: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const point = x + r * xStride;
    const row = out + r * outStride;
    const from = <usize>load<u32>(samples + (i << 2));
    const to = <usize>load<u32>(samples + (i << 2), 4);
    const all = to - from;
    const used = picks ? size : all;
    for (let t: usize = 0; t < used; t++) {
      const sample = Batch.sample(picks, from, t);
      store<f64>(scratch + (t << 3), Row.dot(rows + sample * rowStride, point, n));
    }
    slopes(loss, parameter, scratch, labels, picks, from, used, Batch.scale(picks, scale, all, size));
    startRow(loss, row, point, n, regularization);
    addRows(row, rows, rowStride, picks, from, scratch, used, Row.padded(n) << SHIFT);
  }
}

/** row += sum_t factors[t] (row of sample t); four a pass: the sum is loaded and stored once for four. */
function addRows(
  row: usize,
  rows: usize,
  rowStride: usize,
  picks: usize,
  from: usize,
  factors: usize,
  count: usize,
  bytes: usize,
): void {
  let t: usize = 0;
  for (; t + 4 <= count; t += 4) {
    const f0 = Real.splatDouble(factors + (t << 3));
    const f1 = Real.splatDouble(factors + (t << 3) + 8);
    const f2 = Real.splatDouble(factors + (t << 3) + 16);
    const f3 = Real.splatDouble(factors + (t << 3) + 24);
    const p0 = rows + Batch.sample(picks, from, t) * rowStride;
    const p1 = rows + Batch.sample(picks, from, t + 1) * rowStride;
    const p2 = rows + Batch.sample(picks, from, t + 2) * rowStride;
    const p3 = rows + Batch.sample(picks, from, t + 3) * rowStride;
    for (let at: usize = 0; at < bytes; at += 16) {
      let sum = v128.load(row + at);
      sum = v128.add<real>(sum, v128.mul<real>(f0, v128.load(p0 + at)));
      sum = v128.add<real>(sum, v128.mul<real>(f1, v128.load(p1 + at)));
      sum = v128.add<real>(sum, v128.mul<real>(f2, v128.load(p2 + at)));
      sum = v128.add<real>(sum, v128.mul<real>(f3, v128.load(p3 + at)));
      v128.store(row + at, sum);
    }
  }
  for (; t < count; t++) {
    const f = Real.splatDouble(factors + (t << 3));
    const p = rows + Batch.sample(picks, from, t) * rowStride;
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(row + at, v128.add<real>(v128.load(row + at), v128.mul<real>(f, v128.load(p + at))));
    }
  }
}
