/**
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011): a
 * bijection of 128-bit counters under a 64-bit key, ten rounds of two 32 x 32 -> 64-bit products.
 *
 * The counter is (block, agent, round, stream), so a draw depends on who and when, never on thread or call
 * order, and any draw can be computed on its own. Cost: 20 multiplications for 128 bits.
 */
import { SHIFT, SINGLE } from './real';

const M0: u64 = 0xd2511f53;
const M1: u64 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;
/** Streams of the shared signs and of an agent's own dither, and the agent that stands for "all". */
const FLATTEN_STREAM: u32 = 1;
export const DITHER_STREAM: u32 = 2;
const ALL_AGENTS: u32 = 0xffffffff;

class Block {
  /** The first words of one counter (c0, c1, c2, c3). */
  @inline static write(
    out: usize,
    lanes: u32,
    c0: u32,
    c1: u32,
    c2: u32,
    c3: u32,
    keyLow: u32,
    keyHigh: u32,
  ): void {
    let k0 = keyLow;
    let k1 = keyHigh;
    for (let i = 0; i < 10; i++) {
      const p0 = M0 * c0;
      const p1 = M1 * c2;
      c0 = <u32>(p1 >> 32) ^ c1 ^ k0;
      c1 = <u32>p1;
      c2 = <u32>(p0 >> 32) ^ c3 ^ k1;
      c3 = <u32>p0;
      k0 += W0;
      k1 += W1;
    }
    store<u32>(out, c0, 0);
    if (lanes > 1) store<u32>(out, c1, 4);
    if (lanes > 2) store<u32>(out, c2, 8);
    if (lanes > 3) store<u32>(out, c3, 12);
  }
}

/** out[0..3] (u32) = the four words of one counter. */
function block(out: usize, c0: u32, c1: u32, c2: u32, c3: u32, keyLow: u32, keyHigh: u32): void {
  Block.write(out, 4, c0, c1, c2, c3, keyLow, keyHigh);
}

/** out[4 b + lane] (u32) = the words of counter (firstBlock + b, agent, round, stream), b < blockCount. */
export function philoxWords(
  out: usize,
  blockCount: u32,
  firstBlock: u32,
  agent: u32,
  round: u32,
  stream: u32,
  keyLow: u32,
  keyHigh: u32,
): void {
  for (let b: u32 = 0; b < blockCount; b++) {
    block(out + ((<usize>b) << 4), firstBlock + b, agent, round, stream, keyLow, keyHigh);
  }
}

/** By which the agent in row i is called: entry i of `numbers` (u32), or i itself where that is 0. */
export class Numbers {
  @inline static of(i: usize, numbers: usize): u32 {
    return numbers ? load<u32>(numbers + (i << 2)) : <u32>i;
  }
}

/**
 * out[lanes e + lane] (u32) = word `lane` of counter (head, tail, round, stream), for every entry e in the
 * rows of agents first .. first + count - 1 of a table of arcs; lanes 1..4. orientation: 0 edges (the head
 * is the larger end), 1 arcs column -> row, 2 arcs row -> column. numbers (u32): by which the ends are called,
 * entry i that of row i; 0: i itself.
 */
export function linkWords(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  numbers: usize,
  orientation: u32,
  lanes: u32,
  out: usize,
  round: u32,
  stream: u32,
  keyLow: u32,
  keyHigh: u32,
): void {
  const bytes = (<usize>lanes) << 2;
  for (let i = first; i < first + count; i++) {
    const row = Numbers.of(i, numbers);
    const from = <usize>load<u32>(rowStart + (i << 2));
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    for (let e = from; e < to; e++) {
      const other = Numbers.of(<usize>load<u32>(columns + (e << 2)), numbers);
      const outward = orientation === 0 ? row < other : orientation === 2;
      const tail = outward ? row : other;
      const head = outward ? other : row;
      // No more lanes than `lanes`: the next entry may be another worker's.
      Block.write(out + e * bytes, lanes, head, tail, round, stream, keyLow, keyHigh);
    }
  }
}

/**
 * masks[c] (as wide as a number) = its sign bit where the shared flatten sign of coordinate c is -1, else 0;
 * c < n. Stream 1.
 */
