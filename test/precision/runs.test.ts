/**
 * Runs in float32: the same hash for any number of workers, and next to the same run in float64, for every
 * flow, compressor, cost, kind of links and program whose bits are recorded. Here every so many of them; all
 * of them with `npm run test:precision`.
 */

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isInputError } from '../../src/base/errors.js';
import { ROUNDS, recordedTables } from '../engine/recorded.js';
import { kindsOf } from '../engine/table.js';
import { writeQuadratic } from '../support/quadratic.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially, type SequentialResult } from '../support/sequential.js';
import { someOf, someOfAll } from '../support/some.js';

const tables = await recordedTables();
const whole = process.env['SOTTOVOCE_PRECISION'] === 'all';
const EVERY = whole ? 1 : 127;
const WORKERS = [2, 3, 5];

/** Of the root mean square of x, after the recorded rounds (docs/model/precision.md). */
const APART = 1e-3;
/**
 * A compressor that decides (a sign, a largest entry, what a purse affords) may decide otherwise in the last
 * digit, and the run goes another way to the same place: then its error is about that of float64.
 */
const ERROR_TIMES = 1.5;

const rms = (entries: ArrayLike<number>) =>
  Math.sqrt(Array.from(entries).reduce((sum, entry) => sum + entry * entry, 0) / entries.length);

async function attempt(config: Record<string, unknown>, workers: number): Promise<SequentialResult | null> {
  try {
    return await runSequentially({ rounds: ROUNDS, trace: { every: 10 }, ...config }, workers);
  } catch (error) {
    if (!isInputError(error)) throw error;
    return null;
  }
}

async function check(name: string, config: Record<string, unknown>): Promise<void> {
  const double = await attempt({ ...config, precision: 'float64' }, 1);
  // Trial runs that decide otherwise find other gains, about as good; with the same ones the runs compare.
  const program = 'program' in config;
  const flow = config['flow'] as object | undefined;
  const alike = double === null || program ? config : { ...config, flow: { ...flow, ...double.chosen } };
  const single = await attempt({ ...alike, precision: 'float32' }, 1);
  expect(single === null, `${name}: refused in one precision`).toBe(double === null);
  if (single === null || double === null) return;
  for (const workers of whole ? WORKERS : WORKERS.slice(1, 2)) {
    const other = await attempt({ ...alike, precision: 'float32' }, workers);
    expect(other?.stateHash, `${name}: ${workers} workers`).toBe(single.stateHash);
  }
  expect(single.stateHash, name).not.toBe(double.stateHash);
  if (double.verdict === 'diverged') return;
  const apart = rms(single.x.map((entry, at) => entry - (double.x[at] as number))) / rms(double.x);
  if (!(apart < APART))
    expect(single.final.rmsError, `${name}: ${apart} apart`).toBeLessThan(
      ERROR_TIMES * double.final.rmsError,
    );
  if (single.messageBits !== null && double.messageBits !== null)
    expect(single.messageBits, name).toBeLessThanOrEqual(double.messageBits);
}

