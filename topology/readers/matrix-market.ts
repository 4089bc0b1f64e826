/**
 * Matrix Market (NIST, https://math.nist.gov/MatrixMarket/formats.html): the adjacency matrix, sparse
 * (`coordinate`) or full (`array`); pattern, real or integer; general, symmetric or skew-symmetric.
 *
 *     %%MatrixMarket matrix coordinate real symmetric
 *     4 4 3
 *     2 1 0.5
 *
 * Entry (i, j) is an edge between nodes i-1 and j-1, its value the weight; zero is no edge, stored or not, as
 * in every matrix. A general sparse matrix is taken as directed, an entry as an arc from i-1 to j-1: where
 * directions are forgotten, (i, j) and (j, i) are one edge said from both ends. A full one is judged by its
 * entries, matrix.ts. The diagonal is self-loops, dropped and counted. Of a skew-symmetric matrix every edge
 * has one negative weight: it has edges, and no weights.
 */
import { fileError, show } from '../errors.js';
import { EdgeBuffer, type Graph } from '../graph.js';
import { digitsOf, isBlank, Lines } from './lines.js';
import { checkSquare, MatrixEntries, withoutZeros } from './matrix.js';
import {
  badWeight,
  checkListedEdges,
  checkNodeCount,
  decimalOf,
  notDirected,
  type Reader,
  type ReadOptions,
  weightOf,
} from './reader.js';

export const matrixMarket: Reader = {
  format: 'mtx',
  extensions: ['.mtx'],
  summary: 'Matrix Market: the adjacency matrix, sparse or full',
  parse(text, file, options = {}) {
    const lines = new Lines(text);
    lines.nextRaw();
    const header = parseHeader(lines.current(), file);
    if (options.directions === 'keep' && header.symmetry !== 'general') throw notDirected(file);
    if (!lines.next()) {
      throw fileError(file, lines.line, `found end of file, expected the size, '${header.size}'`);
    }
    const words = lines.current().split(/\s+/);
    const size = words.map((word) => digitsOf(word, 0, word.length));
    if (size.length !== header.size.split(' ').length || !size.every((value) => value >= 0)) {
      throw fileError(file, lines.line, `size is ${show(lines.current())}, expected '${header.size}'`);
    }
    const [nodes = 0, columns = 0, entries = 0] = size;
    checkSquare(file, lines.line, nodes, columns);
    if (nodes === 0) throw fileError(file, lines.line, 'no nodes found, expected at least one');
    checkNodeCount(file, lines.line, nodes, text.length);
    checkListedEdges(file, lines.line, entries);
    return header.isArray
      ? parseArray(lines, header, nodes, file, options)
      : { ...parseCoordinates(lines, header, nodes, entries, file, options), numberedFrom: 1 };
  },
};

interface Header {
  isArray: boolean;
  isWeighted: boolean;
  symmetry: string;
  /** What the line of sizes holds. */
  size: string;
}

function parseHeader(header: string, file: string): Header {
  const [banner, object, format, field = '', symmetry = ''] = header.toLowerCase().split(/\s+/);
  const isArray = format === 'array';
  const isKnown =
    banner === '%%matrixmarket' &&
    object === 'matrix' &&
    (format === 'coordinate' || isArray) &&
    ['pattern', 'real', 'integer'].includes(field) &&
    !(isArray && field === 'pattern') &&
    ['general', 'symmetric', 'skew-symmetric'].includes(symmetry);
  if (!isKnown) {
    const expected =
      "'%%MatrixMarket matrix (coordinate|array) (pattern|real|integer) (general|symmetric|skew-symmetric)'";
    throw fileError(file, 1, `header is ${show(header)}, expected ${expected}`);
  }
  return {
    isArray,
    isWeighted: field !== 'pattern',
    symmetry,
    size: isArray ? 'rows columns' : 'rows columns entries',
  };
}