export function flattenMasks(masks: usize, n: u32, round: u32, keyLow: u32, keyHigh: u32): void {
  for (let begin: u32 = 0; begin < n; begin += 128) {
    const target = masks + ((<usize>begin) << SHIFT);
    if (n - begin >= 128) {
      // Four words are 128 masks, and the words are held where the first masks will be.
      block(target, begin >> 7, ALL_AGENTS, round, FLATTEN_STREAM, keyLow, keyHigh);
      const low = load<u64>(target, 0);
      const high = load<u64>(target, 8);
      spread(target, low, 64);
      spread(target + (64 << SHIFT), high, 64);
    } else {
      for (let c = begin; c < n; c += 32) {
        const bits = word(c >> 5, ALL_AGENTS, round, FLATTEN_STREAM, keyLow, keyHigh);
        spread(masks + ((<usize>c) << SHIFT), <u64>bits, min<u32>(32, n - c));
      }
    }
  }
}

/** Bit c to the sign place of mask c. */
function spread(masks: usize, bits: u64, count: u32): void {
  let c: u32 = 0;
  if (SINGLE) {
    for (; c + 4 <= count; c += 4) {
      const four = i32x4.mul(i32x4.splat(<i32>(bits >> c)), i32x4(8, 4, 2, 1));
      const signs = v128.and(i32x4.shl(four, 28), i32x4.splat(0x80000000));
      v128.store(masks + ((<usize>c) << 2), signs);
    }
    for (; c < count; c++) store<u32>(masks + ((<usize>c) << 2), (<u32>((bits >> c) & 1)) << 31);
    return;
  }
  let both = i64x2(bits << 1, bits);
  for (; c + 2 <= count; c += 2) {
    v128.store(masks + ((<usize>c) << 3), v128.and(i64x2.shl(both, 62), i64x2.splat(0x8000000000000000)));
    both = i64x2.shr_u(both, 2);
  }
  if (c < count) store<u64>(masks + ((<usize>c) << 3), ((bits >> c) & 1) << 63);
}

/** Word w of a stream: lane w & 3 of block w >> 2. */
function word(w: u32, agent: u32, round: u32, stream: u32, keyLow: u32, keyHigh: u32): u32 {
  let c0 = w >> 2;
  let c1 = agent;
  let c2 = round;
  let c3 = stream;
  let k0 = keyLow;
  let k1 = keyHigh;
  for (let i = 0; i < 10; i++) {
    const p0 = M0 * c0;
    const p1 = M1 * c2;
    c0 = <u32>(p1 >> 32) ^ c1 ^ k0;
    c1 = <u32>p1;
    c2 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c3 = <u32>p0;
    k0 += W0;
    k1 += W1;
  }
  const lane = w & 3;
  return lane === 0 ? c0 : lane === 1 ? c1 : lane === 2 ? c2 : c3;
}

/** Single words for kernels that draw one at a time. */
export class Draw {
  static word(w: u32, agent: u32, round: u32, stream: u32, keyLow: u32, keyHigh: u32): u32 {
    return word(w, agent, round, stream, keyLow, keyHigh);
  }
}

/**
 * u in 0..2^32-1 to the middle of its cell of (-1, 1); in float32 its upper 23 bits, of which the middle is a
 * number still. Every step is exact, so the order in the reference implementation does not matter.
 */
export class Uniform {
  @inline static fromWord(u: u32): real {
    if (SINGLE) return (<f32>(u >> 9) + 0.5) * <f32>(1.0 / 4194304.0) - <f32>1.0;
    return (<f64>u + 0.5) * (1.0 / 2147483648.0) - 1.0;
  }

  /** The same of four words, in float32. */
  @inline static store(target: usize, words: v128): void {
    const u = f32x4.add(f32x4.convert_i32x4_u(i32x4.shr_u(words, 9)), f32x4.splat(0.5));
    v128.store(target, f32x4.sub(f32x4.mul(u, f32x4.splat(<f32>(1.0 / 4194304.0))), f32x4.splat(1)));
  }
}

/** One multiplication of a round for four counters: four 64-bit products, as their high and low words. */
class Product {
  @inline static even(x: v128, m: v128): v128 {
    return i64x2.extmul_low_i32x4_u(x, m);
  }
  @inline static odd(x: v128, m: v128): v128 {
    return i64x2.extmul_high_i32x4_u(x, m);
  }
  @inline static low(even: v128, odd: v128): v128 {
    return i32x4.shuffle(even, odd, 0, 2, 4, 6);
  }
  @inline static high(even: v128, odd: v128): v128 {
    return i32x4.shuffle(even, odd, 1, 3, 5, 7);
  }
}

/** Two words (the low lanes) to two numbers of (-1, 1). */
function uniformPair(target: usize, words: v128): void {
  const u = f64x2.add(f64x2.convert_low_i32x4_u(words), f64x2.splat(0.5));
  v128.store(target, f64x2.sub(f64x2.mul(u, f64x2.splat(1.0 / 2147483648.0)), f64x2.splat(1)));
}

