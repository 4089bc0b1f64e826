/**
 * Random geometric: nodes uniform in the unit square, linked when nearer than `radius`: radios in a field.
 * Give `radius`, or `averageDegree`, from which the radius follows by the exact law of the distance between
 * two random points of the square
 *
 *     P(distance < r) = pi r^2 - 8/3 r^3 + r^4 / 2     (r <= 1)
 *
 * Connected with high probability when pi radius^2 nodes passes log(nodes) (Penrose 1997). O(nodes + edges):
 * nodes are sorted into square cells no narrower than the radius, and numbered cell by cell, so that
 * neighbours are near in memory.
 */
import { EdgeBuffer } from '../graph.js';
import type { Random } from '../random.js';
import {
  amount,
  checkEdgeCount,
  defineRandomGenerator,
  generated,
  nodeCount,
  oneOf,
  optional,
  refuseAbove,
} from './generator.js';

export const randomGeometric = defineRandomGenerator({
  kind: 'random-geometric',
  summary: 'random points of a square, linked when near',
  parameters: {
    nodes: nodeCount(),
    radius: optional(amount('distance below which two nodes are linked; side 1')),
    averageDegree: optional(amount('expected degree; the radius follows from it')),
  },
  generate({ nodes, ...chosen }, random) {
    const { name, value } = oneOf(chosen, 'radius', 'averageDegree');
    if (name === 'radius') refuseAbove(name, value, Math.SQRT2, 'the diagonal at most');
    else refuseAbove(name, value, (nodes - 1) * probabilityNearer(1), 'radius 1 at most');
    const radius = name === 'radius' ? value : radiusFor(value / Math.max(nodes - 1, 1));
    const expected = (probabilityNearer(Math.min(radius, 1)) * nodes * (nodes - 1)) / 2;
    checkEdgeCount([name], value, expected);

    const points = drawPoints(nodes, radius, random);
    const edges = new EdgeBuffer(Math.ceil(expected + 4 * Math.sqrt(expected)));
    linkNear(points, radius * radius, edges);
    return generated(nodes, edges);
  },
});

/** The probability that two uniform points of the unit square are nearer than r, r in [0, 1]. */
export function probabilityNearer(r: number): number {
  return r * r * (Math.PI - (8 / 3) * r + (r * r) / 2);
}

/** The inverse of `probabilityNearer`, by bisection: it rises from 0 at 0 to 0.975 at 1. */
function radiusFor(probability: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (probabilityNearer(middle) < probability) low = middle;
    else high = middle;
  }
  return high;
}

interface Points {
  /** Cells along one side of the square. */
  side: number;
  /** side^2 + 1 offsets into x and y. */
  cellStart: Uint32Array;
  x: Float64Array;
  y: Float64Array;
}

/** Draws the points and sorts them by cell, row by row. */
function drawPoints(nodes: number, radius: number, random: Random): Points {
  // No more cells than nodes, or a small radius would cost memory for nothing.
  const side = Math.max(1, Math.min(Math.floor(1 / Math.max(radius, 1e-9)), Math.floor(Math.sqrt(nodes))));
  const drawnX = new Float64Array(nodes);
  const drawnY = new Float64Array(nodes);
  const cellOf = new Uint32Array(nodes);
  const cellStart = new Uint32Array(side * side + 1);
  for (let node = 0; node < nodes; node++) {
    drawnX[node] = random.uniform();
    drawnY[node] = random.uniform();
    cellOf[node] = Math.floor(drawnY[node] * side) * side + Math.floor(drawnX[node] * side);
    cellStart[cellOf[node] + 1]++;
  }
  for (let cell = 0; cell < side * side; cell++) cellStart[cell + 1] += cellStart[cell];
  const cursor = cellStart.slice();
  const x = new Float64Array(nodes);
  const y = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const slot = cursor[cellOf[node]]++;
    x[slot] = drawnX[node];
    y[slot] = drawnY[node];
  }
  return { side, cellStart, x, y };
}

/** Links each point to the later ones of its own cell and to those of the four cells that come after it. */
function linkNear({ side, cellStart, x, y }: Points, radiusSquared: number, edges: EdgeBuffer): void {
  const linkRange = (point: number, begin: number, end: number): void => {
    for (let other = begin; other < end; other++) {
      const dx = x[point] - x[other];
      const dy = y[point] - y[other];
      if (dx * dx + dy * dy < radiusSquared) edges.push(point, other);
    }
  };
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const cell = row * side + column;
      for (let point = cellStart[cell]; point < cellStart[cell + 1]; point++) {
        const right = column + 1 < side ? cell + 1 : cell;
        linkRange(point, point + 1, cellStart[right + 1]);
        if (row + 1 === side) continue;
        const below = cell + side;
        linkRange(
          point,
          cellStart[column > 0 ? below - 1 : below],
          cellStart[column + 1 < side ? below + 2 : below + 1],
        );
      }
    }
  }
}
