/**
 * Errors to messages: the bytes written here are the bytes that would cross a network (layouts in index.ts).
 * Bits of a slot's last word that belong to no entry are zero, so equal messages are equal bytes.
 */
import { ditherSigns } from './dither';
import { Row, Signs, Whole } from './lanes';
import { DITHER_STREAM } from './philox';
import { LANES, LINE, Real, SHIFT, SINGLE } from './real';
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
    for (; c + LANES <= n; c += LANES) v128.store(slot + (c << SHIFT), v128.load(row + (c << SHIFT)));
    for (; c < n; c++) store<real>(slot + (c << SHIFT), load<real>(row + (c << SHIFT)));
  }
}

/**
 * Writes scale = mean |factor e_c|, factor > 0, and the sign bits of n entries, and zeros up to the end of
 * the last word.
 */
export function writeSigns(row: usize, slot: usize, n: usize, factor: f64): void {
  let s0 = Real.splat(0);
  let s1 = Real.splat(0);
  let s2 = Real.splat(0);
  let s3 = Real.splat(0);
  const scaling = Real.splat(factor);
  const bytes = slot + sizeof<real>();
  let c: usize = 0;
  for (; c + LINE <= n; c += LINE) {
    const p = row + (c << SHIFT);
    const x0 = v128.load(p, 0);
    const x1 = v128.load(p, 16);
    const x2 = v128.load(p, 32);
    const x3 = v128.load(p, 48);
    s0 = v128.add<real>(s0, v128.mul<real>(v128.abs<real>(x0), scaling));
    s1 = v128.add<real>(s1, v128.mul<real>(v128.abs<real>(x1), scaling));
    s2 = v128.add<real>(s2, v128.mul<real>(v128.abs<real>(x2), scaling));
    s3 = v128.add<real>(s3, v128.mul<real>(v128.abs<real>(x3), scaling));
    Signs.store(bytes + (c >> 3), Signs.packLine(x0, x1, x2, x3));
  }
  let written = c >> 3;
  if (c < n) {
    // The entries left over, as if the row went on with +0: their lanes are those of the loop above.
    const p = row + (c << SHIFT);
    const left = <isize>(n - c);
    const x0 = Real.part(p, left);
    const x1 = Real.part(p + 16, left - LANES);
    const x2 = Real.part(p + 32, left - 2 * LANES);
    const x3 = Real.part(p + 48, left - 3 * LANES);
    s0 = v128.add<real>(s0, v128.mul<real>(v128.abs<real>(x0), scaling));
    s1 = v128.add<real>(s1, v128.mul<real>(v128.abs<real>(x1), scaling));
    s2 = v128.add<real>(s2, v128.mul<real>(v128.abs<real>(x2), scaling));
    s3 = v128.add<real>(s3, v128.mul<real>(v128.abs<real>(x3), scaling));
    written += Signs.storeFirst(bytes + written, Signs.packLine(x0, x1, x2, x3), left);
  }
  for (; (bytes + written - slot) & 7; written++) store<u8>(bytes + written, 0);
  store<real>(slot, <real>(Row.total(s0, s1, s2, s3) / <f64>n));
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
  for (; c < n; c += LINE) {
    // Padding may be -0, whose bit is not the message's.
    const p = row + (c << SHIFT);
    const bits = Signs.packLine(v128.load(p, 0), v128.load(p, 16), v128.load(p, 32), v128.load(p, 48));
    at += Signs.storeFirst(at, bits, n - c);
  }
  for (; (at - slot) & 7; at++) store<u8>(at, 0);
}

/** In `scaleBytes` 8: a float64. 4: a float32, the nearest, and the largest finite one for what is beyond. */
function writeScale(slot: usize, scale: f64, scaleBytes: usize): void {
  if (scaleBytes === 4) store<f32>(slot, <f32>min<f64>(scale, 3.4028234663852886e38));
  else store<f64>(slot, scale);
}

