/**
 * Softmax, or multinomial logistic regression: which of K classes a sample belongs to.
 *
 *     f_i(x) = (n/N) sum_{samples r of agent i} [log sum_k exp(a_r . x_k) - a_r . x_{y_r}]
 *              + (regularization/2) |x|^2
 *
 * x has K times as many entries as a sample has features, class after class: x_k = x[k features .. (k + 1)
 * features), an intercept first in each. Labels are whole numbers, whichever; classes are numbered 0 .. K - 1
 * in ascending order of them. n agents, N samples.
 *
 * Curvature in the margins: diag(p) - p p^T <= 1/2 (D. Böhning, Ann. Inst. Statist. Math. 44, 1992), so l =
 * (n/N) lambdaMax(A_i^T A_i) / 2 + regularization; m = regularization. The same vector added to every x_k
 * changes no probability: without regularization the minimiser is not unique, and the reference is the one of
 * least norm. Work of a gradient: 2 K multiply-adds for each non-zero entry, K exponentials a sample.
 * `softmax-host.ts` loads it.
 */

import { rowBytesOf } from '../arena/layout.js';
import type { Runtime } from '../runtime.js';
import { bindSampled, classShape, rowAddresses, type SampledKernels } from './sampled.js';
import type { SoftmaxPlan } from './softmax-host.js';
import { defineCost } from './types.js';

export const softmax = defineCost({
  kind: 'softmax',
  metadata: {
    title: 'Softmax (multinomial logistic regression)',
    summary:
      'f_i(x) = (n/N) sum of (log sum_k exp(a.x_k) - a.x_y) over the samples of agent i + (regularization/2) |x|^2, x = all x_k',
    source: 'D. R. Cox, Research Papers in Statistics, 1966',
  },
  sampled: true,
  parameters: (zod) => zod.strictObject({ kind: zod.literal('softmax'), ...classShape(zod) }),
  async load(parameters, context) {
    const { loadSoftmax } = await import('./softmax-host.js');
    return loadSoftmax(parameters, context);
  },
  bind: (plan: SoftmaxPlan, runtime) => bindSampled(plan, runtime, bindKernels(plan, runtime)),
});

function bindKernels(plan: SoftmaxPlan, runtime: Runtime): SampledKernels {
  const { arena, kernels, rowBytes, worker } = runtime;
  const { classes, features, scale, regularization } = plan;
  const stride = rowBytesOf(features, arena.precision);
  const samples = arena.address('cost.samples');
  const scratch = arena.address('cost.scratch', worker);
  const { labels, rows, rowStart, columns, values } = rowAddresses(runtime);
  const test = rowAddresses(runtime, 'cost.test.');
  if (plan.storage === 'dense') {
    return {
      correct: (from, to, point) =>
        kernels.correctSoftmaxDense(
          classes,
          features,
          from,
          to,
          point,
          test.rows,
          stride,
          test.labels,
          scratch,
        ),
      gradient(first, count, x, out, picks, size, weight) {
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
          weight,
          regularization,
          scratch,
          picks,
          size,
        );
      },
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
  return {
    correct: (from, to, point) =>
      kernels.correctSoftmaxSparse(
        classes,
        features,
        from,
        to,
        point,
        test.rowStart,
        test.columns,
        test.values,
        test.labels,
        scratch,
      ),
    gradient(first, count, x, out, picks, size, weight) {
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
        weight,
        regularization,
        scratch,
        picks,
        size,
      );
    },
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
