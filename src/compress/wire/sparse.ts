/** Sparse: k float64, then their k indices of ceil(log2 dim) bits, ascending. */

import type { Runtime } from '../../runtime.js';
import { bindReaders, indexBits, type Slots, type WireFormat } from './format.js';

export interface Kept {
  /** Ascending. */
  indices: ArrayLike<number>;
  values: ArrayLike<number>;
}

export function sparse(dim: number, k: number): WireFormat<Kept> {
  const places = indexBits(dim);
  return {
    bits: k * (64 + places),
    write({ indices, values }, slot) {
      for (let t = 0; t < k; t++) slot.float64(values[t]);
      for (let t = 0; t < k; t++) slot.bits(indices[t], places);
    },
    read(slot) {
      const values = Float64Array.from({ length: k }, () => slot.float64());
      return { values, indices: Array.from({ length: k }, () => slot.bits(places)) };
    },
    value({ indices, values }) {
      const message = new Float64Array(dim);
      for (let t = 0; t < k; t++) message[indices[t]] = values[t];
      return message;
    },
    label: `k=${k}`,
  };
}

export function readSparse(plan: Slots & { k: number }, runtime: Runtime) {
  const { gatherSparse: gather, decodeSparse: decode } = runtime.kernels;
  const places = indexBits(plan.dim);
  return bindReaders({ gather, decode }, plan, runtime, { a: () => plan.k, b: () => places });
}
