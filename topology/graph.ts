/**
 * The graph: undirected, simple, in compressed sparse rows (CSR), as plain typed arrays that survive a
 * structured clone.
 *
 * Row i holds the neighbours of node i in ascending order: `columns[rowStart[i] .. rowStart[i + 1])`. Every
 * edge stands twice, once in the row of either end. Sums over neighbours run in this order everywhere, so
 * they repeat bit for bit.
 *
 * Cost: 4 (nodes + 1) + 8 edges bytes, and 16 edges more when weighted. Building it is two counting sorts,
 * linear in nodes + edges, with two transient arrays of 2 edges words.
 *
 * A directed graph keeps its arcs beside that, in `arcs`; the rows above are then its undirected closure, in
 * which i and j are neighbours if there is an arc either way. What asks who is connected at all (components,
 * diameter, spectrum) looks at the closure.
 */
import { parameterError, show, TopologyError } from './errors.js';
import { beyondMemory } from './memory.js';

/** A simple graph in compressed sparse rows, as plain data. */
export interface Graph {
  /** Nodes, numbered from 0. */
  nodes: number;
  /** Undirected, simple: each edge counted once. */
  edges: number;
  /** nodes + 1 offsets into `columns`. */
  rowStart: Uint32Array;
  /** 2 * edges neighbours, ascending in each row. */
  columns: Uint32Array;
  /**
   * 2 * edges weights aligned with `columns`, positive, equal in both directions; null means that all are 1.
   */
  weights: Float64Array | null;
  /** One label a node if the source had them. */
  labels: string[] | null;
  /** What the source calls node 0, where it numbers its nodes and not from 0: see `names.ts`. */
  numberedFrom?: number;
  /** What making the graph simple removed, so that it can be reported. */
  dropped: { selfLoops: number; parallelEdges: number };
  /**
   * Why the source's weights cannot be used, where it has some; `weights` is null then. Only who asks for
   * them is told.
   */
  weightProblem?: WeightProblem;
  /**
   * How the source was read, where it could be read in several ways: 'edge list, tab, header, columns 2 and
   * 3'.
   */
  readAs?: string;
  /** The source says that its edges have directions, and whoever read it did not ask for them. */
  directionsForgotten?: boolean;
  /** Only in a directed graph: who hears whom. The rest describes its undirected closure. */
  arcs?: Arcs;
}

/** Plain data, that an error is made of once somebody asks for the weights. */
export interface WeightProblem {
  /** What is wrong. */
  message: string;
  /** The file it is about. */
  file?: string;
  /** 0: the file as a whole. */
  line: number;
}

/**
 * A simple directed graph, in CSR twice: who a node hears, and who hears it. Neighbours ascend in each row.
 */
export interface Arcs {
  /** Each direction counted once. */
  count: number;
  /** nodes + 1 offsets into `inColumns`. */
  inStart: Uint32Array;
  /** Row i: the nodes that i hears. */
  inColumns: Uint32Array;
  /** nodes + 1 offsets into `outColumns`. */
  outStart: Uint32Array;
  /** Row i: the nodes that hear i. */
  outColumns: Uint32Array;
}

/** Every arc once, as its tail and its head, in row order. */
export function arcList(arcs: Arcs): { from: Uint32Array; to: Uint32Array } {
  const from = new Uint32Array(arcs.count);
  for (let node = 0; node + 1 < arcs.outStart.length; node++) {
    from.fill(node, arcs.outStart[node], arcs.outStart[node + 1]);
  }
  return { from, to: arcs.outColumns };
}

/** More edges than this and `columns` would pass 2 GiB. */
export const MAX_EDGES = 2 ** 28;

/** How a list of edges is understood. */
export interface FromEdgesOptions {
  /**
   * The list holds arcs: i -> j and j -> i are then one edge said from both ends, not a parallel edge.
   * Repeats in the same direction are parallel. Default false: every further edge between the same two nodes
   * is parallel.
   */
  directed?: boolean;
  /** Keep the directions, in `arcs`; the list holds arcs then. Default false. */
  keepDirections?: boolean;
  /** Weights were given, and cannot be used: they are not looked at. */
  weightProblem?: WeightProblem | null;
}

