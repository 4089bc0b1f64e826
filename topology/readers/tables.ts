/**
 * Text whose extension does not say whether it is an edge list or an adjacency matrix: told apart by what it holds.
 *
 * Only a table with as many rows as columns, names aside, is looked at. It is a matrix if its names say so (those of rows and columns are the same), or if it has
 * four rows or more and is symmetric, or zero on its diagonal, or zero and one only. Smaller ones of that kind are three weighted edges as well: both
 * readings are said, and `format` tells. All else is an edge list.
 */
import { adjacencyMatrix, isNumber, rowsOf } from './adjacency-matrix.js';
import { edgeListReader } from './edge-list.js';
import { headerOf } from './header.js';
import type { Reader, ReadOptions } from './reader.js';
import { Rows, separatorOf, twoReadings } from './table.js';

export const tables: Reader = {
  format: 'table',
  extensions: ['.txt', '.csv', '.tsv', '.dat'],
  summary: 'edge list or adjacency matrix in text, told apart by what it holds',
  parse(text, file, options = {}) {
    const reader = isMatrix(text, file, options) ? adjacencyMatrix : edgeListReader;
    return (reader as Extract<Reader, { parse: unknown }>).parse(text, file, options);
  },
};

function isMatrix(text: string, file: string, options: ReadOptions): boolean {
  if (options.columns !== undefined) return false;
  const separator = options.separator ?? separatorOf(text, file, (fields) => headerOf(fields) !== null);
  const first = new Rows(text, file, separator);
  if (!first.next()) return false;
  const width = first.columns;
  const few = new Rows(text, file, separator);
  let count = 0;
  while (count < width + 3 && few.next()) count++;
  if (count < width - 1 || count > width + 1 || count < 2) return false;

  const rows = rowsOf(text, file, separator).map(({ cells }) => cells);
  const [head = [], ...body] = rows;
  const names = body.map(([name]) => name);
  const header = head.slice(head.length - body.length);
  const isLabelled =
    (head.length === count || head.length === count - 1) &&
    (head.length < count || !isNumber(head[0] ?? '')) &&
    body.every((cells) => cells.length === count && cells.slice(1).every(isNumber)) &&
    header.every((name, at) => name === names[at]);
  if (isLabelled) return true;

  const bare = numbers(rows, 0);
  const underHeader = headerOf(head) === null ? numbers(body, 0) : null;
  const besideNames = rows.every(([name = '']) => !isNumber(name)) ? numbers(rows, 1) : null;
  const isCounting = [0, 1].some((begin) => head.every((cell, at) => cell === String(at + begin)));
  const found = bare ?? besideNames ?? (head.some(isNumber) && !isCounting ? null : underHeader);
  if (found === null || !isLikely(found, bare !== null)) return false;
  const size = found.length;
  // A link said from both ends, whichever way it is read.
  if (bare !== null && size === 2 && found[0]?.[1] === 1) return false;
  const isClear = size >= 4 && !(found === underHeader && isCounting);
  if (isClear) return true;
  const readings = `an edge list, or an adjacency matrix of ${size} nodes`;
  const hint =
    'say which: topology: { ..., format: edgelist | matrix }, or --format (of convert: --from) on the command line';
  throw twoReadings(file, first.line, 'this table', readings, hint);
}

/** The square of numbers that rows hold behind `names` names; null if they do not. */
function numbers(rows: readonly string[][], names: number): number[][] | null {
  if (!rows.every((cells) => cells.length === rows.length + names && cells.slice(names).every(isNumber)))
    return null;
  return rows.map((cells) => cells.slice(names).map(Number));
}

function isLikely(matrix: readonly number[][], isBare: boolean): boolean {
  const hasEmptyDiagonal = matrix.every((row, at) => row[at] === 0);
  const isSymmetric = matrix.every((row, i) => row.every((value, j) => value === matrix[j]?.[i]));
  if (matrix.length === 2) return hasEmptyDiagonal && isSymmetric;
  const isBinary = matrix.every((row) => row.every((value) => value === 0 || value === 1));
  return hasEmptyDiagonal || isSymmetric || (isBare && isBinary && matrix.length >= 4);
}
