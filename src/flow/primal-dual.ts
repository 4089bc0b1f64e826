/**
 * Distributed primal-dual flow, forward Euler (or semi-implicit, below) with step h. With y what the network knows of x (see `compress`):
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
 * `integrator: semi-implicit` takes the agent's own part of the coupling, alpha d_i x_i with d_i its weighted degree of the round, and the dual at the
 * round's end (r as above, with a memory; else r = L y):
 *
 *     v <- v + h beta r        x <- x - h / (1 + h alpha d_i) (eta grad f(x) + alpha r + beta v),  v the new one
 *
 * The messages, the limit and the sum of the duals are those of Euler. Uncompressed it is stable where P^-1 > (A + alpha L) / 2 + h beta^2 L / 4 with A the
 * Hessian and P = diag(h / (1 + h alpha d_i)); L <= 2 diag(d), so 2 h eta l + h^2 beta^2 lambdaMax < 4 is enough on any graph, however large alpha. Compressed
 * messages ask for less, and of a large alpha too.
 *
 * Every agent keeps z = (L s)_i, updated from decoded messages alone (z += mu (L q)_i), so nothing but q crosses the network.
 *
 * Needs: connected undirected graph, convex f_i; the duals start at 0 and their sum stays 0 (tends to 0 with a memory). Node-state converges for linear
 * compressors only. Floats an agent: 2 dim (x, v), with estimates 4 dim (and s, z), with a memory 5 dim.
 * Source: Ren et al. 2024 (arXiv 2408.02332); gains and step rules are our own choice.
 */

import { batchParameter } from '../cost/batch.js';
import { bindEuler, COMPRESS_HELP, eulerFields, eulerMessages, tuningParameter } from './euler.js';
import {
  type Integrator,
  largestSemiImplicitStep,
  largestStableStep,
  roundStep,
  safeStep,
  startingGains,
} from './gains.js';
import { bindRotatedSigns } from './rotated-signs.js';
import { errorFlow } from './state.js';
import { COMPRESS_MODES, type Compress, type FlowDefinition, type GainContext } from './types.js';

const INTEGRATORS: readonly [Integrator, ...Integrator[]] = ['euler', 'semi-implicit'];

/** The exact model of linear compressors (`hold.ts`) is Euler's; the other formula's gains, with their smaller step, hold for both. */
function modelled(gains: GainContext, integrator: Integrator): GainContext {
  return integrator === 'euler' || gains.delta === 1 ? gains : { ...gains, linear: false };
}

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
        .describe('step h of the integrator'),
      integrator: z
        .enum(INTEGRATORS)
        .default('euler')
        .describe(
          "euler, or semi-implicit: an agent's own part of the coupling is taken at the round's end, so that without compression alpha no longer limits the step; same messages, same limit",
        ),
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
    const integrator = (spec['integrator'] ?? 'euler') as Integrator;
    const automatic = (name: string) => spec[name] === undefined || spec[name] === 'auto';
    let started: Record<string, number> | null = null;
    const start = (name: string) => {
      started ??= startingGains(
        compress as Compress,
        modelled(scaled(gains(), eta), integrator),
        automatic('step') ? {} : { step: spec['step'] as number },
      );
      return started[name] as number;
    };
    const alpha = number('alpha', () => start('alpha'));
    const beta = number('beta', () => start('beta'));
    // For gains that somebody chose, the step that suits them.
    const whole = automatic('alpha') && automatic('beta');
    const step = number('step', () =>
      roundStep(whole ? start('step') : safeStep(alpha, beta, eta, gains(), integrator)),
    );
    return {
      kind: 'primal-dual',
      integrator,
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

  largestStep: ({ integrator, gains: { alpha, beta, eta } }, gains) =>
    integrator === 'semi-implicit'
      ? largestSemiImplicitStep(beta, eta, gains)
      : largestStableStep(alpha, beta, eta, gains),

  bind: (plan, channels, cost, runtime) => {
    const { kernels, arena, rowBytes, worker } = runtime;
    const n = rowBytes / 8;
    const v = arena.address('v');
    const gradient = arena.address('scratch.gradient', worker);
    const { step, alpha, beta, eta, mu, gamma } = plan.gains;
    const hEta = step * eta;
    const hBeta = step * beta;
    const semiImplicit = plan['integrator'] === 'semi-implicit';
    // beta times the new dual is beta v + h beta^2 r.
    const hAlpha = semiImplicit ? step * alpha + hBeta * hBeta : step * alpha;
    const hImplicit = semiImplicit ? step * alpha : 0;
    const memory = plan.compress === 'error-memory' ? arena.address('m') : null;
    const { degrees, changing } = runtime.graph;
    const fixedDegrees = changing?.fixedDegrees ?? degrees;
    const flow = bindEuler(plan, channels, runtime, {
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
          degrees + first * 8,
          hEta,
          hAlpha,
          hBeta,
          hImplicit,
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
            hImplicit,
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
          degrees + first * 8,
          hEta,
          hAlpha,
          hBeta,
          hImplicit,
          mu,
          current,
        );
      },
    });
    if (plan.compress !== 'error-state' && plan.compress !== 'observer') return flow;
    const gains = { hEta, hAlpha, hBeta, hImplicit, mu, current: plan.compress === 'error-state' ? 1 : 0 };
    const block = bindRotatedSigns(channels[0], cost, runtime, gains);
    return block ? { ...flow, block } : flow;
  },
};
