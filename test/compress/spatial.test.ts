/**
 * What every spatial compressor must do, in one table: what is read from the packed slots is what the
 * reference implementation says, bit for bit, whatever the numbers; gathers are the Laplacian of that; bits
 * are those of the formula; silence is zero; wrong parameters are refused by name.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInputError } from '../../src/base/errors.js';
import { planCompressor } from '../../src/compress/registry.js';
import type { CompressorSpec } from '../../src/compress/types.js';
import { expectClose, expectSame, unkindVectors } from '../kernels/harness.js';
import { runs } from '../support/properties.js';
import { Bench, parseCompressor, planOf, unevenRows } from './combinators/bench.js';

const log2 = (n: number) => Math.ceil(Math.log2(n));

/**
 * Bits of a message about `e`: by the formula of the header. Only lengths that vary look at what was said.
 */
type Formula = (dim: number, said: Float64Array) => number;

const table: { name: string; spec: CompressorSpec; bits: Formula | null }[] = [
  { name: 'identity', spec: { kind: 'identity' }, bits: (d) => 64 * d },
  { name: 'identity f32', spec: { kind: 'identity', wire: 'f32' }, bits: (d) => 32 * d },
  { name: 'identity f16', spec: { kind: 'identity', wire: 'f16' }, bits: (d) => 16 * d },
  { name: 'top-k', spec: { kind: 'top-k', k: 2 }, bits: (d) => 2 * (64 + log2(d)) },
  { name: 'rand-k', spec: { kind: 'rand-k', k: 2 }, bits: () => 128 },
  { name: 'rand-k unbiased', spec: { kind: 'rand-k', k: 2, unbiased: true }, bits: () => 128 },
  { name: 'rand-k shared', spec: { kind: 'rand-k', k: 2, shared: true }, bits: () => 128 },
  {
    name: 'threshold',
    spec: { kind: 'threshold', threshold: 0.6 },
    bits: (d, said) => {
      const n = said.filter((entry) => entry !== 0).length;
      return 1 + 64 * n + Math.min(log2(d + 1) + n * log2(d), d);
    },
  },
  { name: 'sign', spec: { kind: 'sign' }, bits: (d) => 64 + d },
  { name: 'sign f32', spec: { kind: 'sign', scaleBits: 32 }, bits: (d) => 32 + d },
  { name: 'sign unbiased', spec: { kind: 'sign', scale: 'unbiased' }, bits: (d) => 64 + d },
  {
    name: 'sign unbiased f32',
    spec: { kind: 'sign', scale: 'unbiased', scaleBits: 32 },
    bits: (d) => 32 + d,
  },
  { name: 'norm-sign', spec: { kind: 'norm-sign' }, bits: (d) => 64 + d },
  { name: 'one-bit', spec: { kind: 'one-bit', amplitude: 2, shrink: 0.3 }, bits: (d) => 64 + d },
  {
    name: 'uniform-quantize',
    spec: { kind: 'uniform-quantize', step: 0.25, rate: 0.9 },
    // Counted by hand in quantisers.test.ts: the step changes every round.
    bits: null,
  },
  {
    name: 'saturated-quantize',
    spec: { kind: 'saturated-quantize', bits: 5, step: 0.25, rate: 0.9 },
    bits: (d) => 5 * d,
  },
  {
    name: 'saturated-quantize without zooming',
    spec: { kind: 'saturated-quantize', bits: 3, step: 0.25, zoom: false },
    bits: (d) => 3 * d,
  },
  { name: 'qsgd', spec: { kind: 'qsgd', levels: 4 }, bits: (d) => 64 + d * (1 + log2(5)) },
  { name: 'qsgd by default', spec: { kind: 'qsgd' }, bits: (d) => 64 + d * (1 + log2(16)) },
  { name: 'terngrad', spec: { kind: 'terngrad' }, bits: (d) => 64 + 2 * d },
  { name: 'natural', spec: { kind: 'natural' }, bits: (d) => 9 * d },
  { name: 'natural, nearest', spec: { kind: 'natural', rounding: 'nearest' }, bits: (d) => 9 * d },
  { name: 'scalarize-cyclic', spec: { kind: 'scalarize-cyclic' }, bits: () => 64 },
  { name: 'scalarize-cyclic 3', spec: { kind: 'scalarize-cyclic', scalars: 3 }, bits: () => 192 },
  { name: 'scalarize-sinusoid', spec: { kind: 'scalarize-sinusoid' }, bits: () => 64 },
  { name: 'scalarize-sinusoid 2', spec: { kind: 'scalarize-sinusoid', scalars: 2 }, bits: () => 128 },
  { name: 'scalarize-random 2', spec: { kind: 'scalarize-random', scalars: 2 }, bits: () => 128 },
  { name: 'scalarize-sweep', spec: { kind: 'scalarize-sweep' }, bits: () => 64 },
  { name: 'scalarize-sweep 4', spec: { kind: 'scalarize-sweep', scalars: 4 }, bits: () => 256 },
  {
    name: 'flattened-one-bit',
    spec: { kind: 'flattened-one-bit', amplitude: 3 },
    bits: (d) => 64 + 2 ** log2(d),
  },
  {
    name: 'flatten sign f32',
    spec: { kind: 'flatten', inner: { kind: 'sign', scale: 'unbiased', scaleBits: 32 } },
    bits: (d) => 32 + 2 ** log2(d),
  },
];

