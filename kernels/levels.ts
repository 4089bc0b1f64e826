/**
 * Quantised entries of a fixed length: entry c is q_c step, q_c a whole number in two's complement of `bits` (2..16) bits, least significant
 * bit first. The step stands before them as a float64, or is known to everyone and not sent (`step` given, not 0).
 *
 * Four codes never take more than 64 bits, so they are read as one unaligned word and moved to the tops of four lanes; an arithmetic
 * shift then brings them down with their signs. A word that would reach beyond the message is read from the message's end instead and
 * shifted, so no byte behind a slot is touched.
 */
import { Row, Signs } from './lanes';
import { DITHER_STREAM, philoxUniform } from './philox';

const MAX_NORM: u32 = 1;

class Levels {
  /** Bytes of a message: its words, whole. */
  @inline static messageBytes(header: usize, n: usize, bits: usize): usize {
    return header + (((n * bits + 63) >> 6) << 3);
  }

  /** Where the word that holds codes c .. c+3 is read. */
  @inline static address(header: usize, end: usize, c: usize, bits: usize): usize {
    return min<usize>(header + ((c * bits) >> 3), end - 8);
  }

  /** How far down it must be shifted. */
  @inline static shift(header: usize, address: usize, c: usize, bits: usize): i64 {
    return <i64>(c * bits - ((address - header) << 3));
  }

  /** Four whole numbers as i32 lanes. */
  @inline static four(p: usize, shift: i64, bits: i32): v128 {
    const word = load<u64>(p) >> shift;
    // The even lane is moved up by one code, so that one shift serves a pair.
    const pair = i64x2.replace_lane(i64x2.splat(word), 0, word << bits);
    const tops = Signs.highWords(i64x2.shl(pair, 64 - 2 * bits), i64x2.shl(pair, 64 - 4 * bits));
    return i32x4.shr_s(tops, 32 - bits);
  }

  @inline static low(four: v128): v128 {
    return f64x2.convert_low_i32x4_s(four);
  }

  @inline static high(four: v128): v128 {
    return f64x2.convert_low_i32x4_s(i32x4.shuffle(four, four, 2, 3, 2, 3));
  }

  /** Packs n codes (i32) from an 8-byte aligned address on; the last word is filled up with zeros. */
  @inline static pack(codes: usize, target: usize, n: usize, bits: usize): void {
    const mask: u64 = ((<u64>1) << bits) - 1;
    let at = target;
    let word: u64 = 0;
    let filled: usize = 0;
    for (let c: usize = 0; c < n; c++) {
      const code = <u64>load<i32>(codes + (c << 2)) & mask;
      word |= code << filled;
      filled += bits;
      if (filled >= 64) {
        store<u64>(at, word);
        at += 8;
        filled -= 64;
        word = filled === 0 ? 0 : code >> (bits - filled);
      }
    }
    if (filled > 0) store<u64>(at, word);
  }
}

/** q = nearest(e / step), ties to even, cut to -levels .. levels; NaN is 0. scratch: a padded row of i32. */
export function encodeLevels(
  first: usize,
  count: usize,
  errors: usize,
  errorStride: usize,
  slots: usize,
  slotStride: usize,
  n: usize,
  bits: usize,
  levels: f64,
  step: f64,
  scratch: usize,
): void {
  const s = f64x2.splat(step);
  const most = f64x2.splat(levels);
  const least = f64x2.splat(-levels);
  for (let r: usize = 0; r < count; r++) {
    const row = errors + r * errorStride;
    for (let c: usize = 0; c < n; c += 4) {
      const p = row + (c << 3);
      const a = f64x2.nearest(f64x2.div(v128.load(p, 0), s));
      const b = f64x2.nearest(f64x2.div(v128.load(p, 16), s));
      const low = i32x4.trunc_sat_f64x2_s_zero(f64x2.max(f64x2.min(a, most), least));
      const high = i32x4.trunc_sat_f64x2_s_zero(f64x2.max(f64x2.min(b, most), least));
      v128.store(scratch + (c << 2), i64x2.shuffle(low, high, 0, 2));
    }
    Levels.pack(scratch, slots + (first + r) * slotStride, n, bits);
  }
}

/**
 * q = floor(e / step + u), u uniform in (0, 1), step = norm / levels: unbiased. The norm is |e|_2, or max|e| (`norm` 1).
 * scratch: a padded row of doubles, the dithers and then the codes.
 */
