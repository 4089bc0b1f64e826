/**
 * What a distributed flow is to the runtime: the state it keeps, the messages it sends, and one pass over a
 * block of agents.
 *
 * One round k, for every block of agents:  gather -> gradient -> step -> compress for round k+1.  The
 * messages of round k were written in round k-1 (or by `prologue`), so one barrier a round is enough;
 * outboxes are doubled by parity.
 */

import type { z } from 'zod';
import type { ArcMixing } from '../../topology/arc-mixing.js';
import type { FieldSpec, Reals } from '../arena/layout.js';
import type { RotatedSigns } from '../compress/types.js';
import type { BatchSize } from '../cost/batch.js';
import type { BoundCost } from '../cost/types.js';
import type { Metadata, PlanContext, Runtime, Seed } from '../runtime.js';
import type { Unicast } from './edges.js';
import type { LinearRound } from './linear-types.js';
import type { ReferenceSpec } from './reference-types.js';

/** What a message is about, in flows that leave the choice (`modes.ts` has the table). */
export const COMPRESS_MODES = ['none', 'node-state', 'error-state', 'observer', 'error-memory'] as const;
export type Compress = (typeof COMPRESS_MODES)[number];

export interface FlowSpec {
  kind: string;
  /** Only in flows that name their `modes`. */
  compress?: Compress;
  /** Samples that a gradient looks at, where the flow takes gradients. */
  batch?: BatchSize;
  /** Only in flows whose average may move. */
  reference?: ReferenceSpec | undefined;
  [parameter: string]: unknown;
}

/** A flow with its gains resolved to numbers. Plain data; beside this what the flow itself needs. */
export interface FlowPlan {
  kind: string;
  compress?: Compress;
  /** Every number a person would want to see, by its name in the config: step, alpha, ... */
  gains: Record<string, number>;
  /**
   * Whether x lives in the two parities of its own outbox (nothing is compressed: the message is the state).
   */
  stateIsMessage?: boolean;
  [parameter: string]: unknown;
}

/** What each agent broadcasts in a round. */
export interface FlowMessages {
  /** Messages, each with an outbox of its own; 0 where the state itself is the message. */
  channels: number;
  /** Whether the run's compressor is applied to them; where it is not, it must be `identity`. */
  compressed: boolean;
  /** Numbers that go with them as they are. */
  scalars?: number;
  /**
   * Whether out-neighbours keep estimates, so that a link that comes back has to bring them up to date: of
   * all channels, or of those named.
   */
  estimates?: boolean | readonly number[];
  /**
   * The state that each channel sends, where it sends one. Uncompressed, its rows are the messages: it is
   * doubled, and there is no outbox.
   */
  states?: readonly string[];
  /** Channels that go as they are beside others that are compressed. */
  raw?: readonly number[];
  /** Entries of the vectors of each channel, null for dim; dim for all where absent. */
  lengths?: readonly (number | null)[];
  /**
   * Whether messages are shares, so that the sender has to know how many out-neighbours it will have:
   * `graph.outDegrees` of the arena, one round ahead.
   */
  shares?: boolean;
  /**
   * False where the sender of shares has to know how many heard it in the round itself, and not before: over
   * links that work in both directions these are as many as it hears. Absent: a round ahead.
   */
  ahead?: boolean;
  /** Whether a round reads the rows of several neighbours at once where edges have no weights. */
  opensRows?: boolean;
  /** Where every neighbour is sent something else: then channels is 0. */
  unicast?: Unicast;
}

/** What the choice of `auto` gains, and a hint after a divergence, are made from. */
export interface GainContext {
  /** Of the Laplacian; in a balanced directed graph what takes their place (`balancedSpectrum`). */
  lambda2: number;
  lambdaMax: number;
  directed?: boolean;
  /** Mean weighted degree. */
  degree: number;
  /** m I <= Hessian of every f_i <= l I, and the same of their mean. */
  m: number;
  l: number;
  meanM: number;
  meanL: number;
  /**
   * The largest curvature of an agent at the optimum, where that is known to be less than `l`; meanM and
   * meanL are those of the optimum then too.
   */
  nearL?: number;
  /** Whether the costs leave directions flat in which agents still have to agree. */
  flat?: boolean;
  /** Contraction of one message: E|e - C(e)|^2 <= (1 - delta) |e|^2; 1 where nothing is compressed. */
  delta: number;
  /** Whether C(., k) is a linear map; true where nothing is compressed. */
  linear: boolean;
}

