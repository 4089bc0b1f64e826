/**
 * out_i = sum_j L_ij m_j = degree_i m_i - sum_{j ~ i} w_ij m_j: an agent's row of the Laplacian applied to
 * decoded messages. Messages of float32 numbers are summed as sum_{j ~ i} w_ij (m_i - m_j), those of edges of
 * weight 1 in pairs (`Edge.pair`).
 *
 * Neighbours are subtracted one after the other in CSR order, so a row's bits depend on the graph alone.
 * Column tiles are held in registers over all neighbours: a row of the output is written once. `weightStride`
 * 0 means that `weights` holds the one weight of every edge.
 */
import { Edge, Packed, Row, Signs, Whole } from './lanes';
import { LANES, LINE, Real, SHIFT, SINGLE } from './real';
import { Touch } from './touch';

/**
 * Prefetch: loads the first word of every slot that the block reads. Neighbours are scattered over memory,
 * and between loads with arithmetic a processor runs ahead only a little. Here nothing stands between the
 * loads, so that many are under way at once. The block's edges follow each other in CSR. What is stored at
 * `out` keeps the loads alive; the block overwrites it.
 */
export function touchFarSlots(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
): void {
  const at = columns + ((<usize>load<u32>(rowStart + (first << 2))) << 2);
  const end = columns + ((<usize>load<u32>(rowStart + ((first + count) << 2))) << 2);
  if (end - at > FAR_EDGES << 2) return;
  store<u64>(out, Touch.firstWords(at, end, slots, slotStride));
}

/** More than this would evict from the caches what it brings in. */
const FAR_EDGES: usize = 2048;

