/**
 * Errors to messages: the bytes written here are the bytes that would cross a network (layouts in index.ts).
 * Bits of a slot's last word that belong to no entry are zero, so equal messages are equal bytes.
 */
import { ditherSigns } from './dither';
import { Row, Signs } from './lanes';
import { DITHER_STREAM } from './philox';
import { signedTransform } from './wht';

/** Message = the n entries, as they are. */
export function encodeDense(
  first: usize,
  count: usize,
  errors: usize,
  errorStride: usize,
  slots: usize,
  slotStride: usize,
  n: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const row = errors + r * errorStride;
    const slot = slots + (first + r) * slotStride;
    let c: usize = 0;
    for (; c + 2 <= n; c += 2) v128.store(slot + (c << 3), v128.load(row + (c << 3)));
    if (c < n) store<f64>(slot + (c << 3), load<f64>(row + (c << 3)));
  }
}

/**
 * Writes scale = mean |factor e_c|, factor > 0, and the sign bits of n entries, and zeros up to the end of
 * the last word.
 */
export function writeSigns(row: usize, slot: usize, n: usize, factor: f64): void {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  const scaling = f64x2.splat(factor);
  const bytes = slot + 8;
  let c: usize = 0;
  for (; c + 8 <= n; c += 8) {
    const p = row + (c << 3);
    const x0 = v128.load(p, 0);
    const x1 = v128.load(p, 16);
    const x2 = v128.load(p, 32);
    const x3 = v128.load(p, 48);
    s0 = f64x2.add(s0, f64x2.mul(f64x2.abs(x0), scaling));
    s1 = f64x2.add(s1, f64x2.mul(f64x2.abs(x1), scaling));
    s2 = f64x2.add(s2, f64x2.mul(f64x2.abs(x2), scaling));
    s3 = f64x2.add(s3, f64x2.mul(f64x2.abs(x3), scaling));
    store<u8>(bytes + (c >> 3), Signs.pack8(x0, x1, x2, x3));
  }
  let written = n >> 3;
  if (c < n) {
    // The entries left over, as if the row went on with +0: their lanes are those of the loop above.
    const p = row + (c << 3);
    const left = n - c;
    const zero = f64x2.splat(0);
    let x0 = zero;
    let x1 = zero;
    let x2 = zero;
    let x3 = zero;
    x0 = left > 1 ? v128.load(p, 0) : v128.load64_zero(p, 0);
    if (left > 2) x1 = left > 3 ? v128.load(p, 16) : v128.load64_zero(p, 16);
    if (left > 4) x2 = left > 5 ? v128.load(p, 32) : v128.load64_zero(p, 32);
    if (left > 6) x3 = v128.load64_zero(p, 48);
    s0 = f64x2.add(s0, f64x2.mul(f64x2.abs(x0), scaling));
    s1 = f64x2.add(s1, f64x2.mul(f64x2.abs(x1), scaling));
    s2 = f64x2.add(s2, f64x2.mul(f64x2.abs(x2), scaling));
    s3 = f64x2.add(s3, f64x2.mul(f64x2.abs(x3), scaling));
    store<u8>(bytes + written, Signs.pack8(x0, x1, x2, x3));
    written++;
  }
  for (; written & 7; written++) store<u8>(bytes + written, 0);
  store<f64>(slot, Row.total(s0, s1, s2, s3) / <f64>n);
}

/** Message = mean |e| over n entries, and the n signs. */
export function encodeSign(
  first: usize,
  count: usize,
  errors: usize,
  errorStride: usize,
  slots: usize,
  slotStride: usize,
  n: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    writeSigns(errors + r * errorStride, slots + (first + r) * slotStride, n, 1);
  }
}

/** How a sign message's scale is found. */
const UNBIASED: u32 = 1;
const HALF_MAX: u32 = 2;
const UNIT: u32 = 3;

/**
 * Packs the sign bits of n entries from a byte address on, and zeros up to the end of the slot's last word.
 */
function packSigns(row: usize, bytes: usize, n: usize, slot: usize): void {
  let at = bytes;
  let c: usize = 0;
  for (; c + 8 <= n; c += 8) {
    const p = row + (c << 3);
    store<u8>(at++, Signs.pack8(v128.load(p, 0), v128.load(p, 16), v128.load(p, 32), v128.load(p, 48)));
  }
  if (c < n) {
    // Padding may be -0, whose bit is not the message's.
    const p = row + (c << 3);
    const bits = Signs.pack8(v128.load(p, 0), v128.load(p, 16), v128.load(p, 32), v128.load(p, 48));
    store<u8>(at++, bits & ((1 << (<u32>(n - c))) - 1));
  }
  for (; (at - slot) & 7; at++) store<u8>(at, 0);
}

