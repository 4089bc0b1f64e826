/**
 * A whole round of the primal-dual flow with estimates, for messages that are signs of a rotated vector
 * (flatten(sign)), agent by agent: what `gatherSign` + `unflattenBlock`, `decodeFlattenedSign`,
 * `gradientQuadratic`, `stepPrimalDualError` and `encodeFlattenedSign` do one after the other, with the same
 * bits. Rows never leave the first cache between these steps, and while one agent is computed the processor
 * prefetches the next one's state.
 *
 *     u = L q               sums of signs, six stages of the transform at once     `gatherRotatedSigns`
 *     q                     the own signs' transform, in 16-bit whole numbers       `transformSigns`
 *     x, v, s, z            the step; x - s enters the next message's transform     `updatePrimalDual...`
 *     signs and mean |.|    from the transform's last stages                        `packRotatedSigns`
 *
 * **Sums of signs.** Four neighbours have only 16 sums (+-t0 +- t1) + (+-t2 +- t3), t = weight * scale (the
 * "method of four Russians"). They are formed once and looked up by a coordinate's four bits; the first table
 * has the own message's sign as a fifth bit. The order of additions is that of `gatherSign`.
 *
 * **Lanes.** In a word of 64 signs, coordinates c and c + 32 share a vector: then five of its six stages are
 * between vectors, and the sixth leaves neighbours beside each other.
 *
 * **Why it is long.** Registers cannot be held in an array or returned several at a time, so the eight
 * vectors of a radix-8 butterfly are written out wherever their inputs or outputs differ. Flags choose a
 * variant and are constants in it, which takes an argument list for each.
 */
import { joinSigns, transformSigns } from './decode';
import { writeSigns } from './encode';
import { SignMessages, touchFarSlots } from './gather';
import { Signs } from './lanes';
import { At0, At16, At32, At48 } from './offsets';
import { Real, SHIFT, SINGLE } from './real';
import { Butterfly, firstSignedStages, firstStages, laterStages, middleStages } from './wht';

/** Bytes of the scratch, from its beginning: two tables of sums, the bytes that index them, and the rows. */
const OTHERS: usize = 256;
const INDICES: usize = 384;
const ROWS: usize = 512;

/**
 * Where the indices of coordinates 8 b + m, b < 8, stand: the order in which bits come out of their
 * transposition.
 */
class Place {
  @inline static of(m: usize): usize {
    return ((m & 4) << 3) | ((m & 1) << 4) | ((m & 2) << 2);
  }
}

class Sums {
  /**
   * table = own - sums in 32 doubles (`first`), or the 16 sums. Bit j of an index is neighbour j's sign, bit
   * 4 the own.
   */
  @inline static write(first: bool, table: usize, own: f64, t0: f64, t1: f64, t2: f64, t3: f64): void {
    const pair = f64x2.replace_lane(f64x2.splat(t0), 1, -t0);
    const a = f64x2.add(pair, f64x2.splat(t1));
    const b = f64x2.sub(pair, f64x2.splat(t1));
    const q0 = f64x2.splat(t2 + t3);
    const q1 = f64x2.splat(t3 - t2);
    const q2 = f64x2.splat(t2 - t3);
    const q3 = f64x2.splat(-t2 - t3);
    const mine = f64x2.splat(own);
    Sums.put(first, table, 0, mine, f64x2.add(a, q0));
    Sums.put(first, table, 16, mine, f64x2.add(b, q0));
    Sums.put(first, table, 32, mine, f64x2.add(a, q1));
    Sums.put(first, table, 48, mine, f64x2.add(b, q1));
    Sums.put(first, table, 64, mine, f64x2.add(a, q2));
    Sums.put(first, table, 80, mine, f64x2.add(b, q2));
    Sums.put(first, table, 96, mine, f64x2.add(a, q3));
    Sums.put(first, table, 112, mine, f64x2.add(b, q3));
  }

  @inline static put(first: bool, table: usize, at: usize, own: v128, sums: v128): void {
    if (first) {
      v128.store(table + at, f64x2.sub(own, sums));
      v128.store(table + at, f64x2.sub(f64x2.neg(own), sums), 128);
    } else {
      v128.store(table + at, sums);
    }
  }

