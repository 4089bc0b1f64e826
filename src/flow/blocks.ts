/**
 * What is written a block of agents at a time: addresses of block rows, sums of rows, and gradients with the
 * right mini-batches. (A flow that can is written as its equations instead: `equations.ts`.)
 *
 * Block rows are `count` rows of stride rowBytes. `state` gives the rows of all agents (agent 0 first), so a
 * block's begin `first * rowBytes` behind; `scratch` those of the block itself, on this worker.
 */

import type { z } from 'zod';
import type { FieldSpec } from '../arena/layout.js';
import { unexpected } from '../base/errors.js';
import type { BoundCost } from '../cost/types.js';
import type { PlanContext, Runtime } from '../runtime.js';
import { gainParameter } from './gains.js';
import { scratchFields, stateFields } from './state.js';

/** Mini-batches are numbered in 32 bits. */
const DRAWS = 2 ** 32;

export interface Blocks {
  /** Address of the rows of a field of the state. */
  state(name: string): number;
  /** Address of a block's scratch rows. */
  scratch(name: string): number;
  /**
   * out = a x + b y (+ c z (+ d u (+ e w))), block rows, added from left to right. `out` may be one of the
   * others; what is not there is left out.
   */
  combine(
    count: number,
    out: number,
    a: number,
    x: number,
    b: number,
    y: number,
    c?: number,
    z?: number,
    d?: number,
    u?: number,
    e?: number,
    w?: number,
  ): void;
  /** out = grad f_i(x_i), with the mini-batches of `round`. */
  gradient(first: number, count: number, round: number, x: number, out: number): void;
}

export function bindBlocks(cost: BoundCost, { arena, kernels, rowBytes, worker }: Runtime): Blocks {
  const n = rowBytes / arena.realBytes;
  const combine: Blocks['combine'] = (count, out, a, x, b, y, c = 0, z = 0, d = 0, u = 0, e = 0, w = 0) =>
    kernels.combine(count, rowBytes, n, out, a, x, b, y, c, z, d, u, e, w);
  return {
    state: (name) => arena.address(name),
    scratch: (name) => arena.address(`scratch.${name}`, worker),
    combine,
    gradient(first, count, round, x, out) {
      cost.beginRound?.(round);
      cost.gradient(first, count, x, out);
    },
  };
}

/** A row of the state an agent for each name, and block rows of scratch. */
export function blockFields(
  names: { state: readonly string[]; scratch: readonly string[] },
  context: PlanContext,
): FieldSpec[] {
  return [...stateFields(names.state, context), ...scratchFields(names.scratch, context)];
}

/** `step` of a flow that takes gradient steps. */
export function stepParameter(zod: typeof z, automatic: string) {
  return gainParameter(zod, zod.number().positive(), `step size h; auto: ${automatic}`);
}

/** `localSteps` of a flow that can take several gradient steps a message. */
export function localStepsParameter(zod: typeof z) {
  return zod
    .int()
    .min(1)
    .default(1)
    .describe('gradient steps between two messages, each with a mini-batch of its own');
}

/** Refuses more gradients than can be numbered: `name` is the parameter that says how many a round takes. */
export function checkDraws(perRound: number, name: string, { rounds, path }: PlanContext): void {
  if ((rounds + 1) * perRound <= DRAWS) return;
  const most = Math.floor(DRAWS / (rounds + 1));
  throw unexpected([...path, name], perRound, `at most ${most} in a run of ${rounds} rounds`);
}
