/**
 * Erdos-Renyi G(n, p): every pair of nodes is linked with the same probability, independently.
 * Give `probability`, or `averageDegree` = probability * (nodes - 1). Connected with high probability once the average
 * degree passes log(nodes); below that there are isolated nodes.
 *
 * O(nodes + edges): the pairs are numbered, and the gap to the next linked one is drawn from the geometric distribution
 * (Batagelj and Brandes 2005).
 */
import { EdgeBuffer } from '../graph.js';
import { Random } from '../random.js';
import {
  checkEdgeCount,
  type Generator,
  generated,
  integerOf,
  nodesParameter,
  numberOf,
  oneOf,
  probabilityOf,
  seedOf,
  seedParameter,
} from './generator.js';

export const erdosRenyi: Generator = {
  kind: 'erdos-renyi',
  summary: 'every pair linked with the same probability',
  random: true,
  parameters: (zod) =>
    zod.strictObject({
      nodes: nodesParameter(zod),
      probability: zod.number().min(0).max(1).optional().describe('probability of each edge'),
      averageDegree: zod
        .number()
        .min(0)
        .optional()
        .describe('expected degree; stands for probability = averageDegree / (nodes - 1)'),
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
    const expected = (probability * nodes * (nodes - 1)) / 2;
    checkEdgeCount([given], spec[given], expected);
    const edges = new EdgeBuffer(Math.ceil(expected + 4 * Math.sqrt(expected)));
    linkWithin(edges, 0, nodes, probability, random);
    return generated(nodes, edges);
  },
};

/** Links each pair of the nodes first .. first+count-1 with the given probability. */
export function linkWithin(
  edges: EdgeBuffer,
  first: number,
  count: number,
  probability: number,
  random: Random,
): void {
  if (probability <= 0) return;
  const logOfFailure = Math.log1p(-probability);
  // Pairs (high, low), low < high, row by row; `low` runs past the end of a row and is brought back.
  let high = 1;
  let low = -1;
  for (;;) {
    low += 1 + (probability < 1 ? random.failuresBefore(logOfFailure) : 0);
    while (low >= high && high < count) {
      low -= high;
      high++;
    }
    if (high >= count) return;
    edges.push(first + low, first + high);
  }
}

/** Links each of the nodes firstA .. firstA+countA-1 with each of firstB .. with the given probability. */
export function linkBetween(
  edges: EdgeBuffer,
  firstA: number,
  countA: number,
  firstB: number,
  countB: number,
  probability: number,
  random: Random,
): void {
  if (probability <= 0) return;
  const logOfFailure = Math.log1p(-probability);
  const pairs = countA * countB;
  let pair = -1;
  for (;;) {
    pair += 1 + (probability < 1 ? random.failuresBefore(logOfFailure) : 0);
    if (pair >= pairs) return;
    edges.push(firstA + Math.floor(pair / countB), firstB + (pair % countB));
  }
}
