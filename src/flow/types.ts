/**
 * What a distributed flow is to the runtime: the state it keeps, and one pass over a block of agents.
 *
 * One round k, for every block of agents:  gather -> gradient -> step -> compress for round k+1.  The messages of round k were
 * written in round k-1 (or by `prologue`), so one barrier a round is enough; outboxes are doubled by parity.
 */

import type { z } from 'zod';
import type { FieldSpec } from '../arena/layout.js';
import type { BoundCompressor } from '../compress/types.js';
import type { BatchSize } from '../cost/batch.js';
import type { BoundCost } from '../cost/types.js';
import type { IdentityCard, PlanContext, Runtime } from '../runtime.js';

export type Compress = 'none' | 'node-state' | 'error-state' | 'observer' | 'error-memory';

export interface FlowSpec {
  kind: string;
  compress: Compress;
  /** Euler step h. */
  step: number | 'auto';
  alpha: number | 'auto';
  beta: number | 'auto';
  eta: number | 'auto';
  /** Filter gain in (0, 1]. */
  mu: number | 'auto';
  /** Gain of the memory, where the flow has one. */
  gamma?: number | 'auto';
  /** Samples that a gradient looks at, where the flow takes gradients. */
  batch?: BatchSize;
  [parameter: string]: unknown;
}

/** Gains resolved to numbers. Plain data. */
export interface FlowPlan {
  kind: string;
  compress: Compress;
  step: number;
  alpha: number;
  beta: number;
  eta: number;
  mu: number;
  /** Gain of the memory; only `error-memory` has one. */
  gamma?: number;
  /** Whether x lives in the two parities of its own outbox (nothing is compressed: the message is the state). */
  stateIsMessage: boolean;
}

/** What the choice of `auto` gains, and a hint after a divergence, are made from. */
export interface GainContext {
  lambda2: number;
  lambdaMax: number;
  m: number;
  l: number;
  /** Contraction of one message: E|e - C(e)|^2 <= (1 - delta) |e|^2. */
  delta: number;
}

export interface BoundFlow {
  /** Once per worker before its first block of the round. */
  prepare(round: number): void;
  /** Writes the messages of round 0. */
  prologue(first: number, count: number, round: 0): void;
  /** Round `round` of agents first..first+count-1. */
  block(first: number, count: number, round: number): void;
}

export interface FlowDefinition {
  kind: string;
  card: IdentityCard;
  /** What the agents agree on: the minimiser of the mean cost, or the average of the values they began with. */
  problem: 'cost' | 'average';
  parameters(zod: typeof z): z.ZodType;
  /** State and scratch of the arena; state fields are named x, v, s, z. Sizes are known before gains are. */
  fields(compress: Compress, context: PlanContext): FieldSpec[];
  /** `contraction` is the compressor's (1 where nothing is compressed). `gains` is asked only where something is `auto`: it needs the graph's spectrum, which large graphs make expensive. */
  plan(spec: FlowSpec, gains: () => GainContext, contraction: number): FlowPlan;
  bind(
    plan: FlowPlan,
    compressor: BoundCompressor,
    slotBytes: number,
    cost: BoundCost,
    runtime: Runtime,
  ): BoundFlow;
}
