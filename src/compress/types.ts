/**
 * What a spatio-temporal compressor C(e, k): R^dim x N -> R^dim is to the runtime.
 *
 * A spec is plain data (`{ kind: 'top-k', k: 4 }`, nested where it composes); a definition (`define.ts`) is
 * one file and one entry in `kinds.ts`. Decoding is linear in what it adds, so neighbours' messages are
 * summed *before* they leave the compressor's own domain: sum_j L_ij q_j for `flatten` is one inverse
 * transform, whatever the degree.
 */

import type { z } from 'zod';
import type { FieldSpec, NumberBits } from '../arena/layout.js';
import type { Schedule } from '../base/schedules.js';
import type { Metadata, PlanContext, Runtime, Seed } from '../runtime.js';
import type { RotationPlan } from './rotation.js';
import type { Readers, WireFormat } from './wire/format.js';

/** As it stands in a config, checked by the schemas of its kind and of those inside it. */
export interface CompressorSpec {
  /** Its name in a config. */
  kind: string;
  /** Parameters of its kind. */
  [parameter: string]: unknown;
}

/**
 * Of what a planned contraction holds, from the most to the least that can be said:
 *
 *  - `worst`: of every message about every vector;
 *  - `mean`: of every vector, in the mean over the compressor's draws;
 *  - `sweep`: of every vector that stands still, in the mean over a sweep of rounds (and over the draws);
 *  - `range`: the same, as long as the entries are of sizes that the message's own numbers hold;
 *  - `bound`: not of messages: a bound on what they leave shrinks by that much a round;
 *  - `spoken`: of messages that are spoken; silence tells nothing;
 *  - `memory`: of the error and what a memory adds to it, together;
 *  - `claim`: whatever a user's module says.
 */
export const CONTRACTION_KINDS = [
  'worst',
  'mean',
  'sweep',
  'range',
  'bound',
  'spoken',
  'memory',
  'claim',
] as const;
export type ContractionKind = (typeof CONTRACTION_KINDS)[number];

/** What can be said of several together. */
export function weakestKind(...kinds: readonly ContractionKind[]): ContractionKind {
  return CONTRACTION_KINDS[
    Math.max(...kinds.map((kind) => CONTRACTION_KINDS.indexOf(kind)))
  ] as ContractionKind;
}

/** What the gains of a run are made from. */
export function reckonedContraction({
  contraction,
  typicalContraction = contraction,
}: Pick<CompressorPlan, 'contraction' | 'typicalContraction'>): number {
  return Math.max(contraction, typicalContraction);
}

/**
 * A mu in (0, 1] with which e <- e - mu C(e) shrinks in the mean; null where none is known. Where <e, C(e)>
 * >= c |e|^2 and |C(e)|^2 <= M |e|^2, c/M is best: 1/(1 + omega) of an unbiased compressor. With a memory an
 * error that waits 1/delta rounds is said as many times over.
 */
export function filterGainOf({
  filterGain,
  contraction,
  contractionKind,
  variance,
}: CompressorPlan): number | null {
  if (filterGain !== undefined) return Math.min(1, filterGain);
  if (contraction > 0) return contractionKind === 'memory' ? contraction : 1;
  return variance === undefined ? null : 1 / (1 + variance);
}

/** What messages take: an agent's own (to make it and to read it back), and each neighbour's (to add it). */
export interface MessageCost {
  own: number;
  neighbour: number;
}

