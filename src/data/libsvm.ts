/**
 * LIBSVM (SVMlight) files: one sample a line, `label index:value index:value ...  # comment`, into compressed
 * sparse rows.
 *
 * Lines end in LF, CR LF or CR. Indices ascend and count from 1, or from 0 where a 0 occurs anywhere in the
 * file; `firstIndex` says so for a file that counts from 0 without ever using it (its column 0 is then all
 * zero). `qid:` tokens and empty lines are passed over. Labels stay as they are: what they mean is the cost's
 * business.
 *
 * Two passes over the bytes: one counts lines and colons, so that every array is made once, the other parses
 * in place. No line and no number becomes a string, except numbers of more than 15 digits or with far
 * exponents (see `parseNumber`).
 */

import { formatValue, InputError, type SpecPath } from '../base/errors.js';
import { remembered } from '../base/remembered.js';
import { bytesOfText, readBytes } from './text.js';

export interface SparseRows {
  rows: number;
  /** Features: largest index plus one, counted from 0. */
  columnCount: number;
  /** rows + 1 entries: row r has entries rowStart[r] <= e < rowStart[r + 1]. */
  rowStart: Uint32Array;
  columns: Uint32Array;
  values: Float64Array;
  labels: Float64Array;
  /** The line each row stands on, from 1. */
  lines: Uint32Array;
  /** What the file calls feature 0: 0 or 1. */
  firstIndex: 0 | 1;
  /** The line of the largest index. */
  largestLine: number;
}

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const TAB = 9;
const HASH = 35;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;

/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
/** Mantissas below this are exact whole numbers. */
const MAX_EXACT_DIGITS = 15;
const MAX_INDEX = 2 ** 32 - 2;

export async function readLibsvm(
  file: string,
  firstIndex: 0 | 1 | 'auto' = 'auto',
  path?: SpecPath,
): Promise<SparseRows> {
  const bytes = await readBytes(file, { path });
  return remembered('libsvm', [bytes, file, String(firstIndex)], () =>
    parseLibsvm(bytesOfText(bytes, file, { path }), file, firstIndex),
  );
}

export function parseLibsvm(
  bytes: Buffer,
  file: string,
  wantedFirstIndex: 0 | 1 | 'auto' = 'auto',
): SparseRows {
  const bound = countLinesAndColons(bytes);
  const labels = new Float64Array(bound.lines);
  const lines = new Uint32Array(bound.lines);
  const rowStart = new Uint32Array(bound.lines + 1);
  const columns = new Uint32Array(bound.colons);
  const values = new Float64Array(bound.colons);
  const cursor = new Cursor(bytes, file);
  let rows = 0;
  let entries = 0;
  let smallest = Infinity;
  let largest = -1;
  let largestLine = 0;

  for (; !cursor.atEnd(); cursor.nextLine()) {
    if (cursor.atTokenEnd()) continue;
    labels[rows] = cursor.number(-1);
    lines[rows] = cursor.line;
    let previous = -1;
    while (!cursor.atTokenEnd()) {
      if (cursor.skipQueryId()) continue;
      const index = cursor.index();
      if (index === 0 && wantedFirstIndex === 1) cursor.refuseZero();
      if (index <= previous) cursor.refuseIndex(index, previous);
      previous = index;
      columns[entries] = index;
      values[entries++] = cursor.number(index);
      if (index < smallest) smallest = index;
    }
    if (previous > largest) {
      largest = previous;
      largestLine = cursor.line;
    }
    rowStart[++rows] = entries;
  }
  if (rows === 0)
    throw new InputError(`${file} has no samples, expected lines of "label index:value ..."`, { file });

  checkIndex(largest, largestLine, bytes.length, file);
  const firstIndex = wantedFirstIndex === 'auto' ? (smallest === 0 ? 0 : 1) : wantedFirstIndex;
  if (firstIndex === 1) for (let e = 0; e < entries; e++) columns[e]!--;
  return {
    rows,
    columnCount: largest < 0 ? 0 : largest + 1 - firstIndex,
    rowStart: rowStart.slice(0, rows + 1),
    columns: columns.slice(0, entries),
    values: values.slice(0, entries),
    labels: labels.slice(0, rows),
    lines: lines.slice(0, rows),
    firstIndex,
    largestLine,
  };
}

/** Features that any file may have, and for each of its bytes. */
const FEATURES_OF_ANY_FILE = 2 ** 20;
const FEATURES_PER_BYTE = 4;

/** Every agent holds a number for each feature, whether any sample has it or not. */
function checkIndex(largest: number, line: number, bytes: number, file: string): void {
  const most = Math.max(FEATURES_OF_ANY_FILE, FEATURES_PER_BYTE * bytes);
  if (largest <= most) return;
  throw new InputError(
    `${file}:${line}: index ${largest} occurs in a file of ${bytes} bytes, so that nearly all features are always 0, expected at most ${most}`,
    { file, line, hint: 'number the features that occur 1, 2, 3, ..., or hash them into fewer' },
  );
}

/** Upper bounds of rows and entries. */
function countLinesAndColons(bytes: Uint8Array): { lines: number; colons: number } {
  let lines = 1;
  let colons = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === COLON) colons++;
    else if (bytes[i] === NEWLINE || bytes[i] === RETURN) lines++;
  }
  return { lines, colons };
}

/** A place in the bytes, which only moves forward. */
class Cursor {
  line = 1;
  #at = 0;
  #lineStart = 0;
  readonly #bytes: Buffer;
  readonly #file: string;

