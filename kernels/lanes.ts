/**
 * What several kernel families share: the fixed order of sums inside a row, padding, packed signs and packed
 * indices.
 *
 * **Order of a row's sum.** Entry c belongs to lane c mod 8; each lane is summed in ascending c, then
 * `((0+2)+(4+6)) + ((1+3)+(5+7))`, each number naming a lane. Lanes depend on the entry alone, never on how
 * agents are cut into blocks or threads.
 *
 * Everything here is inlined where it is used. (The helpers are static methods because a decorator on a plain
 * function is AssemblyScript but not TypeScript, and the formatter reads TypeScript.)
 */
export class Row {
  /** Entries of a row after padding: the next multiple of 8. */
  @inline static padded(n: usize): usize {
    return (n + 7) & ~(<usize>7);
  }

  /** Sets entries from <= c < to to +0. */
  @inline static clear(row: usize, from: usize, to: usize): void {
    for (let c = from; c < to; c++) store<f64>(row + (c << 3), 0.0);
  }

  /** Sets entries 0 <= c < padded(n) to +0. */
  @inline static clearAll(row: usize, n: usize): void {
    const end = row + (Row.padded(n) << 3);
    for (let p = row; p < end; p += 64) {
      v128.store(p, f64x2.splat(0), 0);
      v128.store(p, f64x2.splat(0), 16);
      v128.store(p, f64x2.splat(0), 32);
      v128.store(p, f64x2.splat(0), 48);
    }
  }

  /** Lanes (0,1), (2,3), (4,5), (6,7) to one number. */
  @inline static total(a: v128, b: v128, c: v128, d: v128): f64 {
    const v = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
    return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
  }

  /** sum_c a_c b_c over padded(n) entries, in the order above. */
  @inline static dot(a: usize, b: usize, n: usize): f64 {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const end = a + (Row.padded(n) << 3);
    for (let p = a, q = b; p < end; p += 64, q += 64) {
      s0 = f64x2.add(s0, f64x2.mul(v128.load(p, 0), v128.load(q, 0)));
      s1 = f64x2.add(s1, f64x2.mul(v128.load(p, 16), v128.load(q, 16)));
      s2 = f64x2.add(s2, f64x2.mul(v128.load(p, 32), v128.load(q, 32)));
      s3 = f64x2.add(s3, f64x2.mul(v128.load(p, 48), v128.load(q, 48)));
    }
    return Row.total(s0, s1, s2, s3);
  }

  /** sum_e values_e a_(columns_e) over the entries begin .. end - 1 of a sparse row, in ascending order. */
  @inline static dotSparse(a: usize, begin: usize, end: usize, columns: usize, values: usize): f64 {
    let sum: f64 = 0;
    for (let e = begin; e < end; e++) {
      const c = <usize>load<u32>(columns + (e << 2));
      sum += load<f64>(values + (e << 3)) * load<f64>(a + (c << 3));
    }
    return sum;
  }

  /** sum_c |a_c| over padded(n) entries, in the order above. */
  @inline static sumAbs(a: usize, n: usize): f64 {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const end = a + (Row.padded(n) << 3);
    for (let p = a; p < end; p += 64) {
      s0 = f64x2.add(s0, f64x2.abs(v128.load(p, 0)));
      s1 = f64x2.add(s1, f64x2.abs(v128.load(p, 16)));
      s2 = f64x2.add(s2, f64x2.abs(v128.load(p, 32)));
      s3 = f64x2.add(s3, f64x2.abs(v128.load(p, 48)));
    }
    return Row.total(s0, s1, s2, s3);
  }

  /**
   * sum_c |a_c| (|a_c| / unit) over padded(n) entries, in the order above: squares that neither overflow nor
   * vanish.
   */
  @inline static sumSquaresOver(a: usize, n: usize, unit: f64): f64 {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const u = f64x2.splat(unit);
    const end = a + (Row.padded(n) << 3);
    for (let p = a; p < end; p += 64) {
      const x0 = f64x2.abs(v128.load(p, 0));
      const x1 = f64x2.abs(v128.load(p, 16));
      const x2 = f64x2.abs(v128.load(p, 32));
      const x3 = f64x2.abs(v128.load(p, 48));
      s0 = f64x2.add(s0, f64x2.mul(x0, f64x2.div(x0, u)));
      s1 = f64x2.add(s1, f64x2.mul(x1, f64x2.div(x1, u)));
      s2 = f64x2.add(s2, f64x2.mul(x2, f64x2.div(x2, u)));
      s3 = f64x2.add(s3, f64x2.mul(x3, f64x2.div(x3, u)));
    }
    return Row.total(s0, s1, s2, s3);
  }

