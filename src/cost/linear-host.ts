/**
 * What a host does for a linear model: lay its samples out for the arena, and answer for the problem as a whole: curvature, objective, reference
 * optimum. See samples-host.ts for how samples are read and dealt out.
 */

import type { Arena } from '../arena/arena.js';
import { batchFields, batchNs, batchShare, mostSamples, planBatch } from './batch.js';
import { curvatureNear, largestAgentEigenvalue } from './curvature.js';
import type { LinearPlan, Loss } from './linear-model.js';
import { LinearProblem } from './linear-problem.js';
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
import { minimise } from './solver.js';
import type { CostContext, CostModel, CostSpec, NearCurvature, Optimum } from './types.js';

/** Multiply-adds that a slope (an exponential and a division) is worth. */
export const SLOPE_WORK = 12;
/** Nanoseconds that an entry of a sample takes in a gradient, both passes together. */
export const ENTRY_NS = { sparse: 2.4, dense: 0.8 };

export async function loadLinearModel(loss: Loss, spec: CostSpec, context: CostContext): Promise<CostModel> {
  const read = await readSamples(spec, context, loss.needsRegularization);
  const { dataset, samples, rows, storage, features: dim, scale, regularization } = read;
  const labels = loss.prepareLabels(dataset.labels, dataset.file, context.path);
  if (dataset.rows > 1 && dataset.labels.every((label) => label === dataset.labels[0])) {
    context.warn?.(`${dataset.file}: every label is ${dataset.labels[0]}: is it the right column, or file?`);
  }
  const plan: LinearPlan = {
    kind: loss.kind,
    dim,
    loss: loss.code,
    parameter: loss.parameter ?? 0,
    storage,
    scale,
    regularization,
    batch: planBatch(context.batch, samples),
    testSamples: read.test?.rows.count ?? 0,
    own: context.ownMeans === true,
  };
  const test = read.test && {
    rows: read.test.rows,
    labels: prepareTestLabels(read.test.dataset, dataset.labels, labels, context.path),
  };
  const problem = new LinearProblem(rows, labels, dim, loss, regularization);
  return new LinearModel(plan, problem, samples, test, spec['solve'] !== false, context);
}

class LinearModel implements CostModel {
  readonly plan: LinearPlan;
  readonly dim: number;
  readonly fields: CostModel['fields'];
  readonly work: Float64Array;
  readonly exactWork: number;
  readonly nanoseconds: Float64Array;
  readonly description: string;
  whyNoOptimum: string | null = null;
  /** Over the host's arrays until `fill`, over the arena's from then on. */
  #problem: LinearProblem;
  readonly #test: TestSet<Float64Array> | null;
  readonly #solve: boolean;
  readonly samples: Uint32Array;
  readonly #note: CostContext['note'];
  #solved: Optimum | null | undefined;

  #curvature: CostModel['curvature'] | undefined;
  #near: NearCurvature | null | undefined;

  constructor(
    plan: LinearPlan,
    problem: LinearProblem,
    samples: Uint32Array,
    test: TestSet<Float64Array> | null,
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
    const { agents } = context;

    this.work = new Float64Array(agents);
    this.exactWork = agents * plan.dim + 2 * rows.entries + labels.length * SLOPE_WORK;
    this.nanoseconds = new Float64Array(agents);
    const entryNs = ENTRY_NS[plan.storage];
    for (let i = 0; i < agents; i++) {
      const held = samples[i + 1]! - samples[i]!;
      let entries = 0;
      for (let r = samples[i]!; r < samples[i + 1]!; r++) entries += rows.entriesOf(r);
      this.work[i] = plan.dim + (2 * entries + held * SLOPE_WORK) * batchShare(plan.batch, held);
      const sampleNs = held === 0 ? 0 : (entries / held) * entryNs + problem.loss.slopeNs;
      this.nanoseconds[i] = plan.dim + batchNs(plan.batch, held, sampleNs);
    }
    this.fields = [
      { name: 'cost.samples', type: 'u32', length: agents + 1 },
      { name: 'cost.labels', type: 'f64', length: labels.length },
      ...fieldsOf(rows),
      {
        name: 'cost.scratch',
        type: 'f64',
        length: 2 * Math.ceil(Math.max(mostSamples(samples), 1) / 2),
        perWorker: true,
      },
      ...batchFields(plan.batch, samples),
      ...testFields(test),
    ];
    this.description = describe(plan, problem);
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
    const { plan } = this;
    const samples = this.samples;
    const { rows, labels, loss } = this.#problem;
    const { regularization, scale } = plan;
    const perAgent = loss.maxCurvature * scale * largestAgentEigenvalue(rows, samples, plan.dim);
    const everyRow = Uint32Array.of(0, labels.length);
    const overall = (loss.maxCurvature / labels.length) * largestAgentEigenvalue(rows, everyRow, plan.dim);
    // Another penalty than x^2/2 bends both ways: it adds to l and vouches for no m.
    const convexity = loss.penalty ? 0 : regularization;
    const bend = regularization * (loss.penalty?.maxCurvature ?? 1);
    return {
      m: convexity,
      l: perAgent + bend,
      meanM: convexity,
      meanL: Math.min(overall, perAgent) + bend,
    };
  }

  fill(arena: Arena): void {
    const { rows, labels, loss, dim, regularization } = this.#problem;
    arena.view('cost.samples', 'u32').set(this.samples);
    const labelsThere = arena.view('cost.labels', 'f64');
    labelsThere.set(labels);
    fillTest(this.#test, arena);
    this.#problem = new LinearProblem(moveToArena(rows, arena), labelsThere, dim, loss, regularization);
  }

  value(x: Float64Array): number {
    return this.#problem.value(x);
  }

  optimum(): Optimum | null {
    const whyNoOptimum = this.#problem.loss.whyNoOptimum ?? (this.#solve ? undefined : NOT_ASKED);
    if (whyNoOptimum !== undefined) {
      this.whyNoOptimum = whyNoOptimum;
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

function describe(plan: LinearPlan, problem: LinearProblem): string {
  const count = (n: number, one: string, many: string) => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
  const size = plan.storage === 'sparse' ? count(problem.rows.entries, 'non-zero', 'non-zeros') : 'dense';
  const parts = [
    plan.kind,
    count(problem.labels.length, 'sample', 'samples'),
    count(plan.dim, 'feature', 'features'),
    size,
    `regularization ${plan.regularization}`,
    ...(plan.batch > 0 ? [`batches of ${plan.batch}`] : []),
  ];
  return parts.join(', ');
}
