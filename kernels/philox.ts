/**
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011): a bijection of 128-bit
 * counters under a 64-bit key, ten rounds of two 32 x 32 -> 64-bit products.
 *
 * The counter is (block, agent, round, stream), so a draw depends on who and when, never on thread or call order, and any
 * draw can be computed on its own. Cost: 20 multiplications for 128 bits.
 */
const M0: u64 = 0xd2511f53;
const M1: u64 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;
/** Stream of the shared signs, and the agent that stands for "all". */
const FLATTEN_STREAM: u32 = 1;
const ALL_AGENTS: u32 = 0xffffffff;

/** out[0..3] (u32) = the four words of one counter. */
function block(out: usize, c0: u32, c1: u32, c2: u32, c3: u32, keyLow: u32, keyHigh: u32): void {
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
  store<u32>(out, c1, 4);
  store<u32>(out, c2, 8);
  store<u32>(out, c3, 12);
}

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

export function flattenMasks(masks: usize, n: u32, round: u32, keyLow: u32, keyHigh: u32): void {
  for (let begin: u32 = 0; begin < n; begin += 128) {
    const target = masks + ((<usize>begin) << 3);
    if (n - begin >= 128) {
      // Four words are 128 masks, the first two of which lend their place to the words.
      block(target, begin >> 7, ALL_AGENTS, round, FLATTEN_STREAM, keyLow, keyHigh);
      const low = load<u64>(target, 0);
      const high = load<u64>(target, 8);
      spread(target, low, 64);
      spread(target + 512, high, 64);
    } else {
      for (let c = begin; c < n; c += 32) {
        const bits = word(c >> 5, ALL_AGENTS, round, FLATTEN_STREAM, keyLow, keyHigh);
        spread(masks + ((<usize>c) << 3), <u64>bits, min<u32>(32, n - c));
      }
    }
  }
}

/** Bit c to the sign place of mask c. */
function spread(masks: usize, bits: u64, count: u32): void {
  let c: u32 = 0;
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

/** u in 0..2^32-1 to the middle of its cell of (-1, 1). Every step is exact, so the order of the twin does not matter. */
export class Uniform {
  @inline static fromWord(u: u32): f64 {
    return (<f64>u + 0.5) * (1.0 / 2147483648.0) - 1.0;
  }
}

export function philoxUniform(
  out: usize,
  n: u32,
  agent: u32,
  round: u32,
  stream: u32,
  keyLow: u32,
  keyHigh: u32,
): void {
  const whole = n & ~(<u32>3);
  for (let c: u32 = 0; c < whole; c += 4) {
    const row = out + ((<usize>c) << 3);
    block(row, c >> 2, agent, round, stream, keyLow, keyHigh);
    // The four words lie where entries 0 and 1 will be: read them all before writing.
    const u0 = load<u32>(row, 0);
    const u1 = load<u32>(row, 4);
    const u2 = load<u32>(row, 8);
    const u3 = load<u32>(row, 12);
    store<f64>(row, Uniform.fromWord(u0), 0);
    store<f64>(row, Uniform.fromWord(u1), 8);
    store<f64>(row, Uniform.fromWord(u2), 16);
    store<f64>(row, Uniform.fromWord(u3), 24);
  }
  for (let c = whole; c < n; c++) {
    store<f64>(out + ((<usize>c) << 3), Uniform.fromWord(word(c, agent, round, stream, keyLow, keyHigh)));
  }
}