export function encodeLevelsDithered(
  first: usize,
  count: usize,
  errors: usize,
  errorStride: usize,
  slots: usize,
  slotStride: usize,
  n: usize,
  bits: usize,
  levels: f64,
  norm: u32,
  round: u32,
  keyLow: u32,
  keyHigh: u32,
  scratch: usize,
): void {
  const most = f64x2.splat(levels);
  const least = f64x2.splat(-levels);
  const half = f64x2.splat(0.5);
  for (let r: usize = 0; r < count; r++) {
    const row = errors + r * errorStride;
    const slot = slots + (first + r) * slotStride;
    const length = norm === MAX_NORM ? Row.maxAbs(row, n) : Row.norm(row, n);
    const step = length / levels;
    store<f64>(slot, step);
    philoxUniform(scratch, <u32>n, <u32>(first + r), round, DITHER_STREAM, keyLow, keyHigh);
    // 0 / 0 is NaN, whose code is 0.
    const s = f64x2.splat(step);
    for (let c: usize = 0; c < n; c += 4) {
      const p = row + (c << 3);
      const t = scratch + (c << 3);
      const u = f64x2.add(f64x2.mul(v128.load(t, 0), half), half);
      const w = f64x2.add(f64x2.mul(v128.load(t, 16), half), half);
      const a = f64x2.floor(f64x2.add(f64x2.div(v128.load(p, 0), s), u));
      const b = f64x2.floor(f64x2.add(f64x2.div(v128.load(p, 16), s), w));
      const low = i32x4.trunc_sat_f64x2_s_zero(f64x2.max(f64x2.min(a, most), least));
      const high = i32x4.trunc_sat_f64x2_s_zero(f64x2.max(f64x2.min(b, most), least));
      // Codes take half the room of the dithers, which have been read.
      v128.store(scratch + (c << 2), i64x2.shuffle(low, high, 0, 2));
    }
    Levels.pack(scratch, slot + 8, n, bits);
  }
}

export function gatherLevels(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  weights: usize,
  weightStride: usize,
  degrees: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
  bits: usize,
  step: f64,
): void {
  const header: usize = step === 0 ? 8 : 0;
  const end = Levels.messageBytes(header, n, bits);
  const b = <i32>bits;
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const own = slots + i * slotStride;
    const row = out + r * outStride;
    const from = <usize>load<u32>(rowStart + (i << 2));
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    const degree = f64x2.splat(load<f64>(degrees + (i << 3)));
    for (let c: usize = 0; c < n; c += 8) {
      const p0 = Levels.address(header, end, c, bits);
      const shift0 = Levels.shift(header, p0, c, bits);
      // Beyond the last entry there is nothing to read: what comes of it is overwritten with zeros.
      const beyond = c + 4 >= n;
      const p1 = beyond ? p0 : Levels.address(header, end, c + 4, bits);
      const shift1 = beyond ? shift0 : Levels.shift(header, p1, c + 4, bits);
      let s = step === 0 ? v128.load64_splat(own) : f64x2.splat(step);
      let q0 = Levels.four(own + p0, shift0, b);
      let q1 = Levels.four(own + p1, shift1, b);
      let a0 = f64x2.mul(degree, f64x2.mul(s, Levels.low(q0)));
      let a1 = f64x2.mul(degree, f64x2.mul(s, Levels.high(q0)));
      let a2 = f64x2.mul(degree, f64x2.mul(s, Levels.low(q1)));
      let a3 = f64x2.mul(degree, f64x2.mul(s, Levels.high(q1)));
      for (let e = from; e < to; e++) {
        const slot = slots + <usize>load<u32>(columns + (e << 2)) * slotStride;
        const w = v128.load64_splat(weights + e * weightStride);
        s = step === 0 ? v128.load64_splat(slot) : f64x2.splat(step);
        q0 = Levels.four(slot + p0, shift0, b);
        q1 = Levels.four(slot + p1, shift1, b);
        a0 = f64x2.sub(a0, f64x2.mul(w, f64x2.mul(s, Levels.low(q0))));
        a1 = f64x2.sub(a1, f64x2.mul(w, f64x2.mul(s, Levels.high(q0))));
        a2 = f64x2.sub(a2, f64x2.mul(w, f64x2.mul(s, Levels.low(q1))));
        a3 = f64x2.sub(a3, f64x2.mul(w, f64x2.mul(s, Levels.high(q1))));
      }
      const o = row + (c << 3);
      v128.store(o, a0, 0);
      v128.store(o, a1, 16);
      v128.store(o, a2, 32);
      v128.store(o, a3, 48);
    }
    Row.clear(row, n, Row.padded(n));
  }
}

export function decodeLevels(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
  bits: usize,
  step: f64,
): void {
  const header: usize = step === 0 ? 8 : 0;
  const end = Levels.messageBytes(header, n, bits);
  for (let r: usize = 0; r < count; r++) {
    const slot = slots + (first + r) * slotStride;
    const row = out + r * outStride;
    const s = step === 0 ? v128.load64_splat(slot) : f64x2.splat(step);
    for (let c: usize = 0; c < n; c += 4) {
      const p = Levels.address(header, end, c, bits);
      const four = Levels.four(slot + p, Levels.shift(header, p, c, bits), <i32>bits);
      v128.store(row + (c << 3), f64x2.mul(s, Levels.low(four)), 0);
      v128.store(row + (c << 3), f64x2.mul(s, Levels.high(four)), 16);
    }
    Row.clear(row, n, Row.padded(n));
  }
}