function parseCoordinates(
  lines: Lines,
  { isWeighted, symmetry }: Header,
  nodes: number,
  entries: number,
  file: string,
  { directions }: ReadOptions,
): Graph {
  const { text } = lines;
  const edges = new EdgeBuffer(Math.min(entries, 2 ** 22, Math.ceil(text.length / 4)), isWeighted);
  let count = 0;
  let zeros = 0;
  while (lines.next()) {
    if (count++ === entries) {
      throw fileError(
        file,
        lines.line,
        `found ${show(lines.current())} after ${entries} entries, expected no more`,
      );
    }
    const fields = fieldsOf(lines);
    const [rowField, columnField, valueField] = fields;
    const row = indexOf(rowField, 'row', nodes, file, lines);
    const column = indexOf(columnField, 'column', nodes, file, lines);
    if (fields.length !== (isWeighted ? 3 : 2)) {
      const expected = isWeighted ? "'row column value'" : "'row column'";
      throw fileError(file, lines.line, `found ${show(lines.current())}, expected ${expected}`);
    }
    // The diagonal holds no edge, so any value may stand there.
    const value = valueField !== undefined && row !== column ? slice(text, valueField) : '1';
    const weight = weightOf(value);
    if (Number.isNaN(weight) && decimalOf(value) === 0) {
      zeros++;
      continue;
    }
    if (Number.isNaN(weight)) edges.weightProblem ??= badWeight(value, file, lines.line);
    edges.push(row, column, weight);
  }
  if (count < entries) throw fileError(file, lines.line, `found ${count} entries, expected ${entries}`);
  if (symmetry === 'skew-symmetric' && isWeighted) edges.weightProblem ??= skewWeights(file);
  const isGeneral = symmetry === 'general';
  const graph = edges.toGraph(nodes, null, {
    directed: isGeneral,
    keepDirections: isGeneral && directions === 'keep',
  });
  if (zeros > 0) graph.readAs = `Matrix Market${withoutZeros(zeros)}`;
  return graph;
}

/** Column by column; of a symmetric matrix from the diagonal down, of a skew-symmetric one from below it. */
function parseArray(
  lines: Lines,
  { symmetry }: Header,
  nodes: number,
  file: string,
  options: ReadOptions,
): Graph {
  const lineOfEntry = new Map<number, number>();
  const source = {
    file,
    labels: null,
    readAs: 'Matrix Market, full matrix',
    lineOf: (row: number, column: number) => lineOfEntry.get(column * nodes + row) ?? 0,
  };
  const entries = new MatrixEntries(nodes, source, true);
  const skipped = symmetry === 'symmetric' ? 0 : 1;
  for (let column = 0; column < nodes; column++) {
    const begin = symmetry === 'general' ? 0 : column + skipped;
    for (let row = begin; row < nodes; row++) {
      if (!lines.next()) {
        throw fileError(file, lines.line, `found end of file, expected entry (${row + 1}, ${column + 1})`);
      }
      const text = lines.current();
      const value = decimalOf(text);
      lineOfEntry.clear();
      lineOfEntry.set(column * nodes + row, lines.line).set(row * nodes + column, lines.line);
      entries.add(row, column, value, text);
      if (symmetry !== 'general' && row !== column) entries.add(column, row, value, text);
    }
  }
  if (lines.next()) {
    throw fileError(
      file,
      lines.line,
      `found ${show(lines.current())} after all ${nodes} columns, expected no more`,
    );
  }
  if (symmetry === 'skew-symmetric') entries.edges.weightProblem ??= skewWeights(file);
  return entries.toGraph(options);
}

function skewWeights(file: string) {
  return {
    message: 'matrix is skew-symmetric, so one of two weights of an edge is negative, expected positive ones',
    file,
    line: 1,
  };
}

type Field = [begin: number, end: number];

function fieldsOf({ text, begin, end }: Lines): Field[] {
  const fields: Field[] = [];
  let at = begin;
  while (at < end) {
    const first = at;
    while (at < end && !isBlank(text.charCodeAt(at))) at++;
    fields.push([first, at]);
    while (at < end && isBlank(text.charCodeAt(at))) at++;
  }
  return fields;
}

function slice(text: string, [begin, end]: Field): string {
  return text.slice(begin, end);
}

function indexOf(field: Field | undefined, name: string, nodes: number, file: string, lines: Lines): number {
  const index = field === undefined ? -1 : digitsOf(lines.text, field[0], field[1]);
  if (index < 1 || index > nodes) {
    const found = field === undefined ? 'missing' : show(slice(lines.text, field));
    throw fileError(file, lines.line, `${name} is ${found}, expected 1..${nodes}`);
  }
  return index - 1;
}