class Dense {
  @inline static rows(
    unit: bool,
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
  ): void {
    for (let r: usize = 0; r < count; r++) {
      const i = first + r;
      const own = slots + i * slotStride;
      const row = out + r * outStride;
      const degree = load<f64>(degrees + (i << 3));
      const from = <usize>load<u32>(rowStart + (i << 2));
      const to = <usize>load<u32>(rowStart + (i << 2), 4);
      let c: usize = 0;
      if (SINGLE) {
        // Of somebody who asks for the sum of messages, which is L with a degree of 0.
        const sumOnly = degree === 0;
        for (; c + 4 * LANES <= n; c += 4 * LANES) {
          const at = c << SHIFT;
          const p = own + at;
          const p0 = sumOnly ? Real.splat(0) : v128.load(p, 0);
          const p1 = sumOnly ? Real.splat(0) : v128.load(p, 16);
          const p2 = sumOnly ? Real.splat(0) : v128.load(p, 32);
          const p3 = sumOnly ? Real.splat(0) : v128.load(p, 48);
          // -0 and a first pair are that pair, whatever the sign of zeros in it.
          let a0 = unit ? i32x4.splat((<i32>(to > from)) << 31) : Real.splat(0);
          let a1 = a0;
          let a2 = a0;
          let a3 = a0;
          let e = from;
          if (!unit) {
            for (; e < to; e++) {
              const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride + at;
              const w = Real.splatDouble(weights + e * weightStride);
              a0 = Edge.apart(false, a0, w, p0, v128.load(q, 0));
              a1 = Edge.apart(false, a1, w, p1, v128.load(q, 16));
              a2 = Edge.apart(false, a2, w, p2, v128.load(q, 32));
              a3 = Edge.apart(false, a3, w, p3, v128.load(q, 48));
            }
          } else {
            const t0 = v128.add<real>(p0, p0);
            const t1 = v128.add<real>(p1, p1);
            const t2 = v128.add<real>(p2, p2);
            const t3 = v128.add<real>(p3, p3);
            if ((to - from) & 1) {
              const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride + at;
              a0 = v128.sub<real>(p0, v128.load(q, 0));
              a1 = v128.sub<real>(p1, v128.load(q, 16));
              a2 = v128.sub<real>(p2, v128.load(q, 32));
              a3 = v128.sub<real>(p3, v128.load(q, 48));
              e++;
            }
            for (; e < to; e += 2) {
              const edge = columns + (e << 2);
              const q = slots + <usize>load<u32>(edge, 0) * slotStride + at;
              const r = slots + <usize>load<u32>(edge, 4) * slotStride + at;
              a0 = v128.add<real>(a0, Edge.pair(t0, v128.load(q, 0), v128.load(r, 0)));
              a1 = v128.add<real>(a1, Edge.pair(t1, v128.load(q, 16), v128.load(r, 16)));
              a2 = v128.add<real>(a2, Edge.pair(t2, v128.load(q, 32), v128.load(r, 32)));
              a3 = v128.add<real>(a3, Edge.pair(t3, v128.load(q, 48), v128.load(r, 48)));
            }
          }
          const o = row + at;
          v128.store(o, a0, 0);
          v128.store(o, a1, 16);
          v128.store(o, a2, 32);
          v128.store(o, a3, 48);
        }
        for (; c < n; c++) {
          const at = c << SHIFT;
          const p: real = sumOnly ? 0 : load<real>(own + at);
          let a: real = 0;
          let e = from;
          if (unit && to > from) {
            const other = at + slots;
            const odd = (to - from) & 1;
            const q = load<real>(<usize>load<u32>(columns + (e << 2)) * slotStride + other);
            a = odd ? p - q : -0.0;
            for (e += odd; e < to; e += 2) {
              const edge = columns + (e << 2);
              const q = load<real>(<usize>load<u32>(edge, 0) * slotStride + other);
              a += p + p - q - load<real>(<usize>load<u32>(edge, 4) * slotStride + other);
            }
          }
          for (; e < to; e++) {
            const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride + at;
            a += <real>load<f64>(weights + e * weightStride) * (p - load<real>(q));
          }
          store<real>(row + at, a);
        }
        Row.clear(row, n, Row.padded(n));
        continue;
      }
      for (; c + 8 * LANES <= n; c += 8 * LANES) {
        const at = c << SHIFT;
        const p = own + at;
        const d = Real.splat(degree);
        let a0 = v128.mul<real>(d, v128.load(p, 0));
        let a1 = v128.mul<real>(d, v128.load(p, 16));
        let a2 = v128.mul<real>(d, v128.load(p, 32));
        let a3 = v128.mul<real>(d, v128.load(p, 48));
        let a4 = v128.mul<real>(d, v128.load(p, 64));
        let a5 = v128.mul<real>(d, v128.load(p, 80));
        let a6 = v128.mul<real>(d, v128.load(p, 96));
        let a7 = v128.mul<real>(d, v128.load(p, 112));
        for (let e = from; e < to; e++) {
          const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride + at;
          const w = unit ? Real.splat(1) : Real.splatDouble(weights + e * weightStride);
          a0 = Edge.minus(unit, a0, w, v128.load(q, 0));
          a1 = Edge.minus(unit, a1, w, v128.load(q, 16));
          a2 = Edge.minus(unit, a2, w, v128.load(q, 32));
          a3 = Edge.minus(unit, a3, w, v128.load(q, 48));
          a4 = Edge.minus(unit, a4, w, v128.load(q, 64));
          a5 = Edge.minus(unit, a5, w, v128.load(q, 80));
          a6 = Edge.minus(unit, a6, w, v128.load(q, 96));
          a7 = Edge.minus(unit, a7, w, v128.load(q, 112));
        }
        const o = row + at;
        v128.store(o, a0, 0);
        v128.store(o, a1, 16);
        v128.store(o, a2, 32);
        v128.store(o, a3, 48);
        v128.store(o, a4, 64);
        v128.store(o, a5, 80);
        v128.store(o, a6, 96);
        v128.store(o, a7, 112);
      }
      for (; c + LANES <= n; c += LANES) {
        const at = c << SHIFT;
        let a = v128.mul<real>(Real.splat(degree), v128.load(own + at));
        for (let e = from; e < to; e++) {
          const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride + at;
          a = v128.sub<real>(a, v128.mul<real>(Real.splatDouble(weights + e * weightStride), v128.load(q)));
        }
        v128.store(row + at, a);
      }
      for (; c < n; c++) {
        const at = c << SHIFT;
        let a = <real>degree * load<real>(own + at);
        for (let e = from; e < to; e++) {
          const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride + at;
          a -= <real>load<f64>(weights + e * weightStride) * load<real>(q);
        }
        store<real>(row + at, a);
      }
      Row.clear(row, n, Row.padded(n));
    }
  }
}

/** Messages of n numbers. */
export function gatherDense(
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
): void {
  if (weightStride === 0 && load<f64>(weights) === 1) {
    Dense.rows(
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
    );
  } else {
    gatherDenseApart(
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
    );
  }
}