/** `scaleBytes` 8: a float64. 4: a float32, the nearest, and the largest finite one for what is beyond. */
function writeScale(slot: usize, scale: f64, scaleBytes: usize): void {
  if (scaleBytes === 4) store<f32>(slot, <f32>min<f64>(scale, 3.4028234663852886e38));
  else store<f64>(slot, scale);
}

/**
 * As encodeSign, with the scale by `rule`: 0 mean |e|, 1 |e|_2^2 / |e|_1, 2 max |e| / 2, 3 one; sent as a
 * float64 (`scaleBytes` 8) or the nearest float32 (4).
 */
export function encodeSignScaled(
  first: usize,
  count: usize,
  errors: usize,
  errorStride: usize,
  slots: usize,
  slotStride: usize,
  n: usize,
  rule: u32,
  scaleBytes: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const row = errors + r * errorStride;
    const slot = slots + (first + r) * slotStride;
    let scale: f64 = 0;
    if (rule === HALF_MAX) {
      scale = 0.5 * Row.maxAbs(row, n);
    } else if (rule === UNIT) {
      scale = 1;
    } else {
      const sum = Row.sumAbs(row, n);
      // |e|^2 / |e|_1, and 0 for a vector of zeros.
      if (rule === UNBIASED) scale = sum === 0 ? 0 : Row.sumSquaresOver(row, n, sum);
      else scale = sum / <f64>n;
    }
    writeScale(slot, scale, scaleBytes);
    packSigns(row, slot + scaleBytes, n, slot);
  }
}

/**
 * Dithered signs: the signs of e + lambda tau, and shrink lambda as the scale. Where lambda is 0, it is
 * amplitude |e|_2 / sqrt(n). tau: stream 2. scratch: DITHER_SCRATCH doubles.
 */
export function encodeOneBit(
  first: usize,
  count: usize,
  errors: usize,
  errorStride: usize,
  slots: usize,
  slotStride: usize,
  n: usize,
  amplitude: f64,
  lambda: f64,
  shrink: f64,
  round: u32,
  keyLow: u32,
  keyHigh: u32,
  scratch: usize,
): void {
  const rootN = Math.sqrt(<f64>n);
  for (let r: usize = 0; r < count; r++) {
    const row = errors + r * errorStride;
    const slot = slots + (first + r) * slotStride;
    const width = lambda > 0 ? lambda : amplitude * (Row.norm(row, n) / rootN);
    store<f64>(slot, shrink * width);
    const agent = <u32>(first + r);
    let at = ditherSigns(row, slot + 8, 0, n, width, agent, round, DITHER_STREAM, keyLow, keyHigh, scratch);
    for (; (at - slot) & 7; at++) store<u8>(at, 0);
  }
}

/**
 * The n-entry message of the dim-entry error, with the bits of flattenBlock, then encodeSign. The factor
 * 1/sqrt(n) belongs to every entry, but only the scale needs it. scratch: n doubles.
 */
export function encodeFlattenedSign(
  first: usize,
  count: usize,
  errors: usize,
  errorStride: usize,
  slots: usize,
  slotStride: usize,
  dim: usize,
  n: usize,
  masks: usize,
  scratch: usize,
): void {
  const factor = 1.0 / Math.sqrt(<f64>n);
  for (let r: usize = 0; r < count; r++) {
    signedTransform(errors + r * errorStride, scratch, dim, n, masks);
    writeSigns(scratch, slots + (first + r) * slotStride, n, factor);
  }
}

const MAGNITUDE: u64 = 0x7fffffffffffffff;

/** How many of the n magnitudes (as integers) exceed t. */
function countAbove(magnitudes: usize, n: usize, t: i64): usize {
  const limit = i64x2.splat(t);
  let a = i64x2.splat(0);
  let b = i64x2.splat(0);
  let p = magnitudes;
  const end = magnitudes + (n << 3);
  for (; p + 64 <= end; p += 64) {
    a = i64x2.sub(a, i64x2.gt_s(v128.load(p, 0), limit));
    b = i64x2.sub(b, i64x2.gt_s(v128.load(p, 16), limit));
    a = i64x2.sub(a, i64x2.gt_s(v128.load(p, 32), limit));
    b = i64x2.sub(b, i64x2.gt_s(v128.load(p, 48), limit));
  }
  a = i64x2.add(a, b);
  let total = <usize>(i64x2.extract_lane(a, 0) + i64x2.extract_lane(a, 1));
  for (; p < end; p += 8) total += <usize>(load<i64>(p) > t);
  return total;
}

/** Copies |row| to magnitudes, as integers, and returns the largest. */
function takeMagnitudes(row: usize, magnitudes: usize, n: usize): i64 {
  let most = i64x2.splat(0);
  let at: usize = 0;
  const end = n << 3;
  for (; at + 16 <= end; at += 16) {
    const m = v128.and(v128.load(row + at), i64x2.splat(MAGNITUDE));
    v128.store(magnitudes + at, m);
    most = v128.bitselect(m, most, i64x2.gt_s(m, most));
  }
  let largest = max<i64>(i64x2.extract_lane(most, 0), i64x2.extract_lane(most, 1));
  if (at < end) {
    const m = load<i64>(row + at) & MAGNITUDE;
    store<i64>(magnitudes + at, m);
    largest = max<i64>(largest, m);
  }
  return largest;
}

