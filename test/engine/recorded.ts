/**
 * Configs whose bits are recorded (`bits.test.ts`): every kind of run once, by table and name.
 */

import { expect } from 'vitest';
import { flows } from '../../src/flow/registry.js';
import { links } from '../../src/links/registry.js';
import { cases, specOf } from '../cost/every-cost.js';
import { AGENTS } from '../cost/on-worker.js';
import { PROGRAMS, serverProblem } from '../program/programs.js';
import { all, compressors, nameOf, nodes, writeProblem } from '../support/flow-variants.js';
import { ownLinks } from '../support/load-links.js';
import { temporaryFolder } from '../support/run.js';
import { baselines, combinations, flowSpecs, required } from './table.js';

export const ROUNDS = 100;

const problem = {
  topology: { kind: 'erdos-renyi', nodes: 37, averageDegree: 5, seed: 3, largestComponent: true },
  cost: { kind: 'quadratic', dim: 11, condition: 6 },
  seed: 5,
};
const small = {
  topology: { kind: 'erdos-renyi', nodes: 9, averageDegree: 4, seed: 2, largestComponent: true },
  cost: { kind: 'quadratic', dim: 11, condition: 3, seed: 1 },
  seed: 9,
};
const error = { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5 };
const flatSign = { kind: 'flatten', inner: { kind: 'sign' } };

const ring = { kind: 'watts-strogatz', nodes, degree: 4, rewire: 0.3, seed: 1 };
const changing: Record<string, unknown> = {
  none: undefined,
  drops: { kind: 'drops', rate: 0.3 },
  'gilbert-elliott': { kind: 'gilbert-elliott', toBad: 0.3, toGood: 0.15 },
  'random-matching': { kind: 'random-matching' },
  'one-peer-exponential': { kind: 'one-peer-exponential' },
  schedule: {
    kind: 'schedule',
    graphs: [
      { kind: 'ring', nodes },
      { kind: 'star', nodes },
    ],
  },
  custom: { kind: 'custom', module: ownLinks, rate: 0.3, length: 2 },
  'schedule of arcs': {
    kind: 'schedule',
    graphs: [
      { kind: 'random-digraph', nodes, averageDegree: 2, seed: 4 },
      { kind: 'directed-ring', nodes },
    ],
    every: 2,
  },
};

export type Tables = Record<string, () => Iterable<[string, Record<string, unknown>]>>;

/**
 * Made by each test file for itself: the data stand in folders that are gone after the tests of the file that
 * asked for them.
 */
export async function recordedTables(): Promise<Tables> {
  const { config: programConfig } = serverProblem();
  const ofVariants = await writeProblem(temporaryFolder());
  return {
    'flows and compressors': () =>
      [...combinations, ...baselines].map(({ name, flow, compressor }) => [
        name,
        { ...problem, flow, compressor },
      ]),
    'flows over links': function* () {
      for (const kind of Object.keys(links))
        expect(changing, 'a kind of links without an example here').toHaveProperty(kind);
      for (const [kind, spec] of Object.entries(changing))
        for (const variant of all)
          for (const compressor of compressors)
            yield [
              `${kind} ${nameOf(variant)} ${compressor.kind}`,
              {
                ...ofVariants(variant),
                topology: ring,
                compressor,
                ...(spec !== undefined && { links: spec }),
              },
            ];
    },
    // Kernels that do a whole round, rows that fill no line, hubs that all workers share, agents in another
    // order.
    'sizes and layouts': function* () {
      const modes = flowSpecs.filter(({ kind }) => kind === 'primal-dual');
      for (const dim of [1, 8, 64, 100, 256, 1024])
        for (const flow of [
          ...modes,
          { ...modes[0], inner: 3, rho: 4 },
          { ...modes[0], integrator: 'semi-implicit' },
        ])
          for (const compressor of flow.compress === 'none'
            ? [{ kind: 'identity' }]
            : [flatSign, { kind: 'sign' }])
            yield [
              `${dim} ${JSON.stringify(flow)} ${compressor.kind}`,
              {
                ...small,
                cost: { kind: 'quadratic', dim, condition: 3, seed: 1 },
                weights: 'metropolis',
                flow,
                compressor,
              },
            ];
      const large = [
        ['hub', { kind: 'star', nodes: 4500 }],
        ['rcm', { kind: 'random-geometric', nodes: 900, averageDegree: 7, seed: 2, largestComponent: true }],
      ] as const;
      // More than 16 entries of many more: the threshold is that of a sample.
      for (const precision of ['float64', 'float32'])
        yield [
          `sampled ${precision}`,
          {
            ...small,
            cost: { kind: 'quadratic', dim: 1024, condition: 3, seed: 1 },
            flow: error,
            compressor: { kind: 'sampled-top-k', k: 48 },
            precision,
            rounds: 40,
          },
        ];
      for (const [name, topology] of large)
        for (const flow of modes)
          for (const compressor of flow.compress === 'none'
            ? [{ kind: 'identity' }]
            : [flatSign, { kind: 'top-k', k: 4 }])
            yield [
              `${name} ${flow.compress} ${compressor.kind}`,
              {
                topology,
                cost: { kind: 'quadratic', dim: 64, condition: 3, seed: 1 },
                flow: name === 'hub' ? { ...flow, step: 1e-4 } : flow,
                compressor,
                rounds: 20,
                ...(name === 'rcm' && { layout: { order: 'rcm' } }),
              },
            ];
    },
    costs: () =>
      cases.map(({ kind, parameters, name }) => [
        name,
        {
          ...problem,
          topology: { kind: 'ring', nodes: AGENTS },
          cost: specOf(kind, parameters),
          flow: error,
          compressor: { kind: 'sign' },
        },
      ]),
    programs: () => Object.entries(PROGRAMS).map(([name, program]) => [name, programConfig(program, ROUNDS)]),
    'gains that are auto': function* () {
      for (const kind of Object.keys(flows))
        for (const compressor of [{ kind: 'identity' }, flatSign, { kind: 'top-k', k: 4 }])
          yield [`${kind} ${compressor.kind}`, { ...small, flow: { kind, ...required[kind] }, compressor }];
      yield ['lambda', programConfig({ lambda: 'auto' }, ROUNDS)];
    },
  };
}
