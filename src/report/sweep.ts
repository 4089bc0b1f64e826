/** A sweep as people and programs read it: a table of the best points, CSV, JSON, Parquet. */

import Papa from 'papaparse';
import { formatCount } from '../base/count.js';
import { alignRow, type Colours, columnWidths, formatBits, formatQuantity, plural } from '../base/format.js';
import type { Target } from '../compare/types.js';
import { configText } from '../page/config-text.js';
import { QUANTITIES } from '../run/targets.js';
import type { Axis } from '../sweep/axes.js';
import type { Sweep } from '../sweep/make.js';
import type { SweepPoint, SweepResults, SweepRow } from '../sweep/results.js';

/** Points in the table. */
const MOST_SHOWN = 10;

type ColumnType = 'STRING' | 'DOUBLE' | 'BOOLEAN' | 'INT32';

/** Columns of results.csv and results.parquet beside the axes, with their Parquet types. */
const COLUMNS: Readonly<Record<Exclude<keyof SweepRow, 'values'>, ColumnType>> = {
  point: 'INT32',
  seed: 'DOUBLE',
  status: 'STRING',
  givenUp: 'STRING',
  grows: 'BOOLEAN',
  reached: 'BOOLEAN',
  roundsToTarget: 'INT32',
  bitsToTarget: 'DOUBLE',
  linkBitsToTarget: 'DOUBLE',
  networkSecondsToTarget: 'DOUBLE',
  rate: 'DOUBLE',
  predictedRate: 'DOUBLE',
  rounds: 'INT32',
  bitsBroadcast: 'DOUBLE',
  rmsError: 'DOUBLE',
  consensusError: 'DOUBLE',
  gap: 'DOUBLE',
  agentsGapWorst: 'DOUBLE',
  seconds: 'DOUBLE',
  stateHash: 'STRING',
  gains: 'STRING',
  command: 'STRING',
  error: 'STRING',
};

interface Column {
  name: string;
  type: ColumnType;
  of(row: SweepRow): string | number | boolean | null;
}

/** The point, a column for each axis, named by its path, and the rest. */
function columnsOf(axes: readonly Axis[]): Column[] {
  const own = Object.entries(COLUMNS).map(([name, type]): Column => {
    return { name, type, of: (row) => row[name as keyof typeof COLUMNS] };
  });
  const ofAxes = axes.map(({ name, values, range }): Column => {
    const numbers = range !== null || values.every(({ value }) => typeof value === 'number');
    const plain = (value: string | number | boolean | null) => (value === null ? null : String(value));
    return {
      name,
      type: numbers ? 'DOUBLE' : 'STRING',
      of: ({ values: at }) => (numbers ? (at[name] as number) : plain(at[name] ?? null)),
    };
  });
  const names = new Set(axes.map(({ name }) => name));
  return [own[0] as Column, ...ofAxes, ...own.slice(1).filter(({ name }) => !names.has(name))];
}

export function sweepCsv({ rows }: SweepResults, axes: readonly Axis[]): string {
  const columns = columnsOf(axes);
  const data = rows.map((row) => columns.map(({ of }) => of(row)));
  return `${Papa.unparse({ fields: columns.map(({ name }) => name), data }, { newline: '\n' })}\n`;
}

