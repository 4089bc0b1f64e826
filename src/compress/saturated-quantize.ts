/**
 * Saturated quantiser: `bits` bits an entry. C(e, k) = step_k q, q = nearest(e / step_k) cut to -levels ..
 * levels, levels = 2^(bits-1) - 1, and step_k = step rate^k (`zoom: false`: constant). Zero is a level, so
 * what is small stays silent.
 *
 * What it can say in all rounds together is levels step / (1 - rate) an entry: a start farther away is never
 * reached, so the first step must cover the data. Inside the range it is the uniform quantiser: contraction 1
 * - rate^2 of the bound on its error. Bits: bits dim; everyone knows the step. Source: Brockett, Liberzon
 * 2000.
 */

import { quantize } from '../../kernels/reference/compressors.js';
import { rowLength } from '../arena/layout.js';
import { defineWired } from './define.js';
import { levels as levelMessages, readLevels } from './wire/levels.js';
import { planZoom, zoomContraction, zoomedStep, zoomParameters } from './zoom.js';

const mostOf = (bits: number) => 2 ** (bits - 1) - 1;

/** A few bits for every entry, times a step that shrinks by `rate` a round. */
export const saturatedQuantize = defineWired({
  kind: 'saturated-quantize',
  metadata: {
    title: 'Saturated quantiser, zooming',
    summary: 'sends every entry as a few bits times a step that shrinks every round; large entries are cut',
    source: 'Brockett, Liberzon 2000 (Quantized feedback stabilization of linear systems)',
  },
  parameters: (z) => ({
    bits: z.number().int().min(2).max(16).describe('bits of an entry, 2..16'),
    ...zoomParameters(z),
  }),
  takes: ['bits', 'step'],
  plan: (spec, context) => {
    const { dim, path, precision } = context;
    const { bits } = spec;
    const zoom = planZoom(spec, context);
    const codes = `${path.join('.')}.codes`;
    return {
      bits,
      ...zoom,
      messageBits: bits * dim,
      contraction: zoomContraction(zoom.rate),
      contractionKind: 'bound',
      codes,
      fields: [{ name: codes, type: 'i32', length: rowLength(dim, precision), perWorker: true }],
    };
  },
  bind: (plan, runtime) => {
    const { kernels, arena, worker } = runtime;
    const { dim, slotBytes, bits } = plan;
    const most = mostOf(bits);
    const codes = arena.address(plan.codes, worker);
    const stepOf = (round: number) => zoomedStep(plan, round);
    return {
      ...readLevels(plan, runtime, stepOf),
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
          most,
          stepOf(round),
          codes,
        ),
    };
  },
  messages: (plan) => ({
    format: levelMessages(plan.dim, plan.bits, plan.realBits, (round) => zoomedStep(plan, round)),
    of: (error, round) => quantize(error, zoomedStep(plan, round), mostOf(plan.bits)),
  }),
  // Whoever knows how fast a run converges writes it down: nobody else can.
  candidates: () => [],
  examples: () => [4, 2, 3, 5, 8, 15, 16].map((bits) => ({ bits, step: 2.3 / 2 ** bits, rate: 0.999 })),
});
