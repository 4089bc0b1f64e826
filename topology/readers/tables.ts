/**
 * Text whose extension does not say whether it is an edge list or an adjacency matrix: told apart by what it
 * holds.
 *
 * Only a table with as many rows as columns, names aside, is looked at. It is a matrix if its names say so
 * (those of
 * rows and columns are the same), or if it has four rows or more and is symmetric, or zero on its diagonal,
 * or zero and
 * one only. Both readings are said, and `format` tells, where it is smaller, or could be four edges with
 * weights and
 * times, or where a list would have nodes called 0.5, edges of weight 0, or rows that each sum to 1. All else
 * is an
 * edge list. inf and nan count as entries: the matrix that holds them is refused as one.
 */
import { adjacencyMatrix, rowsOf } from './adjacency-matrix.js';
import { edgeListReader } from './edge-list.js';
import { headerOf } from './header.js';
import { decimalOf, isEntry, type Reader, type ReadOptions } from './reader.js';
import { Rows, separatorLine, separatorOf, twoReadings } from './table.js';

export const tables: Reader = {
  format: 'table',
  extensions: ['.txt', '.csv', '.tsv', '.dat'],
  summary: 'edge list or adjacency matrix in text, told apart by what it holds',
  parse(whole, file, given = {}) {
    const { text, options } = separatorLine(whole, file, given);
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
  const names = new Set(body.map(([name]) => name));
  const header = head.slice(head.length - body.length);
  // In another order they are a matrix too, one whose reader says what is wrong with it.
  const isLabelled =
    (head.length === count || head.length === count - 1) &&
    (head.length < count || !isEntry(head[0] ?? '')) &&
    body.every((cells) => cells.length === count && cells.slice(1).every(isEntry)) &&
    names.size === body.length &&
    header.every((name) => names.has(name));
  if (isLabelled) return true;

  const bare = numbers(rows, 0);
  const underHeader = headerOf(head) === null ? numbers(body, 0) : null;
  const besideNames = rows.every(([name = '']) => !isEntry(name)) ? numbers(rows, 1) : null;
  const isCounting = [0, 1].some((begin) => head.every((cell, at) => cell === String(at + begin)));
  const found = bare ?? besideNames ?? (head.some(isEntry) && !isCounting ? null : underHeader);
  if (found === null) return false;
  const size = found.length;
  const ends = found === besideNames ? [1] : [0, 1];
  const hasWholeNames = (found === underHeader ? body : rows).every((cells) =>
    ends.every((column) => /^[+-]?\d+$/.test(cells[column] ?? '')),
  );
  const likely = isLikelyMatrix(found, bare !== null);
  const isUntimed = bare !== null && size === 4 && !hasTimes(bare);
  const isOddList =
    !hasWholeNames || isUntimed || (bare !== null && size > 2 && (hasZeroWeight(bare) || isStochastic(bare)));
  if (!likely && !isOddList) return false;
  // A link said from both ends, whichever way it is read.
  if (bare !== null && size === 2 && hasWholeNames && found[0]?.[1] === 1) return false;
  const isTimedList = bare !== null && size === 4 && hasWholeNames && couldBeTimed(bare);
  const isClear = likely && size >= 4 && !isTimedList && !(found === underHeader && isCounting);
  if (isClear) return true;
  const readings = `an edge list, or an adjacency matrix of ${size} nodes`;
  const hint =
    'say which: topology: { ..., format: edgelist | matrix }, or --format (of convert: --from) on the command line';
  throw twoReadings(file, first.line, 'this table', readings, hint);
}

/** The square of numbers that rows hold behind `names` names, NaN for what is none; null if they do not. */
function numbers(rows: readonly string[][], names: number): number[][] | null {
  if (!rows.every((cells) => cells.length === rows.length + names && cells.slice(names).every(isEntry)))
    return null;
  return rows.map((cells) => cells.slice(names).map(decimalOf));
}

export function isLikelyMatrix(matrix: readonly number[][], isBare: boolean): boolean {
  const hasEmptyDiagonal = matrix.every((row, at) => row[at] === 0);
  if (matrix.length === 2) return hasEmptyDiagonal && isSymmetric(matrix);
  return hasEmptyDiagonal || isSymmetric(matrix) || (isBare && isBinary(matrix) && matrix.length >= 4);
}

const isSymmetric = (matrix: readonly number[][]) =>
  matrix.every((row, i) => row.every((value, j) => Object.is(value + 0, (matrix[j]?.[i] ?? 0) + 0)));

const isBinary = (matrix: readonly number[][]) =>
  matrix.every((row) => row.every((value) => value === 0 || value === 1));

/** Edges have weights that are seldom zero, and a matrix holds zeros everywhere. */
const hasZeroWeight = (rows: readonly number[][]) => rows.some(([, , weight]) => weight === 0);

/** All rows, or all columns, sum to 1, as far as their digits go. */
function isStochastic(matrix: readonly number[][]): boolean {
  const isOne = (sum: number) => Math.abs(sum - 1) < 1e-3;
  return (
    matrix.every((row) => isOne(row.reduce((sum, value) => sum + value, 0))) ||
    matrix.every((_, column) => isOne(matrix.reduce((sum, row) => sum + (row[column] ?? 0), 0)))
  );
}

/** The fourth column could be times: they ascend, and are larger than what numbers nodes. */
function hasTimes(rows: readonly number[][]): boolean {
  const times = rows.map(([, , , time = 0]) => time);
  const largest = Math.max(...rows.flatMap((row) => row.slice(0, 2)));
  return times.every((time, at) => time > largest && time >= (times[at - 1] ?? 0));
}

/**
 * Four edges between two nodes each, with weights and times, of which one weight is zero where the diagonal
 * of a matrix is.
 */
function couldBeTimed(rows: readonly number[][]): boolean {
  return (
    !isSymmetric(rows) &&
    !isBinary(rows) &&
    rows.every(([source, target, weight], row) => source !== target && (weight !== 0 || row === 2))
  );
}
