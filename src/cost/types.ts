/**
 * A cost f_i: R^dim -> R for every agent, as the runtime sees it.
 *
 * `load` runs once on the host: it reads files, splits data, and returns a `CostModel`, which knows
 * everything the host needs (the arena's fields, curvature bounds, the central optimum). `bind` runs on
 * workers and sees only the plain `plan`. Heavy modules (readers, linear algebra) are imported inside `load`,
 * so that workers never load them.
 *
 * The objective is f(x) = (1/n) sum_i f_i(x).
 */

import type { z } from 'zod';
import type { Arena } from '../arena/arena.js';
import type { FieldSpec, Precision } from '../arena/layout.js';
import type { SpecPath } from '../base/errors.js';
import type { Metadata, Runtime, Seed } from '../runtime.js';
import type { BatchSize } from './batch.js';

export interface CostSpec {
  kind: string;
  [parameter: string]: unknown;
}

export interface CostContext {
  agents: number;
  /** In which data are kept, and rounded to before anything is computed of them; float64 where absent. */
  precision?: Precision | undefined;
  seed: Seed;
  /** Absolute path of a file named in the config. */
  resolve(path: string): string;
  /** Node labels of the topology, by agent; null or absent where it has none. */
  labels?: readonly string[] | null;
  /** Set where nodes without labels are named by their numbers: a graph of a file, not of a generator. */
  numbered?: boolean;
  /** Prefix of this component's errors: ['cost']. */
  path: SpecPath;
  /** Samples that a gradient looks at; all where absent. See `batch.ts`. */
  batch?: BatchSize;
  /** Where the batch stands in the config: ['flow', 'batch'] where absent. */
  batchPath?: SpecPath;
  /**
   * An agent's gradient is the mean over its own samples, however many they are, and not (n/N) times their
   * sum.
   */
  ownMeans?: boolean;
  /** Progress of long work, for a person. */
  note?(message: string): void;
  /** What a person should know of the data before trusting the result. */
  warn?(message: string): void;
}

/** Plain data for workers. */
export interface CostPlan {
  kind: string;
  dim: number;
  /**
   * Samples to test with, where there are any: trace rows then say which share of them is classified
   * correctly.
   */
  testSamples?: number;
  /** Arena field of abar (dim float64), where f(x) = f* + 1/2 sum_c abar_c (x_c - x*_c)^2. */
  meanCurvature?: string;
}

export interface Optimum {
  /** dim entries. */
  x: Float64Array;
  /** f(x) = (1/n) sum_i f_i(x). */
  value: number;
  /** Largest entry of the gradient of f at x, in magnitude: how exact it is. */
  gradientNorm: number;
  iterations: number;
  /** 'closed form', 'Newton', ... */
  method: string;
}

/**
 * Curvatures at the optimum, on the directions that the data see; l, the largest of a single agent, is null
 * where it is too much work.
 */
export interface NearCurvature {
  l: number | null;
  meanM: number;
  meanL: number;
  /**
   * Whether there are directions that no sample sees, with nothing (or next to nothing) that holds x there.
   */
  flat: boolean;
}

