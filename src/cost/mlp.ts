/**
 * Multilayer perceptron: ReLU between layers, softmax cross-entropy at the end.
 *
 *     a_0 = sample;   z_l = a_(l-1) W_l + b_l;   a_l = max(z_l, 0);   loss = log sum_k exp(z_L,k) - z_L,y
 *     f_i(x) = (n/N) sum_{samples r of agent i} loss_r(x) + (regularization/2) |x|^2
 *
 * x = W_1, b_1, W_2, b_2, ..., one after the other without gaps; W_l has a row of outputs for each input. `hidden` gives the widths between the samples' features and
 * the classes: `hidden: [128]` over 28 x 28 images of ten classes is the 784-128-10 perceptron, 101,770 numbers. n agents, N samples.
 *
 * Not convex: no m, no l, no optimum, so gains are to be given and the gap is unknown. x(0) = 0 would stay there in all but the last biases; so all agents begin
 * at the same random weights (K. He, X. Zhang, S. Ren, J. Sun, ICCV 2015: normal, variance 2/inputs; biases 0), drawn from the run's seed, or from
 * `init` where the config gives one. The kernels work in float32 (see kernels/mlp.ts); x, gradients and sums over samples are doubles.
 *
 * Work of a gradient: 3 multiply-adds for each weight and sample. Bytes: 1 a feature of images, 4 of other data.
 */

import type { z } from 'zod';
import { type FieldSpec, rowLength } from '../arena/layout.js';
import type { Runtime } from '../runtime.js';
import { batchedGradient } from './batch.js';
import { classParameters } from './softmax.js';
import type { BoundCost, CostDefinition, CostPlan } from './types.js';

export interface MlpPlan extends CostPlan {
  /** Features, hidden widths, classes. */
  widths: number[];
  /** Bytes from one sample's row to the next. */
  rowStride: number;
  /** 0: rows of float32; otherwise of bytes, and what they are divided by. */
  divisor: number;
  /** n / N. */
  scale: number;
  regularization: number;
  /** Samples of a mini-batch; 0: all. */
  batch: number;
  /** Gradients are means over an agent's own samples, see `batch.ts`. */
  own: boolean;
}

export const mlp: CostDefinition = {
  kind: 'mlp',
  card: {
    title: 'Multilayer perceptron',
    summary:
      'ReLU layers of the widths in `hidden`, softmax cross-entropy: f_i(x) = (n/N) sum of the losses of agent i + (regularization/2) |x|^2; not convex',
    source: 'D. E. Rumelhart, G. E. Hinton, R. J. Williams, Nature 323, 1986',
  },
  sampled: true,
  parameters: (zod) => zod.strictObject({ kind: zod.literal('mlp'), ...parameters(zod) }),
  async load(spec, context) {
    const { loadMlp } = await import('./mlp-host.js');
    return loadMlp(spec, context);
  },
  bind: (plan, runtime) => bind(plan as MlpPlan, runtime),
};

function parameters(zod: typeof z): Record<string, z.ZodType> {
  const { storage: _, intercept: __, solve: ___, ...shared } = classParameters(zod);
  return {
    ...shared,
    hidden: zod
      .array(zod.int().min(1))
      .min(1)
      .default([128])
      .describe('widths of the hidden layers, from the first to the last'),
  };
}

/** Entries of x before layer l (from 0), and in all where l is the number of layers. */
export function entriesBefore(widths: readonly number[], l: number): number {
  let entries = 0;
  for (let k = 0; k < l; k++) entries += (widths[k]! + 1) * widths[k + 1]!;
  return entries;
}

/** Rows of a chunk and bytes of a panel's step, as in kernels/mlp.ts. */
const CHUNK = 64;
const PANEL_BYTES = 32;
const FLOAT_BYTES = 4;
/** u32 in a row of the table of layers. */
const LAYER_WORDS = 8;
/** Doubles of a tile. */
const TILE_DOUBLES = 16;

/** The table of layers that kernels read, and how many bytes of scratch it speaks of. */
export function layerTable(widths: readonly number[]): { words: Uint32Array; scratchBytes: number } {
  const depth = widths.length - 1;
  const words = new Uint32Array(LAYER_WORDS * depth);
  let bytes = 0;
  const reserve = (size: number): number => {
    const at = bytes;
    bytes += size;
    return at;
  };
  const chunk = (width: number): number => reserve(CHUNK * rowLength(width) * FLOAT_BYTES);
  const panels = (columns: number, steps: number): number =>
    reserve((rowLength(columns) / 8) * steps * PANEL_BYTES);
  let before = chunk(widths[0]!);
  for (let l = 0; l < depth; l++) {
    const [inputs, outputs] = [widths[l]!, widths[l + 1]!];
    const weights = panels(outputs, inputs);
    reserve(rowLength(outputs) * FLOAT_BYTES); // The biases, which follow.
    const turned = l > 0 ? panels(inputs, outputs) : 0;
    const after = chunk(outputs);
    const delta = chunk(outputs);
    words.set(
      [inputs, outputs, entriesBefore(widths, l), weights, turned, before, after, delta],
      LAYER_WORDS * l,
    );
    before = after;
  }
  return { words, scratchBytes: bytes };
}

export function scratchFields(widths: readonly number[]): FieldSpec[] {
  const { words, scratchBytes } = layerTable(widths);
  const classes = widths[widths.length - 1]!;
  return [
    { name: 'cost.layers', type: 'u32', length: words.length },
    { name: 'cost.scratch', type: 'f32', length: scratchBytes / FLOAT_BYTES, perWorker: true },
    { name: 'cost.spare', type: 'f64', length: Math.max(TILE_DOUBLES, rowLength(classes)), perWorker: true },
  ];
}

function bind(plan: MlpPlan, runtime: Runtime): BoundCost {
  const { arena, kernels, rowBytes, worker } = runtime;
  const { widths, rowStride, divisor, scale, regularization, batch } = plan;
  const depth = widths.length - 1;
  const n = rowLength(plan.dim);
  const layers = arena.address('cost.layers');
  const samples = arena.address('cost.samples');
  const rows = arena.address('cost.rows');
  const labels = arena.address('cost.labels');
  const scratch = arena.address('cost.scratch', worker);
  const spare = arena.address('cost.spare', worker);
  const hasTest = (plan.testSamples ?? 0) > 0;
  const testRows = hasTest ? arena.address('cost.test.rows') : 0;
  const testLabels = hasTest ? arena.address('cost.test.labels') : 0;
  return {
    correct: (from, to, point) =>
      kernels.correctMlp(
        layers,
        depth,
        from,
        to,
        point,
        testRows,
        rowStride,
        divisor,
        testLabels,
        scratch,
        spare,
      ),
    ...batchedGradient(
      batch,
      runtime,
      (first, count, x, out, picks, size, scale) => {
        kernels.gradientMlp(
          layers,
          depth,
          first,
          count,
          x,
          rowBytes,
          samples,
          rows,
          rowStride,
          divisor,
          labels,
          out,
          rowBytes,
          n,
          scale,
          regularization,
          scratch,
          spare,
          picks,
          size,
        );
      },
      plan,
    ),
    values(first, count, point, out) {
      kernels.valueMlp(
        layers,
        depth,
        first,
        count,
        point,
        samples,
        rows,
        rowStride,
        divisor,
        labels,
        out,
        n,
        scale,
        regularization,
        scratch,
        spare,
      );
    },
  };
}
