/**
 * A connected graph laid out by springs and charges: edges draw together, all nodes push each other apart
 * (d3-force: Barnes and Hut 1986, velocity Verlet).
 *
 * From places that say nothing that takes hundreds of sweeps, and folds long graphs over. So the graph is
 * first made smaller by half again and again, neighbours drawn together in pairs, and each layout, made as
 * much larger as it has more nodes, is where the next one begins (Walshaw 2003).
 *
 * Nothing is drawn at random, and the number of sweeps depends on the number of nodes alone.
 */
import {
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force';
import type { Graph } from './graph.js';

/** The neighbours of each node, row by row. */
export type Rows = Pick<Graph, 'nodes' | 'rowStart' | 'columns'>;

/** So many nodes are laid out from the beginning. */
const COARSEST_NODES = 40;
/** Of the nodes of a level, what the next one may have; hubs do not pair well. */
const LEAST_SHRINKING = 0.9;
const FIRST_SWEEPS = 200;
/** Sweeps times nodes, of a level, and the least and most of them. */
const SWEEP_BUDGET = 75_000;
const FEWEST_SWEEPS = 8;
const MOST_SWEEPS = 60;
/** How far a spring reaches at rest, and with what charge nodes push each other apart. */
const LENGTH = 30;
const CHARGE = -40;
/** Beyond it nodes do not push each other: what is far away has been settled with fewer nodes. */
const FARTHEST = 15 * LENGTH;
/** How coarsely charges far away are taken together, as the library has it. */
const THETA = 1.2;
/** What draws everything to the middle, a little: without it nothing holds the ends of a long graph. */
const GRAVITY = 0.004;
/** Radians; turning by it spreads points evenly around a circle (Vogel 1979). */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

interface Level extends Rows {
  /** Of each arc: edges of the graph that it stands for. */
  weights: Float32Array;
  /** Of each node: nodes of the graph that it stands for. */
  masses: Float32Array;
  /** The node of the next level; null on the last. */
  pairOf: Uint32Array | null;
}

interface Places {
  x: Float32Array;
  y: Float32Array;
}

/** Places of the nodes of a connected graph, around 0, in a unit of its own. */
export function springs(graph: Rows): Places {
  const levels = levelsOf(graph);
  let places = spiral(levels[levels.length - 1] as Level);
  for (let at = levels.length - 1; at >= 0; at--) {
    const level = levels[at] as Level;
    if (level.pairOf !== null) places = apart(level.pairOf, places);
    sweep(level, places);
  }
  return places;
}

function levelsOf(graph: Rows): Level[] {
  const { nodes, rowStart, columns } = graph;
  const weights = new Float32Array(columns.length).fill(1);
  const masses = new Float32Array(nodes).fill(1);
  const levels: Level[] = [{ nodes, rowStart, columns, weights, masses, pairOf: null }];
  for (;;) {
    const level = levels[levels.length - 1] as Level;
    if (level.nodes <= COARSEST_NODES) return levels;
    const { count, of } = pairs(level);
    if (count > LEAST_SHRINKING * level.nodes) return levels;
    level.pairOf = of;
    levels.push(drawnTogether(level, count, of));
  }
}

/**
 * Each node with the free neighbour that it is tied to most for its mass. Who finds none joins the pair of a
 * neighbour, so that the leaves of a hub, too, become fewer.
 */
function pairs({ nodes, rowStart, columns, weights, masses }: Level): { count: number; of: Uint32Array } {
  const NONE = 0xffff_ffff;
  const of = new Uint32Array(nodes).fill(NONE);
  const alone: number[] = [];
  let count = 0;
  for (let node = 0; node < nodes; node++) {
    if (of[node] !== NONE) continue;
    let best = -1;
    let most = 0;
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
      const other = columns[arc];
      const tied = weights[arc] / masses[other];
      if (of[other] !== NONE || tied <= most) continue;
      best = other;
      most = tied;
    }
    if (best < 0) {
      alone.push(node);
      continue;
    }
    of[node] = count;
    of[best] = count;
    count++;
  }
  // The neighbours of who is alone are all in pairs.
  for (const node of alone) {
    let best = columns[rowStart[node]];
    let most = 0;
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
      const tied = weights[arc] / masses[columns[arc]];
      if (tied <= most || of[columns[arc]] === NONE) continue;
      best = columns[arc];
      most = tied;
    }
    of[node] = of[best];
  }
  return { count, of };
}

