/**
 * Rows of fields, for lists of edges and matrices in text: which lines are comments, what separates fields,
 * and where the fields of a line begin and end. It hands out offsets, not strings: millions of lines make no
 * garbage.
 *
 * - Comments: a line whose '#' or '%' stands alone, before a blank or before another of its kind; and, after
 *   two fields separated by spaces, the rest of a line from a lone '#' on. A line such as `#tag other`, with
 *   as many fields as an edge has, could be either and is refused.
 * - Separators: tab, comma, semicolon, '|', or runs of spaces and tabs. Of those that divide every line alike
 *   the right one is told by the file's extension (.tsv), by known names in a header, or because a field
 *   holds what its own separator would not leave there. Where that leaves two, both are said and none is
 *   taken.
 * - Fields may be quoted, "" standing for ". `{...}` after two fields is one field.
 */
import { fileError, show, TopologyError } from '../errors.js';
import { isBlank, Lines } from './lines.js';
import type { ReadOptions, Separator } from './reader.js';

/** From those that names seldom hold to those that they often do. */
const separators: readonly Separator[] = ['tab', 'semicolon', 'bar', 'comma', 'space'];

const CODES: Record<Separator, number> = { tab: 9, semicolon: 59, bar: 124, comma: 44, space: 32 };
const TAB = 9;
const QUOTE = 34;
const HASH = 35;
const PERCENT = 37;
const BRACE = 123;

/** An error that says two readings, and the option that tells which. */
export function twoReadings(
  file: string,
  line: number,
  found: string,
  readings: string,
  hint: string,
): TopologyError {
  const place = line > 0 ? `${file}:${line}` : file;
  return new TopologyError(`${place}: ${found} could be ${readings}, expected one reading only`, {
    file,
    ...(line > 0 ? { line } : {}),
    hint,
  });
}

/** The fields of one line after another. */
export class Rows {
  /** Fields of the current line, empty ones at its end left out. */
  columns = 0;
  /** begin and end of every field, quotes included. */
  private bounds = new Int32Array(64);
  private readonly code: number;
  private readonly lines: Lines;
  /** Fields of the first row; a comment of as many is no comment for certain. 0: not looked at. */
  width = 0;
  /**
   * Whether some field begins or ends with what separates fields elsewhere: then this separator is not the
   * one.
   */
  unclean = false;

  constructor(
    readonly text: string,
    readonly file: string,
    readonly separator: Separator,
  ) {
    this.code = CODES[separator];
    this.lines = new Lines(text);
  }

  get line(): number {
    return this.lines.line;
  }

  /** Goes to the next row; false at the end. @throws TopologyError */
  next(): boolean {
    while (this.lines.nextRaw()) {
      if (this.lines.begin === this.lines.end) continue;
      if (!isCommentMark(this.text.charCodeAt(this.lines.begin))) {
        this.split();
        return true;
      }
      if (this.width > 0 && !this.lines.isPlainComment()) this.checkComment();
    }
    return false;
  }

  current(): string {
    return this.lines.current();
  }

  begin(column: number): number {
    return this.bounds[2 * column];
  }

  end(column: number): number {
    return this.bounds[2 * column + 1];
  }

  isEmpty(column: number): boolean {
    return column >= this.columns || this.end(column) === this.begin(column);
  }

  isQuoted(column: number): boolean {
    return column < this.columns && this.text.charCodeAt(this.begin(column)) === QUOTE;
  }

  /** A field without its quotes. */
  field(column: number): string {
    if (column >= this.columns) return '';
    const raw = this.text.slice(this.begin(column), this.end(column));
    return raw.charCodeAt(0) === QUOTE ? raw.slice(1, -1).replaceAll('""', '"') : raw;
  }

  fields(): string[] {
    return Array.from({ length: this.columns }, (_, column) => this.field(column));
  }

  error(message: string): TopologyError {
    return fileError(this.file, this.line, message);
  }

  private checkComment(): void {
    const { text } = this.lines;
    if (STATED_NODES.test(this.current())) return;
    this.split();
    if (this.columns !== this.width) return;
    const found = show(this.current());
    const mark = text[this.lines.begin];
    throw twoReadings(
      this.file,
      this.line,
      found,
      `a comment, or a row whose first name is ${show(this.field(0))}`,
      `write a blank after the '${mark}' of a comment, or quotes around a name that begins with it`,
    );
  }