const agents = 5;
/** The wires' formats hold whatever dim is; these are not a multiple of anything. */
const dims = [4, 11, 37];

describe.each(table)('$name', ({ name, spec, bits }) => {
  it('says what its reference implementation says, and gathers to the Laplacian of it', () => {
    for (const dim of dims) {
      const bench = new Bench(spec, { agents, dim });
      for (let round = 0; round < 7; round++) {
        const errors = unevenRows(agents, dim, 100 * dim + round);
        const { messages, expected, gathered, bits: counted } = bench.say(...errors);
        for (let i = 0; i < agents; i++) {
          check(spec, messages[i], expected[i], `${name}, dim ${dim}, round ${round}, agent ${i}`);
          const sum = expected[i].map((_, c) =>
            bench.laplacian[i].reduce((total, weight, j) => total + weight * expected[j][c], 0),
          );
          expectClose(gathered[i], sum, 1e-12, `gather, dim ${dim}, round ${round}, agent ${i}`);
          if (bits) expect(counted[i]).toBe(bits(dim, expected[i]));
        }
      }
    }
  });

  it('says what its reference implementation says of unkind vectors', () => {
    for (const dim of dims) {
      const vectors = Object.values(unkindVectors(dim));
      const bench = new Bench(spec, { agents: vectors.length, dim });
      for (let round = 0; round < 3; round++) {
        const { messages, expected } = bench.say(...vectors);
        for (const [i, message] of messages.entries()) {
          check(spec, message, expected[i], `${name}, dim ${dim}, ${Object.keys(unkindVectors(1))[i]}`);
          expect(message.every(Number.isFinite), `${name} is finite`).toBe(true);
        }
      }
    }
  });

  it('says what its reference implementation says of any numbers', () => {
    const dim = 11;
    const bench = new Bench(spec, { agents: 1, dim });
    const entry = fc.oneof(
      fc.double({ min: -1e300, max: 1e300, noNaN: true }),
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.constantFrom(0, -0, 5e-324, -5e-324, 1e-310, 1e300, -1e300, 0.5, 65_504, -65_520, 3.5e38),
    );
    fc.assert(
      fc.property(fc.array(entry, { minLength: dim, maxLength: dim }), (row) => {
        const { messages, expected } = bench.say(row);
        check(spec, messages[0], expected[0], name);
      }),
      { numRuns: runs(60), seed: 3 },
    );
  });

  it('is silent in a slot of zeros', () => {
    const dim = 11;
    const bench = new Bench({ kind: 'every', rounds: 2, inner: spec }, { agents, dim });
    bench.say(...unevenRows(agents, dim, 1));
    const { messages, gathered } = bench.say(...unevenRows(agents, dim, 2));
    for (const row of [...messages, ...gathered]) expectSame(row, new Float64Array(dim), name);
  });

  it('keeps zero', () => {
    const bench = new Bench(spec, { agents: 1, dim: 11 });
    expectSame(bench.say(new Float64Array(11)).messages[0], new Float64Array(11), name);
  });
});

