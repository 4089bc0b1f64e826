/**
 * Star: node 0 beside all others, which see nobody else. nodes - 1 edges.
 * Laplacian eigenvalues 0, 1 (nodes - 2 times) and nodes. The network of a parameter server.
 */
import { EdgeBuffer } from '../graph.js';
import { cutOfRanges } from '../outline.js';
import { checkEdgeCount, defineGenerator, generated, nodeCount } from './generator.js';

export const star = defineGenerator({
  kind: 'star',
  summary: 'one centre, node 0, beside all others',
  parameters: { nodes: nodeCount() },
  generate({ nodes }) {
    checkEdgeCount(['nodes'], nodes, nodes - 1);
    const edges = new EdgeBuffer(nodes);
    for (let node = 1; node < nodes; node++) edges.push(0, node);
    return generated(nodes, edges);
  },
  rows: ({ nodes }) => ({
    nodes,
    degree: (node) => (node === 0 ? nodes - 1 : 1),
    write(node, into, at) {
      if (node > 0) into[at] = 0;
      else for (let leaf = 1; leaf < nodes; leaf++) into[at + leaf - 1] = leaf;
    },
  }),
  outline: ({ nodes }) => ({
    nodes,
    arcs: 2 * (nodes - 1),
    expected: false,
    cut: (parts) =>
      cutOfRanges(nodes, parts, (first, end) =>
        first === 0 ? [{ begin: 1, end: nodes }] : [{ begin: 0, end: 1, times: end - first }],
      ),
    smaller: (most) => ({ nodes: Math.min(nodes, most) }),
  }),
});
