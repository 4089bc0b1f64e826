/** What agents hold, held against a plain evaluation of everybody's cost at everybody's point. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runConfig, temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();

const AGENTS = 6;
const SAMPLES = 30;
const DIM = 3;
/** Samples that agree with nobody: a label, three features. */
const samples = Array.from({ length: SAMPLES }, (_, r) => ({
  y: (r * 7) % 5 < 2 ? 1 : -1,
  a: Array.from({ length: DIM }, (_, c) => Math.sin(1 + 0.7 * r + 1.9 * c * (r + 1))),
}));
const file = path.join(folder, 'samples.csv');
writeFileSync(
  file,
  `y,a,b,c\n${samples.map(({ y, a }) => [y, ...a].map((value) => String(value)).join(',')).join('\n')}\n`,
);
const LAMBDA = 0.05;

/** Of the mean over all samples, at one point. */
function logistic(x: ArrayLike<number>): { value: number; gradient: number[] } {
  let value = 0;
  const gradient = Array.from({ length: DIM }, (_, c) => LAMBDA * x[c]);
  for (let c = 0; c < DIM; c++) value += (LAMBDA / 2) * x[c] ** 2;
  for (const { y, a } of samples) {
    const margin = y * a.reduce((sum, entry, c) => sum + entry * x[c], 0);
    value += Math.log1p(Math.exp(-margin)) / SAMPLES;
    for (let c = 0; c < DIM; c++) gradient[c] -= (y * a[c]) / (1 + Math.exp(margin)) / SAMPLES;
  }
  return { value, gradient };
}
const norm = (vector: readonly number[]) => Math.hypot(...vector);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const config = {
  topology: { kind: 'ring', nodes: AGENTS },
  cost: { kind: 'logistic', data: file, target: 'y', regularization: LAMBDA, split: 'contiguous' },
  flow: { kind: 'primal-dual', compress: 'none', step: 0.3, alpha: 0.4, beta: 0.3 },
  rounds: 9,
  trace: { every: 9 },
};

