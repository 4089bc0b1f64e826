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
import { bindEquations, equationFields } from './bind-equations.js';
import { bindRows } from './equations.js';
import { estimateEquations, estimateFields } from './estimate.js';
import { type Gain, numberOr, roundStep } from './gains.js';
import type { BoundFlow, Channel, FlowContext } from './types.js';

export function trackingFields(context: PlanContext): FieldSpec[] {
  return [
    ...equationFields({ state: ['x', 'v', 'gradient'], scratch: ['disagreement', 'gradient'] }, context),
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
  const rows = bindRows(runtime);
  const knownX = estimateEquations('', ofX, rows, runtime, alpha);
  const knownV = estimateEquations('.tracker', ofV, rows, runtime, alphaTracker);
  const x = rows.state('x');
  const v = rows.state('v');
  const before = rows.state('gradient');
  const disagreement = rows.scratch('disagreement');
  const fresh = rows.scratch('gradient');
  return bindEquations(
    {
      begin(r) {
        r.gradient(x, before);
        r.sum(v, [1, before], [0, before]);
        if (!sendsFirst) return;
        knownX.send(r, x);
        knownV.send(r, v);
      },
      round(r) {
        const xApart = knownX.hear(r, disagreement);
        r.sum(x, [1, x], [-gamma * tau, xApart], [-h, v]);
        const vApart = knownV.hear(r, disagreement);
        r.gradient(x, fresh, 1);
        r.sum(v, [1, v], [-gamma * tau, vApart], [1, fresh], [-1, before]);
        r.sum(before, [1, fresh], [0, fresh]);
        knownX.send(r, x);
        knownV.send(r, v);
      },
    },
    cost,
    runtime,
  );
}

export const TRACKING_STEP = 'min(1, gamma tau lambda_2) / (4 l)';

/** `step: auto` for a consensus step (gamma tau) of `mixing`. */
export function trackingStep(step: Gain, mixing: number, { gains }: FlowContext): number {
  return numberOr(step, () => roundStep(Math.min(1, mixing * gains().lambda2) / (4 * gains().l)));
}
