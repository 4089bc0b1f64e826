/**
 * Rank-1 power iteration along edges (`src/flow/power-gossip.ts`). An agent's row x is a matrix X of `height`
 * rows and `width` columns, row after row. Every directed edge has a slot: agent i's message to its e-th
 * neighbour is in slot e of CSR, the message from that neighbour in slot reverse[e]. `held` has for every
 * directed edge the unit vector v that both ends know. `left` 0: v has `width` entries and X v is sent; 1: v
 * has `height` entries and X^T v is sent. Slots and held vectors have stride slotBytes, padded(max(height,
 * width)) doubles; behind a vector is +0.
 */
import { Row } from './lanes';
import { uniformRange } from './philox';

const PAIR_STREAM: u32 = 13;

/**
 * The unit vector of n entries that agents i and j both draw in `round`: coordinates of the lower end, a
 * slot's worth for each higher end.
 */
function drawPair(
  out: usize,
  n: usize,
  slotBytes: usize,
  i: u32,
  j: u32,
  round: u32,
  keyLow: u32,
  keyHigh: u32,
): void {
  const size = slotBytes >> 3;
  uniformRange(out, max<u32>(i, j) * <u32>size, <u32>n, min<u32>(i, j), round, PAIR_STREAM, keyLow, keyHigh);
  Row.clear(out, n, size);
  const scale = 1 / Row.norm(out, n);
  for (let c: usize = 0; c < n; c++) store<f64>(out + (c << 3), scale * load<f64>(out + (c << 3)));
}

/** target += factor source, n entries at any address. */
function addScaled(target: usize, factor: f64, source: usize, n: usize): void {
  const by = f64x2.splat(factor);
  let c: usize = 0;
  for (; c + 2 <= n; c += 2) {
    const at = target + (c << 3);
    v128.store(at, f64x2.add(v128.load(at), f64x2.mul(by, v128.load(source + (c << 3)))));
  }
  if (c < n) {
    const at = target + (c << 3);
    store<f64>(at, load<f64>(at) + factor * load<f64>(source + (c << 3)));
  }
}

/** sum_c a_c b_c, n entries at any address: even and odd entries apart, then both. */
function product(a: usize, b: usize, n: usize): f64 {
  let sums = f64x2.splat(0);
  let c: usize = 0;
  for (; c + 2 <= n; c += 2) {
    sums = f64x2.add(sums, f64x2.mul(v128.load(a + (c << 3)), v128.load(b + (c << 3))));
  }
  const sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  return c < n ? sum + load<f64>(a + (c << 3)) * load<f64>(b + (c << 3)) : sum;
}

/** Draws the vectors of round 0 (n entries, stream 13) of all edges of the agents. */
export function powerBegin(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  held: usize,
  slotBytes: usize,
  n: usize,
  keyLow: u32,
  keyHigh: u32,
): void {
  for (let i = first; i < first + count; i++) {
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    for (let e = <usize>load<u32>(rowStart + (i << 2)); e < to; e++) {
      const j = load<u32>(columns + (e << 2));
      drawPair(held + e * slotBytes, n, slotBytes, <u32>i, j, 0, keyLow, keyHigh);
    }
  }
}

/**
 * Slot = X v (`left` 0, v of width entries) or X^T v (`left` 1, v of height entries), for every edge of the
 * agents and the vector v that it holds. x is the block's first row.
 */
export function powerSend(
  first: usize,
  count: usize,
  rowStart: usize,
  x: usize,
  stride: usize,
  height: usize,
  width: usize,
  left: usize,
  held: usize,
  slots: usize,
  slotBytes: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const matrix = x + r * stride;
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    for (let e = <usize>load<u32>(rowStart + (i << 2)); e < to; e++) {
      const v = held + e * slotBytes;
      const out = slots + e * slotBytes;
      if (left) {
        Row.clearAll(out, width);
        for (let h: usize = 0; h < height; h++) {
          addScaled(out, load<f64>(v + (h << 3)), matrix + ((h * width) << 3), width);
        }
      } else {
        for (let h: usize = 0; h < height; h++) {
          store<f64>(out + (h << 3), product(matrix + ((h * width) << 3), v, width));
        }
      }
    }
  }
}

/**
 * For every edge of the agents, with d = received - sent: X += tau w d v^T (`left` 0) or tau w v d^T
 * (`left` 1). The vector held becomes +-d/|d|, d taken as the higher end's minus the lower end's, or where
 * d is 0 a vector drawn for `round`. scratch: a slot.
 */
export function powerMix(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  weights: usize,
  weightStride: usize,
  reverse: usize,
  x: usize,
  stride: usize,
  height: usize,
  width: usize,
  left: usize,
  held: usize,
  slots: usize,
  slotBytes: usize,
  tau: f64,
  scratch: usize,
  round: u32,
  keyLow: u32,
  keyHigh: u32,
): void {
  const n = left ? width : height;
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const matrix = x + r * stride;
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    for (let e = <usize>load<u32>(rowStart + (i << 2)); e < to; e++) {
      const v = held + e * slotBytes;
      const sent = slots + e * slotBytes;
      const received = slots + <usize>load<u32>(reverse + (e << 2)) * slotBytes;
      Row.clearAll(scratch, n);
      for (let c: usize = 0; c < n; c++) {
        store<f64>(scratch + (c << 3), load<f64>(received + (c << 3)) - load<f64>(sent + (c << 3)));
      }
      const factor = tau * load<f64>(weights + e * weightStride);
      const column = left ? v : scratch;
      const row = left ? scratch : v;
      for (let h: usize = 0; h < height; h++) {
        addScaled(matrix + ((h * width) << 3), factor * load<f64>(column + (h << 3)), row, width);
      }
      const j = load<u32>(columns + (e << 2));
      const norm = Row.norm(scratch, n);
      if (norm > 0) {
        // Both ends have the same d but for its sign, so they hold the same bits.
        const scale = (<u32>i < j ? 1.0 : -1.0) / norm;
        for (let c: usize = 0; c < n; c++) store<f64>(v + (c << 3), scale * load<f64>(scratch + (c << 3)));
        Row.clear(v, n, slotBytes >> 3);
      } else {
        drawPair(v, n, slotBytes, <u32>i, j, round, keyLow, keyHigh);
      }
    }
  }
}
