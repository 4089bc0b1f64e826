/**
 * Independent drops: every link is down with probability `rate`, each round anew: up iff u >= rate 2^32, u
 * the first word of the edge and round. E L(k) = (1 - rate) L. A message is lost in both directions or in
 * none: links fail, not packets (a directed graph has its arcs fail one by one). Source: Kar, Moura 2009
 * (IEEE TSP 57(1)), for consensus over links that fail at random.
 */

import { edgeWords, thresholdOf } from './draws.js';
import { defineLinks } from './types.js';

export const drops = defineLinks({
  kind: 'drops',
  metadata: {
    title: 'Independent drops',
    summary: 'every link fails with the same probability, each round anew',
    source: 'Kar, Moura 2009 (IEEE TSP 57(1))',
  },
  directed: true,
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('drops'),
      rate: z.number().min(0).lt(1).describe('probability that a link is down in a round'),
    }),

  load: ({ kind, rate }, { graph }) => ({
    plan: { kind, lanes: 1, rate },
    graph,
    fields: () => [],
    presence: 1 - rate,
    pairwise: false,
    warnings: [],
    reference: (seed) => (round, from, to) =>
      edgeWords(graph.arcs !== undefined, from, to, round, seed)[0] >= thresholdOf(rate),
  }),

  bind: ({ rate }, { rowStart, first, end, up, draw }) => {
    const threshold = thresholdOf(rate);
    const from = rowStart[first];
    const to = rowStart[end];
    return {
      mask(round) {
        const words = draw(round);
        for (let arc = from; arc < to; arc++) up[arc] = words[arc] >= threshold ? 1 : 0;
      },
    };
  },
});
