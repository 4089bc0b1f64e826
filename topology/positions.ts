/**
 * Where to draw the nodes of a graph: the same places for the same graph, on every machine and at every call.
 *
 * What has a shape that everybody knows is drawn in it, whatever it is called, since it is known by its
 * edges: paths, trees from their middle outwards (a star is one), rings and other circulant graphs around a
 * circle, grids and tori row by row as they are numbered, hypercubes by their bits. Everything else is laid
 * out by springs and charges (`springs.ts`) up to `SPRING_NODES` and `SPRING_EDGES`, and beyond that along a
 * Hilbert curve in reverse Cuthill-McKee order, where neighbours are near each other for the price of a walk.
 * Components stand beside each other, the largest first.
 *
 * What it costs depends on counts alone, never on a clock: O(nodes + edges) but for springs, and those 10,000
 * nodes in less than two seconds. It needs nothing of Node's, so that a page may call it.
 */
import type { Graph } from './graph.js';
import { reverseCuthillMcKee } from './ordering.js';
import { components } from './properties.js';
import { type Rows, springs } from './springs.js';

/** Where each node is drawn. */
export interface Positions {
  /** nodes numbers in -1..1, to the right. */
  x: Float32Array;
  /** nodes numbers in -1..1, upwards, in the same unit. */
  y: Float32Array;
  /** How they were found, for people: `around a circle`, `by springs and charges`. */
  how: string;
}

/** More nodes than this are not laid out by springs: two seconds. */
export const SPRING_NODES = 12_000;
/** Nor are more edges. */
export const SPRING_EDGES = 120_000;

/** A path of more nodes than this is drawn to and fro. */
const LINE_NODES = 30;

/** The places of a connected graph, in any unit, around any point. */
interface Drawn {
  x: Float32Array;
  y: Float32Array;
  how: string;
}

/**
 * Where to draw the nodes.
 *
 * @param graph undirected rows; of a directed graph its closure, as `Graph` has it
 */
export function positionsOf(graph: Rows): Positions {
  const { nodes } = graph;
  const found = nodes === 0 ? { count: 0 } : components(graph as Graph);
  const drawn = found.count <= 1 ? connected(graph) : sideBySide(graph, found as Found);
  toSquare(drawn);
  return drawn;
}

/** One that is connected. */
function connected(graph: Rows): Drawn {
  const shape = tree(graph) ?? numberedGrid(graph) ?? circle(graph) ?? hypercube(graph);
  if (shape !== null) return shape;
  if (graph.nodes <= SPRING_NODES && graph.columns.length <= 2 * SPRING_EDGES)
    return { ...springs(graph), how: 'by springs and charges' };
  return curve(graph);
}

function places({ nodes }: Rows, how: string): Drawn {
  return { x: new Float32Array(nodes), y: new Float32Array(nodes), how };
}

function degreeOf({ rowStart }: Rows, node: number): number {
  return rowStart[node + 1] - rowStart[node];
}

/* Trees */

/** A tree is drawn around its middle, each branch with an angle in proportion to its leaves. */
function tree(graph: Rows): Drawn | null {
  const { nodes, rowStart, columns } = graph;
  if (columns.length !== 2 * (nodes - 1)) return null;
  const ends = new Uint32Array(nodes).filter((_, node) => degreeOf(graph, node) === 1);
  if (nodes <= 2 || ends.length === 2) return line(graph);
  const { order, parent } = walkFrom(graph, middleOf(graph));
  const leaves = new Uint32Array(nodes);
  for (let at = nodes - 1; at >= 0; at--) {
    const node = order[at];
    if (leaves[node] === 0) leaves[node] = 1;
    if (at > 0) leaves[parent[node]] += leaves[node];
  }
  const drawn = places(graph, 'as a tree around its middle');
  const depth = new Uint32Array(nodes);
  const from = new Float64Array(nodes);
  const turn = (2 * Math.PI) / leaves[order[0]];
  for (let at = 0; at < nodes; at++) {
    const node = order[at];
    const angle = from[node] + (leaves[node] * turn) / 2 + Math.PI / 2;
    drawn.x[node] = depth[node] * Math.cos(angle);
    drawn.y[node] = depth[node] * Math.sin(angle);
    let next = from[node];
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
      const child = columns[arc];
      if (at > 0 && child === parent[node]) continue;
      depth[child] = depth[node] + 1;
      from[child] = next;
      next += leaves[child] * turn;
    }
  }
  return drawn;
}

