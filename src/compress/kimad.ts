/**
 * Kimad's rule: a combinator that says what the link of the round has room for. Of a list of compressors,
 * cheapest first,
 *
 *     C(e, k) = inner[m](e, k), m the dearest whose message has at most B bits,
 *
 * B the bandwidth of agent i in round k, in bits: a number, a schedule of the rounds (`base/schedules.ts`), or a
 * trace that is gone through again and again, agent i being i `stagger` entries ahead, so that links are good
 * and bad at different times:
 *
 *     B = trace[(k + i stagger) mod length]
 *
 * or what the links of the run carry, as its `network` says: with `bandwidth: { seconds }`, the time that a
 * message may take over the slowest link of agent i,
 *
 *     B = min over its links of (seconds - latency) bandwidth
 *
 * The least of these must have room for the cheapest message. In one that has a length of its own the longest
 * counts. Bits: those of the choice and ceil(log2 choices) for which one it is, since only the sender has
 * measured its link. Never linear. Contraction: the smallest of the choices'. A memory inside a choice
 * (`error-feedback`) waits while others are chosen; `error-feedback(kimad(...))` has one memory for all.
 * `adaptive` is for a budget over time, this for a limit in every round.
 * Source: Xin, Ilin, Zhang, Canini, Richtarik 2023 (arXiv 2312.08053). There B is bandwidth
 * times a time budget. Departures: a bandwidth that is given, where theirs is estimated from the last
 * messages; choices from a list, where theirs is top-k of a k that fits.
 */

import { formatPath, InputError, unexpected } from '../base/errors.js';
import { planSchedule, scheduleParameter, valueAt } from '../base/schedules.js';
import type { PlanContext } from '../runtime.js';
import { bindChoices, MAX_CHOICES, planChoices } from './choices.js';
import { defineCompressor, innerCompressor } from './define.js';

/** Entries of a trace, at most. */
const LONGEST_TRACE = 100_000;

/** The dearest of several that a round's bandwidth has room for. */
export const kimad = defineCompressor({
  kind: 'kimad',
  metadata: {
    title: 'Kimad',
    summary: 'takes the dearest of several compressors that the bandwidth of the round has room for',
    source: 'Xin, Ilin, Zhang, Canini, Richtarik 2023 (arXiv 2312.08053)',
  },
  parameters: (z) => ({
    bandwidth: z
      .union([
        scheduleParameter(z),
        z.strictObject({
          trace: z
            .array(z.number().positive('expected a number of bits > 0'))
            .min(1, 'expected at least one number of bits')
            .max(LONGEST_TRACE, `expected at most ${LONGEST_TRACE} numbers of bits`)
            .describe('round after round'),
          stagger: z
            .int()
            .min(0, 'expected a whole number >= 0')
            .optional()
            .describe('entries that an agent is ahead of the one before, or 0'),
        }),
        z.strictObject({
          seconds: z
            .number()
            .positive()
            .describe('in which a message has to arrive over the links of the network'),
        }),
      ])
      .describe(
        'bits that a message of the round may have: a number, a schedule, a trace, or what the network carries in so many seconds',
      ),
    inner: z
      .array(innerCompressor(z, 'one of them'))
      .min(1, 'expected a list of at least one compressor')
      .max(MAX_CHOICES)
      .describe('compressors to choose from, cheapest first'),
  }),
  takes: ['bandwidth', 'inner'],

  plan: ({ bandwidth, inner }, context, nested) => {
    const { path, rounds } = context;
    const planned = planChoices(inner, context, nested, false);
    const [cheapest] = planned.costs;
    const open: Open = { schedule: null, trace: [], stagger: 0, rooms: null };
    if (typeof bandwidth === 'object' && 'seconds' in bandwidth) {
      return { ...planned, ...open, rooms: roomsOf(bandwidth.seconds, cheapest, context) };
    }
    const place = [...path, 'bandwidth'];
    const expected = `at least ${cheapest} bits in every round, which the cheapest message takes`;
    if (typeof bandwidth === 'object' && 'trace' in bandwidth) {
      const { trace, stagger = 0 } = bandwidth;
      const at = trace.findIndex((bits) => bits < cheapest);
      if (at >= 0) throw unexpected([...place, 'trace', at], trace[at], expected);
      return { ...planned, ...open, trace, stagger };
    }
    const schedule = planSchedule(bandwidth, rounds);
    // A schedule goes one way: its least value is at one of its ends.
    for (const round of [0, Math.max(0, rounds - 1)]) {
      const bits = valueAt(schedule, round);
      if (bits >= cheapest) continue;
      if (typeof bandwidth === 'number') throw unexpected(place, bandwidth, expected);
      const text = `${formatPath(place)} is ${bits} in round ${round}, expected ${expected}`;
      throw new InputError(text, { path: place });
    }
    return { ...planned, ...open, schedule };
  },

  bind: (plan, runtime, nested) => {
    const { say, prepare, gather, decode } = bindChoices(plan, runtime, nested);
    const { numbers } = runtime;
    return {
      prepare,
      gather,
      decode,
      encode(first, count, round, errors, errorStride, slots, lengths) {
        for (let r = 0; r < count; r++) {
          const agent = first + r;
          const m = choiceOf(plan, round, numbers === undefined ? agent : numbers[agent]);
          say(m, agent, round, errors + r * errorStride, errorStride, slots, lengths);
        }
      },
    };
  },

  reference: (plan, seed, nested) => {
    const choices = plan.choices.map((choice) => nested.reference(choice, seed));
    return (error, round, agent) => choices[choiceOf(plan, round, agent)](error, round, agent);
  },
  examples: (dim) => [
    {
      bandwidth: { trace: [130 + 130 * dim, 200 + 16 * dim, 200 + 16 * dim], stagger: 1 },
      inner: [{ kind: 'sign' }, { kind: 'identity' }],
    },
    {
      bandwidth: { kind: '1/k', initial: 130 + 130 * dim, after: 1e6 },
      inner: [{ kind: 'sign' }, { kind: 'identity' }],
    },
  ],
});

interface Limited {
  schedule: Parameters<typeof valueAt>[0] | null;
  trace: readonly number[];
  stagger: number;
  /** Of agents whose links are said; one where they are all alike. */
  rooms: readonly number[] | null;
  costs: readonly number[];
}

function choiceOf(plan: Limited, round: number, agent: number): number {
  const { costs } = plan;
  const room = roomOf(plan, round, agent);
  let choice = 0;
  for (let m = 1; m < costs.length; m++) if (costs[m] <= room) choice = m;
  return choice;
}

type Open = Omit<Limited, 'costs'>;

function roomOf({ schedule, trace, stagger, rooms }: Limited, round: number, agent: number): number {
  if (rooms !== null) return rooms[rooms.length === 1 ? 0 : agent];
  return schedule ? valueAt(schedule, round) : trace[(round + agent * stagger) % trace.length];
}

/** What each agent's links carry in so many seconds. */
function roomsOf(seconds: number, cheapest: number, { carried, path }: PlanContext): number[] {
  const place = [...path, 'bandwidth', 'seconds'];
  if (carried === undefined) {
    const expected = 'a network in the config, whose links say how many bits that is';
    throw unexpected(place, seconds, expected);
  }
  const rooms = carried(seconds);
  const least = rooms.reduce((a, b) => Math.min(a, b));
  if (least < cheapest) {
    const expected = `time for ${cheapest} bits, which the cheapest message takes: the slowest link carries ${least}`;
    throw unexpected(place, seconds, expected);
  }
  return rooms;
}
