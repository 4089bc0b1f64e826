/** Medians and quartiles over the seeds, by numbers that can be checked by hand. */

import { describe, expect, it } from 'vitest';
import { type Curve, makeCurves } from '../../src/compare/curves.js';
import { packRows, unpackRows } from '../../src/compare/packed-rows.js';
import { parseCurves } from '../../src/compare/read-study.js';
import { compareOutcomes, quantile } from '../../src/compare/results.js';
import type { Cell, CellOutcome, Target } from '../../src/compare/types.js';
import { curvesCsv } from '../../src/report/study-files.js';
import { LOADED, row, SUMMARY } from '../report/fixtures.js';

const TARGET: Target = { quantity: 'gap', bound: 0.01 };

const cell = (id: string, seed: number): Cell => ({
  id,
  setting: id,
  inputs: [],
  method: 0,
  problem: 0,
  label: 'one',
  graph: 'ring',
  config: 'ring.yaml',
  compressor: null,
  flow: null,
  kinds: { compressor: 'sign', flow: 'primal-dual' },
  seed,
  loaded: LOADED,
});

/** Gaps by round, with so many bits a round; it arrived in the round `arrived`. */
function run(gaps: readonly number[], bits: number, arrived: number | null, diverged = false): CellOutcome {
  const trace = gaps.map((gap, k) => row(k, { gap, bitsBroadcast: bits * k, seconds: k }));
  const status = diverged ? 'diverged' : arrived === null ? 'finished' : 'converged';
  return {
    status,
    compressor: 'sign',
    flow: 'primal-dual',
    topology: 'ring(nodes=8)',
    cost: 'quadratic',
    network: null,
    summary: { ...SUMMARY, status },
    trace,
    gains: {},
    trials: 0,
    arrival: arrived === null ? null : trace[arrived]!,
    held: null,
    touched: null,
  };
}

function curves(runs: readonly CellOutcome[]): Map<string, Curve> {
  const cells = runs.map((_, i) => cell(`c${i}`, i));
  const outcomes = new Map(runs.map((outcome, i) => [`c${i}`, outcome]));
  const { methods } = compareOutcomes(cells, outcomes, TARGET);
  return new Map(makeCurves(cells, outcomes, methods).map((curve) => [curve.axis, curve]));
}

const falling = (to: number) => Array.from({ length: to + 1 }, (_, k) => 10 ** -k);

describe('quartiles', () => {
  it('are those of NumPy: between two values in a straight line', () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile([1, 2, 4, 8], share))).toEqual([1, 1.75, 3, 5, 8]);
  });

  it('are infinite where so many values are', () => {
    const eight = [1, 2, 3, 4, 5, 6, 7, 8, Infinity, Infinity];
    expect([0.25, 0.5, 0.75].map((share) => quantile(eight, share))).toEqual([3.25, 5.5, 7.75]);
    const seven = [1, 2, 3, 4, 5, 6, 7, Infinity, Infinity, Infinity];
    expect([0.25, 0.5, 0.75].map((share) => quantile(seven, share))).toEqual([3.25, 5.5, Infinity]);
  });
});

describe('a curve', () => {
  it('against rounds is the median of the rows, to the last arrival, and knows no quantity that no run knows', () => {
    const made = curves([run(falling(8), 100, 2), run(falling(8), 100, 2), run(falling(8), 100, 4)]);
    const curve = made.get('round') as Curve;
    expect(curve.x).toEqual([0, 1, 2, 3, 4]);
    expect(curve.values.gap?.median.map(Math.log10)).toEqual([0, -1, -2, -3, -4]);
    expect(curve.at.bits).toEqual([0, 100, 200, 300, 400]);
    expect(curve.seeds).toEqual([3, 3, 3, 3, 3]);
    expect([...made.keys()]).toEqual(['round', 'bits', 'seconds']);
    expect(curve.at.networkSeconds).toBeUndefined();
  });

  it('against bits stands where the median seed is, and others are read between their rows on a log scale', () => {
    const made = curves([run(falling(8), 100, 4), run(falling(8), 200, 4), run(falling(8), 400, 4)]);
    const { x, values } = made.get('bits') as Curve;
    expect(x).toEqual([0, 200, 400, 600, 800, 1600]);
    // With 200 bits: two rounds, one round, and half of one.
    expect(values.gap?.q1[1]).toBeCloseTo((1e-2 + 1e-1) / 2, 12);
    expect(values.gap?.median[1]).toBeCloseTo(1e-1, 12);
    expect(values.gap?.q3[1]).toBeCloseTo((1e-1 + 10 ** -0.5) / 2, 12);
  });

  it('holds a seed that has ended at its last value, and counts one that diverged as infinite from then on', () => {
    const ended = run(falling(2), 100, 2);
    const slow = run([1, 1, 1, 1, 1e-1, 1e-2], 100, 5);
    const diverged = run([1, 10], 100, null, true);
    const both = (curves([ended, slow]).get('round') as Curve).values.gap;
    expect(both?.median[5]).toBeCloseTo(1e-2, 12);
    const { seeds, values } = curves([ended, slow, diverged]).get('round') as Curve;
    expect(seeds).toEqual([3, 3, 2, 2, 2, 2]);
    expect(values.gap?.median[1]).toBe(1);
    expect(values.gap?.median[2]).toBe(1);
    expect(values.gap?.q3[2]).toBe(Infinity);
    expect(values.gap?.median[5]).toBeCloseTo(1e-2, 12);
  });

  it('keeps what is not positive as a step', () => {
    const { values } = curves([run([1, 0, -1e-16], 100, 1), run([1, 0, 0], 200, 1)]).get('bits') as Curve;
    expect(values.gap?.median.every(Number.isFinite)).toBe(true);
  });

  it('has a few hundred points, however long a run is', () => {
    const long = run([1, 1e-9], 100, 1);
    if ('trace' in long) Object.assign(long.trace[1]!, { round: 1e9, bitsBroadcast: 1e11 });
    const { x } = curves([long]).get('round') as Curve;
    expect(x.length).toBeGreaterThan(300);
    expect(x.length).toBeLessThanOrEqual(500);
    expect(x.at(-1)).toBe(1e9);
  });

  it('is read back from curves.csv, to six digits', () => {
    const made = [...curves([run(falling(8), 100, 4), run([1, 7], 300, null, true)]).values()];
    const read = parseCurves(curvesCsv(made));
    expect(read.map(({ axis }) => axis)).toEqual(['round', 'bits', 'seconds']);
    expect(read[0]?.x).toEqual(made[0]?.x);
    expect(read[0]?.at).toEqual(made[0]?.at);
    expect(read[0]?.values.gap?.median.slice(0, 3)).toEqual([1, 3.55, Infinity]);
    expect(read[0]?.values.gap?.q1[1]).toBe(1.825);
    expect(read[1]?.values.gap?.q3.at(-1)).toBe(Infinity);
  });
});

describe("rows in a cell's file", () => {
  it('come back in the same bits, those that are not numbers too', () => {
    const rows = [row(0, { gap: 0.1, bitsBroadcast: 1e15 }), row(7, { gap: Infinity, rmsError: -0 })];
    expect(unpackRows(JSON.parse(JSON.stringify(packRows(rows))))).toEqual(rows);
    expect(packRows(rows).columns).not.toContain('bitsUp');
  });
});
