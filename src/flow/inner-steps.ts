/**
 * `inner` = T > 1 gradient steps of the primal-dual flow between two messages. An Euler step makes a move of
 * h in a gradient taken where it began; with local steps the gradient is that of where the step ends, x <- x
 * - h (eta grad f(x_new) + alpha r + beta v), which is the minimiser of the agent's own problem of the round
 * and is approached from u_0 = x by (w = 1/h, semi-implicitly 1/h + alpha d_i and the new v; r and both
 * integrators as in `dual-step.ts`):
 *
 *     u_(t+1) = u_t - (eta grad f(u_t) + alpha r + beta v + w (u_t - x)) / (rho + w)        x <- u_T
 *
 * Messages and the sum of the duals are those of the flow without. It is at rest where eta grad f(x) + beta
 * v = 0 and r = 0, and there alone, whatever T (each u step lowers the problem's value, unless x is its
 * minimiser): unlike local SGD it does not buy its rounds with a bias. Curvature no longer limits h
 * (`stable-step.ts` has what does). T gradients a round.
 *
 * Inner steps in the place of an argmin are those of inexact ADMM (`admm.ts`, `pdmm.ts`), which this
 * resembles as h grows.
 */

import { viewsOf } from '../compress/slots.js';
import type { BoundCost } from '../cost/types.js';
import type { Runtime } from '../runtime.js';
import { bindBlocks } from './blocks.js';
import type { Integrator, PrimalDualGains } from './dual-step.js';
import { MODES, type Slope } from './modes.js';
import { bindProx } from './prox.js';
import type { Compress } from './types.js';

/** One step: the gradient at x. */
export function bindGradient(cost: BoundCost, { arena, worker }: Runtime): Slope {
  const gradient = arena.address('scratch.gradient', worker);
  return {
    plain: (first, count, _round, x) => cost.gradient(first, count, x, gradient),
    estimated: (first, count, _round, x) => cost.gradient(first, count, x, gradient),
  };
}

/**
 * Several: leaves what their mean slope was, eta g = -(w x' + b - w x) with x' where they end, so that the
 * step of the flow, taken with g in the place of the gradient at x, ends at x' and does all else as ever.
 */
export function bindInnerSteps(
  compress: Compress,
  { step: h, alpha, beta, eta, rho, inner }: Required<Omit<PrimalDualGains, 'mu' | 'gamma'>>,
  integrator: Integrator,
  cost: BoundCost,
  runtime: Runtime,
): Slope {
  const blocks = bindBlocks(cost, runtime);
  const { combine } = blocks;
  const { rowBytes, graph } = runtime;
  const { doubles } = viewsOf(runtime);
  const degrees = graph.degrees / 8;
  const { current, memory } = MODES[compress];
  const p = integrator === 'euler' ? 0 : alpha;
  // beta times the new dual is beta v + h beta^2 r.
  const coupling = integrator === 'euler' ? alpha : alpha + h * beta * beta;
  const prox = bindProx(blocks, cost, runtime, { p, q: 1 / h, eta, rho, inner });
  const v = blocks.state('v');
  const gradient = blocks.scratch('gradient');
  const r = blocks.scratch('disagreement');
  const linear = blocks.scratch('linear');
  const u = blocks.scratch('inner');
  const plain: Slope['plain'] = (first, count, round, x, disagreement) => {
    for (let row = 0; row < count; row++) {
      const at = row * rowBytes;
      const w = 1 / h + p * doubles[degrees + first + row];
      combine(1, linear + at, coupling, disagreement + at, beta, v + first * rowBytes + at, -w, x + at);
    }
    combine(count, u, 1, x, 0, x);
    prox(first, count, round, u, linear, gradient);
    for (let row = 0; row < count; row++) {
      const at = row * rowBytes;
      const w = 1 / h + p * doubles[degrees + first + row];
      combine(1, gradient + at, -w / eta, u + at, -1 / eta, linear + at);
    }
  };
  return {
    plain,
    // r of the estimates: z + L q (or z alone), and with a memory d_i (x - s - q) besides.
    estimated(first, count, round, x, s, z, laplacian, message) {
      for (let row = 0; row < count; row++) {
        const at = row * rowBytes;
        const d = memory ? doubles[degrees + first + row] : 0;
        combine(1, r + at, 1, z + at, current, laplacian + at, d, x + at, -d, s + at, -d, message + at);
      }
      plain(first, count, round, x, r);
    },
  };
}