/** Breadth first; the parent of the first node is itself. */
function walkFrom({ nodes, rowStart, columns }: Rows, start: number) {
  const order = new Uint32Array(nodes);
  const parent = new Uint32Array(nodes).fill(nodes);
  parent[start] = start;
  order[0] = start;
  for (let at = 0, filled = 1; at < filled; at++) {
    const node = order[at];
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
      const next = columns[arc];
      if (parent[next] !== nodes) continue;
      parent[next] = node;
      order[filled++] = next;
    }
  }
  return { order, parent };
}

/** Of a tree: half way along a longest path in it. */
function middleOf(graph: Rows): number {
  const last = graph.nodes - 1;
  const end = walkFrom(graph, 0).order[last];
  const { order, parent } = walkFrom(graph, end);
  let length = 0;
  for (let node = order[last]; node !== end; node = parent[node]) length++;
  let node = order[last];
  for (let step = 0; step < length >> 1; step++) node = parent[node];
  return node;
}

/** A path from left to right; a long one to and fro, in rows that are twice as wide as they are many. */
function line(graph: Rows): Drawn {
  const { nodes } = graph;
  let first = 0;
  while (nodes > 1 && degreeOf(graph, first) !== 1) first++;
  const { order } = walkFrom(graph, first);
  const width = nodes <= LINE_NODES ? nodes : Math.ceil(Math.sqrt(2 * nodes));
  const drawn = places(graph, nodes <= LINE_NODES ? 'along a line' : 'along a line, to and fro');
  for (let at = 0; at < nodes; at++) {
    const row = Math.floor(at / width);
    drawn.x[order[at]] = row % 2 === 0 ? at % width : width - 1 - (at % width);
    drawn.y[order[at]] = -row;
  }
  return drawn;
}

/* Grids and tori, numbered row by row */

function numberedGrid(graph: Rows): Drawn | null {
  const { nodes, rowStart, columns } = graph;
  for (let arc = rowStart[0]; arc < rowStart[1]; arc++) {
    const width = columns[arc];
    if (width < 2 || nodes % width !== 0 || nodes === width) continue;
    const height = nodes / width;
    if (columns.length === 2 * (height * (width - 1) + width * (height - 1)) && isGrid(graph, width, false))
      return rows(graph, width);
    if (width > 2 && height > 2 && columns.length === 4 * nodes && isGrid(graph, width, true))
      return ringOfRings(graph, width);
  }
  return null;
}

/** Whether all edges join neighbours of a grid with rows of `width`; their number has been compared. */
function isGrid({ nodes, rowStart, columns }: Rows, width: number, wraps: boolean): boolean {
  for (let node = 0; node < nodes; node++) {
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
      const other = columns[arc];
      if (other < node) continue;
      const apart = other - node;
      const sameRow = Math.floor(other / width) === Math.floor(node / width);
      const beside = sameRow && (apart === 1 || (wraps && apart === width - 1));
      if (!beside && apart !== width && !(wraps && apart === nodes - width)) return false;
    }
  }
  return true;
}

function rows(graph: Rows, width: number): Drawn {
  const drawn = places(graph, 'row by row, as it is numbered');
  for (let node = 0; node < graph.nodes; node++) {
    drawn.x[node] = node % width;
    drawn.y[node] = -Math.floor(node / width);
  }
  return drawn;
}

/** Of the thickness of a torus to the way around it, and how far one looks down on it. */
const THICKNESS = 0.42;
const TILT = 0.95;

