/**
 * Multinomial logistic costs: gradients at the agents' own estimates, values at one point.
 *
 *     f_i(x) = scale sum_r [log sum_k exp(z_k) - z_{y_r}] + regularization/2 |x|^2,      z_k = a_r . x_k
 *
 * x holds one vector of `features` entries for each class, class after class without gaps, so no vector of a
 * class is aligned or padded but the row as a whole. Margins are shifted by the first largest one, whose
 * exponential is 1 and is left out of the sum: what remains keeps its digits where one class is all but
 * certain. Classes and samples are summed in ascending order. scratch: `classes` doubles, rounded up to a
 * multiple of 2. With `picks` a gradient looks at these `size` samples alone, and the sum over them is scaled
 * by (samples of the agent) / size.
 */
import { Batch } from './batch';
import { Row } from './lanes';
import { Pair } from './math';
import { LANES, Real, SHIFT } from './real';

/**
 * a . b over n entries, a of a row and b of type B, in float64: even and odd ones apart, since rows of a
 * class end where the next begins.
 */
function dotTight<B>(a: usize, b: usize, n: usize): f64 {
  let sum = f64x2.splat(0);
  let c: usize = 0;
  for (; c + 2 <= n; c += 2) {
    sum = f64x2.add(sum, f64x2.mul(two<real>(a + (c << SHIFT)), two<B>(b + (c << alignof<B>()))));
  }
  const total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  return c < n ? total + <f64>load<real>(a + (c << SHIFT)) * <f64>load<B>(b + (c << alignof<B>())) : total;
}

/** Two numbers of type T as float64. */
function two<T>(p: usize): v128 {
  if (sizeof<T>() === 4) return f64x2.promote_low_f32x4(v128.load64_zero(p));
  return v128.load(p);
}

/** out += factor a over n entries. */
function addTight(out: usize, a: usize, factor: real, n: usize): void {
  const f = v128.splat<real>(factor);
  let c: usize = 0;
  for (; c + LANES <= n; c += LANES) {
    const p = out + (c << SHIFT);
    v128.store(p, v128.add<real>(v128.load(p), v128.mul<real>(f, v128.load(a + (c << SHIFT)))));
  }
  for (; c < n; c++) {
    const p = out + (c << SHIFT);
    store<real>(p, load<real>(p) + factor * load<real>(a + (c << SHIFT)));
  }
}

/** The first class of largest margin. */
export function firstLargest(margins: usize, classes: usize): usize {
  let best: usize = 0;
  let most = load<f64>(margins);
  for (let k: usize = 1; k < classes; k++) {
    const margin = load<f64>(margins + (k << 3));
    if (margin > most) {
      most = margin;
      best = k;
    }
  }
  return best;
}

/** margins[k] <- exp(margins[k] - margins[best]); returns the sum of all but the best. */
function exponentials(margins: usize, classes: usize, best: usize): f64 {
  const top = f64x2.splat(load<f64>(margins + (best << 3)));
  if (classes & 1) store<f64>(margins + (classes << 3), 0);
  for (let k: usize = 0; k < classes; k += 2) {
    const at = margins + (k << 3);
    v128.store(at, Pair.exp(f64x2.sub(v128.load(at), top)));
  }
  let rest: f64 = 0;
  for (let k: usize = 0; k < classes; k++) {
    if (k !== best) rest += load<f64>(margins + (k << 3));
  }
  return rest;
}

/** margins[k] <- scale (p_k - [k = label]), p the probabilities of the classes. */
export function classSlopes(margins: usize, classes: usize, label: usize, scale: f64): void {
  const best = firstLargest(margins, classes);
  const rest = exponentials(margins, classes, best);
  const factor = scale / (1 + rest);
  // 1 - p of the label from the others' sum: the difference itself would lose what a certain class has left.
  const own = load<f64>(margins + (label << 3));
  const others = label === best ? rest : 1 + rest - own;
  for (let k: usize = 0; k < classes; k++) {
    const at = margins + (k << 3);
    store<f64>(at, factor * load<f64>(at));
  }
  store<f64>(margins + (label << 3), -factor * others);
}

/** log sum_k exp(z_k) - z_label; the margins are overwritten. */
export function classLoss(margins: usize, classes: usize, label: usize): f64 {
  const best = firstLargest(margins, classes);
  const short = load<f64>(margins + (best << 3)) - load<f64>(margins + (label << 3));
  const rest = exponentials(margins, classes, best);
  return short + f64x2.extract_lane(Pair.log1p(f64x2.splat(rest)), 0);
}

/** row = regularization * point over padded(n) entries. */
export function startRow(row: usize, point: usize, n: usize, regularization: f64): void {
  const factor = Real.splat(regularization);
  const bytes = Row.padded(n) << SHIFT;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(row + at, v128.mul<real>(factor, v128.load(point + at)));
  }
}

/** Margins at a point of type P: a row of the state, or of float64. */
function sparseMargins<P>(
  margins: usize,
  classes: usize,
  features: usize,
  point: usize,
  begin: usize,
  end: usize,
  columns: usize,
  values: usize,
): void {
  for (let k: usize = 0; k < classes; k++) {
    const own = point + ((k * features) << alignof<P>());
    store<f64>(margins + (k << 3), Row.dotSparse<P>(own, begin, end, columns, values));
  }
}

function denseMargins<P>(margins: usize, classes: usize, features: usize, point: usize, row: usize): void {
  for (let k: usize = 0; k < classes; k++) {
    store<f64>(margins + (k << 3), dotTight<P>(row, point + ((k * features) << alignof<P>()), features));
  }
}