/**
 * The same, but in float32 a difference for each edge whatever its weight, with no error that the other end
 * does not take away even where a power of two lies between the two (`Edge.apart`, `Edge.pair`): for sums that
 * stay where they are for many rounds.
 */
export function gatherDenseApart(
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
): void {
  Dense.rows(
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
  );
}

/** Bytes of two vectors alternating: transposes a matrix of bytes, one bit of the address at a time. */
class Zip {
  @inline static low(a: v128, b: v128): v128 {
    return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  }
  @inline static high(a: v128, b: v128): v128 {
    return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  }
}

/**
 * Four neighbours at once (the "method of four Russians"). With t_j = weight * scale there are only 16 sums
 * (+-t0 +- t1) + (+-t2 +- t3), one for each nibble of signs. They are formed once, and then looked up by
 * nibbles. The table is in as many vectors as a number has bytes: vector p has byte p of the 16 sums. One
 * `swizzle` reads byte p of the sums of 16 coordinates.
 */
class Quad {
  /** target (64 numbers) -= the sums. w0..w3: the packed signs; t0..t3: what they are the signs of. */
  @inline static subtract(
    target: usize,
    w0: u64,
    w1: u64,
    w2: u64,
    w3: u64,
    t0: real,
    t1: real,
    t2: real,
    t3: real,
  ): void {
    if (SINGLE) Quad.subtractSingle(target, w0, w1, w2, w3, t0, t1, t2, t3);
    else Quad.subtractDouble(target, w0, w1, w2, w3, t0, t1, t2, t3);
  }

  @inline static subtractDouble(
    target: usize,
    w0: u64,
    w1: u64,
    w2: u64,
    w3: u64,
    t0: f64,
    t1: f64,
    t2: f64,
    t3: f64,
  ): void {
    // Bit j of the table's index is neighbour j's sign.
    const first = f64x2.replace_lane(f64x2.splat(t0), 1, -t0);
    const a = f64x2.add(first, f64x2.splat(t1));
    const b = f64x2.sub(first, f64x2.splat(t1));
    const q0 = f64x2.splat(t2 + t3);
    const q1 = f64x2.splat(t3 - t2);
    const q2 = f64x2.splat(t2 - t3);
    const q3 = f64x2.splat(-t2 - t3);
    let p0 = f64x2.add(a, q0);
    let p1 = f64x2.add(b, q0);
    let p2 = f64x2.add(a, q1);
    let p3 = f64x2.add(b, q1);
    let p4 = f64x2.add(a, q2);
    let p5 = f64x2.add(b, q2);
    let p6 = f64x2.add(a, q3);
    let p7 = f64x2.add(b, q3);
    // 16 doubles of 8 bytes to 8 planes of 16 bytes: the 7-bit address of a byte is rotated by four.
    for (let round = 0; round < 4; round++) {
      const z0 = Zip.low(p0, p4);
      const z1 = Zip.high(p0, p4);
      const z2 = Zip.low(p1, p5);
      const z3 = Zip.high(p1, p5);
      const z4 = Zip.low(p2, p6);
      const z5 = Zip.high(p2, p6);
      const z6 = Zip.low(p3, p7);
      const z7 = Zip.high(p3, p7);
      p0 = z0;
      p1 = z1;
      p2 = z2;
      p3 = z3;
      p4 = z4;
      p5 = z5;
      p6 = z6;
      p7 = z7;
    }

    // The signs of four neighbours at a coordinate, side by side: 4 x 4 bits of the words are transposed, 16
    // times in parallel.
    let x = ((w0 >> 2) ^ w2) & 0x3333333333333333;
    w2 ^= x;
    w0 ^= x << 2;
    x = ((w1 >> 2) ^ w3) & 0x3333333333333333;
    w3 ^= x;
    w1 ^= x << 2;
    x = ((w0 >> 1) ^ w1) & 0x5555555555555555;
    w1 ^= x;
    w0 ^= x << 1;
    x = ((w2 >> 1) ^ w3) & 0x5555555555555555;
    w3 ^= x;
    w2 ^= x << 1;
    // Nibble k of word r belongs to coordinate 4 k + r. To bytes, and into the coordinates' order.
    const nibble = i8x16.splat(15);
    const even = i64x2.replace_lane(i64x2.splat(w0), 1, w1);
    const odd = i64x2.replace_lane(i64x2.splat(w2), 1, w3);
    let y0 = v128.and(even, nibble);
    let y1 = v128.and(odd, nibble);
    let y2 = v128.and(i64x2.shr_u(even, 4), nibble);
    let y3 = v128.and(i64x2.shr_u(odd, 4), nibble);
    for (let round = 0; round < 3; round++) {
      const z0 = Zip.low(y0, y2);
      const z1 = Zip.high(y0, y2);
      const z2 = Zip.low(y1, y3);
      const z3 = Zip.high(y1, y3);
      y0 = z0;
      y1 = z1;
      y2 = z2;
      y3 = z3;
    }
    Quad.lookUp(target, y0, p0, p1, p2, p3, p4, p5, p6, p7);
    Quad.lookUp(target + 128, y1, p0, p1, p2, p3, p4, p5, p6, p7);
    Quad.lookUp(target + 256, y2, p0, p1, p2, p3, p4, p5, p6, p7);
    Quad.lookUp(target + 384, y3, p0, p1, p2, p3, p4, p5, p6, p7);
  }