  constructor(bytes: Buffer, file: string) {
    this.#bytes = bytes;
    this.#file = file;
  }

  atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Steps over blanks; true where the line, or what is not comment of it, ends. */
  atTokenEnd(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    while (bytes[at] === SPACE || bytes[at] === TAB) at++;
    this.#at = at;
    return at >= bytes.length || bytes[at] === NEWLINE || bytes[at] === RETURN || bytes[at] === HASH;
  }

  nextLine(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < bytes.length && bytes[at] !== NEWLINE && bytes[at] !== RETURN) at++;
    if (bytes[at] === RETURN && bytes[at + 1] === NEWLINE) at++;
    this.#at = at + 1;
    this.#lineStart = at + 1;
    this.line++;
  }

  skipQueryId(): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    // q, i, d, colon
    if (bytes[at] !== 113 || bytes[at + 1] !== 105 || bytes[at + 2] !== 100 || bytes[at + 3] !== COLON)
      return false;
    this.#at = this.#tokenEnd();
    return true;
  }

  /** A whole number up to its colon. */
  index(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let index = 0;
    let byte = bytes[at]!;
    while (byte >= ZERO && byte <= NINE) {
      index = index * 10 + (byte - ZERO);
      byte = bytes[++at]!;
    }
    if (at === start || byte !== COLON) this.#refuseToken('index:value');
    if (index > MAX_INDEX) this.#refuseToken(`an index of at most ${MAX_INDEX}`);
    this.#at = at + 1;
    return index;
  }

  /**
   * A finite decimal number: the value of an index, or the label (index -1). At most 15 digits and a power of
   * ten up to 22 are exact doubles, so one rounding of their product or quotient is the right rounding
   * (Clinger 1990); the few other numbers go through the engine's own parser.
   */
  number(index: number): number {
    const bytes = this.#bytes;
    let at = this.#at;
    const negative = bytes[at] === MINUS;
    if (negative || bytes[at] === PLUS) at++;
    let mantissa = 0;
    let digits = 0;
    let exponent = 0;
    let byte = bytes[at]!;
    for (; byte >= ZERO && byte <= NINE; digits++) {
      mantissa = mantissa * 10 + (byte - ZERO);
      byte = bytes[++at]!;
    }
    if (byte === POINT) {
      byte = bytes[++at]!;
      for (; byte >= ZERO && byte <= NINE; digits++, exponent--) {
        mantissa = mantissa * 10 + (byte - ZERO);
        byte = bytes[++at]!;
      }
    }
    if (digits === 0 || digits > MAX_EXACT_DIGITS || !isTokenEnd(byte)) return this.#slowNumber(index);
    this.#at = at;
    // At most 15 digits after the point, so 10^-exponent is in the table.
    const magnitude = exponent === 0 ? mantissa : mantissa / POWERS_OF_TEN[-exponent]!;
    return negative ? -magnitude : magnitude;
  }

  #slowNumber(index: number): number {
    const end = this.#tokenEnd();
    const text = this.#bytes.toString('latin1', this.#at, end);
    const isNumber = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text);
    const value = Number(text);
    if (!isNumber || !Number.isFinite(value)) {
      this.#refuseToken(`a finite number as ${index < 0 ? 'the label' : `value of index ${index}`}`);
    }
    this.#at = end;
    return value;
  }

  refuseZero(): never {
    throw this.#error(
      'index 0 occurs, expected indices from 1',
      'where a file counts from 0, set firstIndex: 0 in the cost: the training file, which never uses it, is then read so too',
    );
  }

  refuseIndex(index: number, previous: number): never {
    const message =
      index === previous ? `index ${index} occurs twice` : `index ${index} stands after ${previous}`;
    throw this.#error(`${message}, expected ascending indices`);
  }

  #refuseToken(expected: string): never {
    let start = this.#at;
    while (start > this.#lineStart && !isTokenEnd(this.#bytes[start - 1])) start--;
    const token = this.#bytes.toString('utf8', start, Math.min(this.#tokenEnd(), start + 1000));
    throw this.#error(
      `found ${formatValue(token)}, expected ${expected}`,
      hintOfToken(token, start === this.#lineStart),
    );
  }

  #error(message: string, hint?: string): InputError {
    const column = this.#at - this.#lineStart + 1;
    return new InputError(`${this.#file}:${this.line}: ${message}`, {
      file: this.#file,
      line: this.line,
      column,
      hint,
    });
  }

  #tokenEnd(): number {
    let end = this.#at;
    while (!isTokenEnd(this.#bytes[end])) end++;
    return end;
  }
}

function hintOfToken(token: string, isFirst: boolean): string | undefined {
  if (isFirst && !token.includes(':') && token.split(/[,;]/).length > 2)
    return 'is it a table? set format: csv in the cost';
  if (isFirst && token.includes(',')) return 'one label a sample: a decimal comma, or several labels?';
  if (/^\d+:[+-]?\d*,\d+$/.test(token)) return 'numbers have a decimal point';
  if (/^(\d+:)?[+-]?(nan|inf|infinity|na)$/i.test(token)) return 'leave the entry out, or fill it in';
  if (isFirst && /^[\p{L}_]/u.test(token)) return 'labels are numbers: number the classes, 0, 1, 2, ...';
  return undefined;
}

/** Undefined stands for the end of the file. */
function isTokenEnd(byte: number | undefined): boolean {
  return (
    byte === undefined ||
    byte === SPACE ||
    byte === NEWLINE ||
    byte === TAB ||
    byte === RETURN ||
    byte === HASH
  );
}
