/**
 * What several kernel families share: the fixed order of sums inside a row, padding, packed signs and packed
 * indices.
 *
 * **Order of a row's sum.** A vector's entries are lanes of their own: entry c belongs to lane c mod LINE,
 * LINE the numbers of a cache line (8 float64 or 16 float32), and each lane is summed in ascending c. Lanes
 * are joined vector by vector, (first + second) + (third + fourth), and then in float64: with 8 of them
 * `((0+2)+(4+6)) + ((1+3)+(5+7))`, each number naming a lane. Sums in float64 have the order of 8 lanes in
 * both precisions. Lanes depend on the entry alone, never on how agents are cut into blocks or threads.
 *
 * Everything here is inlined where it is used. (The helpers are static methods because a decorator on a plain
 * function is AssemblyScript but not TypeScript, and the formatter reads TypeScript.)
 */
import { At0, At16, At32, At48 } from './offsets';
import { LINE, Real, SHIFT, SINGLE, Wide } from './real';

export class Row {
  /** Entries of a row after padding: whole cache lines. */
  @inline static padded(n: usize): usize {
    return (n + (LINE - 1)) & ~(LINE - 1);
  }

  /** The next multiple of 8. */
  @inline static eights(n: usize): usize {
    return (n + 7) & ~(<usize>7);
  }

  /** Sets entries from <= c < to to +0. */
  @inline static clear(row: usize, from: usize, to: usize): void {
    for (let c = from; c < to; c++) store<real>(row + (c << SHIFT), 0);
  }

  /** Sets entries 0 <= c < padded(n) to +0. */
  @inline static clearAll(row: usize, n: usize): void {
    const end = row + (Row.padded(n) << SHIFT);
    for (let p = row; p < end; p += 64) {
      v128.store(p, i64x2.splat(0), 0);
      v128.store(p, i64x2.splat(0), 16);
      v128.store(p, i64x2.splat(0), 32);
      v128.store(p, i64x2.splat(0), 48);
    }
  }

  /** The lanes of a line, vector by vector, to one number. */
  @inline static total(a: v128, b: v128, c: v128, d: v128): f64 {
    return Real.lanes(v128.add<real>(v128.add<real>(a, b), v128.add<real>(c, d)));
  }

  /** Eight float64 lanes, (0,1), (2,3), (4,5), (6,7), to one number. */
  @inline static totalWide(a: v128, b: v128, c: v128, d: v128): f64 {
    const v = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
    return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
  }

  /** sum_c a_c b_c over padded(n) entries, in the order above. */
  @inline static dot(a: usize, b: usize, n: usize): f64 {
    let s0 = Real.splat(0);
    let s1 = Real.splat(0);
    let s2 = Real.splat(0);
    let s3 = Real.splat(0);
    const end = a + (Row.padded(n) << SHIFT);
    for (let p = a, q = b; p < end; p += 64, q += 64) {
      s0 = v128.add<real>(s0, v128.mul<real>(v128.load(p, 0), v128.load(q, 0)));
      s1 = v128.add<real>(s1, v128.mul<real>(v128.load(p, 16), v128.load(q, 16)));
      s2 = v128.add<real>(s2, v128.mul<real>(v128.load(p, 32), v128.load(q, 32)));
      s3 = v128.add<real>(s3, v128.mul<real>(v128.load(p, 48), v128.load(q, 48)));
    }
    return Row.total(s0, s1, s2, s3);
  }

  /** sum_c a_c^2, in float64. */
  @inline static squares(a: usize, n: usize): f64 {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const end = a + (Row.eights(n) << SHIFT);
    for (let p = a; p < end; p += Wide.eight()) {
      s0 = f64x2.add(s0, f64x2.mul(Wide.pair<At0>(p), Wide.pair<At0>(p)));
      s1 = f64x2.add(s1, f64x2.mul(Wide.pair<At16>(p), Wide.pair<At16>(p)));
      s2 = f64x2.add(s2, f64x2.mul(Wide.pair<At32>(p), Wide.pair<At32>(p)));
      s3 = f64x2.add(s3, f64x2.mul(Wide.pair<At48>(p), Wide.pair<At48>(p)));
    }
    return Row.totalWide(s0, s1, s2, s3);
  }

  /** sum_c a_c b_c of a row and a point of float64, in float64. */
  @inline static dotPoint(a: usize, point: usize, n: usize): f64 {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const end = a + (Row.eights(n) << SHIFT);
    for (let p = a, q = point; p < end; p += Wide.eight(), q += 64) {
      s0 = f64x2.add(s0, f64x2.mul(Wide.pair<At0>(p), v128.load(q, 0)));
      s1 = f64x2.add(s1, f64x2.mul(Wide.pair<At16>(p), v128.load(q, 16)));
      s2 = f64x2.add(s2, f64x2.mul(Wide.pair<At32>(p), v128.load(q, 32)));
      s3 = f64x2.add(s3, f64x2.mul(Wide.pair<At48>(p), v128.load(q, 48)));
    }
    return Row.totalWide(s0, s1, s2, s3);
  }