/** A torus as a ring seen from above and before it: the shorter side is the way around the tube. */
function ringOfRings(graph: Rows, width: number): Drawn {
  const { nodes } = graph;
  const height = nodes / width;
  const drawn = places(graph, 'as a ring of rings, as it is numbered');
  for (let node = 0; node < nodes; node++) {
    const row = (2 * Math.PI * Math.floor(node / width)) / height;
    const column = (2 * Math.PI * (node % width)) / width;
    const [around, tube] = width >= height ? [column, row] : [row, column];
    const radius = 1 + THICKNESS * Math.cos(tube + 0.2);
    drawn.x[node] = radius * Math.cos(around);
    drawn.y[node] =
      radius * Math.sin(around) * Math.cos(TILT) + THICKNESS * Math.sin(tube + 0.2) * Math.sin(TILT);
  }
  return drawn;
}

/* Circles */

/**
 * Around a circle, from the top: a ring, however it is numbered, and a graph in which the neighbours of every
 * node are equally far from it in number: complete, exponential, and rings with more neighbours.
 */
function circle(graph: Rows): Drawn | null {
  const order = ringOrder(graph) ?? (isCirculant(graph) ? null : undefined);
  if (order === undefined) return null;
  const { nodes } = graph;
  const drawn = places(graph, 'around a circle');
  for (let at = 0; at < nodes; at++) {
    const angle = Math.PI / 2 - (2 * Math.PI * at) / nodes;
    const node = order === null ? at : order[at];
    drawn.x[node] = Math.cos(angle);
    drawn.y[node] = Math.sin(angle);
  }
  return drawn;
}

/** The nodes of a ring, one after the other; null where it is none. */
function ringOrder(graph: Rows): Uint32Array | null {
  const { nodes, rowStart, columns } = graph;
  if (columns.length !== 2 * nodes) return null;
  for (let node = 0; node < nodes; node++) if (degreeOf(graph, node) !== 2) return null;
  const order = new Uint32Array(nodes);
  let before = 0;
  let node = columns[0];
  for (let at = 1; at < nodes; at++) {
    order[at] = node;
    const first = columns[rowStart[node]];
    const next = first === before ? columns[rowStart[node] + 1] : first;
    before = node;
    node = next;
  }
  return order;
}

function isCirculant({ nodes, rowStart, columns }: Rows): boolean {
  const degree = rowStart[1];
  if (columns.length !== degree * nodes) return false;
  const joined = new Uint8Array(nodes);
  for (let arc = 0; arc < degree; arc++) joined[columns[arc]] = 1;
  for (let node = 0; node < nodes; node++) {
    if (rowStart[node + 1] - rowStart[node] !== degree) return false;
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
      const apart = columns[arc] - node;
      if (joined[apart < 0 ? apart + nodes : apart] === 0) return false;
    }
  }
  return true;
}

/* Hypercubes */

const MOST_BITS = 12;

/** Each bit of a node's number moves it in a direction of its own. */
function hypercube(graph: Rows): Drawn | null {
  const { nodes, rowStart, columns } = graph;
  const bits = Math.log2(nodes);
  if (!Number.isInteger(bits) || bits > MOST_BITS || columns.length !== bits * nodes) return null;
  const drawn = places(graph, 'by the bits of their numbers');
  for (let node = 0; node < nodes; node++) {
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
      const apart = columns[arc] ^ node;
      if ((apart & (apart - 1)) !== 0) return null;
    }
    for (let bit = 0; bit < bits; bit++) {
      if (((node >> bit) & 1) === 0) continue;
      const angle = (Math.PI * (bit + 0.5)) / bits;
      // Of unlike lengths, or nodes would fall on each other.
      const length = 1 + 0.37 * bit;
      drawn.x[node] += length * Math.cos(angle);
      drawn.y[node] += length * Math.sin(angle);
    }
  }
  return drawn;
}

/* Many nodes */

