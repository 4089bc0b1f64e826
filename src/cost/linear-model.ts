/**
 * Linear models: every cost that looks at a sample (a_r, y_r) through its margin a_r . x alone.
 *
 *     f_i(x) = (n/N) sum_{samples r of agent i} loss(a_r . x, y_r) + (regularization/2) |x|^2
 *
 * n agents, N samples, so (1/n) sum_i f_i is the mean loss plus the regulariser, however unevenly the samples are held; an agent
 * without samples has the regulariser alone. Convex; strongly where regularization > 0. Work of a gradient: two multiply-adds for
 * each non-zero entry. Bytes: 12 a non-zero where stored sparse, 8 an entry where dense.
 *
 * A further loss is one file like `logistic.ts` and one line in the registry (and its code in the kernels). This file is what
 * workers see; `linear-host.ts` reads, splits and solves, and is imported when a host loads a cost.
 */

import type { z } from 'zod';
import { rowLength } from '../arena/layout.js';
import type { SpecPath } from '../errors.js';
import type { IdentityCard, Runtime } from '../runtime.js';
import { batchedGradient } from './batch.js';
import type { BoundCost, CostDefinition, CostPlan, CostSpec } from './types.js';

/** loss(t, y) of a margin t and a label y, as plain arithmetic: the twin of what the kernels compute. */
export interface Loss {
  kind: string;
  card: IdentityCard;
  /** What the kernels call it. */
  code: number;
  value(t: number, y: number): number;
  /** d loss / dt. */
  slope(t: number, y: number): number;
  /** d2 loss / dt2. */
  curvature(t: number, y: number): number;
  /** The largest curvature there is. */
  maxCurvature: number;
  /** Nanoseconds that a slope takes, about. */
  slopeNs: number;
  /** A number that value and slope depend on, as the kernels take it. */
  parameter?: number;
  /** What a coordinate costs by itself, over `regularization`; x^2/2 where absent. */
  penalty?: Penalty;
  /** Set where the model is not itself without a regularization > 0. */
  needsRegularization?: boolean;
  /** Set where the sign of the margin is the answer, so that a share of correct ones means something. */
  classifies?: boolean;
  /** Set where no central optimum is looked for. */
  whyNoOptimum?: string;
  /** Labels as the loss wants them, from those of the file. */
  prepareLabels(labels: Float64Array, file: string, path: SpecPath): Float64Array;
  /** Whether a sample of this margin would be pleased with any larger multiple of x: if all are, no x is the best one. */
  improvesForever(t: number, y: number): boolean;
}

export interface Penalty {
  value(x: number): number;
  slope(x: number): number;
  /** The largest magnitude of its second derivative; no strong convexity is claimed. */
  maxCurvature: number;
}

export interface LinearPlan extends CostPlan {
  loss: number;
  /** Of the loss; 0 where it has none. */
  parameter: number;
  storage: 'sparse' | 'dense';
  /** n / N. */
  scale: number;
  regularization: number;
  /** Samples of a mini-batch; 0: all. */
  batch: number;
  /** Gradients are means over an agent's own samples, see `batch.ts`. */
  own: boolean;
}

export const STORAGES = ['auto', 'dense', 'sparse'] as const;

/** Where a config says more of the loss than its kind: the further parameters, and the loss that they make. */
export interface LossFamily {
  parameters(zod: typeof z): Record<string, z.ZodType>;
  lossOf(spec: CostSpec, path: SpecPath): Loss;
}

export function linearCost(loss: Loss, family?: LossFamily): CostDefinition {
  return {
    kind: loss.kind,
    card: loss.card,
    sampled: true,
    parameters: (zod) => parameters(zod, loss, family?.parameters(zod) ?? {}),
    async load(spec, context) {
      const { loadLinearModel } = await import('./linear-host.js');
      return loadLinearModel(family?.lossOf(spec, context.path) ?? loss, spec, context);
    },
    bind: (plan, runtime) => bind(plan as LinearPlan, runtime),
  };
}

