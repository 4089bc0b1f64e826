/**
 * Schedule: a combinator over time that changes with progress. C(e, k) = inner[m](e, k), m the stage of round
 * k:
 *
 *     stage m is over from round until[m] * rounds on (rounded), the last one lasts to the end.
 *
 * Coarse first, fine later, or the other way round: when the error is large a rough direction will do. A run
 * that stops early (`stop: { gap }`) does not reach its last stages: until is a fraction of the rounds it may
 * last. All stages count the same rounds k; memories inside a stage (`error-feedback`) begin empty with it
 * and end with it, a memory around the schedule lasts.
 *
 * Linear where all stages are; contraction: the smallest of theirs, so that gains suit every stage. Bits:
 * those of the stage.
 */

import { type SpecPath, unexpected } from '../base/errors.js';
import { defineCompressor, innerCompressor } from './define.js';
import { amongst, inSlotsOf, viewsOf } from './slots.js';

/** One compressor after the other; `until` are the fractions of the run at which all but the last end. */
export const schedule = defineCompressor({
  kind: 'schedule',
  metadata: {
    title: 'Schedule',
    summary: "one compressor after the other, by fractions of the run's rounds",
    source: 'folklore',
  },
  parameters: (z) => ({
    until: z
      .array(z.number().gt(0).lt(1))
      .describe('fractions of the rounds at which a stage ends, ascending; one fewer than stages'),
    inner: z.array(innerCompressor(z, 'one of them')).min(1).describe('compressors of the stages'),
  }),
  takes: ['until', 'inner'],

  plan: ({ until, inner: specs }, context, nested) => {
    const { path, rounds } = context;
    const ends = stageEnds(until, specs.length, rounds, [...path, 'until']);
    const planned = specs.map((inner, i) => nested.plan(inner, { ...context, path: [...path, 'inner', i] }));
    const slotBytes = Math.max(...planned.map((stage) => stage.slotBytes));
    const [{ messageBits }] = planned;
    return {
      ...amongst(planned),
      ends,
      choices: planned.map((stage) => inSlotsOf(stage, slotBytes)),
      slotBytes,
      messageBits: planned.every((stage) => stage.messageBits === messageBits) ? messageBits : null,
      linear: planned.every((stage) => stage.linear),
    };
  },

  bind: ({ ends, choices: stages, messageBits }, runtime, nested) => {
    const bound = stages.map((stage) => nested.bind(stage, runtime));
    const { words } = viewsOf(runtime);

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

  reference: ({ ends, choices }, seed, nested) => {
    const stages = choices.map((stage) => nested.reference(stage, seed));
    return (error, round, agent) => stages[stageAt(ends, round)](error, round, agent);
  },
  // Its stages are shares of the run's rounds, and how many those are is what a choice is to find out.
  candidates: () => [],
  examples: () => [{ until: [0.4], inner: [{ kind: 'identity' }, { kind: 'sign' }] }],
});

/** ends[m] is the first round after stage m. */
function stageAt(ends: readonly number[], round: number): number {
  let stage = 0;
  while (stage < ends.length && round >= ends[stage]) stage++;
  return stage;
}

function stageEnds(until: number[], stages: number, rounds: number, path: SpecPath): number[] {
  if (until.length !== stages - 1) {
    throw unexpected(path, until, `a list of ${stages - 1} fractions (one fewer than stages)`);
  }
  let previous = 0;
  return until.map((fraction, i) => {
    if (fraction <= previous) {
      const expected = `a number in (${previous}, 1), since stages follow one another`;
      throw unexpected([...path, i], fraction, expected);
    }
    previous = fraction;
    return Math.round(fraction * rounds);
  });
}
