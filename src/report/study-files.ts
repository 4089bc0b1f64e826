/**
 * A study's curves and traces as files for other programs: CSV with six digits, for eyes and for plots, and
 * Parquet with all of them.
 */

import Papa from 'papaparse';
import { CURVE_COLUMNS, type Curve, curveRows } from '../compare/curves.js';
import type { Cell, CellOutcome } from '../compare/types.js';
import { COLUMNS } from '../trace/ring.js';

/** Significant digits of curves.csv. */
const DIGITS = 6;
/** Rows of traces.parquet: a study of more has fewer of each cell. */
const MOST_ROWS = 500_000;
const LEAST_ROWS = 32;

type ParquetType = 'STRING' | 'DOUBLE' | 'INT32';
type Value = string | number | null;

/** One row a point of a curve; an empty field where there is no number. */
export function curvesCsv(curves: readonly Curve[]): string {
  const short = (value: Value) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;
  const data = [...curveRows(curves)].map((row) => row.map(short));
  return `${Papa.unparse({ fields: [...CURVE_COLUMNS], data }, { newline: '\n' })}\n`;
}

const WORDS = ['cell', 'label', 'graph', 'axis'];
const COUNTS = ['method', 'problem', 'seeds'];

/** The same with all digits. */
export async function curvesParquet(curves: readonly Curve[]): Promise<Uint8Array> {
  const rows = [...curveRows(curves)];
  return parquetOf(CURVE_COLUMNS.map((name, c) => ({ name, data: rows.map((row) => row[c] ?? null) })));
}

/**
 * The rows of every cell, as trace.csv has them, with what it is a run of. Rows lie as `run-cell.ts` says; where
 * they are more than MOST_ROWS together, every second, third, ... of each cell, with its first and its last.
 */
export async function tracesParquet(
  cells: readonly Cell[],
  outcomes: ReadonlyMap<string, CellOutcome>,
): Promise<Uint8Array> {
  const most = Math.max(LEAST_ROWS, Math.floor(MOST_ROWS / Math.max(1, cells.length)));
  const runs = cells.flatMap((cell) => {
    const outcome = outcomes.get(cell.id);
    if (outcome === undefined || !('trace' in outcome)) return [];
    const stride = Math.ceil(outcome.trace.length / most);
    const last = outcome.trace.length - 1;
    return outcome.trace.filter((_, i) => i % stride === 0 || i === last).map((row) => ({ cell, row }));
  });
  const known = (value: number) => (Number.isNaN(value) ? null : value);
  return parquetOf([
    { name: 'cell', data: runs.map(({ cell }) => cell.id) },
    { name: 'method', data: runs.map(({ cell }) => cell.method) },
    { name: 'label', data: runs.map(({ cell }) => cell.label) },
    { name: 'problem', data: runs.map(({ cell }) => cell.problem) },
    { name: 'graph', data: runs.map(({ cell }) => cell.graph) },
    { name: 'seed', data: runs.map(({ cell }) => cell.seed) },
    ...COLUMNS.map((name) => ({ name, data: runs.map(({ row }) => known(row[name])) })),
  ]);
}

async function parquetOf(columns: readonly { name: string; data: Value[] }[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const typeOf = (name: string): ParquetType =>
    WORDS.includes(name) ? 'STRING' : COUNTS.includes(name) ? 'INT32' : 'DOUBLE';
  const columnData = columns.map(({ name, data }) => ({ name, data, type: typeOf(name), nullable: true }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
