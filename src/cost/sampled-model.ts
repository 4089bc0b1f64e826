/**
 * A cost of samples with a smooth problem behind it, on the host: how its samples lie in the arena, what a
 * gradient of each agent costs, how curved it is, and its reference optimum. Losses, classes and equations
 * are the problem's.
 *
 * An agent's samples have margins a_r . x_k, one for each class (linear models: one class), and |second
 * derivative| <= maxCurvature in them. So l = (n/N) maxCurvature lambdaMax(A_i^T A_i) + regularization
 * penaltyCurvature.
 */

import type { Arena } from '../arena/arena.js';
import type { FieldSpec, Precision } from '../arena/layout.js';
import { formatCount } from '../base/count.js';
import { remembered } from '../base/remembered.js';
import { batchFields, batchNs, batchShare } from './batch.js';
import { curvatureNear, largestAgentEigenvalue } from './curvature.js';
import { moveRows, type Rows, rowFields } from './rows.js';
import type { RowsPlan } from './sampled.js';
import { minimise, type SmoothProblem } from './solver.js';
import type { CostContext, CostModel, NearCurvature, Optimum } from './types.js';

export type Labels = Float64Array | Uint32Array;

/** Over the host's arrays until the model is filled in, over the arena's from then on. */
export interface SampledProblem<L extends Labels = Labels> extends SmoothProblem {
  rows: Rows;
  labels: L;
  /** Entries of a row. */
  readonly features: number;
  /** Margins of a sample. */
  readonly classes: number;
  /** Of a sample's loss in its margins. */
  readonly maxCurvature: number;
  /** Of what stands beside the losses, over `regularization`. */
  readonly penaltyCurvature: number;
  /** Nanoseconds that a slope takes, about. */
  readonly slopeNs: number;
  /** Why nobody looks for its minimiser. */
  readonly whyUnsolved?: string | undefined;
  /** What the sum of all losses is divided by, in the mean cost; their number where absent. */
  readonly divisor?: number;
}

/** Samples as the problem wants them. */
export interface LabelledRows<L extends Labels> {
  rows: Rows;
  labels: L;
}

/** Multiply-adds that a slope (an exponential and a division) is worth. */
const SLOPE_WORK = 12;
/** Nanoseconds that an entry of a sample takes in a gradient, both passes together. */
const ENTRY_NS = { sparse: 2.4, dense: 0.8 };
const NOT_ASKED = 'the optimum was not asked for (solve: false)';

interface Given<Plan extends RowsPlan, L extends Labels> {
  plan: Plan;
  problem: SampledProblem<L>;
  /** Agent i holds [samples[i], samples[i + 1]). */
  samples: Uint32Array;
  test: LabelledRows<L> | null;
  /** Doubles that a worker's kernels need beside. */
  scratch: number;
  solve: boolean;
  /** For a person: '34 features, 99,895 non-zeros'. */
  size?: string;
  /** The whole line, where it is not about samples. */
  description?: string;
}

export class SampledModel<Plan extends RowsPlan, L extends Labels> implements CostModel<Plan> {
  readonly plan: Plan;
  readonly dim: number;
  readonly fields: FieldSpec[];
  readonly work: Float64Array;
  readonly exactWork: number;
  readonly nanoseconds: Float64Array;
  readonly description: string;
  readonly samples: Uint32Array;
  whyNoOptimum: string | null = null;
  readonly nonconvex: boolean;
  readonly #given: Given<Plan, L>;
  readonly #note: CostContext['note'];
  #solved: Optimum | null | undefined;
  #curvature: CostModel['curvature'] | undefined;
  #near: NearCurvature | null | undefined;

  constructor(given: Given<Plan, L>, { agents, note, precision }: CostContext) {
    const { plan, problem, samples, size, description } = given;
    this.plan = plan;
    this.dim = plan.dim;
    this.samples = samples;
    this.nonconvex = problem.whyUnsolved !== undefined;
    this.#given = given;
    this.#note = note;
    const { rows, labels, classes, slopeNs } = problem;

    this.work = new Float64Array(agents);
    this.exactWork = agents * plan.dim + classes * (2 * rows.entries + labels.length * SLOPE_WORK);
    this.nanoseconds = new Float64Array(agents);
    for (let i = 0; i < agents; i++) {
      const held = samples[i + 1]! - samples[i]!;
      let entries = 0;
      for (let r = samples[i]!; r < samples[i + 1]!; r++) entries += rows.entriesOf(r);
      const work = classes * (2 * entries + held * SLOPE_WORK);
      this.work[i] = plan.dim + work * batchShare(plan.batch, held);
      const sampleNs = held === 0 ? 0 : classes * ((entries / held) * ENTRY_NS[plan.storage] + slopeNs);
      this.nanoseconds[i] = plan.dim + batchNs(plan.batch, held, sampleNs);
    }
    this.fields = this.fieldsIn(precision);
    this.description = description ?? describeSampled(plan, labels.length, size);
  }

