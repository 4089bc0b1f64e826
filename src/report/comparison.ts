/**
 * A comparison as people and programs read it: a table, CSV, JSON, Parquet, and a picture for each problem.
 */

import Papa from 'papaparse';
import { formatCount } from '../base/count.js';
import {
  alignRow,
  type Colours,
  columnWidths,
  formatBits,
  formatQuantity,
  formatSeconds,
  plural,
} from '../base/format.js';
import type { Curve, CurveAxis } from '../compare/curves.js';
import { allArrived, type Comparison, type ResultsFile } from '../compare/results.js';
import type { CellRow, Cost, MethodRow, ProblemRow, Quartiles, Target } from '../compare/types.js';
import { QUANTITIES } from '../run/targets.js';
import { logPlot, type Panel, type PlotSeries } from './plot.js';

/** Marks a method on the Pareto front. */
const PARETO = '*';

/** Columns of results.csv and results.parquet, with their Parquet types. */
const COLUMNS: Readonly<Record<keyof CellRow, 'STRING' | 'DOUBLE' | 'BOOLEAN' | 'INT32'>> = {
  cell: 'STRING',
  problem: 'INT32',
  method: 'INT32',
  label: 'STRING',
  graph: 'STRING',
  config: 'STRING',
  topology: 'STRING',
  cost: 'STRING',
  compressor: 'STRING',
  flow: 'STRING',
  seed: 'DOUBLE',
  status: 'STRING',
  reached: 'BOOLEAN',
  roundsToTarget: 'INT32',
  bitsToTarget: 'DOUBLE',
  linkBitsToTarget: 'DOUBLE',
  secondsToTarget: 'DOUBLE',
  networkSecondsToTarget: 'DOUBLE',
  heldUntil: 'INT32',
  touchedAt: 'INT32',
  roseAt: 'INT32',
  rounds: 'INT32',
  bitsBroadcast: 'DOUBLE',
  bitsLinks: 'DOUBLE',
  bitsPerMessage: 'DOUBLE',
  seconds: 'DOUBLE',
  networkSeconds: 'DOUBLE',
  gap: 'DOUBLE',
  rmsError: 'DOUBLE',
  consensusError: 'DOUBLE',
  agentsGapMean: 'DOUBLE',
  agentsGapWorst: 'DOUBLE',
  gradientNorm: 'DOUBLE',
  agents: 'INT32',
  edges: 'INT32',
  dim: 'INT32',
  stateHash: 'STRING',
  gains: 'STRING',
  trials: 'INT32',
  pareto: 'BOOLEAN',
  error: 'STRING',
  hint: 'STRING',
};
const NAMES = Object.keys(COLUMNS) as (keyof CellRow)[];

export function comparisonCsv({ cells }: Comparison): string {
  return `${Papa.unparse({ fields: NAMES, data: cells.map((row) => NAMES.map((name) => row[name])) }, { newline: '\n' })}\n`;
}

