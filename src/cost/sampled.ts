/**
 * What every cost that is made of samples has: its parameters, what its plan says, and how workers take its
 * gradients. Workers import this file; `samples-host.ts` reads and deals out, `sampled-model.ts` answers on
 * the host.
 */

import type { z } from 'zod';
import type { Runtime } from '../runtime.js';
import { rowsParameter } from '../schema/array.js';
import { bindBatch } from './batch.js';
import type { BoundCost, CostPlan } from './types.js';

/** Where samples come from and who holds them. */
export function sampleShape(zod: typeof z, { needsRegularization = false } = {}) {
  const file = zod.string().min(1);
  const source = zod.union([
    file,
    zod.strictObject({
      x: rowsParameter(zod, 'samples x features'),
      y: rowsParameter(zod, 'one label for each sample'),
    }),
    zod.strictObject({ images: zod.string(), labels: zod.string() }),
  ]);
  const column = zod.union([zod.string(), zod.int().min(0)]);
  const strength = needsRegularization ? zod.number().positive() : zod.number().min(0);
  return {
    data: source.describe('samples: a file, { x, y } as .npy, or { images, labels } as IDX'),
    test: source
      .optional()
      .describe('samples that nobody learns from: their share classified correctly joins the trace'),
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
    storage: zod.enum(['auto', 'dense', 'sparse']).default('auto'),
    solve: zod
      .boolean()
      .default(true)
      .describe('find the optimum before the run; false saves its time, and leaves the gap unknown'),
  };
}

/** The same of a cost that tells classes apart. */
export function classShape(zod: typeof z) {
  return {
    ...sampleShape(zod),
    classes: zod
      .int()
      .min(2)
      .optional()
      .describe(
        'labels are 0 .. classes - 1; where absent, the classes are the labels found, in ascending order',
      ),
  };
}

type Parameters<Shape extends z.core.$ZodShape> = { kind: string } & z.output<z.ZodObject<Shape>>;
export type SampleParameters = Parameters<ReturnType<typeof sampleShape>>;
export type ClassParameters = Parameters<ReturnType<typeof classShape>>;

/** How an agent's samples are weighed against those of others: `scale` each, or the mean over its own. */
export interface SampledPlan extends CostPlan {
  /** n / N. */
  scale: number;
  regularization: number;
  /** Samples of a mini-batch; 0: all. */
  batch: number;
  /** Gradients are means over an agent's own samples, see `batch.ts`. */
  own: boolean;
  /** Samples to test with. */
  testSamples: number;
}

/** Of rows of doubles. */
export interface RowsPlan extends SampledPlan {
  storage: 'sparse' | 'dense';
}

/** Addresses of rows and labels. */
export interface RowAddresses {
  labels: number;
  /** Stored dense. */
  rows: number;
  /** Stored sparse. */
  rowStart: number;
  columns: number;
  values: number;
}

/** `prefix`: 'cost.', or 'cost.test.'; 0 for what is not there. */
export function rowAddresses({ arena }: Runtime, prefix = 'cost.'): RowAddresses {
  const at = (name: string) => (arena.has(prefix + name) ? arena.address(prefix + name) : 0);
  return {
    labels: at('labels'),
    rows: at('rows'),
    rowStart: at('rowStart'),
    columns: at('columns'),
    values: at('values'),
  };
}

/**
 * What a kernel computes of a block: `picks` (0: all), their number and the weight of a sample beside the
 * rows.
 */
type SampleGradient = (
  first: number,
  count: number,
  x: number,
  out: number,
  picks: number,
  size: number,
  scale: number,
) => void;

export interface SampledKernels {
  gradient: SampleGradient;
  values: BoundCost['values'];
  correct: NonNullable<BoundCost['correct']>;
}

/**
 * Gradients of a block at once where all samples are used and weigh alike, and else an agent at a time, each
 * after its own draw.
 */
export function bindSampled(
  { batch, own, scale }: SampledPlan,
  runtime: Runtime,
  { gradient, values, correct }: SampledKernels,
): BoundCost {
  const drawn = bindBatch(batch, runtime);
  const exactGradient: BoundCost['gradient'] = (first, count, x, out) =>
    gradient(first, count, x, out, 0, 0, scale);
  if (!drawn && !own) return { correct, gradient: exactGradient, values };
  const { arena, rowBytes } = runtime;
  const samples = arena.view('cost.samples', 'u32');
  return {
    correct,
    values,
    exactGradient,
    beginRound: (round, draw = round) => drawn?.beginDraw(draw),
    gradient(first, count, x, out) {
      for (let r = 0; r < count; r++) {
        const agent = first + r;
        const picks = drawn === null ? 0 : drawn.draw(agent);
        const weight = own ? 1 / (samples[agent + 1]! - samples[agent]!) : scale;
        gradient(agent, 1, x + r * rowBytes, out + r * rowBytes, picks, batch, weight);
      }
    },
  };
}
