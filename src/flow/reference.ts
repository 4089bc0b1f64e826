/**
 * References that move: what the consensus flow averages where it is not each agent's first value alone.
 * Agent i has r_i(k), in round k; x(0) = r(0), and every step adds what the reference has moved,
 *
 *     x <- (step of the flow) + r(k+1) - r(k),
 *
 * so that sum_i x_i(k) = sum_i r_i(k) for ever and x follows the moving average.
 *
 * It swings (`reference-sinusoid.ts`), or is a series from a file (`reference-series.ts`).
 *
 * Source: Spanos, Olfati-Saber, Murray, Dynamic consensus on mobile networks, IFAC 2005; Zhu, Martinez,
 * Discrete-time dynamic average consensus, Automatica 2010 (its first-order algorithm).
 */

import type { z } from 'zod';
import type { Reference, Runtime } from '../runtime.js';
import { bindSeries, loadSeries } from './reference-series.js';
import { bindSinusoid, drawSinusoid } from './reference-sinusoid.js';
import type { ReferenceContext, ReferenceModel, ReferencePlan, ReferenceSpec } from './reference-types.js';

export function referenceParameter(zod: typeof z) {
  const sinusoid = zod.strictObject({
    kind: zod.literal('sinusoid'),
    amplitude: zod.number().positive().describe('how far a reference goes from its own value'),
    period: zod.number().min(2).describe('rounds of one swing, at least 2'),
    until: zod.int().min(1).optional().describe('round from which on it stands still'),
  });
  const file = zod.strictObject({
    file: zod.string().describe('.npy of shape (rounds, agents, dim); the last round stays'),
  });
  return zod
    .union([sinusoid, file])
    .describe('what is averaged moves: every agent follows the average of references r_i(k); x(0) = r(0)');
}

export async function loadReference(spec: ReferenceSpec, context: ReferenceContext): Promise<ReferenceModel> {
  return 'file' in spec ? loadSeries(spec.file, context) : drawSinusoid(spec, context);
}

export function bindReference(plan: ReferencePlan, runtime: Omit<Runtime, 'reference'>): Reference {
  return plan.kind === 'series' ? bindSeries(plan.rows, runtime) : bindSinusoid(plan, runtime);
}
