/**
 * `auto` where curvature is 0 somewhere, or a million times itself, or nobody is there to talk to: it
 * converges, in about the rounds that it says, or says beforehand why it cannot.
 */

import { describe, expect, it } from 'vitest';
import {
  illConditioned,
  lowRank,
  oneCurved,
  overlapping,
  separable,
  threeClasses,
} from '../../bench/degenerate.mjs';
import { parseConfig } from '../../src/index.js';
import { prepareRun } from '../../src/session/prepare.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';
import { someOf } from '../support/some.js';

const folder = temporaryFolder();
const flatSign = { kind: 'flatten', inner: { kind: 'sign' } };
const ring = { kind: 'ring', nodes: 20 };
const overlap = overlapping(folder);
const line = lowRank(folder);

interface Case {
  name: string;
  config: Record<string, unknown>;
  /** To a millionth of the first distance. */
  rounds: number;
}

const logistic = (regularization: number) => ({ kind: 'logistic', data: overlap, regularization });
const softmax = (regularization: number) => ({
  kind: 'softmax',
  data: threeClasses(folder),
  regularization,
});
const leastSquares = { kind: 'least-squares', data: line, regularization: 0 };

const cases: Case[] = [
  ...[0, 1e-6].flatMap((regularization): Case[] => [
    {
      name: `logistic, ${regularization}`,
      config: { topology: ring, cost: logistic(regularization) },
      rounds: 800,
    },
    {
      name: `logistic, ${regularization}, flatten(sign)`,
      config: { topology: ring, cost: logistic(regularization), compressor: flatSign },
      rounds: 1000,
    },
    {
      name: `softmax, ${regularization}`,
      config: { topology: ring, cost: softmax(regularization) },
      rounds: 800,
    },
    {
      name: `softmax, ${regularization}, flatten(sign)`,
      config: { topology: ring, cost: softmax(regularization), compressor: flatSign },
      rounds: 1500,
    },
  ]),
  { name: 'rank 1', config: { topology: ring, cost: leastSquares }, rounds: 1000 },
  {
    name: 'rank 1, flatten(sign)',
    config: { topology: ring, cost: leastSquares, compressor: flatSign },
    rounds: 5000,
  },
  {
    name: 'LEAD, whose own formula grows slowly under top-k',
    config: {
      topology: ring,
      weights: 'metropolis',
      cost: logistic(0.01),
      compressor: { kind: 'top-k', k: 1 },
      flow: { kind: 'lead' },
    },
    rounds: 5000,
  },
  {
    name: 'curvature at one agent',
    config: { topology: { kind: 'path', nodes: 12 }, cost: await oneCurved(folder) },
    rounds: 1500,
  },
  {
    name: 'curvature at the end of a path, flatten(sign)',
    config: {
      topology: { kind: 'path', nodes: 12 },
      cost: await oneCurved(folder, { at: 0 }),
      compressor: flatSign,
    },
    rounds: 4000,
  },
  {
    name: 'condition 1e4',
    config: {
      topology: { kind: 'path', nodes: 6 },
      cost: await illConditioned(folder, { condition: 1e4 }),
    },
    rounds: 90_000,
  },
];

describe('auto converges on', () => {
  it.each(someOf(cases, 4))('$name', async ({ config, rounds }) => {
    const given = { flow: { kind: 'primal-dual' }, rounds, seed: 3, ...config };
    const { report } = await prepareRun(await parseConfig(given), 1);
    const { tuning, gains } = report;
    expect(tuning?.method).toBe('pilot');
    for (const value of Object.values(gains)) expect(value).toSatisfy(Number.isFinite);
    const { compress } = tuning!;
    const flow = { ...given.flow, ...(compress && { compress }), ...gains };
    const { final } = await runSequentially({ ...given, flow, trace: { every: rounds } }, 1);
    expect(final.rmsError / tuning!.firstError!).toBeLessThan(1e-6);
  });

  it('what has no minimiser, and says so', async () => {
    const cost = { kind: 'logistic', data: separable(folder), regularization: 0 };
    const config = await parseConfig({ topology: ring, cost, flow: { kind: 'primal-dual' } });
    const { report } = await prepareRun(config, 1);
    expect(report.tuning!.method).toBe('formula');
    expect(report.tuning!.why[0]).toContain('the optimum is unknown (');
    expect(report.warnings.join()).toContain('without regularization the loss falls for ever');
    for (const value of Object.values(report.gains)) expect(value).toSatisfy(Number.isFinite);
  });
});

describe('an agent alone', () => {
  const alone = { topology: { kind: 'path', nodes: 1 }, rounds: 2000, seed: 3 };
  it.each(
    [
      { kind: 'primal-dual' },
      { kind: 'primal-dual', integrator: 'semi-implicit' },
      { kind: 'primal-dual', inner: 3 },
      { kind: 'primal-dual', tuning: 'formula' },
      ...['dgd', 'extra', 'nids', 'exact-diffusion', 'diging', 'admm', 'pdmm'].map((kind) => ({ kind })),
      ...['primal-dual', 'choco-sgd', 'lead', 'beer', 'c-gt'].map((kind) => ({ kind, compressed: true })),
    ].flatMap(({ compressed, ...flow }: { kind: string; compressed?: boolean }) =>
      [{ kind: 'quadratic', dim: 3 }, logistic(0)].map((cost) => ({
        flow,
        cost,
        ...(compressed === true && { compressor: { kind: 'sign' } }),
      })),
    ),
  )('descends to the minimiser without a bit: %j', async (config) => {
    const { report } = await prepareRun(await parseConfig({ ...alone, ...config }), 1);
    for (const value of Object.values(report.gains)) expect(value).toSatisfy(Number.isFinite);
    const { final, first } = await runSequentially({ ...alone, ...config, trace: { every: 2000 } }, 1);
    expect(final.rmsError / first.rmsError).toBeLessThan(1e-6);
    expect(final.bitsBroadcast).toBe(0);
    expect(final.bitsLinks).toBe(0);
  });

  it.each(['consensus', 'choco-gossip', 'push-sum'])('has its own average: %s', async (kind) => {
    const config = { ...alone, cost: { kind: 'average', dim: 3 }, flow: { kind } };
    const { report } = await prepareRun(await parseConfig(config), 1);
    for (const value of Object.values(report.gains)) expect(value).toSatisfy(Number.isFinite);
    const { final } = await runSequentially(config, 1);
    expect(final.rmsError).toBe(0);
  });
});