/** Plain data. A kind's own plan adds what its `bind` and `reference` need. */
export interface CompressorPlan {
  kind: string;
  dim: number;
  /** Bits of a number that is sent as it is. */
  realBits: NumberBits;
  /**
   * Bytes of an outbox slot: the packed message rounded up to 8. An agent's slot is at `agent * slotBytes`.
   */
  slotBytes: number;
  /** Bytes of the slot that are its own, where a combinator keeps more in it; `slotBytes` where absent. */
  ownBytes?: number;
  /** Bits of the packed message that would cross a network; null where it varies from message to message. */
  messageBits: number | null;
  /**
   * The longest message, where the length varies and may exceed the slot's bits; 8 slotBytes where absent.
   */
  longestBits?: number;
  /** About; only ratios matter (`nanoseconds.ts`). The partition of agents goes by it. */
  nanoseconds: MessageCost;
  /** Multiply-adds, about: how long a trial run may be goes by it. */
  work: MessageCost;
  /** C(., k) is a linear map: only then does the node-state flow converge. */
  linear: boolean;
  /** delta in E|e - C(e)|^2 <= (1 - delta) |e|^2; what E is, `contractionKind` says. 0: no contraction. */
  contraction: number;
  /** Of what `contraction` is true. */
  contractionKind: ContractionKind;
  /** Rounds of a sweep, where the mean is over one; 1 where absent. */
  sweep?: number;
  /**
   * The mean over messages of the kind that runs send, where it is known and larger: gains are made from it.
   */
  typicalContraction?: number;
  /**
   * A mu with which e <- e - mu C(e) shrinks in the mean from any e, where 1 is too much; see `filterGainOf`.
   */
  filterGain?: number;
  /**
   * Linear, and every direction is sent exactly, once in a sweep, at regular times: `flow/sampled-data.ts`.
   */
  inTurn?: boolean;
  /** Slots hold the numbers of the vector as they are, one after the other. */
  verbatim?: boolean;
  /** <e, C(e)> >= |C(e)|^2, as of a projection: then c C, too, contracts for any c below 2. */
  projects?: boolean;
  /**
   * omega in E C(e) = e, E|C(e) - e|^2 <= omega |e|^2, where C is unbiased: `scale` makes a contraction of
   * it.
   */
  variance?: number;
  /** The same small entries are left out again and again: without a memory they are never sent. */
  forgets?: boolean;
  /** Messages are signs under one scale that all agents share and every reader knows: bits may be counted. */
  commonScale?: CommonScale;
  /**
   * Of a whole rotated vector of dim entries one kernel can do a flow's round: `flatten` provides the
   * scratch.
   */
  wholeRounds?: boolean;
  /** Messages are those of `inner` about the vector rotated so: a server may rotate for both of its links. */
  rotates?: { rotation: RotationPlan; fixed: boolean };
  /** State and scratch this compressor wants in the arena, those of its inner compressors included. */
  fields: FieldSpec[];
  inner?: CompressorPlan;
  /** Where a combinator chooses between several. */
  choices?: CompressorPlan[];
}

/** sign(e), or sign(e + lambda tau) under the scale shrink lambda, tau uniform in (-1, 1). */
export type CommonScale = 'plain' | { lambda: Schedule; shrink: number };

/**
 * One bit an entry of the rotated vector, under one scale of the run's precision; as many entries as a kernel
 * holds in the first cache.
 */
export interface RotatedSigns {
  /** Entries of the rotated vector, 64..4096. */
  size: number;
  slotBytes: number;
  /** 3 size + 64 doubles, of either precision. */
  scratch: number;
  /** Signs of the rotation of a round. */
  masksOf(round: number): number;
}

/**
 * count agents; `from` slots `to` rows, or the other way round. `size`: entries of the rotated vector,
 * scratch too.
 */
export type RotatedKernel = (
  first: number,
  count: number,
  from: number,
  fromStride: number,
  to: number,
  toStride: number,
  dim: number,
  size: number,
  masks: number,
  scratch: number,
) => void;

/**
 * Bound to one worker. `slots` is the outbox of the round's parity; rows have the stride given. A slot that
 * is all zero decodes to the zero vector: that is how silence is represented in memory, so combinators that
 * are silent at times need no decoder of their own.
 *
 * What is optional are capabilities. A combinator passes none of them on unless it says so: see `wrap`.
 */
