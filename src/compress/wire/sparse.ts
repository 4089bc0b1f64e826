/** Sparse: k numbers, then their k indices of ceil(log2 dim) bits, ascending. */

import type { NumberBits } from '../../arena/layout.js';
import type { Runtime } from '../../runtime.js';
import { bindReaders, indexBits, type Slots, slotBytesBehind, type WireFormat } from './format.js';

export interface Kept {
  /** Ascending. */
  indices: ArrayLike<number>;
  values: ArrayLike<number>;
}

export function sparse(dim: number, k: number, realBits: NumberBits): WireFormat<Kept> {
  const places = indexBits(dim);
  return {
    bits: k * (realBits + places),
    write({ indices, values }, slot) {
      for (let t = 0; t < k; t++) slot.number(values[t], realBits);
      for (let t = 0; t < k; t++) slot.bits(indices[t], places);
    },
    read(slot) {
      const values = Float64Array.from({ length: k }, () => slot.number(realBits));
      return { values, indices: Array.from({ length: k }, () => slot.bits(places)) };
    },
    value({ indices, values }) {
      const message = new Float64Array(dim);
      for (let t = 0; t < k; t++) message[indices[t]] = values[t];
      return message;
    },
    fieldAt: (n) =>
      n < k
        ? { name: 'value', coordinate: null, meaning: `the number of kept entry ${n + 1} of ${k}` }
        : { name: 'index', coordinate: null, meaning: `which entry kept entry ${n - k + 1} of ${k} is` },
    label: `k=${k}`,
  };
}

/** Bytes of the slot of a message. */
export function sparseSlotBytes(dim: number, k: number, realBits: NumberBits): number {
  return slotBytesBehind(k * realBits, k * indexBits(dim));
}

export function readSparse(plan: Slots & { k: number }, runtime: Runtime) {
  const { gatherSparse: gather, decodeSparse: decode } = runtime.kernels;
  const places = indexBits(plan.dim);
  return bindReaders({ gather, decode }, plan, runtime, { a: () => plan.k, b: () => places });
}
