/**
 * Tables of numbers as text: comma, tab, semicolon or bar between cells, with a header or without.
 *
 * One column, the target, holds the labels; another, if asked for, says who holds the row and may be any
 * text; every other column is a feature. What the first lines leave open is not guessed: whether a first line
 * of numbers is a header or a sample, which column of one-hot labels is meant, what a comma within a number
 * stands for. Such a file is refused with both readings, and the option that says which: `header`, `target`,
 * `decimal`, `delimiter`.
 */

import Papa from 'papaparse';
import { formatValue, InputError, printable, type SpecPath, showSome } from '../base/errors.js';
import { remembered } from '../base/remembered.js';
import { readPlainCells } from './plain-cells.js';
import { readTextRows } from './table-rows.js';
import { readBytes, textOf } from './text.js';

export interface TableOptions {
  /** Column of labels: its name, or its number from 0; the last one by default. */
  target?: string | number | undefined;
  /** Column whose text tells the rows' holders apart. */
  group?: string | number | undefined;
  /** Cells' separator; found from the first lines where absent. */
  delimiter?: string | undefined;
  /**
   * Whether the first line names the columns; found from the first lines where absent and they leave no
   * doubt.
   */
  header?: boolean | undefined;
  /** What stands before a number's decimals; a point where absent. */
  decimal?: '.' | ',' | undefined;
  encoding?: string | undefined;
  /** Where the file is named in the config. */
  path?: SpecPath | undefined;
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
  const { path: _, ...written } = options;
  const bytes = await readBytes(file, options);
  return remembered('table', [bytes, file, JSON.stringify(written)], () =>
    parseCsv(textOf(bytes, file, options), file, options),
  );
}

export function parseCsv(text: string, file: string, options: TableOptions = {}): Table {
  const marked = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  // Lines that end in CR alone.
  const unmarked = /\r(?!\n)/.test(marked) ? marked.replace(/\r\n?/g, '\n') : marked;
  const { whole, delimiter } = separatorLine(unmarked, file, options);
  const said = { ...options, delimiter };
  const form = formOf(whole, file, said);
  const table = parsePlain(whole, form, said) ?? parseAny(whole, file, form, said);
  if (options.target === undefined) refuseOneHot(table, file, options);
  return table;
}

/**
 * Excel's first line, `sep=;`, says what separates cells; it is left empty, so that lines keep their
 * numbers.
 */
