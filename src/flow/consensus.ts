/**
 * Consensus flow: every agent ends at the average of the values they began with. Forward Euler with step h:
 *
 *     x <- x - h alpha L y,        x(0) = each agent's own value, y what the network knows of x (as in the primal-dual flow).
 *
 * The sum of the x_i is conserved whatever is compressed, because L is symmetric. Needs: connected undirected graph (uncompressed, a balanced directed
 * one will do), h alpha lambdaMax < 2. With `reference` the values move: every step adds r(k+1) - r(k), and x follows the average of the r_i(k)
 * (dynamic average consensus, see `reference.ts`). Floats an agent: dim (x), with estimates 3 dim (and s, z).
 * Source: arXiv 2409.00002; the uncompressed flow is Olfati-Saber, Murray 2004; with references Spanos, Olfati-Saber, Murray 2005 and Zhu, Martinez 2010.
 */

import { bindEuler, COMPRESS_HELP, eulerFields, eulerMessages } from './euler.js';
import { largestStableStep, roundStep, tuningParameter } from './gains.js';
import { referenceParameter } from './reference.js';
import { errorFlow } from './state.js';
import type { Compress, FlowDefinition } from './types.js';

const MODES = ['none', 'node-state', 'error-state', 'observer'] as const;

export const consensus: FlowDefinition = {
  kind: 'consensus',
  card: {
    title: 'Consensus flow',
    summary: "averages the agents' own values, or follows the average of references that move",
    source: 'Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2409.00002)',
  },
  problem: 'average',
  // The sum is conserved where columns of L add up to 0.
  graphs: ({ compress }) => (compress === 'none' ? 'balanced' : 'edges'),
  changingLinks: true,
  modes: MODES,
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('consensus'),
      compress: z.enum(MODES).optional().describe(COMPRESS_HELP),
      step: z
        .union([z.number().positive(), z.literal('auto')])
        .default('auto')
        .describe('Euler step h'),
      alpha: z
        .union([z.number().positive(), z.literal('auto')])
        .default('auto')
        .describe('gain of the disagreement'),
      beta: z
        .union([z.number(), z.literal('auto')])
        .default(0)
        .describe('has no meaning here; accepted so that configs are alike'),
      eta: z
        .union([z.number(), z.literal('auto')])
        .default(0)
        .describe('has no meaning here; accepted so that configs are alike'),
      integrator: z
        .literal('euler')
        .default('euler')
        .describe('only euler: agents that damp their steps unequally would not keep the sum of x'),
      tuning: tuningParameter(z),
      mu: z
        .union([z.number().gt(0).max(1), z.literal('auto')])
        .default('auto')
        .describe('filter gain of the estimates, in (0, 1]; auto is 1'),
      reference: referenceParameter(z).optional(),
    }),

  messages: eulerMessages,

  fields: (spec, context) => eulerFields(spec, { state: ['x'], scratch: [] }, context),

  plan: ({ compress, ...spec }, { gains }) => {
    const alpha = spec['alpha'] === 'auto' ? 1 : (spec['alpha'] as number);
    let step = spec['step'] as number | 'auto';
    if (step === 'auto') {
      const { lambda2, lambdaMax, delta, directed } = gains();
      // 2 / (lambda2 + lambdaMax) is optimal without compression; with it, the estimates' lag asks for a step in proportion. Over arcs 1 / lambdaMax shrinks
      // `balancedSpectrum`'s bound most.
      const longest = directed ? 1 / lambdaMax : (compress === 'none' ? 2 : delta) / (lambda2 + lambdaMax);
      step = roundStep(longest / alpha);
    }
    const mu = spec['mu'] === 'auto' ? 1 : (spec['mu'] as number);
    return {
      kind: 'consensus',
      compress: compress as Compress,
      gains: { step, alpha, ...(errorFlow(compress) && { mu }) },
      stateIsMessage: compress === 'none',
    };
  },

  search: { directions: [{ step: 1 }, { mu: 1 }], largest: { mu: 1 } },

  largestStep: ({ gains: { alpha } }, gains) => largestStableStep(alpha, 0, 0, gains),

  averaging: () => ['step', 'alpha'],

  bind: (plan, channels, _cost, runtime) => {
    const { kernels, rowBytes } = runtime;
    const n = rowBytes / 8;
    const { step, alpha, mu } = plan.gains;
    const hAlpha = step * alpha;
    return bindEuler(plan, channels, runtime, {
      plain: (_first, count, x, xOut, laplacian) =>
        kernels.stepConsensus(count, rowBytes, n, x, xOut, laplacian, hAlpha),
      estimated: (_first, count, x, s, z, laplacian, message, error, current) =>
        kernels.stepConsensusError(
          count,
          rowBytes,
          n,
          x,
          s,
          z,
          laplacian,
          message,
          error,
          hAlpha,
          mu,
          current,
        ),
    });
  },
};