export interface BoundCompressor extends Readers {
  /**
   * Only where messages are the signs of the rotated vector: then a flow may have a kernel for its whole
   * round.
   */
  rotatedSigns?: RotatedSigns;
  /** Kernels that rotate a whole vector as well, within the first cache: what `flatten` asks for. */
  rotated?: { encode: RotatedKernel; decode?: RotatedKernel };
  /**
   * Shared randomness of a round; called once per worker and round, in order, before encode(round) and
   * gather(round).
   */
  prepare(round: number): void;
  /**
   * errors (block rows of dim entries) -> slots of agents first..first+count-1. Where the plan's messageBits
   * is null, the bits of each message are written to lengths (u32, indexed by agent); otherwise lengths is
   * not looked at. The rows stay as they are: in the node-state flow they are the state itself.
   */
  encode(
    first: number,
    count: number,
    round: number,
    errors: number,
    errorStride: number,
    slots: number,
    lengths: number,
  ): void;
}

/** How a combinator reaches the compressors inside it, whatever they are. */
export interface Nested {
  plan(spec: CompressorSpec, context: PlanContext): CompressorPlan;
  bind(plan: CompressorPlan, runtime: Runtime): BoundCompressor;
  reference(plan: CompressorPlan, seed: Seed): ReferenceCompressor;
}

/** Where something is wrong, and what was expected. */
export interface Fault {
  path: (string | number)[];
  value: unknown;
  expected: string;
}

/** A compressor: one file, and one line in the registry. */
export interface CompressorDefinition<Parameters = CompressorSpec, Plan = CompressorPlan> {
  /** Its name in a config. */
  kind: string;
  /** Title, summary and source, for lists and help. */
  metadata: Metadata;
  /** The spec's shape. zod is handed in, so that workers never load it. */
  parameters(zod: typeof z): z.ZodType<Parameters>;
  /** What depends on dim, graph or rounds is checked here; everything else the shape has checked. */
  plan(spec: Parameters, context: PlanContext, nested: Nested): Plan;
  /** One worker's functions for the planned compressor: addresses and kernels. */
  bind(plan: Plan, runtime: Runtime, nested: Nested): BoundCompressor;
  /** The reference implementation: what C(error, round) is for agent `agent`, written for the reader. */
  reference(plan: Plan, seed: Seed, nested: Nested): ReferenceCompressor;
  /** Whether vectors of such numbers are sent as they are: what a flow that compresses nothing goes with. */
  asIs?(spec: Parameters, realBits: NumberBits): boolean;
  /**
   * A parameter that may name a JSON file: configs hold its content, as the parameters that `spread` makes of it.
   */
  embed?: {
    parameter: string;
    /** Shape of what stands in the file. */
    shape(zod: typeof z): z.ZodType;
    /**
     * What no shape says of content that has it, beside the config's own parameters; null: nothing is wrong.
     */
    fault(content: Record<string, unknown>, beside: Record<string, unknown>): Fault | null;
    /** The key of compressors that the file brings along, if it does. */
    compressors: string;
    spread(content: Record<string, unknown>): Record<string, unknown>;
  };
  /** Where messages have a format with kernels of its own: the format and C(error, round) in it. */
  messages?(plan: Plan, seed: Seed): Messages;
  /**
   * Specs that suit a dimension: what tables of tests and benchmarks run, the first one where one is enough.
   */
  examples(dim: number): Record<string, unknown>[];
  /**
   * Specs of a dimension that `compressor: auto` chooses from; the examples where a kind names none. Empty where
   * they ask for what only the user has: a module, the rate of a run.
   */
  candidates(dim: number): Record<string, unknown>[];
}

/** Messages in a wire format: the format, and what a message says of an error. */
export interface Messages<Message = unknown> {
  format: WireFormat<Message>;
  of(error: Float64Array, round: number, agent: number): Message;
}

/** A short name for a composition: expanded before anything is planned. */
export interface CompressorAlias<Parameters = CompressorSpec> {
  /** Its name in a config. */
  kind: string;
  /** Title, summary and source, for lists and help. */
  metadata: Metadata;
  /** Shape of the parameters. */
  parameters(zod: typeof z): z.ZodType<Parameters>;
  /** The composition that the short name stands for. */
  expand(spec: Parameters): CompressorSpec;
  /** As of a definition; none where a short name has none of its own. */
  candidates(dim: number): Record<string, unknown>[];
}

/** C(e, k) as mathematics: a fresh array of dim entries. */
export type ReferenceCompressor = (error: Float64Array, round: number, agent: number) => Float64Array;
