/**
 * Philox4x32-10 as a function of numbers: counter (4 words) and key (2 words) to 4 words.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */

const M0 = 0xd2511f53n;
const M1 = 0xcd9e8d57n;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

export type Counter = readonly [block: number, agent: number, round: number, stream: number];
export type Key = readonly [low: number, high: number];

/** The agent that stands for "all": draws that everyone shares. */
export const ALL_AGENTS = 0xffffffff;
export const FLATTEN_STREAM = 1;

export function philox4x32(counter: Counter, key: Key): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter.map((word) => word >>> 0) as [number, number, number, number];
  let [k0, k1] = key.map((word) => word >>> 0) as [number, number];
  for (let i = 0; i < 10; i++) {
    const p0 = M0 * BigInt(c0);
    const p1 = M1 * BigInt(c2);
    [c0, c1, c2, c3] = [
      (Number(p1 >> 32n) ^ c1 ^ k0) >>> 0,
      Number(p1 & 0xffffffffn),
      (Number(p0 >> 32n) ^ c3 ^ k1) >>> 0,
      Number(p0 & 0xffffffffn),
    ];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
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