  /** indices[Place(m) + b] = 8 * (bits at coordinate 8 b + m of four words, and with `first` of the own). */
  @inline static index(
    first: bool,
    indices: usize,
    own: u64,
    q0: usize,
    q1: usize,
    q2: usize,
    q3: usize,
  ): void {
    // 4 x 4 bits of the words are transposed, 16 times in parallel.
    let near = v128.load64_lane(q1, v128.load64_zero(q0), 1);
    let far = v128.load64_lane(q3, v128.load64_zero(q2), 1);
    let x = v128.and(v128.xor(i64x2.shr_u(near, 2), far), i8x16.splat(0x33));
    far = v128.xor(far, x);
    near = v128.xor(near, i64x2.shl(x, 2));
    let even = i64x2.shuffle(near, far, 0, 2);
    let odd = i64x2.shuffle(near, far, 1, 3);
    x = v128.and(v128.xor(i64x2.shr_u(even, 1), odd), i8x16.splat(0x55));
    odd = v128.xor(odd, x);
    even = v128.xor(even, i64x2.shl(x, 1));
    // Nibble k of `even` belongs to coordinate 4 k (low half) or 4 k + 2, of `odd` to 4 k + 1 or 4 k + 3.
    const nibble = i8x16.splat(0x78);
    let y0 = v128.and(i64x2.shl(even, 3), nibble);
    let y1 = v128.and(i64x2.shl(odd, 3), nibble);
    let y2 = v128.and(i64x2.shr_u(even, 1), nibble);
    let y3 = v128.and(i64x2.shr_u(odd, 1), nibble);
    if (first) {
      const bits = i64x2.replace_lane(i64x2.splat(own), 1, own >> 2);
      const top = i8x16.splat(-128);
      y0 = v128.or(y0, v128.and(i64x2.shl(bits, 7), top));
      y1 = v128.or(y1, v128.and(i64x2.shl(bits, 6), top));
      y2 = v128.or(y2, v128.and(i64x2.shl(bits, 3), top));
      y3 = v128.or(y3, v128.and(i64x2.shl(bits, 2), top));
    }
    v128.store(indices, y0, 0);
    v128.store(indices, y1, 16);
    v128.store(indices, y2, 32);
    v128.store(indices, y3, 48);
  }

  /** The sums at coordinates 8 b + m and 8 b + m + 32, whose indices are at indices + Place(m) + b. */
  @inline static at(table: usize, at: usize): v128 {
    const low = v128.load64_zero(table + <usize>load<u8>(at));
    return v128.load64_lane(table + <usize>load<u8>(at, 4), low, 1);
  }

  /** The same at `at` + `place`, a constant. */
  @inline static near(table: usize, at: usize, place: usize): v128 {
    const low = v128.load64_zero(table + <usize>load<u8>(at + place));
    return v128.load64_lane(table + <usize>load<u8>(at + (place + 4)), low, 1);
  }
}

/** 64 coordinates c of a row on their way: vector (b, m), at 16 (8 b + m), has c = 8 b + m and c + 32. */
class Word {
  /** Stages 1, 2, 4 of eight vectors, stored. */
  @inline static stages(
    to: usize,
    x0: v128,
    x1: v128,
    x2: v128,
    x3: v128,
    x4: v128,
    x5: v128,
    x6: v128,
    x7: v128,
  ): void {
    const y0 = f64x2.add(x0, x1);
    const y1 = f64x2.sub(x0, x1);
    const y2 = f64x2.add(x2, x3);
    const y3 = f64x2.sub(x2, x3);
    const y4 = f64x2.add(x4, x5);
    const y5 = f64x2.sub(x4, x5);
    const y6 = f64x2.add(x6, x7);
    const y7 = f64x2.sub(x6, x7);
    const z0 = f64x2.add(y0, y2);
    const z1 = f64x2.add(y1, y3);
    const z2 = f64x2.sub(y0, y2);
    const z3 = f64x2.sub(y1, y3);
    const z4 = f64x2.add(y4, y6);
    const z5 = f64x2.add(y5, y7);
    const z6 = f64x2.sub(y4, y6);
    const z7 = f64x2.sub(y5, y7);
    v128.store(to, f64x2.add(z0, z4), 0);
    v128.store(to, f64x2.add(z1, z5), 16);
    v128.store(to, f64x2.add(z2, z6), 32);
    v128.store(to, f64x2.add(z3, z7), 48);
    v128.store(to, f64x2.sub(z0, z4), 64);
    v128.store(to, f64x2.sub(z1, z5), 80);
    v128.store(to, f64x2.sub(z2, z6), 96);
    v128.store(to, f64x2.sub(z3, z7), 112);
  }

