/** Scalars: m numbers, those of m entries in turn from one on that every reader knows. */

import type { NumberBits } from '../../arena/layout.js';
import type { Runtime } from '../../runtime.js';
import { bindReaders, type Slots, type WireFormat } from './format.js';

type IndexOf = (round: number) => number;

export const scalarBits = (scalars: number, realBits: NumberBits) => realBits * scalars;

/** Entry indexOf(round) and those that follow it, round and round. */
export function scalars(
  dim: number,
  count: number,
  indexOf: IndexOf,
  realBits: NumberBits,
): WireFormat<Float64Array> {
  return {
    bits: scalarBits(count, realBits),
    write(numbers, slot) {
      for (const number of numbers) slot.number(number, realBits);
    },
    read: (slot) => Float64Array.from({ length: count }, () => slot.number(realBits)),
    value(numbers, round) {
      const message = new Float64Array(dim);
      for (const [t, number] of numbers.entries()) message[(indexOf(round) + t) % dim] = number;
      return message;
    },
    fieldAt: (n, round) => ({
      name: 'value',
      coordinate: (indexOf(round) + n) % dim,
      meaning: 'this entry; which one, the round says',
    }),
    label: `m=${count}`,
  };
}

export function readScalars(plan: Slots & { scalars: number }, runtime: Runtime, indexOf: IndexOf) {
  const { gatherScalars: gather, decodeScalars: decode } = runtime.kernels;
  return bindReaders({ gather, decode }, plan, runtime, { a: indexOf, b: () => plan.scalars });
}
