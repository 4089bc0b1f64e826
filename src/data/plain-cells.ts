/**
 * The cells of a plain table, in one pass over its text: no quotes, rows of equal width, decimal numbers in every column but one.
 *
 * That is what nearly every large file is, and it needs no string for a cell. Whatever is not plain (a quote, a blank line with spaces in it, a
 * cell that is no number) ends the pass with null: the general parser then reads the file from the beginning, and says what is wrong with it.
 *
 * Numbers come out as `Number` has them: up to 15 digits, m 10^-k with k <= 22 is the division of two doubles that are exact, and so rounds once
 * (W. D. Clinger, PLDI 1990); all others go through `Number`.
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
const POINT = 46;
const MOST_DIGITS = 15;
const TENS = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));

export function readPlainCells(text: string, layout: PlainLayout): PlainCells | null {
  const { width, target, textColumn, parse } = layout;
  const delimiter = layout.delimiter.charCodeAt(0);
  const returns = layout.newline === '\r\n';
  if (layout.delimiter.length !== 1 || (!returns && layout.newline !== '\n')) return null;

  const bound = countRows(text, layout.begin);
  const values = new Float64Array(bound * (width - (textColumn < 0 ? 1 : 2)));
  const labels = new Float64Array(bound);
  const lines = new Uint32Array(bound);
  const texts: string[] = [];
  const { length } = text;
  let row = 0;
  let filled = 0;
  let at = layout.begin;
  for (let { line } = layout; at < length; line++) {
    const first = text.charCodeAt(at);
    if (first === NEWLINE && !returns) {
      at++;
      continue;
    }
    if (first === RETURN && returns && text.charCodeAt(at + 1) === NEWLINE) {
      at += 2;
      continue;
    }
    for (let column = 0; column < width; column++) {
      if (column === textColumn) {
        const begin = at;
        for (let code = text.charCodeAt(at); at < length; code = text.charCodeAt(++at)) {
          if (code === delimiter || code === NEWLINE || code === RETURN) break;
        }
        texts.push(text.slice(begin, at).trim());
      } else {
        const begin = at;
        let code = text.charCodeAt(at);
        const negative = code === 45;
        if (negative || code === 43) code = text.charCodeAt(++at);
        let mantissa = 0;
        let digits = 0;
        let decimals = 0;
        for (; code >= 48 && code <= 57; code = text.charCodeAt(++at), digits++)
          mantissa = mantissa * 10 + (code - 48);
        if (code === POINT) {
          code = text.charCodeAt(++at);
          for (; code >= 48 && code <= 57; code = text.charCodeAt(++at), digits++, decimals++)
            mantissa = mantissa * 10 + (code - 48);
        }
        let value = negative ? -mantissa : mantissa;
        const plain = digits > 0 && digits <= MOST_DIGITS;
        if (plain && (at === length || code === delimiter || code === NEWLINE || code === RETURN)) {
          if (decimals > 0) value /= TENS[decimals];
        } else {
          while (at < length && code !== delimiter && code !== NEWLINE && code !== RETURN)
            code = text.charCodeAt(++at);
          value = parse(text.slice(begin, at));
          if (!Number.isFinite(value)) return null;
        }
        if (column === target) labels[row] = value;
        else values[filled++] = value;
      }
      if (column < width - 1) {
        if (text.charCodeAt(at) !== delimiter || at >= length) return null;
        at++;
      }
    }
    if (at < length) {
      if (returns && text.charCodeAt(at++) !== RETURN) return null;
      if (text.charCodeAt(at++) !== NEWLINE) return null;
    }
    lines[row++] = line;
  }
  return {
    rows: row,
    values: values.subarray(0, filled),
    labels: labels.subarray(0, row),
    texts,
    lines: lines.subarray(0, row),
  };
}

/** At most so many rows begin at or after `from`. */
function countRows(text: string, from: number): number {
  let count = 1;
  for (let at = text.indexOf('\n', from); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