  /** |p|^2 of a point of float64. */
  @inline static squaresOfPoint(point: usize, n: usize): f64 {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const end = point + (Row.eights(n) << 3);
    for (let p = point, q = point; p < end; p += 64, q += 64) {
      s0 = f64x2.add(s0, f64x2.mul(v128.load(p, 0), v128.load(q, 0)));
      s1 = f64x2.add(s1, f64x2.mul(v128.load(p, 16), v128.load(q, 16)));
      s2 = f64x2.add(s2, f64x2.mul(v128.load(p, 32), v128.load(q, 32)));
      s3 = f64x2.add(s3, f64x2.mul(v128.load(p, 48), v128.load(q, 48)));
    }
    return Row.totalWide(s0, s1, s2, s3);
  }

  /**
   * sum_e values_e a_(columns_e) over the entries begin .. end - 1 of a sparse row, in ascending order and in
   * float64. A is the type of a's numbers: of a row of the state, or of a point.
   */
  @inline static dotSparse<A>(a: usize, begin: usize, end: usize, columns: usize, values: usize): f64 {
    let sum: f64 = 0;
    for (let e = begin; e < end; e++) {
      const c = <usize>load<u32>(columns + (e << 2));
      sum += <f64>load<real>(values + (e << SHIFT)) * <f64>load<A>(a + (c << alignof<A>()));
    }
    return sum;
  }

  /** sum_c |a_c|, in float64. */
  @inline static sumAbs(a: usize, n: usize): f64 {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const end = a + (Row.eights(n) << SHIFT);
    for (let p = a; p < end; p += Wide.eight()) {
      s0 = f64x2.add(s0, f64x2.abs(Wide.pair<At0>(p)));
      s1 = f64x2.add(s1, f64x2.abs(Wide.pair<At16>(p)));
      s2 = f64x2.add(s2, f64x2.abs(Wide.pair<At32>(p)));
      s3 = f64x2.add(s3, f64x2.abs(Wide.pair<At48>(p)));
    }
    return Row.totalWide(s0, s1, s2, s3);
  }

  /** sum_c |a_c| (|a_c| / unit), in float64: squares that neither overflow nor vanish. */
  @inline static sumSquaresOver(a: usize, n: usize, unit: f64): f64 {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const u = f64x2.splat(unit);
    const end = a + (Row.eights(n) << SHIFT);
    for (let p = a; p < end; p += Wide.eight()) {
      const x0 = f64x2.abs(Wide.pair<At0>(p));
      const x1 = f64x2.abs(Wide.pair<At16>(p));
      const x2 = f64x2.abs(Wide.pair<At32>(p));
      const x3 = f64x2.abs(Wide.pair<At48>(p));
      s0 = f64x2.add(s0, f64x2.mul(x0, f64x2.div(x0, u)));
      s1 = f64x2.add(s1, f64x2.mul(x1, f64x2.div(x1, u)));
      s2 = f64x2.add(s2, f64x2.mul(x2, f64x2.div(x2, u)));
      s3 = f64x2.add(s3, f64x2.mul(x3, f64x2.div(x3, u)));
    }
    return Row.totalWide(s0, s1, s2, s3);
  }

  /** max_c |a_c| over padded(n) entries; NaN where there is one. */
  @inline static maxAbs(a: usize, n: usize): f64 {
    // For numbers of one sign the order of the bit patterns is the order of the numbers, and NaN stands above
    // Infinity.
    const magnitude = Whole.magnitude();
    let m0 = i64x2.splat(0);
    let m1 = i64x2.splat(0);
    const end = a + (Row.padded(n) << SHIFT);
    for (let p = a; p < end; p += 32) {
      const x0 = v128.and(v128.load(p, 0), magnitude);
      const x1 = v128.and(v128.load(p, 16), magnitude);
      m0 = v128.bitselect(x0, m0, Whole.gt(x0, m0));
      m1 = v128.bitselect(x1, m1, Whole.gt(x1, m1));
    }
    m0 = v128.bitselect(m1, m0, Whole.gt(m1, m0));
    return Whole.number(Whole.largest(m0));
  }

  /** |a|_2; where the squares leave the range of doubles, by way of the largest entry. */
  @inline static norm(a: usize, n: usize): f64 {
    const squares = Row.squares(a, n);
    if (squares >= 1e-280 && squares <= 1e300) return Math.sqrt(squares);
    const largest = Row.maxAbs(a, n);
    if (largest === 0 || !(largest < Infinity)) return largest;
    return Math.sqrt(Row.sumSquaresOver(a, n, largest) / largest) * largest;
  }

