/**
 * What a graph looks like: components, distances, degrees, and all of it at once for `topology inspect`.
 */
import type { Arcs, Graph } from './graph.js';
import { arcList, carryOver, graphFromEdges } from './graph.js';

/** Components of a graph, by size. */
export interface Components {
  /** Components. */
  count: number;
  /** nodes numbers: the component of each node, 0 the largest (of equals, the one with the lowest node). */
  of: Uint32Array;
  /** Nodes in each component, descending. */
  sizes: number[];
}

/** The connected components, by breadth-first search. O(nodes + edges). */
export function components(graph: Graph): Components {
  const { nodes, rowStart, columns } = graph;
  const found = new Int32Array(nodes).fill(-1);
  const queue = new Uint32Array(nodes);
  const foundSizes: number[] = [];
  let filled = 0;
  for (let seed = 0; seed < nodes; seed++) {
    if (found[seed] >= 0) continue;
    const component = foundSizes.length;
    const first = filled;
    found[seed] = component;
    queue[filled++] = seed;
    for (let at = first; at < filled; at++) {
      const node = queue[at];
      for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
        const neighbour = columns[arc];
        if (found[neighbour] >= 0) continue;
        found[neighbour] = component;
        queue[filled++] = neighbour;
      }
    }
    foundSizes.push(filled - first);
  }
  return ranked(found, foundSizes);
}

/**
 * The strongly connected components of a directed graph: sets in which everyone is heard by everyone, over
 * others. Tarjan 1972, without recursion. O(nodes + arcs).
 */
export function strongComponents(arcs: Arcs): Components {
  const { outStart, outColumns } = arcs;
  const nodes = outStart.length - 1;
  const NONE = 0xffff_ffff;
  const order = new Uint32Array(nodes).fill(NONE);
  const low = new Uint32Array(nodes);
  const found = new Int32Array(nodes).fill(-1);
  const next = outStart.slice(0, nodes);
  const path = new Uint32Array(nodes);
  const open = new Uint32Array(nodes);
  const sizes: number[] = [];
  let visited = 0;
  let opened = 0;
  for (let seed = 0; seed < nodes; seed++) {
    if (order[seed] !== NONE) continue;
    let depth = 0;
    path[0] = seed;
    order[seed] = low[seed] = visited++;
    open[opened++] = seed;
    while (depth >= 0) {
      const node = path[depth];
      if (next[node] < outStart[node + 1]) {
        const other = outColumns[next[node]++];
        if (order[other] === NONE) {
          order[other] = low[other] = visited++;
          open[opened++] = other;
          path[++depth] = other;
        } else if (found[other] < 0) {
          low[node] = Math.min(low[node], order[other]);
        }
        continue;
      }
      // Nothing that the node reaches leads back above it: what was opened since is a component.
      if (low[node] === order[node]) {
        let size = 0;
        let member: number;
        do {
          member = open[--opened];
          found[member] = sizes.length;
          size++;
        } while (member !== node);
        sizes.push(size);
      }
      depth--;
      if (depth >= 0) low[path[depth]] = Math.min(low[path[depth]], low[node]);
    }
  }
  return ranked(found, sizes);
}

/** The first node that hears more or fewer than hear it; -1 where there is none. */
export function unbalancedNode({ inStart, outStart }: Arcs): number {
  for (let node = 0; node + 1 < inStart.length; node++) {
    if (inStart[node + 1] - inStart[node] !== outStart[node + 1] - outStart[node]) return node;
  }
  return -1;
}

/** Components numbered by size, the largest first; of equals, the one with the lowest node. */
function ranked(found: Int32Array, foundSizes: number[]): Components {
  const lowest = new Array<number>(foundSizes.length);
  for (let node = found.length - 1; node >= 0; node--) lowest[found[node]] = node;
  const ranking = foundSizes.map((_, component) => component);
  ranking.sort((a, b) => foundSizes[b] - foundSizes[a] || lowest[a] - lowest[b]);
  const rankOf = new Uint32Array(ranking.length);
  ranking.forEach((component, rank) => {
    rankOf[component] = rank;
  });
  const of = Uint32Array.from(found, (component) => rankOf[component]);
  return { count: ranking.length, of, sizes: ranking.map((component) => foundSizes[component]) };
}

/** Whether there is a path between any two nodes. O(nodes + edges). */
export function isConnected(graph: Graph): boolean {
  return components(graph).count === 1;
}

/**
 * The largest component, strongly connected in a directed graph, as a graph of its own: nodes in their old
 * order, with labels and weights.
 *
 * `nodeOf[i]` is the node of the whole graph that node i stands for.
 */
export function largestComponentWithNodes(graph: Graph): { graph: Graph; nodeOf: Uint32Array } {
  const { count, of, sizes } = graph.arcs ? strongComponents(graph.arcs) : components(graph);
  if (count === 1) return { graph, nodeOf: Uint32Array.from({ length: graph.nodes }, (_, node) => node) };
  const nodeOf = new Uint32Array(sizes[0]);
  const newNumber = new Uint32Array(graph.nodes);
  let filled = 0;
  for (let node = 0; node < graph.nodes; node++) {
    if (of[node] !== 0) continue;
    newNumber[node] = filled;
    nodeOf[filled++] = node;
  }
  const from: number[] = [];
  const to: number[] = [];
  const weights: number[] | null = graph.weights === null ? null : [];
  for (const node of nodeOf) {
    for (let arc = graph.rowStart[node]; arc < graph.rowStart[node + 1]; arc++) {
      if (graph.columns[arc] < node || of[graph.columns[arc]] !== 0) continue;
      from.push(newNumber[node]);
      to.push(newNumber[graph.columns[arc]]);
      if (weights !== null && graph.weights !== null) weights.push(graph.weights[arc]);
    }
  }
  const labels = graph.labels;
  const largest = graphFromEdges(
    filled,
    Uint32Array.from(from),
    Uint32Array.from(to),
    weights === null ? null : Float64Array.from(weights),
    labels === null ? null : Array.from(nodeOf, (node) => labels[node]),
  );
  carryOver(graph, largest);
  if (graph.arcs) {
    const arcs = arcList(graph.arcs);
    const within = arcs.from
      .map((_, arc) => arc)
      .filter((arc) => of[arcs.from[arc]] + of[arcs.to[arc]] === 0);
    const renamed = (ends: Uint32Array) => within.map((arc) => newNumber[ends[arc]]);
    largest.arcs = graphFromEdges(filled, renamed(arcs.from), renamed(arcs.to), null, null, {
      keepDirections: true,
    }).arcs as Arcs;
  }
  return { graph: largest, nodeOf };
}

