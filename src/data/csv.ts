/**
 * Tables of numbers as text: comma, tab, semicolon or bar between cells (guessed from the first lines), with a header or without.
 *
 * The first line is a header where none of its cells is a number. One column, the target, holds the labels; another, if asked for,
 * says who holds the row and may be any text; every other column is a feature.
 */

import { readFile } from 'node:fs/promises';
import Papa from 'papaparse';
import { formatValue, InputError } from '../errors.js';
import { readPlainCells } from './plain-cells.js';

export interface TableOptions {
  /** Column of labels: its name, or its number from 0; the last one by default. */
  target?: string | number | undefined;
  /** Column whose text tells the rows' holders apart. */
  group?: string | number | undefined;
  /** Cells' separator; guessed where absent. */
  delimiter?: string | undefined;
}

export interface Table {
  rows: number;
  columnCount: number;
  /** rows x columnCount, row by row. */
  values: Float64Array;
  labels: Float64Array;
  /** Names of the features; null without a header. */
  names: string[] | null;
  /** The group column's text in each row; null where none was asked for. */
  groups: string[] | null;
  /** The line each row stands on, from 1. */
  lines: Uint32Array;
}

export async function readCsv(file: string, options: TableOptions = {}): Promise<Table> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new InputError(`cannot read ${file}: ${(error as Error).message}`, { file }, { cause: error });
  }
  return parseCsv(text, file, options);
}

export function parseCsv(text: string, file: string, options: TableOptions = {}): Table {
  const whole = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  return parsePlain(whole, options) ?? parseAny(whole, file, options);
}

const BYTE_ORDER_MARK = 0xfeff;
/** The delimiter is guessed from so many lines. */
const HEAD_LINES = 11;

/** A table of bare numbers, quickly; null for everything else, and for everything that is wrong: `parseAny` knows what to say of it. */
export function parsePlain(text: string, options: TableOptions = {}): Table | null {
  if (text.includes('"')) return null;
  let end = 0;
  for (let line = 0; line < HEAD_LINES && end >= 0; line++) end = text.indexOf('\n', end) + 1 || -1;
  const head = end < 0 ? text : text.slice(0, end);
  const { delimiter, linebreak } = Papa.parse(head, { delimiter: options.delimiter ?? '', preview: 1 }).meta;

  let begin = 0;
  let line = 1;
  let first = '';
  for (; begin < text.length; line++) {
    const next = text.indexOf(linebreak, begin);
    first = next < 0 ? text.slice(begin) : text.slice(begin, next);
    if (first.trim() !== '' || first.includes(delimiter)) break;
    begin += first.length + linebreak.length;
  }
  const cells = first.split(delimiter);
  const header = isHeader(cells) ? cells.map((name) => name.trim()) : null;
  if (header) {
    begin += first.length + linebreak.length;
    line++;
  }
  const width = cells.length;
  const target = columnOf(options.target ?? width - 1, header, width);
  const group = options.group === undefined ? -1 : columnOf(options.group, header, width);
  if (target < 0 || target === group || (options.group !== undefined && group < 0)) return null;
  const table = readPlainCells(text, {
    begin,
    line,
    width,
    target,
    textColumn: group,
    delimiter,
    newline: linebreak,
    parse: parseCell,
  });
  if (table === null || table.rows === 0) return null;
  const { rows, values, labels, texts, lines } = table;
  return {
    rows,
    columnCount: width - (group < 0 ? 1 : 2),
    values,
    labels,
    names: header ? header.filter((_, c) => c !== target && c !== group) : null,
    groups: group < 0 ? null : texts,
    lines,
  };
}

/** Any table, in quotes or not, and what is wrong with it. */
export function parseAny(text: string, file: string, options: TableOptions = {}): Table {
  const cells: string[][] = [];
  const lines: number[] = [];
  const delimiter = options.delimiter ?? '';
  const parsed = Papa.parse<string[]>(text, { delimiter });
  const broken = parsed.errors.find((error) => error.type === 'Quotes');
  if (broken) {
    const line = (broken.row ?? 0) + 1;
    throw new InputError(`${file}:${line}: ${broken.message}`, { file, line });
  }
  parsed.data.forEach((row, index) => {
    // An empty line is one empty cell; it holds no sample, but it counts as a line.
    if (row.length === 1 && row[0]!.trim() === '') return;
    cells.push(row);
    lines.push(index + 1);
  });

  const hasHeader = cells.length > 0 && isHeader(cells[0]!);
  const header = hasHeader ? cells.shift()!.map((name) => name.trim()) : null;
  if (hasHeader) lines.shift();
  if (cells.length === 0) throw new InputError(`${file} has no rows of numbers`, { file });

  const width = header ? header.length : cells[0]!.length;
  const target = findColumn(options.target ?? width - 1, header, width, file, 'target');
  const group = options.group === undefined ? -1 : findColumn(options.group, header, width, file, 'group');
  const features = Array.from({ length: width }, (_, c) => c).filter((c) => c !== target && c !== group);
  const values = new Float64Array(cells.length * features.length);
  const labels = new Float64Array(cells.length);
  cells.forEach((row, r) => {
    const line = lines[r]!;
    if (row.length !== width) {
      throw new InputError(`${file}:${line}: the row has ${row.length} columns, expected ${width}`, {
        file,
        line,
      });
    }
    const number = (c: number): number => {
      const value = parseCell(row[c]!);
      if (Number.isFinite(value)) return value;
      const name = header ? ` (${header[c]})` : '';
      throw new InputError(
        `${file}:${line}: column ${c + 1}${name} is ${formatValue(row[c])}, expected a finite number`,
        { file, line, column: c + 1 },
      );
    };
    features.forEach((c, i) => {
      values[r * features.length + i] = number(c);
    });
    labels[r] = number(target);
  });
  return {
    rows: cells.length,
    columnCount: features.length,
    values,
    labels,
    names: header ? features.map((c) => header[c]!) : null,
    groups: group < 0 ? null : cells.map((row) => row[group]!.trim()),
    lines: Uint32Array.from(lines),
  };
}

const isHeader = (cells: readonly string[]) => cells.every((cell) => Number.isNaN(parseCell(cell)));

/** NaN for what is not a decimal number: `Number` alone takes the empty cell for 0, and 0x10 for 16. */
function parseCell(cell: string): number {
  const text = cell.trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}

/** -1 where there is none such. */
function columnOf(column: string | number, header: readonly string[] | null, width: number): number {
  if (typeof column === 'string') return header ? header.indexOf(column) : -1;
  return Number.isInteger(column) && column >= 0 && column < width ? column : -1;
}

function findColumn(
  column: string | number,
  header: readonly string[] | null,
  width: number,
  file: string,
  role: string,
): number {
  const index = columnOf(column, header, width);
  if (index >= 0) return index;
  if (typeof column === 'number') {
    throw new InputError(`${file} has no column ${column} (${role}), expected 0..${width - 1}`, { file });
  }
  const known = header
    ? `it has ${header.join(', ')}`
    : `it has no header; give the number of the column, 0..${width - 1}`;
  throw new InputError(`${file} has no column ${column} (${role}); ${known}`, { file });
}
