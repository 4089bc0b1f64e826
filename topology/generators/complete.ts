/**
 * Complete: everybody beside everybody. nodes (nodes - 1) / 2 edges.
 * Laplacian eigenvalues 0 and nodes (nodes - 1 times).
 */
import { EdgeBuffer } from '../graph.js';
import { cutOfRanges } from '../outline.js';
import { checkEdgeCount, defineGenerator, generated, nodeCount } from './generator.js';

export const complete = defineGenerator({
  kind: 'complete',
  summary: 'every pair of nodes linked',
  parameters: { nodes: nodeCount() },
  generate({ nodes }) {
    const count = (nodes * (nodes - 1)) / 2;
    checkEdgeCount(['nodes'], nodes, count);
    const edges = new EdgeBuffer(count);
    for (let a = 0; a < nodes; a++) for (let b = a + 1; b < nodes; b++) edges.push(a, b);
    return generated(nodes, edges);
  },
  rows: ({ nodes }) => ({
    nodes,
    degree: () => nodes - 1,
    write(node, into, at) {
      for (let other = 0; other < nodes; other++) {
        if (other !== node) into[at + other - Number(other > node)] = other;
      }
    },
  }),
  outline: ({ nodes }) => ({
    nodes,
    arcs: nodes * (nodes - 1),
    expected: false,
    cut: (parts) => cutOfRanges(nodes, parts, (first, end) => [{ begin: 0, end: nodes, times: end - first }]),
    smaller: (most) => ({ nodes: Math.min(nodes, most) }),
  }),
});
