/**
 * Quantised entries of a fixed length: entry c is q_c step, q_c a whole number in two's complement of `bits`
 * (2..16) bits, least significant bit first. The step stands before them as a number, or is known to
 * everyone and not sent (`step` given, not 0).
 *
 * Eight codes begin and end with a byte and take at most 16, so they are read as one vector: a byte shuffle
 * brings each code's bytes to a lane of its own, a multiplication by a power of two moves it to the lane's
 * top, and an arithmetic shift brings it down with its sign. A vector that would reach beyond the message is
 * read from the message's end instead, and the shuffle is shifted: no byte behind a slot is read.
 */
import { Edge, Row } from './lanes';
import { DITHER_STREAM, philoxUniform } from './philox';
import { Real, SHIFT, SINGLE } from './real';

const MAX_NORM: u32 = 1;

class Levels {
  /** Bytes of a message: its words, whole. */
  @inline static messageBytes(header: usize, n: usize, bits: usize): usize {
    return header + (((n * bits + 63) >> 6) << 3);
  }

  /** Where the vector that holds codes c .. c+7 is read; c is a multiple of 8. */
  @inline static address(header: usize, end: usize, c: usize, bits: usize): usize {
    const begin = header + ((c * bits) >> 3);
    return end < 16 ? header : min<usize>(begin, end - 16);
  }

  /**
   * Which bytes of the vector go to the lanes of codes c + from .. c + from + 3: three bytes each, the first
   * of which it begins in.
   */
  @inline static bytes(header: usize, address: usize, c: usize, from: usize, bits: usize): v128 {
    const begin = <i32>(header + ((c * bits) >> 3) - address);
    const code = i32x4.add(i32x4.splat(<i32>from), i32x4(0, 1, 2, 3));
    const byte = i32x4.add(i32x4.splat(begin), i32x4.shr_u(i32x4.mul(code, i32x4.splat(<i32>bits)), 3));
    // (byte, byte + 1, byte + 2, none) in every lane: 0x80 chooses a zero, as does whatever lies behind the
    // vector.
    return i32x4.add(i32x4.mul(byte, i32x4.splat(0x010101)), i32x4.splat(0x80020100));
  }

  /** The powers of two that move codes from .. from + 3 of a group of eight to the tops of their lanes. */
  @inline static powers(from: usize, bits: usize): v128 {
    const b = <i32>bits;
    const top = 32 - b;
    const bit = <i32>(from * bits);
    let powers = i32x4.splat(1 << (top - (bit & 7)));
    powers = i32x4.replace_lane(powers, 1, 1 << (top - ((bit + b) & 7)));
    powers = i32x4.replace_lane(powers, 2, 1 << (top - ((bit + 2 * b) & 7)));
    return i32x4.replace_lane(powers, 3, 1 << (top - ((bit + 3 * b) & 7)));
  }

  /** Only a message of eight bytes of codes is shorter than a vector. */
  @inline static load(p: usize, end: usize): v128 {
    return end < 16 ? v128.load64_zero(p) : v128.load(p);
  }

  /** Four whole numbers as i32 lanes. */
  @inline static four(vector: v128, bytes: v128, powers: v128, bits: i32): v128 {
    return i32x4.shr_s(i32x4.mul(i8x16.swizzle(vector, bytes), powers), 32 - bits);
  }

  /** Eight numbers: in float32 the first and the third vector. */
  @inline static store(o: usize, a0: v128, a1: v128, a2: v128, a3: v128): void {
    v128.store(o, a0, 0);
    if (SINGLE) {
      v128.store(o, a2, 16);
      return;
    }
    v128.store(o, a1, 16);
    v128.store(o, a2, 32);
    v128.store(o, a3, 48);
  }

  /** The first vector of four whole numbers: two float64, or all four. */
  @inline static low(four: v128): v128 {
    if (SINGLE) return f32x4.convert_i32x4_s(four);
    return f64x2.convert_low_i32x4_s(four);
  }

  /** The second one, where there is one. */
  @inline static high(four: v128): v128 {
    return f64x2.convert_low_i32x4_s(i32x4.shuffle(four, four, 2, 3, 2, 3));
  }

  /** Four numbers at p, cut to least .. most, as codes: `nearest`, or floor of them plus the dither at t. */
  @inline static codes(nearest: bool, p: usize, t: usize, s: v128, least: v128, most: v128): v128 {
    const a = Levels.rounded(nearest, p, t, s, least, most);
    if (SINGLE) return i32x4.trunc_sat_f32x4_s(a);
    const b = Levels.rounded(nearest, p + 16, t + 16, s, least, most);
    return i64x2.shuffle(i32x4.trunc_sat_f64x2_s_zero(a), i32x4.trunc_sat_f64x2_s_zero(b), 0, 2);
  }

