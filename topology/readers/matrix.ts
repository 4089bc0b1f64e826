/**
 * What every reader of adjacency matrices shares: entries become edges, symmetric ones an undirected graph.
 *
 * Entry (i, j) is an arc from i to j, its value the weight; zero is no arc. The diagonal is self-loops,
 * dropped and counted. A matrix with the same entries on both sides of its diagonal is an undirected graph,
 * another one a directed graph: where directions are to be forgotten it is refused, since half of what it
 * says would be.
 */
import { fileError, show, TopologyError } from '../errors.js';
import { EdgeBuffer, type Graph } from '../graph.js';
import { badWeight, checkNodeCount, type ReadOptions } from './reader.js';

export interface MatrixSource {
  file: string;
  labels: string[] | null;
  /** 'adjacency matrix, comma, header and row names' */
  readAs: string;
  /** The line of an entry, both counted from 0; 0 where the file has no lines. */
  lineOf(row: number, column: number): number;
}

/** What is said of entries that a sparse matrix stores, and that are no edges. */
export function withoutZeros(count: number): string {
  return `, without ${count} stored ${count === 1 ? 'zero' : 'zeros'}`;
}

/** Entries as they are read. Zeros are left out by whoever calls `add`, or here. */
export class MatrixEntries {
  readonly edges: EdgeBuffer;

  constructor(
    readonly nodes: number,
    private readonly source: MatrixSource,
    private readonly isWeighted: boolean,
    capacity = 1024,
  ) {
    if (nodes === 0) throw fileError(source.file, 0, 'no nodes found, expected at least one');
    checkNodeCount(source.file, 0, nodes);
    this.edges = new EdgeBuffer(capacity, isWeighted);
  }

  /** @param text how the file writes the value */
  add(row: number, column: number, value: number, text = String(value)): void {
    if (value === 0) return;
    if (!Number.isFinite(value)) {
      const { file } = this.source;
      const at = `entry (${row + 1}, ${column + 1})`;
      throw fileError(
        file,
        this.source.lineOf(row, column),
        `${at} is ${show(text)}, expected a number, 0 for no edge`,
      );
    }
    if (this.isWeighted && value < 0 && row !== column) {
      this.edges.weightProblem ??= badWeight(text, this.source.file, this.source.lineOf(row, column));
    }
    this.edges.push(row, column, row === column ? 1 : value);
  }

  toGraph({ directions = 'forget' }: ReadOptions = {}): Graph {
    const { file, labels, readAs } = this.source;
    const directed = this.edges.toGraph(this.nodes, labels, { keepDirections: true });
    directed.readAs = readAs;
    const { arcs, ...undirected } = directed;
    const isSymmetric = arcs === undefined || arcs.count === 2 * directed.edges;
    if (directions === 'keep' || (directions === 'stated' && !isSymmetric)) return directed;
    if (isSymmetric) return undirected;
    throw notSymmetric(directed, file);
  }
}

function notSymmetric(graph: Graph, file: string): TopologyError {
  let found = '';
  const { arcs } = graph;
  for (let row = 0; arcs !== undefined && row < graph.nodes && found === ''; row++) {
    const inward = new Set(arcs.inColumns.subarray(arcs.inStart[row], arcs.inStart[row + 1]));
    for (let arc = arcs.outStart[row]; arc < arcs.outStart[row + 1] && found === ''; arc++) {
      const column = arcs.outColumns[arc];
      if (!inward.has(column))
        found = `entry (${row + 1}, ${column + 1}) is not zero and (${column + 1}, ${row + 1}) is`;
    }
  }
  return new TopologyError(`${file}: matrix is directed, ${found}, expected a symmetric one`, {
    file,
    hint: 'to keep its directions: topology: { ..., directed: true }, or --directed on the command line',
  });
}

/** Refuses a matrix that is not square. */
export function checkSquare(file: string, line: number, rows: number, columns: number): void {
  if (rows === columns) return;
  throw fileError(file, line, `matrix is ${rows} x ${columns}, expected a square adjacency matrix`);
}
