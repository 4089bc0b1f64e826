/**
 * Philox4x32-10 as a function of numbers: counter (4 words) and key (2 words) to 4 words.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

export type Counter = readonly [block: number, agent: number, round: number, stream: number];
export type Key = readonly [low: number, high: number];

/** The agent that stands for "all": draws that everyone shares. */
export const ALL_AGENTS = 0xffffffff;
export const FLATTEN_STREAM = 1;

export function philox4x32(counter: Counter, key: Key): [number, number, number, number] {
  let c0 = counter[0] >>> 0;
  let c1 = counter[1] >>> 0;
  let c2 = counter[2] >>> 0;
  let c3 = counter[3] >>> 0;
  let k0 = key[0] >>> 0;
  let k1 = key[1] >>> 0;
  for (let i = 0; i < 10; i++) {
    // Low words of the products M0 c0 and M1 c2; their high words are mixed in.
    const low0 = Math.imul(M0, c0) >>> 0;
    const low1 = Math.imul(M1, c2) >>> 0;
    const high0 = highWord(M0, c0);
    c0 = (highWord(M1, c2) ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/**
 * Bits 32 to 63 of a product of two words, from halves: a double loses the lowest bits, a BigInt is ten times
 * slower.
 */
function highWord(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Each sum is below 2^32: (2^16 - 1)^2 + 2^16 - 1.
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carried = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (carried >>> 16);
}

/** Word w of a stream is lane w & 3 of block w >> 2: the first `length` of them. */
export function philoxWords(
  length: number,
  agent: number,
  round: number,
  stream: number,
  key: Key,
): Uint32Array {
  const words = new Uint32Array(Math.ceil(length / 4) * 4);
  for (let block = 0; block * 4 < length; block++) {
    words.set(philox4x32([block, agent, round, stream], key), block * 4);
  }
  return words.subarray(0, length);
}

/** Uniform in (-1, 1): the middles of 2^32 equal cells. */
export function philoxUniform(
  length: number,
  agent: number,
  round: number,
  stream: number,
  key: Key,
): Float64Array {
  return Float64Array.from(
    philoxWords(length, agent, round, stream, key),
    (u) => (u + 0.5) * 2 ** -32 * 2 - 1,
  );
}
