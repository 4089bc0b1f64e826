/** What a host makes of the samples of softmax: numbers of classes, the plan and the problem. */

import { numberClasses, testClasses } from './classes.js';
import type { ClassParameters, RowsPlan } from './sampled.js';
import { counted, SampledModel } from './sampled-model.js';
import { readSamples } from './samples-host.js';
import { SoftmaxProblem } from './softmax-problem.js';
import type { CostContext, CostModel } from './types.js';

export interface SoftmaxPlan extends RowsPlan {
  classes: number;
  /** Entries of a sample, the intercept included. */
  features: number;
}

export async function loadSoftmax(
  parameters: ClassParameters,
  context: CostContext,
): Promise<CostModel<SoftmaxPlan>> {
  const read = await readSamples(parameters, context);
  const { dataset, samples, rows, storage, features, plan } = read;
  const { classes, labels } = numberClasses(dataset, parameters.classes, context.path);
  const dim = classes * features;
  const given = {
    plan: { kind: 'softmax', dim, classes, features, storage, ...plan },
    problem: new SoftmaxProblem(rows, labels, classes, features, plan.regularization),
    samples,
    test: read.test && {
      rows: read.test.rows,
      labels: testClasses(read.test.dataset, dataset.labels, labels, parameters.classes, context.path),
    },
    scratch: classes,
    solve: parameters.solve,
    size: `${classes} classes of ${counted(features, 'feature')}, ${storage}`,
  };
  return new SampledModel(given, context);
}
