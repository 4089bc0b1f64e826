/** What a host does for softmax: number the classes, lay samples out for the arena, and answer for curvature, objective and optimum. */

import type { Arena } from '../arena/arena.js';
import { type Dataset, placeOfRow } from '../data/dataset.js';
import { formatPath, InputError, type SpecPath } from '../errors.js';
import { batchFields, batchNs, batchShare, planBatch } from './batch.js';
import { curvatureNear, largestAgentEigenvalue } from './curvature.js';
import { ENTRY_NS, SLOPE_WORK } from './linear-host.js';
import {
  fieldsOf,
  fillTest,
  moveToArena,
  NOT_ASKED,
  prepareTestLabels,
  readSamples,
  type TestSet,
  testFields,
} from './samples-host.js';
import type { SoftmaxPlan } from './softmax.js';
import { SoftmaxProblem } from './softmax-problem.js';
import { minimise } from './solver.js';
import type { CostContext, CostModel, CostSpec, NearCurvature, Optimum } from './types.js';

/** Of diag(p) - p p^T, for any number of classes. */
const MAX_CURVATURE = 0.5;

/** Nanoseconds that the slope of one class takes, about. */
const SLOPE_NS = 28;

export async function loadSoftmaxModel(spec: CostSpec, context: CostContext): Promise<CostModel> {
  const read = await readSamples(spec, context);
  const { dataset, samples, rows, storage, features, scale, regularization } = read;
  const { classes, labels } = numberClasses(dataset, spec['classes'], context.path);
  const plan: SoftmaxPlan = {
    kind: 'softmax',
    dim: classes * features,
    classes,
    features,
    storage,
    scale,
    regularization,
    batch: planBatch(context.batch, samples),
    testSamples: read.test?.rows.count ?? 0,
    own: context.ownMeans === true,
  };
  const test = read.test && {
    rows: read.test.rows,
    labels: testClasses(read.test.dataset, dataset.labels, labels, spec['classes'], context.path),
  };
  const problem = new SoftmaxProblem(rows, labels, classes, features, regularization);
  return new SoftmaxModel(plan, problem, samples, test, spec['solve'] !== false, context);
}

