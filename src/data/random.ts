/**
 * Philox4x32-10 on the host: what data are shuffled and synthetic costs are drawn with.
 *
 * The kernels' reference twin says the same in whole numbers of any size, and the tests compare the two; this one draws tens of
 * millions a second, which a million synthetic agents need.
 *
 * Counter-based (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a draw is a function of
 * (block, agent, round, stream) and the seed, whoever asks and in whatever order. Streams used here: 7 shuffled splits,
 * 8 synthetic quadratics.
 */

import type { Seed } from '../runtime.js';

export const STREAM_SHUFFLE = 7;
export const STREAM_QUADRATIC = 8;
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

/** Fills buffers with uniform numbers in (-1, 1): entry c is lane c & 3 of block c >> 2, as `philoxUniform` of the kernels. */
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