/** One column for each of results.csv, null where there is no number. */
export async function comparisonParquet({ cells }: Comparison): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const columnData = NAMES.map((name) => ({
    name,
    data: cells.map((row) => row[name]),
    type: COLUMNS[name],
    nullable: true,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

export function comparisonJson(
  comparison: Comparison,
  target: Target,
  tune: number,
  complete: boolean,
): ResultsFile {
  const tuning = { trials: tune, note: howTuned(comparison.cells, tune) };
  return { format: 'sottovoce-comparison/2', target, tuning, complete, ...comparison };
}

export function formatComparison(
  { problems, methods, cells }: Comparison,
  target: Target,
  tune: number,
  paint: Colours,
): string {
  const lines: string[] = [];
  const title = QUANTITIES[target.quantity].title;
  for (const problem of problems) {
    const group = methods
      .filter((row) => row.problem === problem.problem)
      .sort((one, other) => one.rank - other.rank);
    lines.push(paint.bold(`${problem.label}: to a ${title} of ${formatQuantity(target.bound)}`));
    const several = group.some(({ seeds }) => seeds > 1);
    const network = group.some(({ networkSeconds }) => networkSeconds !== null);
    const gaps = group.some(({ agentsGapMean }) => agentsGapMean !== null);
    const head = [
      ...[' ', 'method', 'rounds', 'bits', 'seconds'],
      ...(network ? ['network'] : []),
      ...(several ? ['seeds'] : []),
      `${title} then`,
      ...(gaps ? ["agents' gaps: mean", 'worst'] : []),
    ];
    const body = group.map(({ spread, ...row }) => [
      row.pareto ? PARETO : ' ',
      row.label,
      row.rounds === null ? ended(row) : formatSpread(spread.rounds, formatCount),
      formatSpread(spread.bits, formatBits),
      formatSpread(spread.seconds, formatSeconds),
      ...(network ? [formatSpread(spread.networkSeconds, formatSeconds)] : []),
      ...(several ? [`${row.reached}/${row.seeds}`] : []),
      row.final === null ? '' : formatQuantity(row.final, 2),
      ...(gaps
        ? [row.agentsGapMean, row.agentsGapWorst].map((gap) => (gap === null ? '' : formatQuantity(gap, 2)))
        : []),
    ]);
    const widths = columnWidths([head, ...body]);
    lines.push(paint.dim(alignRow(head, widths, 2)));
    for (const row of body) {
      const text = alignRow(row, widths, 2);
      lines.push(row[0] === PARETO ? paint.green(text) : text);
    }
    for (const row of group) {
      const { label } = row;
      if (row.error !== null) lines.push(`${paint.yellow(`${row.status}:`)} ${label}: ${row.error}`);
      if (row.hint !== null) lines.push(`${paint.cyan('hint:')} ${label}: ${row.hint}`);
      if (row.touched !== null) {
        const { round, rose } = row.touched;
        lines.push(
          `${paint.yellow('not kept:')} ${label}: met the target in round ${formatCount(round)} and left it in round ${formatCount(rose)}`,
        );
      }
    }
    const won = formatWins(problem, group);
    if (won !== null) lines.push(won);
    lines.push('');
  }
  const seeds = methods.some((row) => row.seeds > 1)
    ? '; medians over the seeds with their quartiles, in which a seed that did not arrive counts as infinite (-)'
    : '';
  lines.push(
    paint.dim(
      `* Pareto front: no other method needs at most as many rounds and as many bits. Bits: every message once an agent${seeds}. Rounds are to the first round from which a run stays at the target for as long again, and at least 100 rounds.`,
    ),
  );
  lines.push(paint.dim(howTuned(cells, tune)));
  return lines.join('\n');
}

/** `412 [398, 430]`; a unit that all three have stands once, behind them. */
function formatSpread({ q1, median, q3 }: Quartiles, format: (value: number) => string): string {
  if (median === null) return '';
  const [middle, ...ends] = [median, q1, q3].map((value) => (value === null ? '-' : format(value)));
  if (middle === undefined || ends.every((end) => end === middle)) return middle ?? '';
  const unit = /^[\d.,]+( [A-Za-z]+)$/.exec(middle)?.[1] ?? '';
  const short = [middle, ...ends].every((text) => text === '-' || text.endsWith(unit))
    ? (text: string) => text.slice(0, text === '-' ? 1 : text.length - unit.length)
    : null;
  if (short === null) return `${middle} [${ends.join(', ')}]`;
  return `${short(middle)} [${ends.map(short).join(', ')}]${unit}`;
}

const WON: readonly (readonly [Exclude<Cost, 'linkBits' | 'seconds'>, string, (value: number) => string])[] =
  [
    ['rounds', 'fewest rounds', formatCount],
    ['bits', 'fewest bits', formatBits],
    ['networkSeconds', 'least time on the network', formatSeconds],
  ];

/** Who needs the fewest, and how many times as many the next one does; null where there is nobody to compare. */
function formatWins({ wins }: ProblemRow, methods: readonly MethodRow[]): string | null {
  if (methods.length < 2) return null;
  const able = methods.filter(allArrived);
  const parts = WON.flatMap(([cost, words, format]) => {
    const winner = able.find(({ method }) => method === wins[cost]);
    const least = winner?.[cost] ?? null;
    if (winner === undefined || least === null) return [];
    const next = Math.min(...able.filter((row) => row !== winner).map((row) => row[cost] ?? Infinity));
    const ratio = Number((next / least).toPrecision(next / least < 9.95 ? 2 : 3));
    const than = !(ratio > 1 && Number.isFinite(ratio))
      ? ''
      : `, the next one ${formatRatio(ratio)} times that`;
    return [`${words}: ${winner.label} (${format(least)}${than})`];
  });
  return parts.length === 0 ? null : parts.join('; ');
}

function formatRatio(ratio: number): string {
  return ratio < 9.95 ? String(ratio) : formatCount(ratio);
}

/**
 * Under which conditions gains were found: a comparison of one method's best with another's first guess says
 * nothing.
 */
export function howTuned(cells: Comparison['cells'], tune: number): string {
  if (tune === 0) {
    return 'Gains are those of the configs and of auto: no equal search was made for the methods (--tune 40 makes one).';
  }
  const most = Math.max(0, ...cells.map(({ trials }) => trials ?? 0));
  if (most === 0) return 'Gains are those of the configs: none was left open for a search.';
  return `Gains that were left open: the best of up to ${tune} trial runs a cell, the same search for every method; those that are given stay (gains and trials in results.csv).`;
}

function ended({ status, ran, seeds }: Pick<MethodRow, 'status' | 'ran' | 'seeds'>): string {
  if (ran < seeds) return 'stopped';
  return status === 'finished' || status === 'converged' ? 'not reached' : status;
}

/** Of the way of the method that arrives first: before it nothing is to be seen. */
const BEGINS = 1 / 30;
const BEYOND = 1.05;

/**
 * The target's quantity against rounds and against bits: the median of the seeds with its quartiles, on
 * logarithmic axes over the range of the methods that arrive. What diverges leaves the frame. One picture a
 * problem.
 */
export function drawComparison(
  curves: readonly Curve[],
  { problems, methods }: Comparison,
  target: Target,
): { name: string; svg: string }[] {
  return problems.flatMap(({ problem, label: title }, number) => {
    const group = methods.filter((row) => row.problem === problem);
    const panel = (axis: CurveAxis, xLabel: string): Panel[] => {
      const drawn = group.flatMap((row) => {
        const curve = curves.find(({ method, axis: own }) => method === row.method && own === axis);
        const band = curve?.values[target.quantity];
        // A logarithmic axis has no place for the beginning.
        const from = curve?.x.findIndex((x) => x > 0) ?? -1;
        if (curve === undefined || band === undefined || from < 0) return [];
        const series: PlotSeries = {
          label: `${row.label}${row.pareto ? ` ${PARETO}` : allArrived(row) ? '' : ` (${row.reached}/${row.seeds} arrive)`}`,
          x: curve.x.slice(from),
          y: band.median.slice(from),
          ...(row.seeds > 1 && { low: band.q1.slice(from), high: band.q3.slice(from) }),
        };
        return [{ row, series, begin: band.median[0] as number }];
      });
      if (drawn.length === 0) return [];
      const able = drawn.filter(({ row }) => allArrived(row));
      const ends = (able.length > 0 ? able : drawn).map(({ series }) => series.x.at(-1) as number);
      const first = Math.min(...drawn.map(({ series }) => series.x[0] as number));
      const xRange = [Math.max(first, BEGINS * Math.min(...ends)), BEYOND * Math.max(...ends)] as const;
      begins.push(...drawn.map(({ begin }) => begin));
      const { bound } = target;
      const aim = {
        label: `target, ${formatQuantity(bound)}`,
        x: xRange,
        y: [bound, bound],
        isReference: true,
      };
      return [{ xLabel, logX: true, xRange, series: [...drawn.map(({ series }) => series), aim] }];
    };
    const begins: number[] = [];
    const panels = [...panel('round', 'rounds'), ...panel('bits', 'bits (every message once an agent)')];
    if (panels.length === 0) return [];
    const seeds = Math.max(...group.map((row) => row.seeds));
    const over = seeds > 1 ? `; medians of ${plural(seeds, 'seed')} with their quartiles` : '';
    const svg = logPlot(panels, {
      title: `${title}: ${plural(group.length, 'method')}${over}; * on the Pareto front`,
      yLabel: QUANTITIES[target.quantity].title,
      floor: 10 ** Math.floor(Math.log10(target.bound) - 0.3),
      ceiling: 10 ** Math.ceil(Math.log10(Math.max(...begins.filter(Number.isFinite), 10 * target.bound))),
    });
    return [{ name: number === 0 ? 'picture.svg' : `picture-${number + 1}.svg`, svg }];
  });
}