  @inline static rounded(nearest: bool, p: usize, t: usize, s: v128, least: v128, most: v128): v128 {
    const steps = v128.div<real>(v128.load(p), s);
    const half = Real.splat(0.5);
    const level = nearest
      ? v128.nearest<real>(steps)
      : v128.floor<real>(v128.add<real>(steps, v128.add<real>(v128.mul<real>(v128.load(t), half), half)));
    return v128.pmax<real>(v128.pmin<real>(level, most), least);
  }

  /**
   * Packs n codes (i32) from an address on, four at a time; the last word is filled up with
   * zeros. What stands behind the last code, up to a multiple of four, must be zero: it is, since padding is.
   */
  @inline static pack(codes: usize, target: usize, n: usize, bits: usize): void {
    const mask: u64 = ((<u64>1) << bits) - 1;
    const end = target + (((n * bits + 63) >> 6) << 3);
    const four = bits << 2;
    let at = target;
    let word: u64 = 0;
    let filled: usize = 0;
    for (let c: usize = 0; c < n; c += 4) {
      const p = codes + (c << 2);
      const low = (load<u64>(p, 0) & mask) | (((load<u64>(p, 0) >> 32) & mask) << bits);
      const high = (load<u64>(p, 8) & mask) | (((load<u64>(p, 8) >> 32) & mask) << bits);
      const quad = low | (high << (bits << 1));
      word |= quad << filled;
      filled += four;
      if (filled >= 64) {
        store<u64>(at, word);
        at += 8;
        filled -= 64;
        word = filled === 0 ? 0 : quad >> (four - filled);
      }
    }
    if (at < end) store<u64>(at, word);
  }

  /** `unit`: every weight is 1. `shared`: the step is the one given. */
  @inline static gather(
    unit: bool,
    shared: bool,
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
    const header: usize = shared ? 0 : sizeof<real>();
    const end = Levels.messageBytes(header, n, bits);
    const b = <i32>bits;
    const powers0 = Levels.powers(0, bits);
    const powers1 = Levels.powers(4, bits);
    for (let r: usize = 0; r < count; r++) {
      const i = first + r;
      const own = slots + i * slotStride;
      const row = out + r * outStride;
      const from = <usize>load<u32>(rowStart + (i << 2));
      const to = <usize>load<u32>(rowStart + (i << 2), 4);
      const degree = Real.splat(load<f64>(degrees + (i << 3)));
      for (let c: usize = 0; c < n; c += 8) {
        const p = Levels.address(header, end, c, bits);
        const bytes0 = Levels.bytes(header, p, c, 0, bits);
        const bytes1 = Levels.bytes(header, p, c, 4, bits);
        let s = shared ? Real.splat(step) : Real.splatAt(own);
        let v = Levels.load(own + p, end);
        let q0 = Levels.four(v, bytes0, powers0, b);
        let q1 = Levels.four(v, bytes1, powers1, b);
        let a0 = v128.mul<real>(degree, v128.mul<real>(s, Levels.low(q0)));
        let a1 = SINGLE ? a0 : v128.mul<real>(degree, v128.mul<real>(s, Levels.high(q0)));
        let a2 = v128.mul<real>(degree, v128.mul<real>(s, Levels.low(q1)));
        let a3 = SINGLE ? a2 : v128.mul<real>(degree, v128.mul<real>(s, Levels.high(q1)));
        for (let e = from; e < to; e++) {
          const slot = slots + <usize>load<u32>(columns + (e << 2)) * slotStride;
          const w = unit ? Real.splat(1) : Real.splatDouble(weights + e * weightStride);
          if (!shared) s = Real.splatAt(slot);
          v = Levels.load(slot + p, end);
          q0 = Levels.four(v, bytes0, powers0, b);
          q1 = Levels.four(v, bytes1, powers1, b);
          a0 = Edge.minus(unit, a0, w, v128.mul<real>(s, Levels.low(q0)));
          if (!SINGLE) a1 = Edge.minus(unit, a1, w, v128.mul<real>(s, Levels.high(q0)));
          a2 = Edge.minus(unit, a2, w, v128.mul<real>(s, Levels.low(q1)));
          if (!SINGLE) a3 = Edge.minus(unit, a3, w, v128.mul<real>(s, Levels.high(q1)));
        }
        Levels.store(row + (c << SHIFT), a0, a1, a2, a3);
      }
      Row.clear(row, n, Row.padded(n));
    }
  }
}