  /** 16 coordinates: their bytes from the 8 planes, put together to doubles. */
  @inline static lookUp(
    target: usize,
    index: v128,
    p0: v128,
    p1: v128,
    p2: v128,
    p3: v128,
    p4: v128,
    p5: v128,
    p6: v128,
    p7: v128,
  ): void {
    const a0 = i8x16.swizzle(p0, index);
    const a1 = i8x16.swizzle(p1, index);
    const a2 = i8x16.swizzle(p2, index);
    const a3 = i8x16.swizzle(p3, index);
    const a4 = i8x16.swizzle(p4, index);
    const a5 = i8x16.swizzle(p5, index);
    const a6 = i8x16.swizzle(p6, index);
    const a7 = i8x16.swizzle(p7, index);
    const b0 = Zip.low(a0, a4);
    const b1 = Zip.high(a0, a4);
    const b2 = Zip.low(a1, a5);
    const b3 = Zip.high(a1, a5);
    const b4 = Zip.low(a2, a6);
    const b5 = Zip.high(a2, a6);
    const b6 = Zip.low(a3, a7);
    const b7 = Zip.high(a3, a7);
    const c0 = Zip.low(b0, b4);
    const c1 = Zip.high(b0, b4);
    const c2 = Zip.low(b1, b5);
    const c3 = Zip.high(b1, b5);
    const c4 = Zip.low(b2, b6);
    const c5 = Zip.high(b2, b6);
    const c6 = Zip.low(b3, b7);
    const c7 = Zip.high(b3, b7);
    v128.store(target, f64x2.sub(v128.load(target, 0), Zip.low(c0, c4)), 0);
    v128.store(target, f64x2.sub(v128.load(target, 16), Zip.high(c0, c4)), 16);
    v128.store(target, f64x2.sub(v128.load(target, 32), Zip.low(c1, c5)), 32);
    v128.store(target, f64x2.sub(v128.load(target, 48), Zip.high(c1, c5)), 48);
    v128.store(target, f64x2.sub(v128.load(target, 64), Zip.low(c2, c6)), 64);
    v128.store(target, f64x2.sub(v128.load(target, 80), Zip.high(c2, c6)), 80);
    v128.store(target, f64x2.sub(v128.load(target, 96), Zip.low(c3, c7)), 96);
    v128.store(target, f64x2.sub(v128.load(target, 112), Zip.high(c3, c7)), 112);
  }

