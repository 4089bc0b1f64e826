/** Scalars: m float64, those of m entries in turn from one on that every reader knows. */

import type { Runtime } from '../../runtime.js';
import { bindReaders, type Slots, type WireFormat } from './format.js';

type IndexOf = (round: number) => number;

export const scalarBits = (scalars: number) => 64 * scalars;

/** Entry indexOf(round) and those that follow it, round and round. */
export function scalars(dim: number, count: number, indexOf: IndexOf): WireFormat<Float64Array> {
  return {
    bits: scalarBits(count),
    write(numbers, slot) {
      for (const number of numbers) slot.float64(number);
    },
    read: (slot) => Float64Array.from({ length: count }, () => slot.float64()),
    value(numbers, round) {
      const message = new Float64Array(dim);
      for (const [t, number] of numbers.entries()) message[(indexOf(round) + t) % dim] = number;
      return message;
    },
    label: `m=${count}`,
  };
}

export function readScalars(plan: Slots & { scalars: number }, runtime: Runtime, indexOf: IndexOf) {
  const { gatherScalars: gather, decodeScalars: decode } = runtime.kernels;
  return bindReaders({ gather, decode }, plan, runtime, { a: indexOf, b: () => plan.scalars });
}