  /**
   * Signs m of b < 4 and of b + 4 as two lanes: what the own message adds where there are no four neighbours
   * to share a table with.
   */
  @inline static sign(word: u64, c: usize, t: v128): v128 {
    const high = i64x2.replace_lane(i64x2.splat(word << (63 - c)), 1, word << (31 - c));
    return v128.xor(v128.and(high, i64x2.splat(0x8000000000000000)), t);
  }
}

/**
 * data (64 doubles, see `Word`) = H_8 (stages 1, 2, 4) of sum_j L_ij q_j, of the word of signs that begins
 * `byte` bytes behind the scales.
 */
function gatherRotatedSigns(
  own: usize,
  degree: f64,
  from: usize,
  to: usize,
  columns: usize,
  weights: usize,
  weightStride: usize,
  slots: usize,
  slotStride: usize,
  byte: usize,
  data: usize,
  tables: usize,
): void {
  const ownWord = load<u64>(own + byte);
  const ownScaled = SignMessages.scaled(false, degree, own);
  const indices = tables + INDICES;
  let e = from;
  if (to - from >= 4) {
    Gather.four(
      true,
      e,
      columns,
      weights,
      weightStride,
      slots,
      slotStride,
      byte,
      tables,
      indices,
      ownWord,
      ownScaled,
    );
    e += 4;
    if (to - e >= 4) {
      const others = tables + OTHERS;
      Gather.four(
        false,
        e,
        columns,
        weights,
        weightStride,
        slots,
        slotStride,
        byte,
        others,
        indices + 64,
        0,
        0,
      );
      e += 4;
      if (e === to) {
        for (let b: usize = 0; b < 4; b++) {
          const i = indices + b;
          Word.stages(
            data + (b << 7),
            f64x2.sub(Sums.near(tables, i, 0), Sums.near(others, i, 64)),
            f64x2.sub(Sums.near(tables, i, 16), Sums.near(others, i, 80)),
            f64x2.sub(Sums.near(tables, i, 8), Sums.near(others, i, 72)),
            f64x2.sub(Sums.near(tables, i, 24), Sums.near(others, i, 88)),
            f64x2.sub(Sums.near(tables, i, 32), Sums.near(others, i, 96)),
            f64x2.sub(Sums.near(tables, i, 48), Sums.near(others, i, 112)),
            f64x2.sub(Sums.near(tables, i, 40), Sums.near(others, i, 104)),
            f64x2.sub(Sums.near(tables, i, 56), Sums.near(others, i, 120)),
          );
        }
        return;
      }
      for (let c: usize = 0; c < 32; c++) {
        const at = indices + (c >> 3);
        const place = Place.of(c & 7);
        v128.store(data + (c << 4), f64x2.sub(Sums.at(tables, at + place), Sums.at(others, at + 64 + place)));
      }
    } else {
      for (let c: usize = 0; c < 32; c++) {
        v128.store(data + (c << 4), Sums.at(tables, indices + (c >> 3) + Place.of(c & 7)));
      }
    }
  } else {
    const t = f64x2.splat(ownScaled);
    for (let c: usize = 0; c < 32; c++) v128.store(data + (c << 4), Word.sign(ownWord, c, t));
  }
  for (; e + 4 <= to; e += 4) {
    const others = tables + OTHERS;
    Gather.four(false, e, columns, weights, weightStride, slots, slotStride, byte, others, indices, 0, 0);
    for (let c: usize = 0; c < 32; c++) {
      const p = data + (c << 4);
      v128.store(p, f64x2.sub(v128.load(p), Sums.at(others, indices + (c >> 3) + Place.of(c & 7))));
    }
  }
  for (; e < to; e++) {
    const slot = slots + <usize>load<u32>(columns + (e << 2)) * slotStride;
    const t = f64x2.splat(SignMessages.scaled(false, load<f64>(weights + e * weightStride), slot));
    const word = load<u64>(slot + byte);
    for (let c: usize = 0; c < 32; c++) {
      const p = data + (c << 4);
      v128.store(p, f64x2.sub(v128.load(p), Word.sign(word, c, t)));
    }
  }
  for (let p = data; p < data + 512; p += 128) {
    Word.stages(
      p,
      v128.load(p, 0),
      v128.load(p, 16),
      v128.load(p, 32),
      v128.load(p, 48),
      v128.load(p, 64),
      v128.load(p, 80),
      v128.load(p, 96),
      v128.load(p, 112),
    );
  }
}

