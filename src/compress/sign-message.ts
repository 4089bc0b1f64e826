/** Messages of one scale and one bit an entry, read alike whoever wrote them: sign, norm-sign, dithered one-bit. */

import type { Runtime } from '../runtime.js';
import type { BoundCompressor, CompressorPlan } from './types.js';

/** `single`: the scale is a float32. */
export function bindSignReaders(
  { dim, slotBytes }: CompressorPlan,
  { kernels, graph: g }: Runtime,
  single = false,
): Pick<BoundCompressor, 'gather' | 'decode'> {
  const gatherKernel = single ? kernels.gatherSignSingle : kernels.gatherSign;
  const decodeKernel = single ? kernels.decodeSignSingle : kernels.decodeSign;
  return {
    gather: (first, count, _round, slots, out, outStride) =>
      gatherKernel(
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
      ),
    decode: (first, count, _round, slots, out, outStride) =>
      decodeKernel(first, count, slots, slotBytes, out, outStride, dim),
  };
}
