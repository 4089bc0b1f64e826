/**
 * Random numbers for generators: xoshiro128** (Blackman and Vigna 2018,
 * https://prng.di.unimi.it/xoshiro128starstar.c), period 2^128 - 1, seeded with splitmix64 (Steele, Lea and
 * Flood 2014) from a whole number of up to 53 bits.
 *
 * 32-bit integer arithmetic throughout, so a seed means the same stream on every machine. A graph is drawn
 * once, in one thread and in a fixed order; the counter-based generator of the rounds is not needed here.
 */

export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** @param seed non-negative safe integer */
  constructor(seed: number) {
    const [a, b, c, d] = splitmix(seed);
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }

  /** A generator at the given four words of state, not all 0; for checking against published vectors. */
  static fromState(a: number, b: number, c: number, d: number): Random {
    const random = new Random(0);
    random.a = a | 0;
    random.b = b | 0;
    random.c = c | 0;
    random.d = d | 0;
    return random;
  }

  /** The next 32 bits, as a whole number in 0..2^32-1. */
  word(): number {
    const five = Math.imul(this.b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  uniform(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  }

  /** Uniform whole number in 0..count-1, count in 1..2^32; by rejection, so without bias. */
  below(count: number): number {
    // Keep only the bits that count - 1 needs; at least half of the draws are then accepted.
    const shift = Math.clz32(count - 1);
    if (shift === 32) return 0;
    for (;;) {
      const draw = this.word() >>> shift;
      if (draw < count) return draw;
    }
  }

  /** Shuffles in place (Fisher and Yates). */
  shuffle(values: Uint32Array): void {
    for (let last = values.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const value = values[last];
      values[last] = values[other];
      values[other] = value;
    }
  }

  /**
   * How many failures precede the next success of trials that succeed with a probability p: geometric, by
   * inversion. V8 computes log in software (fdlibm), so this too repeats on every machine.
   *
   * @param logOfFailure log(1 - p), negative
   */
  failuresBefore(logOfFailure: number): number {
    return Math.floor(Math.log(1 - this.uniform()) / logOfFailure);
  }
}

/** Two outputs of splitmix64 as four signed 32-bit words, low word first. */
export function splitmix(seed: number): [number, number, number, number] {
  const words: number[] = [];
  let state = BigInt(seed);
  for (let draw = 0; draw < 2; draw++) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    mixed ^= mixed >> 31n;
    words.push(Number(BigInt.asIntN(32, mixed)), Number(BigInt.asIntN(32, mixed >> 32n)));
  }
  return words as [number, number, number, number];
}
