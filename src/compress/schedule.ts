/**
 * Schedule: a combinator over time that changes with progress. C(e, k) = inner[m](e, k), m the stage of round k:
 *
 *     stage m is over from round until[m] * rounds on (rounded), the last one lasts to the end.
 *
 * Coarse first, fine later, or the other way round: when the error is large a rough direction will do. A run that stops early
 * (`stop: { gap }`) does not reach its last stages: until is a fraction of the rounds it may last. All stages count the same rounds k; memories
 * inside a stage (`error-feedback`) begin empty with it and end with it, a memory around the schedule lasts.
 *
 * Linear where all stages are; contraction: the smallest of theirs, so that gains suit every stage. Bits: those of the stage.
 */

import { unexpected } from '../errors.js';
import { inSlotsOf, leastContraction, longestBits, viewsOf } from './slots.js';
import type { CompressorDefinition, CompressorPlan, CompressorSpec } from './types.js';

export const schedule: CompressorDefinition = {
  kind: 'schedule',
  card: {
    title: 'Schedule',
    summary: "one compressor after the other, by fractions of the run's rounds",
    source: 'folklore',
  },
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('schedule'),
      until: z
        .array(z.number().gt(0).lt(1))
        .describe('fractions of the rounds at which a stage ends, ascending; one fewer than stages'),
      inner: z.array(z.unknown()).min(1).describe('compressors of the stages'),
    }),

  plan: (spec, context, nested) => {
    const { dim, path, rounds } = context;
    const specs = spec['inner'];
    if (!Array.isArray(specs) || specs.length === 0) {
      throw unexpected([...path, 'inner'], specs, 'a list of at least one compressor');
    }
    const ends = stageEnds(spec['until'], specs.length, rounds, [...path, 'until']);
    const planned = specs.map((inner, i) =>
      nested.plan(inner as CompressorSpec, { ...context, path: [...path, 'inner', i] }),
    );
    const slotBytes = Math.max(...planned.map((stage) => stage.slotBytes));
    const [{ messageBits }] = planned;
    return {
      kind: 'schedule',
      dim,
      ends,
      choices: planned.map((stage) => inSlotsOf(stage, slotBytes)),
      slotBytes,
      messageBits: planned.every((stage) => stage.messageBits === messageBits) ? messageBits : null,
      longestBits: Math.max(...planned.map(longestBits)),
      linear: planned.every((stage) => stage.linear),
      ...leastContraction(planned),
      fields: planned.flatMap((stage) => stage.fields),
    };
  },

  bind: (plan, runtime, nested) => {
    const ends = plan['ends'] as number[];
    const stages = plan.choices as CompressorPlan[];
    const bound = stages.map((stage) => nested.bind(stage, runtime));
    const { words } = viewsOf(runtime);
    const { messageBits } = plan;

    return {
      prepare(round) {
        // Stages to come are prepared too: a compressor may rely on having seen every round.
        for (let m = stageAt(ends, round); m < bound.length; m++) bound[m].prepare(round);
      },
      encode(first, count, round, errors, errorStride, slots, lengths) {
        const m = stageAt(ends, round);
        bound[m].encode(first, count, round, errors, errorStride, slots, lengths);
        const bits = stages[m].messageBits;
        if (messageBits !== null || bits === null) return;
        words.fill(bits, lengths / 4 + first, lengths / 4 + first + count);
      },
      gather: (first, count, round, slots, out, outStride) =>
        bound[stageAt(ends, round)].gather(first, count, round, slots, out, outStride),
      decode: (first, count, round, slots, out, outStride) =>
        bound[stageAt(ends, round)].decode(first, count, round, slots, out, outStride),
    };
  },

  reference: (plan, seed, nested) => {
    const ends = plan['ends'] as number[];
    const stages = (plan.choices as CompressorPlan[]).map((stage) => nested.reference(stage, seed));
    return (error, round, agent) => stages[stageAt(ends, round)](error, round, agent);
  },
};

/** ends[m] is the first round after stage m. */
function stageAt(ends: readonly number[], round: number): number {
  let stage = 0;
  while (stage < ends.length && round >= ends[stage]) stage++;
  return stage;
}

function stageEnds(until: unknown, stages: number, rounds: number, path: (string | number)[]): number[] {
  if (!Array.isArray(until) || until.length !== stages - 1) {
    throw unexpected(path, until, `a list of ${stages - 1} fractions (one fewer than stages)`);
  }
  let previous = 0;
  return until.map((fraction, i) => {
    if (typeof fraction !== 'number' || !(fraction > previous && fraction < 1)) {
      throw unexpected(
        [...path, i],
        fraction,
        `a number in (${previous}, 1), since stages follow one another`,
      );
    }
    previous = fraction;
    return Math.round(fraction * rounds);
  });
}
