/**
 * Bursts: every link is a Markov chain of two states, good and bad, and loses messages in each with a
 * probability of its own.
 *
 *     good -> bad with probability toBad, bad -> good with toGood, once a round;
 *     down with probability lossGood or lossBad
 *
 * Begins in its stationary state, bad with probability toBad/(toBad + toGood). A bad time lasts 1/toGood
 * rounds on average. Both ends of a link keep its state and move it by the same draws: words 0 (move), 1
 * (loss), 2 (beginning, in round 0). Source: Gilbert 1960 (lossGood 0), Elliott 1963.
 */

import { arcsThatLast } from '../arena/layout.js';
import { unexpected } from '../base/errors.js';
import type { Seed } from '../runtime.js';
import { edgeWords, thresholdOf } from './draws.js';
import { defineLinks, type ReferenceLinks } from './types.js';

/** Probabilities. */
interface Chain {
  toBad: number;
  toGood: number;
  lossGood: number;
  lossBad: number;
  /** Stationary probability of the bad state. */
  bad: number;
}

export const gilbertElliott = defineLinks({
  kind: 'gilbert-elliott',
  metadata: {
    title: 'Gilbert-Elliott',
    summary: 'links fail in bursts: good times and bad ones, each with a loss of its own',
    source: 'Gilbert 1960; Elliott 1963 (Bell System Technical Journal)',
  },
  directed: true,
  parameters: (z) => {
    const probability = z.number().min(0).max(1);
    return z.strictObject({
      kind: z.literal('gilbert-elliott'),
      toBad: probability.describe('probability that a good link turns bad, each round'),
      toGood: z
        .number()
        .gt(0)
        .max(1)
        .describe('probability that a bad link turns good; 1/toGood rounds is a burst'),
      lossGood: probability.default(0).describe('probability that a good link is down in a round'),
      lossBad: probability.default(1).describe('probability that a bad link is down in a round'),
    });
  },

  load: ({ kind, toBad, toGood, lossGood, lossBad }, { graph, path }) => {
    const bad = toBad / (toBad + toGood);
    const presence = 1 - (bad * lossBad + (1 - bad) * lossGood);
    if (presence === 0)
      throw unexpected([...path, 'lossGood'], lossGood, 'less than 1, or no link is ever up');
    const chain = { toBad, toGood, lossGood, lossBad, bad };
    return {
      plan: { kind, lanes: 4, ...chain },
      graph,
      fields: (arcs, _agents, outward) => [
        arcsThatLast({ name: 'state', type: 'u8', length: arcs }, arcs, 1, outward),
      ],
      presence,
      pairwise: false,
      warnings: [],
      reference: (seed) => referenceOf(chain, graph.arcs !== undefined, seed),
    };
  },

  bind: (plan, { arena, field, rowStart, first, end, up, draw }) => {
    const { bad, toBad, toGood, lossGood, lossBad } = thresholdsOf(plan);
    const state = arena.view(field('state'), 'u8');
    const from = rowStart[first];
    const to = rowStart[end];
    return {
      mask(round) {
        const words = draw(round);
        for (let arc = from; arc < to; arc++) {
          const at = 4 * arc;
          let isBad = state[arc] === 1;
          if (round === 0) isBad = words[at + 2] < bad;
          else isBad = isBad ? words[at] >= toGood : words[at] < toBad;
          state[arc] = isBad ? 1 : 0;
          up[arc] = words[at + 1] >= (isBad ? lossBad : lossGood) ? 1 : 0;
        }
      },
    };
  },
});

/** Probabilities as what a word has to be below. */
function thresholdsOf({ toBad, toGood, lossGood, lossBad, bad }: Chain): Chain {
  return {
    toBad: thresholdOf(toBad),
    toGood: thresholdOf(toGood),
    lossGood: thresholdOf(lossGood),
    lossBad: thresholdOf(lossBad),
    bad: thresholdOf(bad),
  };
}

function referenceOf(chain: Chain, directed: boolean, seed: Seed): ReferenceLinks {
  const thresholds = thresholdsOf(chain);
  /**
   * The state after the moves of rounds 1..round; walks from the beginning each time it is asked of an
   * earlier round.
   */
  const states = new Map<string, { round: number; bad: boolean }>();
  return (round, from, to) => {
    const words = (at: number) => edgeWords(directed, from, to, at, seed);
    const key = directed || from < to ? `${from} ${to}` : `${to} ${from}`;
    let state = states.get(key);
    if (!state || state.round > round) state = { round: 0, bad: words(0)[2] < thresholds.bad };
    for (let at = state.round + 1; at <= round; at++) {
      const [move] = words(at);
      state = { round: at, bad: state.bad ? move >= thresholds.toGood : move < thresholds.toBad };
    }
    states.set(key, state);
    return words(round)[1] >= (state.bad ? thresholds.lossBad : thresholds.lossGood);
  };
}
