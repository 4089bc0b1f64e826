/**
 * Random regular: every node has exactly `degree` neighbours. An expander with high probability from degree 3
 * on: lambda2 is close to degree - 2 sqrt(degree - 1) (Friedman 2008), whatever the number of nodes.
 *
 * Pairing model with repair: the nodes * degree stubs are shuffled and paired; a pair that would be a
 * self-loop or a parallel edge is undone by a switch, {u,v}, {x,y} -> {u,x}, {v,y}, with a random good edge.
 * A dense graph is drawn as the complement of a sparse one. Expected O(nodes * degree^2), because adjacency
 * is a scan of at most `degree` entries.
 *
 * Two departures from the uniform distribution: the repair leaves a bias that vanishes as nodes grow (about
 * (degree^2 - 1) / 4 pairs need one), and from degree 2 on the graph is made connected: components, if there
 * are several, are joined by switching a non-bridge of each. Degree 2 is therefore one ring in random order.
 */
import { parameterError, TopologyError } from '../errors.js';
import type { Graph } from '../graph.js';
import { EdgeBuffer } from '../graph.js';
import { cutOfDrawn } from '../outline.js';
import type { Random } from '../random.js';
import {
  checkEdgeCount,
  defineRandomGenerator,
  generated,
  nodeCount,
  refuseOutside,
  whole,
} from './generator.js';

export const randomRegular = defineRandomGenerator({
  kind: 'random-regular',
  summary: 'every node has the same number of random neighbours',
  parameters: {
    nodes: nodeCount(),
    degree: whole('neighbours of every node; nodes * degree must be even', 0),
  },
  generate({ nodes, degree }, random) {
    refuseOutside('degree', degree, 0, nodes - 1, 'fewer than nodes');
    if ((nodes * degree) % 2 === 1) {
      throw parameterError(['degree'], degree, `an even number, because nodes is odd (${nodes})`);
    }
    checkEdgeCount(['degree'], degree, (nodes * degree) / 2);

    const sparse = 2 * degree <= nodes - 1;
    const drawnDegree = sparse ? degree : nodes - 1 - degree;
    for (let attempt = 0; attempt < 1000; attempt++) {
      const pairing = drawPairing(nodes, drawnDegree, random);
      if (pairing === null) continue;
      // A complement has more than half of all possible neighbours at each node, so any two share one: it is
      // connected.
      if (!sparse) return generated(nodes, complementOf(nodes, drawnDegree, pairing));
      if (degree >= 2) connect(nodes, pairing);
      return generated(nodes, toBuffer(pairing));
    }
    throw new TopologyError(`no random regular graph of ${nodes} nodes and degree ${degree} found`);
  },
  outline: ({ nodes, degree }) => ({
    nodes,
    arcs: nodes * degree,
    expected: true,
    cut: (parts) => cutOfDrawn(nodes, nodes * degree, parts, (share) => 1 - (1 - share) ** degree),
    smaller(most) {
      const fewer = Math.min(nodes, Math.max(most, degree + 1));
      // As many stubs as make pairs.
      return { nodes: degree % 2 === 1 && fewer % 2 === 1 ? fewer - 1 : fewer, degree };
    },
  }),
});

interface Pairing {
  from: Uint32Array;
  to: Uint32Array;
  /** nodes x degree, row-major: the neighbours of each node, unordered. */
  neighbours: Uint32Array;
}

