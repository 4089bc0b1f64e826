/**
 * What a parameter server does with the messages of its agents: counts their bits, averages their vectors,
 * moves the model.
 *
 * **Counting without unpacking.** A vertical counter holds the counts of 128 coordinates in as many planes as
 * a count has bits: bit j of plane p is bit p of coordinate j's count. Sixteen messages at a time go through
 * a tree of carry-save adders (Harley and Seal's), each of which turns three vectors of weight w into one of
 * weight w and one of weight 2w with five instructions, so that a message costs about six instructions for
 * 128 coordinates. The planes are unfolded at the end, once for all messages.
 *
 * Counts are whole numbers, so the order of messages does not matter; means are made from them with one
 * rounding each.
 */
import { ditherSigns } from './dither';
import { Row, Signs } from './lanes';
import { LINE, Real, SHIFT, SINGLE } from './real';
import { COUNT_SCRATCH_BYTES } from './sizes';

const PLANES: usize = 16;
/**
 * Bytes of a message that are counted before the next ones: planes of their coordinates stay in the first
 * cache.
 */
const CHUNK_BYTES: usize = <usize>COUNT_SCRATCH_BYTES / PLANES;
/** Messages that one set of planes can count: a count is unfolded in 16 bits. A multiple of 16. */
const MOST: usize = 65520;

class CarrySave {
  @inline static sum(a: v128, b: v128, c: v128): v128 {
    return v128.xor(v128.xor(a, b), c);
  }
  @inline static carry(a: v128, b: v128, c: v128): v128 {
    const u = v128.xor(a, b);
    return v128.or(v128.and(a, b), v128.and(u, c));
  }
}

/** Adds `carry`, of weight 2^plane, to the planes of one vector, of which `used` are in use. */
function ripple(planes: usize, plane: usize, used: usize, carry: v128): void {
  const end = planes + used * CHUNK_BYTES;
  // To the end, even where nothing is carried any more: a mispredicted branch would cost more.
  for (let p = planes + plane * CHUNK_BYTES; p < end; p += CHUNK_BYTES) {
    const held = v128.load(p);
    v128.store(p, v128.xor(held, carry));
    carry = v128.and(held, carry);
  }
}

/** Sixteen messages' vectors, `stride` bytes apart, into the planes of one vector. */
function addSixteen(planes: usize, m: usize, stride: usize, used: usize): void {
  let ones = v128.load(planes);
  let twos = v128.load(planes + CHUNK_BYTES);
  let fours = v128.load(planes + 2 * CHUNK_BYTES);
  let eights = v128.load(planes + 3 * CHUNK_BYTES);
  let eightsA = i64x2.splat(0);
  for (let half = 0; half < 2; half++) {
    let a = v128.load(m);
    let b = v128.load(m + stride);
    m += stride << 1;
    const t0 = CarrySave.carry(ones, a, b);
    ones = CarrySave.sum(ones, a, b);
    a = v128.load(m);
    b = v128.load(m + stride);
    m += stride << 1;
    const t1 = CarrySave.carry(ones, a, b);
    ones = CarrySave.sum(ones, a, b);
    const f0 = CarrySave.carry(twos, t0, t1);
    twos = CarrySave.sum(twos, t0, t1);
    a = v128.load(m);
    b = v128.load(m + stride);
    m += stride << 1;
    const t2 = CarrySave.carry(ones, a, b);
    ones = CarrySave.sum(ones, a, b);
    a = v128.load(m);
    b = v128.load(m + stride);
    m += stride << 1;
    const t3 = CarrySave.carry(ones, a, b);
    ones = CarrySave.sum(ones, a, b);
    const f1 = CarrySave.carry(twos, t2, t3);
    twos = CarrySave.sum(twos, t2, t3);
    const e = CarrySave.carry(fours, f0, f1);
    fours = CarrySave.sum(fours, f0, f1);
    if (half === 0) {
      eightsA = e;
    } else {
      const sixteens = CarrySave.carry(eights, eightsA, e);
      eights = CarrySave.sum(eights, eightsA, e);
      ripple(planes, 4, used, sixteens);
    }
  }
  v128.store(planes, ones);
  v128.store(planes + CHUNK_BYTES, twos);
  v128.store(planes + 2 * CHUNK_BYTES, fours);
  v128.store(planes + 3 * CHUNK_BYTES, eights);
}

