/**
 * Directed ring: node i is heard by i + 1 (mod nodes) alone. nodes arcs: the sparsest strongly connected
 * graph, and the slowest to mix.
 */
import { EdgeBuffer } from '../graph.js';
import { cutOfOffsets } from '../outline.js';
import { circulant } from '../part.js';
import { checkEdgeCount, defineGenerator, generatedDirected, nodeCount } from './generator.js';

export const directedRing = defineGenerator({
  kind: 'directed-ring',
  summary: 'a closed line of nodes, each heard by the next alone',
  parameters: { nodes: nodeCount() },
  generate({ nodes }) {
    checkEdgeCount(['nodes'], nodes, nodes);
    const arcs = new EdgeBuffer(nodes);
    for (let node = 0; node < nodes; node++) arcs.push(node, (node + 1) % nodes);
    return generatedDirected(nodes, arcs);
  },
  rows: ({ nodes }) => ({
    nodes,
    ...circulant(nodes, [[], [], [1]][nodes] ?? [1, nodes - 1]),
    arcs: {
      heard: circulant(nodes, nodes > 1 ? [nodes - 1] : []),
      hearing: circulant(nodes, nodes > 1 ? [1] : []),
    },
  }),
  outline: ({ nodes }) => ({
    nodes,
    arcs: nodes > 1 ? nodes : 0,
    expected: false,
    cut: (parts) => cutOfOffsets(nodes, parts, [-1], true),
    smaller: (most) => ({ nodes: Math.min(nodes, most) }),
  }),
});