class Gather {
  /** Table and indices of four neighbours. */
  @inline static four(
    first: bool,
    e: usize,
    columns: usize,
    weights: usize,
    weightStride: usize,
    slots: usize,
    slotStride: usize,
    byte: usize,
    table: usize,
    indices: usize,
    ownWord: u64,
    own: f64,
  ): void {
    const j = columns + (e << 2);
    const q0 = slots + <usize>load<u32>(j, 0) * slotStride;
    const q1 = slots + <usize>load<u32>(j, 4) * slotStride;
    const q2 = slots + <usize>load<u32>(j, 8) * slotStride;
    const q3 = slots + <usize>load<u32>(j, 12) * slotStride;
    const w = weights + e * weightStride;
    Sums.index(first, indices, ownWord, q0 + byte, q1 + byte, q2 + byte, q3 + byte);
    Sums.write(
      first,
      table,
      own,
      SignMessages.scaled(false, load<f64>(w), q0),
      SignMessages.scaled(false, load<f64>(w + weightStride), q1),
      SignMessages.scaled(false, load<f64>(w + 2 * weightStride), q2),
      SignMessages.scaled(false, load<f64>(w + 3 * weightStride), q3),
    );
  }
}

/** out (64 doubles, in order) = stages 8, 16, 32 of what `gatherRotatedSigns` left. */
function laterWordStages(data: usize, out: usize): void {
  for (let m: usize = 0; m < 8; m += 2) {
    const p = data + (m << 4);
    const x0 = v128.load(p, 0);
    const x1 = v128.load(p, 128);
    const x2 = v128.load(p, 256);
    const x3 = v128.load(p, 384);
    const w0 = v128.load(p, 16);
    const w1 = v128.load(p, 144);
    const w2 = v128.load(p, 272);
    const w3 = v128.load(p, 400);
    const xa = f64x2.add(x0, x1);
    const xb = f64x2.sub(x0, x1);
    const xc = f64x2.add(x2, x3);
    const xd = f64x2.sub(x2, x3);
    const wa = f64x2.add(w0, w1);
    const wb = f64x2.sub(w0, w1);
    const wc = f64x2.add(w2, w3);
    const wd = f64x2.sub(w2, w3);
    const o = out + (m << 3);
    Last.stage(o, f64x2.add(xa, xc), f64x2.add(wa, wc));
    Last.stage(o + 64, f64x2.add(xb, xd), f64x2.add(wb, wd));
    Last.stage(o + 128, f64x2.sub(xa, xc), f64x2.sub(wa, wc));
    Last.stage(o + 192, f64x2.sub(xb, xd), f64x2.sub(wb, wd));
  }
}

class Last {
  /** Stage 32 of coordinates c, c + 32 (x) and c + 1, c + 33 (w). */
  @inline static stage(out: usize, x: v128, w: v128): void {
    const low = Butterfly.evens(x, w);
    const high = Butterfly.odds(x, w);
    v128.store(out, f64x2.add(low, high), 0);
    v128.store(out, f64x2.sub(low, high), 256);
  }
}

/**
 * slot = mean |factor y| and the signs of y, y = stages 8, 16, 32 of 64 doubles that have had the first
 * three. A vector p of the eight parts has the entries 8 k + p, 8 k + p + 1: a lane's own, in ascending
 * order.
 */
