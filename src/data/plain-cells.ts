/**
 * The cells of a plain table, in one pass over its bytes: ASCII without quotes, rows of equal width, decimal
 * numbers in every column but one.
 *
 * That is what nearly every large file is, and it needs no string for a cell. Whatever is not plain (another
 * letter, a blank line with spaces in it, a cell that is no number) ends the pass with null: the general
 * parser then reads the file from the beginning, and says what is wrong with it.
 *
 * Numbers come out as `Number` has them: up to 15 digits, m 10^-k with k <= 22 is the division of two doubles
 * that are exact, and so rounds once (W. D. Clinger, PLDI 1990); all others go through `Number`.
 */

export interface PlainCells {
  rows: number;
  /** rows x (columns that are neither target nor text), row by row. */
  values: Float64Array;
  /** The target column. */
  labels: Float64Array;
  /** The text column of each row, trimmed; empty where there is none. */
  texts: string[];
  /** The line each row stands on, from 1. */
  lines: Uint32Array;
}

export interface PlainLayout {
  /** Where the first row begins, and the number of its line. */
  begin: number;
  line: number;
  width: number;
  target: number;
  /** Column of text; -1 for none. */
  textColumn: number;
  delimiter: string;
  newline: string;
  /** `Number` for what looks like a number, NaN for the rest. */
  parse(cell: string): number;
}

const NEWLINE = 10;
const RETURN = 13;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const MOST_DIGITS = 15;
const TENS = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));

export function readPlainCells(text: string, layout: PlainLayout): PlainCells | null {
  const { width, textColumn } = layout;
  const returns = layout.newline === '\r\n';
  if (layout.delimiter.length !== 1 || (!returns && layout.newline !== '\n')) return null;
  const bytes = asciiOf(text);
  if (bytes === null) return null;

  const bound = countRows(text, layout.begin);
  const values = new Float64Array(bound * (width - (textColumn < 0 ? 1 : 2)));
  const labels = new Float64Array(bound);
  const lines = new Uint32Array(bound);
  const reader = new RowReader(text, bytes, layout, values, labels);
  let row = 0;
  let at = layout.begin;
  for (let { line } = layout; at < text.length; line++) {
    const blank = returns && bytes[at] === RETURN ? at + 1 : at;
    if (bytes[blank] === NEWLINE && returns === blank > at) {
      at = blank + 1;
      continue;
    }
    at = reader.read(at, row);
    if (at < 0) return null;
    if (at < text.length) {
      if (returns && bytes[at++] !== RETURN) return null;
      if (bytes[at++] !== NEWLINE) return null;
    }
    lines[row++] = line;
  }
  return {
    rows: row,
    values: values.subarray(0, reader.filled),
    labels: labels.subarray(0, row),
    texts: reader.texts,
    lines: lines.subarray(0, row),
  };
}

/**
 * A row a call: short calls are compiled while the first rows are read, one long loop would be interpreted
 * for long.
 */
class RowReader {
  readonly texts: string[] = [];
  filled = 0;
  private readonly text: string;
  private readonly bytes: Uint8Array;
  private readonly delimiter: number;
  private readonly width: number;
  private readonly target: number;
  private readonly textColumn: number;
  private readonly parse: (cell: string) => number;
  private readonly values: Float64Array;
  private readonly labels: Float64Array;

  constructor(
    text: string,
    bytes: Uint8Array,
    { delimiter, width, target, textColumn, parse }: PlainLayout,
    values: Float64Array,
    labels: Float64Array,
  ) {
    this.text = text;
    this.bytes = bytes;
    this.delimiter = delimiter.charCodeAt(0);
    this.width = width;
    this.target = target;
    this.textColumn = textColumn;
    this.parse = parse;
    this.values = values;
    this.labels = labels;
  }

  /** Reads the row that begins at `at`; gives where it ends, or -1 where it is not plain. */
  read(at: number, row: number): number {
    const { bytes, delimiter, width, target, textColumn, values } = this;
    let { filled } = this;
    for (let column = 0; column < width; column++) {
      const begin = at;
      let code = bytes[at]!;
      if (column === textColumn) {
        while (code !== delimiter && code !== NEWLINE && code !== RETURN) code = bytes[++at]!;
        this.texts.push(this.text.slice(begin, at).trim());
      } else {
        const negative = code === MINUS;
        if (negative || code === PLUS) code = bytes[++at]!;
        let mantissa = 0;
        let digits = 0;
        let decimals = 0;
        for (; code >= ZERO && code <= NINE; code = bytes[++at]!, digits++)
          mantissa = mantissa * 10 + (code - ZERO);
        if (code === POINT) {
          code = bytes[++at]!;
          for (; code >= ZERO && code <= NINE; code = bytes[++at]!, digits++, decimals++)
            mantissa = mantissa * 10 + (code - ZERO);
        }
        let value = negative ? -mantissa : mantissa;
        const ends = code === delimiter || code === NEWLINE || code === RETURN;
        if (ends && digits > 0 && digits <= MOST_DIGITS) {
          if (decimals > 0) value /= TENS[decimals]!;
        } else {
          while (code !== delimiter && code !== NEWLINE && code !== RETURN) code = bytes[++at]!;
          value = this.parse(this.text.slice(begin, at));
          if (!Number.isFinite(value)) return -1;
        }
        if (column === target) this.labels[row] = value;
        else values[filled++] = value;
      }
      if (column < width - 1 && bytes[at++] !== delimiter) return -1;
    }
    this.filled = filled;
    return at;
  }
}

/**
 * The text's characters and an end of line, so that nothing looks past the last; null where it is not ASCII,
 * and characters are not bytes.
 */
function asciiOf(text: string): Uint8Array | null {
  if (Buffer.byteLength(text, 'utf8') !== text.length) return null;
  const bytes = Buffer.allocUnsafe(text.length + 1);
  bytes.write(text, 'latin1');
  bytes[text.length] = NEWLINE;
  return bytes;
}

/** At most so many rows begin at or after `from`. */
function countRows(text: string, from: number): number {
  let count = 1;
  for (let at = text.indexOf('\n', from); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