/**
 * Builds a graph from an edge list.
 *
 * Directions are forgotten, but for `keepDirections`. Self-loops are dropped and counted. Of several edges
 * between the same two nodes one stays, with the sum of their weights; the others are dropped and, but for
 * `directed`, counted. In a `directed` list the two directions must say the same weight: if they do not, the
 * graph has a `weightProblem` instead of weights.
 *
 * @param nodes number of nodes, at least 1
 * @param from one end of each edge, in 0..nodes-1
 * @param to the other end, as long as `from`
 * @param weights one positive weight an edge, or null for all 1
 * @param labels one label a node, or null
 * @throws TopologyError when lengths differ, an end is not a node, or a weight is not positive and finite
 */
export function graphFromEdges(
  nodes: number,
  from: Uint32Array,
  to: Uint32Array,
  givenWeights: Float64Array | null = null,
  labels: string[] | null = null,
  options: FromEdgesOptions = {},
): Graph {
  const weights = options.weightProblem ? null : givenWeights;
  const listed = from.length;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 0xffff_fffe) {
    throw parameterError(['nodes'], nodes, 'a whole number from 1 to 4294967294');
  }
  if (to.length !== listed) throw parameterError(['to', 'length'], to.length, `${listed} (as many as from)`);
  if (listed > MAX_EDGES) throw parameterError(['from', 'length'], listed, `at most ${MAX_EDGES} edges`);
  if (weights !== null && weights.length !== listed) {
    throw parameterError(['weights', 'length'], weights.length, `${listed} (one an edge)`);
  }
  if (labels !== null && labels.length !== nodes) {
    throw parameterError(['labels', 'length'], labels.length, `${nodes} (one a node)`);
  }

  checkGraphMemory(nodes, listed, weights !== null, options);
  const start = new Uint32Array(nodes + 1);
  const selfLoops = countEnds(nodes, from, to, start);
  if (weights !== null) checkWeights(weights);
  for (let node = 0; node < nodes; node++) start[node + 1] += start[node];
  const arcs = start[nodes];

  // Two stable counting sorts, by column and then by row, leave each row ascending, and equal pairs in list
  // order. The adjacency is symmetric, so both sorts share one table of offsets.
  const keepDirections = options.keepDirections ?? false;
  const directed = keepDirections || (options.directed ?? false);
  const needsEdge = weights !== null || directed;
  const rowOf = new Uint32Array(arcs);
  const edgeOf = needsEdge ? new Uint32Array(arcs) : null;
  scatterByColumn(from, to, start.slice(), rowOf, edgeOf);
  const columns = new Uint32Array(arcs);
  const edgeAt = needsEdge ? new Uint32Array(arcs) : null;
  scatterByRow(nodes, start, rowOf, edgeOf, start.slice(), columns, edgeAt);

  const rowStart = new Uint32Array(nodes + 1);
  const merged = weights === null ? null : new Float64Array(arcs);
  const { kept, parallel, unlike } = dropParallel(
    nodes,
    start,
    columns,
    edgeAt,
    rowStart,
    directed ? from : null,
    weights,
    merged,
  );
  const keptColumns = kept === arcs ? columns : columns.slice(0, kept);
  const keptWeights = merged === null || unlike !== null || kept === arcs ? merged : merged.slice(0, kept);
  const weightProblem = options.weightProblem ?? unlikeDirections(unlike, labels);
  return {
    nodes,
    edges: kept / 2,
    rowStart,
    columns: keptColumns,
    weights: weightProblem ? null : keptWeights,
    labels,
    dropped: { selfLoops, parallelEdges: parallel },
    ...(weightProblem && { weightProblem }),
    ...(keepDirections && { arcs: arcsOf(nodes, from, to) }),
  };
}

