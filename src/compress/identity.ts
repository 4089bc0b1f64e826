/**
 * Identity: every entry as it is. C(e, k) = e. What the others are measured against.
 *
 *  - `wire: f64` (the default): linear, exact. Bits: 64 dim. In float32 the default is `wire: f32`, which is
 *    exact there.
 *  - `wire: f32`, `wire: f16`: rounded to the nearest float32 or float16 (IEEE 754 binary16), ties to even;
 *    what is beyond the largest finite one becomes that. Relative error 2^-24 or 2^-11 an entry, so a
 *    contraction of nearly 1; but numbers below half the smallest denormal (2^-150, 2^-25 = 3e-8) are sent as
 *    0 and are never said: f16 agrees to about 1e-8 and no closer. Not linear. Bits: 32 dim, 16 dim.
 */

import { unexpected } from '../base/errors.js';
import { bindCodec } from './codec.js';
import { defineWired } from './define.js';
import { codecNs } from './nanoseconds.js';
import { dense, ENTRY, type EntryType, readDense } from './wire/dense.js';
import { realBitsOf } from './wire/format.js';

/** 1 - (relative error)^2 */
const CONTRACTION: Record<EntryType, number> = { f64: 1, f32: 1 - 2 ** -48, f16: 1 - 2 ** -22 };

/** All of e; with `wire` every entry as the nearest float32 or float16. */
export const identity = defineWired({
  kind: 'identity',
  metadata: {
    title: 'Identity',
    summary: 'sends every entry as a float64, float32 or float16',
    source: 'none',
  },
  parameters: (z) => ({
    wire: z
      .enum(['f64', 'f32', 'f16'])
      .optional()
      .describe('how an entry is sent, f64 by default, f32 with precision: float32'),
  }),
  plan: ({ wire: asked }, context) => {
    const { dim, path } = context;
    const realBits = realBitsOf(context);
    const wire = asked ?? (realBits === 64 ? 'f64' : 'f32');
    if (ENTRY[wire].bits > realBits)
      throw unexpected([...path, 'wire'], wire, 'f32 or f16: numbers are float32 in this run');
    const exact = ENTRY[wire].bits === realBits;
    return {
      wire,
      messageBits: ENTRY[wire].bits * dim,
      ...(!exact && { nanoseconds: codecNs(dim) }),
      linear: exact,
      contraction: exact ? 1 : CONTRACTION[wire],
      contractionKind: exact ? 'worst' : 'range',
      projects: exact,
      inTurn: exact,
      verbatim: exact,
    };
  },
  asIs: ({ wire }, realBits) => wire === undefined || ENTRY[wire].bits === realBits,
  bind: (plan, runtime) => {
    const { dim, slotBytes, wire, realBits } = plan;
    const { kernels } = runtime;
    if (ENTRY[wire].bits < realBits) {
      const { write, read } = ENTRY[wire];
      return bindCodec(plan, runtime, {
        encode(error, message) {
          for (let c = 0; c < dim; c++) write(message, error[c]);
        },
        decode(message, out) {
          for (let c = 0; c < dim; c++) out[c] = read(message);
        },
      });
    }
    return {
      ...readDense(plan, runtime),
      encode: (first, count, _round, errors, errorStride, slots) =>
        kernels.encodeDense(first, count, errors, errorStride, slots, slotBytes, dim),
    };
  },
  messages: ({ dim, wire }) => ({ format: dense(dim, wire), of: (error) => error }),
  examples: () => [{}, { wire: 'f32' }, { wire: 'f16' }],
});
