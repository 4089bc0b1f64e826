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
 * `inner` = T > 1 gradient steps between two messages. An Euler step makes a move of h in a gradient taken where it began; with local steps the gradient is that of
 * where the step ends, x <- x - h (eta grad f(x_new) + alpha r + beta v), which is the minimiser of the agent's own problem of the round and is
 * approached from u_0 = x by (w = 1/h, semi-implicitly 1/h + alpha d_i and the new v):
 *
 *     u_(t+1) = u_t - (eta grad f(u_t) + alpha r + beta v + w (u_t - x)) / (rho + w)        x <- u_T
 *
 * All else is as above, messages and sum of the duals too. It is at rest where eta grad f(x) + beta v = 0 and r = 0, and there alone, whatever T (each u step lowers the
 * problem's value, unless x is its minimiser): unlike local SGD it does not buy its rounds with a bias. Curvature no longer limits h (`gains.ts` has what does). T gradients a round.
 *
 * Every agent keeps z = (L s)_i, updated from decoded messages alone (z += mu (L q)_i), so nothing but q crosses the network.
 *
 * Needs: connected undirected graph, convex f_i; the duals start at 0 and their sum stays 0 (tends to 0 with a memory). Node-state converges for linear
 * compressors only. Floats an agent: 2 dim (x, v), with estimates 4 dim (and s, z), with a memory 5 dim.
 * Source: Ren et al. 2024 (arXiv 2408.02332); gains and step rules, `error-memory`, `semi-implicit` and `inner` are our own. Inner steps in the place of an argmin are
 * those of inexact ADMM (`admm.ts`, `pdmm.ts`), which this resembles as h grows.
 */

import { viewsOf } from '../compress/slots.js';
import { batchParameter } from '../cost/batch.js';
import type { BoundCost } from '../cost/types.js';
import { unexpected } from '../errors.js';
import type { Runtime } from '../runtime.js';
import { bindBlocks, checkDraws } from './blocks.js';
import { bindEuler, COMPRESS_HELP, eulerFields, eulerMessages } from './euler.js';
import {
  boldHoldGains,
  dampedGains,
  type Integrator,
  largestInnerStep,
  largestSemiImplicitStep,
  largestStableStep,
  roundStep,
  safeInnerStep,
  safeStep,
  startingGains,
  startingInnerGains,
  tuningParameter,
  uncompressedGains,
} from './gains.js';
import { bindProx } from './prox.js';
import { errorFlow } from './state.js';
import {
  type BoundFlow,
  COMPRESS_MODES,
  type Compress,
  type FlowDefinition,
  type FlowPlan,
  type GainContext,
} from './types.js';
import { bindRotatedSigns, bindStates } from './whole-rounds.js';

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

function automaticRho(eta: number, { l }: GainContext): number {
  if (eta * l > 0 && l < Number.POSITIVE_INFINITY) return eta * l;
  throw unexpected(['flow', 'rho'], 'auto', 'a number > 0: the cost does not say how smooth it is');
}

/**
 * The gradient steps between two messages. `average` leaves in `gradient` what their mean slope was, eta g = -(w x' + b - w x), so that the step of the flow, taken
 * with g in the place of the gradient at x, ends at x' and does all else as ever.
 */
function bindInner({ gains }: FlowPlan, semiImplicit: boolean, cost: BoundCost, runtime: Runtime) {
  const { step: h, alpha, beta, eta, rho, inner } = gains;
  const blocks = bindBlocks(cost, runtime);
  const { combine } = blocks;
  const { rowBytes, graph } = runtime;
  const { doubles } = viewsOf(runtime);
  const degrees = graph.degrees / 8;
  const p = semiImplicit ? alpha : 0;
  // beta times the new dual is beta v + h beta^2 r.
  const coupling = semiImplicit ? alpha + h * beta * beta : alpha;
  const prox = bindProx(blocks, cost, runtime, { p, q: 1 / h, eta, rho, inner });
  const v = blocks.state('v');
  const gradient = blocks.scratch('gradient');
  const r = blocks.scratch('disagreement');
  const linear = blocks.scratch('linear');
  const u = blocks.scratch('inner');
  const slope = (first: number, count: number, round: number, x: number, disagreement: number) => {
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
    slope,
    /** r of the estimates: z + L q (or z alone), and with a memory d_i (x - s - q) besides. */
    slopeOfEstimates(
      first: number,
      count: number,
      round: number,
      x: number,
      s: number,
      z: number,
      laplacian: number,
      message: number,
      current: number,
      memory: boolean,
    ) {
      for (let row = 0; row < count; row++) {
        const at = row * rowBytes;
        const d = memory ? doubles[degrees + first + row] : 0;
        const heard = memory ? 1 : current;
        combine(1, r + at, 1, z + at, heard, laplacian + at, d, x + at, -d, s + at, -d, message + at);
      }
      slope(first, count, round, x, r);
    },
  };
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
      inner: z
        .int()
        .min(1)
        .default(1)
        .describe(
          "gradient steps between two messages, towards the minimiser of the agent's own problem of the round; the optimum stays exact",
        ),
      rho: z
        .union([z.number().positive(), z.literal('auto')])
        .optional()
        .describe('with inner > 1: what takes the place of eta l in the steps 1/(rho + 1/h); auto is eta l'),
      gamma: z
        .union([z.number().gt(0).max(2), z.literal('auto')])
        .default('auto')
        .describe(
          "gain of the memory in error-memory, in (0, 2]; auto beside a step or gains that are given is the compressor's contraction, at most 0.5",
        ),
    });
  },

  messages: eulerMessages,

  fields: (spec, context) => {
    const local = (spec['inner'] as number) > 1;
    if (local) checkDraws(spec, 'inner', context);
    return eulerFields(
      spec,
      {
        state: ['x', 'v', ...(spec.compress === 'error-memory' ? ['m'] : [])],
        scratch: ['gradient', ...(local ? ['disagreement', 'linear', 'inner'] : [])],
      },
      context,
    );
  },

  plan: ({ compress, ...spec }, { gains, contraction }) => {
    const number = (name: string, auto: () => number) =>
      spec[name] === undefined || spec[name] === 'auto' ? auto() : (spec[name] as number);
    const eta = number('eta', () => 1);
    const integrator = (spec['integrator'] ?? 'euler') as Integrator;
    const inner = (spec['inner'] ?? 1) as number;
    if (inner === 1 && spec['rho'] !== undefined)
      throw unexpected(
        ['flow', 'rho'],
        spec['rho'],
        'nothing, since inner is 1: its step is 1/h and has no rho',
      );
    const automatic = (name: string) => spec[name] === undefined || spec[name] === 'auto';
    let started: Record<string, number> | null = null;
    const start = (name: string) => {
      const given = automatic('step') ? {} : { step: spec['step'] as number };
      const context = scaled(gains(), eta);
      started ??=
        inner > 1
          ? startingInnerGains(compress as Compress, context, given)
          : startingGains(compress as Compress, modelled(context, integrator), given);
      return started[name] as number;
    };
    const alpha = number('alpha', () => start('alpha'));
    const beta = number('beta', () => start('beta'));
    // For gains that somebody chose, the step that suits them.
    const whole = automatic('alpha') && automatic('beta');
    const free = whole && automatic('step');
    const step = number('step', () =>
      roundStep(
        whole
          ? start('step')
          : inner > 1
            ? safeInnerStep(alpha, beta, eta, inner, gains(), integrator)
            : safeStep(alpha, beta, eta, gains(), integrator),
      ),
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
          mu: number('mu', () => (free ? start('mu') : 1)),
        }),
        ...(compress === 'error-memory' && {
          gamma: number('gamma', () => (free ? start('gamma') : Math.min(0.5, contraction))),
        }),
        ...(inner > 1 && { inner, rho: number('rho', () => automaticRho(eta, gains())) }),
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
    starts: ({ compress, integrator, gains: { eta = 1, ...planned } }, gains) => {
      const { inner } = planned;
      // Where the optimum is, costs may be less curved than they can be.
      const near = scaled({ ...gains, l: gains.nearL ?? gains.l }, eta);
      if (gains.linear && gains.delta < 1) {
        // The model of linear compressors without its margin.
        const modelledExactly = integrator === 'euler' && inner === undefined;
        return modelledExactly ? boldHoldGains(compress as Compress, scaled(gains, eta), planned) : [];
      }
      const start = inner === undefined ? startingGains : startingInnerGains;
      // What would be best if nothing were compressed: most messages of most compressors tell far more than the worst.
      const plain = inner === undefined ? uncompressedGains(near) : null;
      if (gains.delta === 1) return plain === null ? [] : [plain];
      const bolder = [1 / 4, 1 / 2].map((exponent) =>
        start(compress as Compress, { ...near, delta: gains.delta ** exponent }),
      );
      if (plain === null) return bolder;
      const filters = [
        { mu: 1, gamma: 0.5 },
        { mu: 0.2, gamma: 1 },
      ];
      return [
        ...(gains.flat === true ? dampedGains(near).map((damped) => ({ ...planned, ...damped })) : []),
        ...bolder,
        ...filters.map((filter) => ({ ...planned, ...plain, ...filter })),
        { ...planned, ...plain, step: plain['step']! / 3, alpha: plain['alpha']! / 2, mu: 0.5, gamma: 0.5 },
        { ...planned, ...plain, step: plain['step']! / 2, alpha: 4 * plain['alpha']!, mu: 0.5, gamma: 0.5 },
      ];
    },
  },

  largestStep: ({ integrator, gains: { alpha, beta, eta, inner } }, gains) =>
    inner !== undefined
      ? largestInnerStep(alpha, beta, eta, gains, integrator as Integrator)
      : integrator === 'semi-implicit'
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
    const local =
      plan.gains['inner'] !== undefined && eta > 0 ? bindInner(plan, semiImplicit, cost, runtime) : null;
    const flow = bindEuler(plan, channels, runtime, {
      plain(first, count, x, xOut, laplacian, round) {
        if (local === null) cost.gradient(first, count, x, gradient);
        else local.slope(first, count, round, x, laplacian);
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
      estimated(first, count, x, s, z, laplacian, message, error, current, round) {
        if (local === null) cost.gradient(first, count, x, gradient);
        else
          local.slopeOfEstimates(first, count, round, x, s, z, laplacian, message, current, memory !== null);
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
    if (local !== null) return flow;
    const gains = { hEta, hAlpha, hBeta, hImplicit };
    const [channel] = channels;
    let block: BoundFlow['block'] | null = null;
    if (plan.compress === 'none') block = bindStates(channel, cost, runtime, gains);
    else if (errorFlow(plan.compress)) {
      const current = plan.compress === 'observer' ? 0 : 1;
      block = bindRotatedSigns(channel, cost, runtime, { ...gains, mu, current, memory, gamma: gamma ?? 0 });
    }
    return block ? { ...flow, block } : flow;
  },
};