/**
 * Refuses a graph that does not fit: four tables of offsets, and for every edge its two ends in two orders,
 * beside numbers of edges, weights and arcs where there are any.
 */
function checkGraphMemory(
  nodes: number,
  edges: number,
  weighted: boolean,
  { directed, keepDirections }: FromEdgesOptions,
): void {
  const edgeBytes =
    16 + (weighted || directed || keepDirections ? 16 : 0) + (weighted ? 16 : 0) + (keepDirections ? 24 : 0);
  const problem = beyondMemory(16 * (nodes + 1) + edgeBytes * edges);
  if (problem === null) return;
  throw new TopologyError(`nodes is ${nodes}: with ${edges} edges the graph ${problem}`, {
    path: ['nodes'],
    value: nodes,
  });
}

/** Sorts arcs by their ends, self-loops and repeats left out. Ends are known to be nodes. */
function arcsOf(nodes: number, from: Uint32Array, to: Uint32Array): Arcs {
  // By head and then, stably, by tail: rows of tails with their heads ascending, repeats side by side.
  const { rows, columns } = transposed(nodes, transposed(nodes, { rows: from, columns: to }));
  let count = 0;
  for (let arc = 0; arc < rows.length; arc++) {
    const tail = rows[arc];
    const head = columns[arc];
    if (tail === head || (count > 0 && rows[count - 1] === tail && columns[count - 1] === head)) continue;
    rows[count] = tail;
    columns[count] = head;
    count++;
  }
  const outward = { rows: rows.slice(0, count), columns: columns.slice(0, count) };
  const inward = transposed(nodes, outward);
  return {
    count,
    inStart: startsOf(nodes, outward.columns),
    inColumns: inward.columns,
    outStart: startsOf(nodes, outward.rows),
    outColumns: outward.columns,
  };
}

interface Pairs {
  rows: Uint32Array;
  columns: Uint32Array;
}

/**
 * The pairs turned round, (column, row), in the order of their columns; equal columns stay in the order they
 * had.
 */
function transposed(nodes: number, { rows, columns }: Pairs): Pairs {
  const cursor = startsOf(nodes, columns);
  const result = { rows: new Uint32Array(rows.length), columns: new Uint32Array(rows.length) };
  for (let arc = 0; arc < rows.length; arc++) {
    const at = cursor[columns[arc]]++;
    result.rows[at] = columns[arc];
    result.columns[at] = rows[arc];
  }
  return result;
}

function startsOf(nodes: number, rows: Uint32Array): Uint32Array {
  const start = new Uint32Array(nodes + 1);
  for (const row of rows) start[row + 1]++;
  for (let node = 0; node < nodes; node++) start[node + 1] += start[node];
  return start;
}

/** Counts each node's ends into `start[node + 1]`, leaves self-loops out and returns how many there were. */
function countEnds(nodes: number, from: Uint32Array, to: Uint32Array, start: Uint32Array): number {
  let selfLoops = 0;
  for (let edge = 0; edge < from.length; edge++) {
    const a = from[edge];
    const b = to[edge];
    if (a >= nodes || b >= nodes) {
      const [name, value] = a >= nodes ? ['from', a] : ['to', b];
      throw parameterError([name as string, edge], value, `a node, 0..${nodes - 1}`);
    }
    if (a === b) {
      selfLoops++;
    } else {
      start[a + 1]++;
      start[b + 1]++;
    }
  }
  return selfLoops;
}

function checkWeights(weights: Float64Array): void {
  for (let edge = 0; edge < weights.length; edge++) {
    const weight = weights[edge];
    if (!(weight > 0 && weight < Infinity)) {
      throw parameterError(['weights', edge], weight, 'a positive, finite weight');
    }
  }
}

