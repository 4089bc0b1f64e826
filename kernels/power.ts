/**
 * Rank-1 power iteration along edges (`src/flow/power-gossip.ts`). An agent's row x is a matrix X of `height`
 * rows and `width` columns, row after row. Every directed edge has a slot: agent i's message to its e-th
 * neighbour is in slot e of CSR, the message from that neighbour in slot reverse[e]. `held` has for every
 * directed edge the unit vector v that both ends know. `left` 0: v has `width` entries and X v is sent; 1: v
 * has `height` entries and X^T v is sent. Slots and held vectors have stride slotBytes, padded(max(height,
 * width)) doubles; behind a vector is +0.
 */
import { Row } from './lanes';
import { Numbers, uniformRange } from './philox';
import { LANES, Real, SHIFT } from './real';

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
  const size = slotBytes >> SHIFT;
  uniformRange(out, max<u32>(i, j) * <u32>size, <u32>n, min<u32>(i, j), round, PAIR_STREAM, keyLow, keyHigh);
  Row.clear(out, n, size);
  const scale = <real>(1 / Row.norm(out, n));
  for (let c: usize = 0; c < n; c++) store<real>(out + (c << SHIFT), scale * load<real>(out + (c << SHIFT)));
}

/** target += factor source, n entries at any address. */
function addScaled(target: usize, factor: real, source: usize, n: usize): void {
  const by = v128.splat<real>(factor);
  let c: usize = 0;
  for (; c + LANES <= n; c += LANES) {
    const at = target + (c << SHIFT);
    v128.store(at, v128.add<real>(v128.load(at), v128.mul<real>(by, v128.load(source + (c << SHIFT)))));
  }
  for (; c < n; c++) {
    const at = target + (c << SHIFT);
    store<real>(at, load<real>(at) + factor * load<real>(source + (c << SHIFT)));
  }
}

/** sum_c a_c b_c, n entries at any address: lanes apart, then all, then what is left over. */
function product(a: usize, b: usize, n: usize): f64 {
  let sums = Real.splat(0);
  let c: usize = 0;
  for (; c + LANES <= n; c += LANES) {
    sums = v128.add<real>(sums, v128.mul<real>(v128.load(a + (c << SHIFT)), v128.load(b + (c << SHIFT))));
  }
  let sum = Real.lanes(sums);
  for (; c < n; c++) sum += <f64>(load<real>(a + (c << SHIFT)) * load<real>(b + (c << SHIFT)));
  return sum;
}

/**
 * Draws the vectors of round 0 (n entries, stream 13) of all edges of the agents. numbers: by which agents draw,
 * as in `linkWords`.
 */
export function powerBegin(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  numbers: usize,
  held: usize,
  slotBytes: usize,
  n: usize,
  keyLow: u32,
  keyHigh: u32,
): void {
  for (let i = first; i < first + count; i++) {
    const own = Numbers.of(i, numbers);
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    for (let e = <usize>load<u32>(rowStart + (i << 2)); e < to; e++) {
      const j = Numbers.of(<usize>load<u32>(columns + (e << 2)), numbers);
      drawPair(held + e * slotBytes, n, slotBytes, own, j, 0, keyLow, keyHigh);
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
          addScaled(out, load<real>(v + (h << SHIFT)), matrix + ((h * width) << SHIFT), width);
        }
      } else {
        for (let h: usize = 0; h < height; h++) {
          store<real>(out + (h << SHIFT), <real>product(matrix + ((h * width) << SHIFT), v, width));
        }
      }
    }
  }
}

/**
 * For every edge of the agents, with d = received - sent: X += tau w d v^T (`left` 0) or tau w v d^T
 * (`left` 1). The vector held becomes +-d/|d|, d taken as the higher end's minus the lower end's, or where
 * d is 0 a vector drawn for `round`. Higher is the end with the larger number; numbers as in `powerBegin`.
 * scratch: a slot.
 */
export function powerMix(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  numbers: usize,
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
    const own = Numbers.of(i, numbers);
    const matrix = x + r * stride;
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    for (let e = <usize>load<u32>(rowStart + (i << 2)); e < to; e++) {
      const v = held + e * slotBytes;
      const sent = slots + e * slotBytes;
      const received = slots + <usize>load<u32>(reverse + (e << 2)) * slotBytes;
      Row.clearAll(scratch, n);
      for (let c: usize = 0; c < n; c++) {
        store<real>(
          scratch + (c << SHIFT),
          load<real>(received + (c << SHIFT)) - load<real>(sent + (c << SHIFT)),
        );
      }
      const factor = <real>(tau * load<f64>(weights + e * weightStride));
      const column = left ? v : scratch;
      const row = left ? scratch : v;
      for (let h: usize = 0; h < height; h++) {
        addScaled(matrix + ((h * width) << SHIFT), factor * load<real>(column + (h << SHIFT)), row, width);
      }
      const j = Numbers.of(<usize>load<u32>(columns + (e << 2)), numbers);
      const norm = Row.norm(scratch, n);
      if (norm > 0) {
        // Both ends have the same d but for its sign, so they hold the same bits.
        const scale = <real>((own < j ? 1.0 : -1.0) / norm);
        for (let c: usize = 0; c < n; c++)
          store<real>(v + (c << SHIFT), scale * load<real>(scratch + (c << SHIFT)));
        Row.clear(v, n, slotBytes >> SHIFT);
      } else {
        drawPair(v, n, slotBytes, own, j, round, keyLow, keyHigh);
      }
    }
  }
}
