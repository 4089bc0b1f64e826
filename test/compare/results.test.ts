/** From traces to a table, by numbers that can be checked by hand. */

import { describe, expect, it } from 'vitest';
import { coloursFor } from '../../src/base/format.js';
import { makeCurves } from '../../src/compare/curves.js';
import { compareOutcomes, median } from '../../src/compare/results.js';
import type { Cell, CellOutcome, Target } from '../../src/compare/types.js';
import { comparisonCsv, drawComparison, formatComparison } from '../../src/report/comparison.js';
import type { TraceRow } from '../../src/trace/row.js';
import { LOADED, row, SUMMARY } from '../report/fixtures.js';

const TARGET: Target = { quantity: 'gap', bound: 0.01 };

function cell(id: string, method: number, seed = 1): Cell {
  return {
    id,
    setting: id,
    inputs: [],
    method,
    problem: 0,
    label: id[0],
    graph: 'ring(nodes=8)',
    config: 'ring.yaml',
    compressor: id[0],
    flow: null,
    kinds: { compressor: 'sign', flow: 'primal-dual' },
    seed,
    loaded: LOADED,
  };
}

/** A run whose gap falls to a tenth every round, with so many bits a round. */
function outcome(
  bitsARound: number,
  rounds = 4,
  status: 'converged' | 'diverged' = 'converged',
): CellOutcome {
  const trace = Array.from({ length: rounds + 1 }, (_, k) =>
    row(k, { gap: 10 ** -k, bitsBroadcast: bitsARound * k, seconds: k / 2 }),
  );
  return {
    status,
    compressor: 'sign',
    flow: 'primal-dual, error-state',
    topology: 'ring(nodes=8)',
    cost: 'quadratic',
    network: null,
    summary: { ...SUMMARY, status },
    trace,
    gains: { step: 0.1 },
    trials: 12,
    ...arrivalIn(trace),
  };
}

function arrivalIn(trace: TraceRow[]) {
  const arrival = trace.find(({ gap }) => gap <= TARGET.bound) ?? null;
  return { arrival, held: arrival && { until: 2 * arrival.round, worst: arrival.gap }, touched: null };
}

/** The same at another pace: round k stands at round k * pace. */
function slower(bitsARound: number, pace: number): CellOutcome {
  const made = outcome(bitsARound);
  if ('trace' in made) for (const point of made.trace) point.round *= pace;
  return made;
}

describe('the target', () => {
  it('is reached at the first trace row at or below it', () => {
    const { cells } = compareOutcomes([cell('a', 0)], new Map([['a', outcome(100)]]), TARGET);
    expect(cells[0]).toMatchObject({
      reached: true,
      roundsToTarget: 2,
      bitsToTarget: 200,
      secondsToTarget: 1,
      networkSecondsToTarget: null,
    });
  });

  it('counts for a method only where every seed reached it', () => {
    const cells = [cell('a1', 0, 1), cell('a2', 0, 2), cell('b1', 1, 1), cell('b2', 1, 2)];
    const outcomes = new Map([
      ['a1', outcome(100)],
      ['a2', outcome(300)],
      ['b1', outcome(10)],
      ['b2', outcome(10, 1, 'diverged')],
    ]);
    const { methods } = compareOutcomes(cells, outcomes, TARGET);
    expect(methods[0]).toMatchObject({ seeds: 2, reached: 2, rounds: 2, bits: 400, pareto: true });
    expect(methods[1]).toMatchObject({
      reached: 1,
      rounds: null,
      bits: null,
      status: 'diverged',
      pareto: false,
    });
  });

  it('is out of reach of a method that diverged, and what to do about it stands below the table', () => {
    const diverged = outcome(10, 1, 'diverged');
    if ('summary' in diverged) diverged.summary.hint = 'try flow.step: 0.1';
    const comparison = compareOutcomes([cell('b', 0, 1)], new Map([['b', diverged]]), TARGET);
    expect(comparison.cells[0].hint).toBe('try flow.step: 0.1');
    expect(formatComparison(comparison, TARGET, 40, coloursFor({}, {}))).toContain(': try flow.step: 0.1');
  });

  it('is not known of a method while some of its cells have not run', () => {
    const { methods } = compareOutcomes(
      [cell('a1', 0, 1), cell('a2', 0, 2)],
      new Map([['a1', outcome(100)]]),
      TARGET,
    );
    expect(methods[0]).toMatchObject({ seeds: 2, ran: 1, rounds: null, pareto: false });
  });

  it('has medians: of an even number of seeds the mean of the two in the middle', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 100])).toBe(3.5);
    expect(median([1, null])).toBeNull();
  });
});

describe('the Pareto front', () => {
  // Rounds and bits to the target: a (2, 400), b (4, 200), c (4, 400), d (6, 100), e never.
  const cells = ['a', 'b', 'c', 'd', 'e'].map((id, method) => cell(id, method));
  const outcomes = new Map<string, CellOutcome>([
    ['a', outcome(200)],
    ['b', slower(100, 2)],
    ['c', slower(200, 2)],
    ['d', slower(50, 3)],
    ['e', { status: 'refused', error: 'compressor.k is 99, expected 1..40 (dim)' }],
  ]);
  const comparison = compareOutcomes(cells, outcomes, TARGET);

  it('has what nothing else beats: a, b and d; c needs the rounds of b and the bits of a', () => {
    expect(comparison.methods.filter(({ pareto }) => pareto).map(({ compressor }) => compressor)).toEqual([
      'a',
      'b',
      'd',
    ]);
  });

  it('is marked in the table, by bits; what was refused stands last and says why', () => {
    const lines = formatComparison(comparison, TARGET, 40, coloursFor({}, {})).split('\n');
    expect(lines[0]).toBe('ring.yaml: to a gap of the mean of 0.01');
    expect(lines.slice(2, 7).map((line) => line.slice(0, 4))).toEqual([
      '*  d',
      '*  b',
      '*  a',
      '   c',
      '   e',
    ]);
    expect(lines[7]).toBe('refused: e: compressor.k is 99, expected 1..40 (dim)');
  });

  it('is a column of results.csv', () => {
    const [head, ...lines] = comparisonCsv(comparison).trimEnd().split('\n');
    const at = head.split(',').indexOf('pareto');
    expect(lines).toHaveLength(5);
    expect(lines.slice(0, 4).map((line) => line.split(',').at(at - head.split(',').length))).toEqual([
      'true',
      'true',
      'false',
      'true',
    ]);
  });

  it('is drawn: a line for each method that ran and the target, in both panels', () => {
    const [{ name, svg }, ...rest] = drawComparison(
      makeCurves(cells, outcomes, comparison.methods),
      comparison,
      TARGET,
    );
    expect(name).toBe('picture.svg');
    expect(rest).toEqual([]);
    expect(svg.match(/<polyline/g)).toHaveLength(10);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});
