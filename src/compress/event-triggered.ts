/**
 * Event-triggered: a combinator over time. C(e, k) = inner(e, k) where |e| > threshold, else 0. Every agent
 * decides for itself: silence is a message of one bit, speech one of 1 + the inner compressor's.
 *
 *     threshold: { absolute: d0, rate: r }    d0 r^k                     r in (0, 1], 1 by default
 *     threshold: { relative: c, rate: r }     c |q| r^(rounds since)     q the agent's last message, 0 before it
 *
 * With r = 1 the error stays as large as the threshold lets it: the flow reaches a neighbourhood of the
 * optimum and no more. With r < 1 the threshold shrinks and so does the neighbourhood; slower than the flow
 * itself converges, or agents speak all the time.
 *
 * Never linear. Contraction: the inner one's in the rounds that speak; below the threshold none. A scalarizer
 * or `every` inside has its own schedule, which goes on while an agent is silent: an agent may miss the turn
 * of a coordinate again and again. `every(event-triggered(C))`, the other way round, asks only in every n-th
 * round. Under `error-feedback` the threshold looks at the error with its memory. Floats an agent: 1
 * (relative).
 * Sources: Dimarogonas, Frazzoli, Johansson 2012; Kia, Cortes, Martinez 2015 for optimization.
 */

import { rowBytesOf } from '../arena/layout.js';
import { wholePower } from '../base/whole-power.js';
import { defineCompressor, innerCompressor } from './define.js';
import { agentNumbers, around, blockRows, energyAt, energyOf, longestBits, viewsOf, wrap } from './slots.js';
import { weakestKind } from './types.js';

/** Speaks where the error exceeds a threshold. */
export const eventTriggered = defineCompressor({
  kind: 'event-triggered',
  metadata: {
    title: 'Event-triggered',
    summary: 'speaks where the error exceeds a threshold; silence is one bit',
    source: 'Dimarogonas, Frazzoli, Johansson 2012 (IEEE TAC 57(5))',
  },
  parameters: (z) => {
    const rate = z.number().gt(0).max(1).optional().describe('factor a round, in (0, 1]; 1 if not given');
    return {
      threshold: z
        .union([
          z.strictObject({ absolute: z.number().min(0), rate }),
          z.strictObject({ relative: z.number().min(0), rate }),
        ])
        .describe("of |e|: absolute, or in units of the agent's last message"),
      inner: innerCompressor(z, 'compressor of the errors that are large enough'),
    };
  },
  takes: ['threshold', 'inner'],

  plan: ({ threshold, inner: spec }, context, nested) => {
    const { agents, path } = context;
    const relative = 'relative' in threshold;
    const value = relative ? threshold.relative : threshold.absolute;
    const inner = nested.plan(spec, { ...context, path: [...path, 'inner'] });
    const name = path.join('.');
    return {
      ...around(inner, context),
      relative,
      value,
      rate: threshold.rate ?? 1,
      messageBits: null,
      longestBits: 1 + longestBits(inner),
      linear: false,
      contractionKind: value === 0 ? inner.contractionKind : weakestKind(inner.contractionKind, 'spoken'),
      fields: relative
        ? [...inner.fields, agentNumbers(`${name}.threshold`, agents), blockRows(`${name}.said`, 1, context)]
        : inner.fields,
      state: `${name}.threshold`,
      said: `${name}.said`,
    };
  },

  bind: (plan, runtime, nested) => {
    const { arena, worker } = runtime;
    const { dim, slotBytes, ownBytes = slotBytes, relative, value, rate, inner } = plan;
    const innerBits = inner.messageBits;
    const bound = nested.bind(inner, runtime);
    const { bytes, words, doubles, reals, realBytes } = viewsOf(runtime);
    // The threshold of each agent's next decision.
    const state = relative ? arena.address(plan.state) / 8 : 0;
    const said = relative ? arena.address(plan.said, worker) : 0;
    const saidStride = rowBytesOf(dim, arena.precision);

    return wrap(bound, {
      encode(first, count, round, errors, errorStride, slots, lengths) {
        const shared = relative ? 0 : value * wholePower(rate, round);
        for (let r = 0; r < count; r++) {
          const agent = first + r;
          const error = errors + r * errorStride;
          const length = lengths / 4 + agent;
          const threshold = relative ? doubles[state + agent] : shared;
          // Written so that an error that is no number is sent, not hidden.
          if (!(Math.sqrt(energyAt(reals, error / realBytes, dim)) <= threshold)) {
            bound.encode(agent, 1, round, error, errorStride, slots, lengths);
            words[length] = 1 + (innerBits === null ? words[length] : innerBits);
            if (relative) {
              bound.decode(agent, 1, round, slots, said, saidStride);
              doubles[state + agent] = value * Math.sqrt(energyAt(reals, said / realBytes, dim));
            }
          } else {
            const slot = slots + agent * slotBytes;
            bytes.fill(0, slot, slot + ownBytes);
            words[length] = 1;
          }
          if (relative) doubles[state + agent] *= rate;
        }
      },
    });
  },

  reference: ({ relative, value, rate, inner: within }, seed, nested) => {
    const inner = nested.reference(within, seed);
    const thresholds = new Map<number, number>();
    return (error, round, agent) => {
      const threshold = relative ? (thresholds.get(agent) ?? 0) : value * wholePower(rate, round);
      const speaks = !(Math.sqrt(energyOf(error)) <= threshold);
      const said = speaks ? inner(error, round, agent) : new Float64Array(error.length);
      thresholds.set(agent, (speaks ? value * Math.sqrt(energyOf(said)) : threshold) * rate);
      return said;
    };
  },
  examples: () => [{ threshold: { relative: 0.3, rate: 0.9 }, inner: { kind: 'sign' } }],
  candidates: () =>
    [{ kind: 'sign' }, { kind: 'flatten', inner: { kind: 'sign', scaleBits: 32 } }].map((inner) => ({
      threshold: { relative: 0.3, rate: 0.9 },
      inner,
    })),
});
