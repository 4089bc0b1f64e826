/**
 * Distributed primal-dual flow, forward Euler with step h. With y what the network knows of x (see `compress`):
 *
 *     x <- x - h (eta grad f(x) + alpha L y + beta v)        v <- v + h beta L y
 *
 * | compress      | message        | y     | after the round |
 * | ------------- | -------------- | ----- | --------------- |
 * | `none`        | x              | x     |                 |
 * | `node-state`  | C(x, k)        | C(x,k)|                 |
 * | `error-state` | q = C(x-s, k)  | s + q | s += mu q       |
 * | `observer`    | q = C(x-s, k)  | s     | s += mu q       |
 *
 * | `error-memory`| q = C(x-s + gamma m, k) | s + q, own x | s += mu q, m += x - y |
 *
 * `error-memory` is ours. An agent knows its own x, so why should it take the network's y for it? With r_i = sum_j w_ij (x_i - y_j) in the place of
 * (L y)_i, that is r_i = (L y)_i + d_i (x_i - y_i), an agent's own compression error no longer moves it. The price: sum_i v_i is no longer 0 but
 * h beta sum_i d_i m_i, with m_i what agent i's messages have left out in total, and a sum that stays off 0 moves the limit away from x*. So m is
 * made part of what is sent: it goes to 0 like the error itself, and with it the sum of the duals. `gamma` in (0, 2]. What waits T rounds to be said is
 * counted T times by a memory, so gamma must not exceed the compressor's contraction by much; by default it is that, and at most 0.5.
 *
 * Where links change, d_i is another one in every round, and what is remembered is m += (d_i(k) / d_i) (x - y), so that sum_i v_i = h beta sum_i d_i m_i.
 *
 * Every agent keeps z = (L s)_i, updated from decoded messages alone (z += mu (L q)_i), so nothing but q crosses the network.
 *
 * Needs: connected undirected graph, convex f_i; the duals start at 0 and their sum stays 0 (tends to 0 with a memory). Node-state converges for linear
 * compressors only. Floats an agent: 2 dim (x, v), with estimates 4 dim (and s, z), with a memory 5 dim.
 * Source: Ren et al. 2024 (arXiv 2408.02332); gains and step rules are our own choice.
 */

import { batchParameter } from '../cost/batch.js';
import { bindEuler, COMPRESS_HELP, eulerFields, eulerMessages, tuningParameter } from './euler.js';
import { largestStableStep, roundStep, safeStep, startingGains } from './gains.js';
import { errorFlow } from './state.js';
import { COMPRESS_MODES, type Compress, type FlowDefinition, type GainContext } from './types.js';

/** The curvatures that the flow sees: those of eta f. */
function scaled(gains: GainContext, eta: number): GainContext {
  const { m, l, meanM, meanL } = gains;
  return { ...gains, m: eta * m, l: eta * l, meanM: eta * meanM, meanL: eta * meanL };
}