/** Samples, sparse rows, picks and size as in gradient.ts; labels are u32 below `classes`. */
export function gradientSoftmaxSparse(
  classes: usize,
  features: usize,
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
    const all = <usize>load<u32>(samples + (i << 2), 4) - from;
    const used = picks ? size : all;
    const factor = Batch.scale(picks, scale, all, size);
    startRow(row, point, classes * features, regularization);
    for (let p: usize = 0; p < used; p++) {
      const t = Batch.sample(picks, from, p);
      const begin = <usize>load<u32>(rowStart + (t << 2));
      const end = <usize>load<u32>(rowStart + (t << 2), 4);
      sparseMargins<real>(scratch, classes, features, point, begin, end, columns, values);
      classSlopes(scratch, classes, <usize>load<u32>(labels + (t << 2)), factor);
      for (let k: usize = 0; k < classes; k++) {
        const slope = <real>load<f64>(scratch + (k << 3));
        const own = row + ((k * features) << SHIFT);
        for (let e = begin; e < end; e++) {
          const at = own + ((<usize>load<u32>(columns + (e << 2))) << SHIFT);
          store<real>(at, load<real>(at) + slope * load<real>(values + (e << SHIFT)));
        }
      }
    }
  }
}

/** The same with dense rows: sample r starts at rows + r rowStride. */
export function gradientSoftmaxDense(
  classes: usize,
  features: usize,
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
    const all = <usize>load<u32>(samples + (i << 2), 4) - from;
    const used = picks ? size : all;
    const factor = Batch.scale(picks, scale, all, size);
    startRow(row, point, classes * features, regularization);
    for (let p: usize = 0; p < used; p++) {
      const t = Batch.sample(picks, from, p);
      const sample = rows + t * rowStride;
      denseMargins<real>(scratch, classes, features, point, sample);
      classSlopes(scratch, classes, <usize>load<u32>(labels + (t << 2)), factor);
      for (let k: usize = 0; k < classes; k++) {
        addTight(row + ((k * features) << SHIFT), sample, <real>load<f64>(scratch + (k << 3)), features);
      }
    }
  }
}

/** out[i] = f_i(point) for the agents first .. first + count - 1; the point is a row of float64. */
export function valueSoftmaxSparse(
  classes: usize,
  features: usize,
  first: usize,
  count: usize,
  point: usize,
  samples: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  labels: usize,
  out: usize,
  scale: f64,
  regularization: f64,
  scratch: usize,
): void {
  const penalty = 0.5 * regularization * Row.squaresOfPoint(point, classes * features);
  for (let i = first; i < first + count; i++) {
    const to = <usize>load<u32>(samples + (i << 2), 4);
    let sum: f64 = 0;
    for (let t = <usize>load<u32>(samples + (i << 2)); t < to; t++) {
      const begin = <usize>load<u32>(rowStart + (t << 2));
      const end = <usize>load<u32>(rowStart + (t << 2), 4);
      sparseMargins<f64>(scratch, classes, features, point, begin, end, columns, values);
      sum += classLoss(scratch, classes, <usize>load<u32>(labels + (t << 2)));
    }
    store<f64>(out + (i << 3), scale * sum + penalty);
  }
}

/** The same with dense rows. */
export function valueSoftmaxDense(
  classes: usize,
  features: usize,
  first: usize,
  count: usize,
  point: usize,
  samples: usize,
  rows: usize,
  rowStride: usize,
  labels: usize,
  out: usize,
  scale: f64,
  regularization: f64,
  scratch: usize,
): void {
  const penalty = 0.5 * regularization * Row.squaresOfPoint(point, classes * features);
  for (let i = first; i < first + count; i++) {
    const to = <usize>load<u32>(samples + (i << 2), 4);
    let sum: f64 = 0;
    for (let t = <usize>load<u32>(samples + (i << 2)); t < to; t++) {
      denseMargins<f64>(scratch, classes, features, point, rows + t * rowStride);
      sum += classLoss(scratch, classes, <usize>load<u32>(labels + (t << 2)));
    }
    store<f64>(out + (i << 3), scale * sum + penalty);
  }
}

/** How many of the samples from .. to - 1 have their own class as the first of largest margin. */
export function correctSoftmaxSparse(
  classes: usize,
  features: usize,
  from: usize,
  to: usize,
  point: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  labels: usize,
  scratch: usize,
): u32 {
  let count: u32 = 0;
  for (let t = from; t < to; t++) {
    const begin = <usize>load<u32>(rowStart + (t << 2));
    const end = <usize>load<u32>(rowStart + (t << 2), 4);
    sparseMargins<f64>(scratch, classes, features, point, begin, end, columns, values);
    if (firstLargest(scratch, classes) === <usize>load<u32>(labels + (t << 2))) count++;
  }
  return count;
}

/** The same with dense rows. */
export function correctSoftmaxDense(
  classes: usize,
  features: usize,
  from: usize,
  to: usize,
  point: usize,
  rows: usize,
  rowStride: usize,
  labels: usize,
  scratch: usize,
): u32 {
  let count: u32 = 0;
  for (let t = from; t < to; t++) {
    denseMargins<f64>(scratch, classes, features, point, rows + t * rowStride);
    if (firstLargest(scratch, classes) === <usize>load<u32>(labels + (t << 2))) count++;
  }
  return count;
}
