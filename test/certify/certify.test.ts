/** Certificates: figures that can be worked out by hand first, then verdicts, then what holds for all. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Bench } from '../../src/certify/bench.js';
import { type Certificate, type CertifyOptions, certify } from '../../src/certify/certify.js';
import { follow, shortestWindow, until } from '../../src/certify/measure.js';
import { checkSpec, parseSpecText } from '../../src/certify/spec-text.js';
import { makeStarts, norm } from '../../src/certify/starts.js';
import { compressors } from '../../src/compress/registry.js';
import { seedWords } from '../../src/runtime.js';

const kernels = new WebAssembly.Module(
  readFileSync(new URL('../../dist/kernels/kernels.wasm', import.meta.url)),
);

function certificate(text: string, options: Partial<CertifyOptions> = {}): Certificate {
  const spec = checkSpec(parseSpecText(text, compressors), compressors);
  return certify(text, spec, { dim: 64, mu: 1, seed: 0, kernels, ...options });
}

const startOf = ({ starts }: Certificate, name: string) => {
  const found = starts.find((start) => start.name === name);
  if (!found) throw new Error(`no start ${name}`);
  return found;
};

describe('by hand', () => {
  it('identity: nothing is left after one message of 64 dim bits', () => {
    const found = certificate('identity');
    expect(found.verdict).toEqual({
      qualifies: true,
      kind: 'yes',
      reason: '|C(e)| <= 1 |e|, and nothing is left after one round',
    });
    expect(found.exactAfter).toBe(1);
    expect(found.bits).toMatchObject({ perMessage: 4096, thousandfold: { median: 4096, worst: 4096 } });
    expect(found.contraction).toMatchObject({ mean: 1, worst: 1, analytic: 1 });
  });

  it('top-k: a message keeps at least k/dim, exactly that of a constant vector', () => {
    const found = certificate('top-k(k=8)');
    expect(found.contraction.worst).toBeCloseTo(8 / 64, 12);
    expect(startOf(found, 'constant').contraction.first).toBeCloseTo(8 / 64, 12);
    for (const { contraction } of found.starts)
      expect(contraction.worst).toBeGreaterThanOrEqual(8 / 64 - 1e-12);
    expect(found.bound.measured).toBeCloseTo(1, 12);
    expect(startOf(found, 'constant'), 'eight rounds of eight entries').toMatchObject({
      status: 'exact',
      messages: 8,
    });
    expect(found.bits.thousandfold.worst).toBe(8 * 8 * (64 + 6));
  });

  it('sign: of a one-hot vector 1/dim arrives, of a constant one all', () => {
    const found = certificate('sign');
    expect(startOf(found, 'one-hot').contraction.first).toBeCloseTo(1 / 64, 12);
    expect(startOf(found, 'constant')).toMatchObject({ status: 'exact', messages: 1 });
    expect(found.bits.perMessage).toBe(128);
  });

  it('scalarize-cyclic: exact after dim rounds, and a compressor over time: some messages do nothing', () => {
    const found = certificate('scalarize-cyclic', { dim: 20 });
    expect(startOf(found, 'last one-hot')).toMatchObject({ status: 'exact', messages: 20 });
    expect(found.contraction.worst).toBe(0);
    expect(found.window?.rounds).toBe(32);
    expect(found.verdict.qualifies).toBe(true);
    expect(found.verdict.reason).toContain('a single message need not');
    // e' = -C(e, t), one coordinate at a time: each shrinks with rate 1/dim.
    expect(found.flow.rate.worst * 20).toBeCloseTo(1, 0);
  });

  it('flatten(sign) at dim 1024: 2/pi of every message, whatever it says, once the start has been forgotten', () => {
    const found = certificate('flatten(sign)', { dim: 1024, rounds: 40 });
    for (const { name, contraction, status } of found.starts) {
      // A rotated one-hot vector has entries of one magnitude, and signs say it exactly; of a pair half the
      // entries vanish.
      if (name.endsWith('one-hot')) expect([name, status, contraction.first]).toEqual([name, 'exact', 1]);
      else if (name === 'pair') expect(contraction.first).toBeCloseTo(1 / 2, 10);
      else expect(Math.abs(contraction.mean / (2 / Math.PI) - 1), name).toBeLessThan(0.03);
    }
    const spread = found.starts.filter(({ name }) =>
      /constant|alternating|gaussian|tiny|huge|two-scale/.test(name),
    );
    const mean = spread.reduce((sum, { contraction }) => sum + contraction.mean, 0) / spread.length;
    expect(Math.abs(mean / (2 / Math.PI) - 1)).toBeLessThan(0.01);
    expect(found.rate.median).toBeCloseTo(-Math.log(1 - 2 / Math.PI) / 2, 1);
  });
});

describe('verdicts', () => {
  it('a uniform quantizer without zooming does not qualify: it stops at half a step', () => {
    const { verdict, bits } = certificate('uniform-quantize(step=0.1, zoom=false)');
    expect(verdict).toMatchObject({ qualifies: false, kind: 'no' });
    expect(verdict.reason).toMatch(
      /stops shrinking at 0\.0\d+ of what it was: C\(e\) is zero there, a dead zone/,
    );
    expect(bits.thousandfold.worst).toBe(Number.POSITIVE_INFINITY);
  });

  it('with zooming it qualifies for errors of the size it is made for', () => {
    const { verdict, range, rate } = certificate('uniform-quantize(step=0.1, rate=0.9)');
    expect(verdict).toMatchObject({ qualifies: false, kind: 'in-range' });
    expect(verdict.reason).toContain('it has a scale of its own');
    expect(range?.low).toBeLessThanOrEqual(1e-3);
    expect(range?.high).toBeGreaterThanOrEqual(1e3);
    expect(rate.median, "the step's own rate, ln 1/0.9").toBeCloseTo(0.105, 2);
  });

  it('an unbiased choice of coordinates is too loud for mu = 1: mu < 2 k / dim', () => {
    const { verdict, gain, bound } = certificate('rand-k(k=8, unbiased=true)', { dim: 32 });
    expect(verdict).toMatchObject({ qualifies: true, kind: 'smaller-gain' });
    expect(bound.measured).toBeCloseTo(4, 1);
    expect(gain.largest).toBeGreaterThan(0.25);
    expect(gain.largest).toBeLessThanOrEqual(0.55);
    expect(verdict.reason).toMatch(/with mu = 1 the error grew a millionfold in \d+ rounds/);
    const again = certificate('rand-k(k=8, unbiased=true)', { dim: 32, mu: gain.used });
    expect(again.verdict.kind, 'the gain it recommends').toBe('yes');
  });

  it('a compressor that overshoots does not vanish from the table: scale(2.5, identity)', () => {
    const { verdict, gain } = certificate('scale(2.5, identity)', { dim: 8 });
    expect(verdict.kind).toBe('smaller-gain');
    expect(gain.largest).toBeLessThan(0.8);
  });

  it('silence between messages is a matter of windows', () => {
    const { verdict, window, contraction } = certificate('every(4, flatten(sign))', { dim: 16 });
    expect(verdict.qualifies).toBe(true);
    expect(window?.rounds).toBeGreaterThanOrEqual(4);
    expect(contraction.worst).toBe(0);
  });
});

describe('what holds for all', () => {
  it('a certificate is a function of compressor, dim, mu and seed', () => {
    const one = certificate('flatten(sign)', { dim: 24, seed: 5 });
    expect(certificate('flatten(sign)', { dim: 24, seed: 5 })).toEqual(one);
    expect(certificate('flatten(sign)', { dim: 24, seed: 6 }).rate).not.toEqual(one.rate);
  });

  it.each([1, 2, 5, 6, 63, 200])('starts at dim %i have entries of size 1, and none is zero', (dim) => {
    for (const { name, vector, extreme } of makeStarts(30, dim, seedWords(1))) {
      const size = norm(vector) / Math.sqrt(dim);
      expect(
        Math.abs(size / (name === 'tiny' ? 1e-150 : name === 'huge' ? 1e150 : 1) - 1),
        name,
      ).toBeLessThan(1e-12);
      expect(extreme).toBe(name === 'tiny' || name === 'huge');
    }
  });

  it.each(['identity', 'sign', 'top-k(1)', 'flatten(sign)', 'scalarize-cyclic'])('dim 1: %s', (text) => {
    expect(certificate(text, { dim: 1 }).verdict.qualifies).toBe(true);
  });

  it('rounds that are too few are extrapolated, and it says so', () => {
    const long = certificate('sign', { dim: 32 });
    const short = certificate('sign', { dim: 32, rounds: 60 });
    expect(long.bits.extrapolated).toBe(false);
    expect(short.bits.extrapolated).toBe(true);
    expect(short.bits.thousandfold.median / long.bits.thousandfold.median).toBeGreaterThan(0.5);
    expect(short.bits.thousandfold.median / long.bits.thousandfold.median).toBeLessThan(2);
  });

  it('rates, windows and bits of a geometric decay', () => {
    const starts = makeStarts(1, 4, seedWords(0));
    const bench = new Bench({
      spec: { kind: 'identity' },
      starts,
      dim: 4,
      seed: seedWords(0),
      rounds: 100,
      kernels,
    });
    const [trajectory] = follow(bench, starts, { gain: 0.5, rounds: 100 });
    expect(trajectory.rate).toBeCloseTo(Math.LN2, 12);
    expect(trajectory.status).toBe('reached');
    // 2^-10 is the first power below a thousandth.
    expect(until(trajectory, 1e-3)).toEqual({ messages: 10, bits: 10 * 256, extrapolated: false });
    const window = shortestWindow([trajectory], 0.01);
    expect(window?.rounds).toBe(1);
    expect(window?.factor).toBeCloseTo(0.5, 12);
  });
});
