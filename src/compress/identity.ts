/**
 * Identity: every entry as it is. C(e, k) = e. What the others are measured against.
 *
 *  - `wire: f64` (the default): linear, exact. Bits: 64 dim.
 *  - `wire: f32`, `wire: f16`: rounded to the nearest float32 or float16 (IEEE 754 binary16), ties to even; what is beyond the largest finite one
 *    becomes that. Relative error 2^-24 or 2^-11 an entry, so a contraction of nearly 1; but numbers below half the smallest denormal
 *    (2^-150, 2^-25 = 3e-8) are sent as 0 and are never said: f16 agrees to about 1e-8 and no closer. Not linear. Bits: 32 dim, 16 dim.
 */

import { nearestFloat32 } from '../../kernels/reference/compressors.js';
import { bindCodec, type Codec } from './codec.js';
import { float16Bits, float16Value } from './float16.js';
import { oneOf } from './parameters.js';
import type { CompressorDefinition } from './types.js';
import { denseBits, slotBytes } from './wire.js';

type Wire = 'f64' | 'f32' | 'f16';
const ENTRY_BITS: Record<Wire, number> = { f64: 64, f32: 32, f16: 16 };
/** 1 - (relative error)^2 */
const CONTRACTION: Record<Wire, number> = { f64: 1, f32: 1 - 2 ** -48, f16: 1 - 2 ** -22 };

const narrow: Record<'f32' | 'f16', Codec> = {
  f32: {
    encode(error, message) {
      for (let c = 0; c < error.length; c++) message.float32(nearestFloat32(error[c]));
    },
    decode(message, out) {
      for (let c = 0; c < out.length; c++) out[c] = message.float32();
    },
  },
  f16: {
    encode(error, message) {
      for (let c = 0; c < error.length; c++) message.bits(float16Bits(error[c]), 16);
    },
    decode(message, out) {
      for (let c = 0; c < out.length; c++) out[c] = float16Value(message.bits(16));
    },
  },
};

export const identity: CompressorDefinition = {
  kind: 'identity',
  card: { title: 'Identity', summary: 'sends every entry as a float64, float32 or float16', source: 'none' },
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('identity'),
      wire: z.enum(['f64', 'f32', 'f16']).optional().describe('how an entry is sent, f64 by default'),
    }),
  plan: (spec, { dim, path }) => {
    const wire = oneOf<Wire>(spec, 'wire', path, ['f64', 'f32', 'f16'], 'f64');
    const messageBits = wire === 'f64' ? denseBits(dim) : dim * ENTRY_BITS[wire];
    return {
      kind: 'identity',
      dim,
      wire,
      codec: wire !== 'f64',
      messageBits,
      slotBytes: slotBytes(messageBits),
      linear: wire === 'f64',
      contraction: CONTRACTION[wire],
      contractionKind: wire === 'f64' ? 'worst' : 'range',
      projects: wire === 'f64',
      inTurn: wire === 'f64',
      fields: [],
    };
  },
  bind: (plan, runtime) => {
    const { dim, slotBytes } = plan;
    const { kernels, graph: g } = runtime;
    const wire = plan['wire'] as Wire;
    if (wire !== 'f64') return bindCodec(plan, runtime, narrow[wire]);
    return {
      prepare: () => {},
      encode: (first, count, _round, errors, errorStride, slots) =>
        kernels.encodeDense(first, count, errors, errorStride, slots, slotBytes, dim),
      gather: (first, count, _round, slots, out, outStride) =>
        kernels.gatherDense(
          first,
          count,
          g.rowStart,
          g.columns,
          g.weights,
          g.weightStride,
          g.degrees,
          slots,
          slotBytes,
          out,
          outStride,
          dim,
        ),
      decode: (first, count, _round, slots, out, outStride) =>
        kernels.decodeDense(first, count, slots, slotBytes, out, outStride, dim),
    };
  },
  reference: (plan) => (error) => {
    const wire = plan['wire'] as Wire;
    if (wire === 'f64') return error.slice();
    return error.map(wire === 'f32' ? nearestFloat32 : (entry) => float16Value(float16Bits(entry)));
  },
};
