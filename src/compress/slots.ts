/**
 * What combinators share: where the messages inside theirs lie, and how they fall silent.
 *
 * An agent's message stands in its own slot, whatever is composed, and silence is a slot of zeros. A
 * combinator that keeps several messages in one slot (or slots of several sizes in one outbox) plans its
 * inner compressors first and then gives them its own slot size to step by, with `inSlotsOf`.
 */

import { type FieldSpec, type Reals, rowLength, rowsThatLast } from '../arena/layout.js';
import type { PlanContext, Runtime } from '../runtime.js';
import {
  type BoundCompressor,
  type CompressorPlan,
  filterGainOf,
  reckonedContraction,
  weakestKind,
} from './types.js';

/**
 * The same compressor, all inside it included, in slots of another size, of which it may touch what it needs.
 */
export function inSlotsOf(plan: CompressorPlan, slotBytes: number): CompressorPlan {
  const { inner, choices } = plan;
  return {
    ...plan,
    slotBytes,
    ownBytes: plan.ownBytes ?? plan.slotBytes,
    ...(inner && { inner: inSlotsOf(inner, slotBytes) }),
    ...(choices && { choices: choices.map((choice) => inSlotsOf(choice, slotBytes)) }),
  };
}

/** No message is longer. */
export function longestBits(plan: CompressorPlan): number {
  return plan.messageBits ?? plan.longestBits ?? 8 * (plan.ownBytes ?? plan.slotBytes);
}

/**
 * The arena as typed arrays indexed by address / size: views of single rows would be garbage for every block.
 */
export interface Views {
  bytes: Uint8Array;
  words: Uint32Array;
  /** Float64 in every run: budgets, weights. */
  doubles: Float64Array;
  /** Numbers of the run's precision, by address / realBytes. */
  reals: Reals;
  realBytes: number;
}

export function viewsOf({ arena }: Runtime): Views {
  const { buffer } = arena.memory;
  return {
    bytes: new Uint8Array(buffer),
    words: new Uint32Array(buffer, 0, Math.floor(buffer.byteLength / 4)),
    doubles: new Float64Array(buffer, 0, Math.floor(buffer.byteLength / 8)),
    reals: arena.allReals,
    realBytes: arena.realBytes,
  };
}

/**
 * For kernels that draw by the row they write to: where agents lie in another order than their numbers', they
 * are called an agent at a time, with its number in the place of its row, and with slots moved so that the
 * message goes where it belongs. (Below zero addresses wrap around, and back.)
 */
export function drawnByNumber(
  numbers: Uint32Array | undefined,
  slotBytes: number,
  encode: BoundCompressor['encode'],
): BoundCompressor['encode'] {
  if (numbers === undefined) return encode;
  return (first, count, round, errors, errorStride, slots, lengths) => {
    for (let r = 0; r < count; r++) {
      const row = first + r;
      const number = numbers[row];
      const moved = slots + (row - number) * slotBytes;
      encode(number, 1, round, errors + r * errorStride, errorStride, moved, lengths);
    }
  };
}

/** |e|^2 of dim entries from `start` on, summed in order. */
export function energyAt(reals: Reals, start: number, dim: number): number {
  let energy = 0;
  for (let c = start; c < start + dim; c++) energy += reals[c] * reals[c];
  return energy;
}

/** The same of a plain row: what the reference implementations decide by. */
export function energyOf(row: Float64Array): number {
  let energy = 0;
  for (const entry of row) energy += entry * entry;
  return energy;
}

/** Padded rows of one vector for every agent: state that lasts from round to round. */
export function agentRows(name: string, { agents, dim, precision }: PlanContext): FieldSpec {
  return rowsThatLast({ name, type: 'real', length: agents * rowLength(dim, precision) }, agents);
}

/** One number an agent that lasts from round to round. */
export function agentNumbers(name: string, agents: number): FieldSpec {
  return rowsThatLast({ name, type: 'f64', length: agents }, agents);
}

/** Padded rows of one block: scratch of each worker. */
export function blockRows(
  name: string,
  blockAgents: number,
  { dim, precision }: Pick<PlanContext, 'dim' | 'precision'>,
): FieldSpec {
  return { name, type: 'real', length: blockAgents * rowLength(dim, precision), perWorker: true };
}

/**
 * The plan of a combinator around one compressor: its messages are the inner one's, and so is the
 * contraction, or `of` as much. What a compressor is capable of beyond its messages (a common scale, whole
 * rounds, an omega) is not passed on: a combinator that keeps it says so.
 */
export function around(
  inner: CompressorPlan,
  { dim }: PlanContext,
  of: (contraction: number) => number = (contraction) => contraction,
) {
  const { contraction, typicalContraction, contractionKind, sweep, projects, filterGain } = inner;
  const { slotBytes, messageBits, linear, nanoseconds, fields } = inner;
  return {
    inner,
    slotBytes,
    messageBits,
    longestBits: longestBits(inner),
    linear,
    nanoseconds: { ...nanoseconds, own: nanoseconds.own + dim },
    fields,
    contraction: of(contraction),
    contractionKind,
    ...(typicalContraction !== undefined && { typicalContraction: of(typicalContraction) }),
    ...(sweep !== undefined && { sweep }),
    ...(filterGain !== undefined && { filterGain }),
    projects: projects ?? false,
  };
}

/** The plan of one that may use any of several: the least of each, and the dearest. */
export function amongst(plans: readonly CompressorPlan[]) {
  const most = (of: (plan: CompressorPlan) => number) => Math.max(...plans.map(of));
  return {
    longestBits: most(longestBits),
    nanoseconds: {
      own: most(({ nanoseconds }) => nanoseconds.own),
      neighbour: most(({ nanoseconds }) => nanoseconds.neighbour),
    },
    fields: plans.flatMap(({ fields }) => fields),
    contraction: Math.min(...plans.map(({ contraction }) => contraction)),
    contractionKind: weakestKind(...plans.map(({ contractionKind }) => contractionKind)),
    typicalContraction: Math.min(...plans.map(reckonedContraction)),
    sweep: most(({ sweep }) => sweep ?? 1),
    ...(plans.some((plan) => (filterGainOf(plan) ?? 1) < 1) && {
      filterGain: Math.min(...plans.map((plan) => filterGainOf(plan) ?? 1)),
    }),
    projects: plans.every(({ projects }) => projects),
  };
}

/**
 * The compressor with some of its steps changed, and none of its capabilities but those among the changes.
 */
export function wrap(
  { prepare, encode, gather, decode }: BoundCompressor,
  changes: Partial<BoundCompressor>,
): BoundCompressor {
  return { prepare, encode, gather, decode, ...changes };
}
