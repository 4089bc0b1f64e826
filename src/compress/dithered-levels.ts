/**
 * Unbiased quantisers relative to a norm of the error: C(e, k) = step floor(e / step + u), step = norm /
 * levels. QSGD and TernGrad are two of them: each says its levels and omega, and everything else is here.
 */

import { quantizeDithered } from '../../kernels/reference/compressors.js';
import { philoxUniform } from '../../kernels/reference/philox.js';
import { rowLength } from '../arena/layout.js';
import type { PlanContext, Runtime, Seed } from '../runtime.js';
import { drawnByNumber } from './slots.js';
import { DITHER_STREAM } from './streams.js';
import type { CompressorPlan } from './types.js';
import { realBitsOf, slotBytesBehind } from './wire/format.js';
import { levelCodeBits, levels as levelMessages, readLevels } from './wire/levels.js';

const NORM = { l2: 0, max: 1 };

/** `size`: the norm that the levels divide; `variance`: omega in E|C(e) - e|^2 <= omega |e|^2. */
export function planDithered(
  context: PlanContext,
  levels: number,
  size: keyof typeof NORM,
  variance: number,
) {
  const { dim, path, precision } = context;
  const realBits = realBitsOf(context);
  const bits = levelCodeBits(levels);
  const dither = `${path.join('.')}.dither`;
  return {
    levels,
    bits,
    size,
    variance,
    messageBits: levelMessages(dim, bits, realBits).bits,
    slotBytes: slotBytesBehind(realBits, dim * bits),
    contraction: Math.max(0, 1 - variance),
    contractionKind: 'mean' as const,
    dither,
    fields: [{ name: dither, type: 'real' as const, length: rowLength(dim, precision), perWorker: true }],
  };
}

type DitheredPlan = CompressorPlan & ReturnType<typeof planDithered>;

export function bindDithered(plan: DitheredPlan, runtime: Runtime) {
  const { kernels, seed, arena, worker, numbers } = runtime;
  const { dim, slotBytes, bits, levels } = plan;
  const norm = NORM[plan.size];
  const scratch = arena.address(plan.dither, worker);
  return {
    ...readLevels(plan, runtime),
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
        norm,
        round,
        seed.low,
        seed.high,
        scratch,
      ),
    ),
  };
}

export function ditheredMessages({ dim, bits, levels, size, realBits }: DitheredPlan, seed: Seed) {
  return {
    format: levelMessages(dim, bits, realBits),
    of(error: Float64Array, round: number, agent: number) {
      const tau = philoxUniform(dim, agent, round, DITHER_STREAM, [seed.low, seed.high]);
      return quantizeDithered(error, tau, levels, size);
    },
  };
}
