/**
 * A table as text, to rows of cells and the line that each begins on: lines of the file, whatever stands in
 * quotes, and however they end (LF, CR LF, CR).
 */

import Papa from 'papaparse';
import { InputError, type SpecPath } from '../base/errors.js';

export interface TextRow {
  cells: string[];
  /** Of the file, from 1. */
  line: number;
}

/** Every row that is not blank. */
export function readTextRows(text: string, delimiter: string, file: string, path?: SpecPath): TextRow[] {
  const whole = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  const rows: TextRow[] = [];
  let line = 1;
  let begin = 0;
  Papa.parse<string[]>(whole, {
    delimiter,
    newline: '\n',
    step({ data: cells, errors, meta }) {
      const broken = errors.find((error) => error.type === 'Quotes');
      if (broken) {
        throw new InputError(
          `${file}:${line}: ${broken.message.toLowerCase()}, expected cells in whole quotes`,
          {
            file,
            line,
            path,
          },
        );
      }
      // A blank line is one blank cell.
      if (cells.length > 1 || cells[0]!.trim() !== '') rows.push({ cells, line });
      line += countNewlines(whole, begin, meta.cursor);
      begin = meta.cursor;
    },
  });
  return rows;
}

function countNewlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
