/**
 * A graph from edges that somebody's own code yields, one by one: `[a, b]`, or `[a, b, weight]`.
 *
 * Every edge is looked at as it comes, so that a message can name it, and what never ends is refused before
 * memory is gone. Nodes are as many as is said, as there are labels, or 1 + the largest number. Self-loops
 * and parallel edges are dropped and counted, as those of files are; weights of parallel edges add up.
 */
import { show, TopologyError } from './errors.js';
import { EdgeBuffer, type Graph } from './graph.js';

/** What is known of the graph beside its edges. */
export interface YieldedOptions {
  /** Default: as many as there are labels; without them 1 + the largest number of an edge. */
  nodes?: number | undefined;
  /** The edges are arcs, from the first node to the second. Default false. */
  directed?: boolean | undefined;
  /** One name a node. */
  labels?: string[] | null | undefined;
}

/** A loop without an end is noticed in seconds, with half a gigabyte; what is larger belongs into a file. */
export const MOST_YIELDED_EDGES = 2 ** 24;
/** A round's vector alone takes 64 bytes a node, and a run has 4 GiB. */
export const MOST_YIELDED_NODES = 2 ** 26;

/**
 * The graph of edges that code yields: `[a, b]` or `[a, b, weight]`, all with a weight or none.
 *
 * @throws TopologyError that names the edge: its number, from 0, its value and what was expected
 */
export function graphFromYielded(edges: Iterable<unknown>, options: YieldedOptions = {}): Graph {
  const { directed = false, labels = null, nodes = labels?.length } = options;
  const last = (nodes ?? MOST_YIELDED_NODES) - 1;
  let buffer: EdgeBuffer | null = null;
  let weighted = false;
  let largest = -1;
  let index = 0;
  for (const edge of edges) {
    if (index === MOST_YIELDED_EDGES) {
      const most = MOST_YIELDED_EDGES.toLocaleString('en');
      throw new TopologyError(`edge ${index} is one too many, expected at most ${most} edges`, {
        hint: 'does the loop that yields them end? A larger graph belongs into a file',
      });
    }
    if (!isListed(edge) || edge.length < 2 || edge.length > 3)
      throw notAnEdge(index, edge, '[a, b] or [a, b, weight], numbers of two nodes and perhaps a weight');
    const [a, b, weight] = edge as unknown as [unknown, unknown, unknown];
    if (!isNode(a, last) || !isNode(b, last)) {
      const range = nodes === undefined ? `whole numbers from 0 to ${last}` : `whole numbers in 0..${last}`;
      const why = nodes === undefined ? '' : ` (there are ${nodes} nodes)`;
      throw notAnEdge(index, edge, `${range} for its nodes${why}`);
    }
    if (buffer === null) {
      weighted = edge.length === 3;
      buffer = new EdgeBuffer(1024, weighted);
    }
    if (weighted !== (edge.length === 3))
      throw notAnEdge(
        index,
        edge,
        weighted ? 'a weight too, since edge 0 has one' : 'no weight, since edge 0 has none',
      );
    if (weighted && !(typeof weight === 'number' && weight > 0 && weight < Infinity))
      throw notAnEdge(index, edge, 'a positive, finite weight');
    buffer.push(a, b, weighted ? (weight as number) : 1);
    largest = Math.max(largest, a, b);
    index++;
  }
  const count = nodes ?? largest + 1;
  if (buffer === null && count !== 1) throw new TopologyError('there is no edge, expected at least one');
  return (buffer ?? new EdgeBuffer()).toGraph(count, labels, { keepDirections: directed });
}

function notAnEdge(index: number, edge: unknown, expected: string): TopologyError {
  return new TopologyError(`edge ${index} is ${showEdge(edge)}, expected ${expected}`);
}

function isListed(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function isNode(value: unknown, last: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= last;
}

/** `[0, NaN]`: JSON has no NaN, and it is what has gone wrong as often as not. */
function showEdge(edge: unknown): string {
  if (!Array.isArray(edge) || edge.length > 4) return show(edge);
  return `[${edge.map((entry) => (entry === undefined ? 'undefined' : show(entry))).join(', ')}]`;
}
