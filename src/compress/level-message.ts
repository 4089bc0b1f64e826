/** Messages of one whole number of `bits` bits an entry: saturated quantiser, QSGD, TernGrad. */

import type { Runtime } from '../runtime.js';
import type { BoundCompressor, CompressorPlan } from './types.js';

/** `stepOf`: the step of a round where everyone knows it; absent where each message carries its own. */
export function bindLevelReaders(
  { dim, slotBytes }: CompressorPlan,
  { kernels, graph: g }: Runtime,
  bits: number,
  stepOf: (round: number) => number = () => 0,
): Pick<BoundCompressor, 'gather' | 'decode'> {
  return {
    gather: (first, count, round, slots, out, outStride) =>
      kernels.gatherLevels(
        first,
        count,
        g.rowStart,
        g.columns,
        g.weights,
        g.weightStride,
        g.degrees,
        slots,
        slotBytes,
        out,
        outStride,
        dim,
        bits,
        stepOf(round),
      ),
    decode: (first, count, round, slots, out, outStride) =>
      kernels.decodeLevels(first, count, slots, slotBytes, out, outStride, dim, bits, stepOf(round)),
  };
}

/** Bits of a whole number in -levels .. levels, two's complement. */
export function levelCodeBits(levels: number): number {
  return 1 + (32 - Math.clz32(levels));
}
