/** Unbiased quantisers relative to a norm of the error: C(e, k) = step floor(e / step + u), step = norm / levels. QSGD and TernGrad are two of them. */

import { decodeQuantized, quantizeDithered } from '../../kernels/reference/compressors.js';
import { philoxUniform } from '../../kernels/reference/philox.js';
import { rowLength } from '../arena/layout.js';
import type { SpecPath } from '../errors.js';
import { bindLevelReaders, levelCodeBits } from './level-message.js';
import { drawnByNumber } from './slots.js';
import { DITHER_STREAM } from './streams.js';
import type { CompressorDefinition, CompressorSpec } from './types.js';
import { levelBits, slotBytes } from './wire.js';

interface DitheredLevels extends Pick<CompressorDefinition, 'kind' | 'card' | 'parameters'> {
  /** The norm that the levels divide. */
  size: 'l2' | 'max';
  levels(spec: CompressorSpec, path: SpecPath): number;
  /** omega in E|C(e) - e|^2 <= omega |e|^2. */
  variance(dim: number, levels: number): number;
}

const NORM = { l2: 0, max: 1 };

export function ditheredLevels(family: DitheredLevels): CompressorDefinition {
  const { kind, card, parameters, size } = family;
  return {
    kind,
    card,
    parameters,
    plan: (spec, { dim, path }) => {
      const levels = family.levels(spec, path);
      const bits = levelCodeBits(levels);
      const messageBits = levelBits(dim, bits, false);
      const variance = family.variance(dim, levels);
      const dither = `${path.join('.')}.dither`;
      return {
        kind,
        dim,
        levels,
        bits,
        variance,
        messageBits,
        slotBytes: slotBytes(messageBits),
        linear: false,
        contraction: Math.max(0, 1 - variance),
        contractionKind: 'mean',
        dither,
        fields: [{ name: dither, type: 'f64', length: rowLength(dim), perWorker: true }],
      };
    },
    bind: (plan, runtime) => {
      const { kernels, seed, arena, worker, numbers } = runtime;
      const { dim, slotBytes } = plan;
      const bits = plan['bits'] as number;
      const levels = plan['levels'] as number;
      const scratch = arena.address(plan['dither'] as string, worker);
      return {
        ...bindLevelReaders(plan, runtime, bits),
        prepare: () => {},
        encode: drawnByNumber(numbers, slotBytes, (first, count, round, errors, errorStride, slots) =>
          kernels.encodeLevelsDithered(
            first,
            count,
            errors,
            errorStride,
            slots,
            slotBytes,
            dim,
            bits,
            levels,
            NORM[size],
            round,
            seed.low,
            seed.high,
            scratch,
          ),
        ),
      };
    },
    reference: (plan, seed) => (error, round, agent) => {
      const tau = philoxUniform(error.length, agent, round, DITHER_STREAM, [seed.low, seed.high]);
      return decodeQuantized(quantizeDithered(error, tau, plan['levels'] as number, size));
    },
  };
}
