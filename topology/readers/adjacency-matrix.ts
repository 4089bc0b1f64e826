/**
 * An adjacency matrix in text: one row a line, numbers separated by commas, tabs, semicolons or spaces; names
 * of nodes as a header, before each row, or both.
 *
 *     0 1 1            ,Oslo,Rome,Bern
 *     1 0 0            Oslo,0,2,1
 *     1 0 0            Rome,2,0,0
 *                      Bern,1,0,0
 *
 * What entries mean: see matrix.ts. A cell must hold a number. Names of rows and columns must be the same in
 * the same order.
 */
import { fileError, show } from '../errors.js';
import type { Graph } from '../graph.js';
import { checkSquare, MatrixEntries } from './matrix.js';
import { decimalOf, isEntry, type Reader, type ReadOptions, type Separator } from './reader.js';
import { Rows, separatorLine, separatorOf } from './table.js';

export const adjacencyMatrix: Reader = {
  format: 'matrix',
  extensions: [],
  summary: 'adjacency matrix in text: one row a line, perhaps with names of rows and columns',
  parse(whole, file, given = {}) {
    const { text, options } = separatorLine(whole, file, given);
    return parseMatrix(text, file, options);
  },
};

interface Row {
  cells: string[];
  line: number;
}

export function rowsOf(text: string, file: string, separator: Separator): Row[] {
  const rows = new Rows(text, file, separator);
  const found: Row[] = [];
  while (rows.next()) found.push({ cells: rows.fields(), line: rows.line });
  return found;
}

function parseMatrix(text: string, file: string, options: ReadOptions): Graph {
  const separator = options.separator ?? separatorOf(text, file, () => false);
  const rows = rowsOf(text, file, separator);
  const [first] = rows;
  if (first === undefined) throw fileError(file, 0, 'no rows found, expected an adjacency matrix');
  const isNamed = ({ cells: [name = '', ...numbers] }: Row) => !isEntry(name) && numbers.every(isEntry);
  const hasHeader =
    options.header ??
    (!rows.every(isNamed) && (first.cells[0] === '' || first.cells.every((cell) => !isEntry(cell))));
  const body = hasHeader ? rows.slice(1) : rows;
  if (body.length === 0)
    throw fileError(file, first.line, `found only the header ${show(first.cells.join(' '))}, expected rows`);
  const width = body.reduce((most, { cells }) => Math.max(most, cells.length), 0);
  const hasRowNames =
    (hasHeader && width === body.length + 1) || body.every(({ cells }) => !isEntry(cells[0] ?? ''));
  const offset = hasRowNames ? 1 : 0;
  const nodes = body.length;
  checkSquare(file, 0, nodes, width - offset);

  const header = hasHeader ? first.cells.slice(first.cells.length - nodes) : null;
  if (header !== null && first.cells.length !== nodes && first.cells.length !== nodes + offset) {
    throw fileError(file, first.line, `header has ${first.cells.length} names, expected ${nodes}`);
  }
  if (header !== null && hasRowNames) {
    for (const [row, { cells, line }] of body.entries()) {
      if (cells[0] === header[row]) continue;
      const found = `name of row ${row + 1} is ${show(cells[0])}`;
      throw fileError(file, line, `${found}, expected ${show(header[row])}, as in the header`);
    }
  }
  const names = hasRowNames ? body.map(({ cells: [name = ''] }) => name) : header;
  const lineOf = (row: number) => body[row]?.line ?? 0;
  const twice = names?.findIndex((name, node) => names.indexOf(name) !== node) ?? -1;
  if (names !== null && twice >= 0) {
    throw fileError(file, lineOf(twice), `name ${show(names[twice])} is used twice, expected unique names`);
  }
  const counting = names?.every((name, node) => name === String(node)) ?? true;
  const said = [hasHeader ? 'header' : '', hasRowNames ? 'row names' : '']
    .filter((part) => part !== '')
    .join(' and ');
  const entries = new MatrixEntries(
    nodes,
    {
      file,
      labels: counting ? null : names,
      readAs: `adjacency matrix, ${separator === 'space' ? 'spaces' : separator}, ${said || 'no header'}`,
      lineOf,
    },
    true,
  );
  body.forEach(({ cells, line }, row) => {
    if (cells.length !== width) {
      throw fileError(file, line, `row ${row + 1} has ${cells.length - offset} numbers, expected ${nodes}`);
    }
    for (const [column, cell] of cells.slice(offset).entries()) {
      const value = decimalOf(cell);
      if (Number.isNaN(value)) {
        const found = `entry (${row + 1}, ${column + 1}) is ${show(cell)}`;
        const isDecimalComma = /^[+-]?\d+,\d+$/.test(cell);
        throw fileError(
          file,
          line,
          `${found}, expected a number${isDecimalComma ? ' with a decimal point' : ', 0 for no edge'}`,
        );
      }
      entries.add(row, column, value, cell);
    }
  });
  return entries.toGraph(options);
}
