/** What a host does for softmax: number the classes, lay samples out for the arena, and answer for curvature, objective and optimum. */

import type { Arena } from '../arena/arena.js';
import { InputError, type SpecPath } from '../errors.js';
import { batchFields, batchShare, planBatch } from './batch.js';
import { largestAgentEigenvalue } from './curvature.js';
import { fieldsOf, moveToArena, readSamples, SLOPE_WORK } from './linear-host.js';
import type { SoftmaxPlan } from './softmax.js';
import { SoftmaxProblem } from './softmax-problem.js';
import { minimise } from './solver.js';
import type { CostContext, CostModel, CostSpec, Optimum } from './types.js';

/** Of diag(p) - p p^T, for any number of classes. */
const MAX_CURVATURE = 0.5;

export async function loadSoftmaxModel(spec: CostSpec, context: CostContext): Promise<CostModel> {
  const { dataset, samples, rows, storage, features, scale, regularization } = await readSamples(
    spec,
    context,
  );
  const { classes, labels } = numberClasses(dataset.labels, dataset.file, context.path);
  const plan: SoftmaxPlan = {
    kind: 'softmax',
    dim: classes * features,
    classes,
    features,
    storage,
    scale,
    regularization,
    batch: planBatch(context.batch, samples),
  };
  return new SoftmaxModel(
    plan,
    new SoftmaxProblem(rows, labels, classes, features, regularization),
    samples,
    context,
  );
}

/** Class numbers in ascending order of the labels. */
export function numberClasses(
  labels: Float64Array,
  file: string,
  path: SpecPath,
): { classes: number; labels: Uint32Array } {
  const details = { file, path: [...path, 'data'] };
  const odd = labels.findIndex((label) => !Number.isSafeInteger(label));
  if (odd >= 0) {
    throw new InputError(
      `${file}: the label of sample ${odd} (from 0, as dealt out) is ${labels[odd]}, expected a whole number: softmax tells classes apart`,
      { ...details, hint: 'for real-valued labels, use kind: least-squares or huber' },
    );
  }
  const kinds = [...new Set(labels)].sort((a, b) => a - b);
  if (kinds.length < 2) {
    throw new InputError(`${file} has one label only (${kinds[0]}), expected two classes or more`, details);
  }
  const numbers = new Map(kinds.map((label, k) => [label, k]));
  return { classes: kinds.length, labels: Uint32Array.from(labels, (label) => numbers.get(label)!) };
}

class SoftmaxModel implements CostModel {
  readonly plan: SoftmaxPlan;
  readonly dim: number;
  readonly fields: CostModel['fields'];
  readonly work: Float64Array;
  readonly curvature: CostModel['curvature'];
  readonly description: string;
  whyNoOptimum: string | null = null;
  /** Over the host's arrays until `fill`, over the arena's from then on. */
  #problem: SoftmaxProblem;
  readonly #samples: Uint32Array;
  readonly #note: CostContext['note'];
  #solved: Optimum | null | undefined;

  constructor(plan: SoftmaxPlan, problem: SoftmaxProblem, samples: Uint32Array, context: CostContext) {
    this.plan = plan;
    this.dim = plan.dim;
    this.#problem = problem;
    this.#samples = samples;
    this.#note = context.note;
    const { rows, labels } = problem;
    const { classes, features, scale, regularization } = plan;
    const { agents } = context;

    this.work = new Float64Array(agents);
    for (let i = 0; i < agents; i++) {
      let work = 0;
      for (let r = samples[i]!; r < samples[i + 1]!; r++) {
        work += classes * (2 * rows.entriesOf(r) + SLOPE_WORK);
      }
      this.work[i] = plan.dim + work * batchShare(plan.batch, samples[i + 1]! - samples[i]!);
    }
    this.fields = [
      { name: 'cost.samples', type: 'u32', length: agents + 1 },
      { name: 'cost.labels', type: 'u32', length: labels.length },
      ...fieldsOf(rows),
      { name: 'cost.scratch', type: 'f64', length: 2 * Math.ceil(classes / 2), perWorker: true },
      ...batchFields(plan.batch, samples),
    ];
    const perAgent = MAX_CURVATURE * scale * largestAgentEigenvalue(rows, samples, features);
    const everyRow = Uint32Array.of(0, labels.length);
    const overall = (MAX_CURVATURE / labels.length) * largestAgentEigenvalue(rows, everyRow, features);
    this.curvature = {
      m: regularization,
      l: perAgent + regularization,
      meanM: regularization,
      meanL: Math.min(overall, perAgent) + regularization,
    };
    const count = (n: number) => n.toLocaleString('en');
    this.description = `softmax, ${count(labels.length)} samples, ${classes} classes of ${count(features)} features, ${plan.storage}, regularization ${regularization}${plan.batch > 0 ? `, batches of ${plan.batch}` : ''}`;
  }

  fill(arena: Arena): void {
    const { rows, labels, classes, features, regularization } = this.#problem;
    arena.view('cost.samples', 'u32').set(this.#samples);
    const labelsThere = arena.view('cost.labels', 'u32');
    labelsThere.set(labels);
    const rowsThere = moveToArena(rows, arena);
    this.#problem = new SoftmaxProblem(rowsThere, labelsThere, classes, features, regularization);
  }

  value(x: Float64Array): number {
    return this.#problem.value(x);
  }

  optimum(): Optimum | null {
    if (this.#solved === undefined) {
      const { optimum, reason } = minimise(this.#problem, this.#note);
      this.#solved = optimum;
      this.whyNoOptimum = reason;
    }
    return this.#solved;
  }
}