/** What a flow is planned from. */
export interface FlowContext {
  /**
   * Asked only where something is `auto`: it needs the graph's spectrum, which large graphs make expensive.
   */
  gains(): GainContext;
  /** The compressor's contraction; 1 where nothing is compressed. */
  contraction: number;
  /** The omega of E|C(e) - e|^2 <= omega |e|^2, where the compressor is unbiased. */
  variance?: number | undefined;
  /** Largest weighted degree. */
  maxDegree: number;
  /** Of mixing over the graph's arcs; as `gains`, asked only where something is `auto`. */
  arcs(): ArcMixing;
  /** m I <= Hessian of f_i <= l I for every agent; large costs take a while to say so. */
  curvature(): { m: number; l: number };
  /** Rounds of the run, at most. */
  rounds: number;
}

/**
 * One kind of message, bound to one worker: what all agents broadcast of one vector each. `gather` and
 * `decode` read what was sent for `round`; rows are block rows of stride rowBytes.
 */
export interface Channel {
  /**
   * Shared randomness of a round; the program calls it, once per worker, before anything is sent for that
   * round.
   */
  prepare(round: number): void;
  /** out = sum_j L_ij q_j, with L the Laplacian of the round. */
  gather(first: number, count: number, round: number, out: number): void;
  /** out = the agents' own decoded messages q_i. */
  decode(first: number, count: number, round: number, out: number): void;
  /** Compresses block rows into the outbox of `round`; the rows stay as they are. */
  send(first: number, count: number, round: number, rows: number): void;
  /**
   * What a kernel that does whole rounds (`whole-rounds.ts`, `round-kernels.ts`) has to know of the messages;
   * null: there is none that reads them. Not optional: whoever wraps a channel says what of it still holds.
   */
  wire: Wire | null;
}

/** Messages in memory, by the name of their format. */
export type Wire = {
  /** Whether `gather` of these agents is what such a kernel does, and nothing else; absent: of all. */
  covers?(first: number, count: number): boolean;
} & (
  | {
      format: 'states' /** The states themselves: address of those of a round. */;
      at(round: number): number;
      stride: number;
    }
  | {
      format: 'rows' /** Uncompressed, in an outbox: address of those of a round. */;
      at(round: number): number;
      stride: number;
    }
  | {
      format: 'rotated-signs';
      signs: RotatedSigns /** The outbox of a round. */;
      slots(round: number): number;
    }
);

export interface BoundFlow {
  /** Writes the messages of round 0. */
  prologue(first: number, count: number, round: 0): void;
  /** Round `round` of agents first..first+count-1. */
  block(first: number, count: number, round: number): void;
  /** As `prepare` of a channel, for what a flow has bound beside the channels. */
  prepare?(round: number): void;
}