function separatorLine(
  text: string,
  file: string,
  { delimiter, path }: TableOptions,
): { whole: string; delimiter: string | undefined } {
  const line = /^("?)sep=(.)\1(?=\r?\n)/i.exec(text);
  if (line === null) return { whole: text, delimiter };
  const [found, , said] = line;
  if (delimiter !== undefined && delimiter !== said) {
    throw new InputError(
      `${file}:1: the line ${formatValue(found)} says what separates cells, and delimiter is ${formatValue(delimiter)}, expected one of them`,
      { file, line: 1, path },
    );
  }
  return { whole: text.slice(found.length), delimiter: said };
}

const BYTE_ORDER_MARK = 0xfeff;
/** What a table looks like is seen from so many lines. */
const HEAD_LINES = 21;
const DELIMITERS = [',', '\t', ';', '|'];

/** How a table is written. */
export interface TableForm {
  delimiter: string;
  header: boolean;
}

/** The first rows, as one delimiter cuts them. */
interface Head {
  delimiter: string;
  rows: string[][];
  /** Where the first of them stands, from 1. */
  line: number;
  /** Share of cells after the first row that are numbers, with a decimal comma or a point. */
  numbers: number;
  /** All rows have the same number of cells, and more than one. */
  even: boolean;
  /** All cells of the first row stand in quotes, and numbers of other rows do not. */
  quoted: boolean;
}

/** @throws InputError where the first lines leave two readings */
export function formOf(text: string, file: string, options: TableOptions = {}): TableForm {
  let end = 0;
  for (let line = 0; line < HEAD_LINES && end >= 0; line++) end = text.indexOf('\n', end) + 1 || -1;
  const head = end < 0 ? text : text.slice(0, end);
  const candidates = options.delimiter === undefined ? DELIMITERS : [options.delimiter];
  const heads = candidates.map((delimiter) => headOf(head, delimiter, end < 0));
  const best = heads.reduce((a, b) => (rank(b) > rank(a) ? b : a));
  return { delimiter: best.delimiter, header: options.header ?? hasHeader(best, file, options) };
}

/** Even rows before others, then those that are numbers, then those that are cut at all. */
const rank = ({ even, numbers, rows }: Head) =>
  (even ? 4 : 0) + numbers + ((rows[0]?.length ?? 0) > 1 ? 2 : 0);

function headOf(text: string, delimiter: string, isWhole: boolean): Head {
  const { data } = Papa.parse<string[]>(text.replaceAll('\r\n', '\n'), { delimiter, newline: '\n' });
  const rows = data.filter((row) => row.length > 1 || row[0]!.trim() !== '');
  // The last may be cut within quotes.
  if (!isWhole && rows.length > 2) rows.pop();
  const cells = rows.slice(1).flat();
  const bare = text.split('\n').filter((line) => line.trim() !== '');
  const isQuoted = (cell: string) => /^\s*".*"\s*$/.test(cell);
  const numbers = cells.filter((cell) => !Number.isNaN(parseCell(cell)) || DECIMAL_COMMA.test(cell)).length;
  return {
    delimiter,
    line: 1 + Math.max(0, data.indexOf(rows[0]!)),
    rows: rows.map((row) => row.map((cell) => cell.trim())),
    numbers: cells.length === 0 ? 0 : numbers / cells.length,
    quoted:
      (bare[0] ?? '').split(delimiter).every(isQuoted) &&
      bare.slice(1).some((line) => line.split(delimiter).some((cell) => !Number.isNaN(parseCell(cell)))),
    even: rows.length > 0 && rows[0]!.length > 1 && rows.every((row) => row.length === rows[0]!.length),
  };
}

const AMBIGUOUS = 'names of columns, or a sample, expected a first line that can be one of them alone';
const QUOTED = 'in quotes, as some programs write names, and the numbers below are not';
const NUMBERED = 'some programs number the columns in a header of their own, 0, 1, 2, ...';

function hasHeader({ rows, line, quoted }: Head, file: string, options: TableOptions): boolean {
  const { target, group, path } = options;
  const [first = [], ...others] = rows;
  const isNumber = (cell: string | undefined) =>
    cell !== undefined && (!Number.isNaN(parseCell(cell)) || DECIMAL_COMMA.test(cell));
  const named = [target, group].filter((column) => typeof column === 'string');
  if (named.some((name) => first.includes(name))) return true;

  const words = first.flatMap((cell, c) => (isNumber(cell) ? [] : [c]));
  const numbers = first.filter(isNumber).map(Number);
  const counts = numbers.every((n, k) => n === k) || numbers.every((n, k) => n === k + 1);
  const refuse = (what: string, readings: string) =>
    new InputError(`${file}:${line}: the first line is ${showSome(first)}: ${what}`, {
      file,
      line,
      path,
      hint: `${readings}; set header: true or header: false in the cost`,
    });
  if (words.length === 0) {
    if (counts && first.length > 1) throw refuse(AMBIGUOUS, NUMBERED);
    if (quoted) throw refuse(AMBIGUOUS, QUOTED);
    return false;
  }
  if (numbers.length === 0) return words.some((c) => !MISSING.test(first[c]!));
  if (words.every((c) => c === group)) {
    if (!counts) return false;
    throw refuse(AMBIGUOUS, NUMBERED);
  }
  if (words.every((c) => c === group || MISSING.test(first[c]!))) return false;
  // 0,1,2,label: what pandas makes of an array and a column beside it. Fewer numbers may be the cells of a
  // sample.
  if (counts && numbers.length > 2) return true;
  if (others.length > 0 && words.every((c) => others.every((row) => !isNumber(row[c])))) return false;
  throw refuse(
    'names of columns, or a sample that has words in it, expected numbers alone or names alone',
    'a header names the columns, and a sample is made of numbers',
  );
}

/**
 * A table of bare numbers, quickly; null for everything else, and for everything that is wrong: `parseAny`
 * knows what to say of it.
 */
export function parsePlain(text: string, form: TableForm, options: TableOptions = {}): Table | null {
  if (text.includes('"') || options.decimal === ',') return null;
  const { delimiter } = form;
  const firstEnd = text.indexOf('\n');
  const linebreak = firstEnd > 0 && text[firstEnd - 1] === '\r' ? '\r\n' : '\n';

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
  const header = form.header ? cells.map((name) => name.trim()) : null;
  if (header) {
    begin += first.length + linebreak.length;
    line++;
  }
  const width = cells.length;
  if (header && !isGoodHeader(header, options)) return null;
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
export function parseAny(text: string, file: string, form: TableForm, options: TableOptions = {}): Table {
  const { path, decimal } = options;
  const rows = readTextRows(text, form.delimiter, file, path);
  const top = form.header ? rows.shift() : undefined;
  const header = top ? top.cells.map((name) => name.trim()) : null;
  if (rows.length === 0) throw new InputError(`${file} has no rows of numbers`, { file, path });
  if (header) refuseHeader(header, file, top!.line, options);

  const width = header ? header.length : rows[0]!.cells.length;
  const target = findColumn(options.target ?? width - 1, header, width, file, 'target');
  const group = options.group === undefined ? -1 : findColumn(options.group, header, width, file, 'group');
  if (target === group) {
    throw new InputError(
      `${file}: column ${target} cannot be target and group at once, expected two columns`,
      {
        file,
        path,
      },
    );
  }
  const features = Array.from({ length: width }, (_, c) => c).filter((c) => c !== target && c !== group);
  const values = new Float64Array(rows.length * features.length);
  const labels = new Float64Array(rows.length);
  rows.forEach(({ cells, line }, r) => {
    if (cells.length !== width) {
      throw new InputError(`${file}:${line}: the row has ${cells.length} columns, expected ${width}`, {
        file,
        line,
        path,
        hint: hintOfWidth(cells, width),
      });
    }
    const number = (c: number): number => {
      const value = parseCell(cells[c]!, decimal);
      if (Number.isFinite(value)) return value;
      const name = header ? ` (${printable(header[c]!)})` : '';
      throw new InputError(
        `${file}:${line}: column ${c + 1}${name} is ${formatValue(cells[c])}, expected a finite number`,
        { file, line, column: c + 1, path, hint: hintOfCell(cells[c]!.trim(), c === target) },
      );
    };
    features.forEach((c, i) => {
      values[r * features.length + i] = number(c);
    });
    labels[r] = number(target);
  });
  return {
    rows: rows.length,
    columnCount: features.length,
    values,
    labels,
    names: header ? features.map((c) => header[c]!) : null,
    groups: group < 0 ? null : rows.map(({ cells }) => cells[group]!.trim()),
    lines: Uint32Array.from(rows, ({ line }) => line),
  };
}

const DECIMAL_COMMA = /^\s*[+-]?\d*,\d+(e[+-]?\d+)?\s*$/i;
const MISSING = /^(|na|n\/a|nan|null|none|nil|\?|-+|\.)$/i;

function hintOfCell(cell: string, isTarget: boolean): string | undefined {
  if (cell.length > 100) return undefined;
  if (/^[+-]?(\d+\.?\d*|\.\d+)e[+-]?\d+$/i.test(cell)) return 'larger than a double holds, 1.8e308';
  if (MISSING.test(cell)) return 'a missing value: leave the row out, or fill it in';
  if (/^[+-]?\d{1,3}(,\d{3})+$/.test(cell)) {
    return 'a decimal comma (set decimal: "," in the cost) or a separator of thousands (write the number without)';
  }
  if (DECIMAL_COMMA.test(cell)) return 'for numbers with a decimal comma, set decimal: "," in the cost';
  if (/^[+-]?\d{1,3}(\D\d{3})+(\D\d+)?$/.test(cell)) return 'write numbers without a separator of thousands';
  if (/^[+-]?\d+\.\d+$/.test(cell)) return 'decimal is "," in the cost, and this number has a point';
  if (/^[\d.eE+-]+(\s+[\d.eE+-]+)+$/.test(cell))
    return 'cells stand between commas, tabs, semicolons or bars';
  return isTarget ? 'labels are numbers: number the classes, 0, 1, 2, ...' : undefined;
}

function hintOfWidth(cells: readonly string[], width: number): string | undefined {
  if (cells.length === width + 1 && cells.at(-1)!.trim() === '')
    return 'is there a separator after the last cell?';
  return cells.length > width
    ? 'a cell with a comma stands in quotes; numbers have a decimal point'
    : undefined;
}

/** Every column has a name of its own, as far as anyone asks for it. */
function isGoodHeader(header: readonly string[], options: TableOptions): boolean {
  return header.every((name) => !UNNAMED.test(name)) && ambiguousColumn(header, options) === undefined;
}

/** What pandas calls a column without a name, when it reads one and writes it again. */
const UNNAMED = /^(Unnamed: \d+)?$/;

function refuseHeader(header: readonly string[], file: string, line: number, options: TableOptions): void {
  const { path } = options;
  const unnamed = header.findIndex((name) => UNNAMED.test(name));
  if (unnamed >= 0) {
    throw new InputError(
      `${file}:${line}: column ${unnamed + 1} is called ${formatValue(header[unnamed])}, expected a name: numbers of rows, or a feature?`,
      {
        file,
        line,
        column: unnamed + 1,
        path,
        hint: 'write the file without numbers of rows (pandas: index=False, R: row.names=FALSE), or name the column',
      },
    );
  }
  const twofold = ambiguousColumn(header, options);
  if (twofold !== undefined) throw new InputError(`${file}:${line}: ${twofold}`, { file, line, path });
}

/** What is said of a target or group that could be two columns; undefined where each is one. */
function ambiguousColumn(header: readonly string[], { target, group }: TableOptions): string | undefined {
  for (const given of [target ?? 'last', group]) {
    if (given === undefined) continue;
    const column = target === undefined && given === 'last' ? header.length - 1 : given;
    const name = typeof column === 'string' ? column : header[column];
    const columns = header.flatMap((other, c) => (other === name ? [c] : []));
    if (columns.length > 1) {
      return `${columns.length} columns are called ${formatValue(name)} (${showSome(columns)}, from 0), expected one`;
    }
    const namesake = header.indexOf(String(column));
    if (typeof given === 'number' && namesake >= 0 && namesake !== column) {
      return `column ${column} (from 0) is called ${formatValue(name)}, and column ${namesake} is called "${column}", expected names that are not numbers of other columns`;
    }
  }
  return undefined;
}

/**
 * The last columns hold a single 1 in every row, and 0 elsewhere: labels as one-hot vectors, of which the
 * last would be taken for the label and the others for features that give it away.
 */
function refuseOneHot(table: Table, file: string, { path }: TableOptions): void {
  const { rows, columnCount, values, labels, names } = table;
  // Of a row, the places counted from the last column: its first 1, and the last place before a second 1 or
  // anything else.
  let most = columnCount;
  let least = 1;
  const seen = new Set<number>();
  for (let r = 0; r < rows && least <= most; r++) {
    const cell = (place: number) =>
      place === 1 ? labels[r]! : values[r * columnCount + columnCount + 1 - place]!;
    let place = 1;
    while (place <= most && cell(place) === 0) place++;
    if (place > most || cell(place) !== 1) return;
    seen.add(place);
    least = Math.max(least, place);
    do place++;
    while (place <= most && cell(place) === 0);
    most = place - 1;
  }
  if (least < 2 || least > most || seen.size < least) return;
  const which = names ? ` (${showSome(names.slice(columnCount + 1 - least))} and the last)` : '';
  throw new InputError(
    `${file}: the last ${least} columns${which} are one-hot, a single 1 in every row, expected one column of labels`,
    {
      file,
      path,
      hint: 'write the number of the class into one column (argmax); or name the column in target: and the others are features',
    },
  );
}

/** NaN for what is not a decimal number: `Number` alone takes the empty cell for 0, and 0x10 for 16. */
function parseCell(cell: string, decimal: '.' | ',' = '.'): number {
  const text = cell.trim();
  if (decimal === ',') {
    return /^[+-]?(\d+(,\d*)?|,\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text.replace(',', '.')) : NaN;
  }
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
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
    ? `it has ${header.map(printable).join(', ')}`
    : `it has no header; give the number of the column, 0..${width - 1}`;
  throw new InputError(`${file} has no column ${printable(column)} (${role}); ${known}`, { file });
}
