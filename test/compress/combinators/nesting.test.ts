/**
 * Composition is data: every combinator around every compressor, and combinators in combinators in any order,
 * against their reference implementations, their neighbours and their bits. A new line in the registry is
 * tested here without touching this file.
 */

import { describe, expect, it } from 'vitest';
import { compressors } from '../../../src/compress/registry.js';
import { longestBits } from '../../../src/compress/slots.js';
import type { CompressorSpec } from '../../../src/compress/types.js';
import { parseConfig } from '../../../src/config/load.js';
import { compressorSpecs } from '../../engine/table.js';
import { expectFlat } from '../../support/heap.js';
import { runConfig } from '../../support/run.js';
import { Bench, planOf, unevenRows } from './bench.js';

const agents = 7;
const dim = 11;
const ROUNDS = 7;

const sign = { kind: 'sign' };
const topK = { kind: 'top-k', k: 3 };
const scalarize = { kind: 'scalarize-cyclic' };
const errorFeedback = (inner: CompressorSpec) => ({ kind: 'error-feedback', inner });
const flatten = (inner: CompressorSpec) => ({ kind: 'flatten', inner });
const fixed = (inner: CompressorSpec) => ({ kind: 'flatten', signs: 'fixed', inner });
const every = (inner: CompressorSpec) => ({ kind: 'every', rounds: 3, inner });
const scale = (inner: CompressorSpec) => ({ kind: 'scale', factor: 0.5, inner });
const triggered = (inner: CompressorSpec) => ({
  kind: 'event-triggered',
  threshold: { absolute: 3, rate: 0.9 },
  inner,
});
const relative = (inner: CompressorSpec) => ({
  kind: 'event-triggered',
  threshold: { relative: 0.5 },
  inner,
});
const schedule = (...inner: CompressorSpec[]) => ({
  kind: 'schedule',
  until: inner.slice(1).map((_, i) => (i + 1) / inner.length),
  inner,
});
const adaptive = (budget: number, ...inner: CompressorSpec[]) => ({ kind: 'adaptive', budget, inner });

/** The other choice, or stage, beside the compressor that is wrapped. */
const wordy = { kind: 'top-k', k: dim };
const wrappers = {
  'error-feedback': errorFeedback,
  flatten,
  'flatten, fixed': fixed,
  every,
  scale,
  'event-triggered': triggered,
  'event-triggered, relative': relative,
  schedule: (inner: CompressorSpec) => schedule(wordy, inner, wordy),
  adaptive: (inner: CompressorSpec) => {
    const cost = (spec: CompressorSpec) => longestBits(planOf(spec, { dim }));
    return adaptive(1500, ...[inner, wordy].sort((a, b) => cost(a) - cost(b)));
  },
};

const compositions: Record<string, CompressorSpec> = {
  'error-feedback(flatten(sign))': errorFeedback(flatten(sign)),
  'flatten(error-feedback(top-k))': flatten(errorFeedback(topK)),
  'every(error-feedback(top-k))': every(errorFeedback(topK)),
  'error-feedback(every(top-k))': errorFeedback(every(topK)),
  'every(every(scalarize-cyclic))': every(every(scalarize)),
  'event-triggered(flatten(sign))': triggered(flatten(sign)),
  'flatten(event-triggered(every(error-feedback(sign))))': flatten(relative(every(errorFeedback(sign)))),
  'scale(event-triggered(scale(error-feedback(top-k))))': scale(triggered(scale(errorFeedback(topK)))),
  'error-feedback(event-triggered(top-k))': errorFeedback(relative(topK)),
  'event-triggered(adaptive(top-k, flatten(sign), top-k))': triggered(
    adaptive(250, { kind: 'top-k', k: 1 }, flatten(sign), { kind: 'top-k', k: 6 }),
  ),
  'adaptive(event-triggered(...), schedule(...), adaptive(...))': adaptive(
    400,
    triggered({ kind: 'top-k', k: 1 }),
    schedule(sign, topK, flatten(sign)),
    adaptive(500, topK, { kind: 'top-k', k: 6 }),
  ),
  'schedule(event-triggered, adaptive, every(error-feedback))': schedule(
    relative(sign),
    adaptive(300, sign, topK),
    every(errorFeedback(scalarize)),
  ),
  'error-feedback(schedule(adaptive(...), identity))': errorFeedback(
    schedule(adaptive(150, { kind: 'top-k', k: 1 }, topK), { kind: 'identity' }),
  ),
};

