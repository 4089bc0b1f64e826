/**
 * Reverse Cuthill-McKee (Cuthill and McKee 1969; George 1971): renumbers the nodes so that neighbours get
 * near numbers. A breadth-first walk from a node at the rim (George and Liu's pseudo-peripheral node),
 * neighbours by rising degree, the whole read backwards. Neighbouring agents then share cache lines and
 * pages, and workers share fewer messages. O(nodes + edges log degree).
 */
import { parameterError } from './errors.js';
import { type Arcs, arcList, carryOver, type Graph, graphFromEdges } from './graph.js';

/**
 * An order in which neighbours are near each other (reverse Cuthill-McKee).
 *
 * @returns nodes numbers: `order[position]` is the node that comes at that position; components one after
 *   another
 */
export function reverseCuthillMcKee(graph: Graph): Uint32Array {
  const { nodes, rowStart, columns } = graph;
  const order = new Uint32Array(nodes);
  const placed = new Uint8Array(nodes);
  const walk: Walk = { queue: new Uint32Array(nodes), seenBy: new Uint32Array(nodes), stamp: 0 };
  const degreeOf = (node: number): number => rowStart[node + 1] - rowStart[node];

  let filled = 0;
  for (let node = 0; node < nodes; node++) {
    if (placed[node] === 1) continue;
    const start = rimOf(graph, node, walk);
    placed[start] = 1;
    let next = filled;
    order[filled++] = start;
    while (next < filled) {
      const current = order[next++];
      const first = filled;
      for (let arc = rowStart[current]; arc < rowStart[current + 1]; arc++) {
        const neighbour = columns[arc];
        if (placed[neighbour] === 1) continue;
        placed[neighbour] = 1;
        order[filled++] = neighbour;
      }
      sortByDegree(order, first, filled, degreeOf);
    }
  }
  return order.reverse();
}

/** More entries than this are worth a sort with a name. */
const MOST_INSERTED = 32;

/** Entries first .. end - 1, which ascend, by rising degree; those of one degree stay as they are. */
function sortByDegree(
  order: Uint32Array,
  first: number,
  end: number,
  degreeOf: (node: number) => number,
): void {
  if (end - first > MOST_INSERTED) {
    order.subarray(first, end).sort((a, b) => degreeOf(a) - degreeOf(b) || a - b);
    return;
  }
  for (let next = first + 1; next < end; next++) {
    const node = order[next];
    const degree = degreeOf(node);
    let at = next;
    for (; at > first && degreeOf(order[at - 1]) > degree; at--) order[at] = order[at - 1];
    order[at] = node;
  }
}

interface Walk {
  queue: Uint32Array;
  seenBy: Uint32Array;
  stamp: number;
}

/** A node at the rim of its component: walk to a farthest node of least degree while that gets farther. */
function rimOf(graph: Graph, start: number, walk: Walk): number {
  let node = start;
  let depth = -1;
  for (;;) {
    const [nextDepth, farthest] = farthestFrom(graph, node, walk);
    if (nextDepth <= depth) return node;
    depth = nextDepth;
    if (depth === 0) return node;
    node = farthest;
  }
}

function farthestFrom({ rowStart, columns }: Graph, start: number, walk: Walk): [number, number] {
  const { queue, seenBy } = walk;
  const stamp = ++walk.stamp;
  let filled = 0;
  queue[filled++] = start;
  seenBy[start] = stamp;
  let depth = 0;
  let levelStart = 0;
  let levelEnd = 1;
  for (;;) {
    for (let at = levelStart; at < levelEnd; at++) {
      const node = queue[at];
      for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
        const neighbour = columns[arc];
        if (seenBy[neighbour] === stamp) continue;
        seenBy[neighbour] = stamp;
        queue[filled++] = neighbour;
      }
    }
    if (filled === levelEnd) break;
    levelStart = levelEnd;
    levelEnd = filled;
    depth++;
  }
  let best = queue[levelStart];
  for (let at = levelStart; at < levelEnd; at++) {
    const node = queue[at];
    if (rowStart[node + 1] - rowStart[node] < rowStart[best + 1] - rowStart[best]) best = node;
  }
  return [depth, best];
}

/**
 * The same graph with its nodes renumbered: node `order[position]` becomes node `position`.
 *
 * @throws TopologyError when `order` does not name every node once
 */
export function permute(graph: Graph, order: Uint32Array): Graph {
  const { nodes, rowStart, columns, weights, labels } = graph;
  if (order.length !== nodes)
    throw parameterError(['order', 'length'], order.length, `${nodes} (one a node)`);
  const position = new Uint32Array(nodes).fill(nodes);
  for (let at = 0; at < nodes; at++) {
    if (!(order[at] < nodes) || position[order[at]] !== nodes) {
      throw parameterError(['order', at], order[at], 'a node not named before');
    }
    position[order[at]] = at;
  }
  const from = new Uint32Array(graph.edges);
  const to = new Uint32Array(graph.edges);
  const kept = weights === null ? null : new Float64Array(graph.edges);
  let edge = 0;
  for (let row = 0; row < nodes; row++) {
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
      if (columns[arc] < row) continue;
      from[edge] = position[row];
      to[edge] = position[columns[arc]];
      if (kept !== null && weights !== null) kept[edge] = weights[arc];
      edge++;
    }
  }
  const renamed = labels === null ? null : Array.from(order, (node) => labels[node]);
  const result = graphFromEdges(nodes, from, to, kept, renamed);
  carryOver(graph, result);
  if (graph.arcs) {
    const listed = arcList(graph.arcs);
    const place = (node: number) => position[node];
    result.arcs = graphFromEdges(nodes, listed.from.map(place), listed.to.map(place), null, null, {
      keepDirections: true,
    }).arcs as Arcs;
  }
  return result;
}

/** Neighbours, row by row, in any order within a row. */
type Rows = Pick<Graph, 'rowStart' | 'columns'>;

/** The largest difference between the numbers of two neighbours. */
export function bandwidth({ rowStart, columns }: Rows): number {
  let widest = 0;
  for (let row = 0; row + 1 < rowStart.length; row++) {
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
      widest = Math.max(widest, Math.abs(columns[arc] - row));
    }
  }
  return widest;
}

/** Mean |i - j| over the edges: how far apart neighbours are numbered. 0 without edges. */
export function meanDistance({ rowStart, columns }: Rows): number {
  let total = 0;
  for (let row = 0; row + 1 < rowStart.length; row++) {
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) total += Math.abs(columns[arc] - row);
  }
  return columns.length === 0 ? 0 : total / columns.length;
}

/**
 * How many nodes a breadth-first walk from node 0 meets at a time: the size of its levels, the mean over the
 * nodes reached. An edge joins nodes of one level or of two that follow each other, so this is about what
 * `reverseCuthillMcKee` can bring `meanDistance` down to, for the price of one walk: on a random graph most
 * nodes are in one or two levels, and no order of this kind helps.
 */
export function meanLevel({ nodes, rowStart, columns }: Graph): number {
  if (nodes === 0) return 0;
  const queue = new Uint32Array(nodes);
  const seen = new Uint8Array(nodes);
  seen[0] = 1;
  let filled = 1;
  let squares = 0;
  for (let begin = 0; begin < filled; ) {
    const end = filled;
    squares += (end - begin) ** 2;
    for (; begin < end; begin++) {
      const node = queue[begin];
      for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
        const neighbour = columns[arc];
        if (seen[neighbour] === 1) continue;
        seen[neighbour] = 1;
        queue[filled++] = neighbour;
      }
    }
  }
  return squares / filled;
}
