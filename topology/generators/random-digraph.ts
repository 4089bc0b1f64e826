/**
 * Random directed graph D(n, p): every ordered pair of nodes is an arc with the same probability,
 * independently. Give `probability`, or `averageDegree` = probability * (nodes - 1), the expected number of
 * nodes that hear a node. Strongly connected with high probability once that passes log(nodes) (Palasti
 * 1966). O(nodes + arcs), as `erdos-renyi`.
 */
import { Random } from '../random.js';
import { linkBetween } from './erdos-renyi.js';
import {
  amount,
  defineDrawnGenerator,
  nodeCount,
  oneOf,
  optional,
  probability,
  refuseAbove,
} from './generator.js';

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
    const given = oneOf(chosen, 'probability', 'averageDegree');
    if (given.name === 'averageDegree') refuseAbove(given.name, given.value, nodes - 1, 'nodes - 1 at most');
    const probability = given.name === 'probability' ? given.value : given.value / Math.max(nodes - 1, 1);
    return {
      nodes,
      edges: probability * nodes * (nodes - 1),
      blame: given.name,
      directed: true,
      // Pairs of a node with itself are drawn too, and dropped as self-loops.
      into: (arcs) => linkBetween(arcs, 0, nodes, 0, nodes, probability, new Random(seed)),
    };
  },
});