/**
 * As encodeSign, with the scale by `rule`: 0 mean |e|, 1 |e|_2^2 / |e|_1, 2 max |e| / 2, 3 one; sent as a
 * float64 (`scaleBytes` 8) or the nearest float32 (4, and always where numbers are float32).
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
 * amplitude |e|_2 / sqrt(n). tau: stream 2. scratch: DITHER_SCRATCH numbers.
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
    writeScale(slot, shrink * width, sizeof<real>());
    const agent = <u32>(first + r);
    let at = ditherSigns(
      row,
      slot + sizeof<real>(),
      0,
      n,
      width,
      agent,
      round,
      DITHER_STREAM,
      keyLow,
      keyHigh,
      scratch,
    );
    for (; (at - slot) & 7; at++) store<u8>(at, 0);
  }
}

/**
 * The n-entry message of the dim-entry error, with the bits of flattenBlock, then encodeSign. The factor
 * 1/sqrt(n) belongs to every entry, but only the scale needs it. scratch: n numbers.
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

/** |x| as a whole number of the size of x, and as many lanes. */
class Magnitudes {
  @inline static of(p: usize): i64 {
    if (SINGLE) return <i64>(load<i32>(p) & 0x7fffffff);
    return load<i64>(p) & 0x7fffffffffffffff;
  }
  @inline static load(p: usize): i64 {
    if (SINGLE) return <i64>load<i32>(p);
    return load<i64>(p);
  }
  @inline static store(p: usize, magnitude: i64): void {
    if (SINGLE) store<i32>(p, <i32>magnitude);
    else store<i64>(p, magnitude);
  }
  @inline static splat(t: i64): v128 {
    if (SINGLE) return i32x4.splat(<i32>t);
    return i64x2.splat(t);
  }
  /** One more in the lanes that are set. */
  @inline static count(counts: v128, set: v128): v128 {
    if (SINGLE) return i32x4.sub(counts, set);
    return i64x2.sub(counts, set);
  }
  @inline static total(a: v128, b: v128): usize {
    if (SINGLE) {
      const four = i32x4.add(a, b);
      const two = i32x4.add(four, i64x2.shuffle(four, four, 1, 1));
      return <usize>(i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1));
    }
    const two = i64x2.add(a, b);
    return <usize>(i64x2.extract_lane(two, 0) + i64x2.extract_lane(two, 1));
  }
  /** A power of two between magnitudes: the lowest bit of the exponent. */
  @inline static binade(): i64 {
    if (SINGLE) return 1 << 23;
    return 1 << 52;
  }
}

/** How many of the n magnitudes (as integers) exceed t. */
function countAbove(magnitudes: usize, n: usize, t: i64): usize {
  const limit = Magnitudes.splat(t);
  let a = i64x2.splat(0);
  let b = i64x2.splat(0);
  let p = magnitudes;
  const end = magnitudes + (n << SHIFT);
  for (; p + 64 <= end; p += 64) {
    a = Magnitudes.count(a, Whole.gt(v128.load(p, 0), limit));
    b = Magnitudes.count(b, Whole.gt(v128.load(p, 16), limit));
    a = Magnitudes.count(a, Whole.gt(v128.load(p, 32), limit));
    b = Magnitudes.count(b, Whole.gt(v128.load(p, 48), limit));
  }
  let total = Magnitudes.total(a, b);
  for (; p < end; p += sizeof<real>()) total += <usize>(Magnitudes.load(p) > t);
  return total;
}

/** Copies |row| to magnitudes, as integers, and returns the largest. */
function takeMagnitudes(row: usize, magnitudes: usize, n: usize): i64 {
  const mask = Whole.magnitude();
  let most = i64x2.splat(0);
  let at: usize = 0;
  const end = n << SHIFT;
  for (; at + 16 <= end; at += 16) {
    const m = v128.and(v128.load(row + at), mask);
    v128.store(magnitudes + at, m);
    most = v128.bitselect(m, most, Whole.gt(m, most));
  }
  let largest = Whole.largest(most);
  for (; at < end; at += sizeof<real>()) {
    const m = Magnitudes.of(row + at);
    Magnitudes.store(magnitudes + at, m);
    largest = max<i64>(largest, m);
  }
  return largest;
}

/** Bit c: whether magnitude c exceeds t; for count <= 64 magnitudes. */
function maskAbove(magnitudes: usize, count: usize, t: i64): u64 {
  const limit = Magnitudes.splat(t);
  let mask: u64 = 0;
  let c: usize = 0;
  for (; c + LINE <= count; c += LINE) {
    const p = magnitudes + (c << SHIFT);
    const line = Signs.packLine(
      Whole.gt(v128.load(p, 0), limit),
      Whole.gt(v128.load(p, 16), limit),
      Whole.gt(v128.load(p, 32), limit),
      Whole.gt(v128.load(p, 48), limit),
    );
    mask |= (<u64>line) << c;
  }
  for (; c < count; c++) mask |= (<u64>(Magnitudes.load(magnitudes + (c << SHIFT)) > t)) << c;
  return mask;
}

/**
 * Top-k: the k entries largest in magnitude; ties go to the lowest index. scratch: n numbers.
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
    let step = Magnitudes.binade();
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
  let at = slot + (k << SHIFT);
  for (let begin: usize = 0; entry < k; begin += 64) {
    const p = magnitudes + (begin << SHIFT);
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
      store<real>(slot + (entry << SHIFT), load<real>(row + (c << SHIFT)));
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
