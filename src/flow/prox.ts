/**
 * The problem that an agent solves by itself between two messages, with w_i = p d_i + q, d_i the weighted
 * degree of the round:
 *
 *     x_i = argmin eta f_i(u) + <b_i, u> + (w_i/2) |u|^2
 *
 * by `inner` gradient steps from where x_i is:
 *
 *     u <- u - s_i (eta grad f_i(u) + b_i + w_i u),      s_i = 1/(rho + w_i).
 *
 * With rho = eta l each step is a contraction by 1 - (eta m + w_i)/(eta l + w_i), so the minimiser is met up
 * to that to the power of `inner`. Needs rho > eta l/2. Methods on the edges have q = 0 and eta = 1; the
 * primal-dual flow has q = 1/h.
 */

import type { z } from 'zod';
import { unexpected } from '../base/errors.js';
import { viewsOf } from '../compress/slots.js';
import { batchParameter } from '../cost/batch.js';
import type { BoundCost } from '../cost/types.js';
import type { Runtime } from '../runtime.js';
import type { Blocks } from './blocks.js';
import { type Gain, gainParameter, numberOr } from './gains.js';
import type { GainContext } from './types.js';

/** What the inner steps of a flow can be told. */
export function innerParameters(zod: typeof z, inner: number, ofOne: string) {
  return {
    inner: zod
      .int()
      .min(1)
      .default(inner)
      .describe(`gradient steps by which an agent solves its own problem of the round; ${ofOne}`),
    rho: gainParameter(
      zod,
      zod.number().positive(),
      'what takes the place of l in the inner steps 1/(rho + penalty); auto is l',
    ),
    batch: batchParameter(zod),
  };
}

/** `penalty` of a flow on the edges. */
export function penaltyParameter(zod: typeof z, automatic: string) {
  return gainParameter(zod, zod.number().positive(), `penalty c of an edge of weight 1; auto: ${automatic}`);
}

/** What ADMM's analysis gives at large condition numbers, times `factor`. */
export function planPenalty(penalty: Gain, gains: () => GainContext, factor: number): number {
  return numberOr(penalty, () => {
    const { m, l, lambda2, lambdaMax } = gains();
    return factor * Math.sqrt((Math.max(m, 1e-3 * l) * l) / (lambda2 * lambdaMax));
  });
}

export function planRho(rho: Gain, gains: () => GainContext): number {
  const l = numberOr(rho, () => gains().l);
  if (l > 0) return l;
  throw unexpected(['flow', 'rho'], 'auto', 'a number > 0: the cost has no curvature');
}

/** One inner solve: `x` are block rows, moved in place; `linear` are those of b; `gradient` is scratch. */
export type Prox = (
  first: number,
  count: number,
  round: number,
  x: number,
  linear: number,
  gradient: number,
) => void;

/**
 * p is what an edge of weight 1 adds to the curvature of the inner problem, q what every agent has besides;
 * `degrees` are those of the round.
 */
export function bindProx(
  { combine }: Blocks,
  cost: BoundCost,
  runtime: Runtime,
  { p, q = 0, eta = 1, rho, inner }: { p: number; q?: number; eta?: number; rho: number; inner: number },
): Prox {
  const { rowBytes, graph } = runtime;
  const { doubles } = viewsOf(runtime);
  const degrees = graph.degrees / 8;
  return (first, count, round, x, linear, gradient) => {
    for (let t = 0; t < inner; t++) {
      cost.beginRound?.(round, round * inner + t);
      cost.gradient(first, count, x, gradient);
      // Row by row: each agent has a step of its own.
      for (let r = 0; r < count; r++) {
        const curvature = p * doubles[degrees + first + r] + q;
        const step = 1 / (rho + curvature);
        const at = r * rowBytes;
        combine(1, x + at, 1 - step * curvature, x + at, -step * eta, gradient + at, -step, linear + at);
      }
    }
  };
}