function expectNear(actual: Float64Array, expected: ArrayLike<number>, what: string): void {
  const size = Math.max(1e-300, ...Array.from(expected, Math.abs));
  for (let c = 0; c < actual.length; c++) {
    if (!(Math.abs(actual[c] - expected[c]) <= 1e-9 * size)) {
      throw new Error(`${what}: entry ${c} is ${actual[c]}, expected ${expected[c]}`);
    }
  }
}

/**
 * What is said is what the reference implementation says, what neighbours sum up is the sum, and nobody
 * writes outside of the message.
 */
function expectSound(spec: CompressorSpec): void {
  const bench = new Bench(spec, { agents, dim, rounds: ROUNDS, spareBytes: 16 });
  for (let round = 0; round < ROUNDS; round++) {
    const { messages, gathered, expected, bits } = bench.say(...unevenRows(agents, dim, 100 + round));
    for (let i = 0; i < agents; i++) {
      expectNear(messages[i], expected[i], `round ${round}, agent ${i}`);
      const sum = messages[i].map((_, c) =>
        bench.laplacian[i].reduce((total, weight, j) => total + weight * messages[j][c], 0),
      );
      const size = Math.max(...messages.flatMap((message) => Array.from(message, Math.abs)));
      gathered[i].forEach((entry, c) => {
        if (!(Math.abs(entry - sum[c]) <= 1e-10 * size))
          throw new Error(`round ${round}: L q of agent ${i}, entry ${c}`);
      });
      expect(bits[i]).toBeLessThanOrEqual(bench.plan.longestBits ?? 8 * (bench.plan.ownBytes ?? 0));
      expect(Number.isInteger(bits[i])).toBe(true);
    }
  }
}

describe.each(Object.entries(wrappers))('%s around each compressor', (_, wrap) => {
  it.each(compressorSpecs)('$kind', (inner) => expectSound(wrap(inner)));
});

describe('combinators in combinators', () => {
  it.each(Object.entries(compositions))('%s', (_, spec) => expectSound(spec));
});

it('each compressor keeps to its own part of a slot', () => {
  for (const spec of compressorSpecs) {
    const wide = new Bench(spec, { agents, dim, rounds: ROUNDS, spareBytes: 24 });
    const narrow = new Bench(spec, { agents, dim, rounds: ROUNDS });
    for (let round = 0; round < 3; round++) {
      const errors = unevenRows(agents, dim, round);
      expect(wide.say(...errors), spec.kind).toEqual(narrow.say(...errors));
    }
  }
});

describe('what was written is the formula', () => {
  it.each([
    { name: 'error-feedback(flatten(sign))', spec: errorFeedback(flatten(sign)), bits: [80, 80, 80, 80] },
    { name: 'scale(flatten(top-k))', spec: scale(flatten(topK)), bits: [204, 204, 204, 204] },
    { name: 'every(sign)', spec: every(sign), bits: [75, 0, 0, 75] },
    { name: 'every(every(sign))', spec: every(every(sign)), bits: [75, 0, 0, 0] },
    { name: 'event-triggered(every(sign))', spec: relative(every(sign)), bits: [76, 1, 1, 76] },
    {
      name: 'schedule(every(sign), scalarize)',
      spec: schedule(every(sign), scalarize),
      bits: [75, 0, 64, 64],
    },
    { name: 'adaptive(sign, top-k)', spec: adaptive(150, sign, topK), bits: [76, 205, 76, 205] },
    {
      name: 'flatten(adaptive(sign, top-k))',
      spec: flatten(adaptive(150, sign, topK)),
      bits: [81, 205, 81, 205],
    },
  ])('$name', ({ spec, bits }) => {
    const bench = new Bench(spec, { dim, rounds: 4 });
    const error = Array.from({ length: dim }, (_, c) => 10 + c);
    expect(bits.map(() => bench.say(error).bits[0])).toEqual(bits);
  });
});

