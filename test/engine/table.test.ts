/**
 * Everything against everything: each registered compressor in each flow on three topologies, in the gate on
 * one of them in turns. It converges, or is declared not to, in the gate every other one; its bits are those
 * of its formula; and three workers end in the bits of one, in the gate those that determinism.test.ts leaves
 * out. A new line in a registry is tested here without touching this file.
 *
 * Declared not to: a compressor that is not linear in the node-state flow (there C(x) does not vanish where
 * the agents agree), one whose plan gives it no contraction, and a flow whose limit is biased: they may
 * converge here and there, but nothing is promised, and nothing is tested but the bits.
 */

import { describe, expect, it } from 'vitest';
import { planCompressor } from '../../src/compress/registry.js';
import { seedWords } from '../../src/runtime.js';
import { runSequentially, type SequentialResult } from '../support/sequential.js';
import { ALL, someOfAll } from '../support/some.js';
import { baselines, combinations, isBiased, kindsOf } from './table.js';

const dim = 11;
const seed = 9;
const MOST_ROUNDS = 30_000;
const HASH_ROUNDS = 60;
const REACHED = 1e-3;

const topologies = [
  { kind: 'ring', nodes: 6 },
  { kind: 'star', nodes: 6 },
  { kind: 'erdos-renyi', nodes: 9, averageDegree: 4, seed: 2, largestComponent: true },
];

const withoutClock = (run: SequentialResult): SequentialResult => ({
  ...run,
  first: { ...run.first, seconds: 0 },
  final: { ...run.final, seconds: 0 },
});

const context = {
  agents: 8,
  dim,
  blockAgents: 1,
  seed: seedWords(seed),
  rounds: MOST_ROUNDS,
  path: ['compressor'],
};

const all = [...combinations, ...baselines];
const run = new Set(someOfAll(all, 2, kindsOf));
const pairs = all.map((pair, at) => ({
  ...pair,
  isRun: run.has(pair),
  isHashed: ALL || at % 2 === 1,
  on: ALL ? topologies : topologies.filter((_, one) => one === at % topologies.length),
}));

describe.each(pairs)('$name', ({ flow, compressor, on, isRun, isHashed }) => {
  const plan = planCompressor(compressor, context);
  const converges =
    !isBiased(flow) &&
    (flow.compress === 'none' || (flow.compress === 'node-state' ? plan.linear : plan.contraction > 0));
  const config = { cost: { kind: 'quadratic', dim, condition: 3, seed: 1 }, flow, compressor, seed };

  it.runIf(converges && isRun).each(on)('converges on $kind', async (topology) => {
    const { rounds, final, messageBits } = await runSequentially(
      { ...config, topology, rounds: MOST_ROUNDS, stop: { rmsError: REACHED }, trace: { every: 100 } },
      1,
    );
    expect(final.rmsError, `after ${rounds} rounds`).toBeLessThanOrEqual(REACHED);
    const messages = final.bitsBroadcast / (messageBits ?? Number.NaN);
    if (messageBits !== null) expect(messages % rounds, 'every agent spoke once a round').toBe(0);
  });

  it.runIf(isHashed)('three workers end in the bits of one', async () => {
    for (const topology of on) {
      const run = (workers: number) =>
        runSequentially({ ...config, topology, rounds: HASH_ROUNDS, trace: { every: 20 } }, workers);
      const one = await run(1);
      const three = await run(3);
      expect(withoutClock(three)).toEqual(withoutClock(one));
    }
  });
});
