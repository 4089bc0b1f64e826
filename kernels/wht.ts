/**
 * Walsh-Hadamard transform, natural order, unnormalised: y = H_n x, H_1 = 1, H_2n = [[H_n, H_n], [H_n,
 * -H_n]]. And flattening with it: U = H D / sqrt(n), U^T = D H / sqrt(n).
 *
 * Stages h = 1, 2, 4, ... replace (x_c, x_{c+h}) by their sum and difference: n log2 n additions. Stages are
 * taken three at a time (radix 8), so that an entry is loaded and stored once for three; the first three
 * happen inside registers. For n above 4096 (32 KiB of float64, a first-level cache) eight parts are
 * transformed one after the other and then joined by one radix-8 pass, recursively, whatever the caches'
 * sizes. Neither changes the order in which an entry meets its stages, so the result has the bits of the
 * plain loop.
 *
 * The factor 1/sqrt(n) is a multiplication by the rounded reciprocal (exact where n is a power of 4).
 *
 * A vector need not be padded to be rotated: `flattenParts` cuts it into parts of `part` entries, a power of
 * two, rotates each of them, and where entries are left over rotates the last `part` entries of all once
 * more, with new signs. What was left over is thereby mixed with what comes before, nothing is added, and a
 * product of rotations is a rotation.
 *
 * The butterfly of radix 8 is written out twice: its eight results differ in where they go, and registers
 * cannot be returned several at a time.
 */
import { Row } from './lanes';
import { LANES, LINE, Real, SHIFT, SINGLE } from './real';

const DIRECT: usize = 4096;

/** Entries of two vectors, sorted into evens and odds: partners of a stage face each other. */
export class Butterfly {
  @inline static evens(a: v128, b: v128): v128 {
    if (SINGLE) return i32x4.shuffle(a, b, 0, 2, 4, 6);
    return i64x2.shuffle(a, b, 0, 2);
  }
  @inline static odds(a: v128, b: v128): v128 {
    if (SINGLE) return i32x4.shuffle(a, b, 1, 3, 5, 7);
    return i64x2.shuffle(a, b, 1, 3);
  }

  /** Stages 1, 2, 4 of 8 float32 a, b, stored at `target`. */
  @inline static eightSingle(target: usize, a: v128, b: v128): void {
    let even = Butterfly.evens(a, b);
    let odd = Butterfly.odds(a, b);
    const sum = f32x4.add(even, odd);
    const difference = f32x4.sub(even, odd);
    even = Butterfly.evens(sum, difference);
    odd = Butterfly.odds(sum, difference);
    const near = f32x4.add(even, odd);
    const far = f32x4.sub(even, odd);
    // Entries 0, 1 of both halves, and 2, 3: sorted, the halves face each other.
    even = Butterfly.evens(near, far);
    odd = Butterfly.odds(near, far);
    v128.store(target, f32x4.add(even, odd), 0);
    v128.store(target, f32x4.sub(even, odd), 16);
  }

  /** Stages 1, 2, 4 of a line a, b, c, d: of its 8 entries, or its 2 times 8, stored at `target`. */
  @inline static line(target: usize, a: v128, b: v128, c: v128, d: v128): void {
    if (SINGLE) {
      Butterfly.eightSingle(target, a, b);
      Butterfly.eightSingle(target + 32, c, d);
      return;
    }
    let even = Butterfly.evens(a, b);
    let odd = Butterfly.odds(a, b);
    let sum = v128.add<real>(even, odd);
    let difference = v128.sub<real>(even, odd);
    even = Butterfly.evens(sum, difference);
    odd = Butterfly.odds(sum, difference);
    const a2 = v128.add<real>(even, odd);
    const b2 = v128.sub<real>(even, odd);
    even = Butterfly.evens(c, d);
    odd = Butterfly.odds(c, d);
    sum = v128.add<real>(even, odd);
    difference = v128.sub<real>(even, odd);
    even = Butterfly.evens(sum, difference);
    odd = Butterfly.odds(sum, difference);
    const c2 = v128.add<real>(even, odd);
    const d2 = v128.sub<real>(even, odd);
    v128.store(target, v128.add<real>(a2, c2), 0);
    v128.store(target, v128.add<real>(b2, d2), 16);
    v128.store(target, v128.sub<real>(a2, c2), 32);
    v128.store(target, v128.sub<real>(b2, d2), 48);
  }
}

