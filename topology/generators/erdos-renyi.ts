/**
 * Erdos-Renyi G(n, p): every pair of nodes is linked with the same probability, independently. Give
 * `probability`, or `averageDegree` = probability * (nodes - 1). Connected with high probability once the
 * average degree passes log(nodes); below that there are isolated nodes.
 *
 * O(nodes + edges): the pairs are numbered, and the gap to the next linked one is drawn from the geometric
 * distribution (Batagelj and Brandes 2005).
 */

import { cutOfDrawn, type Outline } from '../outline.js';
import type { EdgeSink } from '../part.js';
import { Random } from '../random.js';
import {
  amount,
  defineDrawnGenerator,
  nodeCount,
  oneOf,
  optional,
  probability,
  refuseAbove,
} from './generator.js';

export const erdosRenyi = defineDrawnGenerator({
  kind: 'erdos-renyi',
  summary: 'every pair linked with the same probability',
  parameters: {
    nodes: nodeCount(),
    probability: optional(probability('probability of each edge')),
    averageDegree: optional(amount('expected degree; stands for probability = averageDegree / (nodes - 1)')),
  },
  draw({ nodes, ...chosen }, seed) {
    const probability = probabilityOf(nodes, chosen);
    return {
      nodes,
      edges: (probability * nodes * (nodes - 1)) / 2,
      blame: chosen.probability === undefined ? 'averageDegree' : 'probability',
      into: (edges) => linkWithin(edges, 0, nodes, probability, new Random(seed)),
    };
  },
  outline: outlineDrawn,
});

/** One of the two. */
interface Chosen {
  probability: number | undefined;
  averageDegree: number | undefined;
}

/** Of each pair, or arc, from the parameter that is given. */
export function probabilityOf(nodes: number, chosen: Chosen): number {
  const given = oneOf(chosen, 'probability', 'averageDegree');
  if (given.name === 'probability') return given.value;
  refuseAbove(given.name, given.value, nodes - 1, 'nodes - 1 at most');
  return given.value / Math.max(nodes - 1, 1);
}

/** The same expected degree among fewer nodes, as far as those have as many others; under the name given. */
function smallerDrawn(nodes: number, chosen: Chosen, most: number): Record<string, unknown> {
  const fewer = Math.min(nodes, most);
  const degree = Math.min(probabilityOf(nodes, chosen) * (nodes - 1), fewer - 1);
  return chosen.probability === undefined
    ? { nodes: fewer, averageDegree: degree }
    : { nodes: fewer, probability: fewer === nodes ? chosen.probability : degree / Math.max(fewer - 1, 1) };
}

/** What is known of it without drawing it: every ordered pair is an arc with the same probability. */
export function outlineDrawn({ nodes, ...chosen }: Chosen & { nodes: number }): Outline {
  const probability = probabilityOf(nodes, chosen);
  const arcs = probability * nodes * (nodes - 1);
  const heard = (share: number) => 1 - (1 - probability) ** (share * nodes);
  return {
    nodes,
    arcs,
    expected: true,
    cut: (parts) => cutOfDrawn(nodes, arcs, parts, heard),
    smaller: (most) => smallerDrawn(nodes, chosen, most),
  };
}

/** Links each pair of the nodes first .. first+count-1 with the given probability. */
export function linkWithin(
  edges: EdgeSink,
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
  edges: EdgeSink,
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