  private split(): void {
    const { text, separator } = this;
    const isSpace = separator === 'space';
    const { end } = this.lines;
    // A tab at the beginning of a line is an empty field before it.
    let at = separator === 'tab' ? this.lines.rawBegin : this.lines.begin;
    let columns = 0;
    let filled = 0;
    while (at <= end) {
      if (isSpace && at === end) break;
      const begin = at;
      let last: number;
      const first = text.charCodeAt(at);
      if (first === QUOTE && at < end) {
        at = last = this.endOfQuoted(at, end);
      } else if (columns >= 2 && first === BRACE && at < end) {
        at = last = end;
      } else if (
        isSpace &&
        columns >= 2 &&
        first === HASH &&
        (at + 1 === end || isBlank(text.charCodeAt(at + 1)))
      ) {
        break;
      } else {
        while (at < end && !this.separates(text.charCodeAt(at))) at++;
        last = at;
        while (last > begin && isBlank(text.charCodeAt(last - 1))) last--;
        if (
          last > begin &&
          (isForeign(first, this.code) || isForeign(text.charCodeAt(last - 1), this.code))
        ) {
          this.unclean = true;
        }
      }
      if (2 * columns === this.bounds.length) this.grow();
      this.bounds[2 * columns] = begin;
      this.bounds[2 * columns + 1] = last;
      columns++;
      if (last > begin) filled = columns;
      while (
        at < end &&
        isBlank(text.charCodeAt(at)) &&
        !(separator === 'tab' && text.charCodeAt(at) === TAB)
      )
        at++;
      if (!isSpace) {
        if (at < end && text.charCodeAt(at) !== this.code) {
          throw this.error(`found ${show(text.slice(at, end))} after a quoted name, expected a separator`);
        }
        at++;
        while (at < end && isBlank(text.charCodeAt(at)) && text.charCodeAt(at) !== this.code) at++;
      }
    }
    this.columns = filled;
  }

  private separates(code: number): boolean {
    return code === this.code || (this.separator === 'space' && code === TAB);
  }

  private grow(): void {
    const larger = new Int32Array(2 * this.bounds.length);
    larger.set(this.bounds);
    this.bounds = larger;
  }

  /** The offset behind a quoted name's closing quote. */
  private endOfQuoted(begin: number, end: number): number {
    const { text } = this;
    let at = begin + 1;
    while (at < end) {
      if (text.charCodeAt(at) === QUOTE) {
        if (text.charCodeAt(at + 1) !== QUOTE) return at + 1;
        at++;
      }
      at++;
    }
    throw this.error(`found ${show(text.slice(begin, end))}, expected '"' to end the name`);
  }
}

/**
 * Excel's first line, `sep=;`, says what separates fields; it is left empty, so that lines keep their
 * numbers.
 */