/** Stages 1, 2, 4 over n entries, n a multiple of 8. */
export function firstStages(data: usize, n: usize): void {
  const end = data + (n << SHIFT);
  let p = data;
  for (; p + 64 <= end; p += 64) {
    Butterfly.line(p, v128.load(p, 0), v128.load(p, 16), v128.load(p, 32), v128.load(p, 48));
  }
  // Half a line, of 8 float32.
  if (SINGLE && p < end) Butterfly.eightSingle(p, v128.load(p, 0), v128.load(p, 16));
}

/** The same of D pad(source), written to target: the signs cost no pass of their own. */
export function firstSignedStages(source: usize, target: usize, dim: usize, n: usize, masks: usize): void {
  const whole = dim & ~(LINE - 1);
  const end = whole << SHIFT;
  for (let at: usize = 0; at < end; at += 64) {
    const p = source + at;
    const m = masks + at;
    Butterfly.line(
      target + at,
      v128.xor(v128.load(p, 0), v128.load(m, 0)),
      v128.xor(v128.load(p, 16), v128.load(m, 16)),
      v128.xor(v128.load(p, 32), v128.load(m, 32)),
      v128.xor(v128.load(p, 48), v128.load(m, 48)),
    );
  }
  if (whole < n) {
    applySigns(source + end, target + end, dim - whole, n - whole, masks + end);
    firstStages(target + end, n - whole);
  }
}

/** Stages h, 2h, 4h over n entries; h >= LANES, n a multiple of 8h. */
function radix8(data: usize, n: usize, h: usize): void {
  const step = h << SHIFT;
  const end = data + (n << SHIFT);
  for (let group = data; group < end; group += step << 3) {
    const groupEnd = group + step;
    for (let p0 = group; p0 < groupEnd; p0 += 16) {
      const p1 = p0 + step;
      const p2 = p1 + step;
      const p3 = p2 + step;
      const p4 = p3 + step;
      const p5 = p4 + step;
      const p6 = p5 + step;
      const p7 = p6 + step;
      const x0 = v128.load(p0);
      const x1 = v128.load(p1);
      const x2 = v128.load(p2);
      const x3 = v128.load(p3);
      const x4 = v128.load(p4);
      const x5 = v128.load(p5);
      const x6 = v128.load(p6);
      const x7 = v128.load(p7);
      const y0 = v128.add<real>(x0, x1);
      const y1 = v128.sub<real>(x0, x1);
      const y2 = v128.add<real>(x2, x3);
      const y3 = v128.sub<real>(x2, x3);
      const y4 = v128.add<real>(x4, x5);
      const y5 = v128.sub<real>(x4, x5);
      const y6 = v128.add<real>(x6, x7);
      const y7 = v128.sub<real>(x6, x7);
      const z0 = v128.add<real>(y0, y2);
      const z1 = v128.add<real>(y1, y3);
      const z2 = v128.sub<real>(y0, y2);
      const z3 = v128.sub<real>(y1, y3);
      const z4 = v128.add<real>(y4, y6);
      const z5 = v128.add<real>(y5, y7);
      const z6 = v128.sub<real>(y4, y6);
      const z7 = v128.sub<real>(y5, y7);
      v128.store(p0, v128.add<real>(z0, z4));
      v128.store(p1, v128.add<real>(z1, z5));
      v128.store(p2, v128.add<real>(z2, z6));
      v128.store(p3, v128.add<real>(z3, z7));
      v128.store(p4, v128.sub<real>(z0, z4));
      v128.store(p5, v128.sub<real>(z1, z5));
      v128.store(p6, v128.sub<real>(z2, z6));
      v128.store(p7, v128.sub<real>(z3, z7));
    }
  }
}

