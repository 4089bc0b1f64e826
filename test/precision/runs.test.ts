/**
 * Runs in float32: the same hash for any number of workers, and next to the same run in float64, for every
 * flow, compressor, cost, kind of links and program whose bits are recorded. Here every so many of them; all
 * of them with `npm run test:precision`.
 */

import { describe, expect, it } from 'vitest';
import { isInputError } from '../../src/base/errors.js';
import { ROUNDS, recordedTables } from '../engine/recorded.js';
import { runSequentially, type SequentialResult } from '../support/sequential.js';

const tables = await recordedTables();
const whole = process.env['SOTTOVOCE_PRECISION'] === 'all';
const EVERY = whole ? 1 : 61;
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
  const double = await attempt(config, 1);
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

  // What does not add up to 0 over the agents is added up by duals and trackers in every round: an error that
  // grows with the rounds, were there any (Edge.apart, estimate.ts).
  it.each([
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
  ])(
    '%s %s',
    async (_name, _mode, config) => {
      const errors: number[] = [];
      for (const rounds of [2000, rest.rounds]) {
        const { final, verdict } = await runSequentially(
          { ...rest, ...config, rounds, precision: 'float32' },
          1,
        );
        expect(verdict).not.toBe('diverged');
        errors.push(final.rmsError);
      }
      expect(errors[1], `${errors}`).toBeLessThan(5e-6);
      expect(errors[1], `${errors}`).toBeLessThan(1.5 * errors[0]! + 1e-7);
    },
    60_000,
  );

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
  }, 60_000);
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
