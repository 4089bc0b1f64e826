/**
 * Linear equations over a network: agent i holds some rows of A x = b.
 *
 *     f_i(x) = 1/2 |A_i x - b_i|^2
 *
 * (1/n) sum_i f_i is |A x - b|^2 / (2 n), whose minimisers are the solutions where there are any, and the least
 * squares solutions else; without a unique one the optimum is that of least norm, and where a flow ends
 * depends on where it began. It is least squares without the factor n/N and without a regulariser, on the same
 * code (`linear.ts`, dense rows): l = max_i lambdaMax(A_i^T A_i), m = 0, since an agent alone has too few rows.
 *
 * `a` (rows x dim) and `b` (rows) come from .npy files or a program's memory, or are drawn: A = U diag(s) V^T
 * with orthonormal columns from Philox stream 8 (`linear-equation-host.ts`), singular values from
 * sqrt(rows / rank) down to a `condition`-th of it in equal steps, so that rows have lengths of about 1; b = A x,
 * x uniform in (-1, 1), and with `noise` a vector of that largest entry beside it that no A x reaches.
 */

import type { z } from 'zod';
import { rowsParameter } from '../schema/array.js';
import { leastSquaresLoss } from './least-squares.js';
import { bindLinear } from './linear.js';
import type { LinearPlan } from './linear-host.js';
import { defineCost } from './types.js';

function parameters(zod: typeof z) {
  return zod
    .strictObject({
      kind: zod.literal('linear-equation'),
      a: rowsParameter(zod, 'A: a .npy file, rows x dim').optional(),
      b: rowsParameter(zod, 'b: a .npy file, one number for each row of A').optional(),
      rows: zod.int().min(1).optional().describe('drawn: equations in all'),
      dim: zod.int().min(1).optional().describe('drawn: unknowns'),
      condition: zod
        .number()
        .min(1)
        .optional()
        .describe('drawn: largest over least singular value, by default 10'),
      noise: zod
        .number()
        .min(0)
        .optional()
        .describe('drawn: largest entry of what is added to b so that no x solves them all, by default 0'),
      seed: zod.int().min(0).optional(),
      split: zod
        .union([
          zod.enum(['contiguous', 'shuffled']),
          zod.strictObject({ kind: zod.literal('contiguous') }),
          zod.strictObject({ kind: zod.literal('shuffled'), seed: zod.int().min(0).optional() }),
          zod.strictObject({
            kind: zod.literal('counts'),
            counts: zod.union([zod.string(), zod.array(zod.int().min(0))]),
          }),
        ])
        .default('contiguous')
        .describe('who holds which rows'),
      solvable: zod
        .boolean()
        .default(false)
        .describe('true: equations without an exact solution are refused; false: least squares'),
      solve: zod
        .boolean()
        .default(true)
        .describe('find the solution before the run; false saves its time, and leaves the gap unknown'),
    })
    .refine((spec) => isDrawn(spec) !== (spec.a !== undefined || spec.b !== undefined), {
      message:
        'expected either a and b (two .npy files), or rows and dim (with condition, noise, seed) for drawn equations',
    })
    .refine((spec) => (spec.a === undefined) === (spec.b === undefined), {
      message: 'expected a and b together',
    })
    .refine((spec) => (spec.rows === undefined) === (spec.dim === undefined), {
      message: 'expected rows and dim together',
    });
}

/** By what says how they are drawn. */
function isDrawn({ rows, dim, condition, noise, seed }: { [parameter: string]: unknown }): boolean {
  return [rows, dim, condition, noise, seed].some((given) => given !== undefined);
}

export const linearEquation = defineCost({
  kind: 'linear-equation',
  metadata: {
    title: 'Linear equations',
    summary: 'f_i(x) = 1/2 |A_i x - b_i|^2, agent i holds some rows of A x = b; solvable, or least squares',
    source: 'Wang, Ren, Yuan, Shi 2024 (arXiv 2401.06332)',
  },
  sampled: true,
  parameters,
  async load(spec, context) {
    const { loadEquations } = await import('./linear-equation-host.js');
    return loadEquations(spec, context);
  },
  bind: (plan: LinearPlan, runtime) => bindLinear(leastSquaresLoss, plan, runtime),
});
