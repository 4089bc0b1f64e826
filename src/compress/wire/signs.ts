/**
 * Signs: one scale, a float64 (or float32), then a bit an entry, the IEEE sign bit. Read alike whoever wrote
 * them: sign, norm-sign, dithered one-bit.
 */

import { decodeSigned, type Signed, signBit } from '../../../kernels/reference/compressors.js';
import { gatherSigned } from '../../../kernels/reference/gather.js';
import type { Runtime } from '../../runtime.js';
import { bindReaders, type Slots, type WireFormat } from './format.js';

export type ScaleBits = 64 | 32;

/** Bits of the sign of every entry and of their scale. */
export const signBits = (dim: number, scaleBits: ScaleBits = 64) => scaleBits + dim;

export function signs(dim: number, scaleBits: ScaleBits = 64): WireFormat<Signed> {
  return {
    bits: signBits(dim, scaleBits),
    write({ scale, entries }, slot) {
      if (scaleBits === 64) slot.float64(scale);
      else slot.float32(scale);
      for (const entry of entries) slot.bits(signBit(entry), 1);
    },
    read(slot) {
      const scale = scaleBits === 64 ? slot.float64() : slot.float32();
      return { scale, entries: Float64Array.from({ length: dim }, () => (slot.bits(1) ? -1 : 1)) };
    },
    value: decodeSigned,
    gathered: (graph, messages, i) => gatherSigned(graph, messages.map(decodeSigned), i),
  };
}

export function readSigns(plan: Slots, runtime: Runtime, scaleBits: ScaleBits = 64) {
  const { gatherSign, decodeSign, gatherSignSingle, decodeSignSingle } = runtime.kernels;
  return scaleBits === 64
    ? bindReaders({ gather: gatherSign, decode: decodeSign }, plan, runtime)
    : bindReaders({ gather: gatherSignSingle, decode: decodeSignSingle }, plan, runtime);
}
