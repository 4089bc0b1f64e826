/**
 * Uniform quantiser with a zooming step: C(e, k) = step_k nearest(e / step_k), step_k = step rate^k, ties to
 * even.
 *
 * The error of a message is at most step_k / 2 an entry, whatever e: it goes to zero as fast as the step does
 * and no faster, so choose `rate` a little above the rate at which the flow itself converges (a step that
 * shrinks faster costs bits, one that shrinks slower costs rounds). Contraction: 1 - rate^2, of the bound.
 * With `zoom: false` the step stays: then anything below half a step is never said, and the quantiser does
 * not qualify as a spatio-temporal compressor.
 *
 * Bits: whole numbers are unlimited, so messages vary in length: sum_c (2 floor(log2 v_c) + 1), v = 1 + the
 * zigzag code of q (0, -1, 1, -2, 2, ... to 1, 2, 3, 4, 5, ...), which is 1 bit for 0, 3 for +-1
 * (`integers.ts`). From 2^30 steps on an entry goes as it is, in 96 bits.
 * Source: Brockett, Liberzon 2000 (zooming); Elias 1975 (the code).
 */

import { nearest } from '../../kernels/reference/compressors.js';
import { defineCodec } from './define.js';
import { longestNumberBits, readNumber, representable, writeNumber, writeWhole } from './integers.js';
import { realBitsOf } from './wire/format.js';
import { planZoom, zoomContraction, zoomedStep, zoomParameters } from './zoom.js';

/** A step that shrinks by `rate` a round. */
export const uniformQuantize = defineCodec({
  kind: 'uniform-quantize',
  metadata: {
    title: 'Uniform quantiser, zooming',
    summary: 'sends multiples of a step that shrinks every round; without zooming it stalls at half a step',
    source: 'Brockett, Liberzon 2000 (Quantized feedback stabilization of linear systems)',
  },
  parameters: zoomParameters,
  takes: ['step'],
  plan: (spec, context) => {
    const zoom = planZoom(spec, context);
    return {
      ...zoom,
      messageBits: null,
      longestBits: context.dim * longestNumberBits(realBitsOf(context)),
      contraction: zoomContraction(zoom.rate),
      contractionKind: 'bound',
    };
  },
  codec: (plan) => ({
    encode(error, message, round) {
      const step = zoomedStep(plan, round);
      for (let c = 0; c < error.length; c++) {
        const level = nearest(error[c] / step);
        if (representable(level)) writeWhole(message, level);
        else writeNumber(message, error[c], plan.realBits);
      }
    },
    decode(message, out, round) {
      const step = zoomedStep(plan, round);
      for (let c = 0; c < out.length; c++) out[c] = readNumber(message, step, plan.realBits);
    },
  }),
  reference: (plan) => (error, round) => {
    const step = zoomedStep(plan, round);
    return error.map((entry) => {
      const level = nearest(entry / step);
      return representable(level) ? step * level : entry;
    });
  },
  // Whoever knows how fast a run converges writes it down: nobody else can.
  candidates: () => [],
  examples: () => [{ step: 0.5, rate: 0.98 }],
});
