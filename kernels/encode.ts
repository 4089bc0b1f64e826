/**
 * Errors to messages: the bytes written here are the bytes that would cross a network (layouts in bindings.ts). Bits of a
 * slot's last word that belong to no entry are zero, so equal messages are equal bytes.
 */
import { Row, Signs } from './lanes';
import { signedTransform } from './wht';

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

export function encodeScalar(
  first: usize,
  count: usize,
  errors: usize,
  errorStride: usize,
  slots: usize,
  slotStride: usize,
  index: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    store<f64>(slots + (first + r) * slotStride, load<f64>(errors + r * errorStride + (index << 3)));
  }
}

/** Writes scale = mean |factor e_c|, factor > 0, and the sign bits of n entries, and zeros up to the end of the last word. */
function writeSigns(row: usize, slot: usize, n: usize, factor: f64): void {
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

/** The same bits as flattenBlock, then encodeSign: the factor 1/sqrt(n) meets every entry, but only the scale needs it. */
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
  for (; p + 32 <= end; p += 32) {
    a = i64x2.sub(a, i64x2.gt_s(v128.load(p, 0), limit));
    b = i64x2.sub(b, i64x2.gt_s(v128.load(p, 16), limit));
  }
  a = i64x2.add(a, b);
  let total = <usize>(i64x2.extract_lane(a, 0) + i64x2.extract_lane(a, 1));
  for (; p < end; p += 8) total += <usize>(load<i64>(p) > t);
  return total;
}

/**
 * Top-k. For numbers of one sign the order of the bit patterns is the order of the numbers (and NaN stands above Infinity), so
 * the k-th largest magnitude is found among integers: bisection on the pattern, each step one counting pass, and at most 64
 * of them whatever the data, NaN, ties and zeros included. The search gallops down from the largest magnitude one
 * power of two, two, four, ... at a time, because the k-th is seldom far below it, and stops as soon as exactly k are above.
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
    let largest: i64 = 0;
    for (let c: usize = 0; c < n; c++) {
      const m = <i64>(load<u64>(row + (c << 3)) & MAGNITUDE);
      store<i64>(scratch + (c << 3), m);
      largest = max<i64>(largest, m);
    }
    // Invariant: more than or exactly k exceed `low`, fewer than k exceed `high`, `above` of them.
    let low: i64 = -1;
    let high = largest;
    let above: usize = 0;
    let threshold: i64 = 0;
    let step: i64 = 1 << 52;
    let galloping = true;
    for (;;) {
      if (high - low === 1) {
        threshold = high;
        break;
      }
      let middle = low + ((high - low) >> 1);
      if (galloping && high - step > middle) {
        middle = high - step;
        step <<= 1;
      } else {
        galloping = false;
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
      } else {
        low = middle;
        galloping = false;
      }
    }
    // All above the threshold, and of those equal to it the first k - above.
    let ties = k - above;
    let entry: usize = 0;
    let word: u64 = 0;
    let filled: usize = 0;
    let at = slot + (k << 3);
    for (let c: usize = 0; entry < k; c++) {
      const m = load<i64>(scratch + (c << 3));
      if (m < threshold) continue;
      if (m === threshold) {
        if (ties === 0) continue;
        ties--;
      }
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
    if (filled > 0) store<u64>(at, word);
  }
}
