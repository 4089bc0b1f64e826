/**
 * AdaCGD's rule: a combinator that says no more than is needed. Of a list of compressors, cheapest first, every
 * agent takes the cheapest that leaves little beside what is new:
 *
 *     C(e, k) = inner[m](e, k), the first m with |e - inner[m](e, k)|^2 <= zeta |e - r|^2, or the last one
 *     r <- e - C(e, k)                                          what the last message left; 0 at first
 *
 * e - r is what the vector has moved since, and so is x - y in the paper, where h + r = y. With `silence`
 * (the default) saying nothing comes first: C = 0 where |e|^2 <= zeta |e - r|^2 (lazy aggregation). A vector
 * that stands still has e = r: then nothing is small enough, the last choice speaks, and the error goes down.
 *
 * A flow that adds only mu C(e) to its estimate is taken to have moved by what it left out: with mu < 1 the
 * rule sees more news than there is, and is satisfied with less.
 *
 * Bits: those of the choice and of the header, ceil(log2 choices), silence counted as one of them. Costs the
 * sender all choices up to the one that it takes. Floats an agent: dim. Never linear. Contraction: the smallest
 * of the choices', of messages that are spoken. Those that are tried are called, taken or not: a memory inside a
 * choice takes for said what was only tried. `error-feedback(adacgd(...))` has one memory for all.
 * Source: Makarenko, Gasanov, Islamov, Sadiev, Richtarik 2022 (arXiv 2211.00188). Departures: flows instead of
 * gradient descent, and any compressors, of which the last one need not be exact.
 */

import { rowBytesOf } from '../arena/layout.js';
import { bindChoices, MAX_CHOICES, planChoices } from './choices.js';
import { defineCompressor, innerCompressor } from './define.js';
import { agentRows, blockRows, energyOf, viewsOf } from './slots.js';
import { weakestKind } from './types.js';

/** The cheapest of several whose error is small beside what is new. */
export const adacgd = defineCompressor({
  kind: 'adacgd',
  metadata: {
    title: 'AdaCGD',
    summary: 'takes the cheapest of several compressors whose error is small beside what has changed',
    source: 'Makarenko, Gasanov, Islamov, Sadiev, Richtarik 2022 (arXiv 2211.00188)',
  },
  parameters: (z) => ({
    zeta: z.number().min(0).describe('what a message may leave, as a share of |what is new|^2'),
    silence: z.boolean().optional().describe('whether saying nothing is the first choice; true if not given'),
    inner: z
      .array(innerCompressor(z, 'one of them'))
      .min(1, 'expected a list of at least one compressor')
      .max(MAX_CHOICES)
      .describe('compressors to choose from, cheapest first'),
  }),
  takes: ['zeta', 'inner'],

  plan: ({ zeta, silence = true, inner }, context, nested) => {
    const planned = planChoices(inner, context, nested, silence);
    const { contractionKind, choices } = planned;
    const name = context.path.join('.');
    return {
      ...planned,
      zeta,
      silence,
      contractionKind: silence ? weakestKind(contractionKind, 'spoken') : contractionKind,
      nanoseconds: {
        ...planned.nanoseconds,
        own: choices.reduce((sum, { nanoseconds: { own, neighbour } }) => sum + own + neighbour, context.dim),
      },
      rest: `${name}.rest`,
      said: `${name}.said`,
      fields: [...planned.fields, agentRows(`${name}.rest`, context), blockRows(`${name}.said`, 1, context)],
    };
  },

  bind: (plan, runtime, nested) => {
    const { arena, worker } = runtime;
    const { dim, zeta, silence, choices } = plan;
    const { say, keepSilent, prepare, gather, decode } = bindChoices(plan, runtime, nested);
    const { reals, realBytes } = viewsOf(runtime);
    const rowBytes = rowBytesOf(dim, arena.precision);
    const rests = arena.address(plan.rest);
    const saidAt = arena.address(plan.said, worker);
    const said = saidAt / realBytes;

    return {
      prepare,
      gather,
      decode,
      encode(first, count, round, errors, errorStride, slots, lengths) {
        for (let r = 0; r < count; r++) {
          const agent = first + r;
          const error = (errors + r * errorStride) / realBytes;
          const rest = (rests + agent * rowBytes) / realBytes;
          let energy = 0;
          let news = 0;
          for (let c = 0; c < dim; c++) {
            const entry = reals[error + c];
            const change = entry - reals[rest + c];
            energy += entry * entry;
            news += change * change;
          }
          const limit = zeta * news;
          // An error beyond all numbers is said: there is no limit beside it.
          if (silence && energy <= limit && energy < Number.POSITIVE_INFINITY) {
            keepSilent(agent, slots, lengths);
            for (let c = 0; c < dim; c++) reals[rest + c] = reals[error + c];
            continue;
          }
          for (let m = 0; m < choices.length; m++) {
            say(m, agent, round, error * realBytes, errorStride, slots, lengths);
            decode(agent, 1, round, slots, saidAt, rowBytes);
            let left = 0;
            for (let c = 0; c < dim; c++) {
              const missing = reals[error + c] - reals[said + c];
              left += missing * missing;
            }
            if (left <= limit) break;
          }
          for (let c = 0; c < dim; c++) reals[rest + c] = reals[error + c] - reals[said + c];
        }
      },
    };
  },

  reference: ({ zeta, silence, choices: planned }, seed, nested) => {
    const choices = planned.map((choice) => nested.reference(choice, seed));
    const rests = new Map<number, Float64Array>();
    return (error, round, agent) => {
      const rest = rests.get(agent) ?? new Float64Array(error.length);
      const limit = zeta * energyOf(error.map((entry, c) => entry - rest[c]));
      const energy = energyOf(error);
      let said = new Float64Array(error.length);
      let left = error.slice();
      if (!silence || !(energy <= limit && energy < Number.POSITIVE_INFINITY)) {
        for (const choice of choices) {
          said = Float64Array.from(choice(error.slice(), round, agent));
          left = error.map((entry, c) => entry - said[c]);
          if (energyOf(left) <= limit) break;
        }
      }
      rests.set(agent, left);
      return said;
    };
  },
  examples: () => [
    { zeta: 0.5, inner: [{ kind: 'sign' }, { kind: 'identity' }] },
    { zeta: 0.5, silence: false, inner: [{ kind: 'sign' }, { kind: 'identity' }] },
  ],
});
