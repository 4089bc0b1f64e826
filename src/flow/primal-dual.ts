/**
 * Distributed primal-dual flow: gradient descent with a dual v for every agent's disagreement. With y what
 * the network knows of x (`modes.ts` has the messages behind it) and h the step,
 *
 *     x <- x - h (eta grad f(x) + alpha L y + beta v)        v <- v + h beta L y
 *
 * by forward Euler, or semi-implicitly (`dual-step.ts`, which also has what a memory of the messages
 * changes), with one gradient step a message or several (`inner-steps.ts`). Kernels that do a whole round at
 * once are in `whole-rounds.ts`; what `auto` gains are, in `primal-dual-gains.ts`.
 *
 * Needs: connected undirected graph, convex f_i; the duals start at 0 and their sum stays 0 (tends to 0 with
 * a memory). Node-state converges for linear compressors only. Floats an agent: 2 dim (x, v), with estimates
 * 4 dim (and s, z), with a memory 5 dim (and m). Source: Ren et al. 2024 (arXiv 2408.02332); gains and step
 * rules, `error-memory`, `semi-implicit` and `inner` are our own.
 */

import { batchParameter } from '../cost/batch.js';
import { checkDraws } from './blocks.js';
import { bindDualSteps, INTEGRATORS, stepCoefficients } from './dual-step.js';
import { gainParameter, tuningParameter } from './gains.js';
import { bindGradient, bindInnerSteps } from './inner-steps.js';
import { bindMode, MODES, modeFields, modeMessages, modeParameter } from './modes.js';
import { planPrimalDual, startsOfPrimalDual } from './primal-dual-gains.js';
import { largestInnerStep, largestSemiImplicitStep, largestStableStep } from './stable-step.js';
import { COMPRESS_MODES, defineFlow } from './types.js';
import { withWholeRounds } from './whole-rounds.js';

export const primalDual = defineFlow({
  kind: 'primal-dual',
  metadata: {
    title: 'Primal-dual flow',
    summary: 'gradient descent with a dual for every disagreement: exact, over any connected graph',
    source: 'Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2408.02332)',
  },
  problem: 'cost',
  changingLinks: true,
  modes: COMPRESS_MODES,
  filterGain: 'mu',
  parameters: (z) => {
    const gain = (what: string) => gainParameter(z, z.number().min(0), what);
    return z.strictObject({
      kind: z.literal('primal-dual'),
      compress: modeParameter(z, COMPRESS_MODES),
      step: gainParameter(z, z.number().positive(), 'step h of the integrator'),
      integrator: z
        .enum(INTEGRATORS)
        .default('euler')
        .describe(
          "euler, or semi-implicit: an agent's own part of the coupling is taken at the round's end, so that without compression alpha no longer limits the step; same messages, same limit",
        ),
      alpha: gain('gain of the disagreement'),
      beta: gain('gain of the dual'),
      eta: gain('gain of the gradient; auto is 1'),
      tuning: tuningParameter(z),
      mu: gainParameter(
        z,
        z.number().gt(0).max(1),
        'filter gain of the estimates, in (0, 1]; auto is 1 beside a step or gains that are given',
      ),
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
      gamma: gainParameter(
        z,
        z.number().gt(0).max(2),
        "gain of the memory in error-memory, in (0, 2]; auto beside a step or gains that are given is the compressor's contraction, at most 0.5",
      ),
    });
  },

  messages: (parameters) => ({
    ...modeMessages(parameters),
    opensRows: parameters.compress === 'none' && parameters.inner === 1,
  }),

  fields: ({ compress, inner }, context) => {
    const local = inner > 1;
    if (local) checkDraws(inner, 'inner', context);
    const scratch = ['gradient', ...(local ? ['disagreement', 'linear', 'inner'] : [])];
    return modeFields(compress, { state: ['x', 'v'], scratch }, context);
  },

  plan: (parameters, context) => planPrimalDual(parameters, context),

  // sum_i v_i = h beta sum_i d_i m_i, with other degrees, gains or no memory at all.
  carry({ agents, rows, before, degrees }, plan, earlier) {
    const v = rows('v');
    const m = before('m');
    if (v === null || m === null) return;
    const isKept = rows('m') !== null;
    const { step, beta } = plan.gains;
    for (let agent = 0; agent < agents; agent++) {
      const now = isKept ? step * beta * degrees.after[agent] : 0;
      const factor = now - earlier.gains.step * earlier.gains.beta * degrees.before[agent];
      for (let c = 0; c < v.entries; c++)
        v.data[agent * v.stride + c] += factor * m.data[agent * m.stride + c];
    }
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
    starts: (plan, gains) => startsOfPrimalDual(plan, gains),
  },

  largestStep: ({ integrator, gains: { alpha, beta, eta, inner } }, gains) =>
    inner !== undefined
      ? largestInnerStep(alpha, beta, eta, gains, integrator)
      : integrator === 'semi-implicit'
        ? largestSemiImplicitStep(beta, eta, gains)
        : largestStableStep(alpha, beta, eta, gains),

  linearRound: ({ compress, integrator, gains: { step, alpha, beta, eta, inner } }) => {
    if (compress !== 'none' || inner !== undefined) return null;
    const implicit = integrator === 'semi-implicit';
    return {
      rows: 2,
      balanced: [1],
      degrees: implicit,
      next([x, v], { gradient, laplacian, damped, sum }) {
        const r = laplacian(x);
        const dual = sum([1, v], [step * beta, r]);
        const slope = sum([eta, gradient(x)], [alpha, r], [beta, implicit ? dual : v]);
        return [sum([1, x], [-step, implicit ? damped(step * alpha, slope) : slope]), dual];
      },
    };
  },

  sufficient: ({ integrator }) => integrator === 'semi-implicit',

  bind: ({ compress, integrator, gains }, [channel], cost, runtime) => {
    const { eta, inner, rho, mu = 0, gamma = 0 } = gains;
    const several = inner !== undefined && rho !== undefined && eta > 0;
    const slope = several
      ? bindInnerSteps(compress, { ...gains, inner, rho }, integrator, cost, runtime)
      : bindGradient(cost, runtime);
    const step = stepCoefficients(gains, integrator);
    const flow = bindMode(compress, channel, runtime, bindDualSteps(compress, step, gains, slope, runtime));
    if (several) return flow;
    const { estimates, current, memory } = MODES[compress];
    if (!estimates) return withWholeRounds(flow, 'primalDual', step, channel, cost, runtime);
    const remembered = memory ? runtime.arena.address('m') : null;
    const known = { ...step, mu, current, memory: remembered, gamma };
    return withWholeRounds(flow, 'primalDualEstimated', known, channel, cost, runtime);
  },
});
