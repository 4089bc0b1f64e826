/** Axes as people write them: what they mean, and what is said of those that mean nothing. */

import { describe, expect, it } from 'vitest';
import { loadRegistries } from '../../src/config/registries.js';
import { axisOf, overrideOf, parseAxis, settingOf } from '../../src/sweep/axes.js';

const registries = await loadRegistries();
const parse = (text: string) => parseAxis(text, '--grid', registries);
const valuesOf = (text: string) => parse(text).values.map(({ value }) => value);

describe('an axis', () => {
  it('is a range, by factors or by differences', () => {
    expect(valuesOf('flow.step=0.01..1:log:3')).toEqual([0.01, 0.1, 1]);
    expect(valuesOf('flow.mu=0.2..1:lin:5')).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
    expect(valuesOf('flow.mu=0.2..1:5')).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
    expect(valuesOf('compressor.k=1..64:log:7')).toEqual([1, 2, 4, 8, 16, 32, 64]);
    expect(valuesOf('cost.seed=-2..2:lin:3')).toEqual([-2, 0, 2]);
  });

  it('has values of six digits, or as many as tell neighbours apart', () => {
    expect(valuesOf('flow.step=0.01..0.1:log:4')).toEqual([0.01, 0.0215443, 0.0464159, 0.1]);
    expect(valuesOf('flow.step=1..1.000001:lin:3')).toEqual([1, 1.0000005, 1.000001]);
  });

  it('is whole where that is asked for, or where two whole numbers are all that is said', () => {
    expect(valuesOf('topology.nodes=10..14')).toEqual([10, 11, 12, 13, 14]);
    expect(valuesOf('compressor.k=1..16:log:4:whole')).toEqual([1, 3, 6, 16]);
    expect(valuesOf('compressor.k=1..3:log:5:whole')).toEqual([1, 2, 3]);
  });

  it('is a list: of numbers, of words, of kinds with parameters', () => {
    expect(valuesOf('flow.mu=0.2,0.5, 1')).toEqual([0.2, 0.5, 1]);
    expect(valuesOf('flow.compress=observer; error-state')).toEqual(['observer', 'error-state']);
    expect(valuesOf('flow.step=auto,0.1')).toEqual(['auto', 0.1]);
    expect(valuesOf('compressor=sign, top-k(k=4), scale(0.5, sign)')).toEqual([
      { kind: 'sign' },
      { kind: 'top-k', k: 4 },
      { kind: 'scale', factor: 0.5, inner: { kind: 'sign' } },
    ]);
    expect(valuesOf('topology=ring(nodes=20); { file: ../net.gml }')).toEqual([
      { kind: 'ring', nodes: 20 },
      { file: '../net.gml' },
    ]);
    expect(valuesOf('compressor.inner=sign')).toEqual([{ kind: 'sign' }]);
  });

  it('says what --set would', () => {
    const axis = parse('compressor=top-k(k=4)');
    expect(settingOf(axis, axis.values[0]!)).toBe('compressor={"kind":"top-k","k":4}');
    expect(overrideOf(axis, axis.values[0]!)).toEqual({
      path: ['compressor'],
      value: { kind: 'top-k', k: 4 },
      origin: '--grid compressor={"kind":"top-k","k":4}',
    });
    expect(parse('topology.sizes[2]=3,4').path).toEqual(['topology', 'sizes', 2]);
  });

  it('reaches from the smallest numbers to the largest', () => {
    expect(valuesOf('flow.step=1e-300..1e300:log:3')).toEqual([1e-300, 1, 1e300]);
  });

  it("may have a path that is nobody's, as far as it knows", () => {
    expect(valuesOf('constructor=1,2')).toEqual([1, 2]);
  });

  it('comes from a program too', () => {
    const from = (given: Parameters<typeof axisOf>[1]) =>
      axisOf('flow.step', given, 'grid flow.step', registries).values.map(({ value }) => value);
    expect(from([0.1, 'auto'])).toEqual([0.1, 'auto']);
    expect(from({ from: 1, to: 100, count: 3, scale: 'log' })).toEqual([1, 10, 100]);
    expect(from('1..3')).toEqual([1, 2, 3]);
  });
});

describe('what is no axis is refused with its text', () => {
  it.each([
    ['flow.step', '--grid flow.step: expected path=values'],
    ['=1,2', 'expected path=values'],
    ['flow..step=1', 'expected path=values'],
    ['flow.step=', 'has no values'],
    ['flow.step=1,,2', 'entry 2 is empty'],
    ['flow.step=1,2,', 'entry 3 is empty'],
    ['flow.step=1,2,1', '1 stands there twice'],
    ['flow.step=1,2,1.0', '1.0 stands there twice'],
    ['compressor=sign; { kind: sign }', '{ kind: sign } stands there twice'],
    ['flow.step=2..1:log:3', 'from 2 to 1, expected the smaller number first'],
    ['flow.step=0..1:log:3', 'begins at 0, expected a number > 0'],
    ['flow.step=1..2:log:1', 'has 1 values, expected 2..10000'],
    ['flow.step=1..2:log:3:4', '"4" stands in the range'],
    ['flow.step=1..2:lgo:3', 'stands in the range, expected log or lin'],
    ['flow.step=1..x:log:3', '1..x:log:3 is no range'],
    ['flow.step=1..1e999', 'from 1 to Infinity'],
    ['topology.nodes=1..100000', '100000 values, expected at most 10000'],
    ['compressor=sgn', 'did you mean sign?'],
    ['compressor=top-k(k=', '--grid compressor=top-k(k='],
  ])('%s', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
