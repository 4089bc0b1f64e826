/**
 * Ring: node i beside i - 1 and i + 1 (mod nodes). nodes edges; two nodes share a single edge, one has none.
 * Laplacian eigenvalues 2 - 2 cos(2 pi k / nodes).
 */
import { EdgeBuffer } from '../graph.js';
import { checkEdgeCount, type Generator, generated, integerOf, nodesParameter } from './generator.js';

export const ring: Generator = {
  kind: 'ring',
  summary: 'a closed line of nodes',
  random: false,
  parameters: (zod) => zod.strictObject({ nodes: nodesParameter(zod) }),
  generate(spec) {
    const nodes = integerOf(spec, 'nodes', 1);
    checkEdgeCount(['nodes'], nodes, nodes);
    const edges = new EdgeBuffer(nodes);
    for (let node = 1; node < nodes; node++) edges.push(node - 1, node);
    if (nodes > 2) edges.push(nodes - 1, 0);
    return generated(nodes, edges);
  },
};