  /** sum_c (a_c - b_c)^2 of a row and a point of float64, in float64. */
  @inline static squaredDistanceToPoint(a: usize, point: usize, n: usize): f64 {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const end = a + (Row.eights(n) << SHIFT);
    for (let p = a, q = point; p < end; p += Wide.eight(), q += 64) {
      const d0 = f64x2.sub(Wide.pair<At0>(p), v128.load(q, 0));
      const d1 = f64x2.sub(Wide.pair<At16>(p), v128.load(q, 16));
      const d2 = f64x2.sub(Wide.pair<At32>(p), v128.load(q, 32));
      const d3 = f64x2.sub(Wide.pair<At48>(p), v128.load(q, 48));
      s0 = f64x2.add(s0, f64x2.mul(d0, d0));
      s1 = f64x2.add(s1, f64x2.mul(d1, d1));
      s2 = f64x2.add(s2, f64x2.mul(d2, d2));
      s3 = f64x2.add(s3, f64x2.mul(d3, d3));
    }
    return Row.totalWide(s0, s1, s2, s3);
  }

  /** sum_c (a_c - b_c)^2 of two rows, in float64. */
  @inline static squaredDistance(a: usize, b: usize, n: usize): f64 {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const end = a + (Row.eights(n) << SHIFT);
    for (let p = a, q = b; p < end; p += Wide.eight(), q += Wide.eight()) {
      const d0 = f64x2.sub(Wide.pair<At0>(p), Wide.pair<At0>(q));
      const d1 = f64x2.sub(Wide.pair<At16>(p), Wide.pair<At16>(q));
      const d2 = f64x2.sub(Wide.pair<At32>(p), Wide.pair<At32>(q));
      const d3 = f64x2.sub(Wide.pair<At48>(p), Wide.pair<At48>(q));
      s0 = f64x2.add(s0, f64x2.mul(d0, d0));
      s1 = f64x2.add(s1, f64x2.mul(d1, d1));
      s2 = f64x2.add(s2, f64x2.mul(d2, d2));
      s3 = f64x2.add(s3, f64x2.mul(d3, d3));
    }
    return Row.totalWide(s0, s1, s2, s3);
  }
}

/** Bit patterns of numbers as whole numbers of their size. */
export class Whole {
  /** All bits but the sign's. */
  @inline static magnitude(): v128 {
    if (SINGLE) return i32x4.splat(0x7fffffff);
    return i64x2.splat(0x7fffffffffffffff);
  }

  /** The sign's bit. */
  @inline static sign(): v128 {
    if (SINGLE) return i32x4.splat(0x80000000);
    return i64x2.splat(0x8000000000000000);
  }

  @inline static gt(a: v128, b: v128): v128 {
    if (SINGLE) return i32x4.gt_s(a, b);
    return i64x2.gt_s(a, b);
  }

  /** The largest lane, none of which is negative. */
  @inline static largest(v: v128): i64 {
    if (SINGLE) {
      const two = i32x4.max_s(v, i64x2.shuffle(v, v, 1, 1));
      return <i64>max<i32>(i32x4.extract_lane(two, 0), i32x4.extract_lane(two, 1));
    }
    return max<i64>(i64x2.extract_lane(v, 0), i64x2.extract_lane(v, 1));
  }

  /** The number that has this pattern. */
  @inline static number(pattern: i64): f64 {
    if (SINGLE) return <f64>reinterpret<f32>(<i32>pattern);
    return reinterpret<f64>(pattern);
  }
}

export class Edge {
  /** sum - w m. `unit`: w is 1, and leaving it out changes no bits and saves a quarter of the time. */
  @inline static minus(unit: bool, sum: v128, w: v128, m: v128): v128 {
    return v128.sub<real>(sum, unit ? m : v128.mul<real>(w, m));
  }

  /**
   * sum + w (own - m): what one end of an edge adds, the other takes away, to the last bit. In float32 sums
   * over neighbours are made so: with d own - sum_j w m_j each agent's rounding is the same in every round
   * of a run that stands still, and duals, which add it up, drift away.
   */
  @inline static apart(unit: bool, sum: v128, w: v128, own: v128, m: v128): v128 {
    const difference = v128.sub<real>(own, m);
    return v128.add<real>(sum, unit ? difference : v128.mul<real>(w, difference));
  }

  /**
   * (own - m) + (own - o) as (twice - m) - o, `twice` being own + own: two operations where apart takes four,
   * for edges of weight 1. With own, m, o and 2 own - m in [2^e, 2^(e+1)) nothing is rounded: all are
   * multiples of the one unit in the last place, and 2 own - m, as near to own as m is, has no more digits.
   * So agents that nearly agree add nothing that the other end does not take away. Where a power of two lies
   * between them, the error is at most half of that unit above it.
   */
  @inline static pair(twice: v128, m: v128, o: v128): v128 {
    return v128.sub<real>(v128.sub<real>(twice, m), o);
  }
}

