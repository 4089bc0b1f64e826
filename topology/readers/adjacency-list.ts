/**
 * Adjacency list, as NetworkX writes it: a node and its neighbours a line, separated by blanks, '#' to the
 * end of a line a comment.
 *
 *     a b c        edges a-b and a-c
 *     d            a node without further neighbours
 *
 * An edge stands once, or in the lines of both ends. Names are what is written and are numbered as in an edge
 * list. Refused, with both readings: names that would end in a comma or a colon, and what could be an
 * adjacency matrix.
 */
import { fileError, show, type TopologyError } from '../errors.js';
import { EdgeBuffer } from '../graph.js';
import { orderedNames } from './edge-list.js';
import { Lines } from './lines.js';
import { decimalOf, isEntry, type Reader } from './reader.js';
import { twoReadings } from './table.js';
import { isLikelyMatrix } from './tables.js';

export const adjacencyList: Reader = {
  format: 'adjlist',
  extensions: ['.adjlist', '.adj'],
  summary: "NetworkX's adjacency list: a node and its neighbours a line",
  parse(text, file, { directions } = {}) {
    const lines = new Lines(text);
    const numberOf = new Map<string, number>();
    const number = (name: string): number => {
      const known = numberOf.get(name);
      if (known !== undefined) return known;
      numberOf.set(name, numberOf.size);
      return numberOf.size - 1;
    };
    const edges = new EdgeBuffer();
    checkNotMatrix(text, file);
    let hasNeighbours = false;
    // Whether every line is two names and a number so far.
    let isWeighted = true;
    let packed: { line: number; word: string } | null = null;
    while (lines.nextRaw()) {
      // NetworkX takes '#' for a comment wherever it stands, and so writes no name that holds one.
      const words = wordsOf(lines);
      const [source, ...neighbours] = words;
      if (source === undefined) continue;
      const marked = words.find((word) => /[,:;|]$|^(->|=>|--)$|^"[^"]*$|^[^"]+"$/.test(word));
      if (marked !== undefined) {
        throw aSeparator(file, lines.line, marked, 'with what it ends in');
      }
      const [isName, isNext, isNumber] = [0, 1, 2].map((at) => Number.isNaN(decimalOf(words[at] ?? '')));
      isWeighted &&= words.length === 3 && isName === true && isNext === true && isNumber === false;
      hasNeighbours ||= neighbours.length > 0;
      if (/[,;|]/.test(source)) packed ??= { line: lines.line, word: source };
      const from = number(source);
      for (const neighbour of neighbours) edges.push(from, number(neighbour));
    }
    if (packed !== null && !hasNeighbours)
      throw aSeparator(file, packed.line, packed.word, 'of a node alone');
    if (numberOf.size === 0)
      throw fileError(file, 0, 'no nodes found, expected a node and its neighbours a line');
    if (isWeighted) {
      const hint = 'for edges say topology: { ..., format: edgelist } or --format edgelist';
      throw twoReadings(
        file,
        0,
        'this list',
        'a node and its neighbours a line, or edges with weights',
        hint,
      );
    }
    const labels = orderedNames(edges, [...numberOf.keys()]);
    return edges.toGraph(numberOf.size, labels, { directed: true, keepDirections: directions === 'keep' });
  },
};

function wordsOf(lines: Lines): string[] {
  return lines
    .current()
    .replace(/#.*/, '')
    .split(/[ \t]+/)
    .filter((word) => word !== '');
}

function aSeparator(file: string, line: number, word: string, what: string): TopologyError {
  const readings = `a name ${what}, or names and what separates them`;
  return twoReadings(file, line, show(word), readings, 'write blanks between names, and nothing behind them');
}

/**
 * A square of numbers in which a node would stand at the head of two lines, or that is made as a matrix is.
 */
function checkNotMatrix(text: string, file: string): void {
  const lines = new Lines(text);
  const rows: string[][] = [];
  let width = 0;
  let first = 0;
  while (lines.nextRaw()) {
    const words = wordsOf(lines);
    if (words.length === 0) continue;
    if (rows.length === 0) [width, first] = [words.length, lines.line];
    rows.push(words);
    if (words.length !== width || rows.length > width || !words.every(isEntry)) return;
  }
  if (rows.length < 2 || rows.length !== width) return;
  const isList =
    new Set(rows.map(([source]) => source)).size === rows.length &&
    rows.every((words) => words.every((word) => /^[+-]?\d+$/.test(word)));
  const matrix = rows.map((words) => words.map(decimalOf));
  // Two nodes and the edge between them, whichever way it is read.
  const isPair = rows.length === 2 && matrix[0]?.[1] === 1;
  if (isList && (isPair || !isLikelyMatrix(matrix, true))) return;
  const readings = `a node and its neighbours a line, or an adjacency matrix of ${rows.length} nodes`;
  const hint =
    'say which: topology: { ..., format: matrix } or --format matrix; a list with names is not taken for one';
  throw twoReadings(file, first, 'this table', readings, hint);
}
