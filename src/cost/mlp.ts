/**
 * Multilayer perceptron: ReLU between layers, softmax cross-entropy at the end.
 *
 *     a_0 = sample;   z_l = a_(l-1) W_l + b_l;   a_l = max(z_l, 0);   loss = log sum_k exp(z_L,k) - z_L,y
 *     f_i(x) = (n/N) sum_{samples r of agent i} loss_r(x) + (regularization/2) |x|^2
 *
 * x = W_1, b_1, W_2, b_2, ..., one after the other without gaps; W_l has a row of outputs for each input.
 * `hidden` gives the widths between the samples' features and the classes: `hidden: [128]` over 28 x 28
 * images of ten classes is the 784-128-10 perceptron, 101,770 numbers. n agents, N samples.
 *
 * Not convex: no m, no l, no optimum, so gains are to be given and the gap is unknown. x(0) = 0 would stay
 * there in all but the last biases; so all agents begin at the same random weights (K. He, X. Zhang, S. Ren,
 * J. Sun, ICCV 2015: normal, variance 2/inputs; biases 0), drawn from the run's seed, or from `init` where
 * the config gives one. The kernels work in float32 (see kernels/mlp.ts); x, gradients and sums over samples
 * are of the run's precision.
 *
 * Work of a gradient: 3 multiply-adds for each weight and sample. Bytes: 1 a feature of images, 4 of other
 * data. `mlp-host.ts` loads it.
 */

import { pointLength } from '../arena/layout.js';
import type { Runtime } from '../runtime.js';
import type { MlpPlan } from './mlp-host.js';
import { bindSampled, classShape, rowAddresses } from './sampled.js';
import { type BoundCost, defineCost } from './types.js';

export const mlp = defineCost({
  kind: 'mlp',
  metadata: {
    title: 'Multilayer perceptron',
    summary:
      'ReLU layers of the widths in `hidden`, softmax cross-entropy: f_i(x) = (n/N) sum of the losses of agent i + (regularization/2) |x|^2; not convex',
    source: 'D. E. Rumelhart, G. E. Hinton, R. J. Williams, Nature 323, 1986',
  },
  sampled: true,
  parameters(zod) {
    const { storage: _, intercept: __, solve: ___, ...shared } = classShape(zod);
    return zod.strictObject({
      kind: zod.literal('mlp'),
      ...shared,
      hidden: zod
        .array(zod.int().min(1))
        .min(1)
        .default([128])
        .describe('widths of the hidden layers, from the first to the last'),
    });
  },
  async load(parameters, context) {
    const { loadMlp } = await import('./mlp-host.js');
    return loadMlp(parameters, context);
  },
  bind,
});

function bind(plan: MlpPlan, runtime: Runtime): BoundCost {
  const { arena, kernels, rowBytes, worker } = runtime;
  const { widths, rowStride, divisor, scale, regularization } = plan;
  const depth = widths.length - 1;
  const n = rowBytes / arena.realBytes;
  const pointEntries = pointLength(plan.dim);
  const layers = arena.address('cost.layers');
  const samples = arena.address('cost.samples');
  const scratch = arena.address('cost.scratch', worker);
  const spare = arena.address('cost.spare', worker);
  const { rows, labels } = rowAddresses(runtime);
  const test = rowAddresses(runtime, 'cost.test.');
  return bindSampled(plan, runtime, {
    correct: (from, to, point) =>
      kernels.correctMlp(
        layers,
        depth,
        from,
        to,
        point,
        test.rows,
        rowStride,
        divisor,
        test.labels,
        scratch,
        spare,
      ),
    gradient(first, count, x, out, picks, size, weight) {
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
        weight,
        regularization,
        scratch,
        spare,
        picks,
        size,
      );
    },
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
        pointEntries,
        scale,
        regularization,
        scratch,
        spare,
      );
    },
  });
}