  /** Four bytes a sum: two rounds of the transposition, and half the look-ups. */
  @inline static subtractSingle(
    target: usize,
    w0: u64,
    w1: u64,
    w2: u64,
    w3: u64,
    t0: f32,
    t1: f32,
    t2: f32,
    t3: f32,
  ): void {
    // Bit j of the table's index is neighbour j's sign.
    const near = f32x4(t0, -t0, t0, -t0);
    const first = f32x4.add(near, f32x4(t1, t1, -t1, -t1));
    let p0 = f32x4.add(first, f32x4.splat(t2 + t3));
    let p1 = f32x4.add(first, f32x4.splat(t3 - t2));
    let p2 = f32x4.add(first, f32x4.splat(t2 - t3));
    let p3 = f32x4.add(first, f32x4.splat(-t2 - t3));
    // 16 floats of 4 bytes to 4 planes of 16 bytes: the 6-bit address of a byte is rotated by four.
    for (let round = 0; round < 4; round++) {
      const z0 = Zip.low(p0, p2);
      const z1 = Zip.high(p0, p2);
      const z2 = Zip.low(p1, p3);
      const z3 = Zip.high(p1, p3);
      p0 = z0;
      p1 = z1;
      p2 = z2;
      p3 = z3;
    }

    // The signs of four neighbours at a coordinate, side by side: 4 x 4 bits of the words are transposed, 16
    // times in parallel.
    let x = ((w0 >> 2) ^ w2) & 0x3333333333333333;
    w2 ^= x;
    w0 ^= x << 2;
    x = ((w1 >> 2) ^ w3) & 0x3333333333333333;
    w3 ^= x;
    w1 ^= x << 2;
    x = ((w0 >> 1) ^ w1) & 0x5555555555555555;
    w1 ^= x;
    w0 ^= x << 1;
    x = ((w2 >> 1) ^ w3) & 0x5555555555555555;
    w3 ^= x;
    w2 ^= x << 1;
    // Nibble k of word r belongs to coordinate 4 k + r. To bytes, and into the coordinates' order.
    const nibble = i8x16.splat(15);
    const even = i64x2.replace_lane(i64x2.splat(w0), 1, w1);
    const odd = i64x2.replace_lane(i64x2.splat(w2), 1, w3);
    let y0 = v128.and(even, nibble);
    let y1 = v128.and(odd, nibble);
    let y2 = v128.and(i64x2.shr_u(even, 4), nibble);
    let y3 = v128.and(i64x2.shr_u(odd, 4), nibble);
    for (let round = 0; round < 3; round++) {
      const z0 = Zip.low(y0, y2);
      const z1 = Zip.high(y0, y2);
      const z2 = Zip.low(y1, y3);
      const z3 = Zip.high(y1, y3);
      y0 = z0;
      y1 = z1;
      y2 = z2;
      y3 = z3;
    }
    Quad.lookUpSingle(target, y0, p0, p1, p2, p3);
    Quad.lookUpSingle(target + 64, y1, p0, p1, p2, p3);
    Quad.lookUpSingle(target + 128, y2, p0, p1, p2, p3);
    Quad.lookUpSingle(target + 192, y3, p0, p1, p2, p3);
  }

  /** 16 coordinates: their bytes from the 4 planes, put together to floats. */
  @inline static lookUpSingle(target: usize, index: v128, p0: v128, p1: v128, p2: v128, p3: v128): void {
    const a0 = i8x16.swizzle(p0, index);
    const a1 = i8x16.swizzle(p1, index);
    const a2 = i8x16.swizzle(p2, index);
    const a3 = i8x16.swizzle(p3, index);
    const b0 = Zip.low(a0, a2);
    const b1 = Zip.high(a0, a2);
    const b2 = Zip.low(a1, a3);
    const b3 = Zip.high(a1, a3);
    v128.store(target, f32x4.sub(v128.load(target, 0), Zip.low(b0, b2)), 0);
    v128.store(target, f32x4.sub(v128.load(target, 16), Zip.high(b0, b2)), 16);
    v128.store(target, f32x4.sub(v128.load(target, 32), Zip.low(b1, b3)), 32);
    v128.store(target, f32x4.sub(v128.load(target, 48), Zip.high(b1, b3)), 48);
  }
}

/**
 * Neighbours are subtracted four at a time, (+-t0 +- t1) + (+-t2 +- t3), and those left over one by one: the
 * same at every coordinate, so that a row's bits depend on the graph alone. For whole words of signs the sums
 * are looked up (`Quad`), for the rest of a row they are computed: a shift brings a pair's two bits to the
 * sign places of two lanes, and an exclusive or applies them to t = weight * scale. `single`: the scale is a
 * float32.
 */
export class SignMessages {
  @inline static scaled(single: bool, weight: f64, slot: usize): real {
    if (SINGLE) return <real>weight * load<real>(slot);
    return <real>(weight * (single ? <f64>load<f32>(slot) : load<f64>(slot)));
  }

