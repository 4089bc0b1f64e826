/**
 * Strips: the nodes in an order, cut into runs of nearly equal weight. Where the order brings neighbours near
 * each other, only nodes next to a cut have neighbours in another strip: with bandwidth b (the largest
 * distance of two neighbours in the order) at most b on either side of it.
 *
 * The order is that of the numbers, as a grid or a ring has them, or that of reverse Cuthill and McKee
 * (`ordering.ts`), whose strips are runs of levels of a breadth-first walk. O(nodes + edges log degree). On a
 * square grid strips have about twice the boundary of a partition into squares; they need nothing but this.
 */

import { parameterError } from './errors.js';
import type { Graph } from './graph.js';
import { reverseCuthillMcKee } from './ordering.js';

/**
 * Boundaries of strips of nearly equal weight, each with one entry at least.
 *
 * @param weights of the nodes in their order, none below 0
 * @param strips 1..nodes
 * @returns strips + 1 positions: strip s has those from [s] to [s + 1] - 1
 * @throws TopologyError when there are more strips than nodes
 */
export function equalStrips(weights: Float64Array, strips: number): Uint32Array {
  const nodes = weights.length;
  if (!Number.isInteger(strips) || strips < 1 || strips > nodes) {
    throw parameterError(['strips'], strips, `1..${nodes} (one node each)`);
  }
  let total = 0;
  for (let at = 0; at < nodes; at++) total += weights[at];
  const boundaries = new Uint32Array(strips + 1);
  let node = 0;
  let done = 0;
  for (let strip = 1; strip < strips; strip++) {
    const target = (total * strip) / strips;
    const least = boundaries[strip - 1] + 1;
    const most = nodes - (strips - strip);
    // A node is taken while that brings the end of the strip nearer to its share.
    while (node < most && (node < least || done + weights[node] / 2 <= target)) done += weights[node++];
    boundaries[strip] = node;
  }
  boundaries[strips] = nodes;
  return boundaries;
}

/**
 * The strip of each node, in an order.
 *
 * @param order the node at each position; null: by number
 * @param weights of the nodes, by number
 */
export function stripsOf(order: Uint32Array | null, weights: Float64Array, strips: number): Uint32Array {
  const inOrder = order === null ? weights : Float64Array.from(order, (node) => weights[node]);
  const boundaries = equalStrips(inOrder, strips);
  const part = new Uint32Array(weights.length);
  for (let strip = 0; strip < strips; strip++) {
    for (let at = boundaries[strip]; at < boundaries[strip + 1]; at++) {
      part[order === null ? at : order[at]] = strip;
    }
  }
  return part;
}

/** Strips in the order of reverse Cuthill and McKee. */
export function rcmStrips(graph: Graph, weights: Float64Array, strips: number): Uint32Array {
  return stripsOf(reverseCuthillMcKee(graph), weights, strips);
}
