/**
 * Saturated quantiser: `bits` bits an entry. C(e, k) = step_k q, q = nearest(e / step_k) cut to -levels .. levels, levels = 2^(bits-1) - 1, and
 * step_k = step rate^k (`zoom: false`: constant). Zero is a level, so what is small stays silent.
 *
 * What it can say in all rounds together is levels step / (1 - rate) an entry: a start farther away is never reached, so the first step must
 * cover the data. Inside the range it is the uniform quantiser: contraction 1 - rate^2 of the bound on its error.
 * Bits: bits dim; everyone knows the step. Source: Brockett, Liberzon 2000.
 */

import { decodeQuantized, quantize } from '../../kernels/reference/compressors.js';
import { rowLength } from '../arena/layout.js';
import { bindLevelReaders } from './level-message.js';
import { wholeNumber } from './parameters.js';
import type { CompressorDefinition } from './types.js';
import { levelBits, slotBytes } from './wire.js';
import { planZoom, zoomContraction, zoomedStep } from './zoom.js';

export const saturatedQuantize: CompressorDefinition = {
  kind: 'saturated-quantize',
  card: {
    title: 'Saturated quantiser, zooming',
    summary: 'sends every entry as a few bits times a step that shrinks every round; large entries are cut',
    source: 'Brockett, Liberzon 2000 (Quantized feedback stabilization of linear systems)',
  },
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('saturated-quantize'),
      bits: z.number().int().min(2).max(16).describe('bits of an entry, 2..16'),
      step: z.number().positive().describe('step of round 0'),
      rate: z.number().positive().optional().describe('factor of the step from round to round, in (0, 1)'),
      zoom: z.boolean().optional().describe('false: the step stays, and no rate is given'),
    }),
  plan: (spec, { dim, path }) => {
    const bits = wholeNumber(spec, 'bits', path, { least: 2, most: 16 });
    const { step, rate } = planZoom(spec, path);
    const messageBits = levelBits(dim, bits, true);
    const codes = `${path.join('.')}.codes`;
    return {
      kind: 'saturated-quantize',
      dim,
      bits,
      step,
      rate,
      messageBits,
      slotBytes: slotBytes(messageBits),
      linear: false,
      contraction: zoomContraction(rate),
      contractionKind: 'bound',
      codes,
      fields: [{ name: codes, type: 'i32', length: rowLength(dim), perWorker: true }],
    };
  },
  bind: (plan, runtime) => {
    const { kernels, arena, worker } = runtime;
    const { dim, slotBytes } = plan;
    const bits = plan['bits'] as number;
    const levels = 2 ** (bits - 1) - 1;
    const codes = arena.address(plan['codes'] as string, worker);
    const stepOf = (round: number) => zoomedStep(plan, round);
    return {
      ...bindLevelReaders(plan, runtime, bits, stepOf),
      prepare: () => {},
      encode: (first, count, round, errors, errorStride, slots) =>
        kernels.encodeLevels(
          first,
          count,
          errors,
          errorStride,
          slots,
          slotBytes,
          dim,
          bits,
          levels,
          stepOf(round),
          codes,
        ),
    };
  },
  reference: (plan) => (error, round) =>
    decodeQuantized(quantize(error, zoomedStep(plan, round), 2 ** ((plan['bits'] as number) - 1) - 1)),
};