function packRotatedSigns(data: usize, slot: usize, factor: f64): void {
  const f = f64x2.splat(factor);
  for (let p: usize = 0; p < 64; p += 16) {
    const at = data + p;
    const x0 = v128.load(at, 0);
    const x1 = v128.load(at, 64);
    const x2 = v128.load(at, 128);
    const x3 = v128.load(at, 192);
    const x4 = v128.load(at, 256);
    const x5 = v128.load(at, 320);
    const x6 = v128.load(at, 384);
    const x7 = v128.load(at, 448);
    const y0 = f64x2.add(x0, x1);
    const y1 = f64x2.sub(x0, x1);
    const y2 = f64x2.add(x2, x3);
    const y3 = f64x2.sub(x2, x3);
    const y4 = f64x2.add(x4, x5);
    const y5 = f64x2.sub(x4, x5);
    const y6 = f64x2.add(x6, x7);
    const y7 = f64x2.sub(x6, x7);
    const z0 = f64x2.add(y0, y2);
    const z1 = f64x2.add(y1, y3);
    const z2 = f64x2.sub(y0, y2);
    const z3 = f64x2.sub(y1, y3);
    const z4 = f64x2.add(y4, y6);
    const z5 = f64x2.add(y5, y7);
    const z6 = f64x2.sub(y4, y6);
    const z7 = f64x2.sub(y5, y7);
    const e0 = f64x2.add(z0, z4);
    const e1 = f64x2.add(z1, z5);
    const e2 = f64x2.add(z2, z6);
    const e3 = f64x2.add(z3, z7);
    const e4 = f64x2.sub(z0, z4);
    const e5 = f64x2.sub(z1, z5);
    const e6 = f64x2.sub(z2, z6);
    const e7 = f64x2.sub(z3, z7);
    let sum = f64x2.mul(f64x2.abs(e0), f);
    sum = f64x2.add(sum, f64x2.mul(f64x2.abs(e1), f));
    sum = f64x2.add(sum, f64x2.mul(f64x2.abs(e2), f));
    sum = f64x2.add(sum, f64x2.mul(f64x2.abs(e3), f));
    sum = f64x2.add(sum, f64x2.mul(f64x2.abs(e4), f));
    sum = f64x2.add(sum, f64x2.mul(f64x2.abs(e5), f));
    sum = f64x2.add(sum, f64x2.mul(f64x2.abs(e6), f));
    sum = f64x2.add(sum, f64x2.mul(f64x2.abs(e7), f));
    // Byte 2 k + j has the sign of entry 8 k + p + j.
    const low = i16x8.narrow_i32x4_s(Signs.highWords(e0, e1), Signs.highWords(e2, e3));
    const high = i16x8.narrow_i32x4_s(Signs.highWords(e4, e5), Signs.highWords(e6, e7));
    // Over what has been read: the first vector of part 0 and that of part 1 hold this pass's sums and signs.
    v128.store(at, sum, 0);
    v128.store(at, i8x16.narrow_i16x8_s(low, high), 64);
  }
  // Row.total of the four pairs of lanes.
  const sums = f64x2.add(
    f64x2.add(v128.load(data, 0), v128.load(data, 16)),
    f64x2.add(v128.load(data, 32), v128.load(data, 48)),
  );
  const b0 = v128.load(data, 64);
  const b1 = v128.load(data, 80);
  const b2 = v128.load(data, 96);
  const b3 = v128.load(data, 112);
  const near0 = i16x8.shuffle(b0, b1, 0, 8, 1, 9, 2, 10, 3, 11);
  const near1 = i16x8.shuffle(b0, b1, 4, 12, 5, 13, 6, 14, 7, 15);
  const far0 = i16x8.shuffle(b2, b3, 0, 8, 1, 9, 2, 10, 3, 11);
  const far1 = i16x8.shuffle(b2, b3, 4, 12, 5, 13, 6, 14, 7, 15);
  store<u16>(slot, i8x16.bitmask(i32x4.shuffle(near0, far0, 0, 4, 1, 5)), 8);
  store<u16>(slot, i8x16.bitmask(i32x4.shuffle(near0, far0, 2, 6, 3, 7)), 10);
  store<u16>(slot, i8x16.bitmask(i32x4.shuffle(near1, far1, 0, 4, 1, 5)), 12);
  store<u16>(slot, i8x16.bitmask(i32x4.shuffle(near1, far1, 2, 6, 3, 7)), 14);
  store<f64>(slot, (f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)) / 64);
}

