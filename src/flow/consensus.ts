/**
 * Consensus flow: every agent ends at the average of the values they began with. Forward Euler with step h:
 *
 *     x <- x - h alpha L y,        x(0) = each agent's own value, y what the network knows of x (as in the primal-dual flow).
 *
 * The sum of the x_i is conserved whatever is compressed, because L is symmetric. Needs: connected undirected graph,
 * h alpha lambdaMax < 2. Floats an agent: dim (x), with estimates 3 dim (and s, z).
 * Source: arXiv 2409.00002; the uncompressed flow is Olfati-Saber, Murray 2004.
 */

import { roundStep } from './gains.js';
import { bindMessages, errorFlow, scratchFields, stateFields } from './state.js';
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
    const { kernels, arena, rowBytes, worker } = runtime;
    const messages = bindMessages(plan, compressor, slotBytes, runtime);
    const n = rowBytes / 8;
    const laplacian = arena.address('scratch.laplacian', worker);
    const hAlpha = plan.step * plan.alpha;

    if (!errorFlow(plan.compress)) {
      return {
        prepare: messages.prepare,
        prologue: messages.sendState,
        block(first, count, round) {
          const offset = first * rowBytes;
          messages.gather(first, count, round, laplacian);
          kernels.stepConsensus(
            count,
            rowBytes,
            n,
            messages.x(round) + offset,
            messages.x(round + 1) + offset,
            laplacian,
            hAlpha,
          );
          messages.sendState(first, count, round + 1);
        },
      };
    }

    const x = arena.address('x');
    const s = arena.address('s');
    const z = arena.address('z');
    const message = arena.address('scratch.message', worker);
    const error = arena.address('scratch.error', worker);
    const { mu } = plan;
    const current = plan.compress === 'error-state' ? 1 : 0;
    return {
      prepare: messages.prepare,
      prologue: messages.sendError,
      block(first, count, round) {
        const offset = first * rowBytes;
        messages.gather(first, count, round, laplacian);
        messages.decode(first, count, round, message);
        kernels.stepConsensusError(
          count,
          rowBytes,
          n,
          x + offset,
          s + offset,
          z + offset,
          laplacian,
          message,
          error,
          hAlpha,
          mu,
          current,
        );
        messages.send(first, count, round + 1, error);
      },
    };
  },
};
