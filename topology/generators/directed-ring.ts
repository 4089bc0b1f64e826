/**
 * Directed ring: node i is heard by i + 1 (mod nodes) alone. nodes arcs: the sparsest strongly connected graph, and the slowest to mix.
 */
import { EdgeBuffer } from '../graph.js';
import { checkEdgeCount, type Generator, generatedDirected, integerOf, nodesParameter } from './generator.js';

export const directedRing: Generator = {
  kind: 'directed-ring',
  summary: 'a closed line of nodes, each heard by the next alone',
  random: false,
  parameters: (zod) => zod.strictObject({ nodes: nodesParameter(zod) }),
  generate(spec) {
    const nodes = integerOf(spec, 'nodes', 1);
    checkEdgeCount(['nodes'], nodes, nodes);
    const arcs = new EdgeBuffer(nodes);
    for (let node = 0; node < nodes; node++) arcs.push(node, (node + 1) % nodes);
    return generatedDirected(nodes, arcs);
  },
};
