/**
 * Barabasi-Albert preferential attachment (Barabasi and Albert 1999): starts from a star of attach + 1 nodes;
 * every further node links to `attach` different earlier ones, drawn with probability proportional to their
 * degree. A few hubs and many leaves; always connected. attach * (nodes - attach) edges. O(edges): a list in
 * which every node stands as often as it has neighbours is drawn from uniformly (Batagelj and Brandes 2005).
 */
import { EdgeBuffer } from '../graph.js';
import {
  checkEdgeCount,
  defineRandomGenerator,
  generated,
  nodeCount,
  refuseOutside,
  whole,
} from './generator.js';

export const barabasiAlbert = defineRandomGenerator({
  kind: 'barabasi-albert',
  summary: 'newcomers link to the well linked: hubs',
  parameters: {
    nodes: nodeCount(2),
    attach: whole('edges that every new node brings', 1),
  },
  generate({ nodes, attach }, random) {
    refuseOutside('attach', attach, 1, nodes - 1, 'fewer than nodes');
    const count = attach * (nodes - attach);
    checkEdgeCount(['attach'], attach, count);

    const edges = new EdgeBuffer(count);
    const ends = new Uint32Array(2 * count);
    let filled = 0;
    const link = (a: number, b: number): void => {
      edges.push(a, b);
      ends[filled++] = a;
      ends[filled++] = b;
    };
    for (let leaf = 1; leaf <= attach; leaf++) link(0, leaf);
    const chosenBy = new Uint32Array(nodes);
    const chosen = new Uint32Array(attach);
    for (let node = attach + 1; node < nodes; node++) {
      // The newcomer's own edges join the list only when all are chosen, or it could meet itself.
      for (let draw = 0; draw < attach; ) {
        const target = ends[random.below(filled)];
        if (chosenBy[target] === node) continue;
        chosenBy[target] = node;
        chosen[draw++] = target;
      }
      for (let draw = 0; draw < attach; draw++) link(chosen[draw], node);
    }
    return generated(nodes, edges);
  },
});