/** One flow: `Parameters` are what its zod schema makes of a spec, `Plan` is what its workers are given. */
export interface FlowDefinition<Parameters = FlowSpec, Plan extends FlowPlan = FlowPlan> {
  /** Its name in a config. */
  kind: string;
  /** Title, summary and source, for lists and help. */
  metadata: Metadata;
  /**
   * The definition of one spec or plan, where the kind is as many flows as there are modules; they are loaded
   * by then. What else stands beside it is true of all of them.
   */
  of?(spec: { [parameter: string]: unknown }): FlowDefinition;
  /** The spec with what a module adds to its schema: defaults, and what it does not know refused. */
  complete?(spec: Parameters): FlowSpec;
  /**
   * Tries a planned flow out on one made-up agent, where it is somebody's own code.
   *
   * @throws InputError
   */
  tryOut?(plan: Plan, context: { agents: number; dim: number; seed: Seed }): void;
  /** What its author can say so that it is not refused over links that change, or on a directed graph. */
  declares?: { changingLinks: string; directed: string };
  /** Gains whose `auto` needs nothing of the graph; those of `gains.ts` where absent. */
  localGains?: ReadonlySet<string>;
  /**
   * What the agents agree on: the minimiser of the mean cost, or the average of the values they began with.
   */
  problem: 'cost' | 'average';
  /** Whether an unbiased compressor serves it too, however large its variance. */
  unbiased?: boolean;
  /** Its gain that says how much of a message the estimates take in, where there is one: for a hint. */
  filterGain?: string;
  /** What its messages can be about, where `compress` chooses. */
  modes?: readonly Compress[];
  /**
   * The graphs it can do with: `edges` (the default: every link works in both directions), `balanced`
   * (directed too, where everyone has as many in- as out-neighbours), `arcs` (any directed graph).
   */
  graphs?(parameters: Parameters): 'edges' | 'balanced' | 'arcs';
  /** The costs it can do with; any where absent. */
  costs?: 'any' | 'convex' | 'strongly-convex';
  /**
   * Whether its equations hold with another Laplacian in every round, that of `Runtime.graph`; absent: no.
   */
  changingLinks?: boolean;
  /** Shape of the parameters, defaults included. zod is handed in, so that workers never load it. */
  parameters(zod: typeof z): z.ZodType<Parameters>;
  /** Which messages an agent sends in a round, and with which compressor. */
  messages(parameters: Parameters): FlowMessages;
  /**
   * State and scratch of the arena, sized before gains are known. x is the answer; v (a dual, a tracker) and
   * s (what the network knows of x) are hashed and shown where a flow keeps them.
   */
  fields(parameters: Parameters, context: PlanContext): FieldSpec[];
  /**
   * Gains in numbers. Ranges stand in `parameters`; here is checked what depends on graph, cost and
   * compressor.
   *
   * @throws InputError
   */
  plan(parameters: Parameters, context: FlowContext): Plan;
  /**
   * One worker's functions for the planned flow. `rebind` binds its channels to another view of the graph.
   */
  bind(
    plan: Plan,
    channels: readonly Channel[],
    cost: BoundCost,
    runtime: Runtime,
    rebind: (runtime: Runtime) => Channel[],
  ): BoundFlow;
  /** Whether the limit is off the optimum by a bias with these parameters; absent: it is the optimum. */
  biased?(parameters: Parameters): boolean;
  /**
   * How a pilot may look for better gains: factors to multiply them by, as exponents of one number (`{ beta:
   * 1, alpha: 2 }` doubles beta and quadruples alpha), most promising first. Without it `auto` means the
   * formula of `plan`.
   */
  search?: {
    directions: readonly Record<string, number>[];
    largest: Record<string, number>;
    /** Where to begin beside the formula: bolder, and given up at once where they fail. */
    starts?(plan: Plan, gains: GainContext): Record<string, number>[];
    /** What is made smaller where a trial fails; `step` where absent. */
    shrink?: string;
    /** The same where the best trial did not stay where it came to; as `shrink` where absent. */
    steadier?: string;
    /**
     * Set where the limit is not the optimum, or is approached more and more slowly: then trials are judged
     * by where they end, after the run's own rounds.
     */
    biased?: boolean;
  };
  /**
   * A run was changed between two rounds: what of the state hangs on edges and gains, beyond what says so of itself
   * (`laplacianOf`), is made to fit the new ones. Called once, on the host; absent: nothing does.
   */
  carry?(state: CarriedFlow, plan: Plan, before: Plan): void;
  /**
   * The gains whose product is tau, where x mixes by W = I - tau L and nothing else sees to it that
   * disagreement shrinks: see `averaging.ts`.
   */
  averaging?(plan: Plan): readonly string[];
  /**
   * Largest step with which the uncompressed flow is stable were all curvatures alike: for the hint after a
   * divergence.
   */
  largestStep?(plan: Plan, gains: GainContext): number;
  /**
   * The round as a linear map of errors, where nothing is compressed and gradients are linear; null where these
   * parameters make it something else. Absent: nobody has said it.
   */
  linearRound?(plan: Plan): LinearRound | null;
  /** Whether `largestStep` is enough on any graph, while on most a larger step would do too. */
  sufficient?(plan: Plan): boolean;
}

/** By the agents' numbers. */
export interface CarriedFlow {
  agents: number;
  /** Entries of a row of a field, and where agent i's begins in it; null where there is none. */
  rows(name: string): { data: Reals; stride: number; entries: number } | null;
  /** The same of the run as it was. */
  before(name: string): { data: Reals; stride: number; entries: number } | null;
  /** Numbers of neighbours. */
  neighbours: { before: Float64Array; after: Float64Array };
  /** sum_j w_ij (y_i - y_j) of the edges that are there now, of entry c of the rows of a field. */
  laplacian(data: Reals, stride: number, agent: number, entry: number): number;
  /** Weighted degrees. */
  degrees: { before: Float64Array; after: Float64Array };
}

/** Holds a flow's parts to the types of its own parameters and plan; a registry holds flows of all types. */
export function defineFlow<Parameters extends FlowSpec, Plan extends FlowPlan>(
  definition: FlowDefinition<Parameters, Plan>,
): FlowDefinition {
  return definition;
}
