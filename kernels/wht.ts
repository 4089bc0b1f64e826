/**
 * Walsh-Hadamard transform, natural order, unnormalised: y = H_n x, H_1 = 1, H_2n = [[H_n, H_n], [H_n,
 * -H_n]]. And flattening with it: U = H D / sqrt(n), U^T = D H / sqrt(n).
 *
 * Stages h = 1, 2, 4, ... replace (x_c, x_{c+h}) by their sum and difference: n log2 n additions. Stages are
 * taken three at a time (radix 8), so that an entry is loaded and stored once for three; the first three
 * happen inside registers. For n above 4096 doubles (32 KiB, a first-level cache) eight parts are transformed
 * one after the other and then joined by one radix-8 pass, recursively, whatever the caches' sizes. Neither
 * changes the order in which an entry meets its stages, so the result has the bits of the plain loop.
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

const DIRECT: usize = 4096;

/** Entries of two vectors, sorted into evens and odds: partners of a stage face each other. */
export class Butterfly {
  @inline static evens(a: v128, b: v128): v128 {
    return i64x2.shuffle(a, b, 0, 2);
  }
  @inline static odds(a: v128, b: v128): v128 {
    return i64x2.shuffle(a, b, 1, 3);
  }

  /** Stages 1, 2, 4 of the 8 entries a, b, c, d, stored at `target`. */
  @inline static eight(target: usize, a: v128, b: v128, c: v128, d: v128): void {
    let even = Butterfly.evens(a, b);
    let odd = Butterfly.odds(a, b);
    let sum = f64x2.add(even, odd);
    let difference = f64x2.sub(even, odd);
    even = Butterfly.evens(sum, difference);
    odd = Butterfly.odds(sum, difference);
    const a2 = f64x2.add(even, odd);
    const b2 = f64x2.sub(even, odd);
    even = Butterfly.evens(c, d);
    odd = Butterfly.odds(c, d);
    sum = f64x2.add(even, odd);
    difference = f64x2.sub(even, odd);
    even = Butterfly.evens(sum, difference);
    odd = Butterfly.odds(sum, difference);
    const c2 = f64x2.add(even, odd);
    const d2 = f64x2.sub(even, odd);
    v128.store(target, f64x2.add(a2, c2), 0);
    v128.store(target, f64x2.add(b2, d2), 16);
    v128.store(target, f64x2.sub(a2, c2), 32);
    v128.store(target, f64x2.sub(b2, d2), 48);
  }
}

/** Stages 1, 2, 4 over n entries, n a multiple of 8. */
function firstStages(data: usize, n: usize): void {
  const end = data + (n << 3);
  for (let p = data; p < end; p += 64) {
    Butterfly.eight(p, v128.load(p, 0), v128.load(p, 16), v128.load(p, 32), v128.load(p, 48));
  }
}

/** The same of D pad(source), written to target: the signs cost no pass of their own. */
export function firstSignedStages(source: usize, target: usize, dim: usize, n: usize, masks: usize): void {
  const whole = dim & ~(<usize>7);
  const end = whole << 3;
  for (let at: usize = 0; at < end; at += 64) {
    const p = source + at;
    const m = masks + at;
    Butterfly.eight(
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

/** Stages h, 2h, 4h over n entries; h >= 2, n a multiple of 8h. */
function radix8(data: usize, n: usize, h: usize): void {
  const step = h << 3;
  const end = data + (n << 3);
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
      v128.store(p0, f64x2.add(z0, z4));
      v128.store(p1, f64x2.add(z1, z5));
      v128.store(p2, f64x2.add(z2, z6));
      v128.store(p3, f64x2.add(z3, z7));
      v128.store(p4, f64x2.sub(z0, z4));
      v128.store(p5, f64x2.sub(z1, z5));
      v128.store(p6, f64x2.sub(z2, z6));
      v128.store(p7, f64x2.sub(z3, z7));
    }
  }
}

/**
 * The last three stages of all n entries, then what unflattening does with them: the factor, the signs, and
 * nothing beyond `limit` bytes.
 */
function lastStagesOut(data: usize, n: usize, target: usize, limit: usize, masks: usize, factor: v128): void {
  const step = n;
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
    let at = p0 - data;
    Signed.store(target, at, masks, factor, f64x2.add(z0, z4));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, f64x2.add(z1, z5));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, f64x2.add(z2, z6));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, f64x2.add(z3, z7));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, f64x2.sub(z0, z4));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, f64x2.sub(z1, z5));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, f64x2.sub(z2, z6));
    if ((at += step) >= limit) continue;
    Signed.store(target, at, masks, factor, f64x2.sub(z3, z7));
  }
}

