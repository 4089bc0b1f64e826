/**
 * Stochastic block model: nodes in blocks of the given `sizes`, numbered block by block; two nodes of one block are linked
 * with probability `within`, two of different blocks with probability `between`. O(edges + blocks^2), by geometric gaps.
 */
import { parameterError } from '../errors.js';
import { EdgeBuffer } from '../graph.js';
import { Random } from '../random.js';
import { linkBetween, linkWithin } from './erdos-renyi.js';
import {
  checkEdgeCount,
  type Generator,
  generated,
  probabilityOf,
  seedOf,
  seedParameter,
} from './generator.js';

export const stochasticBlock: Generator = {
  kind: 'stochastic-block',
  summary: 'communities: dense inside, sparse between',
  random: true,
  parameters: (zod) =>
    zod.strictObject({
      sizes: zod.array(zod.number().int().min(1)).min(1).describe('number of nodes in each block'),
      within: zod.number().min(0).max(1).describe('probability of an edge inside a block'),
      between: zod.number().min(0).max(1).describe('probability of an edge between two blocks'),
      seed: seedParameter(zod),
    }),
  generate(spec, seed) {
    const sizes = sizesOf(spec);
    const within = probabilityOf(spec, 'within');
    const between = probabilityOf(spec, 'between');
    const random = new Random(seedOf(spec, seed));
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
};

function sizesOf(spec: Record<string, unknown>): number[] {
  const sizes = spec['sizes'];
  if (!Array.isArray(sizes) || sizes.length === 0) {
    throw parameterError(['sizes'], sizes, 'a list with at least one block size');
  }
  sizes.forEach((size, block) => {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw parameterError(['sizes', block], size, 'a whole number, 1 or more');
    }
  });
  return sizes;
}