function scatterByColumn(
  from: Uint32Array,
  to: Uint32Array,
  cursor: Uint32Array,
  rowOf: Uint32Array,
  edgeOf: Uint32Array | null,
): void {
  for (let edge = 0; edge < from.length; edge++) {
    const a = from[edge];
    const b = to[edge];
    if (a === b) continue;
    const inB = cursor[b]++;
    rowOf[inB] = a;
    const inA = cursor[a]++;
    rowOf[inA] = b;
    if (edgeOf !== null) {
      edgeOf[inB] = edge;
      edgeOf[inA] = edge;
    }
  }
}

function scatterByRow(
  nodes: number,
  start: Uint32Array,
  rowOf: Uint32Array,
  edgeOf: Uint32Array | null,
  cursor: Uint32Array,
  columns: Uint32Array,
  edgeAt: Uint32Array | null,
): void {
  for (let column = 0; column < nodes; column++) {
    for (let arc = start[column]; arc < start[column + 1]; arc++) {
      const slot = cursor[rowOf[arc]]++;
      columns[slot] = column;
      if (edgeOf !== null && edgeAt !== null) edgeAt[slot] = edgeOf[arc];
    }
  }
}

/** An edge whose two directions say different weights. */
interface Unlike {
  row: number;
  column: number;
  outward: number;
  inward: number;
}

/**
 * Keeps one of equal neighbours in every row, moving the rest up in place, its weights summed. `from` is
 * given for directed lists.
 */
function dropParallel(
  nodes: number,
  start: Uint32Array,
  columns: Uint32Array,
  edgeAt: Uint32Array | null,
  rowStart: Uint32Array,
  from: Uint32Array | null,
  weights: Float64Array | null,
  merged: Float64Array | null,
): { kept: number; parallel: number; unlike: Unlike | null } {
  let kept = 0;
  let parallel = 0;
  let unlike: Unlike | null = null;
  for (let row = 0; row < nodes; row++) {
    rowStart[row] = kept;
    let arc = start[row];
    const end = start[row + 1];
    while (arc < end) {
      const column = columns[arc];
      const first = arc;
      let outward = 0;
      // Copies stand in list order in the rows of both ends, so both ends sum to the same bits.
      let outwardSum = 0;
      let inwardSum = 0;
      do {
        const isOutward = from !== null && edgeAt !== null && from[edgeAt[arc]] === row;
        if (isOutward) outward++;
        if (weights !== null && edgeAt !== null) {
          if (isOutward) outwardSum += weights[edgeAt[arc]];
          else inwardSum += weights[edgeAt[arc]];
        }
        arc++;
      } while (arc < end && columns[arc] === column);
      const copies = arc - first;
      if (merged !== null) {
        const bothSaid = outward > 0 && outward < copies;
        if (bothSaid && outwardSum !== inwardSum) {
          unlike ??= { row, column, outward: outwardSum, inward: inwardSum };
        }
        merged[kept] = outward > 0 ? outwardSum : inwardSum;
      }
      columns[kept++] = column;
      // Count at one of the two ends only.
      if (copies > 1 && row < column) {
        parallel += from === null ? copies - 1 : Math.max(outward - 1, 0) + Math.max(copies - outward - 1, 0);
      }
    }
  }
  rowStart[nodes] = kept;
  return { kept, parallel, unlike };
}

function unlikeDirections(unlike: Unlike | null, labels: string[] | null): WeightProblem | null {
  if (unlike === null) return null;
  const { row, column, outward, inward } = unlike;
  const [a, b] = [row, column].map((node) => show(labels?.[node] ?? node));
  const message = `the edge between ${a} and ${b} has weight ${outward} one way and ${inward} the other, expected one weight`;
  return { message, line: 0 };
}

/** Every edge once, as its lower and its higher end, in row order: the inverse of `graphFromEdges`. */
export function edgeList(graph: Graph): { from: Uint32Array; to: Uint32Array; weights: Float64Array | null } {
  const from = new Uint32Array(graph.edges);
  const to = new Uint32Array(graph.edges);
  const weights = graph.weights === null ? null : new Float64Array(graph.edges);
  let edge = 0;
  for (let row = 0; row < graph.nodes; row++) {
    for (let arc = graph.rowStart[row]; arc < graph.rowStart[row + 1]; arc++) {
      if (graph.columns[arc] < row) continue;
      from[edge] = row;
      to[edge] = graph.columns[arc];
      if (weights !== null && graph.weights !== null) weights[edge] = graph.weights[arc];
      edge++;
    }
  }
  return { from, to, weights };
}

