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
import type { Comparison } from '../compare/results.js';
import type { Cell, CellOutcome, CellRow, MethodRow, Target } from '../compare/types.js';
import { QUANTITIES } from '../run/targets.js';
import type { TraceRow } from '../trace/row.js';
import { logPlot, type PlotSeries } from './plot.js';

/** Marks a method on the Pareto front. */
const PARETO = '*';

/** Columns of results.csv and results.parquet, with their Parquet types. */
const COLUMNS: Readonly<Record<keyof CellRow, 'STRING' | 'DOUBLE' | 'BOOLEAN' | 'INT32'>> = {
  cell: 'STRING',
  problem: 'INT32',
  method: 'INT32',
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

/** What results.json holds. */
export interface ResultsFile extends Comparison {
  format: 'sottovoce-comparison/2';
  target: Target;
  tuning: { trials: number; note: string };
  /** Whether every cell has run. */
  complete: boolean;
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

/** Methods as people see them in tables and legends: what they differ in, and nothing else. */
function labeller(methods: readonly MethodRow[]): (row: MethodRow) => string[] {
  const differ = (of: (row: MethodRow) => string) => new Set(methods.map(of)).size > 1;
  const configs = differ(({ config }) => config);
  const flows = differ(({ flow }) => flow);
  return ({ config, compressor, flow }) => [
    compressor,
    ...(flows ? [flow] : []),
    ...(configs ? [config] : []),
  ];
}

export function formatComparison(
  { methods, cells }: Comparison,
  target: Target,
  tune: number,
  paint: Colours,
): string {
  const lines: string[] = [];
  const bound = formatQuantity(target.bound);
  const problems = [...new Set(methods.map(({ problem }) => problem))];
  for (const problem of problems) {
    const group = sorted(methods.filter((row) => row.problem === problem));
    const configs = [...new Set(group.map(({ config }) => config))].join(', ');
    lines.push(paint.bold(`${configs}: to a ${QUANTITIES[target.quantity].title} of ${bound}`));
    const label = labeller(group);
    const several = group.some(({ seeds }) => seeds > 1);
    const network = group.some(({ networkSeconds }) => networkSeconds !== null);
    const gaps = group.some(({ agentsGapMean }) => agentsGapMean !== null);
    const flows = new Set(group.map(({ flow }) => flow)).size > 1;
    const [named = []] = group.map(label);
    const names = named.map((_, i) => (i === 0 ? 'compressor' : i === 1 && flows ? 'flow' : 'config'));
    const measured = [
      'rounds',
      'bits',
      'seconds',
      ...(network ? ['network'] : []),
      ...(several ? ['seeds'] : []),
      `${QUANTITIES[target.quantity].title} then`,
      ...(gaps ? ["agents' gaps: mean", 'worst'] : []),
    ];
    const body = group.map((row) => [
      row.pareto ? PARETO : ' ',
      ...label(row),
      row.rounds === null ? ended(row) : formatCount(row.rounds),
      row.bits === null ? '' : formatBits(row.bits),
      row.seconds === null ? '' : formatSeconds(row.seconds),
      ...(network ? [row.networkSeconds === null ? '' : formatSeconds(row.networkSeconds)] : []),
      ...(several ? [`${row.reached} of ${row.seeds}`] : []),
      row.final === null ? '' : formatQuantity(row.final, 2),
      ...(gaps
        ? [row.agentsGapMean, row.agentsGapWorst].map((gap) => (gap === null ? '' : formatQuantity(gap, 2)))
        : []),
    ]);
    const head = [' ', ...names, ...measured];
    const widths = columnWidths([head, ...body]);
    lines.push(paint.dim(alignRow(head, widths, 1 + names.length)));
    for (const row of body) {
      const text = alignRow(row, widths, 1 + names.length);
      lines.push(row[0] === PARETO ? paint.green(text) : text);
    }
    for (const row of group) {
      const name = label(row).join(', ');
      if (row.error !== null) lines.push(`${paint.yellow(`${row.status}:`)} ${name}: ${row.error}`);
      if (row.hint !== null) lines.push(`${paint.cyan('hint:')} ${name}: ${row.hint}`);
      if (row.touched !== null) {
        const { round, rose } = row.touched;
        lines.push(
          `${paint.yellow('not kept:')} ${name}: met the target in round ${formatCount(round)} and left it in round ${formatCount(rose)}`,
        );
      }
    }
    lines.push('');
  }
  const seeds = methods.some((row) => row.seeds > 1) ? '; medians over the seeds' : '';
  lines.push(
    paint.dim(
      `* Pareto front: no other method needs at most as many rounds and as many bits. Bits: every message once an agent${seeds}. Rounds are to the first round from which a run stays at the target for as long again, and at least 100 rounds.`,
    ),
  );
  lines.push(paint.dim(howTuned(cells, tune)));
  return lines.join('\n');
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

/** Front first, then by rounds; what did not reach the target stands last. */
function sorted(methods: readonly MethodRow[]): MethodRow[] {
  const last = Number.MAX_VALUE;
  return [...methods].sort(
    (a, b) => (a.bits ?? last) - (b.bits ?? last) || (a.rounds ?? last) - (b.rounds ?? last),
  );
}

function ended({ status, ran, seeds }: MethodRow): string {
  if (ran < seeds) return 'stopped';
  return status === 'finished' || status === 'converged' ? 'not reached' : status;
}

/**
 * The target's quantity against rounds and against bits, to the round of arrival: every seed of every method
 * that ran. One picture a problem.
 */
export function drawComparison(
  cells: readonly Cell[],
  outcomes: ReadonlyMap<string, CellOutcome>,
  { methods }: Comparison,
  target: Target,
): { name: string; svg: string }[] {
  const problems = [...new Set(methods.map(({ problem }) => problem))];
  return problems.flatMap((problem, number) => {
    const group = methods.filter((row) => row.problem === problem);
    const label = labeller(group);
    const drawn = group.flatMap((row) => {
      const own = cells.filter(({ method, problem: of }) => method === row.method && of === problem);
      return own.flatMap(({ id }) => {
        const outcome = outcomes.get(id);
        if (!outcome || !('trace' in outcome)) return [];
        const last = outcome.arrival?.round ?? Number.POSITIVE_INFINITY;
        const trace = outcome.trace.filter(
          (point) => point.round <= last && (point[target.quantity] > 0 || point[target.quantity] === 0),
        );
        if (trace.length === 0) return [];
        const series = (x: (point: TraceRow) => number): PlotSeries => ({
          label: `${label(row).join(', ')}${row.pareto ? ` ${PARETO}` : ''}`,
          x: trace.map(x),
          y: trace.map((point) => point[target.quantity]),
          thin: own.length > 1,
        });
        return [{ rounds: series(({ round }) => round), bits: series(({ bitsBroadcast }) => bitsBroadcast) }];
      });
    });
    if (drawn.length === 0) return [];
    const begins = Math.max(...drawn.flatMap(({ rounds }) => rounds.y.slice(0, 1)));
    const ends = drawn.map(({ rounds }) => rounds.x.at(-1) as number);
    const svg = logPlot(
      [
        {
          // A method that takes ten times as many rounds would press the others into a corner.
          logX: Math.max(...ends) > 10 * Math.max(1, Math.min(...ends)),
          xLabel: 'rounds',
          series: drawn.map(({ rounds }) => rounds),
        },
        { xLabel: 'bits (every message once an agent)', logX: true, series: drawn.map(({ bits }) => bits) },
      ],
      {
        title: `${[...new Set(group.map(({ config }) => config))].join(', ')}: ${plural(group.length, 'method')}${group.some(({ seeds }) => seeds > 1) ? ', every seed' : ''}, * on the Pareto front`,
        yLabel: QUANTITIES[target.quantity].title,
        floor: 10 ** Math.floor(Math.log10(target.bound) - 0.3),
        ceiling: 10 ** Math.ceil(Math.log10(Math.max(begins, 10 * target.bound))),
      },
    );
    return [{ name: number === 0 ? 'picture.svg' : `picture-${number + 1}.svg`, svg }];
  });
}
