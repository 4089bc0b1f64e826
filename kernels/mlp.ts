/**
 * Multilayer perceptrons: gradients at the agents' own estimates, values at one point.
 *
 *     a_0 = sample;   z_l = a_(l-1) W_l + b_l;   a_l = max(z_l, 0) for l < L
 *     loss = log sum_k exp(z_L,k) - z_L,y;   f_i(x) = scale sum_r loss_r + regularization/2 |x|^2
 *     x = W_1 (inputs x outputs, a row for each input), b_1, W_2, b_2, ...
 *
 *     delta_L = softmax(z_L) - e_y;   delta_l = (delta_(l+1) W_(l+1)^T) [a_l > 0]
 *     grad W_l = sum_r a_(l-1)^T delta_l;   grad b_l = sum_r delta_l
 *
 * Samples go through in chunks of 64, so that the three products are of matrices. These work in float32, four
 * lanes to a vector, twice the speed of doubles: weights are rounded once for each gradient, and the sums of
 * a chunk, of 64 terms at most, are added up in doubles. x, gradients and losses are doubles. A gradient is
 * exact to about 1e-6 of its size.
 *
 * One tile of a product is 4 rows by 8 columns: eight accumulators, enough to hide the latency of an
 * addition. Its columns come from *panels*: for each step of the sum, 8 columns side by side (32 bytes),
 * padded with zeros, so that a tile reads them in order.
 *
 * `layers` is a table of u32, a row of ROW for each layer, offsets in bytes from `scratch`:
 *
 *     inputs, outputs, first entry of W in x, panels of W, panels of W^T (not in the first layer),
 *     a_(l-1), a_l, delta_l
 *
 * with rows of a_l and delta_l padded to 8 floats; biases follow the panels of W. `kind` of the samples'
 * rows: 0 float32; else bytes, divided by it.
 */
import { Batch } from './batch';
import { Row } from './lanes';
import { SHIFT } from './real';
import { classLoss, classSlopes, firstLargest, startRow } from './softmax';

const ROW: usize = 32;
const CHUNK: usize = 64;

class Layer {
  @inline static at(layers: usize, l: usize): usize {
    return layers + l * ROW;
  }
  @inline static inputs(row: usize): usize {
    return <usize>load<u32>(row, 0);
  }
  @inline static outputs(row: usize): usize {
    return <usize>load<u32>(row, 4);
  }
  @inline static entry(row: usize): usize {
    return <usize>load<u32>(row, 8);
  }
  @inline static panels(row: usize): usize {
    return <usize>load<u32>(row, 12);
  }
  @inline static turned(row: usize): usize {
    return <usize>load<u32>(row, 16);
  }
  @inline static before(row: usize): usize {
    return <usize>load<u32>(row, 20);
  }
  @inline static after(row: usize): usize {
    return <usize>load<u32>(row, 24);
  }
  @inline static delta(row: usize): usize {
    return <usize>load<u32>(row, 28);
  }
  /** Bytes of a row of `width` floats. */
  @inline static bytes(width: usize): usize {
    return Row.eights(width) << 2;
  }
}

/**
 * The tile c[r][0..8) = sum_k a[r][k] b[k][0..8), r < 4, k ascending. Steps are bytes: aRow from row to row
 * of a, aStep and bStep from k to k + 1, cRow from row to row of c.
 */
function tile(
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  steps: usize,
  c: usize,
  cRow: usize,
): void {
  let a0 = a;
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  for (let k: usize = 0; k < steps; k++) {
    const b0 = v128.load(b, 0);
    const b1 = v128.load(b, 16);
    const s0 = v128.load32_splat(a0);
    c00 = f32x4.add(c00, f32x4.mul(s0, b0));
    c01 = f32x4.add(c01, f32x4.mul(s0, b1));
    const s1 = v128.load32_splat(a1);
    c10 = f32x4.add(c10, f32x4.mul(s1, b0));
    c11 = f32x4.add(c11, f32x4.mul(s1, b1));
    const s2 = v128.load32_splat(a2);
    c20 = f32x4.add(c20, f32x4.mul(s2, b0));
    c21 = f32x4.add(c21, f32x4.mul(s2, b1));
    const s3 = v128.load32_splat(a3);
    c30 = f32x4.add(c30, f32x4.mul(s3, b0));
    c31 = f32x4.add(c31, f32x4.mul(s3, b1));
    a0 += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    b += bStep;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10, 0);
  v128.store(c, c11, 16);
  c += cRow;
  v128.store(c, c20, 0);
  v128.store(c, c21, 16);
  c += cRow;
  v128.store(c, c30, 0);
  v128.store(c, c31, 16);
}

/**
 * Panels of W (and of W^T where it is wanted) and the biases of all layers, as floats, from a point of type
 * P.
 */
