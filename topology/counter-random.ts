/**
 * Random numbers by counter, for graphs of which any part can be drawn alone: Philox4x32-10 (Salmon, Moraes,
 * Dror and Shaw, SC 2011). Four words for each (block, item), the same whoever asks and in whatever order.
 *
 * The rounds of a run have the same generator in their kernels, of which this folder knows nothing; a test
 * holds the two against each other. Streams are listed in docs/model/randomness.md.
 */

/** The last word of the counter: no stream of a run's. */
export const GRAPH_STREAM = 24;

export class CounterRandom {
  /** The four words of the last draw. */
  readonly words = new Uint32Array(4);
  private readonly low: number;
  private readonly high: number;

  /** @param seed non-negative safe integer */
  constructor(
    seed: number,
    private readonly stream = GRAPH_STREAM,
  ) {
    this.low = seed >>> 0;
    this.high = Math.floor(seed / 2 ** 32);
  }

  /** Fills `words` with block `block` of item (`item`, `part`), whole numbers below 2^32. */
  draw(block: number, item: number, part = 0): void {
    let c0 = block >>> 0;
    let c1 = item >>> 0;
    let c2 = part >>> 0;
    let c3 = this.stream;
    let k0 = this.low;
    let k1 = this.high;
    for (let round = 0; round < 10; round++) {
      const low0 = Math.imul(0xd251_1f53, c0);
      const low1 = Math.imul(0xcd9e_8d57, c2);
      const high0 = highWord(0xd251, 0x1f53, c0);
      const high1 = highWord(0xcd9e, 0x8d57, c2);
      c0 = (high1 ^ c1 ^ k0) >>> 0;
      c1 = low1 >>> 0;
      c2 = (high0 ^ c3 ^ k1) >>> 0;
      c3 = low0 >>> 0;
      k0 = (k0 + 0x9e37_79b9) >>> 0;
      k1 = (k1 + 0xbb67_ae85) >>> 0;
    }
    const { words } = this;
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
  }
}

/** Bits 32 to 63 of a product of two words, one of them in halves: no sum here reaches 2^32. */
function highWord(high: number, low: number, word: number): number {
  const wordLow = word & 0xffff;
  const wordHigh = word >>> 16;
  const middle = high * wordLow + ((low * wordLow) >>> 16);
  const carried = low * wordHigh + (middle & 0xffff);
  return high * wordHigh + (middle >>> 16) + (carried >>> 16);
}