/** The graph of the pairs; edges within one are left out. */
function drawnTogether(level: Level, count: number, of: Uint32Array): Level {
  const { nodes, rowStart, columns, weights } = level;
  const masses = new Float32Array(count);
  const start = new Uint32Array(count + 1);
  for (let node = 0; node < nodes; node++) {
    masses[of[node]] += level.masses[node];
    start[of[node] + 1]++;
  }
  for (let pair = 0; pair < count; pair++) start[pair + 1] += start[pair];
  const members = new Uint32Array(nodes);
  const next = start.slice();
  for (let node = 0; node < nodes; node++) members[next[of[node]]++] = node;
  const joined = new Uint32Array(columns.length);
  const sums = new Float32Array(columns.length);
  const starts = new Uint32Array(count + 1);
  const slotOf = new Int32Array(count).fill(-1);
  let filled = 0;
  for (let pair = 0; pair < count; pair++) {
    starts[pair] = filled;
    for (let at = start[pair]; at < start[pair + 1]; at++) {
      const node = members[at];
      for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
        const other = of[columns[arc]];
        if (other === pair) continue;
        if (slotOf[other] < starts[pair]) {
          slotOf[other] = filled;
          joined[filled++] = other;
        }
        sums[slotOf[other]] += weights[arc];
      }
    }
  }
  starts[count] = filled;
  return {
    nodes: count,
    rowStart: starts,
    columns: joined.slice(0, filled),
    weights: sums.slice(0, filled),
    masses,
    pairOf: null,
  };
}

/** Where nothing is known yet: evenly over a disc. */
function spiral({ nodes }: Level): Places {
  const x = new Float32Array(nodes);
  const y = new Float32Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const radius = LENGTH * Math.sqrt(node + 0.5);
    x[node] = radius * Math.cos(node * GOLDEN_ANGLE);
    y[node] = radius * Math.sin(node * GOLDEN_ANGLE);
  }
  return { x, y };
}

/**
 * Where pairs are, farther from each other by as much as there are more nodes, their nodes begin, a little
 * beside each other.
 */
function apart(pairOf: Uint32Array, { x, y }: Places): Places {
  const wider = Math.sqrt(pairOf.length / x.length);
  const places = { x: new Float32Array(pairOf.length), y: new Float32Array(pairOf.length) };
  for (let node = 0; node < pairOf.length; node++) {
    places.x[node] = wider * x[pairOf[node]] + 0.3 * LENGTH * Math.cos(node * GOLDEN_ANGLE);
    places.y[node] = wider * y[pairOf[node]] + 0.3 * LENGTH * Math.sin(node * GOLDEN_ANGLE);
  }
  return places;
}

/** Moves the nodes of a level, in place. */
function sweep(level: Level, { x, y }: Places): void {
  const { nodes, rowStart, columns, pairOf } = level;
  const bodies: SimulationNodeDatum[] = Array.from(x, (at, node) => ({ x: at, y: y[node], vx: 0, vy: 0 }));
  const springs: SimulationLinkDatum<SimulationNodeDatum>[] = [];
  for (let node = 0; node < nodes; node++) {
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++)
      if (columns[arc] > node) springs.push({ source: node, target: columns[arc] });
  }
  const sweeps =
    pairOf === null && nodes <= COARSEST_NODES
      ? FIRST_SWEEPS
      : Math.min(MOST_SWEEPS, Math.max(FEWEST_SWEEPS, Math.round(SWEEP_BUDGET / nodes)));
  // From a start that says something, no more heat than neighbours need to find their places.
  const heat = pairOf === null ? 1 : 0.5;
  forceSimulation(bodies)
    .stop()
    .alpha(heat)
    .alphaDecay(1 - 0.02 ** (1 / sweeps))
    .velocityDecay(0.4)
    .force('charge', forceManyBody().strength(CHARGE).theta(THETA).distanceMax(FARTHEST))
    .force('springs', forceLink(springs).distance(LENGTH))
    .force('x', forceX(0).strength(GRAVITY))
    .force('y', forceY(0).strength(GRAVITY))
    .tick(sweeps);
  for (let node = 0; node < nodes; node++) {
    x[node] = bodies[node]?.x ?? 0;
    y[node] = bodies[node]?.y ?? 0;
  }
}
