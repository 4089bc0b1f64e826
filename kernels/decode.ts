/** out row = the agent's own message, decoded: what it adds to its copy of what the network knows of it. */
import { Packed, Row, Signs } from './lanes';
import { LANES, LINE, Real, SHIFT, SINGLE } from './real';

/** out row = the n numbers of the message. */
export function decodeDense(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const slot = slots + (first + r) * slotStride;
    const row = out + r * outStride;
    let c: usize = 0;
    for (; c + LANES <= n; c += LANES) v128.store(row + (c << SHIFT), v128.load(slot + (c << SHIFT)));
    for (; c < n; c++) store<real>(row + (c << SHIFT), load<real>(slot + (c << SHIFT)));
    Row.clear(row, n, Row.padded(n));
  }
}

/** `single`: the scale is a float32. */
class SignMessages {
  @inline static decode(
    single: bool,
    first: usize,
    count: usize,
    slots: usize,
    slotStride: usize,
    out: usize,
    outStride: usize,
    n: usize,
  ): void {
    for (let r: usize = 0; r < count; r++) {
      const slot = slots + (first + r) * slotStride;
      const row = out + r * outStride;
      const scale = Signs.scale(slot, single);
      const bytes = slot + Signs.scaleBytes(single);
      for (let c: usize = 0; c < n; c += LINE) {
        const bits = Signs.spread(Signs.load(bytes + (c >> 3)));
        const o = row + (c << SHIFT);
        v128.store(o, Signs.apply(bits, 0, scale), 0);
        v128.store(o, Signs.apply(bits, 1, scale), 16);
        v128.store(o, Signs.apply(bits, 2, scale), 32);
        v128.store(o, Signs.apply(bits, 3, scale), 48);
      }
      Row.clear(row, n, Row.padded(n));
    }
  }
}

/** out row = +-scale, by the n signs of the message. */
export function decodeSign(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
): void {
  SignMessages.decode(false, first, count, slots, slotStride, out, outStride, n);
}

/** decodeSign for messages whose scale is a float32, whatever the precision. */
export function decodeSignSingle(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
): void {
  SignMessages.decode(true, first, count, slots, slotStride, out, outStride, n);
}

/** out row = the k entries of the message at their indices, 0 elsewhere. */
export function decodeSparse(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
  k: usize,
  indexBits: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const slot = slots + (first + r) * slotStride;
    const row = out + r * outStride;
    const indices = slot + (k << SHIFT);
    Row.clearAll(row, n);
    for (let t: usize = 0; t < k; t++) {
      store<real>(row + (Packed.read(indices, t, indexBits) << SHIFT), load<real>(slot + (t << SHIFT)));
    }
  }
}

/** Whole numbers below 2^15: the transform of n signs, n <= 16384, stays in 16 bits. */
class Whole {
  /** For transposing 8 x 8 numbers in three rounds. */
  @inline static low(a: v128, b: v128): v128 {
    return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  }
  @inline static high(a: v128, b: v128): v128 {
    return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  }
  /** +-1 at bit b of each of 8 bytes. */
  @inline static signs(bytes: v128, b: i32): v128 {
    return v128.or(i16x8.shr_s(i16x8.shl(bytes, 15 - b), 15), i16x8.splat(1));
  }
}

/**
 * target (64 i16) = H_64 of the signs of a word: 64 numbers in 8 vectors from the first stage to the sixth.
 */
