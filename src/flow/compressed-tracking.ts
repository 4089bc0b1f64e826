/**
 * One round of gradient tracking with compressed messages, for `beer.ts` and `c-gt.ts`: two estimates, of x
 * and of the tracker v. With L the Laplacian, tau that of W = I - tau L, and xHat, vHat what the network
 * knows after the messages of the round:
 *
 *     x <- x - gamma tau L xHat - h v                                   (v of the round's beginning)
 *     v <- v - gamma tau L vHat + grad f(x_new) - grad f(x_old).
 */

import type { FieldSpec } from '../arena/layout.js';
import type { BoundCost } from '../cost/types.js';
import type { PlanContext, Runtime } from '../runtime.js';
import { bindBlocks, blockFields } from './blocks.js';
import { bindEstimate, estimateFields } from './estimate.js';
import { type Gain, numberOr, roundStep } from './gains.js';
import type { BoundFlow, Channel, FlowContext } from './types.js';

export function trackingFields(context: PlanContext): FieldSpec[] {
  return [
    ...blockFields({ state: ['x', 'v', 'gradient'], scratch: ['disagreement', 'gradient'] }, context),
    ...estimateFields(['', '.tracker'], context),
  ];
}

export interface TrackingGains {
  /** Step. */
  h: number;
  gamma: number;
  tau: number;
  /** Gains of the estimates of x and of v. */
  alpha: number;
  alphaTracker: number;
  /** Whether x and v are sent before the first round; otherwise its messages are empty. */
  sendsFirst: boolean;
}

export function bindTracking(
  gains: TrackingGains,
  [ofX, ofV]: readonly Channel[],
  cost: BoundCost,
  runtime: Runtime,
): BoundFlow {
  const { h, gamma, tau, alpha, alphaTracker, sendsFirst } = gains;
  const blocks = bindBlocks(cost, runtime);
  const { combine } = blocks;
  const { rowBytes } = runtime;
  const knownX = bindEstimate('', ofX, blocks, runtime, alpha);
  const knownV = bindEstimate('.tracker', ofV, blocks, runtime, alphaTracker);
  const x = blocks.state('x');
  const v = blocks.state('v');
  const gradient = blocks.state('gradient');
  const disagreement = blocks.scratch('disagreement');
  const fresh = blocks.scratch('gradient');
  return {
    prologue(first, count, round) {
      const offset = first * rowBytes;
      blocks.gradient(first, count, 0, x + offset, gradient + offset);
      combine(count, v + offset, 1, gradient + offset, 0, gradient + offset);
      if (!sendsFirst) return;
      knownX.send(first, count, round, x + offset);
      knownV.send(first, count, round, v + offset);
    },
    block(first, count, round) {
      const offset = first * rowBytes;
      const ownX = x + offset;
      const ownV = v + offset;
      const before = gradient + offset;
      knownX.receive(first, count, round, disagreement);
      combine(count, ownX, 1, ownX, -gamma * tau, disagreement, -h, ownV);
      knownV.receive(first, count, round, disagreement);
      blocks.gradient(first, count, round + 1, ownX, fresh);
      combine(count, ownV, 1, ownV, -gamma * tau, disagreement, 1, fresh, -1, before);
      combine(count, before, 1, fresh, 0, fresh);
      knownX.send(first, count, round + 1, ownX);
      knownV.send(first, count, round + 1, ownV);
    },
  };
}

export const TRACKING_STEP = 'min(1, gamma tau lambda_2) / (4 l)';

/** `step: auto` for a consensus step (gamma tau) of `mixing`. */
export function trackingStep(step: Gain, mixing: number, { gains }: FlowContext): number {
  return numberOr(step, () => roundStep(Math.min(1, mixing * gains().lambda2) / (4 * gains().l)));
}
