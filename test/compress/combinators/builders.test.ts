/** Builders return the data that stands in a config, for every kind there is. */

import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import * as build from '../../../src/compress/kinds.js';
import { compressors } from '../../../src/compress/registry.js';
import type { CompressorSpec } from '../../../src/compress/types.js';
import { validateComponent } from '../../../src/schema/component.js';
import { planOf } from './bench.js';

const { errorFeedback, every, flatten, sign, topK } = build;

const specs: CompressorSpec[] = [
  build.identity(),
  build.identity({ wire: 'f16' }),
  topK(2),
  build.randK(2),
  build.randK(2, { unbiased: true }),
  build.threshold(0.5),
  sign(),
  sign({ scale: 'unbiased', scaleBits: 32 }),
  build.normSign(),
  build.oneBit({ amplitude: 2 }),
  build.oneBit({ lambda: { kind: 'cosine', initial: 1 } }),
  sign({ scale: 'unit' }),
  flatten(sign(), { size: 'exact' }),
  build.uniformQuantize(0.5, { rate: 0.9 }),
  build.saturatedQuantize(4, 0.5, { zoom: false }),
  build.qsgd({ levels: 7 }),
  build.terngrad(),
  build.natural({ rounding: 'nearest' }),
  build.lloydMax({ bits: 3, scale: 'norm' }),
  build.lowRank(2, { rank: 2 }),
  build.custom('own.mjs', { level: 2 }),
  build.scalarizeCyclic(),
  build.scalarizeSinusoid(),
  build.scalarizeRandom({ scalars: 2 }),
  build.scalarizeSweep(),
  flatten(sign()),
  flatten(sign(), { signs: 'fixed' }),
  build.bestRotation({ choices: 8, scaleBits: 32 }),
  build.flattenedSign(),
  build.flattenedOneBit(),
  build.annealedSign(2, 0.99),
  build.eden({ bits: 4, scaleBits: 32 }),
  errorFeedback(topK(4)),
  every(3, sign()),
  build.eventTriggered({ absolute: 1, rate: 0.99 }, sign()),
  build.eventTriggered({ relative: 0.5 }, sign()),
  build.schedule([0.3], [topK(1), sign()]),
  build.adaptive(200, [topK(1), topK(2)]),
  build.adacgd(0.5, [topK(1), topK(2)], { silence: false }),
  build.kimad({ trace: [200, 400], stagger: 1 }, [topK(1), topK(2)]),
  build.scale(0.5, sign()),
];

describe('builders', () => {
  it('return what stands in a config', () => {
    expect(errorFeedback(topK(4))).toEqual({ kind: 'error-feedback', inner: { kind: 'top-k', k: 4 } });
    expect(JSON.stringify(flatten(sign()))).toBe('{"kind":"flatten","inner":{"kind":"sign"}}');
  });

  it('know what they have built', () => {
    expectTypeOf(topK(4)).toExtend<{ kind: 'top-k'; k: number }>();
    expectTypeOf(every(3, errorFeedback(topK(4))).inner.inner.k).toBeNumber();
    expectTypeOf(flatten(sign()).inner.kind).toEqualTypeOf<'sign'>();
    expectTypeOf(build.schedule([0.5], [topK(1), sign()])).toExtend<CompressorSpec>();
    // @ts-expect-error: signs have no such scale.
    sign({ scale: 'median' });
    // @ts-expect-error: a number is missing.
    topK();
    // @ts-expect-error: a compressor inside is a spec, not its name.
    flatten('sign');
  });

  it.each(specs)('$kind is a valid spec', (spec) => {
    expect(validateComponent(compressors, spec, ['compressor'], { nestedKey: 'inner' }).issues).toEqual([]);
    // A module of one's own is loaded before it is planned.
    if (spec.kind !== 'custom') expect(planOf(spec, { dim: 8 }).dim).toBe(8);
  });

  it('there is one for every kind, of the same name', () => {
    const named = Object.keys(compressors).map((kind) => [
      kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
      compressors[kind],
    ]);
    const { default: _, ...builders } = build;
    expect(builders).toEqual(Object.fromEntries(named));
  });

  it.each(Object.values(compressors))('$kind takes every parameter that its shape requires', (entry) => {
    const { properties = {}, required = [] } = z.toJSONSchema(entry.parameters(z), {
      io: 'input',
      unrepresentable: 'any',
    });
    const takes = required.filter((name) => name !== 'kind');
    const builder = entry as unknown as (...given: unknown[]) => CompressorSpec;
    const built = builder(...takes, { option: 1 });
    expect(built).toEqual({
      kind: entry.kind,
      ...Object.fromEntries(takes.map((name) => [name, name])),
      option: 1,
    });
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(takes));
  });
});