/**
 * Bit for bit; after a transform to rounding, since kernels and reference implementations may sum in another
 * order.
 */
function check(spec: CompressorSpec, message: Float64Array, expected: Float64Array, what: string): void {
  if (!spec.kind.startsWith('flatten')) {
    expectSame(message, expected, what);
    return;
  }
  const size = Math.max(1e-300, ...expected.map(Math.abs));
  expectClose(
    message.map((entry) => entry / size),
    expected.map((entry) => entry / size),
    1e-12,
    what,
  );
}

describe('wrong parameters are refused by their path', () => {
  const dim = 8;
  const refused: [CompressorSpec, string, RegExp][] = [
    [{ kind: 'identity', wire: 'f8' }, 'wire', /expected f64, f32 or f16/],
    [{ kind: 'rand-k', k: 0 }, 'k', /k is 0, expected a whole number >= 1/],
    [{ kind: 'rand-k', k: 9 }, 'k', /k is 9, expected 1\.\.8 \(dim\)/],
    [{ kind: 'rand-k', k: 1.5 }, 'k', /k is 1\.5/],
    [{ kind: 'rand-k', k: 2, unbiased: 1 }, 'unbiased', /true or false/],
    [{ kind: 'threshold', threshold: 0 }, 'threshold', /threshold is 0, expected a number in \(0, 1\]/],
    [{ kind: 'threshold' }, 'threshold', /missing/],
    [{ kind: 'sign', scale: 'median' }, 'scale', /mean, unbiased or unit/],
    [{ kind: 'sign', scaleBits: 16 }, 'scaleBits', /64 or 32/],
    [{ kind: 'one-bit', amplitude: 0 }, 'amplitude', /a number > 0/],
    [{ kind: 'one-bit', shrink: -1 }, 'shrink', /a number > 0/],
    [{ kind: 'uniform-quantize', step: 1 }, 'rate', /missing/],
    [{ kind: 'uniform-quantize', step: 1, rate: 1 }, 'rate', /rate is 1, expected .*\(0, 1\).*zoom: false/],
    [{ kind: 'uniform-quantize', step: 1, rate: 1.2 }, 'rate', /1\.2/],
    [{ kind: 'uniform-quantize', step: 1, rate: 0.5, zoom: false }, 'rate', /1 with zoom: false/],
    [{ kind: 'uniform-quantize', step: -1, rate: 0.5 }, 'step', /a number > 0/],
    [
      { kind: 'saturated-quantize', bits: 1, step: 1, rate: 0.5 },
      'bits',
      /bits is 1, expected a whole number in 2\.\.16/,
    ],
    [{ kind: 'saturated-quantize', bits: 17, step: 1, rate: 0.5 }, 'bits', /2\.\.16/],
    [{ kind: 'saturated-quantize', bits: 4, step: 1, rate: 1 }, 'rate', /zoom: false/],
    [{ kind: 'qsgd', levels: 0 }, 'levels', /1\.\.32767/],
    [{ kind: 'natural', rounding: 'up' }, 'rounding', /stochastic or nearest/],
    [{ kind: 'scalarize-cyclic', scalars: 9 }, 'scalars', /1\.\.8 \(dim\)/],
    [{ kind: 'scalarize-sweep', scalars: 0 }, 'scalars', /a whole number >= 1/],
  ];
  it.each(refused)('%j', (spec, name, text) => {
    const context = {
      agents: 3,
      dim,
      blockAgents: 2,
      seed: { low: 1, high: 0 },
      rounds: 10,
      path: ['compressor', 'inner'],
    };
    try {
      planCompressor(parseCompressor(spec, context.path), context);
      expect.fail('it was accepted');
    } catch (error) {
      expect(isInputError(error), String(error)).toBe(true);
      expect((error as { path: unknown }).path).toEqual(['compressor', 'inner', name]);
      expect((error as Error).message).toMatch(text);
    }
  });

  it('a quantiser that does not zoom must say so', () => {
    expect(planOf({ kind: 'uniform-quantize', step: 1, zoom: false }).contraction).toBe(0);
    expect(planOf({ kind: 'uniform-quantize', step: 1, rate: 1, zoom: false }).contraction).toBe(0);
  });
});