describe('float32 comes to rest where float64 does', () => {
  const rest = {
    topology: { kind: 'erdos-renyi', nodes: 10, averageDegree: 4, seed: 2, largestComponent: true },
    cost: { kind: 'quadratic', dim: 19, condition: 8 },
    rounds: 6000,
    seed: 3,
    trace: { every: 100 },
  };
  const flatSign = { kind: 'flatten', inner: { kind: 'sign' } };
  const topK = { kind: 'top-k', k: 6 };
  const average = { kind: 'average', dim: 19 };
  const example = (file: string) => fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
  const ownFlow = (name: string) => ({ kind: 'custom', module: example(`07-own-flow/${name}.mjs`) });
  const ownLinks = { kind: 'custom', module: example('08-own-network/bursts.mjs'), rate: 0.3, length: 5 };

  /** After 2,000 rounds, and after all. */
  async function errorsOf(config: { rounds: number; [key: string]: unknown }): Promise<number[]> {
    const { errors, verdict } = await runSequentially({ ...config, precision: 'float32' }, 1);
    expect(verdict).not.toBe('diverged');
    const at = [2000, config.rounds].map((asked) => errors.find(([round]) => round === asked));
    return at.map((found) => found?.[1] ?? Number.NaN);
  }

  // What does not add up to 0 over the agents is added up by duals and trackers in every round: an error that
  // grows with the rounds, were there any (Edge.apart, estimate.ts).
  const resting: [string, string, { flow: object; [key: string]: unknown }][] = [
    ['primal-dual', 'none', { flow: { kind: 'primal-dual' }, compressor: { kind: 'identity' } }],
    [
      'primal-dual',
      'error-state',
      { flow: { kind: 'primal-dual', compress: 'error-state' }, compressor: flatSign },
    ],
    ['primal-dual', 'observer', { flow: { kind: 'primal-dual', compress: 'observer' }, compressor: topK }],
    [
      'primal-dual',
      'error-memory',
      { flow: { kind: 'primal-dual', compress: 'error-memory' }, compressor: topK },
    ],
    ['extra', '', { flow: { kind: 'extra' }, compressor: { kind: 'identity' } }],
    ['nids', '', { flow: { kind: 'nids' }, compressor: { kind: 'identity' } }],
    ['diging', '', { flow: { kind: 'diging' }, compressor: { kind: 'identity' } }],
    ['lead', '', { flow: { kind: 'lead' }, compressor: flatSign }],
    ['beer', '', { flow: { kind: 'beer', step: 0.011, gamma: 0.787 }, compressor: topK }],
    ['c-gt', '', { flow: { kind: 'c-gt' }, compressor: topK }],
    ['admm', '', { flow: { kind: 'admm' }, compressor: { kind: 'identity' } }],
    ['pdmm', '', { flow: { kind: 'pdmm' }, compressor: { kind: 'identity' } }],
    ['pdmm', 'averaged', { flow: { kind: 'pdmm', theta: 0.7 }, compressor: { kind: 'identity' } }],
    ['exact-diffusion', '', { flow: { kind: 'exact-diffusion' }, compressor: { kind: 'identity' } }],
    [
      'primal-dual',
      'with weights',
      { weights: 'metropolis', flow: { kind: 'primal-dual' }, compressor: { kind: 'identity' } },
    ],
    [
      'pdmm',
      'with weights',
      { weights: 'metropolis', flow: { kind: 'pdmm' }, compressor: { kind: 'identity' } },
    ],
    ['push-sum', '', { cost: average, flow: { kind: 'push-sum' }, compressor: { kind: 'identity' } }],
    [
      'push-sum',
      'over arcs',
      {
        topology: { kind: 'random-digraph', nodes: 16, averageDegree: 4 },
        cost: average,
        flow: { kind: 'push-sum' },
        compressor: { kind: 'identity' },
      },
    ],
    [
      'consensus',
      'none',
      { cost: average, flow: { kind: 'consensus', compress: 'none' }, compressor: { kind: 'identity' } },
    ],
    [
      'consensus',
      'error-state',
      { cost: average, flow: { kind: 'consensus', compress: 'error-state' }, compressor: flatSign },
    ],
    [
      'consensus',
      'observer',
      { cost: average, flow: { kind: 'consensus', compress: 'observer' }, compressor: topK },
    ],
    ['choco-gossip', 'top-k', { cost: average, flow: { kind: 'choco-gossip' }, compressor: topK }],
    ['choco-gossip', 'signs', { cost: average, flow: { kind: 'choco-gossip' }, compressor: flatSign }],
    [
      'power-gossip',
      '',
      {
        cost: { kind: 'average', dim: 20 },
        flow: { kind: 'power-gossip', shape: [4, 5] },
        compressor: { kind: 'identity' },
      },
    ],
    ['custom', 'extra', { flow: ownFlow('extra'), compressor: { kind: 'identity' } }],
    ['custom', 'lead', { flow: ownFlow('lead'), compressor: topK }],
    [
      'custom',
      'primal-dual',
      { flow: { ...ownFlow('primal-dual'), step: 0.1, alpha: 0.5, beta: 0.5, mu: 0.8 }, compressor: topK },
    ],
    ['custom', 'push-sum', { cost: average, flow: ownFlow('push-sum'), compressor: { kind: 'identity' } }],
    [
      'primal-dual',
      'over own links',
      { links: ownLinks, flow: { kind: 'primal-dual' }, compressor: { kind: 'identity' } },
    ],
    [
      'primal-dual',
      'observer, over own links',
      { links: ownLinks, flow: { kind: 'primal-dual', compress: 'observer' }, compressor: topK },
    ],
    [
      'consensus',
      'where links fail',
      {
        cost: average,
        links: { kind: 'drops', rate: 0.3 },
        flow: { kind: 'consensus', compress: 'none' },
        compressor: { kind: 'identity' },
      },
    ],
  ];
  it.each(someOfAll(resting, 3, ([, , config]) => kindsOf(config)))('%s %s', async (_name, _mode, config) => {
    const errors = await errorsOf({ ...rest, ...config });
    expect(errors[1], `${errors}`).toBeLessThan(5e-6);
    expect(errors[1], `${errors}`).toBeLessThan(1.5 * errors[0]! + 1e-7);
  });

  // What is left of a step's bias is that of float64.
  it.each([
    ['dgd', { flow: { kind: 'dgd', step: 0.05 }, compressor: { kind: 'identity' } }],
    ['choco-sgd', { flow: { kind: 'choco-sgd', step: 0.02, gamma: 0.2 }, compressor: topK }],
    ['custom', { flow: { ...ownFlow('choco-sgd'), step: 0.02, gamma: 0.2 }, compressor: topK }],
  ])('%s beside its bias', async (_name, config) => {
    const biased = await runSequentially({ ...rest, ...config }, 1);
    const single = await runSequentially({ ...rest, ...config, precision: 'float32' }, 1);
    expect(rms(single.x.map((entry, at) => entry - biased.x[at]!))).toBeLessThan(5e-6);
  });

  describe('where the minimiser is a power of two in every entry', () => {
    const dim = 24;
    const folder = temporaryFolder();
    const problem = () => {
      const [a, b] = [new Float64Array(10 * dim), new Float64Array(10 * dim)];
      for (let c = 0; c < dim; c++) {
        const minimiser = (c % 2 ? -1 : 1) * 2 ** ((c % 7) - 3);
        let pull = 0;
        for (let i = 0; i < 10; i++) {
          const at = i * dim + c;
          a[at] = Math.fround(1 + 7 * Math.abs(Math.sin(3 * i + 5 * c + 1)));
          b[at] = i < 9 ? Math.fround(minimiser * (1 + Math.sin(7 * i + 11 * c))) : minimiser + pull / a[at]!;
          pull += a[at]! * (minimiser - b[at]!);
        }
      }
      return writeQuadratic(folder, 'powers', a, b, dim);
    };

    // There `Edge.pair` rounds, and z = L s would add its errors up (`gatherDenseApart`).
    const powers: [string, object][] = [
      ['primal-dual', { flow: { kind: 'primal-dual' }, compressor: { kind: 'identity' } }],
      ['observer', { flow: { kind: 'primal-dual', compress: 'observer' }, compressor: topK }],
      ['extra', { flow: { kind: 'extra' }, compressor: { kind: 'identity' } }],
      ['nids', { flow: { kind: 'nids' }, compressor: { kind: 'identity' } }],
      ['diging', { flow: { kind: 'diging' }, compressor: { kind: 'identity' } }],
      ['admm', { flow: { kind: 'admm' }, compressor: { kind: 'identity' } }],
      ['pdmm', { flow: { kind: 'pdmm' }, compressor: { kind: 'identity' } }],
    ];
    it.each(someOf(powers, 2))('%s', async (_name, config) => {
      const { cost } = await problem();
      const topology = { kind: 'erdos-renyi', nodes: 10, averageDegree: 5, seed: 2 };
      const errors = await errorsOf({ ...rest, ...config, topology, cost, rounds: 20_000 });
      expect(errors[1], `${errors}`).toBeLessThan(3e-6);
      expect(errors[1], `${errors}`).toBeLessThan(1.5 * errors[0]! + 1e-7);
    });
  });

  it('rows of hubs that are shared out are the rows of one worker, to rounding', async () => {
    const star = {
      topology: { kind: 'star', nodes: 4701 },
      cost: { kind: 'quadratic', dim: 9, condition: 3 },
      rounds: 12,
      seed: 11,
      trace: { every: 12 },
    };
    const gains = { kind: 'primal-dual', step: 1e-4, alpha: 0.5, beta: 0.5 };
    for (const config of [
      { flow: { ...gains, compress: 'none' }, compressor: { kind: 'identity' } },
      { flow: { ...gains, compress: 'error-state' }, compressor: { kind: 'flattened-sign' } },
      { flow: { ...gains, compress: 'observer' }, compressor: { kind: 'top-k', k: 3 } },
    ]) {
      const double = await runSequentially({ ...star, ...config }, 1);
      const single = await runSequentially({ ...star, ...config, precision: 'float32' }, 1);
      const shared = await runSequentially({ ...star, ...config, precision: 'float32' }, 3);
      expect(shared.stateHash).toBe(single.stateHash);
      const apart = rms(single.x.map((entry, at) => entry - double.x[at]!)) / rms(double.x);
      expect(apart, JSON.stringify(config)).toBeLessThan(1e-5);
    }
  });
});

describe('float32', () => {
  it.each(Object.keys(tables))(
    '%s',
    async (name) => {
      let number = 0;
      for (const [config, body] of (tables[name] as (typeof tables)[string])())
        if (number++ % EVERY === Math.min(7, EVERY - 1)) await check(config, body);
    },
    3_600_000,
  );
});