/**
 * The last three stages of all n entries, then what unflattening does with them: the factor, the signs, and
 * nothing beyond `limit` bytes.
 */
function lastStagesOut(data: usize, n: usize, target: usize, limit: usize, masks: usize, factor: v128): void {
  const step = (n >> 3) << SHIFT;
  const end = data + step;
  for (let p0 = data; p0 < end; p0 += 16) {
    const p1 = p0 + step;
    const p2 = p1 + step;
    const p3 = p2 + step;
    const p4 = p3 + step;
    const p5 = p4 + step;
    const p6 = p5 + step;
    const p7 = p6 + step;
    const x0 = v128.load(p0);
    const x1 = v128.load(p1);
    const x2 = v128.load(p2);
    const x3 = v128.load(p3);
    const x4 = v128.load(p4);
    const x5 = v128.load(p5);
    const x6 = v128.load(p6);
    const x7 = v128.load(p7);
    const y0 = v128.add<real>(x0, x1);
    const y1 = v128.sub<real>(x0, x1);
    const y2 = v128.add<real>(x2, x3);
    const y3 = v128.sub<real>(x2, x3);
    const y4 = v128.add<real>(x4, x5);
    const y5 = v128.sub<real>(x4, x5);
    const y6 = v128.add<real>(x6, x7);
    const y7 = v128.sub<real>(x6, x7);
    const z0 = v128.add<real>(y0, y2);
    const z1 = v128.add<real>(y1, y3);
    const z2 = v128.sub<real>(y0, y2);
    const z3 = v128.sub<real>(y1, y3);
    const z4 = v128.add<real>(y4, y6);
    const z5 = v128.add<real>(y5, y7);
    const z6 = v128.sub<real>(y4, y6);
    const z7 = v128.sub<real>(y5, y7);
    let at = p0 - data;
    Signed.store(target, at, masks, factor, v128.add<real>(z0, z4));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, v128.add<real>(z1, z5));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, v128.add<real>(z2, z6));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, v128.add<real>(z3, z7));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, v128.sub<real>(z0, z4));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, v128.sub<real>(z1, z5));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, v128.sub<real>(z2, z6));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, v128.sub<real>(z3, z7));
  }
}

class Signed {
  @inline static store(target: usize, at: usize, masks: usize, factor: v128, y: v128): void {
    v128.store(target + at, v128.xor(v128.mul<real>(y, factor), v128.load(masks + at)));
  }
}

/** Stages h, 2h over n entries; h >= LANES, n a multiple of 4h. */
function radix4(data: usize, n: usize, h: usize): void {
  const step = h << SHIFT;
  const end = data + (n << SHIFT);
  for (let group = data; group < end; group += step << 2) {
    const groupEnd = group + step;
    for (let p0 = group; p0 < groupEnd; p0 += 16) {
      const p1 = p0 + step;
      const p2 = p1 + step;
      const p3 = p2 + step;
      const x0 = v128.load(p0);
      const x1 = v128.load(p1);
      const x2 = v128.load(p2);
      const x3 = v128.load(p3);
      const y0 = v128.add<real>(x0, x1);
      const y1 = v128.sub<real>(x0, x1);
      const y2 = v128.add<real>(x2, x3);
      const y3 = v128.sub<real>(x2, x3);
      v128.store(p0, v128.add<real>(y0, y2));
      v128.store(p1, v128.add<real>(y1, y3));
      v128.store(p2, v128.sub<real>(y0, y2));
      v128.store(p3, v128.sub<real>(y1, y3));
    }
  }
}

/** Stage h over n entries; h >= LANES, n a multiple of 2h. */
function radix2(data: usize, n: usize, h: usize): void {
  const step = h << SHIFT;
  const end = data + (n << SHIFT);
  for (let group = data; group < end; group += step << 1) {
    const groupEnd = group + step;
    for (let p = group; p < groupEnd; p += 16) {
      const q = p + step;
      const x = v128.load(p);
      const y = v128.load(q);
      v128.store(p, v128.add<real>(x, y));
      v128.store(q, v128.sub<real>(x, y));
    }
  }
}

