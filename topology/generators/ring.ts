/**
 * Ring: node i beside i - 1 and i + 1 (mod nodes). nodes edges; two nodes share a single edge, one has none.
 * Laplacian eigenvalues 2 - 2 cos(2 pi k / nodes).
 */
import { EdgeBuffer } from '../graph.js';
import { cutOfOffsets } from '../outline.js';
import { circulant } from '../part.js';
import { checkEdgeCount, defineGenerator, generated, nodeCount } from './generator.js';

export const ring = defineGenerator({
  kind: 'ring',
  summary: 'a closed line of nodes',
  parameters: { nodes: nodeCount() },
  generate({ nodes }) {
    checkEdgeCount(['nodes'], nodes, nodes);
    const edges = new EdgeBuffer(nodes);
    for (let node = 1; node < nodes; node++) edges.push(node - 1, node);
    if (nodes > 2) edges.push(nodes - 1, 0);
    return generated(nodes, edges);
  },
  rows: ({ nodes }) => ({ nodes, ...circulant(nodes, [[], [], [1]][nodes] ?? [1, nodes - 1]) }),
  outline: ({ nodes }) => ({
    nodes,
    arcs: nodes * ([0, 0, 1][nodes] ?? 2),
    expected: false,
    cut: (parts) => cutOfOffsets(nodes, parts, [-1, 1], true),
    smaller: (most) => ({ nodes: Math.min(nodes, most) }),
  }),
});