/**
 * q = nearest(e / step), ties to even, cut to -levels .. levels. The step is known to the reader and not
 * sent. NaN becomes 0: pmin and pmax let it through, and its whole number is 0. scratch: a padded row of
 * i32.
 */
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
  const s = Real.splat(step);
  const most = Real.splat(levels);
  const least = Real.splat(-levels);
  for (let r: usize = 0; r < count; r++) {
    const row = errors + r * errorStride;
    for (let c: usize = 0; c < n; c += 4) {
      const codes = Levels.codes(true, row + (c << SHIFT), 0, s, least, most);
      v128.store(scratch + (c << 2), codes);
    }
    Levels.pack(scratch, slots + (first + r) * slotStride, n, bits);
  }
}

/**
 * q = floor(e / step + u), u uniform in (0, 1) from stream 2, step = norm / levels, sent with them:
 * unbiased. The norm is |e|_2 (`norm` 0) or max |e| (1). scratch: a padded row of numbers, first the
 * dithers and then the codes.
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
  const most = Real.splat(levels);
  const least = Real.splat(-levels);
  for (let r: usize = 0; r < count; r++) {
    const row = errors + r * errorStride;
    const slot = slots + (first + r) * slotStride;
    const length = norm === MAX_NORM ? Row.maxAbs(row, n) : Row.norm(row, n);
    const step = length / levels;
    store<real>(slot, <real>step);
    philoxUniform(scratch, <u32>n, <u32>(first + r), round, DITHER_STREAM, keyLow, keyHigh);
    // 0 / 0 is NaN, whose code is 0.
    const s = Real.splat(step);
    for (let c: usize = 0; c < n; c += 4) {
      // Codes take no more room than the dithers, which have been read.
      const codes = Levels.codes(false, row + (c << SHIFT), scratch + (c << SHIFT), s, least, most);
      v128.store(scratch + (c << 2), codes);
    }
    Levels.pack(scratch, slot + sizeof<real>(), n, bits);
  }
}

/** out row = sum_j L_ij m_j, as in gather.ts. Where `step` is 0, it is read from the messages. */
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
  if (weightStride === 0 && load<f64>(weights) === 1) {
    if (step === 0) {
      Levels.gather(
        true,
        false,
        first,
        count,
        rowStart,
        columns,
        weights,
        weightStride,
        degrees,
        slots,
        slotStride,
        out,
        outStride,
        n,
        bits,
        step,
      );
    } else {
      Levels.gather(
        true,
        true,
        first,
        count,
        rowStart,
        columns,
        weights,
        weightStride,
        degrees,
        slots,
        slotStride,
        out,
        outStride,
        n,
        bits,
        step,
      );
    }
  } else if (step === 0) {
    Levels.gather(
      false,
      false,
      first,
      count,
      rowStart,
      columns,
      weights,
      weightStride,
      degrees,
      slots,
      slotStride,
      out,
      outStride,
      n,
      bits,
      step,
    );
  } else {
    Levels.gather(
      false,
      true,
      first,
      count,
      rowStart,
      columns,
      weights,
      weightStride,
      degrees,
      slots,
      slotStride,
      out,
      outStride,
      n,
      bits,
      step,
    );
  }
}

/** out row = the agent's own message. Where `step` is 0, it is read from the message. */
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
  const header: usize = step === 0 ? sizeof<real>() : 0;
  const end = Levels.messageBytes(header, n, bits);
  const b = <i32>bits;
  const powers0 = Levels.powers(0, bits);
  const powers1 = Levels.powers(4, bits);
  for (let r: usize = 0; r < count; r++) {
    const slot = slots + (first + r) * slotStride;
    const row = out + r * outStride;
    const s = step === 0 ? Real.splatAt(slot) : Real.splat(step);
    for (let c: usize = 0; c < n; c += 8) {
      const p = Levels.address(header, end, c, bits);
      const v = Levels.load(slot + p, end);
      const q0 = Levels.four(v, Levels.bytes(header, p, c, 0, bits), powers0, b);
      const q1 = Levels.four(v, Levels.bytes(header, p, c, 4, bits), powers1, b);
      const a0 = v128.mul<real>(s, Levels.low(q0));
      const a1 = SINGLE ? a0 : v128.mul<real>(s, Levels.high(q0));
      const a2 = v128.mul<real>(s, Levels.low(q1));
      const a3 = SINGLE ? a2 : v128.mul<real>(s, Levels.high(q1));
      Levels.store(row + (c << SHIFT), a0, a1, a2, a3);
    }
    Row.clear(row, n, Row.padded(n));
  }
}
