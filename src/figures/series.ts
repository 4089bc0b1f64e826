/**
 * Curves of methods, as numbers: of one run every row of its trace as it stands there; of several seeds the
 * median of each round with its quartiles.
 *
 * Several seeds: the rounds are those at which every run that is not over has a row, so that nothing is
 * interpolated. A run that has arrived counts with its last value from then on, one that has diverged as
 * infinitely large; one that is over without either counts no longer. The line ends where the median has
 * arrived, the band with the last run.
 */

import { formatCount } from '../base/count.js';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { TraceRow } from '../trace/row.js';
import { quantileOf } from './quantile.js';
import { ALONG_X, ALONG_Y, type AlongX, type AlongY, type XName, type YName } from './quantities.js';
import type { Group, RunTrace } from './traces.js';

export type BandName = 'iqr' | 'range' | 'none';

/** One method on one graph. */
export interface Series {
  method: string;
  graph: string;
  x: number[];
  y: number[];
  /** Ends of the band; null where there is one seed, or no band. NaN where nothing is known. */
  low: number[] | null;
  high: number[] | null;
  seeds: number;
  /** How many seeds came to the target, and how many diverged. */
  arrived: number;
  diverged: number;
}

export interface Quantities {
  x: XName;
  y: YName;
}

/** @throws InputError where a trace has no number for one of the two */
export function seriesOf(group: Group, { x, y }: Quantities, target: number | null, band: BandName): Series {
  const [across, up]: [AlongX, AlongY] = [ALONG_X[x], ALONG_Y[y]];
  for (const { rows, folder } of group.runs) {
    for (const [option, { column, lacks }] of [
      [`--x ${x}`, across],
      [`--y ${y}`, up],
    ] as const) {
      if (rows.some((row) => !Number.isNaN(row[column]))) continue;
      throw new InputError(`${option}: the trace in ${showPath(folder)} has no ${column}: ${lacks}`, {
        file: folder,
      });
    }
  }
  const common = {
    method: group.method,
    graph: group.graph,
    seeds: group.runs.length,
    arrived: group.runs.filter((run) => arrivalOf(run, up.column, target) !== null).length,
    diverged: group.runs.filter(({ status }) => status === 'diverged').length,
  };
  const [only, ...others] = group.runs;
  if (only !== undefined && others.length === 0) {
    const rows = only.rows.filter((row) => !Number.isNaN(row[across.column]));
    const [along, above] = [rows.map((row) => row[across.column]), rows.map((row) => row[up.column])];
    return { ...common, x: along, y: above, low: null, high: null };
  }
  return { ...common, ...bandOf(group.runs, across.column, up.column, band) };
}

/**
 * The first row at or below the target that none above it follows; the last row of a run that converged where
 * no target is given. Null where there is none.
 */
export function arrivalOf(run: RunTrace, column: keyof TraceRow, target: number | null): TraceRow | null {
  const { rows } = run;
  if (target === null) return run.status === 'converged' ? (rows.at(-1) ?? null) : null;
  let found: TraceRow | null = null;
  for (const row of rows) {
    if (!(row[column] <= target)) found = null;
    else found ??= row;
  }
  return found;
}

function bandOf(
  runs: readonly RunTrace[],
  across: keyof TraceRow,
  up: keyof TraceRow,
  band: BandName,
): Pick<Series, 'x' | 'y' | 'low' | 'high'> {
  const byRound = runs.map(({ rows }) => new Map(rows.map((row) => [row.round, row])));
  const lasts = runs.map(({ rows }) => rows.at(-1) as TraceRow);
  const all = [...new Set(runs.flatMap(({ rows }) => rows.map(({ round }) => round)))].sort((a, b) => a - b);
  const [shareLow, shareHigh] = band === 'range' ? [0, 1] : [0.25, 0.75];
  const x: number[] = [];
  const y: number[] = [];
  const over: number[] = [];
  let together = 0;
  const [low, high]: [number[], number[]] = [[], []];
  for (const round of all) {
    const under = runs.map((_, r) => lasts[r]!.round >= round);
    if (runs.some((_, r) => under[r] && !byRound[r]!.has(round))) continue;
    const values = runs.flatMap((run, r) => {
      const last = lasts[r] as TraceRow;
      if (under[r]) return [heldFinite(byRound[r]!.get(round)![up])];
      if (run.status === 'converged') return [last[up]];
      return run.status === 'diverged' ? [Number.POSITIVE_INFINITY] : [];
    });
    const along = runs.flatMap((_, r) => (under[r] ? [byRound[r]!.get(round)![across]] : []));
    if (under.every(Boolean)) together++;
    x.push(quantileOf(along, 0.5));
    y.push(quantileOf(values, 0.5));
    over.push(runs.filter((run, r) => !under[r] && run.status === 'converged').length);
    low.push(quantileOf(values, shareLow));
    high.push(quantileOf(values, shareHigh));
  }
  if (together < 2) {
    const [first, second] = runs.map(({ folder, rows }) => [showPath(folder), rows[1]?.round ?? 0] as const);
    throw new InputError(
      `${first?.[0]} and ${second?.[0]} have no two rounds in common, expected rows of the same rounds: the first after the beginning are of rounds ${formatCount(first?.[1] ?? 0)} and ${formatCount(second?.[1] ?? 0)}`,
      { hint: 'give both configs the same trace: { every: ... }' },
    );
  }
  // After that the median is what a run that is over once had.
  const held = over.findIndex((count) => 2 * count > runs.length);
  if (held >= 0) y.fill(Number.NaN, held + 1);
  return band === 'none' ? { x, y, low: null, high: null } : { x, y, low, high };
}

/** What has overflowed is as large as can be. */
function heldFinite(value: number): number {
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}