class Update {
  /**
   * A vector of one agent's entries, T behind the addresses, from the round's beginning to its end: u from y,
   * the step, and x - s (both new) into y. The gradient is a (x - b) if `quadratic`, else a. `unit`: damping,
   * gain and now are 1. `memory`: the agent's own state as it is, and m, as in `stepPrimalDualMemory`.
   */
  @inline static vector<T>(
    quadratic: bool,
    unit: bool,
    memory: bool,
    x: usize,
    v: usize,
    s: usize,
    z: usize,
    m: usize,
    a: usize,
    b: usize,
    y: usize,
    mask: usize,
    numbers: v128,
    factor: v128,
    scale: v128,
    eta: v128,
    alpha: v128,
    beta: v128,
    damping: v128,
    gain: v128,
    now: v128,
    degree: v128,
    share: v128,
  ): void {
    const signs = v128.load(mask, offsetof<T>());
    const u = v128.xor(v128.mul<real>(v128.load(y, offsetof<T>()), factor), signs);
    const q = v128.xor(v128.mul<real>(numbers, scale), signs);
    const state = v128.load(x, offsetof<T>());
    let g = v128.load(a, offsetof<T>());
    if (quadratic) g = v128.mul<real>(g, v128.sub<real>(state, v128.load(b, offsetof<T>())));
    const dual = v128.load(v, offsetof<T>());
    const estimate = v128.load(s, offsetof<T>());
    const known = v128.load(z, offsetof<T>());
    let ly = v128.add<real>(known, unit || memory ? u : v128.mul<real>(now, u));
    v128.store(z, unit ? ly : v128.add<real>(known, v128.mul<real>(gain, u)), offsetof<T>());
    let kept = Real.splat(0);
    if (memory) {
      const omitted = v128.sub<real>(state, v128.add<real>(estimate, q));
      ly = v128.add<real>(ly, v128.mul<real>(degree, omitted));
      const total = v128.add<real>(v128.load(m, offsetof<T>()), omitted);
      v128.store(m, total, offsetof<T>());
      kept = v128.mul<real>(share, total);
    }
    v128.store(v, v128.add<real>(dual, v128.mul<real>(beta, ly)), offsetof<T>());
    const slope = v128.add<real>(
      v128.add<real>(v128.mul<real>(eta, g), v128.mul<real>(alpha, ly)),
      v128.mul<real>(beta, dual),
    );
    const moved = v128.sub<real>(state, unit ? slope : v128.mul<real>(damping, slope));
    v128.store(x, moved, offsetof<T>());
    const filtered = v128.add<real>(estimate, unit ? q : v128.mul<real>(gain, q));
    v128.store(s, filtered, offsetof<T>());
    const error = v128.sub<real>(moved, filtered);
    v128.store(y, memory ? v128.add<real>(error, kept) : error, offsetof<T>());
  }

  /** One agent's row: u from its transform in `sums`, q from whole numbers, the step, x - s into `sums`. */
  @inline static row(
    quadratic: bool,
    unit: bool,
    memory: bool,
    dim: usize,
    x: usize,
    v: usize,
    s: usize,
    z: usize,
    m: usize,
    a: usize,
    b: usize,
    sums: usize,
    whole: usize,
    factor: f64,
    scale: f64,
    masks: usize,
    hEta: f64,
    hAlpha: f64,
    hBeta: f64,
    damp: f64,
    mu: f64,
    current: f64,
    ownDegree: f64,
    gamma: f64,
  ): void {
    const f = Real.splat(factor);
    const one = Real.splat(scale);
    const eta = Real.splat(hEta);
    const alpha = Real.splat(hAlpha);
    const beta = Real.splat(hBeta);
    const damping = Real.splat(damp);
    const gain = Real.splat(mu);
    const now = Real.splat(current);
    const degree = Real.splat(ownDegree);
    const share = Real.splat(gamma);
    for (let c: usize = 0; c < dim; c += 8) {
      const at = c << SHIFT;
      const numbers = v128.load(whole + (c << 1));
      const low = i32x4.extend_low_i16x8_s(numbers);
      const high = i32x4.extend_high_i16x8_s(numbers);
      const k = masks + at;
      const y = sums + at;
      const xs = x + at;
      const vs = v + at;
      const ss = s + at;
      const zs = z + at;
      const ms = m + at;
      const as = a + at;
      const bs = b + at;
      if (SINGLE) {
        Update.vector<At0>(
          quadratic,
          unit,
          memory,
          xs,
          vs,
          ss,
          zs,
          ms,
          as,
          bs,
          y,
          k,
          f32x4.convert_i32x4_s(low),
          f,
          one,
          eta,
          alpha,
          beta,
          damping,
          gain,
          now,
          degree,
          share,
        );
        Update.vector<At16>(
          quadratic,
          unit,
          memory,
          xs,
          vs,
          ss,
          zs,
          ms,
          as,
          bs,
          y,
          k,
          f32x4.convert_i32x4_s(high),
          f,
          one,
          eta,
          alpha,
          beta,
          damping,
          gain,
          now,
          degree,
          share,
        );
      } else {
        const q0 = f64x2.convert_low_i32x4_s(low);
        const q1 = f64x2.convert_low_i32x4_s(i64x2.shuffle(low, low, 1, 1));
        const q2 = f64x2.convert_low_i32x4_s(high);
        const q3 = f64x2.convert_low_i32x4_s(i64x2.shuffle(high, high, 1, 1));
        Update.vector<At0>(
          quadratic,
          unit,
          memory,
          xs,
          vs,
          ss,
          zs,
          ms,
          as,
          bs,
          y,
          k,
          q0,
          f,
          one,
          eta,
          alpha,
          beta,
          damping,
          gain,
          now,
          degree,
          share,
        );
        Update.vector<At16>(
          quadratic,
          unit,
          memory,
          xs,
          vs,
          ss,
          zs,
          ms,
          as,
          bs,
          y,
          k,
          q1,
          f,
          one,
          eta,
          alpha,
          beta,
          damping,
          gain,
          now,
          degree,
          share,
        );
        Update.vector<At32>(
          quadratic,
          unit,
          memory,
          xs,
          vs,
          ss,
          zs,
          ms,
          as,
          bs,
          y,
          k,
          q2,
          f,
          one,
          eta,
          alpha,
          beta,
          damping,
          gain,
          now,
          degree,
          share,
        );
        Update.vector<At48>(
          quadratic,
          unit,
          memory,
          xs,
          vs,
          ss,
          zs,
          ms,
          as,
          bs,
          y,
          k,
          q3,
          f,
          one,
          eta,
          alpha,
          beta,
          damping,
          gain,
          now,
          degree,
          share,
        );
      }
    }
  }

