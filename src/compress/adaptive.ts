/**
 * Adaptive: a combinator that spends bits where the error is. Of a list of compressors, cheapest first, every
 * agent chooses one for each message: C(e, k) = inner[m](e, k).
 *
 * A token bucket of each agent keeps to the budget of b bits a message on average:
 *
 *     tokens <- tokens + b                                     (0 at first)
 *     want    = tokens min(1, |e|^2 / average)                 all, where the error is larger than usual
 *     m       = the dearest choice that costs at most want     (or the cheapest, which b always affords)
 *     tokens <- tokens - cost of m
 *     average <- average + (|e|^2 - average) / 8               (|e|^2 itself as long as it is 0)
 *
 * so after K messages at most K b bits were said, and what a quiet round saves is spent in a loud one. The
 * cost of a choice is its bits (at most, where its own length varies) and those of the header, which says
 * which one it is: ceil(log2 choices). What is reported is what was written. `inner: [top-k 1, top-k 4, top-k
 * 16]` chooses k, a list of quantizers their bits; choices may be anything.
 *
 * Never linear. Contraction: the smallest of the choices' (a dear one need not be a good one). Floats an
 * agent: 2. A memory inside a choice (`error-feedback`) is that choice's own and waits while others are
 * chosen; `error-feedback(adaptive(...))` has one memory for all.
 * Source: our own rule; the token bucket is Turner's (1986), adapting a quantizer's bits during a run is in
 * AdaQuantFL (Jhunjhunwala et al. 2021).
 */

import { unexpected } from '../base/errors.js';
import { bindChoices, MAX_CHOICES, planChoices } from './choices.js';
import { defineCompressor, innerCompressor } from './define.js';
import { agentNumbers, energyAt, energyOf, viewsOf } from './slots.js';

/** The running average forgets this share a message. */
const FORGETTING = 1 / 8;

/** Chooses for each message, cheapest first, within a budget of bits a message on average. */
export const adaptive = defineCompressor({
  kind: 'adaptive',
  metadata: {
    title: 'Adaptive',
    summary: "chooses between compressors by the error's energy, within a budget of bits",
    source: 'our own; for quantizers see Jhunjhunwala, Gadhikar, Joshi, Eldar 2021 (arXiv 2102.04487)',
  },
  parameters: (z) => ({
    budget: z.number().positive().describe('bits a message, on average'),
    inner: z
      .array(innerCompressor(z, 'one of them'))
      .min(1)
      .max(MAX_CHOICES)
      .describe('compressors to choose from, cheapest first'),
  }),
  takes: ['budget', 'inner'],

  plan: ({ budget, inner: specs }, context, nested) => {
    const { agents, path } = context;
    const planned = planChoices(specs, context, nested, false);
    const { costs } = planned;
    if (budget < costs[0]) {
      const expected = `at least ${costs[0]} bits, which the cheapest message takes`;
      throw unexpected([...path, 'budget'], budget, expected);
    }
    const name = path.join('.');
    return {
      ...planned,
      budget,
      tokens: `${name}.tokens`,
      average: `${name}.average`,
      fields: [
        ...planned.fields,
        agentNumbers(`${name}.tokens`, agents),
        agentNumbers(`${name}.average`, agents),
      ],
    };
  },

  bind: (plan, runtime, nested) => {
    const { arena } = runtime;
    const { dim, budget, costs } = plan;
    const { say, prepare, gather, decode } = bindChoices(plan, runtime, nested);
    const { doubles, reals, realBytes } = viewsOf(runtime);
    const tokens = arena.address(plan.tokens) / 8;
    const average = arena.address(plan.average) / 8;

    return {
      prepare,
      gather,
      decode,
      encode(first, count, round, errors, errorStride, slots, lengths) {
        for (let r = 0; r < count; r++) {
          const agent = first + r;
          const error = errors + r * errorStride;
          const energy = energyAt(reals, error / realBytes, dim);
          doubles[tokens + agent] += budget;
          if (doubles[average + agent] === 0) doubles[average + agent] = energy;
          const m = choose(costs, doubles[tokens + agent], energy, doubles[average + agent]);
          doubles[tokens + agent] -= costs[m];
          doubles[average + agent] += (energy - doubles[average + agent]) * FORGETTING;
          say(m, agent, round, error, errorStride, slots, lengths);
        }
      },
    };
  },

  reference: ({ budget, costs, choices: planned }, seed, nested) => {
    const choices = planned.map((choice) => nested.reference(choice, seed));
    const purses = new Map<number, { tokens: number; average: number }>();
    return (error, round, agent) => {
      const energy = energyOf(error);
      const { tokens, average: past } = purses.get(agent) ?? { tokens: 0, average: 0 };
      const average = past === 0 ? energy : past;
      const m = choose(costs, tokens + budget, energy, average);
      purses.set(agent, {
        tokens: tokens + budget - costs[m],
        average: average + (energy - average) * FORGETTING,
      });
      return choices[m](error, round, agent);
    };
  },
  examples: (dim) => [{ budget: 65 + 65 * dim, inner: [{ kind: 'sign' }, { kind: 'identity' }] }],
});

/** The dearest choice that costs at most the share of the tokens which the error's energy asks for. */
function choose(costs: readonly number[], tokens: number, energy: number, average: number): number {
  // An error that is no number asks for everything, and so does one of the usual size; no error asks for
  // nothing.
  const share = energy === 0 ? 0 : energy < average ? energy / average : 1;
  const want = tokens * share;
  let choice = 0;
  for (let m = 1; m < costs.length; m++) if (costs[m] <= want) choice = m;
  return choice;
}
