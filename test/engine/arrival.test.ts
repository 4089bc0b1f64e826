/**
 * A run stops in the round in which it arrives, however far its rows are apart: going back to the last row
 * leaves nothing behind, whatever flow, compressor and links keep from round to round. Held against the same
 * run with a row in every round.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { kernelsUrl } from '../../src/run/locations.js';
import { prepareRun } from '../../src/session/prepare.js';
import { runOnOneThread } from '../../src/session/single-thread.js';
import type { TraceRow } from '../../src/trace/row.js';
import { runConfig } from '../support/run.js';
import { ALL, someOf } from '../support/some.js';
import { baselines, combinations } from './table.js';

const module = new WebAssembly.Module(readFileSync(kernelsUrl));
const EVERY = 20;
const ROUNDS = 3 * EVERY;
const timeless = ({ seconds: _, ...row }: TraceRow) => row;

async function run(config: Record<string, unknown>, workers: number) {
  const { rows, summary } = runOnOneThread(await prepareRun(await parseConfig(config), workers), module);
  return { rows, rounds: summary.rounds, stateHash: summary.stateHash, status: summary.status };
}

/**
 * A round between two rows in which the error is smaller than ever before, and still is in the row after it.
 */
function arrivalIn(rows: readonly TraceRow[]): TraceRow | undefined {
  return rows.find(
    ({ round, rmsError }) =>
      round > EVERY &&
      round % EVERY > 1 &&
      rmsError > 0 &&
      rows.slice(0, round).every((row) => row.rmsError > rmsError) &&
      rows[Math.ceil(round / EVERY) * EVERY].rmsError <= rmsError,
  );
}

const tried = someOf([...combinations, ...baselines], 6);
let found = 0;

describe('the round of arrival', () => {
  it.each(tried)('$name', async ({ flow, compressor }) => {
    const config = {
      topology: { kind: 'erdos-renyi', nodes: 9, averageDegree: 4, seed: 2, largestComponent: true },
      cost: { kind: 'quadratic', dim: 11, condition: 3, seed: 1 },
      flow,
      compressor,
      rounds: ROUNDS,
      seed: 9,
    };
    const whole = await run({ ...config, trace: { every: 1 } }, 1);
    const arrival = arrivalIn(whole.rows);
    if (arrival === undefined) return;
    found++;
    const stop = { rmsError: arrival.rmsError };
    const dense = await run({ ...config, stop, trace: { every: 1 } }, 1);
    const sparse = await run({ ...config, stop, trace: { every: EVERY } }, 2);
    expect(sparse.rounds).toBe(arrival.round);
    expect(sparse.stateHash).toBe(dense.stateHash);
    expect(timeless(sparse.rows.at(-1) as TraceRow)).toEqual(timeless(arrival));
  });

  it('was found for most of them', () => {
    expect(found).toBeGreaterThan(tried.length / 2);
  });
});

const ring = { kind: 'ring', nodes: 12 };
const quadratic = { kind: 'quadratic', dim: 5, condition: 3, seed: 1 };
const network = { bandwidth: 1000, latency: 0.5 };

describe('with threads', () => {
  const configs: Record<string, Record<string, unknown>> = {
    'a memory, messages that vary in length': {
      topology: ring,
      cost: quadratic,
      flow: { kind: 'primal-dual', compress: 'error-memory', step: 0.05, alpha: 1, beta: 1 },
      compressor: { kind: 'threshold', threshold: 0.3 },
      stop: { agentsGapMean: 1e-3 },
      network,
    },
    'links that fail': {
      topology: ring,
      cost: quadratic,
      flow: { kind: 'primal-dual', compress: 'error-state', step: 0.05, alpha: 1, beta: 1 },
      compressor: { kind: 'flatten', inner: { kind: 'sign' } },
      links: { kind: 'gilbert-elliott', toBad: 0.2, toGood: 0.5 },
      stop: { agentsGapWorst: 1e-3 },
      network,
    },
    'pairs that meet at random': {
      topology: ring,
      cost: { kind: 'average', dim: 5 },
      flow: { kind: 'consensus', compress: 'none', step: 0.5, alpha: 1 },
      links: { kind: 'random-matching' },
      stop: { rmsError: 1e-2 },
    },
    'two targets at once': {
      topology: ring,
      cost: quadratic,
      flow: { kind: 'primal-dual', compress: 'none', step: 0.1, alpha: 1, beta: 1 },
      stop: { gradientNorm: 1e-4, consensusError: 1e-3 },
    },
    'a server with momentum': {
      program: {
        kind: 'parameter-server',
        agents: 6,
        gamma: 0.02,
        uplink: { kind: 'error-feedback', inner: { kind: 'threshold', threshold: 0.5 } },
        downlink: 'none',
        optimizer: { kind: 'momentum', beta: 0.5 },
      },
      cost: quadratic,
      stop: { rmsError: 0.03 },
      network,
    },
  };

  it.each(Object.entries(configs).map(([name, config], at) => ({ name, config, at })))(
    '$name',
    async ({ config, at }) => {
      const ends = async (every: number, workers: number) => {
        const { summary } = await runConfig({
          ...config,
          rounds: 3000,
          seed: 4,
          workers,
          trace: { every },
        });
        const { status, rounds, stateHash, bits, final } = summary;
        return { status, rounds, stateHash, bits, final };
      };
      const dense = await ends(1, 1);
      expect(dense.status).toBe('converged');
      expect(dense.rounds).toBeGreaterThan(10);
      const ways = [
        [7, 1],
        [50, 2],
        [1000, 3],
      ] as const;
      // In the gate two of them, in turns.
      for (const [every, workers] of ways.filter((_, way) => ALL || way !== at % 3)) {
        expect(await ends(every, workers)).toEqual(dense);
      }
    },
  );
});