  /** The row with the flags that its gains allow. */
  @inline static chosen(
    quadratic: bool,
    dim: usize,
    x: usize,
    v: usize,
    s: usize,
    z: usize,
    m: usize,
    a: usize,
    b: usize,
    sums: usize,
    whole: usize,
    factor: f64,
    scale: f64,
    masks: usize,
    hEta: f64,
    hAlpha: f64,
    hBeta: f64,
    damp: f64,
    mu: f64,
    current: f64,
    degree: f64,
    gamma: f64,
  ): void {
    if (m) {
      Update.row(
        quadratic,
        false,
        true,
        dim,
        x,
        v,
        s,
        z,
        m,
        a,
        b,
        sums,
        whole,
        factor,
        scale,
        masks,
        hEta,
        hAlpha,
        hBeta,
        damp,
        mu,
        current,
        degree,
        gamma,
      );
    } else if (mu === 1 && current === 1 && damp === 1) {
      Update.row(
        quadratic,
        true,
        false,
        dim,
        x,
        v,
        s,
        z,
        m,
        a,
        b,
        sums,
        whole,
        factor,
        scale,
        masks,
        hEta,
        hAlpha,
        hBeta,
        damp,
        mu,
        current,
        degree,
        gamma,
      );
    } else {
      Update.row(
        quadratic,
        false,
        false,
        dim,
        x,
        v,
        s,
        z,
        m,
        a,
        b,
        sums,
        whole,
        factor,
        scale,
        masks,
        hEta,
        hAlpha,
        hBeta,
        damp,
        mu,
        current,
        degree,
        gamma,
      );
    }
  }
}

function updatePrimalDual(
  dim: usize,
  x: usize,
  v: usize,
  s: usize,
  z: usize,
  m: usize,
  gradient: usize,
  sums: usize,
  whole: usize,
  factor: f64,
  scale: f64,
  masks: usize,
  hEta: f64,
  hAlpha: f64,
  hBeta: f64,
  damp: f64,
  mu: f64,
  current: f64,
  degree: f64,
  gamma: f64,
): void {
  Update.chosen(
    false,
    dim,
    x,
    v,
    s,
    z,
    m,
    gradient,
    0,
    sums,
    whole,
    factor,
    scale,
    masks,
    hEta,
    hAlpha,
    hBeta,
    damp,
    mu,
    current,
    degree,
    gamma,
  );
}

function updatePrimalDualQuadratic(
  dim: usize,
  x: usize,
  v: usize,
  s: usize,
  z: usize,
  m: usize,
  a: usize,
  b: usize,
  sums: usize,
  whole: usize,
  factor: f64,
  scale: f64,
  masks: usize,
  hEta: f64,
  hAlpha: f64,
  hBeta: f64,
  damp: f64,
  mu: f64,
  current: f64,
  degree: f64,
  gamma: f64,
): void {
  Update.chosen(
    true,
    dim,
    x,
    v,
    s,
    z,
    m,
    a,
    b,
    sums,
    whole,
    factor,
    scale,
    masks,
    hEta,
    hAlpha,
    hBeta,
    damp,
    mu,
    current,
    degree,
    gamma,
  );
}

/** target (64 float32) = sum_j L_ij q_j of a word of signs, with the bits of `gatherSign`. */
function gatherWord(
  own: usize,
  degree: f64,
  from: usize,
  to: usize,
  columns: usize,
  weights: usize,
  weightStride: usize,
  slots: usize,
  slotStride: usize,
  byte: usize,
  target: usize,
): void {
  SignMessages.begin(target, load<u64>(own + byte), SignMessages.scaled(false, degree, own));
  let e = from;
  for (; e + 4 <= to; e += 4) {
    SignMessages.four(false, e, columns, weights, weightStride, slots, slotStride, byte, target);
  }
  for (; e < to; e++) {
    const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride;
    const t = SignMessages.scaled(false, load<f64>(weights + e * weightStride), q);
    SignMessages.subtract(target, load<u64>(q + byte), t);
  }
}