  /** target (64 numbers) -= the words of neighbours e .. e + 3. */
  @inline static four(
    single: bool,
    e: usize,
    columns: usize,
    weights: usize,
    weightStride: usize,
    slots: usize,
    slotStride: usize,
    byte: usize,
    target: usize,
  ): void {
    const j = columns + (e << 2);
    const q0 = slots + <usize>load<u32>(j, 0) * slotStride;
    const q1 = slots + <usize>load<u32>(j, 4) * slotStride;
    const q2 = slots + <usize>load<u32>(j, 8) * slotStride;
    const q3 = slots + <usize>load<u32>(j, 12) * slotStride;
    const w = weights + e * weightStride;
    Quad.subtract(
      target,
      load<u64>(q0 + byte),
      load<u64>(q1 + byte),
      load<u64>(q2 + byte),
      load<u64>(q3 + byte),
      SignMessages.scaled(single, load<f64>(w), q0),
      SignMessages.scaled(single, load<f64>(w + weightStride), q1),
      SignMessages.scaled(single, load<f64>(w + 2 * weightStride), q2),
      SignMessages.scaled(single, load<f64>(w + 3 * weightStride), q3),
    );
  }

  @inline static gather(
    single: bool,
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
  ): void {
    touchFarSlots(first, count, rowStart, columns, slots, slotStride, out);
    const whole = n & ~(<usize>63);
    for (let r: usize = 0; r < count; r++) {
      const i = first + r;
      const own = slots + i * slotStride;
      const row = out + r * outStride;
      const degree = load<f64>(degrees + (i << 3));
      const from = <usize>load<u32>(rowStart + (i << 2));
      const to = <usize>load<u32>(rowStart + (i << 2), 4);
      const grouped = from + ((to - from) & ~(<usize>3));

      for (let c: usize = 0; c < whole; c += 64) {
        const byte = (c >> 3) + Signs.scaleBytes(single);
        const target = row + (c << SHIFT);
        SignMessages.begin(target, load<u64>(own + byte), SignMessages.scaled(single, degree, own));
        let e = from;
        for (; e < grouped; e += 4) {
          SignMessages.four(single, e, columns, weights, weightStride, slots, slotStride, byte, target);
        }
        for (; e < to; e++) {
          const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride;
          const t = SignMessages.scaled(single, load<f64>(weights + e * weightStride), q);
          SignMessages.subtract(target, load<u64>(q + byte), t);
        }
      }

      for (let c = whole; c < n; c += LINE) {
        const byte = (c >> 3) + Signs.scaleBytes(single);
        let t = v128.splat<real>(SignMessages.scaled(single, degree, own));
        let bits = Signs.spread(Signs.load(own + byte));
        let a0 = Signs.apply(bits, 0, t);
        let a1 = Signs.apply(bits, 1, t);
        let a2 = Signs.apply(bits, 2, t);
        let a3 = Signs.apply(bits, 3, t);
        let e = from;
        for (; e < grouped; e += 4) {
          let s0 = Real.splat(0);
          let s1 = s0;
          let s2 = s0;
          let s3 = s0;
          let h0 = s0;
          let h1 = s0;
          let h2 = s0;
          let h3 = s0;
          for (let j: usize = 0; j < 4; j++) {
            const q = slots + <usize>load<u32>(columns + ((e + j) << 2)) * slotStride;
            t = v128.splat<real>(SignMessages.scaled(single, load<f64>(weights + (e + j) * weightStride), q));
            bits = Signs.spread(Signs.load(q + byte));
            const x0 = Signs.apply(bits, 0, t);
            const x1 = Signs.apply(bits, 1, t);
            const x2 = Signs.apply(bits, 2, t);
            const x3 = Signs.apply(bits, 3, t);
            if (j & 1) {
              s0 = v128.add<real>(s0, v128.add<real>(h0, x0));
              s1 = v128.add<real>(s1, v128.add<real>(h1, x1));
              s2 = v128.add<real>(s2, v128.add<real>(h2, x2));
              s3 = v128.add<real>(s3, v128.add<real>(h3, x3));
            } else {
              h0 = x0;
              h1 = x1;
              h2 = x2;
              h3 = x3;
            }
          }
          a0 = v128.sub<real>(a0, s0);
          a1 = v128.sub<real>(a1, s1);
          a2 = v128.sub<real>(a2, s2);
          a3 = v128.sub<real>(a3, s3);
        }
        for (; e < to; e++) {
          const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride;
          t = v128.splat<real>(SignMessages.scaled(single, load<f64>(weights + e * weightStride), q));
          bits = Signs.spread(Signs.load(q + byte));
          a0 = v128.sub<real>(a0, Signs.apply(bits, 0, t));
          a1 = v128.sub<real>(a1, Signs.apply(bits, 1, t));
          a2 = v128.sub<real>(a2, Signs.apply(bits, 2, t));
          a3 = v128.sub<real>(a3, Signs.apply(bits, 3, t));
        }
        const o = row + (c << SHIFT);
        v128.store(o, a0, 0);
        v128.store(o, a1, 16);
        v128.store(o, a2, 32);
        v128.store(o, a3, 48);
      }
      Row.clear(row, n, Row.padded(n));
    }
  }

