/**
 * A network of more nodes than a picture can tell apart: its adjacency matrix as tiles, each as dark as it has
 * entries, its nodes in reverse Cuthill-McKee order. What is near in the network is then near the diagonal: a
 * narrow band is a long network, a full square one without any order, blocks are communities.
 */

import type { Graph } from '../../topology/graph.js';
import { reverseCuthillMcKee } from '../../topology/ordering.js';
import { base64 } from './html.js';
import type { TilesPayload } from './payload.js';

const SIDE = 160;
/** Entries beyond which nodes stay in the order of their numbers: the walk would take seconds. */
const MOST_WALKED = 2 ** 25;

export interface Tiles {
  payload: TilesPayload;
  /** In which order nodes are, for people. */
  order: string;
  /** Share of the entries within a hundredth of the nodes of the diagonal. */
  near: number;
  /** Share of the tiles that have an entry. */
  filled: number;
}

export function tilesOf(graph: Graph): Tiles {
  const { nodes, rowStart, columns } = graph;
  const side = Math.min(SIDE, nodes);
  const walked = columns.length + nodes <= MOST_WALKED;
  const position = walked ? positionsIn(reverseCuthillMcKee(graph)) : null;
  const counts = new Uint32Array(side * side);
  let near = 0;
  for (let node = 0; node < nodes; node++) {
    const row = position === null ? node : (position[node] ?? 0);
    const at = Math.floor((row * side) / nodes) * side;
    for (let arc = rowStart[node] ?? 0; arc < (rowStart[node + 1] ?? 0); arc++) {
      const neighbour = columns[arc] ?? 0;
      const column = position === null ? neighbour : (position[neighbour] ?? 0);
      const tile = at + Math.floor((column * side) / nodes);
      counts[tile] = (counts[tile] ?? 0) + 1;
      if (Math.abs(row - column) <= nodes / 100) near++;
    }
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const shades = Uint8Array.from(counts, (count) =>
    count === 0 ? 0 : 1 + Math.floor((254 * Math.log1p(count)) / Math.log1p(most)),
  );
  return {
    payload: { side, shades: base64(shades) },
    order: walked ? 'in reverse Cuthill-McKee order' : 'in the order of their numbers',
    near: columns.length === 0 ? 1 : near / columns.length,
    filled: shades.reduce((sum, shade) => sum + (shade > 0 ? 1 : 0), 0) / shades.length,
  };
}

function positionsIn(order: Uint32Array): Uint32Array {
  const position = new Uint32Array(order.length);
  for (let at = 0; at < order.length; at++) position[order[at] ?? 0] = at;
  return position;
}
