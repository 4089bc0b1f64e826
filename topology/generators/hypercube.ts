/**
 * Hypercube: 2^dimension nodes, linked when their numbers differ in exactly one bit. dimension
 * 2^(dimension-1) edges. Laplacian eigenvalues 2 k, each C(dimension, k) times.
 */
import { EdgeBuffer } from '../graph.js';
import { defineGenerator, generated, whole } from './generator.js';

/** 2^23 nodes, 96 million edges. */
const MAX_DIMENSION = 23;

export const hypercube = defineGenerator({
  kind: 'hypercube',
  summary: 'nodes whose binary numbers differ in one bit are linked',
  parameters: {
    dimension: whole('dimension: 2^dimension nodes', 0, MAX_DIMENSION),
  },
  generate({ dimension }) {
    const nodes = 2 ** dimension;
    const edges = new EdgeBuffer((nodes * dimension) / 2);
    for (let node = 0; node < nodes; node++) {
      for (let bit = 0; bit < dimension; bit++) {
        const other = node ^ (1 << bit);
        if (node < other) edges.push(node, other);
      }
    }
    return generated(nodes, edges);
  },
});