export function transformSigns(bytes: usize, target: usize): void {
  const word = v128.load8x8_u(bytes);
  // Vector b, lane m: coordinate 8 m + b. Stages 1, 2, 4 are between vectors.
  let x0 = Whole.signs(word, 0);
  let x1 = Whole.signs(word, 1);
  let x2 = Whole.signs(word, 2);
  let x3 = Whole.signs(word, 3);
  let x4 = Whole.signs(word, 4);
  let x5 = Whole.signs(word, 5);
  let x6 = Whole.signs(word, 6);
  let x7 = Whole.signs(word, 7);
  for (let half = 0; half < 2; half++) {
    const y0 = i16x8.add(x0, x1);
    const y1 = i16x8.sub(x0, x1);
    const y2 = i16x8.add(x2, x3);
    const y3 = i16x8.sub(x2, x3);
    const y4 = i16x8.add(x4, x5);
    const y5 = i16x8.sub(x4, x5);
    const y6 = i16x8.add(x6, x7);
    const y7 = i16x8.sub(x6, x7);
    const z0 = i16x8.add(y0, y2);
    const z1 = i16x8.add(y1, y3);
    const z2 = i16x8.sub(y0, y2);
    const z3 = i16x8.sub(y1, y3);
    const z4 = i16x8.add(y4, y6);
    const z5 = i16x8.add(y5, y7);
    const z6 = i16x8.sub(y4, y6);
    const z7 = i16x8.sub(y5, y7);
    x0 = i16x8.add(z0, z4);
    x1 = i16x8.add(z1, z5);
    x2 = i16x8.add(z2, z6);
    x3 = i16x8.add(z3, z7);
    x4 = i16x8.sub(z0, z4);
    x5 = i16x8.sub(z1, z5);
    x6 = i16x8.sub(z2, z6);
    x7 = i16x8.sub(z3, z7);
    if (half === 1) break;
    // Vector m, lane b: now stages 8, 16, 32 are.
    for (let round = 0; round < 3; round++) {
      const t0 = Whole.low(x0, x4);
      const t1 = Whole.high(x0, x4);
      const t2 = Whole.low(x1, x5);
      const t3 = Whole.high(x1, x5);
      const t4 = Whole.low(x2, x6);
      const t5 = Whole.high(x2, x6);
      const t6 = Whole.low(x3, x7);
      const t7 = Whole.high(x3, x7);
      x0 = t0;
      x1 = t1;
      x2 = t2;
      x3 = t3;
      x4 = t4;
      x5 = t5;
      x6 = t6;
      x7 = t7;
    }
  }
  v128.store(target, x0, 0);
  v128.store(target, x1, 16);
  v128.store(target, x2, 32);
  v128.store(target, x3, 48);
  v128.store(target, x4, 64);
  v128.store(target, x5, 80);
  v128.store(target, x6, 96);
  v128.store(target, x7, 112);
}

/** The stages from 64 on of n whole numbers. */
export function joinSigns(data: usize, n: usize): void {
  for (let h: usize = 64; h < n; h <<= 1) {
    const step = h << 1;
    for (let group: usize = data; group < data + (n << 1); group += step << 1) {
      for (let p = group; p < group + step; p += 16) {
        const x = v128.load(p);
        const y = v128.load(p + step);
        v128.store(p, i16x8.add(x, y));
        v128.store(p + step, i16x8.sub(x, y));
      }
    }
  }
}

/**
 * out row = U^T (scale * signs), dim entries of the agent's own n signs: decodeSign and unflattenBlock in
 * one. The transform of signs has whole numbers, so it is done in 16 bits, eight at a time, and multiplied
 * once by scale / sqrt(n). n: a power of two in 64..16384. scratch: n i16.
 */
export function decodeFlattenedSign(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  dim: usize,
  n: usize,
  masks: usize,
  scratch: usize,
): void {
  const factor = 1.0 / Math.sqrt(<f64>n);
  const limit = Row.padded(dim);
  for (let r: usize = 0; r < count; r++) {
    const slot = slots + (first + r) * slotStride;
    const row = out + r * outStride;
    for (let c: usize = 0; c < n; c += 64)
      transformSigns(slot + sizeof<real>() + (c >> 3), scratch + (c << 1));
    joinSigns(scratch, n);
    const unit = v128.splat<real>(load<real>(slot) * <real>factor);
    for (let c: usize = 0; c < limit; c += 8) {
      const whole = v128.load(scratch + (c << 1));
      const low = i32x4.extend_low_i16x8_s(whole);
      const high = i32x4.extend_high_i16x8_s(whole);
      const o = row + (c << SHIFT);
      const m = masks + (c << SHIFT);
      if (SINGLE) {
        v128.store(o, v128.xor(f32x4.mul(f32x4.convert_i32x4_s(low), unit), v128.load(m, 0)), 0);
        v128.store(o, v128.xor(f32x4.mul(f32x4.convert_i32x4_s(high), unit), v128.load(m, 16)), 16);
      } else {
        const x0 = f64x2.convert_low_i32x4_s(low);
        const x1 = f64x2.convert_low_i32x4_s(i64x2.shuffle(low, low, 1, 1));
        const x2 = f64x2.convert_low_i32x4_s(high);
        const x3 = f64x2.convert_low_i32x4_s(i64x2.shuffle(high, high, 1, 1));
        v128.store(o, v128.xor(f64x2.mul(x0, unit), v128.load(m, 0)), 0);
        v128.store(o, v128.xor(f64x2.mul(x1, unit), v128.load(m, 16)), 16);
        v128.store(o, v128.xor(f64x2.mul(x2, unit), v128.load(m, 32)), 32);
        v128.store(o, v128.xor(f64x2.mul(x3, unit), v128.load(m, 48)), 48);
      }
    }
    Row.clear(row, dim, limit);
  }
}
