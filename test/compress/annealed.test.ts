/**
 * Annealed dithered signs: the values of the schedule, messages as their formula, the engine against the
 * equations, and what annealing is for: with a dither that stays a run stalls, with one that shrinks as fast
 * as the run can follow it reaches the optimum, and with one that shrinks faster it freezes on the way.
 */

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeSchedule, planSchedule, scheduleParameter, valueAt } from '../../src/base/schedules.js';
import { planCompressor, referenceCompressor } from '../../src/compress/registry.js';
import { seedWords } from '../../src/runtime.js';
import { edgeList, generate } from '../../topology/index.js';
import { goldenProblem } from '../golden/problem.js';
import { writeQuadratic } from '../support/quadratic.js';
import { runConfig, temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';
import { laplacianOf, simulate } from '../support/simulate.js';
import { Bench, messagesOf, parseCompressor, planOf } from './combinators/bench.js';

const folder = temporaryFolder();

describe('a geometric schedule', () => {
  it('shrinks by the same factor every round, whatever the length of the run', () => {
    for (const rounds of [10, 1000]) {
      const schedule = planSchedule({ kind: 'geometric', initial: 3, rate: 0.9 }, rounds);
      for (let k = 0; k < 200; k++) {
        expect(valueAt(schedule, k) / (3 * 0.9 ** k)).toBeCloseTo(1, 12);
      }
      expect(valueAt(schedule, 0)).toBe(3);
      expect(valueAt(schedule, 1e6)).toBe(0);
    }
    expect(valueAt(planSchedule({ kind: 'geometric', initial: 3, rate: 1 }, 10), 7)).toBe(3);
  });

  it('is described by its two numbers', () => {
    const schedule = planSchedule({ kind: 'geometric', initial: 0.5, rate: 0.99 }, 10);
    expect(describeSchedule(schedule)).toBe('0.5 0.99^k');
  });

  it.each([
    { initial: 1 },
    { initial: 1, rate: 0 },
    { initial: 1, rate: 1.01 },
    { initial: 0, rate: 0.9 },
    { rate: 0.9 },
    { initial: 1, rate: 0.9, after: 3 },
  ])('%o is refused', (given) => {
    expect(scheduleParameter(z).safeParse({ kind: 'geometric', ...given }).success).toBe(false);
  });
});

describe('messages', () => {
  const spec = { kind: 'annealed-sign', initial: 2, rate: 0.5 };

  it('are one bit an entry, +-lambda of the round', () => {
    const errors = Array.from({ length: 6 }, () => [0.01, -0.3, 9, -9]);
    for (const [round, message] of messagesOf(spec, errors).entries()) {
      for (const entry of message) expect(Math.abs(entry)).toBe(2 * 0.5 ** round);
      // Beyond every dither.
      expect(message.slice(2).map(Math.sign)).toEqual([1, -1]);
    }
    expect(planOf(spec, { dim: 37 }).messageBits).toBe(37);
  });

  it('are fair where the dither reaches: the mean is the error', () => {
    const agents = 4000;
    const error = [0.7, -0.2, 0, 0.5];
    const bench = new Bench({ ...spec, initial: 1 }, { agents, dim: 4 });
    const { messages } = bench.say(...Array.from({ length: agents }, () => error));
    for (const [c, entry] of error.entries()) {
      const mean = messages.reduce((sum, message) => sum + message[c], 0) / agents;
      // Five standard deviations of a mean of +-1.
      expect(Math.abs(mean - entry)).toBeLessThan(5 * Math.sqrt((1 - entry ** 2) / agents));
    }
  });

  it.each([
    [{ initial: 1 }, /rate is missing/],
    [{ initial: 1, rate: 1.5 }, /rate is 1.5, expected a number in \(0, 1\]/],
    [{ initial: 1, rate: 0.9, lambda: 1 }, /unknown key compressor.lambda/],
  ])('%o is refused', (parameters, message) => {
    expect(() => parseCompressor({ kind: 'annealed-sign', ...parameters }, ['compressor'])).toThrow(message);
  });
});

describe('runs', () => {
  const gains = { kind: 'primal-dual', step: 0.1, alpha: 1, beta: 1, mu: 0.3 };
  const flows = [
    { ...gains, compress: 'error-state' as const },
    { ...gains, compress: 'error-memory' as const, gamma: 0.01 },
  ];

  it.each(flows)('are their equations: $compress', async (flow) => {
    const [nodes, dim, rounds, seed] = [12, 11, 60, 5];
    const topology = { kind: 'ring', nodes };
    const { from, to } = edgeList(generate(topology, 0));
    const { a, b } = goldenProblem(nodes, dim, 0);
    const compressor = { kind: 'annealed-sign', initial: 1, rate: 0.97 };
    const problem = await writeQuadratic(folder, flow.compress, a, b, dim);
    const config = { topology, ...problem, flow, compressor, rounds, seed };
    const { x, v, stateHash } = await runSequentially(config, 1);
    expect((await runSequentially(config, 3)).stateHash).toBe(stateHash);
    const context = { agents: nodes, dim, blockAgents: 1, seed: seedWords(seed), rounds, path: ['c'] };
    const reference = simulate({
      laplacian: laplacianOf(
        nodes,
        Array.from(from, (node, edge) => [node, to[edge]] as const),
      ),
      flow: { ...flow, eta: 1 },
      compress: referenceCompressor(
        planCompressor(parseCompressor(compressor, ['c']), context),
        context.seed,
      ),
      gradient: (row, i) => row.map((entry, c) => a[i * dim + c] * (entry - b[i * dim + c])),
      start: Array.from({ length: nodes }, (_, i) => b.slice(i * dim, (i + 1) * dim)),
      rounds,
    });
    for (const [expected, found] of [
      [reference.x, x],
      [reference.v, v],
    ] as const) {
      const apart = expected.flatMap((row, i) => Array.from(row, (e, c) => Math.abs(e - found[i * dim + c])));
      expect(Math.max(...apart)).toBeLessThan(1e-10);
    }
  });

  const gapOf = async (flow: object, compressor: object) => {
    const { summary } = await runConfig({
      topology: { kind: 'ring', nodes: 16 },
      cost: { kind: 'quadratic', dim: 64 },
      flow,
      compressor,
      rounds: 4000,
      stop: { gap: 1e-8 },
      seed: 3,
      workers: 1,
    });
    return { status: summary.status, gap: summary.final.gap ?? Number.NaN };
  };

  it.each(flows)('come to 1e-8 with a dither that shrinks: $compress', async (flow) => {
    const annealed = { kind: 'annealed-sign', initial: 2, rate: 0.997 };
    expect((await gapOf(flow, annealed)).status).toBe('converged');
    expect((await gapOf(flow, { kind: 'flatten', inner: annealed })).status).toBe('converged');
    const stays = await gapOf(flow, { kind: 'one-bit', lambda: 1 });
    expect(stays.status).not.toBe('converged');
    expect(stays.gap).toBeGreaterThan(1e-3);
    const frozen = await gapOf(flow, { ...annealed, rate: 0.98 });
    expect(frozen.status).not.toBe('converged');
    expect(frozen.gap).toBeGreaterThan(1e-3);
  });
});
