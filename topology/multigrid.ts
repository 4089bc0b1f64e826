/**
 * A V-cycle, which stands in for the inverse of a Laplacian: M of `descent.ts`.
 *
 * Every level is the graph before it with nodes drawn together, weights of edges that fall together added up:
 * that is the Laplacian P^T L P, P constant on each group (Vanek, Mandel and Brezina 1996, without their
 * smoothing of P, which fills graphs in). A group is a node with its neighbours where none of them belongs to
 * one yet; who is left over joins the neighbour that it is tied to most. On each level Jacobi sweeps take away
 * what neighbours differ by, and the level below what groups differ by; the last is solved by its Cholesky
 * factor where that is cheap. Before and after the lower level stands the same sweep, so that M is symmetric.
 *
 * Cost: a few products with L for each level, and levels shrink by a factor of two or more. Where they do not,
 * as around hubs, there are fewer levels, and Jacobi alone is nearly enough.
 */
import { type Factor, factor, solve } from './elimination.js';
import { EdgeBuffer, type Graph } from './graph.js';
import type { Operator } from './lanczos.js';
import { laplacianOf } from './laplacian.js';
import { weightedDegrees } from './weights.js';

/** Small enough for a factor, however it fills in; where levels stop shrinking before, so many are tried. */
const COARSEST_NODES = 500;
const MOST_SOLVED_NODES = 20_000;
/** Of nodes + 2 edges of a level, what the next one may have. */
const LEAST_SHRINKING = 0.7;
/** Of a Jacobi sweep; below 1, or the alternating mode of a graph of two sides never fades. */
const DAMPING = 0.65;
/** Row entries touched: half a second. */
const FACTOR_BUDGET = 1e8;
/** Where the last level is too large for a factor. */
const LAST_SWEEPS = 4;
/**
 * Groups move as one, which makes the lower level stiffer than what it stands for: its answer is too short
 * (Braess 1995).
 */
const OVERCORRECTION = 1.6;

interface Level {
  graph: Graph;
  weights: Float64Array | null;
  inverseDegrees: Float64Array;
  apply: Operator;
  /** The node of the next level; null on the last one. */
  groupOf: Uint32Array | null;
  /** Scratch: nodes numbers each. */
  x: Float64Array;
  b: Float64Array;
  image: Float64Array;
}

export interface VCycle {
  apply: Operator;
  levels: number;
  /** The last level is solved: M is near the inverse. Otherwise it only smooths. */
  solves: boolean;
}

/** The V-cycle of a connected graph. */
export function vCycle(graph: Graph, weights: Float64Array | null): VCycle {
  const levels: Level[] = [];
  let next: { graph: Graph; weights: Float64Array | null } | null = { graph, weights };
  while (next !== null) {
    const level = levelOf(next.graph, next.weights);
    levels.push(level);
    next = null;
    if (level.graph.nodes > COARSEST_NODES) {
      const groups = drawTogether(level.graph, level.weights);
      const coarse = contracted(level, groups);
      if (sizeOf(coarse) < LEAST_SHRINKING * sizeOf(level.graph)) {
        level.groupOf = groups.of;
        next = { graph: coarse, weights: coarse.weights };
      }
    }
  }
  const last = levels[levels.length - 1] as Level;
  const solved = solvable(last);
  return {
    levels: levels.length,
    solves: solved !== null,
    apply(r, w) {
      descendLevel(levels, 0, r, w, solved);
    },
  };
}

/** The Cholesky factor of the last level; null where it would cost too much. */
function solvable({ graph, weights }: Level): Factor | null {
  if (graph.nodes > MOST_SOLVED_NODES) return null;
  const outcome = factor(graph, weights, null, FACTOR_BUDGET);
  return 'failed' in outcome ? null : outcome.factor;
}

function sizeOf({ nodes, columns }: Graph): number {
  return nodes + columns.length;
}