/** Packed signs: bit c of a message is the sign bit of entry c. A line has LINE of them, one or two bytes. */
export class Signs {
  /** Bytes of a line's signs. */
  @inline static lineBytes(): usize {
    return LINE >> 3;
  }

  /** The signs of a line, in every lane. What stands above them does not matter. */
  @inline static load(p: usize): v128 {
    if (SINGLE) return v128.load16_splat(p);
    return v128.load8_splat(p);
  }

  /** The same of a word of 64 signs. */
  @inline static line(word: u64): v128 {
    if (SINGLE) return i32x4.splat(<i32>word);
    return i64x2.splat(word);
  }

  @inline static store(p: usize, bits: u32): void {
    if (SINGLE) store<u16>(p, bits);
    else store<u8>(p, bits);
  }

  /** The first `left` signs of a line, and zeros up to the end of the last byte; returns how many bytes. */
  @inline static storeFirst(p: usize, bits: u32, left: usize): usize {
    if (SINGLE) {
      if (left >= 16) {
        store<u16>(p, bits);
        return 2;
      }
      const first = bits & ((1 << (<u32>left)) - 1);
      store<u8>(p, first);
      if (left <= 8) return 1;
      store<u8>(p, first >> 8, 1);
      return 2;
    }
    store<u8>(p, left >= 8 ? bits : bits & ((1 << (<u32>left)) - 1));
    return 1;
  }

  /**
   * Bits h.. of the packed signs in every lane of `bits` (what stands above them does not matter) to a vector
   * made for `apply`: lane l is moved up by LANES - 1 - l, so that one shift serves a vector of entries.
   */
  @inline static spread(bits: v128): v128 {
    if (SINGLE) return i32x4.mul(bits, i32x4(8, 4, 2, 1));
    return i64x2.add(bits, v128.and(bits, i64x2(-1, 0)));
  }

  /** +-value, the signs being those of vector v of what was spread. */
  @inline static apply(spread: v128, v: i32, value: v128): v128 {
    if (SINGLE) return v128.xor(v128.and(i32x4.shl(spread, 28 - 4 * v), Whole.sign()), value);
    return v128.xor(v128.and(i64x2.shl(spread, 62 - 2 * v), Whole.sign()), value);
  }

  /** A sign message's scale in all lanes; `single`: it is a float32 whatever the precision. */
  @inline static scale(slot: usize, single: bool): v128 {
    if (SINGLE) return v128.load32_splat(slot);
    return single ? f64x2.splat(<f64>load<f32>(slot)) : v128.load64_splat(slot);
  }

  @inline static scaleBytes(single: bool): usize {
    return single || SINGLE ? 4 : 8;
  }

  /** The high words of four doubles, whose sign bits are theirs. */
  @inline static highWords(a: v128, b: v128): v128 {
    return i32x4.shuffle(a, b, 1, 3, 5, 7);
  }

  /** Sign bits of a line held in 4 vectors, entry 0 least significant. */
  @inline static packLine(a: v128, b: v128, c: v128, d: v128): u32 {
    // Saturating narrowing keeps the sign, which is all that we want of a number.
    if (SINGLE) {
      return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
    }
    const halves = i16x8.narrow_i32x4_s(Signs.highWords(a, b), Signs.highWords(c, d));
    return i16x8.bitmask(halves);
  }
}

/** Indices of `bits` bits each, packed least significant bit first. */
export class Packed {
  /** The t-th index. Touches only words that hold some of its bits. */
  @inline static read(words: usize, t: usize, bits: usize): usize {
    if (bits === 0) return 0;
    const position = <u64>t * bits;
    const word = words + ((<usize>(position >> 6)) << 3);
    const shift = position & 63;
    let value = load<u64>(word) >> shift;
    if (shift + bits > 64) value |= load<u64>(word, 8) << (64 - shift);
    return <usize>(value & (((<u64>1) << bits) - 1));
  }

  /** How many of the k indices end within four bytes of the byte in which they begin, inside the message. */
  @inline static quickCount(k: usize, bits: usize): usize {
    if (bits === 0 || bits > 25) return 0;
    const bytes = ((k * bits + 63) >> 6) << 3;
    return min<usize>(k, ((bytes - 3) * 8 - 1) / bits + 1);
  }

  /** An index below `quickCount`, from its first bit's position. */
  @inline static quickRead(words: usize, position: usize, mask: u32): usize {
    return (load<u32>(words + (position >> 3)) >> (<u32>position & 7)) & mask;
  }
}