/** One column for each of results.csv, null where there is no number. */
export async function sweepParquet({ rows }: SweepResults, axes: readonly Axis[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const columnData = columnsOf(axes).map(({ name, type, of }) => {
    return { name, data: rows.map(of), type, nullable: true };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/** What results.json of a sweep holds. */
export interface SweepFile extends SweepResults {
  format: 'sottovoce-sweep/1';
  /** Name or file of the config. */
  config: string;
  /** Paths and values, in their order. */
  axes: { path: string; values: SweepRow['values'][string][]; scale: 'log' | 'lin' | null }[];
  target: Target;
  /** Whether every run has ended. */
  complete: boolean;
  /** What the line in map.svg is; absent where there is no map. */
  mapCaption?: string;
  /** Of the first seed of the best point: the whole config as YAML, long lists cut; absent where none arrived. */
  bestConfig?: string;
}

export function sweepJson(
  { config, axes, target, points, cells }: Sweep,
  results: SweepResults,
  complete: boolean,
  mapCaption?: string,
): SweepFile {
  const shown = axes.map(({ name, values, range }, at) => {
    // Drawn ones stand with the points.
    const own = values.length > 0 ? values : points.map((point) => point.values[at]!);
    const plain = own.map(({ value, text }) =>
      typeof value === 'object' && value !== null ? text : (value as SweepRow['values'][string]),
    );
    return { path: name, values: plain, scale: range?.scale ?? null };
  });
  const best = cells[points[results.ranking[0] ?? -1]?.cells[0] ?? -1];
  return {
    format: 'sottovoce-sweep/1',
    config,
    axes: shown,
    target,
    complete,
    ...(mapCaption !== undefined && { mapCaption }),
    ...(best !== undefined && {
      bestConfig: configText(best.loaded.config as unknown as Record<string, unknown>),
    }),
    ...results,
  };
}

/** The best points, what became of all, and how to make the best one again. */
export function formatSweep(sweep: Sweep, results: SweepResults, paint: Colours): string {
  const { axes, target, config } = sweep;
  const { points, ranking } = results;
  const lines = [
    paint.bold(
      `${config}: ${plural(points.length, 'point')} of ${axes.map(({ name }) => name).join(', ')}, to a ${QUANTITIES[target.quantity].title} of ${formatQuantity(target.bound)}`,
    ),
  ];
  const byNumber = new Map(points.map((point) => [point.point, point]));
  const best = ranking.slice(0, MOST_SHOWN).map((number) => byNumber.get(number) as SweepPoint);
  const several = points.some(({ seeds }) => seeds > 1);
  if (best.length > 0) {
    const names = axes.map(({ name }) => name);
    const head = [...names, 'rounds', ...(several ? ['quartiles', 'seeds'] : []), 'bits', 'rate'];
    const body = best.map(({ values, rounds, bits, reached, seeds, rate }) => [
      ...names.map((name) => String(values[name])),
      formatCount(rounds!.median),
      ...(several
        ? [`${formatCount(rounds!.q1)} .. ${formatCount(rounds!.q3)}`, `${reached} of ${seeds}`]
        : []),
      formatBits(bits!.median),
      rate === null ? '' : rate.toFixed(4),
    ]);
    const widths = columnWidths([head, ...body]);
    lines.push(paint.dim(alignRow(head, widths, names.length)));
    for (const [at, row] of body.entries()) {
      const text = alignRow(row, widths, names.length);
      lines.push(at === 0 ? paint.green(text) : text);
    }
    if (ranking.length > best.length)
      lines.push(paint.dim(`and ${ranking.length - best.length} more that arrived`));
  }
  lines.push('', sayEnds(points));
  const errors = new Map<string, number>();
  for (const { error } of points) if (error !== null) errors.set(error, (errors.get(error) ?? 0) + 1);
  for (const [error, count] of errors) lines.push(`${paint.yellow(plural(count, 'point'))}: ${error}`);
  const [first] = best;
  if (first !== undefined) lines.push(`${paint.cyan('the best, alone:')} ${first.command}`);
  lines.push(paint.dim(explain(sweep, several)));
  return lines.join('\n');
}

/** How many points ended how. */
export function sayEnds(points: readonly SweepPoint[]): string {
  const counts = { arrived: 0, late: 0, away: 0, refused: 0, failed: 0 };
  const given = { growing: 0, slow: 0, halving: 0 };
  for (const { status, givenUp, grows, rounds, reached, seeds } of points) {
    if (rounds !== null && reached === seeds) counts.arrived++;
    else if (status === 'refused' || status === 'failed') counts[status]++;
    else if (grows) counts.away++;
    else counts.late++;
    if (givenUp !== null) given[givenUp]++;
  }
  const dropped = [
    ...(given.slow > 0 ? [`${formatCount(given.slow)} given up as too slow`] : []),
    ...(given.halving > 0 ? [`${formatCount(given.halving)} left behind by halving`] : []),
  ].join(', ');
  const parts = [
    `${plural(counts.arrived, 'point')} arrived`,
    ...(counts.late > 0 ? [`${formatCount(counts.late)} not there yet${dropped && ` (${dropped})`}`] : []),
    ...(counts.away > 0
      ? [
          `${formatCount(counts.away)} diverged${given.growing > 0 ? ` (${formatCount(given.growing)} given up while growing)` : ''}`,
        ]
      : []),
    ...(counts.refused > 0 ? [`${formatCount(counts.refused)} refused`] : []),
    ...(counts.failed > 0 ? [`${formatCount(counts.failed)} failed`] : []),
  ];
  return parts.join(', ');
}

function explain({ ask }: Sweep, several: boolean): string {
  const rounds =
    'Rounds are to the first round from which a run stays at the target for as long again, and at least 100 rounds';
  const spread = several ? '; medians over the seeds, where every seed arrived' : '';
  const early =
    ask.giveUp === undefined
      ? ''
      : ' What was given up could not have won: whatever still could in fewer rounds was run on.';
  return `${rounds}${spread}. Rate: factor of the rms error in a round.${early}`;
}
