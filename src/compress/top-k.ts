/**
 * Top-k: keeps the k entries largest in magnitude, drops the rest. Biased; contraction k/dim (Stich et al.
 * 2018). Bits: k (64 + ceil(log2 dim)), in float32 k (32 + ceil(log2 dim)). Ties: the lowest index wins, so
 * runs repeat.
 */

import { topIndices } from '../../kernels/reference/compressors.js';
import { atMostDim } from './checks.js';
import { defineWired } from './define.js';
import { indexBits, realBitsOf } from './wire/format.js';
import { readSparse, sparse, sparseSlotBytes } from './wire/sparse.js';

/** The k entries largest in magnitude. */
export const topK = defineWired({
  kind: 'top-k',
  metadata: {
    title: 'Top-k',
    summary: 'sends the k entries largest in magnitude, with their indices',
    source: 'Stich, Cordonnier, Jaggi 2018 (arXiv 1809.07599)',
  },
  parameters: (z) => ({ k: z.number().int().min(1).describe('entries kept, 1..dim') }),
  takes: ['k'],
  plan: ({ k }, context) => {
    const { dim, path } = context;
    const realBits = realBitsOf(context);
    atMostDim(k, 'k', context);
    const scratch = `${path.join('.')}.selection`;
    return {
      k,
      messageBits: sparse(dim, k, realBits).bits,
      slotBytes: sparseSlotBytes(dim, k, realBits),
      contraction: k / dim,
      contractionKind: 'worst',
      projects: true,
      forgets: true,
      scratch,
      fields: [{ name: scratch, type: 'real', length: dim, perWorker: true }],
    };
  },
  bind: (plan, runtime) => {
    const { dim, slotBytes, k } = plan;
    const { kernels, arena, worker } = runtime;
    const scratch = arena.address(plan.scratch, worker);
    const bits = indexBits(dim);
    return {
      ...readSparse(plan, runtime),
      encode: (first, count, _round, errors, errorStride, slots) =>
        kernels.encodeSparse(first, count, errors, errorStride, slots, slotBytes, dim, k, bits, scratch),
    };
  },
  messages: ({ dim, k, realBits }) => ({
    format: sparse(dim, k, realBits),
    of(error) {
      const indices = topIndices(error, k);
      return { indices, values: indices.map((c) => error[c]) };
    },
  }),
  examples: (dim) => [{ k: Math.ceil(dim / 8) }, { k: 1 }],
  candidates: (dim) => [...new Set([16, 8, 4].map((share) => Math.ceil(dim / share)))].map((k) => ({ k })),
});