function pack<P>(point: usize, layers: usize, depth: usize, scratch: usize, turned: bool): void {
  for (let l: usize = 0; l < depth; l++) {
    const layer = Layer.at(layers, l);
    const inputs = Layer.inputs(layer);
    const outputs = Layer.outputs(layer);
    const weights = point + (Layer.entry(layer) << alignof<P>());
    let panel = scratch + Layer.panels(layer);
    for (let first: usize = 0; first < outputs; first += 8) {
      const width = min<usize>(8, outputs - first);
      for (let i: usize = 0; i < inputs; i++) {
        floats<P>(panel, weights + ((i * outputs + first) << alignof<P>()), width);
        panel += 32;
      }
    }
    const biases = weights + ((inputs * outputs) << alignof<P>());
    for (let first: usize = 0; first < outputs; first += 8) {
      floats<P>(panel + (first << 2), biases + (first << alignof<P>()), min<usize>(8, outputs - first));
    }
    if (turned && l > 0) packTurned<P>(weights, inputs, outputs, scratch + Layer.turned(layer));
  }
}

function packTurned<P>(weights: usize, inputs: usize, outputs: usize, panel: usize): void {
  for (let first: usize = 0; first < inputs; first += 8) {
    const width = min<usize>(8, inputs - first);
    for (let o: usize = 0; o < outputs; o++) {
      for (let i: usize = 0; i < 8; i++) {
        const at = weights + (((first + i) * outputs + o) << alignof<P>());
        store<f32>(panel + (i << 2), i < width ? <f32>load<P>(at) : 0);
      }
      panel += 32;
    }
  }
}

/** Eight floats from `width` numbers of type P, the others 0. */
function floats<P>(target: usize, source: usize, width: usize): void {
  if (width === 8) {
    if (sizeof<P>() === 4) {
      v128.store(target, v128.load(source, 0), 0);
      v128.store(target, v128.load(source, 16), 16);
      return;
    }
    const low = f32x4.demote_f64x2_zero(v128.load(source, 0));
    const high = f32x4.demote_f64x2_zero(v128.load(source, 16));
    v128.store(target, i64x2.shuffle(low, high, 0, 2), 0);
    const low1 = f32x4.demote_f64x2_zero(v128.load(source, 32));
    const high1 = f32x4.demote_f64x2_zero(v128.load(source, 48));
    v128.store(target, i64x2.shuffle(low1, high1, 0, 2), 16);
    return;
  }
  for (let c: usize = 0; c < 8; c++) {
    store<f32>(target + (c << 2), c < width ? <f32>load<P>(source + (c << alignof<P>())) : 0);
  }
}

/** Sample t of a chunk to row t of a_0. Rows up to a multiple of 4 are computed too, whatever they hold. */
function loadSample(target: usize, row: usize, width: usize, kind: u32): void {
  const whole = width & ~(<usize>3);
  if (kind === 0) {
    for (let c: usize = 0; c < whole; c += 4) v128.store(target + (c << 2), v128.load(row + (c << 2)));
    for (let c = whole; c < width; c++) store<f32>(target + (c << 2), load<f32>(row + (c << 2)));
    return;
  }
  const divisor = f32x4.splat(<f32>kind);
  for (let c: usize = 0; c < whole; c += 4) {
    const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(row + c)));
    v128.store(target + (c << 2), f32x4.div(f32x4.convert_i32x4_u(words), divisor));
  }
  for (let c = whole; c < width; c++) store<f32>(target + (c << 2), <f32>load<u8>(row + c) / <f32>kind);
}

/** a_1 .. a_(L-1) and z_L of the first `count` rows of a_0. */
function forward(layers: usize, depth: usize, scratch: usize, count: usize): void {
  const tall = (count + 3) & ~(<usize>3);
  for (let l: usize = 0; l < depth; l++) {
    const layer = Layer.at(layers, l);
    const inputs = Layer.inputs(layer);
    const outputs = Layer.outputs(layer);
    const before = scratch + Layer.before(layer);
    const after = scratch + Layer.after(layer);
    const aRow = Layer.bytes(inputs);
    const cRow = Layer.bytes(outputs);
    let panel = scratch + Layer.panels(layer);
    for (let first: usize = 0; first < outputs; first += 8) {
      for (let r: usize = 0; r < tall; r += 4) {
        tile(before + r * aRow, aRow, 4, panel, 32, inputs, after + r * cRow + (first << 2), cRow);
      }
      panel += inputs << 5;
    }
    // Here `panel` has come to the biases.
    const last = l + 1 === depth;
    for (let r: usize = 0; r < tall; r++) {
      const row = after + r * cRow;
      for (let at: usize = 0; at < cRow; at += 16) {
        const z = f32x4.add(v128.load(row + at), v128.load(panel + at));
        v128.store(row + at, last ? z : f32x4.max(z, f32x4.splat(0)));
      }
    }
  }
}

