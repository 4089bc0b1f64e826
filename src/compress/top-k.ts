/**
 * Top-k: keeps the k entries largest in magnitude, drops the rest.
 * Biased; contraction k/dim (Stich et al. 2018). Bits: k (64 + ceil(log2 dim)). Ties: the lowest index wins, so runs repeat.
 */

import { topK as largest } from '../../kernels/reference/compressors.js';
import { unexpected } from '../errors.js';
import type { CompressorDefinition } from './types.js';
import { indexBits, slotBytes, sparseBits } from './wire.js';

export const topK: CompressorDefinition = {
  kind: 'top-k',
  card: {
    title: 'Top-k',
    summary: 'sends the k entries largest in magnitude, with their indices',
    source: 'Stich, Cordonnier, Jaggi 2018 (arXiv 1809.07599)',
  },
  parameters: (z) =>
    z.strictObject({ kind: z.literal('top-k'), k: z.number().int().min(1).describe('entries kept, 1..dim') }),
  plan: (spec, { dim, path }) => {
    const k = spec['k'] as number;
    if (!Number.isInteger(k) || k < 1 || k > dim) throw unexpected([...path, 'k'], k, `1..${dim} (dim)`);
    const bits = indexBits(dim);
    const messageBits = sparseBits(k, bits);
    return {
      kind: 'top-k',
      dim,
      k,
      indexBits: bits,
      messageBits,
      slotBytes: slotBytes(messageBits),
      linear: false,
      contraction: k / dim,
      contractionKind: 'worst',
      projects: true,
      scratch: `${path.join('.')}.selection`,
      fields: [{ name: `${path.join('.')}.selection`, type: 'f64', length: dim, perWorker: true }],
    };
  },
  bind: (plan, { kernels, graph: g, arena, worker }) => {
    const { dim, slotBytes } = plan;
    const k = plan['k'] as number;
    const bits = plan['indexBits'] as number;
    const scratch = arena.address(plan['scratch'] as string, worker);
    return {
      prepare: () => {},
      encode: (first, count, _round, errors, errorStride, slots) =>
        kernels.encodeSparse(first, count, errors, errorStride, slots, slotBytes, dim, k, bits, scratch),
      gather: (first, count, _round, slots, out, outStride) =>
        kernels.gatherSparse(
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
          k,
          bits,
        ),
      decode: (first, count, _round, slots, out, outStride) =>
        kernels.decodeSparse(first, count, slots, slotBytes, out, outStride, dim, k, bits),
    };
  },
  reference: (plan) => (error) => largest(error, plan['k'] as number),
};
