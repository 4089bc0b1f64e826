/** A few numbers a message: sums of projections on directions that everyone knows. */

import { describe, expect, it } from 'vitest';
import { sineBasis, sinePi } from '../../src/compress/sine-basis.js';
import type { CompressorSpec } from '../../src/compress/types.js';
import { expectClose, normals, seededRandom } from '../kernels/harness.js';
import { Bench, messagesOf } from './combinators/bench.js';

describe('by hand', () => {
  it('cyclic: two coordinates a message, in turn', () => {
    const e = [1, 2, 3, 4, 5];
    expect(messagesOf({ kind: 'scalarize-cyclic', scalars: 2 }, [e, e, e])).toEqual([
      [1, 2, 0, 0, 0],
      [0, 0, 3, 4, 0],
      [1, 0, 0, 0, 5],
    ]);
  });

  it('sinusoid in the plane: along (1, 1), then along (1, -1)', () => {
    const [first, second] = messagesOf({ kind: 'scalarize-sinusoid' }, [
      [4, 0],
      [4, 0],
    ]);
    expectClose(first, [2, 2], 1e-15, 'round 0');
    expectClose(second, [2, -2], 1e-15, 'round 1');
  });
});

describe('the sine basis', () => {
  it('has the sines of Math.sin', () => {
    for (const q of [1, 2, 3, 7, 12, 101, 1025]) {
      for (let p = 0; p < 2 * q; p++) {
        expect(Math.abs(sinePi(p, q) - Math.sin((Math.PI * p) / q))).toBeLessThan(
          3e-16 * Math.max(1, 2 * Math.PI),
        );
      }
    }
  });

  it('is orthonormal for every dim', () => {
    for (const dim of [1, 2, 3, 8, 31, 100]) {
      const entry = sineBasis(dim);
      for (let r = 0; r < dim; r++) {
        for (let s = 0; s <= r; s++) {
          let product = 0;
          for (let c = 0; c < dim; c++) product += entry(r, c) * entry(s, c);
          expect(Math.abs(product - Number(r === s))).toBeLessThan(1e-13);
        }
      }
    }
  });
});

describe.each<[string, CompressorSpec]>([
  ['cyclic', { kind: 'scalarize-cyclic' }],
  ['sinusoid', { kind: 'scalarize-sinusoid' }],
  ['sweep', { kind: 'scalarize-sweep' }],
])('%s', (_, spec) => {
  it.each([1, 3, 11])('says everything in one sweep, %i scalars a message', (scalars) => {
    const dim = 11;
    const bench = new Bench({ ...spec, scalars }, { dim });
    let e: Float64Array = normals(dim, seededRandom(4));
    for (let round = 0; round < Math.ceil(dim / scalars); round++) {
      const [said] = bench.say(e).messages;
      e = e.map((entry, c) => entry - said[c]);
    }
    expectClose(e, new Float64Array(dim), 1e-14, 'what is left');
  });
});

describe.each<[string, CompressorSpec]>([
  ['sweep', { kind: 'scalarize-sweep', scalars: 2 }],
  ['random', { kind: 'scalarize-random', scalars: 2 }],
])('%s', (_, spec) => {
  it('is a projection: saying what was said says it again', () => {
    const dim = 9;
    const bench = new Bench(spec, { agents: 2, dim });
    const e = normals(dim, seededRandom(6));
    // Two agents in one round: the second says the first one's message.
    const probe = new Bench(spec, { agents: 2, dim });
    for (let round = 0; round < 20; round++) {
      const [said] = probe.say(e, e).messages;
      const again = bench.say(said, said).messages[1];
      expectClose(again, said, 1e-13, `round ${round}`);
    }
  });
});

it('random: on average m / dim of everything', () => {
  const dim = 6;
  const scalars = 2;
  const bench = new Bench({ kind: 'scalarize-random', scalars }, { dim });
  const e = Float64Array.of(1, -2, 0, 0.5, 3, -1);
  const mean = new Float64Array(dim);
  const rounds = 4000;
  for (let round = 0; round < rounds; round++) {
    const [said] = bench.say(e).messages;
    for (let c = 0; c < dim; c++) mean[c] += said[c] / rounds;
  }
  // |psi psi^T e| <= |e| = 3.9: an entry's standard error is below 0.03.
  for (let c = 0; c < dim; c++) expect(Math.abs(mean[c] - (scalars / dim) * e[c])).toBeLessThan(0.1);
});