/** z_L of a chunk's row as doubles. */
function margins(target: usize, row: usize, classes: usize): void {
  for (let k: usize = 0; k < classes; k++) store<f64>(target + (k << 3), <f64>load<f32>(row + (k << 2)));
}

/** Adds the gradients of a chunk to `row`; delta_L is there. `spare`: a tile, 128 bytes. */
function backward(row: usize, layers: usize, depth: usize, scratch: usize, count: usize, spare: usize): void {
  const tall = (count + 3) & ~(<usize>3);
  for (let l = depth; l > 0; l--) {
    const layer = Layer.at(layers, l - 1);
    const inputs = Layer.inputs(layer);
    const outputs = Layer.outputs(layer);
    const before = scratch + Layer.before(layer);
    const delta = scratch + Layer.delta(layer);
    const aRow = Layer.bytes(inputs);
    const dRow = Layer.bytes(outputs);
    const weights = row + (Layer.entry(layer) << SHIFT);
    for (let first: usize = 0; first < outputs; first += 8) {
      const width = min<usize>(8, outputs - first);
      for (let i: usize = 0; i < inputs; i += 4) {
        tile(before + (i << 2), 4, aRow, delta + (first << 2), dRow, count, spare, 32);
        const high = min<usize>(4, inputs - i);
        for (let r: usize = 0; r < high; r++) {
          addFloats(weights + (((i + r) * outputs + first) << SHIFT), spare + (r << 5), width);
        }
      }
    }
    addColumns(weights + ((inputs * outputs) << SHIFT), delta, dRow, count, outputs, spare);
    if (l === 1) return;

    const turned = scratch + Layer.turned(layer);
    const deltaBefore = scratch + Layer.delta(Layer.at(layers, l - 2));
    for (let first: usize = 0; first < inputs; first += 8) {
      const panel = turned + ((first * outputs) << 2);
      for (let r: usize = 0; r < tall; r += 4) {
        tile(delta + r * dRow, dRow, 4, panel, 32, outputs, deltaBefore + r * aRow + (first << 2), aRow);
      }
    }
    // a > 0 exactly where z > 0.
    for (let at: usize = 0; at < tall * aRow; at += 16) {
      const active = f32x4.gt(v128.load(before + at), f32x4.splat(0));
      v128.store(deltaBefore + at, v128.and(v128.load(deltaBefore + at), active));
    }
  }
}

/** target[c] += source[c] (f32), c < width <= 8. */
function addFloats(target: usize, source: usize, width: usize): void {
  if (width === 8) {
    if (sizeof<real>() === 4) {
      v128.store(target, f32x4.add(v128.load(target, 0), v128.load(source, 0)), 0);
      v128.store(target, f32x4.add(v128.load(target, 16), v128.load(source, 16)), 16);
      return;
    }
    for (let c: usize = 0; c < 8; c += 2) {
      const pair = f64x2.promote_low_f32x4(v128.load64_zero(source + (c << 2)));
      v128.store(target + (c << 3), f64x2.add(v128.load(target + (c << 3)), pair));
    }
    return;
  }
  for (let c: usize = 0; c < width; c++) {
    const at = target + (c << SHIFT);
    store<real>(at, load<real>(at) + <real>load<f32>(source + (c << 2)));
  }
}

/** target[c] += sum over rows of source[r][c]. */
function addColumns(
  target: usize,
  source: usize,
  row: usize,
  count: usize,
  width: usize,
  spare: usize,
): void {
  for (let first: usize = 0; first < width; first += 8) {
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let at = source + (first << 2);
    for (let r: usize = 0; r < count; r++) {
      s0 = f32x4.add(s0, v128.load(at, 0));
      s1 = f32x4.add(s1, v128.load(at, 16));
      at += row;
    }
    v128.store(spare, s0, 0);
    v128.store(spare, s1, 16);
    addFloats(target + (first << SHIFT), spare, min<usize>(8, width - first));
  }
}

/**
 * `layers`: the table described above, which src/cost/mlp.ts makes; it also counts the bytes of scratch.
 * `kind`: rows are float32 (0), or bytes divided by it. spare: max(16, classes + 1) doubles. labels: u32
 * below the width of the last layer. samples, picks and size as in gradient.ts.
 */