export function separatorLine(
  text: string,
  file: string,
  options: ReadOptions,
): { text: string; options: ReadOptions } {
  const [found, , mark] = /^("?)sep=(.)\1(?=\n|\r\n)/i.exec(text) ?? [];
  if (found === undefined) return { text, options };
  const separator = separators.find((one) => String.fromCharCode(CODES[one]) === mark);
  if (separator === undefined || (options.separator ?? separator) !== separator) {
    const expected = options.separator ?? separators.join(', ');
    throw fileError(file, 1, `separator is ${show(mark)}, as ${show(found)} says, expected ${expected}`);
  }
  return { text: text.slice(found.length), options: { ...options, separator } };
}

/** N of a comment `# Nodes: N`, which the Stanford collection writes. */
export const STATED_NODES = /^[#%]+\s*nodes:?\s+(\d{1,16})\b/i;

function isCommentMark(code: number): boolean {
  return code === HASH || code === PERCENT;
}

/** A comma, a semicolon or a tab where another separator is in use. */
function isForeign(code: number, own: number): boolean {
  return (code === CODES.comma || code === CODES.semicolon || code === CODES.bar) && code !== own;
}

/** What one separator makes of the whole text. */
interface Reading {
  separator: Separator;
  columns: number;
  /**
   * Whether a name without quotes, in one of the first two columns, holds a blank; and whether all that do
   * are made of numbers only.
   */
  blankInName: boolean;
  numbersOnly: boolean;
}

const NAMES: Record<Separator, string> = {
  tab: 'tab',
  comma: 'comma',
  semicolon: 'semicolon',
  bar: "'|'",
  space: 'space',
};

export const SEPARATOR_HINT =
  'say which: topology: { ..., separator: tab | comma | semicolon | bar | space }, or --separator on the command line';

/**
 * What separates the fields of a text.
 *
 * @param isHeader whether a row of fields is known to be a header
 * @throws TopologyError where two separators make two different tables
 */
export function separatorOf(text: string, file: string, isHeader: (fields: string[]) => boolean): Separator {
  const possible = separators.filter((separator) => {
    const rows = new Rows(text, file, separator);
    try {
      return rows.next() && rows.columns >= 2 && !rows.unclean;
    } catch {
      return false;
    }
  });
  // Most files end here, after one line: what does not divide the first does not divide all.
  if (possible.length === 0) return fallback(text);
  if (possible.length === 1) return possible[0];
  if (possible.includes('tab') && /\.tsv(\.gz)?$/i.test(file)) return 'tab';
  // KONECT's files mix spaces and tabs.
  if (possible.includes('space') && KONECT.test(text.slice(0, 200))) return 'space';

  if (possible.includes('space') && firstRow(text, file, 'space')[2]?.startsWith('{')) return 'space';

  const named = possible.filter((separator) => {
    return isHeader(firstRow(text, file, separator));
  });
  if (named.length === 1) return named[0];
  const readings = possible
    .map((separator) => examine(text, file, separator))
    .filter((reading) => reading !== null);
  if (readings.length === 0) return possible[0];
  const [strongest, ...others] = readings;
  for (const other of others)
    if (!beats(strongest, other, text, file)) throw undecided(text, file, strongest, other);
  return strongest.separator;
}

/** KONECT's first line: '% sym weighted'. */
export const KONECT =
  /^%\s*(sym|asym|bip)\s+(unweighted|positive|posweighted|signed|multisigned|weighted|multiweighted|dynamic|multiposweighted)\b/;

function firstRow(text: string, file: string, separator: Separator): string[] {
  const rows = new Rows(text, file, separator);
  rows.next();
  return rows.fields();
}

function fallback(text: string): Separator {
  const lines = new Lines(text);
  if (!lines.next()) return 'space';
  const bare = withoutQuoted(lines.current());
  return separators.find((separator) => bare.includes(String.fromCharCode(CODES[separator]))) ?? 'space';
}

/** A line without what stands in quotes, or between its first brace and its last; one that does not end stays. */
function withoutQuoted(line: string): string {
  const bare = line.replace(/"[^"]*"/g, 'q');
  const begin = bare.indexOf('{');
  const end = bare.lastIndexOf('}');
  return begin < 0 || end < begin ? bare : `${bare.slice(0, begin)}q${bare.slice(end + 1)}`;
}

/** null if this separator does not divide every line alike. */
function examine(text: string, file: string, separator: Separator): Reading | null {
  const rows = new Rows(text, file, separator);
  let columns = 0;
  let blankInName = false;
  let numbersOnly = true;
  try {
    while (rows.next()) {
      if (rows.columns < 2 || rows.unclean) return null;
      if (columns === 0) columns = rows.columns;
      else if (separator === 'space' && columns !== rows.columns && Math.min(columns, rows.columns) < 3)
        return null;
      for (let column = 0; column < 2; column++) {
        // Inside quotes a blank separates nothing, whatever does: it tells no reading from another.
        if (rows.isQuoted(column)) continue;
        const name = rows.field(column);
        if (!/[ \t]/.test(name)) continue;
        blankInName = true;
        numbersOnly &&= name.split(/[ \t]+/).every((part) => !Number.isNaN(Number(part)));
      }
    }
  } catch {
    return null;
  }
  return { separator, columns, blankInName, numbersOnly };
}

/**
 * `stronger` is the one that names are less likely to hold: a name may hold a blank, seldom a comma, never a
 * tab.
 */
function beats(stronger: Reading, weaker: Reading, text: string, file: string): boolean {
  const [strong, weak] = [stronger.separator, weaker.separator];
  if (weak === 'space') {
    if (!stronger.blankInName) return true;
    return strong === 'tab' ? !stronger.numbersOnly : !betweenDigits(text, strong);
  }
  if (strong === 'tab') return true;
  return weak === 'comma' && commasAreDecimal(text, file, strong);
}

/** Whether a separator stands between two digits everywhere: it could then be a decimal comma. */
function betweenDigits(text: string, separator: Separator): boolean {
  const lines = new Lines(text);
  const mark = String.fromCharCode(CODES[separator]);
  while (lines.next()) {
    const line = lines.current();
    for (let at = line.indexOf(mark); at >= 0; at = line.indexOf(mark, at + 1)) {
      if (!/\d/.test(line[at - 1] ?? '') || !/\d/.test(line[at + 1] ?? '')) return false;
    }
  }
  return true;
}

/** Whether every comma is the one of a number such as 0,5 behind the two names. */
function commasAreDecimal(text: string, file: string, separator: Separator): boolean {
  const rows = new Rows(text, file, separator);
  while (rows.next()) {
    for (let column = 0; column < rows.columns; column++) {
      const field = rows.field(column);
      if (field.includes(',') && (column < 2 || !/^[+-]?\d+,\d+$/.test(field))) return false;
    }
  }
  return true;
}

function undecided(text: string, file: string, one: Reading, other: Reading): TopologyError {
  const said = ({ separator }: Reading): string => {
    const fields = firstRow(text, file, separator);
    return `${fields.length} fields separated by ${NAMES[separator]} (${fields.map(show).join(', ')})`;
  };
  const rows = new Rows(text, file, one.separator);
  rows.next();
  return twoReadings(
    file,
    rows.line,
    show(rows.current()),
    `${said(one)}, or ${said(other)}`,
    SEPARATOR_HINT,
  );
}