/** The largest component as a graph of its own: strongly connected in a directed graph. */
export function largestComponent(graph: Graph): Graph {
  return largestComponentWithNodes(graph).graph;
}

/** The diameter, and whether it is exact. */
export interface Diameter {
  /**
   * Edges between the two nodes farthest apart; null when there is no path between some (JSON has no
   * infinity).
   */
  diameter: number | null;
  /** False: `diameter` is a lower bound, because more would have cost too much. */
  diameterIsExact: boolean;
}

/** Arcs looked at: about a second. */
const DIAMETER_BUDGET = 3e8;

/**
 * The diameter, unweighted.
 *
 * Double sweep, then iFUB (Crescenzi et al. 2013): search from nodes ever nearer to a middle one; once the
 * eccentricity found is at least twice the depth still to come, nothing deeper can beat it. Exact unless
 * `budget` arcs were looked at before that; on graphs where every node is alike (rings, random regular) it
 * needs nodes searches.
 */
export function diameter(graph: Graph, budget = DIAMETER_BUDGET): Diameter {
  if (!isConnected(graph)) return { diameter: null, diameterIsExact: true };
  const { nodes } = graph;
  const search: Search = { depth: new Int32Array(nodes), queue: new Uint32Array(nodes) };
  const cost = graph.columns.length + nodes;

  let hub = 0;
  for (let node = 1; node < nodes; node++) if (degreeOf(graph, node) > degreeOf(graph, hub)) hub = node;
  // Two double sweeps: the second starts halfway along the longest path that the first has found.
  let lower = 0;
  let middle = hub;
  for (let sweep = 0; sweep < 2; sweep++) {
    breadthFirst(graph, middle, search);
    const end = search.queue[nodes - 1];
    const length = breadthFirst(graph, end, search);
    lower = Math.max(lower, length);
    middle = search.queue[nodes - 1];
    for (let step = 0; step < length / 2; step++) middle = parentOf(graph, middle, search.depth);
  }
  const height = breadthFirst(graph, middle, search);
  lower = Math.max(lower, height);
  const byDepth = search.queue.slice();
  const depthOf = search.depth.slice();
  let spent = 5 * cost;
  for (let at = nodes - 1; at >= 0; at--) {
    const node = byDepth[at];
    // All pairs not yet seen are no deeper than this node, so no farther apart than twice its depth.
    if (lower >= 2 * depthOf[node]) return { diameter: lower, diameterIsExact: true };
    spent += cost;
    if (spent > budget) return { diameter: lower, diameterIsExact: false };
    lower = Math.max(lower, breadthFirst(graph, node, search));
  }
  return { diameter: lower, diameterIsExact: true };
}

interface Search {
  depth: Int32Array;
  queue: Uint32Array;
}

/** Fills `search` from `start`; returns the eccentricity. The last node in the queue is a farthest one. */
function breadthFirst({ rowStart, columns }: Graph, start: number, { depth, queue }: Search): number {
  depth.fill(-1);
  depth[start] = 0;
  queue[0] = start;
  let filled = 1;
  for (let at = 0; at < filled; at++) {
    const node = queue[at];
    const next = depth[node] + 1;
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
      const neighbour = columns[arc];
      if (depth[neighbour] >= 0) continue;
      depth[neighbour] = next;
      queue[filled++] = neighbour;
    }
  }
  return depth[queue[filled - 1]];
}

function parentOf({ rowStart, columns }: Graph, node: number, depth: Int32Array): number {
  for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
    if (depth[columns[arc]] === depth[node] - 1) return columns[arc];
  }
  return node;
}

function degreeOf({ rowStart }: Graph, node: number): number {
  return rowStart[node + 1] - rowStart[node];
}

/** Neighbours of a node. */
export interface DegreeStatistics {
  /** Fewest. */
  min: number;
  /** Most. */
  max: number;
  /** Mean. */
  mean: number;
  /** Median. */
  median: number;
  /** `histogram[d]` nodes have d neighbours. */
  histogram: number[];
}

/** Numbers of neighbours, unweighted. */
export function degreeStatistics(graph: Graph): DegreeStatistics {
  let max = 0;
  for (let node = 0; node < graph.nodes; node++) max = Math.max(max, degreeOf(graph, node));
  const histogram = new Array<number>(max + 1).fill(0);
  for (let node = 0; node < graph.nodes; node++) histogram[degreeOf(graph, node)]++;
  const min = histogram.findIndex((count) => count > 0);
  // The median of an even number of nodes is the mean of the middle two.
  const ranked = (rank: number): number => {
    let seen = 0;
    return histogram.findIndex((count) => {
      seen += count;
      return seen > rank;
    });
  };
  const median = (ranked(Math.floor((graph.nodes - 1) / 2)) + ranked(Math.floor(graph.nodes / 2))) / 2;
  return { min, max, mean: (2 * graph.edges) / graph.nodes, median, histogram };
}