/** Along a Hilbert curve, on which what is near in the order is near in the plane. */
function curve(graph: Rows): Drawn {
  const { nodes } = graph;
  const order = reverseCuthillMcKee(graph as Graph);
  let levels = 1;
  while (4 ** levels < nodes) levels++;
  const cells = 4 ** levels;
  const drawn = places(graph, 'along a curve through the square, neighbours near each other');
  for (let at = 0; at < nodes; at++) {
    let rest = Math.floor((at * cells) / nodes);
    let x = 0;
    let y = 0;
    for (let side = 1; side < 2 ** levels; side *= 2) {
      const right = (rest >> 1) & 1;
      const up = (rest ^ right) & 1;
      if (up === 0) {
        if (right === 1) {
          x = side - 1 - x;
          y = side - 1 - y;
        }
        [x, y] = [y, x];
      }
      x += side * right;
      y += side * up;
      rest = Math.floor(rest / 4);
    }
    drawn.x[order[at]] = x;
    drawn.y[order[at]] = y;
  }
  return drawn;
}

/* Components */

interface Found {
  count: number;
  of: Uint32Array;
  sizes: number[];
}

/** Each component in a square of an area in proportion to its nodes, squares in rows. */
function sideBySide(graph: Rows, { count, of, sizes }: Found): Drawn {
  const members = membersOf(graph.nodes, { count, of, sizes });
  const all = places(graph, `${count.toLocaleString('en')} components beside each other`);
  const local = new Uint32Array(graph.nodes);
  const width = Math.sqrt(graph.nodes) * 1.001;
  let left = 0;
  let top = 0;
  let tallest = 0;
  for (let component = 0, begin = 0; component < count; component++) {
    const own = members.subarray(begin, begin + sizes[component]);
    begin += sizes[component];
    const drawn = connected(partOf(graph, own, local));
    toSquare(drawn);
    const side = Math.sqrt(own.length);
    if (left > 0 && left + side > width) {
      left = 0;
      top -= tallest;
      tallest = 0;
    }
    tallest = Math.max(tallest, side);
    for (let at = 0; at < own.length; at++) {
      all.x[own[at]] = left + (side * (1 + 0.85 * drawn.x[at])) / 2;
      all.y[own[at]] = top - (side * (1 - 0.85 * drawn.y[at])) / 2;
    }
    left += side;
  }
  return all;
}

/** Nodes, component by component, ascending in each. */
function membersOf(nodes: number, { of, sizes }: Found): Uint32Array {
  const next = new Uint32Array(sizes.length);
  for (let component = 1; component < sizes.length; component++)
    next[component] = next[component - 1] + sizes[component - 1];
  const members = new Uint32Array(nodes);
  for (let node = 0; node < nodes; node++) members[next[of[node]]++] = node;
  return members;
}

/** The rows of some nodes that have no edge to others. `local` is scratch. */
function partOf({ rowStart, columns }: Rows, own: Uint32Array, local: Uint32Array): Rows {
  const starts = new Uint32Array(own.length + 1);
  for (let at = 0; at < own.length; at++) {
    local[own[at]] = at;
    starts[at + 1] = starts[at] + rowStart[own[at] + 1] - rowStart[own[at]];
  }
  const part = new Uint32Array(starts[own.length]);
  for (let at = 0, filled = 0; at < own.length; at++)
    for (let arc = rowStart[own[at]]; arc < rowStart[own[at] + 1]; arc++)
      part[filled++] = local[columns[arc]];
  return { nodes: own.length, rowStart: starts, columns: part };
}

/** Moved and scaled so that the larger of width and height is -1..1, and the other around 0. */
function toSquare({ x, y }: Drawn): void {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let node = 0; node < x.length; node++) {
    left = Math.min(left, x[node]);
    right = Math.max(right, x[node]);
    low = Math.min(low, y[node]);
    high = Math.max(high, y[node]);
  }
  const scale = 2 / (Math.max(right - left, high - low) || 1);
  for (let node = 0; node < x.length; node++) {
    x[node] = (x[node] - (left + right) / 2) * scale;
    y[node] = (y[node] - (low + high) / 2) * scale;
  }
}
