/**
 * Complete: everybody beside everybody. nodes (nodes - 1) / 2 edges.
 * Laplacian eigenvalues 0 and nodes (nodes - 1 times).
 */
import { EdgeBuffer } from '../graph.js';
import { checkEdgeCount, type Generator, generated, integerOf, nodesParameter } from './generator.js';

export const complete: Generator = {
  kind: 'complete',
  summary: 'every pair of nodes linked',
  random: false,
  parameters: (zod) => zod.strictObject({ nodes: nodesParameter(zod) }),
  generate(spec) {
    const nodes = integerOf(spec, 'nodes', 1);
    const count = (nodes * (nodes - 1)) / 2;
    checkEdgeCount(['nodes'], nodes, count);
    const edges = new EdgeBuffer(count);
    for (let a = 0; a < nodes; a++) for (let b = a + 1; b < nodes; b++) edges.push(a, b);
    return generated(nodes, edges);
  },
};
