/**
 * Softmax, or multinomial logistic regression: which of K classes a sample belongs to.
 *
 *     f_i(x) = (n/N) sum_{samples r of agent i} [log sum_k exp(a_r . x_k) - a_r . x_{y_r}] + (regularization/2) |x|^2
 *
 * x has K times as many entries as a sample has features, class after class: x_k = x[k features .. (k + 1) features), an intercept first in each.
 * Labels are whole numbers, whichever; classes are numbered 0 .. K - 1 in ascending order of them. n agents, N samples.
 *
 * Curvature in the margins: diag(p) - p p^T <= 1/2 (D. Böhning, Ann. Inst. Statist. Math. 44, 1992), so l = (n/N) lambdaMax(A_i^T A_i) / 2 +
 * regularization; m = regularization. The same vector added to every x_k changes no probability: without regularization the minimiser is not
 * unique, and the reference is the one of least norm. Work of a gradient: 2 K multiply-adds for each non-zero entry, K
 * exponentials a sample. `softmax-host.ts` reads, splits and solves.
 */

import type { z } from 'zod';
import { rowLength } from '../arena/layout.js';
import type { Runtime } from '../runtime.js';
import { batchedGradient } from './batch.js';
import { sampleParameters } from './linear-model.js';
import type { BoundCost, CostDefinition, CostPlan } from './types.js';

export interface SoftmaxPlan extends CostPlan {
  classes: number;
  /** Entries of a sample, the intercept included. */
  features: number;
  storage: 'sparse' | 'dense';
  /** n / N. */
  scale: number;
  regularization: number;
  /** Samples of a mini-batch; 0: all. */
  batch: number;
  /** Gradients are means over an agent's own samples, see `batch.ts`. */
  own: boolean;
}

export const softmax: CostDefinition = {
  kind: 'softmax',
  card: {
    title: 'Softmax (multinomial logistic regression)',
    summary:
      'f_i(x) = (n/N) sum of (log sum_k exp(a.x_k) - a.x_y) over the samples of agent i + (regularization/2) |x|^2, x = all x_k',
    source: 'D. R. Cox, Research Papers in Statistics, 1966',
  },
  sampled: true,
  parameters: (zod) => zod.strictObject({ kind: zod.literal('softmax'), ...classParameters(zod) }),
  async load(spec, context) {
    const { loadSoftmaxModel } = await import('./softmax-host.js');
    return loadSoftmaxModel(spec, context);
  },
  bind: (plan, runtime) => bind(plan as SoftmaxPlan, runtime),
};

/** What every cost that tells classes apart asks for. */
export function classParameters(zod: typeof z): Record<string, z.ZodType> {
  return {
    ...sampleParameters(zod, { test: true }),
    classes: zod
      .int()
      .min(2)
      .optional()
      .describe(
        'labels are 0 .. classes - 1; where absent, the classes are the labels found, in ascending order',
      ),
  };
}

function bind(plan: SoftmaxPlan, runtime: Runtime): BoundCost {
  const { arena, kernels, rowBytes, worker } = runtime;
  const { classes, features, scale, regularization, batch } = plan;
  const samples = arena.address('cost.samples');
  const labels = arena.address('cost.labels');
  const scratch = arena.address('cost.scratch', worker);
  const hasTest = (plan.testSamples ?? 0) > 0;
  const testLabels = hasTest ? arena.address('cost.test.labels') : 0;
  if (plan.storage === 'dense') {
    const testRows = hasTest ? arena.address('cost.test.rows') : 0;
    const rows = arena.address('cost.rows');
    const stride = rowLength(features) * 8;
    return {
      correct: (from, to, point) =>
        kernels.correctSoftmaxDense(
          classes,
          features,
          from,
          to,
          point,
          testRows,
          stride,
          testLabels,
          scratch,
        ),
      ...batchedGradient(
        batch,
        runtime,
        (first, count, x, out, picks, size, scale) => {
          kernels.gradientSoftmaxDense(
            classes,
            features,
            first,
            count,
            x,
            rowBytes,
            samples,
            rows,
            stride,
            labels,
            out,
            rowBytes,
            scale,
            regularization,
            scratch,
            picks,
            size,
          );
        },
        plan,
      ),
      values(first, count, point, out) {
        kernels.valueSoftmaxDense(
          classes,
          features,
          first,
          count,
          point,
          samples,
          rows,
          stride,
          labels,
          out,
          scale,
          regularization,
          scratch,
        );
      },
    };
  }
  const rowStart = arena.address('cost.rowStart');
  const columns = arena.address('cost.columns');
  const values = arena.address('cost.values');
  const testStart = hasTest ? arena.address('cost.test.rowStart') : 0;
  const testColumns = hasTest ? arena.address('cost.test.columns') : 0;
  const testValues = hasTest ? arena.address('cost.test.values') : 0;
  return {
    correct: (from, to, point) =>
      kernels.correctSoftmaxSparse(
        classes,
        features,
        from,
        to,
        point,
        testStart,
        testColumns,
        testValues,
        testLabels,
        scratch,
      ),
    ...batchedGradient(
      batch,
      runtime,
      (first, count, x, out, picks, size, scale) => {
        kernels.gradientSoftmaxSparse(
          classes,
          features,
          first,
          count,
          x,
          rowBytes,
          samples,
          rowStart,
          columns,
          values,
          labels,
          out,
          rowBytes,
          scale,
          regularization,
          scratch,
          picks,
          size,
        );
      },
      plan,
    ),
    values(first, count, point, out) {
      kernels.valueSoftmaxSparse(
        classes,
        features,
        first,
        count,
        point,
        samples,
        rowStart,
        columns,
        values,
        labels,
        out,
        scale,
        regularization,
        scratch,
      );
    },
  };
}
