/**
 * Linear models: every cost that looks at a sample (a_r, y_r) through its margin a_r . x alone.
 *
 *     f_i(x) = (n/N) sum_{samples r of agent i} loss(a_r . x, y_r) + (regularization/2) |x|^2
 *
 * n agents, N samples, so (1/n) sum_i f_i is the mean loss plus the regulariser, however unevenly the samples
 * are held; an agent without samples has the regulariser alone. Convex; strongly where regularization > 0.
 * Work of a gradient: two multiply-adds for each non-zero entry. Bytes: 12 a non-zero where stored sparse, 8
 * an entry where dense.
 *
 * A further loss is one file like `logistic.ts` and one line in the registry; `kernels/losses.ts` makes it
 * faster. This file is what workers see; `linear-host.ts` is imported when a host loads a cost.
 */

import type { z } from 'zod';
import { pointLength } from '../arena/layout.js';
import type { Runtime } from '../runtime.js';
import type { LinearPlan } from './linear-host.js';
import { plainKernels } from './linear-plain.js';
import type { Loss } from './loss.js';
import {
  bindSampled,
  rowAddresses,
  type SampledKernels,
  type SampleParameters,
  sampleShape,
} from './sampled.js';
import { type BoundCost, type CostDefinition, type CostSpec, defineCost } from './types.js';

/**
 * Losses that depend on one number: the further parameters, the number of them, and the loss that it makes.
 */
export interface LossFamily<Shape extends z.core.$ZodShape> {
  parameters(zod: typeof z): Shape;
  parameter(parameters: z.output<z.ZodObject<Shape>>): number;
  loss(parameter: number): Loss;
}

export function linearCost<Shape extends z.core.$ZodShape>(
  loss: Loss,
  family?: LossFamily<Shape>,
): CostDefinition {
  const { kind, metadata, needsRegularization = false } = loss;
  type Parameters = CostSpec & SampleParameters & z.output<z.ZodObject<Shape>>;
  const lossOf = (parameter: number) => family?.loss(parameter) ?? loss;
  return defineCost({
    kind,
    metadata,
    sampled: true,
    parameters(zod): z.ZodType<Parameters> {
      const { data, test, ...shared } = sampleShape(zod, { needsRegularization });
      return zod.strictObject({
        kind: zod.literal(kind),
        ...family?.parameters(zod),
        data,
        ...(loss.classifies && { test }),
        ...shared,
      }) as unknown as z.ZodType<Parameters>;
    },
    async load(parameters, context) {
      const { loadLinear } = await import('./linear-host.js');
      return loadLinear(lossOf(family?.parameter(parameters) ?? 0), parameters, context);
    },
    bind: (plan: LinearPlan, runtime) => bindLinear(lossOf(plan.parameter), plan, runtime),
  });
}

/** By kernels where they know the loss. */
export function bindLinear(loss: Loss, plan: LinearPlan, runtime: Runtime): BoundCost {
  return bindSampled(
    plan,
    runtime,
    plan.loss === null ? plainKernels(loss, plan, runtime) : bindKernels(plan, plan.loss, runtime),
  );
}

function bindKernels(plan: LinearPlan, loss: number, runtime: Runtime): SampledKernels {
  const { arena, kernels, rowBytes, worker } = runtime;
  const { parameter, scale, regularization } = plan;
  const n = rowBytes / arena.realBytes;
  const pointEntries = pointLength(plan.dim);
  const samples = arena.address('cost.samples');
  const scratch = arena.address('cost.scratch', worker);
  const { labels, rows, rowStart, columns, values } = rowAddresses(runtime);
  const test = rowAddresses(runtime, 'cost.test.');
  if (plan.storage === 'dense') {
    return {
      correct: (from, to, point) =>
        kernels.correctLinearDense(from, to, point, test.rows, rowBytes, test.labels, pointEntries),
      gradient(first, count, x, out, picks, size, weight) {
        kernels.gradientLinearDense(
          loss,
          parameter,
          first,
          count,
          x,
          rowBytes,
          samples,
          rows,
          rowBytes,
          labels,
          out,
          rowBytes,
          n,
          weight,
          regularization,
          scratch,
          picks,
          size,
        );
      },
      values(first, count, point, out) {
        kernels.valueLinearDense(
          loss,
          parameter,
          first,
          count,
          point,
          samples,
          rows,
          rowBytes,
          labels,
          out,
          pointEntries,
          scale,
          regularization,
        );
      },
    };
  }
  return {
    correct: (from, to, point) =>
      kernels.correctLinearSparse(from, to, point, test.rowStart, test.columns, test.values, test.labels),
    gradient(first, count, x, out, picks, size, weight) {
      kernels.gradientLinearSparse(
        loss,
        parameter,
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
        n,
        weight,
        regularization,
        scratch,
        picks,
        size,
      );
    },
    values(first, count, point, out) {
      kernels.valueLinearSparse(
        loss,
        parameter,
        first,
        count,
        point,
        samples,
        rowStart,
        columns,
        values,
        labels,
        out,
        pointEntries,
        scale,
        regularization,
      );
    },
  };
}
