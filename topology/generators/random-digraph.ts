/**
 * Random directed graph D(n, p): every ordered pair of nodes is an arc with the same probability,
 * independently. Give `probability`, or `averageDegree` = probability * (nodes - 1), the expected number of
 * nodes that hear a node. Strongly connected with high probability once that passes log(nodes) (Palasti
 * 1966). O(nodes + arcs), as `erdos-renyi`.
 */

import { Random } from '../random.js';
import { linkBetween, outlineDrawn, probabilityOf } from './erdos-renyi.js';
import { amount, defineDrawnGenerator, nodeCount, optional, probability } from './generator.js';

export const randomDigraph = defineDrawnGenerator({
  kind: 'random-digraph',
  summary: 'every ordered pair is an arc with the same probability',
  parameters: {
    nodes: nodeCount(),
    probability: optional(probability('probability of each arc')),
    averageDegree: optional(
      amount('expected out-degree; stands for probability = averageDegree / (nodes - 1)'),
    ),
  },
  draw({ nodes, ...chosen }, seed) {
    const probability = probabilityOf(nodes, chosen);
    return {
      nodes,
      edges: probability * nodes * (nodes - 1),
      blame: chosen.probability === undefined ? 'averageDegree' : 'probability',
      directed: true,
      // Pairs of a node with itself are drawn too, and dropped as self-loops.
      into: (arcs) => linkBetween(arcs, 0, nodes, 0, nodes, probability, new Random(seed)),
    };
  },
  outline: outlineDrawn,
});
