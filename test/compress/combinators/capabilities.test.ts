/**
 * What a compressor is capable of beyond its messages is not what a combinator around it is capable of: a
 * wrapper passes on what it names, and nothing else. Whoever offers whole rounds of rotated signs sends just
 * those bits.
 */

import { describe, expect, it } from 'vitest';
import { definitions, planCompressor } from '../../../src/compress/registry.js';
import { stage } from '../../../src/compress/stage.js';
import type { CompressorDefinition, CompressorSpec } from '../../../src/compress/types.js';
import { kernelBytes, normals, padded, seededRandom } from '../../kernels/harness.js';

const dim = 64;
const agents = 4;
const ROUND = 3;
const seed = { low: 5, high: 0 };
const kernels = new WebAssembly.Module(kernelBytes());
const context = { agents, dim, blockAgents: agents, seed, rounds: 10, path: ['compressor'] };

const flattenedSign = { kind: 'flatten', inner: { kind: 'sign' } };
/** Those that have a capability, and the capabilities that combinators may not invent. */
const capable: Record<string, CompressorSpec> = {
  'rotated signs': flattenedSign,
  'signs behind a rotation': { kind: 'sign' },
  'a common scale': { kind: 'one-bit', lambda: 0.5 },
  'an omega': { kind: 'qsgd', levels: 3 },
  'the same entries left out': { kind: 'top-k', k: 3 },
};
const OF_PLANS = ['commonScale', 'wholeRounds', 'rotates', 'variance', 'forgets', 'inTurn'] as const;
const OF_BOUND = ['rotatedSigns', 'rotated'] as const;
/** What a rotation keeps, or makes of what is inside it. */
const KEPT: Record<string, readonly string[]> = {
  flatten: ['rotates', 'variance', 'rotatedSigns'],
  every: ['inTurn'],
  scale: ['inTurn'],
};

/** The example of a combinator, around other compressors. */
function around({ kind, examples }: CompressorDefinition, inner: CompressorSpec): CompressorSpec | null {
  const [example = {}] = examples(dim);
  const { inner: within, budget } = example;
  if (within === undefined) return null;
  if (!Array.isArray(within)) return { kind, ...example, inner };
  return { kind, ...example, ...(budget !== undefined && { budget: 1e4 }), inner: within.map(() => inner) };
}

const open = (spec: CompressorSpec) =>
  stage({
    plan: planCompressor(spec, context),
    agents,
    blockAgents: agents,
    seed,
    kernels,
    fields: [{ name: 'errors', type: 'f64', length: agents * padded(dim) }],
  });

const combinators = definitions().filter((definition) => around(definition, { kind: 'sign' }) !== null);

describe.each(combinators)('$kind', (definition) => {
  const kept = KEPT[definition.kind] ?? [];
  it.each(Object.entries(capable))('around one with %s', (_, inner) => {
    const whole = around(definition, inner) as CompressorSpec;
    const plan = planCompressor(whole, context);
    for (const name of OF_PLANS) {
      if (!kept.includes(name)) expect(plan[name] || undefined, name).toBeUndefined();
    }
    const { bound } = open(whole);
    for (const name of OF_BOUND) if (!kept.includes(name)) expect(bound[name], name).toBeUndefined();
  });
});

it('whoever offers rotated signs sends those of flatten(sign), bit for bit', () => {
  const random = seededRandom(3);
  const rows = Array.from({ length: agents }, () => normals(dim, random));
  const sent = (spec: CompressorSpec) => {
    const { arena, bound, runtime, slots, lengths } = open(spec);
    for (const [i, row] of rows.entries()) arena.view('errors', 'f64').set(row, i * padded(dim));
    bound.prepare(ROUND);
    bound.encode(0, agents, ROUND, arena.address('errors'), runtime.rowBytes, slots, lengths);
    return { offers: bound.rotatedSigns, bytes: arena.view('outbox', 'u8').slice() };
  };
  const expected = sent(flattenedSign).bytes;
  const specs = definitions().flatMap((definition) => [
    ...definition.examples(dim).map((example) => ({ kind: definition.kind, ...example })),
    ...Object.values(capable).flatMap((inner) => around(definition, inner) ?? []),
  ]);
  let offered = 0;
  for (const spec of specs as CompressorSpec[]) {
    const { offers, bytes } = sent(spec);
    if (!offers) continue;
    offered++;
    expect(bytes, JSON.stringify(spec)).toEqual(expected);
  }
  expect(offered).toBeGreaterThan(0);
});
