/**
 * Curves of a study: for every method on every problem the median and the quartiles over its seeds of what a
 * run measures, against rounds, bits and seconds.
 *
 * A seed is a function of x (its rounds, its bits, its seconds), known at its rows. Between two rows the
 * logarithm of a value is linear in x, which is what linear convergence is; where one of the two values is not
 * positive, that of the row before holds. Before its first row and behind its last one it is constant: a run
 * ends when it has stayed at the target for as long again as it took, so it is held at less than the target.
 * A run that diverged is infinite behind its last row. So quartiles say what is known of all seeds that ran:
 * where a quarter of them has diverged, the third quartile is infinite. Seeds that could not run are no seeds
 * here.
 *
 * The points are the rounds in which cells have rows: every round until 32, then each a twentieth further than
 * the last, about 400 in a billion rounds. Against bits and seconds they are where the median seed is in those
 * rounds. So where all seeds send as many bits a round, nothing is interpolated. A curve ends where the last of
 * its seeds arrived, else where the last one ended.
 */

import { QUANTITIES, type Quantity } from '../run/targets.js';
import type { TraceRow } from '../trace/row.js';
import { quantile } from './results.js';
import { rowAfter } from './run-cell.js';
import type { Cell, CellOutcome, MethodRow } from './types.js';

/** What a curve is drawn against, by the trace's columns; bits count every message once an agent. */
export const AXES = {
  round: 'round',
  bits: 'bitsBroadcast',
  networkSeconds: 'networkSeconds',
  seconds: 'seconds',
} as const satisfies Record<string, keyof TraceRow>;
/** What a curve may be drawn against. */
export type CurveAxis = keyof typeof AXES;

export const AXIS_NAMES = Object.keys(AXES) as CurveAxis[];
/** What is drawn. */
export const CURVE_QUANTITIES = Object.keys(QUANTITIES) as Quantity[];

/** Median and quartiles of one quantity at every point of a curve; infinite where so many seeds diverged. */
export interface Band {
  /** Median. */
  median: number[];
  /** First quartile. */
  q1: number[];
  /** Third quartile. */
  q3: number[];
}

/** One method on one problem, against one axis. */
export interface Curve {
  /** Number of its row among the methods. */
  method: number;
  /** What its method is called: the same on every graph. */
  label: string;
  /** Number of its problem. */
  problem: number;
  /** What its graph is called. */
  graph: string;
  /** What x is. */
  axis: CurveAxis;
  /** Ascending; the first is the beginning, 0. */
  x: number[];
  /** At each x the median of the others, and x itself; of those that the runs know. */
  at: Partial<Record<CurveAxis, number[]>>;
  /** Seeds that have not diverged by then. */
  seeds: number[];
  /** Those that the runs know. */
  values: Partial<Record<Quantity, Band>>;
}

/** A run as its curve needs it. */
interface Seed {
  rows: readonly TraceRow[];
  arrival: TraceRow | null;
  diverged: boolean;
}

export function makeCurves(
  cells: readonly Cell[],
  outcomes: ReadonlyMap<string, CellOutcome>,
  methods: readonly MethodRow[],
): Curve[] {
  return methods.flatMap(({ method, label, problem, graph }) => {
    const seeds = cells.flatMap((cell): Seed[] => {
      const outcome = cell.method === method ? outcomes.get(cell.id) : undefined;
      if (outcome === undefined || !('trace' in outcome) || outcome.trace.length === 0) return [];
      return [{ rows: outcome.trace, arrival: outcome.arrival, diverged: outcome.status === 'diverged' }];
    });
    return curvesOf(seeds).map((curve) => ({ method, label, problem, graph, ...curve }));
  });
}

function curvesOf(seeds: readonly Seed[]): Omit<Curve, 'method' | 'label' | 'problem' | 'graph'>[] {
  if (seeds.length === 0) return [];
  const knows = (column: keyof TraceRow) =>
    seeds.every(({ rows: [first] }) => !Number.isNaN(first?.[column]));
  const axes = AXIS_NAMES.filter((axis) => knows(AXES[axis]));
  const quantities = CURVE_QUANTITIES.filter(knows);
  const rounds = roundsOf(seeds);
  return axes.map((axis) => {
    const x = pointsOf(seeds, rounds, AXES[axis]);
    const places = seeds.map(({ rows }) => placesOf(rows, AXES[axis], x));
    const median = (column: keyof TraceRow) =>
      x.map((_, i) =>
        quantile(ascending(seeds.map((seed, s) => straight(seed.rows, column, places[s]![i]!))), 0.5),
      );
    const at = Object.fromEntries(axes.map((other) => [other, other === axis ? x : median(AXES[other])]));
    const seedsAt = x.map(
      (point) => seeds.filter(({ rows, diverged }) => !(diverged && point > rows.at(-1)![AXES[axis]])).length,
    );
    const values = Object.fromEntries(
      quantities.map((quantity) => [
        quantity,
        bandOf(x.map((_, i) => seeds.map((seed, s) => valueAt(seed, quantity, places[s]![i]!)))),
      ]),
    );
    return { axis, x, at, seeds: seedsAt, values };
  });
}