  /** target (64 numbers) = +-t. */
  @inline static begin(target: usize, word: u64, t: real): void {
    const value = v128.splat<real>(t);
    let bits = Signs.spread(Signs.line(word));
    for (let at: usize = 0; at < 64 << SHIFT; at += 64) {
      v128.store(target + at, Signs.apply(bits, 0, value), 0);
      v128.store(target + at, Signs.apply(bits, 1, value), 16);
      v128.store(target + at, Signs.apply(bits, 2, value), 32);
      v128.store(target + at, Signs.apply(bits, 3, value), 48);
      word >>= LINE;
      bits = SINGLE ? Signs.spread(Signs.line(word)) : i64x2.shr_u(bits, 8);
    }
  }

  /** target (64 numbers) -= +-t. */
  @inline static subtract(target: usize, word: u64, t: real): void {
    const value = v128.splat<real>(t);
    let bits = Signs.spread(Signs.line(word));
    for (let at: usize = 0; at < 64 << SHIFT; at += 64) {
      const p = target + at;
      v128.store(p, v128.sub<real>(v128.load(p, 0), Signs.apply(bits, 0, value)), 0);
      v128.store(p, v128.sub<real>(v128.load(p, 16), Signs.apply(bits, 1, value)), 16);
      v128.store(p, v128.sub<real>(v128.load(p, 32), Signs.apply(bits, 2, value)), 32);
      v128.store(p, v128.sub<real>(v128.load(p, 48), Signs.apply(bits, 3, value)), 48);
      word >>= LINE;
      bits = SINGLE ? Signs.spread(Signs.line(word)) : i64x2.shr_u(bits, 8);
    }
  }
}

/** Messages of n signs and a scale. */
export function gatherSign(
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
): void {
  SignMessages.gather(
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
  );
}

/** Messages of n signs and a float32 scale, whatever the precision. */
export function gatherSignSingle(
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
): void {
  SignMessages.gather(
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
  );
}

/** Messages of k entries, with indices of `indexBits` bits. */
export function gatherSparse(
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
  k: usize,
  indexBits: usize,
): void {
  const quick = Packed.quickCount(k, indexBits);
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const row = out + r * outStride;
    Row.clearAll(row, n);
    addSparse(row, slots + i * slotStride, <real>load<f64>(degrees + (i << 3)), k, indexBits, quick);
    const from = <usize>load<u32>(rowStart + (i << 2));
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    for (let e = from; e < to; e++) {
      const slot = slots + <usize>load<u32>(columns + (e << 2)) * slotStride;
      addSparse(row, slot, -(<real>load<f64>(weights + e * weightStride)), k, indexBits, quick);
    }
  }
}

/** row += factor * the sparse message in `slot`. */
function addSparse(row: usize, slot: usize, factor: real, k: usize, indexBits: usize, quick: usize): void {
  const indices = slot + (k << SHIFT);
  const mask: u32 = (1 << (<u32>indexBits)) - 1;
  let t: usize = 0;
  for (let position: usize = 0; t < quick; t++, position += indexBits) {
    const p = row + (Packed.quickRead(indices, position, mask) << SHIFT);
    store<real>(p, load<real>(p) + factor * load<real>(slot + (t << SHIFT)));
  }
  for (; t < k; t++) {
    const p = row + (Packed.read(indices, t, indexBits) << SHIFT);
    store<real>(p, load<real>(p) + factor * load<real>(slot + (t << SHIFT)));
  }
}
