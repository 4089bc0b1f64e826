/**
 * Stochastic block model: nodes in blocks of the given `sizes`, numbered block by block; two nodes of one
 * block are linked with probability `within`, two of different blocks with probability `between`. O(edges +
 * blocks^2), by geometric gaps.
 */
import type { EdgeSink } from '../part.js';
import { Random } from '../random.js';
import { linkBetween, linkWithin } from './erdos-renyi.js';
import { defineDrawnGenerator, probability, wholeList } from './generator.js';

export const stochasticBlock = defineDrawnGenerator({
  kind: 'stochastic-block',
  summary: 'communities: dense inside, sparse between',
  parameters: {
    sizes: wholeList('number of nodes in each block', 1),
    within: probability('probability of an edge inside a block'),
    between: probability('probability of an edge between two blocks'),
  },
  draw({ sizes, within, between }, seed) {
    const nodes = sizes.reduce((sum, size) => sum + size, 0);
    const pairsWithin = sizes.reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
    return {
      nodes,
      edges: within * pairsWithin + between * ((nodes * (nodes - 1)) / 2 - pairsWithin),
      blame: 'sizes',
      into: (edges) => linkBlocks(edges, { sizes, within, between }, new Random(seed)),
    };
  },
});

interface Blocks {
  sizes: readonly number[];
  within: number;
  between: number;
}

function linkBlocks(edges: EdgeSink, { sizes, within, between }: Blocks, random: Random): void {
  let firstA = 0;
  for (let a = 0; a < sizes.length; a++) {
    linkWithin(edges, firstA, sizes[a], within, random);
    let firstB = firstA + sizes[a];
    for (let b = a + 1; b < sizes.length; b++) {
      linkBetween(edges, firstA, sizes[a], firstB, sizes[b], between, random);
      firstB += sizes[b];
    }
    firstA += sizes[a];
  }
}
