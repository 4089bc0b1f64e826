/**
 * Consensus flow: every agent ends at the average of the values they began with. Forward Euler with step h:
 *
 *     x <- x - h alpha L y,        x(0) = each agent's own value, y what the network knows of x (as in the primal-dual flow).
 *
 * The sum of the x_i is conserved whatever is compressed, because L is symmetric. Needs: connected undirected graph,
 * h alpha lambdaMax < 2. Floats an agent: dim (x), with estimates 3 dim (and s, z).
 * Source: arXiv 2409.00002; the uncompressed flow is Olfati-Saber, Murray 2004.
 */

import { bindEuler } from './euler.js';
import { roundStep } from './gains.js';
import { errorFlow, scratchFields, stateFields } from './state.js';
import type { FlowDefinition } from './types.js';

export const consensus: FlowDefinition = {
  kind: 'consensus',
  card: {
    title: 'Consensus flow',
    summary: "averages the agents' own values",
    source: 'Ren, Wang, Yuan, Su, Shi 2024 (arXiv 2409.00002)',
  },
  problem: 'average',
  parameters: (z) =>
    z.strictObject({
      kind: z.literal('consensus'),
      compress: z.enum(['none', 'node-state', 'error-state', 'observer']).optional(),
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
      mu: z
        .union([z.number().gt(0).max(1), z.literal('auto')])
        .default('auto')
        .describe('filter gain of the estimates, in (0, 1]; auto is 1'),
    }),

  fields: (compress, context) => [
    ...stateFields(['x', ...(errorFlow(compress) ? ['s', 'z'] : [])], compress, context),
    ...scratchFields(['laplacian', ...(errorFlow(compress) ? ['message', 'error'] : [])], context),
  ],

  plan: (spec, gains) => {
    const alpha = spec.alpha === 'auto' ? 1 : spec.alpha;
    const { compress } = spec;
    let step = spec.step;
    if (step === 'auto') {
      const { lambda2, lambdaMax, delta } = gains();
      // 2 / (lambda2 + lambdaMax) is optimal without compression; with it, the estimates' lag asks for a step in proportion.
      step = roundStep(((compress === 'none' ? 2 : delta) / (lambda2 + lambdaMax)) * (1 / alpha));
    }
    return {
      kind: 'consensus',
      compress,
      step,
      alpha,
      beta: 0,
      eta: 0,
      mu: spec.mu === 'auto' ? 1 : spec.mu,
      stateIsMessage: compress === 'none',
    };
  },

  bind: (plan, compressor, slotBytes, _cost, runtime) => {
    const { kernels, rowBytes } = runtime;
    const n = rowBytes / 8;
    const hAlpha = plan.step * plan.alpha;
    const { mu } = plan;
    return bindEuler(plan, compressor, slotBytes, runtime, {
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