/** counts[c] (+= where `more`) of the coordinates of `bytes` bytes, from their planes; eight at a time. */
function unfold(planes: usize, used: usize, bytes: usize, out: usize, more: bool): void {
  const selectors = i16x8(1, 2, 4, 8, 16, 32, 64, 128);
  for (let b: usize = 0; b < bytes; b++) {
    let sum = i16x8.splat(0);
    let p = planes + b;
    for (let plane: usize = 0; plane < used; plane++) {
      const set = i16x8.eq(v128.and(v128.load8_splat(p), selectors), selectors);
      sum = v128.or(sum, v128.and(set, i16x8.shl(i16x8.splat(1), <i32>plane)));
      p += CHUNK_BYTES;
    }
    const low = i32x4.extend_low_i16x8_u(sum);
    const high = i32x4.extend_high_i16x8_u(sum);
    const o = out + (b << (SHIFT + 3));
    if (SINGLE) {
      Counts.store(o, f32x4.convert_i32x4_u(low), more);
      Counts.store(o + 16, f32x4.convert_i32x4_u(high), more);
    } else {
      Counts.store(o, f64x2.convert_low_i32x4_u(low), more);
      Counts.store(o + 16, f64x2.convert_low_i32x4_u(i32x4.shuffle(low, low, 2, 3, 2, 3)), more);
      Counts.store(o + 32, f64x2.convert_low_i32x4_u(high), more);
      Counts.store(o + 48, f64x2.convert_low_i32x4_u(i32x4.shuffle(high, high, 2, 3, 2, 3)), more);
    }
  }
}

class Counts {
  @inline static store(at: usize, counts: v128, more: bool): void {
    v128.store(at, more ? v128.add<real>(v128.load(at), counts) : counts);
  }
}

/** Planes that counts up to `messages` take. */
function planesFor(messages: usize): usize {
  return 32 - <usize>clz<u32>(<u32>messages);
}

/** counts of up to MOST messages over one chunk of at most CHUNK_BYTES bytes, rounded up to whole vectors. */
function countChunk(at: usize, stride: usize, messages: usize, bytes: usize, scratch: usize): void {
  const vectors = (bytes + 15) & ~(<usize>15);
  const used = max<usize>(4, planesFor(messages));
  for (let plane: usize = 0; plane < used; plane++) memory.fill(scratch + plane * CHUNK_BYTES, 0, vectors);
  let m: usize = 0;
  for (; m + 16 <= messages; m += 16) {
    const from = at + m * stride;
    for (let v: usize = 0; v < vectors; v += 16) addSixteen(scratch + v, from + v, stride, used);
  }
  for (; m < messages; m++) {
    const from = at + m * stride;
    for (let v: usize = 0; v < vectors; v += 16) ripple(scratch + v, 0, used, v128.load(from + v));
  }
}

/**
 * counts[c] = how many of the agents' messages have bit c set. `slots`: the first bit of agent 0's
 * message. first is a multiple of 8; messages are readable up to 15 bytes beyond the range. scratch:
 * COUNT_SCRATCH_BYTES bytes.
 */
export function countSigns(
  slots: usize,
  slotStride: usize,
  agents: usize,
  first: usize,
  count: usize,
  counts: usize,
  scratch: usize,
): void {
  const firstByte = first >> 3;
  const bytes = (count + 7) >> 3;
  for (let done: usize = 0; done < bytes; done += CHUNK_BYTES) {
    const length = min<usize>(CHUNK_BYTES, bytes - done);
    for (let from: usize = 0; from < agents; from += MOST) {
      const messages = min<usize>(MOST, agents - from);
      countChunk(slots + from * slotStride + firstByte + done, slotStride, messages, length, scratch);
      unfold(
        scratch,
        min<usize>(PLANES, planesFor(messages)),
        length,
        counts + ((first + (done << 3)) << SHIFT),
        from > 0,
      );
    }
  }
}

