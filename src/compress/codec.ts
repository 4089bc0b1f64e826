/**
 * Compressors without a kernel: written as two functions of typed arrays, one agent at a time, and bound here
 * to the block interface. Slower than a kernel, same wire, same guarantees. A user's own compressor takes
 * this path too.
 *
 * A codec must decode an all-zero slot to the zero vector (silence), and draw randomness only from (seed,
 * agent, round): never from the order in which it is called.
 */

import type { Runtime } from '../runtime.js';
import { viewsOf } from './slots.js';
import type { BoundCompressor, CompressorPlan } from './types.js';
import { BitReader, BitWriter } from './wire/bits.js';

export interface Codec {
  /**
   * Packs C(error, round) of one agent. `error` has dim entries and may be overwritten. What the agent
   * remembers stands in its row of the arena.
   */
  encode(error: Float64Array, message: BitWriter, round: number, agent: number, row: number): void;
  /** Fills all dim entries of `out`. The agent is the one that wrote the message. */
  decode(message: BitReader, out: Float64Array, round: number, agent: number): void;
  /** Shared randomness of a round; called in order, before the round's encode and decode. */
  prepare?(round: number): void;
}

export function bindCodec(plan: CompressorPlan, runtime: Runtime, codec: Codec): BoundCompressor {
  const { dim, slotBytes, ownBytes = slotBytes, messageBits } = plan;
  const { graph, numbers } = runtime;
  const { bytes, words, doubles, reals, realBytes } = viewsOf(runtime);
  const writer = new BitWriter(bytes);
  const reader = new BitReader(bytes);
  const row = new Float64Array(dim);

  /** out (an address) += factor * the decoded message of an agent. */
  const addMessage = (agent: number, round: number, slots: number, factor: number, out: number) => {
    reader.begin(slots + agent * slotBytes);
    codec.decode(reader, row, round, numbers === undefined ? agent : numbers[agent]);
    const at = out / realBytes;
    for (let c = 0; c < dim; c++) reals[at + c] += factor * row[c];
  };

  return {
    prepare: (round) => codec.prepare?.(round),

    encode(first, count, round, errors, errorStride, slots, lengths) {
      for (let r = 0; r < count; r++) {
        const agent = first + r;
        const at = (errors + r * errorStride) / realBytes;
        for (let c = 0; c < dim; c++) row[c] = reals[at + c];
        writer.begin(slots + agent * slotBytes, ownBytes);
        codec.encode(row, writer, round, numbers === undefined ? agent : numbers[agent], agent);
        if (messageBits === null) words[lengths / 4 + agent] = writer.bitCount;
      }
    },

    gather(first, count, round, slots, out, outStride) {
      for (let r = 0; r < count; r++) {
        const agent = first + r;
        const target = out + r * outStride;
        reals.fill(0, target / realBytes, (target + outStride) / realBytes);
        addMessage(agent, round, slots, doubles[graph.degrees / 8 + agent], target);
        const end = words[graph.rowStart / 4 + agent + 1];
        for (let edge = words[graph.rowStart / 4 + agent]; edge < end; edge++) {
          const weight = doubles[(graph.weights + edge * graph.weightStride) / 8];
          addMessage(words[graph.columns / 4 + edge], round, slots, -weight, target);
        }
      }
    },

    decode(first, count, round, slots, out, outStride) {
      for (let r = 0; r < count; r++) {
        const target = out + r * outStride;
        reals.fill(0, target / realBytes, (target + outStride) / realBytes);
        addMessage(first + r, round, slots, 1, target);
      }
    },
  };
}
