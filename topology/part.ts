/**
 * Part of a graph: the rows of nodes first .. end-1 of a graph that need not exist as a whole, for programs of
 * which each holds some nodes only. The rows are those of the whole graph, number by number.
 *
 * There are two ways to have them. Where a row is a function of its node's number (a ring, a torus, a
 * hypercube) it is written down: O(arcs of the part) of time and memory. Where edges are drawn one after the
 * other (`kronecker`, `uniform-random`, `erdos-renyi`) whoever wants a part draws all of them and keeps those
 * that touch it: O(edges) of time, O(arcs of the part) of memory.
 */
import { parameterError, TopologyError } from './errors.js';
import { MAX_EDGES } from './graph.js';
import { beyondMemory } from './memory.js';

/** Rows of nodes first .. end-1 of a graph of generated edges, which have no weights and no labels. */
export interface GraphPart {
  /** Of the whole graph. */
  nodes: number;
  /** Number of the first node of the part. */
  first: number;
  /** Number of the node after the last one. */
  end: number;
  /** end - first + 1 offsets into `columns`. */
  rowStart: Uint32Array;
  /** Neighbours, by their numbers in the whole graph, ascending in each row. */
  columns: Uint32Array;
  /** Only in a directed graph: whom each hears and who hears it. The rows above are of its closure. */
  arcs?: PartArcs;
}

/** As `Arcs` of a graph, of the rows of a part. */
export interface PartArcs {
  /** end - first + 1 offsets into `inColumns`. */
  inStart: Uint32Array;
  /** Row i: the nodes that first + i hears. */
  inColumns: Uint32Array;
  /** end - first + 1 offsets into `outColumns`. */
  outStart: Uint32Array;
  /** Row i: the nodes that hear first + i. */
  outColumns: Uint32Array;
}

/** Rows that are functions of a node's number. */
export interface RowSet {
  /** How many neighbours `node` has. */
  degree(node: number): number;
  /** Writes them, ascending, to into[at] .. into[at + degree(node) - 1]. */
  write(node: number, into: Uint32Array, at: number): void;
}

/** All rows of a graph, undirected unless it has arcs. */
export interface Rows extends RowSet {
  nodes: number;
  /** In a directed graph, whom a node hears and who hears it. */
  arcs?: { heard: RowSet; hearing: RowSet };
}

/** Where edges go as they are drawn. */
export interface EdgeSink {
  push(from: number, to: number): void;
}

/** Throws TopologyError unless 0 <= first <= end <= nodes. */
export function checkRange(nodes: number, first: number, end: number): void {
  if (!Number.isInteger(first) || first < 0 || first > nodes) {
    throw parameterError(['first'], first, `a whole number in 0..${nodes} (nodes)`);
  }
  if (!Number.isInteger(end) || end < first || end > nodes) {
    throw parameterError(['end'], end, `a whole number in ${first}..${nodes} (first to nodes)`);
  }
}

/** The part of rows that can be written down. */
export function partOfRows(rows: Rows, first: number, end: number): GraphPart {
  const { nodes, arcs } = rows;
  checkRange(nodes, first, end);
  const [rowStart, columns] = written(rows, first, end);
  const part: GraphPart = { nodes, first, end, rowStart, columns };
  if (arcs === undefined) return part;
  const [inStart, inColumns] = written(arcs.heard, first, end);
  const [outStart, outColumns] = written(arcs.hearing, first, end);
  return { ...part, arcs: { inStart, inColumns, outStart, outColumns } };
}

function written({ degree, write }: RowSet, first: number, end: number): [Uint32Array, Uint32Array] {
  let arcs = 0;
  for (let node = first; node < end; node++) arcs += degree(node);
  checkPartMemory(end - first, arcs, 4);
  const rowStart = new Uint32Array(end - first + 1);
  const columns = new Uint32Array(arcs);
  let at = 0;
  for (let node = first; node < end; node++) {
    write(node, columns, at);
    at += degree(node);
    rowStart[node - first + 1] = at;
  }
  return [rowStart, columns];
}

function checkPartMemory(rows: number, arcs: number, bytesAnArc: number): void {
  if (arcs > 2 * MAX_EDGES) {
    throw new TopologyError(
      `${rows} rows have about ${Math.round(arcs)} neighbours, expected at most ${2 * MAX_EDGES}: make the part smaller`,
    );
  }
  const problem = beyondMemory(8 * rows + bytesAnArc * arcs);
  if (problem !== null) throw new TopologyError(`part of a graph, ${rows} rows of it, ${problem}`);
}