/**
 * One round of stepPrimalDualError, for messages that are signs of a vector rotated to n entries: n a power
 * of two in 64..4096, dim whole cache lines. Bits are those of gatherSign + unflattenBlock,
 * decodeFlattenedSign, the gradient, the step and encodeFlattenedSign. x, v, s, z, a, b: block rows of dim
 * entries. The gradient is in `gradient` (block rows) or, where that is 0, a (x - b). m: block rows of what
 * messages left out, for the step of stepPrimalDualMemory with links that do not change, or 0. masks,
 * slots: of this round; masksOut, slotsOut: of the next. scratch: 3 n + 64 doubles.
 */
export function primalDualRotatedSigns(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  weights: usize,
  weightStride: usize,
  degrees: usize,
  slots: usize,
  slotsOut: usize,
  slotStride: usize,
  dim: usize,
  n: usize,
  masks: usize,
  masksOut: usize,
  x: usize,
  v: usize,
  s: usize,
  z: usize,
  m: usize,
  gradient: usize,
  a: usize,
  b: usize,
  hEta: f64,
  hAlpha: f64,
  hBeta: f64,
  hImplicit: f64,
  mu: f64,
  current: f64,
  gamma: f64,
  scratch: usize,
): void {
  const factor = 1.0 / Math.sqrt(<f64>n);
  const row = scratch + ROWS;
  const next = row + (n << SHIFT);
  const whole = next + (n << SHIFT);
  touchFarSlots(first, count, rowStart, columns, slots, slotStride, scratch);
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const own = slots + i * slotStride;
    const degree = load<f64>(degrees + (i << 3));
    const from = <usize>load<u32>(rowStart + (i << 2));
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    if (SINGLE) {
      for (let c: usize = 0; c < n; c += 64) {
        const byte: usize = 4 + (c >> 3);
        const word = row + (c << 2);
        gatherWord(own, degree, from, to, columns, weights, weightStride, slots, slotStride, byte, word);
        firstStages(word, 64);
        middleStages(word, 64, 64);
        transformSigns(own + byte, whole + (c << 1));
      }
      if (n > 64) {
        laterStages(row, n, 64);
        joinSigns(whole, n);
      }
    } else if (n === 64) {
      gatherRotatedSigns(
        own,
        degree,
        from,
        to,
        columns,
        weights,
        weightStride,
        slots,
        slotStride,
        8,
        next,
        scratch,
      );
      laterWordStages(next, row);
      transformSigns(own + 8, whole);
    } else {
      for (let c: usize = 0; c < n; c += 64) {
        const byte: usize = 8 + (c >> 3);
        gatherRotatedSigns(
          own,
          degree,
          from,
          to,
          columns,
          weights,
          weightStride,
          slots,
          slotStride,
          byte,
          next,
          scratch,
        );
        laterWordStages(next, row + (c << 3));
        transformSigns(own + byte, whole + (c << 1));
      }
      laterStages(row, n, 64);
      joinSigns(whole, n);
    }
    const damp = 1 / (1 + hImplicit * degree);
    const scale = <f64>(load<real>(own) * <real>factor);
    const at = r * (dim << SHIFT);
    if (gradient) {
      updatePrimalDual(
        dim,
        x + at,
        v + at,
        s + at,
        z + at,
        m ? m + at : 0,
        gradient + at,
        row,
        whole,
        factor,
        scale,
        masks,
        hEta,
        hAlpha,
        hBeta,
        damp,
        mu,
        current,
        degree,
        gamma,
      );
    } else {
      updatePrimalDualQuadratic(
        dim,
        x + at,
        v + at,
        s + at,
        z + at,
        m ? m + at : 0,
        a + at,
        b + at,
        row,
        whole,
        factor,
        scale,
        masks,
        hEta,
        hAlpha,
        hBeta,
        damp,
        mu,
        current,
        degree,
        gamma,
      );
    }
    firstSignedStages(row, next, dim, n, masksOut);
    const slot = slotsOut + i * slotStride;
    if (!SINGLE && n === 64) {
      packRotatedSigns(next, slot, factor);
    } else {
      middleStages(next, n, n);
      writeSigns(next, slot, n, factor);
    }
  }
}