export function gradientMlp(
  layers: usize,
  depth: usize,
  first: usize,
  count: usize,
  x: usize,
  xStride: usize,
  samples: usize,
  rows: usize,
  rowStride: usize,
  kind: u32,
  labels: usize,
  out: usize,
  outStride: usize,
  n: usize,
  scale: f64,
  regularization: f64,
  scratch: usize,
  spare: usize,
  picks: usize,
  size: usize,
): void {
  const head = Layer.at(layers, 0);
  const inputs = Layer.inputs(head);
  const inputRow = Layer.bytes(inputs);
  const tail = Layer.at(layers, depth - 1);
  const classes = Layer.outputs(tail);
  const classRow = Layer.bytes(classes);
  const z = scratch + Layer.after(tail);
  const delta = scratch + Layer.delta(tail);
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const point = x + r * xStride;
    const row = out + r * outStride;
    const from = <usize>load<u32>(samples + (i << 2));
    const all = <usize>load<u32>(samples + (i << 2), 4) - from;
    const used = picks ? size : all;
    const factor = Batch.scale(picks, scale, all, size);
    startRow(row, point, n, regularization);
    if (used > 0) pack<real>(point, layers, depth, scratch, true);
    for (let begin: usize = 0; begin < used; begin += CHUNK) {
      const height = min<usize>(CHUNK, used - begin);
      for (let t: usize = 0; t < height; t++) {
        const sample = Batch.sample(picks, from, begin + t);
        loadSample(scratch + Layer.before(head) + t * inputRow, rows + sample * rowStride, inputs, kind);
      }
      forward(layers, depth, scratch, height);
      for (let t: usize = 0; t < height; t++) {
        const label = <usize>load<u32>(labels + (Batch.sample(picks, from, begin + t) << 2));
        margins(spare, z + t * classRow, classes);
        classSlopes(spare, classes, label, factor);
        for (let k: usize = 0; k < classes; k++) {
          store<f32>(delta + t * classRow + (k << 2), <f32>load<f64>(spare + (k << 3)));
        }
      }
      backward(row, layers, depth, scratch, height, spare);
    }
  }
}

/** out[i] = f_i(point) for the agents first .. first + count - 1; the point is a row of float64. */
export function valueMlp(
  layers: usize,
  depth: usize,
  first: usize,
  count: usize,
  point: usize,
  samples: usize,
  rows: usize,
  rowStride: usize,
  kind: u32,
  labels: usize,
  out: usize,
  n: usize,
  scale: f64,
  regularization: f64,
  scratch: usize,
  spare: usize,
): void {
  const head = Layer.at(layers, 0);
  const inputs = Layer.inputs(head);
  const inputRow = Layer.bytes(inputs);
  const tail = Layer.at(layers, depth - 1);
  const classes = Layer.outputs(tail);
  const classRow = Layer.bytes(classes);
  const z = scratch + Layer.after(tail);
  const penalty = 0.5 * regularization * Row.squaresOfPoint(point, n);
  pack<f64>(point, layers, depth, scratch, false);
  for (let i = first; i < first + count; i++) {
    const to = <usize>load<u32>(samples + (i << 2), 4);
    let sum: f64 = 0;
    for (let begin = <usize>load<u32>(samples + (i << 2)); begin < to; begin += CHUNK) {
      const height = min<usize>(CHUNK, to - begin);
      for (let t: usize = 0; t < height; t++) {
        loadSample(scratch + Layer.before(head) + t * inputRow, rows + (begin + t) * rowStride, inputs, kind);
      }
      forward(layers, depth, scratch, height);
      for (let t: usize = 0; t < height; t++) {
        margins(spare, z + t * classRow, classes);
        sum += classLoss(spare, classes, <usize>load<u32>(labels + ((begin + t) << 2)));
      }
    }
    store<f64>(out + (i << 3), scale * sum + penalty);
  }
}

/** How many of the samples from .. to - 1 have their own class as the first of largest margin. */
export function correctMlp(
  layers: usize,
  depth: usize,
  from: usize,
  to: usize,
  point: usize,
  rows: usize,
  rowStride: usize,
  kind: u32,
  labels: usize,
  scratch: usize,
  spare: usize,
): u32 {
  const head = Layer.at(layers, 0);
  const inputs = Layer.inputs(head);
  const inputRow = Layer.bytes(inputs);
  const tail = Layer.at(layers, depth - 1);
  const classes = Layer.outputs(tail);
  const classRow = Layer.bytes(classes);
  let correct: u32 = 0;
  pack<f64>(point, layers, depth, scratch, false);
  for (let begin = from; begin < to; begin += CHUNK) {
    const height = min<usize>(CHUNK, to - begin);
    for (let t: usize = 0; t < height; t++) {
      loadSample(scratch + Layer.before(head) + t * inputRow, rows + (begin + t) * rowStride, inputs, kind);
    }
    forward(layers, depth, scratch, height);
    for (let t: usize = 0; t < height; t++) {
      margins(spare, scratch + Layer.after(tail) + t * classRow, classes);
      const label = <usize>load<u32>(labels + ((begin + t) << 2));
      if (firstLargest(spare, classes) === label) correct++;
    }
  }
  return correct;
}