/** n < 8, one stage after the other. */
function small(data: usize, n: usize): void {
  for (let h: usize = 1; h < n; h <<= 1) {
    for (let c: usize = 0; c < n; c++) {
      if (c & h) continue;
      const p = data + (c << SHIFT);
      const q = p + (h << SHIFT);
      const x = load<real>(p);
      const y = load<real>(q);
      store<real>(p, x + y);
      store<real>(q, x - y);
    }
  }
}

/**
 * Stages 8, 16, ... below `end` over n entries, n at most DIRECT: one of radix 2 or 4 if they are not a
 * multiple of three.
 */
export function middleStages(data: usize, n: usize, end: usize): void {
  const stages = ctz(end) - 3;
  const odd = stages % 3;
  let h: usize = 8;
  if (odd === 1) radix2(data, n, h);
  if (odd === 2) radix4(data, n, h);
  for (h <<= odd; h < end; h <<= 3) radix8(data, n, h);
}

/** Stages h, 2h, ... over n entries, whatever their number; h >= LANES. */
export function laterStages(data: usize, n: usize, h: usize): void {
  const odd = (ctz(n) - ctz(h)) % 3;
  if (odd === 1) radix2(data, n, h);
  if (odd === 2) radix4(data, n, h);
  for (h <<= odd; h < n; h <<= 3) radix8(data, n, h);
}

/** In place, the unnormalised transform of n numbers, n a power of two >= 1. */
export function wht(data: usize, n: usize): void {
  if (n < 8) {
    small(data, n);
  } else if (n > DIRECT) {
    inParts(data, n);
    radix8(data, n, n >> 3);
  } else {
    firstStages(data, n);
    middleStages(data, n, n);
  }
}

/** All stages but the last three, n above DIRECT. */
function inParts(data: usize, n: usize): void {
  const part = n >> 3;
  for (let r: usize = 0; r < 8; r++) wht(data + r * (part << SHIFT), part);
}

/** target = H D pad(source). */
export function signedTransform(source: usize, target: usize, dim: usize, n: usize, masks: usize): void {
  if (n < 8 || n > DIRECT) {
    applySigns(source, target, dim, n, masks);
    wht(target, n);
  } else {
    firstSignedStages(source, target, dim, n, masks);
    middleStages(target, n, n);
  }
}

/** target = D pad(source): dim entries in, n out. What stands in the source's padding is not read. */
function applySigns(source: usize, target: usize, dim: usize, n: usize, masks: usize): void {
  let c: usize = 0;
  for (; c + LANES <= dim; c += LANES) {
    const at = c << SHIFT;
    v128.store(target + at, v128.xor(v128.load(source + at), v128.load(masks + at)));
  }
  for (; c < n; c++) {
    const at = c << SHIFT;
    if (SINGLE) store<u32>(target + at, (c < dim ? load<u32>(source + at) : 0) ^ load<u32>(masks + at));
    else store<u64>(target + at, (c < dim ? load<u64>(source + at) : 0) ^ load<u64>(masks + at));
  }
}

/**
 * target row = H D pad(source row) / sqrt(n): dim entries in, n out. Source and target must not overlap.
 */
export function flattenBlock(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  count: usize,
  dim: usize,
  n: usize,
  masks: usize,
): void {
  const factor = 1.0 / Math.sqrt(<f64>n);
  for (let r: usize = 0; r < count; r++) {
    const row = target + r * targetStride;
    signedTransform(source + r * sourceStride, row, dim, n, masks);
    multiply(row, n, factor);
    Row.clear(row, n, Row.padded(n));
  }
}

/**
 * target row = crop(D H (source row)) / sqrt(n): n entries in, which are destroyed, dim entries out, and
 * zeros up to the end of a line.
 */
