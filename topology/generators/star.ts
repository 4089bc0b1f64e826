/**
 * Star: node 0 beside all others, which see nobody else. nodes - 1 edges.
 * Laplacian eigenvalues 0, 1 (nodes - 2 times) and nodes. The network of a parameter server.
 */
import { EdgeBuffer } from '../graph.js';
import { checkEdgeCount, type Generator, generated, integerOf, nodesParameter } from './generator.js';

export const star: Generator = {
  kind: 'star',
  summary: 'one centre, node 0, beside all others',
  random: false,
  parameters: (zod) => zod.strictObject({ nodes: nodesParameter(zod) }),
  generate(spec) {
    const nodes = integerOf(spec, 'nodes', 1);
    checkEdgeCount(['nodes'], nodes, nodes - 1);
    const edges = new EdgeBuffer(nodes);
    for (let node = 1; node < nodes; node++) edges.push(0, node);
    return generated(nodes, edges);
  },
};