/** 0, 1, 2, ... as cells have rows, to the last arrival, or to the last end. */
function roundsOf(seeds: readonly Seed[]): number[] {
  const end = Math.max(...seeds.map(({ rows, arrival }) => (arrival ?? rows.at(-1)!).round));
  const rounds = [0];
  for (let round = 1; round < end; round = rowAfter(round)) rounds.push(round);
  if (end > 0) rounds.push(end);
  return rounds;
}

/** Where the median seed is in those rounds, each once, to where the last one arrived. */
function pointsOf(seeds: readonly Seed[], rounds: readonly number[], column: keyof TraceRow): number[] {
  if (column === 'round') return [...rounds];
  const end = Math.max(...seeds.map(({ rows, arrival }) => (arrival ?? rows.at(-1)!)[column]));
  const places = seeds.map(({ rows }) => placesOf(rows, 'round', rounds));
  const middle = rounds.map((_, i) =>
    quantile(ascending(seeds.map(({ rows }, s) => straight(rows, column, places[s]![i]!))), 0.5),
  );
  const points = [...middle.filter((point) => point < end), end];
  return points.filter((point, i) => i === 0 || point > points[i - 1]!);
}

/** Between which rows a point lies: the first of the two, and how far; beyond the ends: those. */
interface Place {
  row: number;
  share: number;
  /** Behind the last row. */
  beyond: boolean;
}

/** Both in ascending order. Of rows at one x the last one counts. */
function placesOf(rows: readonly TraceRow[], column: keyof TraceRow, points: readonly number[]): Place[] {
  let row = 0;
  const last = rows.length - 1;
  return points.map((point) => {
    while (row < last && rows[row + 1]![column] <= point) row++;
    if (row === last) return { row, share: 0, beyond: point > rows[row]![column] };
    const [from, to] = [rows[row]![column], rows[row + 1]![column]];
    return { row, share: Math.max(0, (point - from) / (to - from)), beyond: false };
  });
}

function straight(rows: readonly TraceRow[], column: keyof TraceRow, { row, share }: Place): number {
  const from = rows[row]![column];
  return share === 0 ? from : from + share * (rows[row + 1]![column] - from);
}

function valueAt({ rows, diverged }: Seed, quantity: Quantity, { row, share, beyond }: Place): number {
  const from = rows[row]![quantity];
  // What is not finite any more is not known to be less than anything.
  if ((beyond && diverged) || Number.isNaN(from)) return Number.POSITIVE_INFINITY;
  const to = rows[row + 1]?.[quantity] ?? from;
  if (share === 0 || !(from > 0 && to > 0) || !Number.isFinite(to)) return from;
  return Math.exp(Math.log(from) + share * (Math.log(to) - Math.log(from)));
}

function bandOf(values: readonly number[][]): Band {
  const sorted = values.map(ascending);
  const at = (share: number) => sorted.map((each) => quantile(each, share));
  return { median: at(0.5), q1: at(0.25), q3: at(0.75) };
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/** Columns of curves.csv and curves.parquet, in their order; a quantity has three: median, Q1 and Q3. */
export const CURVE_COLUMNS: readonly string[] = [
  ...['method', 'label', 'problem', 'graph', 'axis', ...AXIS_NAMES, 'seeds'],
  ...CURVE_QUANTITIES.flatMap((quantity) => [quantity, `${quantity}Q1`, `${quantity}Q3`]),
];

/** Rows of these columns; null where there is no number. */
export function* curveRows(curves: readonly Curve[]): Generator<(string | number | null)[]> {
  for (const { method, label, problem, graph, axis, x, at, seeds, values } of curves) {
    for (const i of x.keys()) {
      yield [
        ...[method, label, problem, graph, axis],
        ...AXIS_NAMES.map((name) => at[name]?.[i] ?? null),
        seeds[i]!,
        ...CURVE_QUANTITIES.flatMap((quantity) => {
          const band = values[quantity];
          return band ? [band.median[i]!, band.q1[i]!, band.q3[i]!] : [null, null, null];
        }),
      ];
    }
  }
}