export interface CostModel<Plan extends CostPlan = CostPlan> {
  plan: Plan;
  dim: number;
  /** Arena fields, scratch (perWorker) included; names begin with 'cost.'. */
  fields: FieldSpec[];
  /** The same in an arena of another precision than the context's; `fields` where it is the same in all. */
  fieldsIn?(precision: Precision): FieldSpec[];
  /**
   * Writes the data into the arena, of a cost that is `placed` with the row of agent i at positions[i]. The
   * model may release its own copies afterwards, and then reads from that arena; it may be called again, with
   * another one.
   */
  fill(arena: Arena, positions?: Uint32Array): void;
  /** Work of one gradient of each agent, in multiply-adds. */
  work: Float64Array;
  /**
   * Work of one gradient of every agent that looks at all samples, in multiply-adds; the sum of `work` where
   * absent.
   */
  exactWork?: number;
  /**
   * Time of one gradient of each agent, about, in nanoseconds of the machine that docs/performance.md names:
   * balances the partition. Absent: NS_A_WORK of `work`.
   */
  nanoseconds?: Float64Array;
  /**
   * Strong convexity m and smoothness l: m I <= Hessian of f_i <= l I for every agent i; and of the mean f. l
   * is Infinity where nobody knows it: gains cannot be `auto` then.
   */
  curvature: { m: number; l: number; meanM: number; meanL: number };
  /** Writes the a_ic of an agent (dim entries), where f_i is 1/2 sum_c a_ic (x_c - b_ic)^2. */
  curvaturesOf?(agent: number, out: Float64Array): void;
  /**
   * How curved the costs are at the optimum, where that is another thing than `curvature`, which holds
   * everywhere; solves first where nobody has. Null where there is no optimum.
   */
  curvatureAtOptimum?(): NearCurvature | null;
  /** Whether some f_i is known not to be convex. */
  readonly nonconvex?: boolean;
  /** Writes the value of an agent's own (dim entries), of a cost that has such: what averaging begins at. */
  ownValue?(agent: number, out: Float64Array): void;
  /** x(0) of every agent, dim entries, where 0 is no place to begin and the config names none. */
  initial?(): Float64Array;
  /** The reference implementation of the objective, on the host. */
  value(x: Float64Array): number;
  /** Central reference solution; null where the cost has none (not convex, or a loss that falls for ever). */
  optimum(): Optimum | null;
  /** Why optimum() returned null, as half a sentence; null before the call and where there is one. */
  readonly whyNoOptimum?: string | null;
  /** Where it is made of samples: agent i holds [samples[i], samples[i + 1]). */
  readonly samples?: Uint32Array;
  /** One line for a person: "logistic, 19,979 samples, 34 features, 99,895 non-zeros". */
  description: string;
}

/** Bound to one worker. */
export interface BoundCost {
  /**
   * Called with the round before its gradients and values, for a cost that wants to name it. `draw` numbers
   * the mini-batches: it is the round where absent, and something else where a round takes several gradients
   * of an agent. A whole number below 2^32.
   */
  beginRound?(round: number, draw?: number): void;
  /**
   * Where the gradient is a (x - b), entry by entry: addresses of the rows of all agents, for kernels that
   * take it on their way.
   */
  quadratic?: { a: number; b: number };
  /** out rows = gradient f_i(x_i); x and out are block rows of stride rowBytes. */
  gradient(first: number, count: number, x: number, out: number): void;
  /**
   * The same of all samples, where `gradient` is that of mini-batches or of an agent's own mean. Absent:
   * `gradient` is exact.
   */
  exactGradient?(first: number, count: number, x: number, out: number): void;
  /** out[i] (f64, indexed by agent) = f_i(point), one point (dim float64, padded to 8) for all. */
  values(first: number, count: number, point: number, out: number): void;
  /**
   * How many of the test samples from .. to - 1 the point (dim float64, padded to 8) classifies correctly.
   */
  correct?(from: number, to: number, point: number): number;
}

/**
 * A private cost. `Parameters` are what its zod schema makes of a spec, `Plan` is what its workers are given.
 */
export interface CostDefinition<Parameters = CostSpec, Plan extends CostPlan = CostPlan> {
  /** Its name in a config. */
  kind: string;
  /** Title, summary and source, for lists and help. */
  metadata: Metadata;
  /**
   * Whether `fill` lays its rows out by position where agents lie in another order than their numbers';
   * `first` of a bound cost is then a position too. Absent: data lie by number, and agents are asked one at a
   * time, by number. See `program/flow/order.ts`.
   */
  placed?: boolean;
  /**
   * Whether it can be made of samples, so that gradients can be those of mini-batches. `load` refuses a batch
   * where it is not.
   */
  sampled?: boolean;
  /** The spec's shape, defaults included. zod is handed in, so that workers never load it. */
  parameters(zod: typeof z): z.ZodType<Parameters>;
  /**
   * Reads or draws the data, on the host, of a spec that `parameters` has checked and completed.
   *
   * @throws InputError
   */
  load(parameters: Parameters, context: CostContext): Promise<CostModel<Plan>>;
  /** One worker's functions for the planned cost. */
  bind(plan: Plan, runtime: Runtime): BoundCost;
}

/** Holds a cost's parts to the types of its own parameters and plan; a registry holds costs of all types. */
export function defineCost<Parameters extends CostSpec, Plan extends CostPlan>(
  definition: CostDefinition<Parameters, Plan>,
): CostDefinition {
  return definition;
}
