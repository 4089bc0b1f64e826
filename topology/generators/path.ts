/**
 * Path: 0 - 1 - ... - (nodes-1). nodes - 1 edges. Laplacian eigenvalues 2 - 2 cos(pi k / nodes), k =
 * 0..nodes-1: the slowest of all connected graphs to agree.
 */
import { EdgeBuffer } from '../graph.js';
import { cutOfOffsets } from '../outline.js';
import { checkEdgeCount, defineGenerator, generated, nodeCount } from './generator.js';

export const path = defineGenerator({
  kind: 'path',
  summary: 'a line of nodes',
  parameters: { nodes: nodeCount() },
  generate({ nodes }) {
    checkEdgeCount(['nodes'], nodes, nodes - 1);
    const edges = new EdgeBuffer(nodes);
    for (let node = 1; node < nodes; node++) edges.push(node - 1, node);
    return generated(nodes, edges);
  },
  rows: ({ nodes }) => ({
    nodes,
    degree: (node) => Number(node > 0) + Number(node + 1 < nodes),
    write(node, into, at) {
      let slot = at;
      if (node > 0) into[slot++] = node - 1;
      if (node + 1 < nodes) into[slot] = node + 1;
    },
  }),
  outline: ({ nodes }) => ({
    nodes,
    arcs: 2 * (nodes - 1),
    expected: false,
    cut: (parts) => cutOfOffsets(nodes, parts, [-1, 1], false),
    smaller: (most) => ({ nodes: Math.min(nodes, most) }),
  }),
});