describe('through the engine', () => {
  const spec = errorFeedback(
    schedule(flatten(adaptive(200, sign, topK)), every(scale(sign)), relative(flatten(sign))),
  );

  it.each([
    { kind: 'ring', nodes: 9 },
    { kind: 'grid', rows: 4, columns: 5 },
    { kind: 'barabasi-albert', nodes: 21, attach: 2, seed: 4 },
  ])('the same bits for one worker and for three: $kind', async (topology) => {
    const config = {
      topology,
      cost: { kind: 'quadratic', dim, condition: 4 },
      flow: { kind: 'primal-dual', compress: 'observer', step: 0.02, alpha: 0.5, beta: 0.5, mu: 0.2 },
      compressor: spec,
      rounds: 90,
      seed: 11,
      trace: { every: 10 },
    };
    const one = (await runConfig({ ...config, workers: 1 })).summary;
    const three = (await runConfig({ ...config, workers: 3 })).summary;
    expect(three.stateHash).toBe(one.stateHash);
    expect({ ...three.final, seconds: 0 }).toEqual({ ...one.final, seconds: 0 });
  });

  it('the heap is flat while everything at once is composed', { retry: 2 }, async () => {
    const rounds = 5_000;
    // Late enough that a busy machine has optimised all of it by then.
    const samples = Array.from({ length: 8 }, (_, i) => (i + 14) * rounds);
    const { heap } = await runConfig(
      {
        topology: { kind: 'ring', nodes: 16 },
        cost: { kind: 'quadratic', dim: 8 },
        flow: { kind: 'primal-dual', compress: 'observer', step: 0.02, alpha: 1, beta: 1, mu: 0.2 },
        compressor: errorFeedback(every(relative(adaptive(300, sign, scale(flatten(errorFeedback(sign))))))),
        rounds: 22 * rounds,
        workers: 1,
        trace: { every: 1_000_000 },
      },
      { heapAtRounds: samples },
    );
    expectFlat(heap[0], rounds);
  });
});

describe('what is wrong inside is reported with its place', () => {
  const parse = (compressor: unknown) =>
    parseConfig({ topology: { kind: 'ring', nodes: 4 }, cost: { kind: 'quadratic', dim: 4 }, compressor });

  it.each([
    {
      what: 'two levels deep',
      spec: flatten(errorFeedback({ kind: 'topk' })),
      path: 'compressor.inner.inner.kind',
    },
    { what: 'in a list', spec: schedule(sign, { kind: 'topk' }), path: 'compressor.inner[1].kind' },
    {
      what: 'in a list inside',
      spec: every(adaptive(9, { kind: 'nosuch' })),
      path: 'compressor.inner.inner[0].kind',
    },
  ])('an unknown kind $what: $path', async ({ spec, path }) => {
    await expect(parse(spec)).rejects.toThrow(`${path} is "`);
    expect(() => planOf(spec)).toThrow(`${path} is "`);
  });

  it.each([
    { spec: { kind: 'every', rounds: 0, inner: sign }, message: 'compressor.rounds is 0' },
    { spec: { kind: 'scale', factor: 0, inner: sign }, message: 'compressor.factor is 0' },
    { spec: every({ kind: 'scale', factor: -1, inner: sign }), message: 'compressor.inner.factor is -1' },
    { spec: { kind: 'error-feedback' }, message: 'compressor.inner' },
    { spec: { kind: 'schedule', until: [2], inner: [sign, sign] }, message: 'compressor.until[0] is 2' },
    { spec: { kind: 'event-triggered', inner: sign }, message: 'compressor.threshold' },
  ])('$message', async ({ spec, message }) => {
    await expect(parse(spec)).rejects.toThrow(message);
  });

  it('stages out of order and budgets too small are refused before anything runs', () => {
    expect(() => planOf(every({ ...schedule(sign, sign, sign), until: [0.7, 0.2] }))).toThrow(
      'compressor.inner.until[1] is 0.2, expected a number in (0.7, 1)',
    );
    expect(() => planOf(every(adaptive(10, sign)))).toThrow(
      'compressor.inner.budget is 10, expected at least 68 bits',
    );
  });
});

it('every combinator is in this file', () => {
  const combinators = Object.values(compressors).filter((entry) => {
    const source = entry.parameters.toString();
    return /\binner:/.test(source);
  });
  const tested = JSON.stringify(Object.values(compositions));
  for (const { kind } of combinators) expect(tested).toContain(`"kind":"${kind}"`);
});
