/**
 * Links that change: which of the graph's edges carry messages in a round. L(k) = the Laplacian of those that
 * are up.
 *
 * A kind is one file and one entry in `registry.ts`. It knows nothing of flows: it says, for the rows of one
 * worker's agents, which arcs are up in a round; `bind.ts` makes the round's weights of it, which gather
 * kernels read as they read a fixed graph's. Both ends of an edge say the same without asking each other,
 * because a draw is a function of the edge and the round (Philox stream 4), so L(k) is symmetric whatever the
 * partition.
 */

import type { z } from 'zod';
import type { Graph } from '../../topology/index.js';
import type { Arena } from '../arena/arena.js';
import type { FieldSpec } from '../arena/layout.js';
import type { SpecPath } from '../base/errors.js';
import type { Metadata, Seed } from '../runtime.js';

export interface LinksSpec {
  kind: string;
  [parameter: string]: unknown;
}

/** Plain data, sent to every worker: beside this what the kind itself needs. */
export interface LinksPlan {
  kind: string;
  /** Words of randomness for each arc and round, 0..4. */
  lanes: number;
}

export interface LinksContext {
  /** What the config's topology says. */
  graph: Graph;
  path: SpecPath;
  seed: Seed;
  /** Rounds of the run, at most. */
  rounds: number;
  /** A graph from a spec of its own: generated or read, with every refusal at `path`. */
  loadGraph(spec: unknown, path: SpecPath): Promise<Graph>;
}

/** On the host: the plan, and what the arena is to be filled with. */
export interface LinksModel<Plan extends LinksPlan = LinksPlan> {
  plan: Plan;
  /** All edges that are ever up: the graph of the run. */
  graph: Graph;
  /**
   * Fields beside those of every kind, for one table of arcs: see `ArcTable.field`. `outward`: whether it is that
   * of out-neighbours.
   */
  fields(arcs: number, agents: number, outward: boolean): FieldSpec[];
  /** Fills what the host knows; `field` is as in the table that is filled, whose rows are `rows`. */
  fill?(arena: Arena, field: (name: string) => string, rows: ArcRows): void;
  /**
   * Of the rounds, the share in which a link is up: one number for all, or one for each arc of
   * `graph.columns`, in a directed graph the mean of both directions. For `auto` gains, and not read where
   * there are none.
   */
  readonly presence: number | Float64Array;
  /** Nobody ever has more than one in-neighbour. */
  pairwise: boolean;
  /**
   * Whether everyone has as many in- as out-neighbours in every round, where that is a matter of what was
   * loaded and not of the kind.
   */
  balanced?: boolean;
  warnings: string[];
  /** The plain reference implementation, written for the reader. */
  reference(seed: Seed): ReferenceLinks;
}

/**
 * Rows of agents, by position, and columns that are positions. A row's columns ascend by the numbers of the
 * agents.
 */
export interface ArcRows {
  rowStart: Uint32Array;
  columns: Uint32Array;
  orientation: Orientation;
  /** Of the agent at each position; undefined where they lie in the order of their numbers. */
  numbers?: Uint32Array | undefined;
}

/** What the agent at a position is called: draws, pairs and graphs of a kind's own go by that. */
export function numberAt({ numbers }: Pick<ArcRows, 'numbers'>, position: number): number {
  return numbers === undefined ? position : numbers[position];
}

/**
 * What an entry j in row i is: the edge i-j, the arc j -> i (an in-neighbour), the arc i -> j (an
 * out-neighbour).
 */
export type Orientation = 'edges' | 'in' | 'out';

/** The arcs of one worker's agents, rows first..end-1, and where to say which of them are up. */
export interface ArcTable extends ArcRows {
  arena: Arena;
  /** Rows of agents in the arena. */
  agents: number;
  /** Agents of the run. */
  total: number;
  seed: Seed;
  first: number;
  end: number;
  /** One byte an arc, 1 = up; the worker writes those of its own rows. */
  up: Uint8Array;
  /**
   * This table's own copy of a kind's field: a directed graph has two tables, in-neighbours and
   * out-neighbours.
   */
  field(name: string): string;
  /**
   * The round's words: arc e has words[lanes e .. lanes e + lanes - 1], the same at both of its ends. Valid
   * until the next call.
   */
  draw(round: number): Uint32Array;
}

/** Bound to one table of one worker. Called once for every round, in order, from round 0. */
export interface BoundLinks {
  /** Before round 0: what others must know of this worker's agents by then. A barrier follows. */
  prologue?(): void;
  /**
   * Writes `up` of the rows of its own agents; may write, doubled by parity, what others must know by the
   * next round.
   */
  mask(round: number): void;
}

/** Whether the link from one node to another is up in a round. Asked in order of rounds. */
export type ReferenceLinks = (round: number, from: number, to: number) => boolean;

/** One kind: `Parameters` are what its zod schema makes of a spec, `Plan` is what its workers are given. */
export interface LinksDefinition<Parameters = LinksSpec, Plan extends LinksPlan = LinksPlan> {
  /** Its name in a config. */
  kind: string;
  /** Title, summary and source, for lists and help. */
  metadata: Metadata;
  /** Whether it can do with a directed graph. */
  directed: boolean;
  /** Whether, in a directed graph, everyone has as many in- as out-neighbours, in every round. */
  balanced?: boolean;
  /**
   * Whether an agent's links of the next round are known before it: not where they come of an exchange.
   * Absent: they are.
   */
  foreseen?: boolean;
  /** Shape of the parameters, defaults included. zod is handed in, so that workers never load it. */
  parameters(zod: typeof z): z.ZodType<Parameters>;
  /**
   * Reads what it needs, on the host.
   *
   * @throws InputError
   */
  load(parameters: Parameters, context: LinksContext): Promise<LinksModel<Plan>> | LinksModel<Plan>;
  /** One worker's functions for the arcs of its agents. */
  bind(plan: Plan, table: ArcTable): BoundLinks;
}

/** Holds a kind's parts to the types of its own parameters and plan; a registry holds kinds of all types. */
export function defineLinks<Parameters extends LinksSpec, Plan extends LinksPlan>(
  definition: LinksDefinition<Parameters, Plan>,
): LinksDefinition {
  return definition;
}

/**
 * Links of a network model: what rounds would take on them. Numbers in SI units, whatever unit they were
 * written in.
 */
export interface NetworkSpec {
  /** Bits a second, on every link and in every direction, unless `edges` says otherwise. */
  bandwidth: number;
  /** Seconds before the first bit arrives. */
  latency: number;
  /** Edges that differ: a list, or a file with a table of them. */
  edges?: string | EdgeNetworkSpec[];
}

/** One edge of a network, in both directions. What it does not say is the network's. */
export interface EdgeNetworkSpec {
  /** Labels of two agents; their numbers where the graph has no labels. */
  between: [string | number, string | number];
  bandwidth?: number;
  latency?: number;
}
