/**
 * Levels: a whole number of `bits` bits an entry in two's complement, times a step. The step is a number in
 * front of them, or one of the round that every reader knows and nobody sends.
 */

import { decodeQuantized, type Quantized } from '../../../kernels/reference/compressors.js';
import type { NumberBits } from '../../arena/layout.js';
import type { Runtime } from '../../runtime.js';
import { bindReaders, type Slots, type WireFormat } from './format.js';

type StepOf = (round: number) => number;

/** Bits of a whole number in -levels .. levels, two's complement. */
export function levelCodeBits(levels: number): number {
  return 1 + (32 - Math.clz32(levels));
}

/** `realBits`: of a step that is sent. `stepOf`: the step of a round where everyone knows it. */
export function levels(
  dim: number,
  bits: number,
  realBits: NumberBits,
  stepOf?: StepOf,
): WireFormat<Quantized> {
  return {
    bits: (stepOf ? 0 : realBits) + dim * bits,
    write({ step, levels: numbers }, slot) {
      if (!stepOf) slot.number(step, realBits);
      for (const level of numbers) slot.bits(level, bits);
    },
    read(slot, round) {
      const step = stepOf ? stepOf(round) : slot.number(realBits);
      const numbers = Float64Array.from({ length: dim }, () => {
        const code = slot.bits(bits);
        return code >= 2 ** (bits - 1) ? code - 2 ** bits : code;
      });
      return { step, levels: numbers };
    },
    fieldAt: (n) =>
      n === 0 && !stepOf
        ? { name: 'step', coordinate: null, meaning: 'the size of one level' }
        : {
            name: 'level',
            coordinate: stepOf ? n : n - 1,
            meaning: "this entry in steps, two's complement",
          },
    value: decodeQuantized,
    label: `${bits} bits`,
  };
}

export function readLevels(plan: Slots & { bits: number }, runtime: Runtime, stepOf?: StepOf) {
  const { gatherLevels: gather, decodeLevels: decode } = runtime.kernels;
  return bindReaders({ gather, decode }, plan, runtime, {
    a: () => plan.bits,
    // To the kernels a step of 0 says that each message carries its own.
    b: stepOf ?? (() => 0),
  });
}