function levelOf(graph: Graph, weights: Float64Array | null): Level {
  const vector = () => new Float64Array(graph.nodes);
  return {
    graph,
    weights,
    inverseDegrees: weightedDegrees(graph, weights).map((degree) => (degree > 0 ? 1 / degree : 0)),
    apply: laplacianOf(graph, weights),
    groupOf: null,
    x: vector(),
    b: vector(),
    image: vector(),
  };
}

interface Groups {
  count: number;
  of: Uint32Array;
}

/** Groups of neighbours. */
function drawTogether({ nodes, rowStart, columns }: Graph, weights: Float64Array | null): Groups {
  const NONE = 0xffff_ffff;
  const of = new Uint32Array(nodes).fill(NONE);
  let count = 0;
  for (let node = 0; node < nodes; node++) {
    if (of[node] !== NONE) continue;
    const end = rowStart[node + 1];
    let free = true;
    for (let arc = rowStart[node]; free && arc < end; arc++) free = of[columns[arc]] === NONE;
    if (!free) continue;
    of[node] = count;
    for (let arc = rowStart[node]; arc < end; arc++) of[columns[arc]] = count;
    count++;
  }
  // Who is left over has a neighbour in a group: else it had made one.
  const first = of.slice();
  for (let node = 0; node < nodes; node++) {
    if (first[node] !== NONE) continue;
    let strongest = -1;
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
      const group = first[columns[arc]];
      const weight = weights === null ? 1 : weights[arc];
      if (group === NONE || weight <= strongest) continue;
      strongest = weight;
      of[node] = group;
    }
  }
  return { count, of };
}

/** The graph of the groups, an edge's weight the sum of those between its groups. */
function contracted({ graph, weights }: Level, { count, of }: Groups): Graph {
  const { nodes, rowStart, columns } = graph;
  const edges = new EdgeBuffer(1024, true);
  // Of each row first the sum over each group beside it, so that the list is short.
  const slotOf = new Int32Array(count).fill(-1);
  for (let node = 0; node < nodes; node++) {
    const own = of[node];
    const begin = edges.count;
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
      const other = of[columns[arc]];
      if (other <= own) continue;
      const weight = weights === null ? 1 : weights[arc];
      if (slotOf[other] < begin) {
        slotOf[other] = edges.count;
        edges.push(own, other, weight);
      } else if (edges.weights !== null) edges.weights[slotOf[other]] += weight;
    }
  }
  return edges.toGraph(count);
}

/** x = about the inverse of L times b, on a level. */
function descendLevel(
  levels: readonly Level[],
  at: number,
  b: Float64Array,
  x: Float64Array,
  solved: Factor | null,
): void {
  const level = levels[at] as Level;
  const { inverseDegrees, image, groupOf } = level;
  if (groupOf === null && solved !== null) {
    image.set(b);
    centre(image);
    solve(solved, image, x, new Float64Array(x.length));
    centre(x);
    return;
  }
  for (let node = 0; node < x.length; node++) x[node] = DAMPING * inverseDegrees[node] * b[node];
  if (groupOf === null) {
    for (let more = 1; more < LAST_SWEEPS; more++) sweep(level, b, x);
    return;
  }
  const below = levels[at + 1] as Level;
  level.apply(x, image);
  below.b.fill(0);
  for (let node = 0; node < x.length; node++) below.b[groupOf[node]] += b[node] - image[node];
  descendLevel(levels, at + 1, below.b, below.x, solved);
  for (let node = 0; node < x.length; node++) x[node] += OVERCORRECTION * below.x[groupOf[node]];
  sweep(level, b, x);
}

function sweep({ apply, image, inverseDegrees }: Level, b: Float64Array, x: Float64Array): void {
  apply(x, image);
  for (let node = 0; node < x.length; node++)
    x[node] += DAMPING * inverseDegrees[node] * (b[node] - image[node]);
}

function centre(a: Float64Array): void {
  let sum = 0;
  for (let node = 0; node < a.length; node++) sum += a[node];
  const mean = sum / a.length;
  for (let node = 0; node < a.length; node++) a[node] -= mean;
}
