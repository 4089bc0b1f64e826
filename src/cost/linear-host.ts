/**
 * What a host makes of the samples of a linear model: labels as the loss wants them, the plan and the
 * problem.
 */

import { mostSamples } from './batch.js';
import { LinearProblem } from './linear-problem.js';
import type { Loss } from './loss.js';
import type { RowsPlan, SampleParameters } from './sampled.js';
import { counted, SampledModel } from './sampled-model.js';
import { prepareTestLabels, readSamples } from './samples-host.js';
import type { CostContext, CostModel } from './types.js';

export interface LinearPlan extends RowsPlan {
  /** As the kernels call it; null: workers take the loss's own functions. */
  loss: number | null;
  /** Of the loss; 0 where it has none. */
  parameter: number;
}

export async function loadLinear(
  loss: Loss,
  parameters: SampleParameters,
  context: CostContext,
): Promise<CostModel<LinearPlan>> {
  const read = await readSamples(parameters, context);
  const { dataset, samples, rows, storage, features: dim, plan } = read;
  const labels = loss.prepareLabels?.(dataset.labels, dataset.file, context.path) ?? dataset.labels;
  if (dataset.rows > 1 && dataset.labels.every((label) => label === dataset.labels[0])) {
    context.warn?.(`${dataset.file}: every label is ${dataset.labels[0]}: is it the right column, or file?`);
  }
  const { kind, code = null, parameter = 0 } = loss;
  const given = {
    plan: { kind, dim, loss: code, parameter, storage, ...plan },
    problem: new LinearProblem(rows, labels, dim, loss, plan.regularization),
    samples,
    test: read.test && {
      rows: read.test.rows,
      labels: prepareTestLabels(read.test.dataset, dataset.labels, labels, context.path),
    },
    scratch: Math.max(mostSamples(samples), 1),
    solve: parameters.solve,
    size: `${counted(dim, 'feature')}, ${storage === 'sparse' ? counted(rows.entries, 'non-zero') : storage}`,
  };
  return new SampledModel(given, context);
}