export function unflattenBlock(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  count: usize,
  dim: usize,
  n: usize,
  masks: usize,
): void {
  const factor = 1.0 / Math.sqrt(<f64>n);
  for (let r: usize = 0; r < count; r++) {
    const from = source + r * sourceStride;
    const row = target + r * targetStride;
    if (n < 64) {
      wht(from, n);
      multiplySigned(from, row, dim, masks, factor);
    } else {
      if (n > DIRECT) {
        inParts(from, n);
      } else {
        firstStages(from, n);
        middleStages(from, n, n >> 3);
      }
      lastStagesOut(from, n, row, Row.padded(dim) << SHIFT, masks, Real.splat(factor));
    }
    Row.clear(row, dim, Row.padded(dim));
  }
}

/** data *= factor, n entries. */
function multiply(data: usize, n: usize, factor: f64): void {
  const end = data + (n << SHIFT);
  const f = Real.splat(factor);
  let p = data;
  for (; p + 16 <= end; p += 16) v128.store(p, v128.mul<real>(v128.load(p), f));
  for (; p < end; p += sizeof<real>()) store<real>(p, load<real>(p) * <real>factor);
}

/** target = factor source, with the signs of masks; n entries. */
function multiplySigned(source: usize, target: usize, n: usize, masks: usize, factor: f64): void {
  const f = Real.splat(factor);
  let at: usize = 0;
  const bytes = n << SHIFT;
  for (; at + 16 <= bytes; at += 16) Signed.store(target, at, masks, f, v128.load(source + at));
  for (; at < bytes; at += sizeof<real>()) {
    const y = load<real>(source + at) * <real>factor;
    if (SINGLE) store<u32>(target + at, reinterpret<u32>(<f32>y) ^ load<u32>(masks + at));
    else store<u64>(target + at, reinterpret<u64>(<f64>y) ^ load<u64>(masks + at));
  }
}

/**
 * target row = U (source row), dim entries in and out, by parts of `part` entries, a power of two <= dim.
 * masks: dim of them, and `part` more where part does not divide dim. Source and target must not overlap.
 */
export function flattenParts(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  count: usize,
  dim: usize,
  part: usize,
  masks: usize,
): void {
  const factor = 1.0 / Math.sqrt(<f64>part);
  const whole = dim - (dim % part);
  for (let r: usize = 0; r < count; r++) {
    const from = source + r * sourceStride;
    const row = target + r * targetStride;
    for (let c: usize = 0; c < whole; c += part) {
      const at = c << SHIFT;
      signedTransform(from + at, row + at, part, part, masks + at);
    }
    multiply(row, whole, factor);
    if (whole < dim) {
      memory.copy(row + (whole << SHIFT), from + (whole << SHIFT), (dim - whole) << SHIFT);
      const last = row + ((dim - part) << SHIFT);
      signedTransform(last, last, part, part, masks + (dim << SHIFT));
      multiply(last, part, factor);
    }
    Row.clear(row, dim, Row.padded(dim));
  }
}

/** target row = U^T (source row), which is destroyed. */
export function unflattenParts(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  count: usize,
  dim: usize,
  part: usize,
  masks: usize,
): void {
  const factor = 1.0 / Math.sqrt(<f64>part);
  const whole = dim - (dim % part);
  for (let r: usize = 0; r < count; r++) {
    const from = source + r * sourceStride;
    const row = target + r * targetStride;
    if (whole < dim) {
      const last = from + ((dim - part) << SHIFT);
      wht(last, part);
      multiplySigned(last, last, part, masks + (dim << SHIFT), factor);
      memory.copy(row + (whole << SHIFT), from + (whole << SHIFT), (dim - whole) << SHIFT);
    }
    for (let c: usize = 0; c < whole; c += part) {
      const at = c << SHIFT;
      wht(from + at, part);
      multiplySigned(from + at, row + at, part, masks + at, factor);
    }
    Row.clear(row, dim, Row.padded(dim));
  }
}
