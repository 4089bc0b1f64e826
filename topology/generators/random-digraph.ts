/**
 * Random directed graph D(n, p): every ordered pair of nodes is an arc with the same probability, independently.
 * Give `probability`, or `averageDegree` = probability * (nodes - 1), the expected number of nodes that hear a node. Strongly connected
 * with high probability once that passes log(nodes) (Palasti 1966). O(nodes + arcs), as `erdos-renyi`.
 */
import { EdgeBuffer } from '../graph.js';
import { Random } from '../random.js';
import { linkBetween } from './erdos-renyi.js';
import {
  checkEdgeCount,
  type Generator,
  generatedDirected,
  integerOf,
  nodesParameter,
  numberOf,
  oneOf,
  probabilityOf,
  seedOf,
  seedParameter,
} from './generator.js';

export const randomDigraph: Generator = {
  kind: 'random-digraph',
  summary: 'every ordered pair is an arc with the same probability',
  random: true,
  parameters: (zod) =>
    zod.strictObject({
      nodes: nodesParameter(zod),
      probability: zod.number().min(0).max(1).optional().describe('probability of each arc'),
      averageDegree: zod
        .number()
        .min(0)
        .optional()
        .describe('expected out-degree; stands for probability = averageDegree / (nodes - 1)'),
      seed: seedParameter(zod),
    }),
  generate(spec, seed) {
    const nodes = integerOf(spec, 'nodes', 1);
    const random = new Random(seedOf(spec, seed));
    const given = oneOf(spec, 'probability', 'averageDegree');
    const probability =
      given === 'probability'
        ? probabilityOf(spec, 'probability')
        : numberOf(spec, 'averageDegree', 0, nodes - 1, 'nodes - 1 at most') / Math.max(nodes - 1, 1);
    const expected = probability * nodes * (nodes - 1);
    checkEdgeCount([given], spec[given], expected);
    const arcs = new EdgeBuffer(Math.ceil(expected + 4 * Math.sqrt(expected)));
    // Pairs of a node with itself are drawn too, and dropped as self-loops.
    linkBetween(arcs, 0, nodes, 0, nodes, probability, random);
    return generatedDirected(nodes, arcs);
  },
};
