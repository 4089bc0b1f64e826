/**
 * Dense: every entry, as a float64, or rounded to the nearest float32 or float16 (the largest finite one
 * beyond it). Kernels read numbers of
 * the run's precision.
 */

import { nearestFloat32 } from '../../../kernels/reference/compressors.js';
import type { Runtime } from '../../runtime.js';
import type { BitReader, BitWriter } from './bits.js';
import { float16Bits, float16Value } from './float16.js';
import { bindReaders, type Slots, type WireFormat } from './format.js';

export type EntryType = 'f64' | 'f32' | 'f16';

/** How one entry is rounded, written and read. */
export const ENTRY: Record<
  EntryType,
  {
    bits: number;
    nearest(x: number): number;
    write(slot: BitWriter, x: number): void;
    read(slot: BitReader): number;
  }
> = {
  f64: {
    bits: 64,
    nearest: (x) => x,
    write: (slot, x) => slot.float64(x),
    read: (slot) => slot.float64(),
  },
  f32: {
    bits: 32,
    nearest: nearestFloat32,
    write: (slot, x) => slot.float32(nearestFloat32(x)),
    read: (slot) => slot.float32(),
  },
  f16: {
    bits: 16,
    nearest: (x) => float16Value(float16Bits(x)),
    write: (slot, x) => slot.bits(float16Bits(x), 16),
    read: (slot) => float16Value(slot.bits(16)),
  },
};

export function dense(dim: number, type: EntryType): WireFormat<Float64Array> {
  const { bits, nearest, write, read } = ENTRY[type];
  return {
    bits: bits * dim,
    write(entries, slot) {
      for (const entry of entries) write(slot, entry);
    },
    read: (slot) => Float64Array.from({ length: dim }, () => read(slot)),
    fieldAt: (n) => ({ name: 'value', coordinate: n, meaning: `this entry, in ${bits} bits` }),
    value: (entries) => entries.map(nearest),
  };
}

/** `apart`: in float32 without the errors that cannot add up where states move on (`gatherDenseApart`). */
export function readDense(slots: Slots, runtime: Runtime, apart = false) {
  const { gatherDense, gatherDenseApart, decodeDense: decode } = runtime.kernels;
  return bindReaders({ gather: apart ? gatherDenseApart : gatherDense, decode }, slots, runtime);
}
