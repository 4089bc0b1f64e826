/** The partition: contiguous, complete, balanced by work. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { planCompressor } from '../../src/compress/registry.js';
import { distanceNs, messageNs, partition } from '../../src/run/partition.js';
import { seedWords } from '../../src/runtime.js';
import { prepareFlow } from '../support/prepare-flow.js';

describe('partition', () => {
  it('by hand', () => {
    expect(partition(Float64Array.of(1, 1, 1, 1), 2)).toEqual([0, 2, 4]);
    // One agent with all the work keeps a worker to itself.
    expect(partition(Float64Array.of(9, 1, 1, 1), 2)).toEqual([0, 1, 4]);
    expect(partition(Float64Array.of(1, 1, 1, 9), 2)).toEqual([0, 3, 4]);
  });

  it('gives some workers nothing where there are more of them than agents', () => {
    const boundaries = partition(Float64Array.of(1, 1), 5);
    expect(boundaries).toHaveLength(6);
    expect(boundaries[0]).toBe(0);
    expect(boundaries[5]).toBe(2);
  });

  it('covers every agent once, and no range exceeds its share by more than its last agent', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 9 }),
        (work, workers) => {
          const boundaries = partition(Float64Array.from(work), workers);
          expect(boundaries).toHaveLength(workers + 1);
          const total = work.reduce((a, b) => a + b, 0);
          const largest = Math.max(...work);
          for (let w = 0; w < workers; w++) {
            expect(boundaries[w]).toBeLessThanOrEqual(boundaries[w + 1]);
            const share = work.slice(boundaries[w], boundaries[w + 1]).reduce((a, b) => a + b, 0);
            expect(share).toBeLessThanOrEqual(total / workers + largest);
          }
          expect(boundaries[workers]).toBe(work.length);
        },
      ),
    );
  });
});

describe('what an agent is taken to cost', () => {
  const context = { agents: 9, dim: 64, blockAgents: 1, seed: seedWords(0), rounds: 10, path: ['c'] };
  const of = (spec: { kind: string; [parameter: string]: unknown }) =>
    messageNs(planCompressor(spec, context), 64);

  it('messages: a scalar is read faster than signs, and signs faster than what is unpacked entry by entry', () => {
    const [scalar, signs, unpacked] = [
      { kind: 'scalarize-cyclic' },
      { kind: 'sign' },
      { kind: 'natural' },
    ].map(of);
    expect(scalar.neighbour).toBeLessThan(signs.neighbour / 4);
    expect(unpacked.neighbour).toBeGreaterThan(10 * signs.neighbour);
    expect(of({ kind: 'flatten', inner: { kind: 'sign' } }).own).toBeGreaterThan(signs.own);
  });

  it('neighbours: nothing more in a core`s own cache, and most from memory', () => {
    const caches = { second: 2 ** 19, last: 2 ** 25 };
    const [near, far, memory] = [1000, 20_000, 1_000_000].map((agents) => distanceNs(agents, 512, caches));
    expect(near).toBe(0);
    expect(far).toBeGreaterThan(0);
    expect(memory).toBeGreaterThan(far);
  });

  it('data: ranges have about as many non-zeros each, however unequal the agents', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sottovoce-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const data = join(folder, 'data.libsvm');
    // The first half of the samples has ten times the entries of the second.
    const entries = (r: number) => (r < 1000 ? 30 : 3);
    const line = (r: number) =>
      `${r % 2 === 0 ? 1 : -1} ${Array.from({ length: entries(r) }, (_, c) => `${c + 1}:${(r + c) % 7}`).join(' ')}`;
    writeFileSync(data, Array.from({ length: 2000 }, (_, r) => line(r)).join('\n'));
    const cost = { kind: 'least-squares', data, regularization: 0.1, split: 'contiguous', storage: 'sparse' };
    const flow = { kind: 'primal-dual', step: 0.01, alpha: 1, beta: 1 };
    const topology = { kind: 'ring', nodes: 40 };
    const { made } = await prepareFlow({ topology, cost, flow }, 2);
    const [, middle] = made.plan.partition;
    // Agents hold 50 samples each: 1,500 non-zeros or 150, and 50 slopes.
    const weight = (agent: number) => (agent < 20 ? 1500 : 150) * 2.4 + 50 * 8;
    const share = (from: number, to: number) => {
      let sum = 0;
      for (let agent = from; agent < to; agent++) sum += weight(agent);
      return sum;
    };
    expect(middle).toBeLessThan(14);
    expect(share(0, middle) / share(0, 40)).toBeGreaterThan(0.45);
    expect(share(0, middle) / share(0, 40)).toBeLessThan(0.55);
  });
});