class Signed {
  @inline static store(target: usize, at: usize, masks: usize, factor: v128, y: v128): void {
    v128.store(target + at, v128.xor(f64x2.mul(y, factor), v128.load(masks + at)));
  }
}

/** Stages h, 2h over n entries; h >= 2, n a multiple of 4h. */
function radix4(data: usize, n: usize, h: usize): void {
  const step = h << 3;
  const end = data + (n << 3);
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
      const y0 = f64x2.add(x0, x1);
      const y1 = f64x2.sub(x0, x1);
      const y2 = f64x2.add(x2, x3);
      const y3 = f64x2.sub(x2, x3);
      v128.store(p0, f64x2.add(y0, y2));
      v128.store(p1, f64x2.add(y1, y3));
      v128.store(p2, f64x2.sub(y0, y2));
      v128.store(p3, f64x2.sub(y1, y3));
    }
  }
}

/** Stage h over n entries; h >= 2, n a multiple of 2h. */
function radix2(data: usize, n: usize, h: usize): void {
  const step = h << 3;
  const end = data + (n << 3);
  for (let group = data; group < end; group += step << 1) {
    const groupEnd = group + step;
    for (let p = group; p < groupEnd; p += 16) {
      const q = p + step;
      const x = v128.load(p);
      const y = v128.load(q);
      v128.store(p, f64x2.add(x, y));
      v128.store(q, f64x2.sub(x, y));
    }
  }
}

/** n < 8, one stage after the other. */
function small(data: usize, n: usize): void {
  for (let h: usize = 1; h < n; h <<= 1) {
    for (let c: usize = 0; c < n; c++) {
      if (c & h) continue;
      const p = data + (c << 3);
      const q = p + (h << 3);
      const x = load<f64>(p);
      const y = load<f64>(q);
      store<f64>(p, x + y);
      store<f64>(q, x - y);
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

/** Stages h, 2h, ... over n entries, whatever their number; h >= 2. */
export function laterStages(data: usize, n: usize, h: usize): void {
  const odd = (ctz(n) - ctz(h)) % 3;
  if (odd === 1) radix2(data, n, h);
  if (odd === 2) radix4(data, n, h);
  for (h <<= odd; h < n; h <<= 3) radix8(data, n, h);
}

/** In place, the unnormalised transform of n doubles, n a power of two >= 1. */
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
  for (let r: usize = 0; r < 8; r++) wht(data + r * (part << 3), part);
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
  for (; c + 2 <= dim; c += 2) {
    const at = c << 3;
    v128.store(target + at, v128.xor(v128.load(source + at), v128.load(masks + at)));
  }
  for (; c < n; c++) {
    const at = c << 3;
    const bits = c < dim ? load<u64>(source + at) : 0;
    store<u64>(target + at, bits ^ load<u64>(masks + at));
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
 * zeros up to a multiple of 8.
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
      lastStagesOut(from, n, row, Row.padded(dim) << 3, masks, f64x2.splat(factor));
    }
    Row.clear(row, dim, Row.padded(dim));
  }
}

/** data *= factor, n entries. */
function multiply(data: usize, n: usize, factor: f64): void {
  const end = data + (n << 3);
  const f = f64x2.splat(factor);
  let p = data;
  for (; p + 16 <= end; p += 16) v128.store(p, f64x2.mul(v128.load(p), f));
  if (p < end) store<f64>(p, load<f64>(p) * factor);
}

/** target = factor source, with the signs of masks; n entries. */
function multiplySigned(source: usize, target: usize, n: usize, masks: usize, factor: f64): void {
  const f = f64x2.splat(factor);
  let at: usize = 0;
  const bytes = n << 3;
  for (; at + 16 <= bytes; at += 16) Signed.store(target, at, masks, f, v128.load(source + at));
  if (at < bytes) {
    const y = load<f64>(source + at) * factor;
    store<u64>(target + at, reinterpret<u64>(y) ^ load<u64>(masks + at));
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
      const at = c << 3;
      signedTransform(from + at, row + at, part, part, masks + at);
    }
    multiply(row, whole, factor);
    if (whole < dim) {
      memory.copy(row + (whole << 3), from + (whole << 3), (dim - whole) << 3);
      const last = row + ((dim - part) << 3);
      signedTransform(last, last, part, part, masks + (dim << 3));
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
      const last = from + ((dim - part) << 3);
      wht(last, part);
      multiplySigned(last, last, part, masks + (dim << 3), factor);
      memory.copy(row + (whole << 3), from + (whole << 3), (dim - whole) << 3);
    }
    for (let c: usize = 0; c < whole; c += part) {
      const at = c << 3;
      wht(from + at, part);
      multiplySigned(from + at, row + at, part, masks + at, factor);
    }
    Row.clear(row, dim, Row.padded(dim));
  }
}