  fieldsIn(precision: Precision | undefined): FieldSpec[] {
    const { plan, problem, test, scratch } = this.#given;
    return [
      { name: 'cost.samples', type: 'u32', length: this.samples.length },
      labelField(problem.labels, 'cost.'),
      ...rowFields(problem.rows, precision),
      { name: 'cost.scratch', type: 'f64', length: 2 * Math.ceil(scratch / 2), perWorker: true },
      ...batchFields(plan.batch, this.samples),
      ...(test
        ? [labelField(test.labels, 'cost.test.'), ...rowFields(test.rows, precision, 'cost.test.')]
        : []),
    ];
  }

  /** Worked out when asked for: large data keep a power iteration busy, and given gains do not need it. */
  get curvature(): CostModel['curvature'] {
    this.#curvature ??= this.#bound();
    return this.#curvature;
  }

  curvatureAtOptimum(): NearCurvature | null {
    if (this.#near !== undefined) return this.#near;
    const optimum = this.optimum();
    const { problem } = this.#given;
    const work = this.work.reduce((sum, own) => sum + own, 0);
    this.#near = optimum && curvatureNear(problem, problem.weights(optimum.x), this.samples, work);
    return this.#near;
  }

  #bound(): CostModel['curvature'] {
    const { problem } = this.#given;
    const { rows, labels, features, maxCurvature, strongConvexity, regularization, penaltyCurvature } =
      problem;
    const { divisor = labels.length } = problem;
    const perAgent = maxCurvature * this.plan.scale * largestAgentEigenvalue(rows, this.samples, features);
    const everyRow = Uint32Array.of(0, labels.length);
    const overall = (maxCurvature / divisor) * largestAgentEigenvalue(rows, everyRow, features);
    const bend = regularization * penaltyCurvature;
    return {
      m: strongConvexity,
      l: perAgent + bend,
      meanM: strongConvexity,
      meanL: Math.min(overall, perAgent) + bend,
    };
  }

  fill(arena: Arena): void {
    const { problem, test } = this.#given;
    arena.view('cost.samples', 'u32').set(this.samples);
    problem.labels = moveLabels(problem.labels, arena, 'cost.');
    problem.rows = moveRows(problem.rows, problem.features, arena);
    if (test === null) return;
    moveLabels(test.labels, arena, 'cost.test.');
    moveRows(test.rows, problem.features, arena, 'cost.test.');
  }

  value(x: Float64Array): number {
    return this.#given.problem.value(x);
  }

  /** All that the optimum depends on. */
  #identity() {
    const { plan, problem } = this.#given;
    const whole = [JSON.stringify(plan), problem.divisor ?? problem.labels.length].join();
    return [whole, problem.labels, ...Object.values(problem.rows.arrays)];
  }

  optimum(): Optimum | null {
    const { problem, solve } = this.#given;
    if (this.#solved === undefined) {
      const unsolved = problem.whyUnsolved ?? (solve ? undefined : NOT_ASKED);
      const { optimum, reason } = unsolved
        ? { optimum: null, reason: unsolved }
        : remembered('optimum', this.#identity(), () => minimise(problem, this.#note));
      this.#solved = optimum;
      this.whyNoOptimum = reason;
    }
    return this.#solved;
  }
}

export function labelField(labels: Labels, prefix: string): FieldSpec {
  const type = labels instanceof Float64Array ? 'f64' : 'u32';
  return { name: `${prefix}labels`, type, length: labels.length };
}

/** Copies labels into the arena and returns those there. */
export function moveLabels<L extends Labels>(labels: L, arena: Arena, prefix: string): L {
  const there = arena.view(`${prefix}labels`, labels instanceof Float64Array ? 'f64' : 'u32') as L;
  there.set(labels);
  return there;
}

export function describeSampled(
  { kind, regularization, batch }: Pick<RowsPlan, 'kind' | 'regularization' | 'batch'>,
  samples: number,
  size?: string,
): string {
  const batches = batch > 0 ? [`batches of ${batch}`] : [];
  const sizes = size === undefined ? [] : [size];
  const parts = [kind, counted(samples, 'sample'), ...sizes, `regularization ${regularization}`, ...batches];
  return parts.join(', ');
}

export function counted(n: number, what: string): string {
  return `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`;
}
