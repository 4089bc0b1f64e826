/** A run of a flow that may begin again and again with other gains: what trial runs are made of. */

import type { Kernels } from '../../kernels/bindings.js';
import type { Arena } from '../arena/arena.js';
import type { Gains } from '../base/pattern-search.js';
import type { CompressorPlan } from '../compress/types.js';
import type { CostModel, Optimum } from '../cost/types.js';
import type { FlowPlan, FlowSpec, GainContext } from '../flow/types.js';
import type { BoundProgram, RunPlan } from '../run/types.js';

/** What a plan with gains has beside all others. */
export interface PlanWithGains extends RunPlan {
  flow: FlowPlan;
  /** One for each message that an agent sends in a round. */
  channels: readonly CompressorPlan[];
  /** What the agents agree on. */
  problem: 'cost' | 'average';
  /** Null where every edge is up in every round. */
  links: object | null;
  /** Channels of whose vectors agents keep estimates of one another. */
  estimated: readonly number[];
}

export interface Tunable {
  /** For one worker, with the formula's gains. */
  plan: PlanWithGains;
  /** The flow's section of the config. */
  spec: FlowSpec;
  cost: CostModel;
  optimum: Optimum | null;
  /** Agents x dim; null where agents begin at 0, or at values of their own. */
  init: Float64Array | null;
  /** Multiply-adds of a round, about. */
  work: number;
  /** Spectrum, curvatures, contraction: what formulas are made from. */
  gains(): GainContext;
  /** The flow with these numbers, and the formula's for the others that are `auto`. */
  withGains(numbers: Gains): FlowPlan;
  fill(arena: Arena): void;
  bind(flow: FlowPlan, arena: Arena, kernels: Kernels): BoundProgram;
}