/** A simple pairing, or null when the repair got stuck (which happens only among a handful of nodes). */
function drawPairing(nodes: number, degree: number, random: Random): Pairing | null {
  const count = (nodes * degree) / 2;
  const stubs = new Uint32Array(2 * count);
  for (let stub = 0; stub < stubs.length; stub++) stubs[stub] = Math.floor(stub / degree);
  random.shuffle(stubs);
  const from = stubs.subarray(0, count);
  const to = stubs.subarray(count);

  const neighbours = new Uint32Array(nodes * degree);
  const filled = new Uint32Array(nodes);
  const adjacent = (a: number, b: number): boolean => {
    const row = a * degree;
    for (let slot = row; slot < row + filled[a]; slot++) if (neighbours[slot] === b) return true;
    return false;
  };
  const link = (a: number, b: number): void => {
    neighbours[a * degree + filled[a]++] = b;
    neighbours[b * degree + filled[b]++] = a;
  };
  const unlinkHalf = (a: number, b: number): void => {
    const row = a * degree;
    let slot = row;
    while (neighbours[slot] !== b) slot++;
    neighbours[slot] = neighbours[row + --filled[a]];
  };

  const bad: number[] = [];
  const isBad = new Uint8Array(count);
  for (let edge = 0; edge < count; edge++) {
    if (from[edge] === to[edge] || adjacent(from[edge], to[edge])) {
      bad.push(edge);
      isBad[edge] = 1;
    } else {
      link(from[edge], to[edge]);
    }
  }
  for (const edge of bad) {
    const u = from[edge];
    const v = to[edge];
    let tries = 0;
    for (; tries < 10_000; tries++) {
      const other = random.below(count);
      if (isBad[other] === 1) continue;
      const flip = random.below(2) === 1;
      const x = flip ? to[other] : from[other];
      const y = flip ? from[other] : to[other];
      if (u === x || v === y || adjacent(u, x) || adjacent(v, y)) continue;
      if (u === y && v === x) continue;
      unlinkHalf(x, y);
      unlinkHalf(y, x);
      link(u, x);
      link(v, y);
      from[edge] = u;
      to[edge] = x;
      from[other] = v;
      to[other] = y;
      isBad[edge] = 0;
      break;
    }
    if (tries === 10_000) return null;
  }
  return { from, to, neighbours };
}

/**
 * Joins the components of a graph whose nodes all have two neighbours or more. Each component has a cycle, so
 * it has an edge outside its spanning tree, {u,v}, and stays whole without it. Switching {u,v}, {x,y} ->
 * {u,x}, {v,y} joins two components, and {v,y} is outside the joint tree, ready for the next.
 */
function connect(nodes: number, { from, to }: Pairing): void {
  const parent = new Uint32Array(nodes);
  for (let node = 0; node < nodes; node++) parent[node] = node;
  const rootOf = (start: number): number => {
    let node = start;
    while (parent[node] !== node) {
      parent[node] = parent[parent[node]];
      node = parent[node];
    }
    return node;
  };
  // One edge outside the spanning forest for each tree; trees that merge later have one each or more.
  const spareOf = new Map<number, number>();
  const outside: number[] = [];
  for (let edge = 0; edge < from.length; edge++) {
    const a = rootOf(from[edge]);
    const b = rootOf(to[edge]);
    if (a === b) outside.push(edge);
    else parent[Math.max(a, b)] = Math.min(a, b);
  }
  for (const edge of outside) {
    const root = rootOf(from[edge]);
    if (!spareOf.has(root)) spareOf.set(root, edge);
  }
  const spares = [...spareOf.values()];
  for (let other = 1; other < spares.length; other++) {
    const first = spares[0];
    const second = spares[other];
    const v = to[first];
    to[first] = from[second];
    from[second] = v;
    // Now first = {u, x} joins the trees and second = {v, y} is the spare of the joint one.
    spares[0] = second;
  }
}

function toBuffer({ from, to }: Pairing): EdgeBuffer {
  const edges = new EdgeBuffer(0);
  edges.from = from;
  edges.to = to;
  edges.count = from.length;
  return edges;
}

function complementOf(nodes: number, degree: number, { neighbours }: Pairing): EdgeBuffer {
  const edges = new EdgeBuffer((nodes * (nodes - 1 - degree)) / 2);
  const missing = new Uint8Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const row = neighbours.subarray(node * degree, (node + 1) * degree);
    for (const other of row) missing[other] = 1;
    for (let other = node + 1; other < nodes; other++) if (missing[other] === 0) edges.push(node, other);
    for (const other of row) missing[other] = 0;
  }
  return edges;
}

/** Whether all nodes have the same number of neighbours; for tests and for the curious. */
export function isRegular(graph: Graph, degree: number): boolean {
  for (let node = 0; node < graph.nodes; node++) {
    if (graph.rowStart[node + 1] - graph.rowStart[node] !== degree) return false;
  }
  return true;
}