/** Bit c: whether magnitude c exceeds t; for count <= 64 magnitudes. */
function maskAbove(magnitudes: usize, count: usize, t: i64): u64 {
  const limit = i64x2.splat(t);
  let mask: u64 = 0;
  let c: usize = 0;
  for (; c + 8 <= count; c += 8) {
    const p = magnitudes + (c << 3);
    const byte = Signs.pack8(
      i64x2.gt_s(v128.load(p, 0), limit),
      i64x2.gt_s(v128.load(p, 16), limit),
      i64x2.gt_s(v128.load(p, 32), limit),
      i64x2.gt_s(v128.load(p, 48), limit),
    );
    mask |= (<u64>byte) << c;
  }
  for (; c < count; c++) mask |= (<u64>(load<i64>(magnitudes + (c << 3)) > t)) << c;
  return mask;
}

/**
 * Top-k: the k entries largest in magnitude; ties go to the lowest index. scratch: n u64.
 *
 * For numbers of one sign the order of the bit patterns is the order of the numbers (NaN above Infinity),
 * so the k-th largest magnitude is found among integers, by counting how many exceed a threshold. The
 * search goes down from the largest magnitude by one power of two, two, four, ..., because the k-th is
 * seldom far below it. Then it alternates between interpolating the counts and bisecting, and ends as soon
 * as exactly k exceed the threshold. Bisection bounds it by some 130 passes whatever the data, NaN, ties
 * and zeros included; for 8 of 64 normal numbers it takes about 5.
 */
export function encodeSparse(
  first: usize,
  count: usize,
  errors: usize,
  errorStride: usize,
  slots: usize,
  slotStride: usize,
  n: usize,
  k: usize,
  indexBits: usize,
  scratch: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const row = errors + r * errorStride;
    const slot = slots + (first + r) * slotStride;
    // Invariant: `above` < k exceed `high`, `aboveLow` >= k exceed `low`.
    let high = takeMagnitudes(row, scratch, n);
    let above: usize = 0;
    let low: i64 = -1;
    let aboveLow = n;
    let step: i64 = 1 << 52;
    let galloping = true;
    let interpolating = false;
    let threshold = high;
    while (high - low > 1) {
      let middle = low + ((high - low) >> 1);
      if (galloping && high - step > middle) {
        middle = high - step;
        step <<= 1;
      } else if (interpolating) {
        const fraction = (<f64>(k - above) - 0.25) / <f64>(aboveLow - above);
        middle = high - <i64>(<f64>(high - low) * fraction);
        middle = min<i64>(max<i64>(middle, low + 1), high - 1);
      }
      const exceeding = countAbove(scratch, n, middle);
      if (exceeding === k) {
        threshold = middle;
        above = k;
        break;
      }
      if (exceeding < k) {
        high = middle;
        above = exceeding;
        threshold = high;
      } else {
        low = middle;
        aboveLow = exceeding;
        galloping = false;
      }
      interpolating = !galloping && !interpolating;
    }
    writeSparse(row, scratch, n, slot, k, indexBits, threshold, k - above);
  }
}

/**
 * The k entries above the threshold, or equal to it and among the first `ties` of those, in ascending order.
 */
function writeSparse(
  row: usize,
  magnitudes: usize,
  n: usize,
  slot: usize,
  k: usize,
  indexBits: usize,
  threshold: i64,
  ties: usize,
): void {
  let entry: usize = 0;
  let word: u64 = 0;
  let filled: usize = 0;
  let at = slot + (k << 3);
  for (let begin: usize = 0; entry < k; begin += 64) {
    const p = magnitudes + (begin << 3);
    const length = min<usize>(64, n - begin);
    let mask = maskAbove(p, length, threshold);
    if (ties > 0) {
      let equal = maskAbove(p, length, threshold - 1) & ~mask;
      for (; ties > 0 && equal !== 0; ties--) {
        mask |= equal & -equal;
        equal &= equal - 1;
      }
    }
    for (; mask !== 0; mask &= mask - 1) {
      const c = begin + <usize>ctz(mask);
      store<u64>(slot + (entry << 3), load<u64>(row + (c << 3)));
      entry++;
      word |= (<u64>c) << filled;
      filled += indexBits;
      if (filled >= 64) {
        store<u64>(at, word);
        at += 8;
        filled -= 64;
        word = filled === 0 ? 0 : <u64>c >> (indexBits - filled);
      }
    }
  }
  if (filled > 0) store<u64>(at, word);
}