  /** max_c |a_c| over padded(n) entries; NaN where there is one. */
  @inline static maxAbs(a: usize, n: usize): f64 {
    // For numbers of one sign the order of the bit patterns is the order of the numbers, and NaN stands above
    // Infinity.
    const magnitude = i64x2.splat(0x7fffffffffffffff);
    let m0 = i64x2.splat(0);
    let m1 = i64x2.splat(0);
    const end = a + (Row.padded(n) << 3);
    for (let p = a; p < end; p += 32) {
      const x0 = v128.and(v128.load(p, 0), magnitude);
      const x1 = v128.and(v128.load(p, 16), magnitude);
      m0 = v128.bitselect(x0, m0, i64x2.gt_s(x0, m0));
      m1 = v128.bitselect(x1, m1, i64x2.gt_s(x1, m1));
    }
    m0 = v128.bitselect(m1, m0, i64x2.gt_s(m1, m0));
    return reinterpret<f64>(max<i64>(i64x2.extract_lane(m0, 0), i64x2.extract_lane(m0, 1)));
  }

  /** |a|_2; where the squares leave the range of doubles, by way of the largest entry. */
  @inline static norm(a: usize, n: usize): f64 {
    const squares = Row.dot(a, a, n);
    if (squares >= 1e-280 && squares <= 1e300) return Math.sqrt(squares);
    const largest = Row.maxAbs(a, n);
    if (largest === 0 || !(largest < Infinity)) return largest;
    return Math.sqrt(Row.sumSquaresOver(a, n, largest) / largest) * largest;
  }

  /** sum_c (a_c - b_c)^2 over padded(n) entries, in the order above. */
  @inline static squaredDistance(a: usize, b: usize, n: usize): f64 {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    const end = a + (Row.padded(n) << 3);
    for (let p = a, q = b; p < end; p += 64, q += 64) {
      const d0 = f64x2.sub(v128.load(p, 0), v128.load(q, 0));
      const d1 = f64x2.sub(v128.load(p, 16), v128.load(q, 16));
      const d2 = f64x2.sub(v128.load(p, 32), v128.load(q, 32));
      const d3 = f64x2.sub(v128.load(p, 48), v128.load(q, 48));
      s0 = f64x2.add(s0, f64x2.mul(d0, d0));
      s1 = f64x2.add(s1, f64x2.mul(d1, d1));
      s2 = f64x2.add(s2, f64x2.mul(d2, d2));
      s3 = f64x2.add(s3, f64x2.mul(d3, d3));
    }
    return Row.total(s0, s1, s2, s3);
  }
}

export class Edge {
  /** sum - w m. `unit`: w is 1, and leaving it out changes no bits and saves a quarter of the time. */
  @inline static minus(unit: bool, sum: v128, w: v128, m: v128): v128 {
    return f64x2.sub(sum, unit ? m : f64x2.mul(w, m));
  }
}

/** Packed signs: bit c of a message is the sign bit of entry c. */
export class Signs {
  /**
   * Bits h.. of the packed signs in every 64-bit half of `bits` (what stands above them does not matter) to a
   * vector made for `apply`: the even lane is moved up by one, so that one shift serves a pair of entries.
   */
  @inline static spread(bits: v128): v128 {
    return i64x2.add(bits, v128.and(bits, i64x2(-1, 0)));
  }

  /** (+-value, +-value), the signs being bits 2 pair and 2 pair + 1 of what was spread. */
  @inline static apply(spread: v128, pair: i32, value: v128): v128 {
    return v128.xor(v128.and(i64x2.shl(spread, 62 - 2 * pair), i64x2.splat(0x8000000000000000)), value);
  }

  /** A sign message's scale in both lanes; `single`: it is a float32. */
  @inline static scale(slot: usize, single: bool): v128 {
    return single ? f64x2.splat(<f64>load<f32>(slot)) : v128.load64_splat(slot);
  }

  @inline static scaleBytes(single: bool): usize {
    return single ? 4 : 8;
  }

  /** The high words of four doubles, whose sign bits are theirs. */
  @inline static highWords(a: v128, b: v128): v128 {
    return i32x4.shuffle(a, b, 1, 3, 5, 7);
  }

  /** Sign bits of 8 entries held in 4 vectors, entry 0 least significant. */
  @inline static pack8(a: v128, b: v128, c: v128, d: v128): u32 {
    // Saturating narrowing keeps the sign, which is all that we want of a number.
    const halves = i16x8.narrow_i32x4_s(Signs.highWords(a, b), Signs.highWords(c, d));
    return i16x8.bitmask(halves);
  }
}

/** Indices of `bits` bits each, packed least significant bit first from an 8-byte aligned address. */
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