function parameters(zod: typeof z, loss: Loss, more: Record<string, z.ZodType>): z.ZodType {
  return zod.strictObject({
    kind: zod.literal(loss.kind),
    ...more,
    ...sampleParameters(zod, {
      needsRegularization: loss.needsRegularization === true,
      test: loss.classifies === true,
    }),
  });
}

/** Where samples come from and who holds them: what every cost that is made of samples asks for. */
export function sampleParameters(
  zod: typeof z,
  { needsRegularization = false, test = false }: { needsRegularization?: boolean; test?: boolean } = {},
): Record<string, z.ZodType> {
  const source = zod.union([
    zod.string(),
    zod.strictObject({ x: zod.string(), y: zod.string() }),
    zod.strictObject({ images: zod.string(), labels: zod.string() }),
  ]);
  const column = zod.union([zod.string(), zod.int().min(0)]);
  const strength = needsRegularization ? zod.number().positive() : zod.number().min(0);
  return {
    data: source.describe('samples: a file, { x, y } as .npy, or { images, labels } as IDX'),
    ...(test && {
      test: source
        .optional()
        .describe('samples that nobody learns from: their share classified correctly joins the trace'),
    }),
    format: zod.string().optional(),
    firstIndex: zod.union([zod.literal(0), zod.literal(1), zod.literal('auto')]).default('auto'),
    target: column.optional(),
    header: zod.boolean().optional().describe('tables: whether the first line names the columns'),
    delimiter: zod.string().length(1).optional().describe('tables: what stands between cells'),
    decimal: zod.enum(['.', ',']).optional().describe("tables: what stands before a number's decimals"),
    encoding: zod.string().optional().describe('tables: what their bytes mean, where it is not UTF-8'),
    regularization: zod.union([strength, zod.literal('1/n')]),
    split: zod
      .union([
        zod.enum(['contiguous', 'shuffled', 'by-label']),
        zod.strictObject({ kind: zod.literal('contiguous') }),
        zod.strictObject({ kind: zod.literal('shuffled'), seed: zod.int().min(0).optional() }),
        zod.strictObject({
          kind: zod.literal('by-column'),
          column,
          groups: zod.enum(['by-name', 'in-order']).optional(),
        }),
        zod.strictObject({ kind: zod.literal('by-label'), labels: zod.int().min(1).optional() }),
        zod.strictObject({
          kind: zod.literal('dirichlet'),
          alpha: zod.number().positive(),
          seed: zod.int().min(0).optional(),
          allowEmpty: zod.boolean().optional(),
        }),
        zod.strictObject({
          kind: zod.literal('counts'),
          counts: zod.union([zod.string(), zod.array(zod.int().min(0))]),
        }),
      ])
      .default('contiguous'),
    intercept: zod.boolean().default(false),
    storage: zod.enum(STORAGES).default('auto'),
    solve: zod
      .boolean()
      .default(true)
      .describe('find the optimum before the run; false saves its time, and leaves the gap unknown'),
  };
}

function bind(plan: LinearPlan, runtime: Runtime): BoundCost {
  const { arena, kernels, rowBytes, worker } = runtime;
  const { loss, parameter, scale, regularization, batch } = plan;
  const n = rowLength(plan.dim);
  const samples = arena.address('cost.samples');
  const labels = arena.address('cost.labels');
  const scratch = arena.address('cost.scratch', worker);
  const hasTest = (plan.testSamples ?? 0) > 0;
  const testLabels = hasTest ? arena.address('cost.test.labels') : 0;
  if (plan.storage === 'dense') {
    const testRows = hasTest ? arena.address('cost.test.rows') : 0;
    const rows = arena.address('cost.rows');
    return {
      correct: (from, to, point) =>
        kernels.correctLinearDense(from, to, point, testRows, rowBytes, testLabels, n),
      ...batchedGradient(
        batch,
        runtime,
        (first, count, x, out, picks, size, scale) => {
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
          n,
          scale,
          regularization,
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
      kernels.correctLinearSparse(from, to, point, testStart, testColumns, testValues, testLabels),
    ...batchedGradient(
      batch,
      runtime,
      (first, count, x, out, picks, size, scale) => {
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
        n,
        scale,
        regularization,
      );
    },
  };
}