export const primalDual: FlowDefinition = {
  kind: 'primal-dual',
  card: {
    title: 'Primal-dual flow',
    summary: 'gradient descent with a dual for every disagreement: exact, over any connected graph',
    source: 'Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2408.02332)',
  },
  problem: 'cost',
  changingLinks: true,
  modes: COMPRESS_MODES,
  parameters: (z) => {
    const gain = z.union([z.number().min(0), z.literal('auto')]);
    return z.strictObject({
      kind: z.literal('primal-dual'),
      compress: z.enum(COMPRESS_MODES).optional().describe(COMPRESS_HELP),
      step: z
        .union([z.number().positive(), z.literal('auto')])
        .default('auto')
        .describe('Euler step h'),
      alpha: gain.default('auto').describe('gain of the disagreement'),
      beta: gain.default('auto').describe('gain of the dual'),
      eta: gain.default('auto').describe('gain of the gradient; auto is 1'),
      tuning: tuningParameter(z),
      mu: z
        .union([z.number().gt(0).max(1), z.literal('auto')])
        .default('auto')
        .describe('filter gain of the estimates, in (0, 1]; auto is 1 beside a step or gains that are given'),
      batch: batchParameter(z),
      gamma: z
        .union([z.number().gt(0).max(2), z.literal('auto')])
        .default('auto')
        .describe(
          "gain of the memory in error-memory, in (0, 2]; auto is the compressor's contraction, at most 0.5",
        ),
    });
  },

  messages: eulerMessages,

  fields: (spec, context) =>
    eulerFields(
      spec,
      { state: ['x', 'v', ...(spec.compress === 'error-memory' ? ['m'] : [])], scratch: ['gradient'] },
      context,
    ),

  plan: ({ compress, ...spec }, { gains, contraction }) => {
    const number = (name: string, auto: () => number) =>
      spec[name] === undefined || spec[name] === 'auto' ? auto() : (spec[name] as number);
    const eta = number('eta', () => 1);
    const automatic = (name: string) => spec[name] === undefined || spec[name] === 'auto';
    let started: Record<string, number> | null = null;
    const start = (name: string) => {
      started ??= startingGains(
        compress as Compress,
        scaled(gains(), eta),
        automatic('step') ? {} : { step: spec['step'] as number },
      );
      return started[name] as number;
    };
    const alpha = number('alpha', () => start('alpha'));
    const beta = number('beta', () => start('beta'));
    // For gains that somebody chose, the step that suits them.
    const whole = automatic('alpha') && automatic('beta');
    const step = number('step', () => roundStep(whole ? start('step') : safeStep(alpha, beta, eta, gains())));
    return {
      kind: 'primal-dual',
      compress: compress as Compress,
      gains: {
        step,
        alpha,
        beta,
        eta,
        ...(errorFlow(compress) && {
          mu: number('mu', () => (whole && automatic('step') ? start('mu') : 1)),
        }),
        ...(compress === 'error-memory' && { gamma: number('gamma', () => Math.min(0.5, contraction)) }),
      },
      stateIsMessage: compress === 'none',
    };
  },

  search: {
    directions: [
      { step: 1, alpha: 1 },
      { step: 1 },
      { mu: 1 },
      { beta: 1, alpha: 2 },
      { alpha: 1 },
      { beta: 1 },
      { gamma: 1 },
    ],
    largest: { mu: 1, gamma: 2 },
    // A contraction is the worst case: most messages of most compressors tell far more.
    starts: ({ compress, gains: { eta = 1 } }, gains) =>
      gains.linear
        ? []
        : [1 / 4, 1 / 2].map((exponent) =>
            startingGains(compress as Compress, scaled({ ...gains, delta: gains.delta ** exponent }, eta)),
          ),
  },

  largestStep: ({ gains: { alpha, beta, eta } }, gains) => largestStableStep(alpha, beta, eta, gains),

  bind: (plan, channels, cost, runtime) => {
    const { kernels, arena, rowBytes, worker } = runtime;
    const n = rowBytes / 8;
    const v = arena.address('v');
    const gradient = arena.address('scratch.gradient', worker);
    const { step, alpha, beta, eta, mu, gamma } = plan.gains;
    const hEta = step * eta;
    const hAlpha = step * alpha;
    const hBeta = step * beta;
    const memory = plan.compress === 'error-memory' ? arena.address('m') : null;
    const { degrees, changing } = runtime.graph;
    const fixedDegrees = changing?.fixedDegrees ?? degrees;
    return bindEuler(plan, channels, runtime, {
      plain(first, count, x, xOut, laplacian) {
        cost.gradient(first, count, x, gradient);
        kernels.stepPrimalDual(
          count,
          rowBytes,
          n,
          x,
          xOut,
          v + first * rowBytes,
          gradient,
          laplacian,
          hEta,
          hAlpha,
          hBeta,
        );
      },
      estimated(first, count, x, s, z, laplacian, message, error, current) {
        cost.gradient(first, count, x, gradient);
        if (memory !== null) {
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
            mu,
            gamma,
          );
          return;
        }
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
          hEta,
          hAlpha,
          hBeta,
          mu,
          current,
        );
      },
    });
  },
};
