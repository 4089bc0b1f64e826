/**
 * One round of push-pull with compressed messages, for `push-pull.ts` and `surplus-consensus.ts`: states x are
 * pulled, trackers v are pushed (`arcs.ts`), and the network has an estimate of each (`estimate.ts`): xHat of x,
 * pHat of the shares p = v/(1 + D_out). With (I - R) x = (L x)_i/(1 + D_in_i) and (I - C) v = L_out p,
 *
 *     x <- x - gamma (I - R) xHat - h v                                    (v of the round's beginning)
 *     v <- v - gammaTracker L_out pHat + g(x_new) - g(x_old)
 *
 * so that sum_i v_i = sum_i g_i(x_i) in every round, whatever is compressed away. g is the gradient, or x itself.
 */

import type { FieldSpec } from '../arena/layout.js';
import type { BoundCost } from '../cost/types.js';
import type { PlanContext, Runtime } from '../runtime.js';
import { arcFields, bindArcs } from './arcs.js';
import { bindEquations, equationFields } from './bind-equations.js';
import { bindRows, type Equations, type Row } from './equations.js';
import { estimateEquations, estimateFields } from './estimate.js';
import type { BoundFlow, Channel } from './types.js';

export function pushPullFields(context: PlanContext): FieldSpec[] {
  return [
    ...equationFields(
      { state: ['x', 'v', 'gradient'], scratch: ['disagreement', 'known', 'gradient'] },
      context,
    ),
    ...estimateFields(['', '.tracker'], context),
    ...arcFields(context),
  ];
}

export interface PushPullGains {
  /** Step. */
  h: number;
  gamma: number;
  gammaTracker: number;
  /** Gains of the estimates. */
  alpha: number;
  alphaTracker: number;
  /** Whether trackers follow x itself, from 0 on; otherwise gradients. */
  followsX: boolean;
}

export function bindPushPull(
  gains: PushPullGains,
  [ofX, ofP]: readonly Channel[],
  cost: BoundCost,
  runtime: Runtime,
): BoundFlow {
  const { h, gamma, gammaTracker, alpha, alphaTracker, followsX } = gains;
  const rows = bindRows(runtime);
  const arcs = bindArcs(runtime);
  const knownX = estimateEquations('', ofX, rows, runtime, alpha);
  const knownP = estimateEquations('.tracker', ofP, rows, runtime, alphaTracker);
  const x = rows.state('x');
  const v = rows.state('v');
  const before = rows.state('gradient');
  const disagreement = rows.scratch('disagreement');
  const known = rows.scratch('known');
  const fresh = rows.scratch('gradient');
  const send = (r: Equations) => {
    knownX.send(r, x);
    // What is told is the share, which is nowhere kept.
    r.sum(known, [arcs.push(1), v], [0, v]);
    knownP.send(r, known);
  };
  const follow = (r: Equations, out: Row, later: number) => {
    if (followsX) r.sum(out, [1, x], [0, x]);
    else r.gradient(x, out, later);
  };
  return bindEquations(
    {
      begin(r) {
        arcs.begin(r, x);
        follow(r, before, 0);
        if (followsX) r.sum(v, [0, x], [0, x]);
        else r.sum(v, [1, before], [0, before]);
        send(r);
      },
      round(r) {
        arcs.round(r, x);
        const xApart = knownX.hear(r, disagreement);
        r.sum(x, [1, x], [arcs.pull(-gamma), xApart], [-h, v]);
        const pApart = knownP.hear(r, disagreement, known);
        follow(r, fresh, 1);
        r.sum(
          v,
          [1, v],
          [-gammaTracker, pApart],
          [arcs.excess(-gammaTracker), known],
          [1, fresh],
          [-1, before],
        );
        r.sum(before, [1, fresh], [0, fresh]);
        send(r);
      },
    },
    cost,
    runtime,
  );
}