/** out[c] = scale (agents - 2 counts[c]) / agents, rounded up to a vector of entries. out may be counts. */
export function meanSigns(
  counts: usize,
  first: usize,
  count: usize,
  agents: f64,
  scale: f64,
  out: usize,
): void {
  const all = Real.splat(agents);
  const factor = Real.splat(scale);
  const end = (first + count) << SHIFT;
  for (let at = first << SHIFT; at < end; at += 16) {
    const c = v128.load(counts + at);
    // (positive - negative) / agents; whole numbers up to the division.
    const mean = v128.div<real>(v128.sub<real>(v128.sub<real>(all, c), c), all);
    v128.store(out + at, v128.mul<real>(factor, mean));
  }
}

/**
 * Bit c of `bytes` = sign bit of entry c. first is a multiple of 8; bits of the last byte beyond the range
 * are 0.
 */
export function packSignRange(row: usize, bytes: usize, first: usize, count: usize): void {
  const end = first + count;
  let at = bytes + (first >> 3);
  for (let c = first; c < end; c += LINE) {
    const p = row + (c << SHIFT);
    const bits = Signs.packLine(v128.load(p, 0), v128.load(p, 16), v128.load(p, 32), v128.load(p, 48));
    at += Signs.storeFirst(at, bits, end - c);
  }
}

/** The same of e_c + lambda tau_c; first is a multiple of 16. scratch: DITHER_SCRATCH numbers. */
export function ditherSignRange(
  row: usize,
  bytes: usize,
  first: usize,
  count: usize,
  lambda: f64,
  agent: u32,
  round: u32,
  stream: u32,
  keyLow: u32,
  keyHigh: u32,
  scratch: usize,
): void {
  ditherSigns(row, bytes, first, count, lambda, agent, round, stream, keyLow, keyHigh, scratch);
}

/** x -= gamma direction; padded rows of n entries, here and below. */
export function serverSgd(x: usize, direction: usize, n: usize, gamma: f64): void {
  const g = Real.splat(gamma);
  const bytes = Row.padded(n) << SHIFT;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(x + at, v128.sub<real>(v128.load(x + at), v128.mul<real>(g, v128.load(direction + at))));
  }
}

/** velocity = beta velocity + d; then d = velocity, or d + beta velocity (`nesterov`). */
export function serverMomentum(direction: usize, n: usize, velocity: usize, beta: f64, nesterov: bool): void {
  const b = Real.splat(beta);
  const bytes = Row.padded(n) << SHIFT;
  for (let at: usize = 0; at < bytes; at += 16) {
    const d = v128.load(direction + at);
    const v = v128.add<real>(v128.mul<real>(b, v128.load(velocity + at)), d);
    v128.store(velocity + at, v);
    v128.store(direction + at, nesterov ? v128.add<real>(d, v128.mul<real>(b, v)) : v);
  }
}

/**
 * first = beta1 first + (1 - beta1) d; second = beta2 second + (1 - beta2) d^2; d = (first / correction1) /
 * (sqrt(second / correction2) + epsilon).
 */
export function serverAdam(
  direction: usize,
  n: usize,
  first: usize,
  second: usize,
  beta1: f64,
  beta2: f64,
  correction1: f64,
  correction2: f64,
  epsilon: f64,
): void {
  const b1 = Real.splat(beta1);
  const b2 = Real.splat(beta2);
  const r1 = Real.splat(1 - beta1);
  const r2 = Real.splat(1 - beta2);
  const c1 = Real.splat(correction1);
  const c2 = Real.splat(correction2);
  const e = Real.splat(epsilon);
  const bytes = Row.padded(n) << SHIFT;
  for (let at: usize = 0; at < bytes; at += 16) {
    const d = v128.load(direction + at);
    const m = v128.add<real>(v128.mul<real>(b1, v128.load(first + at)), v128.mul<real>(r1, d));
    const v = v128.add<real>(
      v128.mul<real>(b2, v128.load(second + at)),
      v128.mul<real>(r2, v128.mul<real>(d, d)),
    );
    v128.store(first + at, m);
    v128.store(second + at, v);
    v128.store(
      direction + at,
      v128.div<real>(v128.div<real>(m, c1), v128.add<real>(v128.sqrt<real>(v128.div<real>(v, c2)), e)),
    );
  }
}
