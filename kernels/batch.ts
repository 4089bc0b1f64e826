/**
 * Mini-batches: which of an agent's samples a gradient looks at.
 *
 * `size` different samples, every set of them equally likely (R. W. Floyd, in J. Bentley, Communications of
 * the ACM 30, 1987): for j = count - size .. count - 1, one of 0 .. j is drawn, and j itself is taken instead
 * where that one is in the set already. A draw is the high half of word * (j + 1), so that no number is
 * favoured by more than (j + 1) 2^-32. Philox counter (block, agent, draw, 5); word t is lane t & 3 of block
 * t >> 2.
 */
import { Draw } from './philox';

const BATCH_STREAM: u32 = 5;

/**
 * Draws `size` different samples of the agent: their numbers go to `picks` (u32, in the order drawn), and 1
 * is returned. An agent with no more than `size` samples uses all of them: nothing is drawn, and 0 is
 * returned. `samples`: agent i holds samples samples[i] .. samples[i + 1] - 1 (u32). `marks`: a bit for
 * each sample of an agent, zero before and after.
 */
export function drawBatch(
  agent: u32,
  samples: usize,
  size: u32,
  picks: usize,
  marks: usize,
  draw: u32,
  keyLow: u32,
  keyHigh: u32,
): u32 {
  const from = load<u32>(samples + ((<usize>agent) << 2));
  const count = load<u32>(samples + ((<usize>agent) << 2), 4) - from;
  if (count <= size) return 0;
  for (let t: u32 = 0; t < size; t++) {
    const last = count - size + t;
    const word = Draw.word(t, agent, draw, BATCH_STREAM, keyLow, keyHigh);
    let sample = <u32>((<u64>word * (<u64>last + 1)) >> 32);
    if (Marks.has(marks, sample)) sample = last;
    Marks.flip(marks, sample);
    store<u32>(picks + ((<usize>t) << 2), from + sample);
  }
  for (let t: u32 = 0; t < size; t++) Marks.flip(marks, load<u32>(picks + ((<usize>t) << 2)) - from);
  return 1;
}

class Marks {
  @inline static has(marks: usize, bit: u32): bool {
    return ((load<u8>(marks + (<usize>bit >> 3)) >> <u8>(bit & 7)) & 1) !== 0;
  }

  @inline static flip(marks: usize, bit: u32): void {
    const at = marks + (<usize>bit >> 3);
    store<u8>(at, load<u8>(at) ^ ((<u8>1) << (<u8>(bit & 7))));
  }
}

/** The samples of a gradient: those picked, or all of an agent. */
export class Batch {
  /** Number of the t-th sample; `picks` is 0 where all are used. */
  @inline static sample(picks: usize, from: usize, t: usize): usize {
    return picks ? <usize>load<u32>(picks + (t << 2)) : from + t;
  }

  /** Makes the mean of the batch an unbiased estimate of that of all. `scale` itself where all are used. */
  @inline static scale(picks: usize, scale: f64, all: usize, size: usize): f64 {
    return picks ? scale * (<f64>all / <f64>size) : scale;
  }
}
