/**
 * What combinators share that choose between several compressors, cheapest first, for every message. In memory
 * a slot has a place for each choice and then the header; those not chosen are zero and decode to zero, so sums
 * over neighbours with different choices are sums over the choices. A slot of zeros is silence.
 */

import { rowBytesOf } from '../arena/layout.js';
import { unexpected } from '../base/errors.js';
import type { PlanContext, Runtime } from '../runtime.js';
import { amongst, blockRows, inSlotsOf, longestBits, viewsOf } from './slots.js';
import type { BoundCompressor, CompressorPlan, CompressorSpec, Nested } from './types.js';
import { indexBits } from './wire/format.js';

const HEADER_BYTES = 8;
export const MAX_CHOICES = 32;

/** A choice costs its bits (at most, where its own length varies) and those of the header. */
export function planChoices(specs: CompressorSpec[], context: PlanContext, nested: Nested, silence: boolean) {
  const { path } = context;
  const planned = specs.map((inner, i) => nested.plan(inner, { ...context, path: [...path, 'inner', i] }));
  const headerBits = indexBits(planned.length + (silence ? 1 : 0));
  const costs = planned.map((choice) => headerBits + longestBits(choice));
  costs.forEach((cost, i) => {
    if (i > 0 && cost < costs[i - 1]) {
      throw unexpected(
        [...path, 'inner', i],
        specs[i],
        `a compressor of at least ${costs[i - 1] - headerBits} bits, since the cheapest comes first`,
      );
    }
  });
  let slotBytes = 0;
  const offsets = planned.map((choice) => {
    slotBytes += choice.slotBytes;
    return slotBytes - choice.slotBytes;
  });
  const headerAt = slotBytes;
  slotBytes += HEADER_BYTES;
  const name = path.join('.');
  const several = amongst(planned);
  return {
    ...several,
    headerBits,
    costs,
    offsets,
    headerAt,
    choices: planned.map((choice) => inSlotsOf(choice, slotBytes)),
    slotBytes,
    messageBits: null,
    longestBits: Math.max(...costs),
    part: `${name}.part`,
    fields: [...several.fields, blockRows(`${name}.part`, 1, context)],
  };
}

type ChoicesPlan = CompressorPlan & ReturnType<typeof planChoices>;

export interface BoundChoices extends Omit<BoundCompressor, 'encode'> {
  /** One agent's message by choice m, and its length. */
  say(
    m: number,
    agent: number,
    round: number,
    error: number,
    errorStride: number,
    slots: number,
    lengths: number,
  ): void;
  /** A slot of zeros, the length of which is the header. */
  keepSilent(agent: number, slots: number, lengths: number): void;
}

export function bindChoices(plan: ChoicesPlan, runtime: Runtime, nested: Nested): BoundChoices {
  const { arena, worker, graph } = runtime;
  const { dim, slotBytes, headerBits, headerAt, offsets, choices } = plan;
  const bound = choices.map((choice) => nested.bind(choice, runtime));
  const { bytes, words, reals, realBytes } = viewsOf(runtime);
  const part = arena.address(plan.part, worker);
  const rowBytes = rowBytesOf(dim, arena.precision);
  const rowEntries = rowBytes / realBytes;

  return {
    prepare(round) {
      for (let m = 0; m < bound.length; m++) bound[m].prepare(round);
    },

    say(m, agent, round, error, errorStride, slots, lengths) {
      const slot = slots + agent * slotBytes;
      bytes.fill(0, slot, slot + headerAt);
      words[(slot + headerAt) / 4] = m;
      bound[m].encode(agent, 1, round, error, errorStride, slots + offsets[m], lengths);
      const length = lengths / 4 + agent;
      words[length] = headerBits + (choices[m].messageBits ?? words[length]);
    },

    keepSilent(agent, slots, lengths) {
      const slot = slots + agent * slotBytes;
      bytes.fill(0, slot, slot + headerAt + HEADER_BYTES);
      words[lengths / 4 + agent] = headerBits;
    },

    gather(first, count, round, slots, out, outStride) {
      for (let r = 0; r < count; r++) {
        const agent = first + r;
        const target = out + r * outStride;
        // What the agent and its neighbours have chosen, as a set of bits: only these are summed.
        let chosen = 1 << words[(slots + agent * slotBytes + headerAt) / 4];
        const end = words[graph.rowStart / 4 + agent + 1];
        for (let edge = words[graph.rowStart / 4 + agent]; edge < end; edge++) {
          const neighbour = words[graph.columns / 4 + edge];
          chosen |= 1 << words[(slots + neighbour * slotBytes + headerAt) / 4];
        }
        let sum = 0;
        for (let m = 0; m < bound.length; m++) {
          if (((chosen >>> m) & 1) === 0) continue;
          if (sum++ === 0) {
            bound[m].gather(agent, 1, round, slots + offsets[m], target, outStride);
          } else {
            bound[m].gather(agent, 1, round, slots + offsets[m], part, rowBytes);
            for (let c = 0; c < rowEntries; c++) {
              reals[target / realBytes + c] += reals[part / realBytes + c];
            }
          }
        }
      }
    },

    decode(first, count, round, slots, out, outStride) {
      for (let r = 0; r < count; r++) {
        const agent = first + r;
        const m = words[(slots + agent * slotBytes + headerAt) / 4];
        bound[m].decode(agent, 1, round, slots + offsets[m], out + r * outStride, outStride);
      }
    },
  };
}
