/**
 * Philox4x32-10 on the host: what data are shuffled and synthetic costs are drawn with.
 *
 * The kernels' reference implementation says the same in whole numbers of any size, and the tests compare the
 * two; this one draws tens of millions a second, which a million synthetic agents need.
 *
 * Counter-based (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a draw is a function
 * of (block, agent, round, stream) and the seed, whoever asks and in whatever order. Streams used here: 7
 * shuffled splits, 8 synthetic quadratics, 11 Dirichlet splits, 12 weights to begin with, 14 phases of
 * references, 21 noise that is added to a run on its way.
 */

import type { Seed } from '../runtime.js';

export const STREAM_SHUFFLE = 7;
export const STREAM_QUADRATIC = 8;
export const STREAM_DIRICHLET = 11;
export const STREAM_WEIGHTS = 12;
export const STREAM_REFERENCE = 14;
export const STREAM_NOISE = 21;
/** Stands for "nobody in particular" where a draw belongs to the whole run. */
export const EVERY_AGENT = 0xffffffff;

const WORDS_PER_BLOCK = 4;
const ROUNDS = 10;

/** out[offset..offset+3] = the four words of one block. */
export function philoxBlock(
  out: Uint32Array,
  offset: number,
  block: number,
  agent: number,
  round: number,
  stream: number,
  seed: Seed,
): void {
  let c0 = block | 0;
  let c1 = agent | 0;
  let c2 = round | 0;
  let c3 = stream | 0;
  let k0 = seed.low | 0;
  let k1 = seed.high | 0;
  for (let i = 0; i < ROUNDS; i++) {
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    const high0 = multiplyHigh(0xd251, 0x1f53, c0);
    const high1 = multiplyHigh(0xcd9e, 0x8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[offset] = c0;
  out[offset + 1] = c1;
  out[offset + 2] = c2;
  out[offset + 3] = c3;
}

/** High 32 bits of a 32 x 32 bit product, from 16-bit halves: no partial sum reaches 2^32. */
function multiplyHigh(aHigh: number, aLow: number, b: number): number {
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const carry = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/**
 * Fills buffers with uniform numbers in (-1, 1): entry c is lane c & 3 of block c >> 2, as `philoxUniform` of
 * the kernels.
 */
export class UniformSource {
  readonly #seed: Seed;
  readonly #words = new Uint32Array(WORDS_PER_BLOCK);

  constructor(seed: Seed) {
    this.#seed = seed;
  }

  fill(out: Float64Array, offset: number, count: number, agent: number, round: number, stream: number): void {
    const words = this.#words;
    for (let c = 0; c < count; c++) {
      if ((c & 3) === 0) philoxBlock(words, 0, c >>> 2, agent, round, stream, this.#seed);
      out[offset + c] = ((words[c & 3]! + 0.5) / 2 ** 32) * 2 - 1;
    }
  }
}

/**
 * A uniformly random order of 0..count-1 (Fisher and Yates, from the back). A draw is
 * 52 bits of two lanes, scaled to the range: bias below 2^-20 of a place even for 2^32 samples.
 */
export function randomPermutation(count: number, seed: Seed): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const words = new Uint32Array(WORDS_PER_BLOCK);
  for (let i = count - 1; i > 0; i--) {
    const draw = count - 1 - i;
    if ((draw & 1) === 0) philoxBlock(words, 0, draw >>> 1, EVERY_AGENT, 0, STREAM_SHUFFLE, seed);
    const lane = (draw & 1) * 2;
    const fraction = (words[lane]! * 2 ** 20 + (words[lane + 1]! >>> 12)) / 2 ** 52;
    const j = Math.floor(fraction * (i + 1));
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}

/**
 * A draw of Dirichlet(alpha, ..., alpha) over `count` parts: gamma variates over their sum. In logarithms,
 * because a small alpha makes variates that no double can hold, and what counts is their ratio. `which`
 * numbers the draws.
 */
export function dirichletShares(count: number, alpha: number, which: number, seed: Seed): Float64Array {
  const logs = Float64Array.from({ length: count }, (_, part) => logGamma(alpha, part, which, seed));
  const largest = logs.reduce((a, b) => Math.max(a, b));
  const weights = logs.map((log) => Math.exp(log - largest));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/**
 * The logarithm of a gamma variate of shape alpha: Marsaglia and Tsang's for alpha + 1 (at least 1, as they
 * need), times u^(1/alpha).
 */
function logGamma(alpha: number, part: number, which: number, seed: Seed): number {
  const words = new Uint32Array(WORDS_PER_BLOCK);
  const d = alpha + 1 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let attempt = 0; ; attempt++) {
    philoxBlock(words, 0, attempt, part, which, STREAM_DIRICHLET, seed);
    const [u0, u1, u2, u3] = Array.from(words, (word) => (word + 0.5) / 2 ** 32) as [
      number,
      number,
      number,
      number,
    ];
    const normal = Math.sqrt(-2 * Math.log(u0)) * Math.cos(2 * Math.PI * u1);
    const v = (1 + c * normal) ** 3;
    if (v <= 0 || Math.log(u2) >= (normal * normal) / 2 + d - d * v + d * Math.log(v)) continue;
    return Math.log(d * v) + Math.log(u3) / alpha;
  }
}

/**
 * out[offset + t] = deviation times a standard normal, t < count (Box and Muller): t is lane pair t & 1 of
 * block t >> 1.
 */
export function fillNormal(
  out: Float64Array,
  offset: number,
  count: number,
  deviation: number,
  agent: number,
  round: number,
  stream: number,
  seed: Seed,
): void {
  const words = new Uint32Array(WORDS_PER_BLOCK);
  for (let t = 0; t < count; t++) {
    if ((t & 1) === 0) philoxBlock(words, 0, t >>> 1, agent, round, stream, seed);
    const lane = (t & 1) * 2;
    const radius = Math.sqrt(-2 * Math.log((words[lane]! + 0.5) / 2 ** 32));
    out[offset + t] = deviation * radius * Math.cos(2 * Math.PI * ((words[lane + 1]! + 0.5) / 2 ** 32));
  }
}