/** A pair of ends while drawing, and its place in the rows. */
const BYTES_AN_ARC = 12;

/** Keeps of all edges that are drawn those that touch nodes first .. end-1. */
export class PartBuffer implements EdgeSink {
  private readonly forth: Ends;
  private readonly back: Ends;

  /** @param edges about so many will be drawn in all */
  constructor(
    private readonly nodes: number,
    private readonly first: number,
    private readonly end: number,
    edges: number,
  ) {
    checkRange(nodes, first, end);
    const share = (edges * (end - first)) / nodes;
    checkPartMemory(end - first, 2 * share, BYTES_AN_ARC);
    const capacity = Math.ceil(share + 6 * Math.sqrt(share)) + 16;
    this.forth = new Ends(capacity);
    this.back = new Ends(capacity);
  }

  push(from: number, to: number): void {
    if (from === to) return;
    const { first, end } = this;
    if (from >= first && from < end) this.forth.push(from - first, to);
    if (to >= first && to < end) this.back.push(to - first, from);
  }

  /** Repeated edges are left out. */
  toPart(directed = false): GraphPart {
    const { nodes, first, end, forth, back } = this;
    const rows = end - first;
    const [rowStart, columns] = sorted(rows, [forth, back]);
    const part: GraphPart = { nodes, first, end, rowStart, columns };
    if (!directed) return part;
    const [outStart, outColumns] = sorted(rows, [forth]);
    const [inStart, inColumns] = sorted(rows, [back]);
    return { ...part, arcs: { inStart, inColumns, outStart, outColumns } };
  }
}

/** Pairs of a row and a column; grows by half. */
class Ends {
  rows: Uint32Array;
  columns: Uint32Array;
  count = 0;

  constructor(capacity: number) {
    this.rows = new Uint32Array(capacity);
    this.columns = new Uint32Array(capacity);
  }

  push(row: number, column: number): void {
    if (this.count === this.rows.length) this.grow();
    this.rows[this.count] = row;
    this.columns[this.count++] = column;
  }

  private grow(): void {
    const capacity = Math.ceil(1.5 * this.count);
    checkPartMemory(0, capacity, BYTES_AN_ARC);
    for (const name of ['rows', 'columns'] as const) {
      const larger = new Uint32Array(capacity);
      larger.set(this[name]);
      this[name] = larger;
    }
  }
}

/** Compressed rows of these pairs, ascending, each column once. O(pairs log(longest row)). */
function sorted(rows: number, lists: readonly Ends[]): [Uint32Array, Uint32Array] {
  const cursor = new Uint32Array(rows + 1);
  let pairs = 0;
  for (const list of lists) {
    pairs += list.count;
    for (let pair = 0; pair < list.count; pair++) cursor[list.rows[pair] + 1]++;
  }
  for (let row = 0; row < rows; row++) cursor[row + 1] += cursor[row];
  const columns = new Uint32Array(pairs);
  for (const list of lists) {
    for (let pair = 0; pair < list.count; pair++) columns[cursor[list.rows[pair]]++] = list.columns[pair];
  }
  // The cursor of each row stands at its end now.
  const rowStart = new Uint32Array(rows + 1);
  let kept = 0;
  for (let row = 0; row < rows; row++) {
    const begin = row === 0 ? 0 : cursor[row - 1];
    const ascending = columns.subarray(begin, cursor[row]).sort();
    for (let at = 0; at < ascending.length; at++) {
      const column = ascending[at];
      if (at === 0 || column !== columns[kept - 1]) columns[kept++] = column;
    }
    rowStart[row + 1] = kept;
  }
  return [rowStart, kept === pairs ? columns : columns.slice(0, kept)];
}

/** Rows of a graph in which node i is beside i + offset (mod nodes), for `offsets` ascending in 1..nodes-1. */
export function circulant(nodes: number, offsets: readonly number[]): RowSet {
  return {
    degree: () => offsets.length,
    write(node, into, at) {
      // Those that come round to the beginning are the smallest.
      const turn = offsets.findIndex((offset) => node + offset >= nodes);
      const wrapped = turn < 0 ? 0 : offsets.length - turn;
      for (let i = 0; i < offsets.length; i++) {
        const slot = at + (i < offsets.length - wrapped ? i + wrapped : i - (offsets.length - wrapped));
        into[slot] = (node + offsets[i]) % nodes;
      }
    },
  };
}
