/**
 * Matrix Market (NIST, https://math.nist.gov/MatrixMarket/formats.html): the sparse adjacency matrix, coordinate format,
 * pattern, real or integer, general or symmetric.
 *
 *     %%MatrixMarket matrix coordinate real symmetric
 *     4 4 3
 *     2 1 0.5
 *
 * Entry (i, j) is an edge between nodes i-1 and j-1, its value the weight. A general matrix is taken as directed, an
 * entry as an arc from i-1 to j-1: where directions are forgotten, (i, j) and (j, i) are one edge said from both ends, with the first one's weight. The diagonal is self-loops, dropped and counted.
 */
import { fileError, show } from '../errors.js';
import { EdgeBuffer } from '../graph.js';
import { digitsOf, isBlank, Lines } from './lines.js';
import { badWeight, notDirected, type Reader, weightOf } from './reader.js';

export const matrixMarket: Reader = {
  format: 'mtx',
  extensions: ['.mtx'],
  summary: 'Matrix Market, coordinate format: the adjacency matrix',
  parse(text, file, { directions } = {}) {
    const lines = new Lines(text);
    lines.nextRaw();
    const { weighted, symmetric } = parseHeader(lines.current(), file);
    const keepDirections = directions === 'keep';
    if (keepDirections && symmetric) throw notDirected(file);
    if (!lines.next())
      throw fileError(file, lines.line, "found end of file, expected the size, 'rows columns entries'");
    const size = lines.current().split(/\s+/).map(Number);
    if (size.length !== 3 || !size.every((value) => Number.isSafeInteger(value) && value >= 0)) {
      throw fileError(file, lines.line, `size is ${show(lines.current())}, expected 'rows columns entries'`);
    }
    const [nodes, columns, entries] = size;
    if (nodes !== columns) {
      throw fileError(
        file,
        lines.line,
        `matrix is ${nodes} x ${columns}, expected a square adjacency matrix`,
      );
    }
    if (nodes === 0) throw fileError(file, lines.line, 'no nodes found, expected at least one');

    const edges = new EdgeBuffer(Math.min(entries, 2 ** 26), weighted);
    while (lines.next()) {
      if (edges.count === entries) {
        throw fileError(
          file,
          lines.line,
          `found ${show(lines.current())} after ${entries} entries, expected no more`,
        );
      }
      const fields = fieldsOf(lines);
      const row = indexOf(fields[0], 'row', nodes, file, lines);
      const column = indexOf(fields[1], 'column', nodes, file, lines);
      if (fields.length !== (weighted ? 3 : 2)) {
        const expected = weighted ? "'row column value'" : "'row column'";
        throw fileError(file, lines.line, `found ${show(lines.current())}, expected ${expected}`);
      }
      // The diagonal holds no edge, so any value may stand there.
      const value = weighted && row !== column ? slice(text, fields[2]) : '1';
      const weight = weightOf(value);
      if (Number.isNaN(weight)) edges.weightProblem ??= badWeight(value, file, lines.line);
      edges.push(row, column, weight);
    }
    if (edges.count < entries) {
      throw fileError(file, lines.line, `found ${edges.count} entries, expected ${entries}`);
    }
    return edges.toGraph(nodes, null, { directed: !symmetric, keepDirections });
  },
};

function parseHeader(header: string, file: string): { weighted: boolean; symmetric: boolean } {
  const expected = "'%%MatrixMarket matrix coordinate (pattern|real|integer) (general|symmetric)'";
  const [banner, object, format, field, symmetry] = header.toLowerCase().split(/\s+/);
  const known =
    banner === '%%matrixmarket' &&
    object === 'matrix' &&
    format === 'coordinate' &&
    ['pattern', 'real', 'integer'].includes(field) &&
    ['general', 'symmetric'].includes(symmetry);
  if (!known) throw fileError(file, 1, `header is ${show(header)}, expected ${expected}`);
  return { weighted: field !== 'pattern', symmetric: symmetry === 'symmetric' };
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