/** Class numbers: the labels themselves where their number is given, and else in ascending order of the labels found. */
export function numberClasses(
  dataset: Dataset,
  given: unknown,
  path: SpecPath,
): { classes: number; labels: Uint32Array } {
  if (given !== undefined)
    return { classes: given as number, labels: checkedClasses(dataset, given as number, path) };
  const { labels, file } = dataset;
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

/** Labels that are class numbers already. */
function checkedClasses(dataset: Dataset, classes: number, path: SpecPath): Uint32Array {
  const bad = dataset.labels.findIndex(
    (label) => !(Number.isInteger(label) && label >= 0 && label < classes),
  );
  if (bad >= 0) {
    const { text, line } = placeOfRow(dataset, bad);
    const expected = `a whole number in 0..${classes - 1} (${formatPath([...path, 'classes'])} is ${classes})`;
    throw new InputError(`${text}: the label is ${dataset.labels[bad]}, expected ${expected}`, {
      file: dataset.file,
      line,
      path: [...path, 'classes'],
    });
  }
  return Uint32Array.from(dataset.labels);
}

/** Class numbers of samples to test with. */
export function testClasses(
  test: Dataset,
  trained: Float64Array,
  numbers: Uint32Array,
  given: unknown,
  path: SpecPath,
): Uint32Array {
  if (given !== undefined) return checkedClasses(test, given as number, path);
  return prepareTestLabels(test, trained, numbers, path);
}

class SoftmaxModel implements CostModel {
  readonly plan: SoftmaxPlan;
  readonly dim: number;
  readonly fields: CostModel['fields'];
  readonly work: Float64Array;
  readonly exactWork: number;
  readonly nanoseconds: Float64Array;
  readonly description: string;
  whyNoOptimum: string | null = null;
  /** Over the host's arrays until `fill`, over the arena's from then on. */
  #problem: SoftmaxProblem;
  readonly #test: TestSet<Uint32Array> | null;
  readonly #solve: boolean;
  readonly samples: Uint32Array;
  readonly #note: CostContext['note'];
  #solved: Optimum | null | undefined;

  #curvature: CostModel['curvature'] | undefined;
  #near: NearCurvature | null | undefined;

  constructor(
    plan: SoftmaxPlan,
    problem: SoftmaxProblem,
    samples: Uint32Array,
    test: TestSet<Uint32Array> | null,
    solve: boolean,
    context: CostContext,
  ) {
    this.plan = plan;
    this.dim = plan.dim;
    this.#problem = problem;
    this.#test = test;
    this.#solve = solve;
    this.samples = samples;
    this.#note = context.note;
    const { rows, labels } = problem;
    const { classes, features, regularization } = plan;
    const { agents } = context;

    this.work = new Float64Array(agents);
    this.exactWork = agents * plan.dim + classes * (2 * rows.entries + labels.length * SLOPE_WORK);
    this.nanoseconds = new Float64Array(agents);
    const entryNs = ENTRY_NS[plan.storage];
    for (let i = 0; i < agents; i++) {
      const held = samples[i + 1]! - samples[i]!;
      let entries = 0;
      for (let r = samples[i]!; r < samples[i + 1]!; r++) entries += rows.entriesOf(r);
      const work = classes * (2 * entries + held * SLOPE_WORK);
      this.work[i] = plan.dim + work * batchShare(plan.batch, held);
      const sampleNs = held === 0 ? 0 : classes * ((entries / held) * entryNs + SLOPE_NS);
      this.nanoseconds[i] = plan.dim + batchNs(plan.batch, held, sampleNs);
    }
    this.fields = [
      { name: 'cost.samples', type: 'u32', length: agents + 1 },
      { name: 'cost.labels', type: 'u32', length: labels.length },
      ...fieldsOf(rows),
      { name: 'cost.scratch', type: 'f64', length: 2 * Math.ceil(classes / 2), perWorker: true },
      ...batchFields(plan.batch, samples),
      ...testFields(test),
    ];
    const count = (n: number) => n.toLocaleString('en');
    this.description = `softmax, ${count(labels.length)} samples, ${classes} classes of ${count(features)} features, ${plan.storage}, regularization ${regularization}${plan.batch > 0 ? `, batches of ${plan.batch}` : ''}`;
  }

  /** Worked out when asked for: large data keep a power iteration busy, and gains that are given do not need it. */
  get curvature(): CostModel['curvature'] {
    this.#curvature ??= this.#bound();
    return this.#curvature;
  }

  curvatureAtOptimum(): NearCurvature | null {
    if (this.#near !== undefined) return this.#near;
    const optimum = this.optimum();
    const problem = this.#problem;
    const work = this.work.reduce((sum, own) => sum + own, 0);
    this.#near = optimum && curvatureNear(problem, problem.weights(optimum.x), this.samples, work);
    return this.#near;
  }

  #bound(): CostModel['curvature'] {
    const samples = this.samples;
    const { rows, labels } = this.#problem;
    const { features, scale, regularization } = this.plan;
    const perAgent = MAX_CURVATURE * scale * largestAgentEigenvalue(rows, samples, features);
    const everyRow = Uint32Array.of(0, labels.length);
    const overall = (MAX_CURVATURE / labels.length) * largestAgentEigenvalue(rows, everyRow, features);
    return {
      m: regularization,
      l: perAgent + regularization,
      meanM: regularization,
      meanL: Math.min(overall, perAgent) + regularization,
    };
  }

  fill(arena: Arena): void {
    const { rows, labels, classes, features, regularization } = this.#problem;
    arena.view('cost.samples', 'u32').set(this.samples);
    const labelsThere = arena.view('cost.labels', 'u32');
    labelsThere.set(labels);
    fillTest(this.#test, arena);
    const rowsThere = moveToArena(rows, arena);
    this.#problem = new SoftmaxProblem(rowsThere, labelsThere, classes, features, regularization);
  }

  value(x: Float64Array): number {
    return this.#problem.value(x);
  }

  optimum(): Optimum | null {
    if (!this.#solve) {
      this.whyNoOptimum = NOT_ASKED;
      return null;
    }
    if (this.#solved === undefined) {
      const { optimum, reason } = minimise(this.#problem, this.#note);
      this.#solved = optimum;
      this.whyNoOptimum = reason;
    }
    return this.#solved;
  }
}