describe("the agents' own figures", () => {
  it.each([
    ['all samples', {}],
    ['mini-batches, whose figures are those of all samples', { batch: 2 }],
  ])('are those of f at their own points: %s', async (_, more) => {
    const { summary, x } = await runConfig(
      { ...config, flow: { ...config.flow, ...more }, workers: 2 },
      { keepX: true },
    );
    const { final } = summary;
    const points = Array.from({ length: AGENTS }, (_, i) =>
      (x as Float64Array).subarray(i * DIM, (i + 1) * DIM),
    );
    const gaps = points.map((point) => logistic(point).value - (final.optimum as number));
    const middle = Array.from({ length: DIM }, (_, c) => mean(points.map((point) => point[c])));
    expect(final.agentsGapMean).toBeCloseTo(mean(gaps), 12);
    expect(final.agentsGapWorst).toBeCloseTo(Math.max(...gaps), 12);
    expect(final.gradientNorm).toBeCloseTo(mean(points.map((point) => norm(logistic(point).gradient))), 12);
    expect(final.meanGradientNorm).toBeCloseTo(norm(logistic(middle).gradient), 12);
    // The gap of the mean is another number, and a smaller one: f is convex.
    expect(final.gap).toBeLessThan(final.agentsGapMean as number);
    expect(summary.agentsMeasured).toBe(AGENTS);
  });

  it('are of some agents where the config says so, and the worst is then still that of the agent farthest away', async () => {
    const at = async (sample: number | 'all') =>
      (await runConfig({ ...config, trace: { every: 9, sample }, workers: 3 }, { keepX: true })).summary;
    const all = await at('all');
    const two = await at(2);
    expect(two.agentsMeasured).toBe(2);
    expect(two.final.meanGradientNorm).toBe(all.final.meanGradientNorm);
    expect(two.final.agentsGapMean).not.toBe(all.final.agentsGapMean);
    expect(two.final.agentsGapWorst).toBe(all.final.agentsGapWorst);
    const none = await at(0);
    expect(none.final).toMatchObject({ agentsGapMean: null, agentsGapWorst: null, gradientNorm: null });
    expect(none.stateHash).toBe(all.stateHash);
  });

  it('are the same where agents stand at one point, which is looked at once', async () => {
    // 0 and -0 are two points.
    const [here, there, zero] = [
      [0.5, -1, 2],
      [0.5, -1, 2.5],
      [0, 0, 0],
    ];
    const points = [here, here, there, here, zero, [-0, 0, 0]] as number[][];
    const begun = async (workers: number) => {
      const { rows } = await runConfig(
        { ...config, init: Float64Array.from(points.flat()), rounds: 1, trace: { every: 1 }, workers },
        { keepRows: true },
      );
      return rows[0];
    };
    const row = await begun(1);
    const evaluated = points.map(logistic);
    expect(row.gradientNorm).toBeCloseTo(mean(evaluated.map(({ gradient }) => norm(gradient))), 12);
    const values = evaluated.map(({ value }) => value);
    expect(row.agentsGapWorst - row.agentsGapMean).toBeCloseTo(Math.max(...values) - mean(values), 12);
    for (const workers of [2, 3, 6]) {
      const { seconds: _, ...other } = await begun(workers);
      expect(row).toMatchObject(other);
    }
  });

  it('are of every agent where a run stops at them', async () => {
    const { summary } = await runConfig({
      ...config,
      rounds: 500,
      stop: { agentsGapWorst: 1e-8 },
      trace: { every: 100 },
    });
    expect(summary.status).toBe('converged');
    expect(summary.agentsMeasured).toBe(AGENTS);
    expect(summary.final.agentsGapWorst).toBeLessThanOrEqual(1e-8);
  });

  it('of quadratics in closed form: two agents, 1/2 x^2 and 3/2 (x - 2)^2', async () => {
    // x* = 6/4, f(x) = f* + (x - 1.5)^2, |f'| = 2 |x - 1.5|.
    const { writeQuadratic } = await import('../support/quadratic.js');
    const { cost } = await writeQuadratic(folder, 'two', Float64Array.of(1, 3), Float64Array.of(0, 2), 1);
    const run = (flow: object) =>
      runConfig({ topology: { kind: 'path', nodes: 2 }, cost, flow, rounds: 1 }, { keepX: true });
    const { summary, x } = await run({ kind: 'primal-dual', compress: 'none', step: 0.1, alpha: 1, beta: 1 });
    // From 0: x = -0.1 * (0, -6) = (0, 0.6).
    expect(Array.from(x as Float64Array)).toEqual([0, expect.closeTo(0.6, 14)]);
    expect(summary.final.agentsGapMean).toBeCloseTo((1.5 ** 2 + 0.9 ** 2) / 2, 13);
    expect(summary.final.agentsGapWorst).toBeCloseTo(1.5 ** 2, 13);
    expect(summary.final.gradientNorm).toBeCloseTo(2 * 1.2, 13);
    expect(summary.final.meanGradientNorm).toBeCloseTo(2 * 1.2, 13);
    expect(summary.final.gap).toBeCloseTo(1.2 ** 2, 13);
  });

  it('of a parameter server are those of the one x that everyone holds', async () => {
    const { summary, x } = await runConfig(
      {
        program: { kind: 'parameter-server', agents: 5, gamma: 0.5, batch: 3, uplink: { kind: 'sign' } },
        cost: config.cost,
        rounds: 4,
      },
      { keepX: true },
    );
    const { value, gradient } = logistic(x as Float64Array);
    expect(summary.final.gradientNorm).toBeCloseTo(norm(gradient), 12);
    expect(summary.final.agentsGapWorst).toBeCloseTo(value - (summary.final.optimum as number), 12);
  });

  it('are told without an optimum as far as they can be: how steep it is', async () => {
    const { summary } = await runConfig({
      ...config,
      cost: { ...config.cost, kind: 'nonconvex-logistic' },
      rounds: 20000,
      stop: { gradientNorm: 1e-5, consensusError: 1e-5 },
    });
    expect(summary.status).toBe('converged');
    expect(summary.final).toMatchObject({ gap: null, agentsGapMean: null });
  });
});

describe('targets that mean nothing are refused', () => {
  const refused: [string, Record<string, unknown>, string][] = [
    [
      'the gap of a mean that never moves',
      {
        topology: config.topology,
        cost: { kind: 'average', dim: 2 },
        flow: { kind: 'consensus' },
        stop: { gap: 1e-6 },
      },
      'averaging keeps the mean of all x',
    ],
    [
      'the same with push-sum',
      {
        topology: config.topology,
        cost: { kind: 'average', dim: 2 },
        flow: { kind: 'push-sum' },
        stop: { gap: 1e-6 },
      },
      'averaging keeps the mean of all x',
    ],
    [
      'a gap where no optimum is known',
      { ...config, cost: { ...config.cost, kind: 'nonconvex-logistic' }, stop: { agentsGapMean: 1e-6 } },
      'stop.agentsGapMean is 0.000001, and nobody knows the optimum',
    ],
    [
      'an error where the optimum was not asked for',
      { ...config, cost: { ...config.cost, solve: false }, stop: { rmsError: 1e-6 } },
      'the optimum was not asked for',
    ],
    [
      'a disagreement that is 0 from the start',
      { ...config, stop: { consensusError: 1e-6 } },
      'all agents begin at the same point',
    ],
    [
      'a disagreement with a server',
      {
        program: { kind: 'parameter-server', agents: 5, gamma: 0.5, lambda: 1 },
        cost: config.cost,
        stop: { consensusError: 1e-6 },
      },
      'everyone always holds the same x',
    ],
  ];
  it.each(refused)('%s', async (_, given, message) => {
    await expect(runConfig(given)).rejects.toThrow(message);
  });

  it('and a disagreement beside something else is not', async () => {
    const { summary } = await runConfig({
      ...config,
      rounds: 3000,
      stop: { consensusError: 1e-6, rmsError: 1e-6 },
    });
    expect(summary.status).toBe('converged');
  });
});