/**
 * A growing edge list: what readers and generators fill before the graph is built. Doubles when full, so a
 * push costs a constant on average and the peak is at most twice what is needed.
 */
export class EdgeBuffer {
  /** One end of each edge. */
  from: Uint32Array;
  /** The other end. */
  to: Uint32Array;
  /** Weights of the edges; null where none has one. */
  weights: Float64Array | null;
  /** Edges so far. */
  count = 0;
  /** The first weight that is none, if there is one. */
  weightProblem: WeightProblem | null = null;

  constructor(capacity = 1024, weighted = false) {
    checkListMemory(capacity, weighted);
    this.from = new Uint32Array(Math.max(capacity, 16));
    this.to = new Uint32Array(this.from.length);
    this.weights = weighted ? new Float64Array(this.from.length) : null;
  }

  /** Adds an edge. */
  push(from: number, to: number, weight = 1): void {
    if (this.count === this.from.length) this.grow();
    this.from[this.count] = from;
    this.to[this.count] = to;
    if (this.weights !== null) this.weights[this.count] = weight;
    this.count++;
  }

  /** An edge that stands more often from its first end than from its second; null if there is none. */
  oneSided(nodes: number): [from: number, to: number] | null {
    const { from, to, count } = this;
    // The pairs of ends as numbers, in the order of either end: exact up to 94 million nodes.
    const forth = Float64Array.from({ length: count }, (_, edge) => from[edge] * nodes + to[edge]).sort();
    const back = Float64Array.from({ length: count }, (_, edge) => to[edge] * nodes + from[edge]).sort();
    const at = forth.findIndex((pair, index) => pair !== back[index]);
    if (at < 0) return null;
    // The smaller of two pairs that differ stands more often in its own order.
    const pair = Math.min(forth[at], back[at]);
    const [a, b] = [Math.floor(pair / nodes), pair % nodes];
    return pair === forth[at] ? [a, b] : [b, a];
  }

  private grow(): void {
    if (this.count >= MAX_EDGES) throw new TopologyError(`more than ${MAX_EDGES} edges do not fit`);
    const capacity = Math.min(2 * this.from.length, MAX_EDGES);
    checkListMemory(capacity, this.weights !== null);
    this.from = enlarge(this.from, new Uint32Array(capacity));
    this.to = enlarge(this.to, new Uint32Array(capacity));
    if (this.weights !== null) this.weights = enlarge(this.weights, new Float64Array(capacity));
  }

  /** The graph of these edges. */
  toGraph(nodes: number, labels: string[] | null = null, options: FromEdgesOptions = {}): Graph {
    const { count } = this;
    const weights = this.weights === null ? null : this.weights.subarray(0, count);
    return graphFromEdges(nodes, this.from.subarray(0, count), this.to.subarray(0, count), weights, labels, {
      ...options,
      weightProblem: this.weightProblem ?? options.weightProblem ?? null,
    });
  }
}

function checkListMemory(edges: number, weighted: boolean): void {
  const problem = beyondMemory(edges * (weighted ? 16 : 8));
  if (problem !== null) throw new TopologyError(`a list of ${edges} edges ${problem}`);
}

/** What a graph made of another still says of the source that both came from. */
export function carryOver(source: Graph, made: Graph): void {
  made.dropped = { ...source.dropped };
  if (source.weightProblem !== undefined) made.weightProblem = source.weightProblem;
  if (source.readAs !== undefined) made.readAs = source.readAs;
  if (source.directionsForgotten) made.directionsForgotten = true;
}

function enlarge<T extends Uint32Array | Float64Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
