/**
 * When a cell has arrived: in the first round from which it stays at the target for as long again, whatever
 * its config says of rows.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LEAST_WATCHED, rowAfter, runCell } from '../../src/compare/run-cell.js';
import type { Target } from '../../src/compare/types.js';
import { parseConfig } from '../../src/config/load.js';
import { kernelsUrl } from '../../src/run/locations.js';
import { prepareRun } from '../../src/session/prepare.js';
import { runOnOneThread, Stepper } from '../../src/session/single-thread.js';
import type { TraceRow } from '../../src/trace/row.js';

const module = new WebAssembly.Module(readFileSync(kernelsUrl));

async function cell(config: Record<string, unknown>, target: Target) {
  const stop = { [target.quantity]: target.bound };
  return runCell(new Stepper(await prepareRun(await parseConfig({ ...config, stop }), 1), module), target);
}

/** Every round's row, for twice the rounds. */
async function everyRound(config: Record<string, unknown>): Promise<TraceRow[]> {
  const rounds = 2 * (config['rounds'] as number);
  const loaded = await parseConfig({ ...config, rounds, trace: { every: 1 } });
  return runOnOneThread(await prepareRun(loaded, 1), module).rows;
}

/**
 * By definition: the first round c at the target such that as many rounds again are, and at least a hundred.
 */
function arrival(rows: TraceRow[], { quantity, bound }: Target, rounds: number): number | null {
  for (let c = 0; c <= rounds; c++) {
    if (rows.slice(c, c + Math.max(c, LEAST_WATCHED) + 1).every((row) => row[quantity] <= bound)) return c;
  }
  return null;
}

/** Agents that begin near x* and leave it at first: the error rises from 0.19 to 0.29 before it falls. */
const leaving = {
  topology: { kind: 'path', nodes: 8 },
  cost: { kind: 'quadratic', dim: 3, condition: 2, seed: 3 },
  flow: { kind: 'primal-dual', compress: 'none', step: 0.05, alpha: 0.2, beta: 2 },
  rounds: 1000,
};
/** One that never gets nearer than its batches let it. */
const noisy = {
  topology: { kind: 'ring', nodes: 8 },
  cost: { kind: 'quadratic', dim: 3, condition: 2, seed: 3 },
  flow: { kind: 'primal-dual', compress: 'node-state', step: 0.05, alpha: 1, beta: 1 },
  compressor: { kind: 'qsgd', levels: 4 },
  rounds: 600,
  seed: 5,
};

describe('the round of arrival', () => {
  const cases: [string, Record<string, unknown>, Target][] = [
    [
      'of an error that rises first: its start is at the target, and does not count',
      leaving,
      { quantity: 'rmsError', bound: 0.2 },
    ],
    ['far down', leaving, { quantity: 'rmsError', bound: 1e-8 }],
    ['of a noise floor, which is touched and left', noisy, { quantity: 'rmsError', bound: 0.05 }],
  ];
  it.each(cases)('%s', async (_, config, target) => {
    const rows = await everyRound(config);
    const expected = arrival(rows, target, config['rounds'] as number);
    const found = await cell(config, target);
    expect(found.arrival?.round ?? null).toBe(expected);
    if (expected === null) expect(found.summary.status).toBe('finished');
    else {
      expect(found.held).toEqual({
        until: expected + Math.max(expected, LEAST_WATCHED),
        worst: expect.any(Number),
      });
      expect(found.held?.worst).toBeLessThanOrEqual(target.bound);
      expect(found.summary).toMatchObject({ status: 'converged', rounds: expected });
    }
  });

  it('is not a touch: a target between the dips and the peaks of a noise floor is left again', async () => {
    const rows = (await everyRound(noisy)).slice(100);
    const errors = rows.map(({ rmsError }) => rmsError).sort((a, b) => a - b);
    const target: Target = { quantity: 'rmsError', bound: errors[Math.floor(errors.length / 2)] };
    const { arrival: arrived, touched, summary } = await cell(noisy, target);
    expect(arrived).toBeNull();
    expect(touched?.rose).toBeGreaterThan(touched?.round as number);
    expect(touched?.value).toBeGreaterThan(target.bound);
    expect(summary.status).toBe('finished');
  });

  it('is the one of `run` with the same stop, in the same bits, for figures that take an evaluation of f', async () => {
    for (const quantity of ['agentsGapMean', 'agentsGapWorst', 'gradientNorm', 'gap'] as const) {
      const target = { quantity, bound: 1e-5 };
      const loaded = await parseConfig({ ...leaving, stop: { [quantity]: 1e-5 }, trace: { every: 1 } });
      const alone = runOnOneThread(await prepareRun(loaded, 1), module).summary;
      const { summary, arrival: arrived } = await cell({ ...leaving, trace: { every: 500 } }, target);
      expect([arrived?.round, summary.stateHash]).toEqual([alone.rounds, alone.stateHash]);
    }
  });

  it('leaves a trace that is dense enough to draw', async () => {
    const { trace } = await cell(
      { ...leaving, trace: { every: 1000 } },
      { quantity: 'rmsError', bound: 1e-8 },
    );
    for (let i = 1; i < trace.length; i++) {
      expect(trace[i].round).toBeGreaterThan(trace[i - 1].round);
      expect(trace[i].round).toBeLessThanOrEqual(rowAfter(trace[i - 1].round));
    }
  });
});
