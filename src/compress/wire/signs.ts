/**
 * Signs: one scale, a number (or a float32), then a bit an entry, the IEEE sign bit. Read alike whoever wrote
 * them: sign, norm-sign, dithered one-bit.
 */

import { decodeSigned, type Signed, signBit } from '../../../kernels/reference/compressors.js';
import { gatherSigned } from '../../../kernels/reference/gather.js';
import type { NumberBits } from '../../arena/layout.js';
import { unexpected } from '../../base/errors.js';
import type { PlanContext, Runtime } from '../../runtime.js';
import { bindReaders, realBitsOf, type Slots, type WireFormat } from './format.js';

/** Bits of the sign of every entry and of their scale. */
export const signBits = (dim: number, scaleBits: NumberBits) => scaleBits + dim;

/** Bits of the scale: as asked for, and a number of the run's where nobody asks. */
export function planScaleBits(asked: NumberBits | undefined, context: PlanContext): NumberBits {
  const realBits = realBitsOf(context);
  if (asked === undefined || asked <= realBits) return asked ?? realBits;
  throw unexpected([...context.path, 'scaleBits'], asked, '32: numbers are float32 in this run');
}

export function signs(dim: number, scaleBits: NumberBits): WireFormat<Signed> {
  return {
    bits: signBits(dim, scaleBits),
    write({ scale, entries }, slot) {
      slot.number(scale, scaleBits);
      for (const entry of entries) slot.bits(signBit(entry), 1);
    },
    read(slot) {
      const scale = slot.number(scaleBits);
      return { scale, entries: Float64Array.from({ length: dim }, () => (slot.bits(1) ? -1 : 1)) };
    },
    fieldAt: (n) =>
      n === 0
        ? { name: 'scale', coordinate: null, meaning: 'the size of every entry' }
        : { name: 'sign', coordinate: n - 1, meaning: 'the sign of this entry: 1 is minus' },
    value: decodeSigned,
    gathered: (graph, messages, i) => gatherSigned(graph, messages.map(decodeSigned), i),
  };
}

export function readSigns(plan: Slots & { realBits: NumberBits }, runtime: Runtime, scaleBits: NumberBits) {
  const { gatherSign, decodeSign, gatherSignSingle, decodeSignSingle } = runtime.kernels;
  return scaleBits === plan.realBits
    ? bindReaders({ gather: gatherSign, decode: decodeSign }, plan, runtime)
    : bindReaders({ gather: gatherSignSingle, decode: decodeSignSingle }, plan, runtime);
}