/** 16 numbers from four consecutive blocks, a block a lane. */
function uniform16(
  target: usize,
  firstBlock: u32,
  agent: u32,
  round: u32,
  stream: u32,
  keyLow: u32,
  keyHigh: u32,
): void {
  const m0 = i32x4.splat(<u32>M0);
  const m1 = i32x4.splat(<u32>M1);
  let x0 = i32x4.add(i32x4.splat(firstBlock), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(agent);
  let x2 = i32x4.splat(round);
  let x3 = i32x4.splat(stream);
  let k0 = keyLow;
  let k1 = keyHigh;
  for (let i = 0; i < 10; i++) {
    const even0 = Product.even(x0, m0);
    const odd0 = Product.odd(x0, m0);
    const even1 = Product.even(x2, m1);
    const odd1 = Product.odd(x2, m1);
    x0 = v128.xor(v128.xor(Product.high(even1, odd1), x1), i32x4.splat(k0));
    x1 = Product.low(even1, odd1);
    x2 = v128.xor(v128.xor(Product.high(even0, odd0), x3), i32x4.splat(k1));
    x3 = Product.low(even0, odd0);
    k0 += W0;
    k1 += W1;
  }
  // From word vectors to block vectors: a block's four words are four entries in a row.
  const a = i32x4.shuffle(x0, x1, 0, 4, 1, 5);
  const b = i32x4.shuffle(x2, x3, 0, 4, 1, 5);
  const c = i32x4.shuffle(x0, x1, 2, 6, 3, 7);
  const d = i32x4.shuffle(x2, x3, 2, 6, 3, 7);
  if (SINGLE) {
    Uniform.store(target, i64x2.shuffle(a, b, 0, 2));
    Uniform.store(target + 16, i64x2.shuffle(a, b, 1, 3));
    Uniform.store(target + 32, i64x2.shuffle(c, d, 0, 2));
    Uniform.store(target + 48, i64x2.shuffle(c, d, 1, 3));
    return;
  }
  uniformPair(target, a);
  uniformPair(target + 16, b);
  uniformPair(target + 32, i32x4.shuffle(a, a, 2, 3, 2, 3));
  uniformPair(target + 48, i32x4.shuffle(b, b, 2, 3, 2, 3));
  uniformPair(target + 64, c);
  uniformPair(target + 80, d);
  uniformPair(target + 96, i32x4.shuffle(c, c, 2, 3, 2, 3));
  uniformPair(target + 112, i32x4.shuffle(d, d, 2, 3, 2, 3));
}

/** Coordinates first .. first + n - 1 of an agent's numbers; first is a multiple of 4. */
export function uniformRange(
  out: usize,
  first: u32,
  n: u32,
  agent: u32,
  round: u32,
  stream: u32,
  keyLow: u32,
  keyHigh: u32,
): void {
  const firstBlock = first >> 2;
  let begin: u32 = 0;
  for (; begin + 16 <= n; begin += 16) {
    const target = out + ((<usize>begin) << SHIFT);
    uniform16(target, firstBlock + (begin >> 2), agent, round, stream, keyLow, keyHigh);
  }
  const whole = n & ~(<u32>3);
  for (let c = begin; c < whole; c += 4) {
    const row = out + ((<usize>c) << SHIFT);
    block(row, firstBlock + (c >> 2), agent, round, stream, keyLow, keyHigh);
    // The four words lie where entries 0 and 1 will be: read them all before writing.
    const u0 = load<u32>(row, 0);
    const u1 = load<u32>(row, 4);
    const u2 = load<u32>(row, 8);
    const u3 = load<u32>(row, 12);
    store<real>(row + (0 << SHIFT), Uniform.fromWord(u0));
    store<real>(row + (1 << SHIFT), Uniform.fromWord(u1));
    store<real>(row + (2 << SHIFT), Uniform.fromWord(u2));
    store<real>(row + (3 << SHIFT), Uniform.fromWord(u3));
  }
  for (let c = whole; c < n; c++) {
    const u = word(first + c, agent, round, stream, keyLow, keyHigh);
    store<real>(out + ((<usize>c) << SHIFT), Uniform.fromWord(u));
  }
}

/**
 * out[c] uniform in (-1, 1): (u + 0.5) 2^-32 * 2 - 1, with u = lane c & 3 of block c >> 2; c < n. In float32
 * (u' + 0.5) 2^-23 * 2 - 1, with u' the upper 23 bits of u.
 */
export function philoxUniform(
  out: usize,
  n: u32,
  agent: u32,
  round: u32,
  stream: u32,
  keyLow: u32,
  keyHigh: u32,
): void {
  uniformRange(out, 0, n, agent, round, stream, keyLow, keyHigh);
}
