/**
 * One step of the primal-dual flow: x and its dual v, with r = L y the disagreement that the network knows
 * (`modes.ts`) and g the slope of eta f at x. Forward Euler with step h:
 *
 *     x <- x - h (g + alpha r + beta v)        v <- v + h beta r
 *
 * `integrator: semi-implicit` takes the agent's own part of the coupling, alpha d_i x_i with d_i its weighted
 * degree of the round, and the dual at the round's end:
 *
 *     v <- v + h beta r        x <- x - h / (1 + h alpha d_i) (g + alpha r + beta v),  v the new one
 *
 * The messages, the limit and the sum of the duals are those of Euler. Uncompressed it is stable where
 * P^-1 > (A + alpha L) / 2 + h beta^2 L / 4 with A the Hessian and P = diag(h / (1 + h alpha d_i)); L <= 2
 * diag(d), so 2 h eta l + h^2 beta^2 lambdaMax < 4 is enough on any graph, however large alpha. Compressed
 * messages ask for less, and of a large alpha too.
 *
 * With a memory (`error-memory`) r_i = sum_j w_ij (x_i - y_j) = (L y)_i + d_i (x_i - y_i): an agent knows its
 * own x, so why should it take the network's y for it? Then its own compression error no longer moves it. The
 * price: sum_i v_i is no longer 0 but h beta sum_i d_i m_i, with m_i what agent i's messages have left out in
 * total, and a sum that stays off 0 moves the limit away from x*. So m is made part of what is sent: it goes
 * to 0 like the error itself, and with it the sum of the duals. `gamma` in (0, 2]. What waits T rounds to be
 * sent is counted T times by a memory, so gamma must not exceed the compressor's contraction by much; by
 * default it is that, and at most 0.5. Where links change, d_i is another one in every round, and what is
 * remembered is m += (d_i(k) / d_i) (x - y), so that sum_i v_i = h beta sum_i d_i m_i.
 */

import type { Runtime } from '../runtime.js';
import { type EstimatedStep, MODES, type PlainStep, type Slope } from './modes.js';
import type { Compress } from './types.js';

/** How the primal-dual flow steps. */
export const INTEGRATORS = ['euler', 'semi-implicit'] as const;
export type Integrator = (typeof INTEGRATORS)[number];

/** A primal-dual flow's gains in numbers, under their names in the config. */
export type PrimalDualGains = {
  step: number;
  alpha: number;
  beta: number;
  eta: number;
  /** With estimates. */
  mu?: number;
  /** With a memory. */
  gamma?: number;
  /** With gradient steps between two messages. */
  inner?: number;
  rho?: number;
};

/**
 * What the kernels of a step are called with. beta times the new dual is beta v + h beta^2 r, and its last
 * part one with the coupling.
 */
export interface StepCoefficients {
  hEta: number;
  hAlpha: number;
  hBeta: number;
  /**
   * h alpha, of the agent's own part of the coupling at the round's end; 0 where it is taken at the
   * beginning.
   */
  hImplicit: number;
}

export function stepCoefficients(gains: PrimalDualGains, integrator: Integrator): StepCoefficients {
  const { step, alpha, beta, eta } = gains;
  const hAlpha = step * alpha;
  const hBeta = step * beta;
  return integrator === 'euler'
    ? { hEta: step * eta, hAlpha, hBeta, hImplicit: 0 }
    : { hEta: step * eta, hAlpha: hAlpha + hBeta * hBeta, hBeta, hImplicit: hAlpha };
}

/** The steps for `bindMode`. */
export function bindDualSteps(
  compress: Compress,
  { hEta, hAlpha, hBeta, hImplicit }: StepCoefficients,
  { mu = 0, gamma = 0 }: PrimalDualGains,
  slope: Slope,
  { kernels, arena, rowBytes, worker, graph }: Runtime,
): { plain: PlainStep; estimated: EstimatedStep } {
  const n = rowBytes / arena.realBytes;
  const v = arena.address('v');
  const gradient = arena.address('scratch.gradient', worker);
  const { degrees, changing } = graph;
  const fixedDegrees = changing?.fixedDegrees ?? degrees;
  const memory = MODES[compress].memory ? arena.address('m') : 0;

  const plain: PlainStep = (first, count, x, xOut, laplacian, round) => {
    slope.plain(first, count, round, x, laplacian);
    kernels.stepPrimalDual(
      count,
      rowBytes,
      n,
      x,
      xOut,
      v + first * rowBytes,
      gradient,
      laplacian,
      degrees + first * 8,
      hEta,
      hAlpha,
      hBeta,
      hImplicit,
    );
  };
  const corrected: EstimatedStep = (first, count, x, s, z, laplacian, message, error, current, round) => {
    slope.estimated(first, count, round, x, s, z, laplacian, message);
    kernels.stepPrimalDualError(
      count,
      rowBytes,
      n,
      x,
      v + first * rowBytes,
      s,
      z,
      gradient,
      laplacian,
      message,
      error,
      degrees + first * 8,
      hEta,
      hAlpha,
      hBeta,
      hImplicit,
      mu,
      current,
    );
  };
  const remembered: EstimatedStep = (first, count, x, s, z, laplacian, message, error, _current, round) => {
    slope.estimated(first, count, round, x, s, z, laplacian, message);
    kernels.stepPrimalDualMemory(
      count,
      rowBytes,
      n,
      x,
      v + first * rowBytes,
      s,
      z,
      memory + first * rowBytes,
      degrees + first * 8,
      fixedDegrees + first * 8,
      gradient,
      laplacian,
      message,
      error,
      hEta,
      hAlpha,
      hBeta,
      hImplicit,
      mu,
      gamma,
    );
  };
  return { plain, estimated: MODES[compress].memory ? remembered : corrected };
}
