/**
 * Stochastic block model: nodes in blocks of the given `sizes`, numbered block by block; two nodes of one
 * block are linked with probability `within`, two of different blocks with probability `between`. O(edges +
 * blocks^2), by geometric gaps.
 */
import { EdgeBuffer } from '../graph.js';
import { linkBetween, linkWithin } from './erdos-renyi.js';
import { checkEdgeCount, defineRandomGenerator, generated, probability, wholeList } from './generator.js';

export const stochasticBlock = defineRandomGenerator({
  kind: 'stochastic-block',
  summary: 'communities: dense inside, sparse between',
  parameters: {
    sizes: wholeList('number of nodes in each block', 1),
    within: probability('probability of an edge inside a block'),
    between: probability('probability of an edge between two blocks'),
  },
  generate({ sizes, within, between }, random) {
    const nodes = sizes.reduce((sum, size) => sum + size, 0);
    const pairsWithin = sizes.reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
    const expected = within * pairsWithin + between * ((nodes * (nodes - 1)) / 2 - pairsWithin);
    checkEdgeCount(['sizes'], sizes, expected);

    const edges = new EdgeBuffer(Math.ceil(expected + 4 * Math.sqrt(expected)));
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
    return generated(nodes, edges);
  },
});
