/**
 * What a host does for a linear model: read the samples, deal them out to the agents, lay them out for the arena, and answer for the
 * problem as a whole: curvature, objective, reference optimum.
 *
 * An intercept is a column of ones before all others, regularized like them.
 */

import type { Arena } from '../arena/arena.js';
import { rowLength } from '../arena/layout.js';
import { checkSource, type Dataset, readDataset } from '../data/dataset.js';
import { reorder, splitRows, splitSpec } from '../data/split.js';
import { InputError, unexpected } from '../errors.js';
import { batchFields, batchShare, mostSamples, planBatch } from './batch.js';
import { largestAgentEigenvalue } from './curvature.js';
import { type LinearPlan, type Loss, STORAGES } from './linear-model.js';
import { DenseRows, LinearProblem, type Rows, SparseRows } from './linear-problem.js';
import { minimise } from './solver.js';
import type { CostContext, CostModel, CostSpec, Optimum } from './types.js';

/** Above this share of non-zeros, rows without column numbers are both smaller and faster. */
const DENSE_SHARE = 0.4;
/** Multiply-adds that a slope (an exponential and a division) is worth, for the balance of work. */
export const SLOPE_WORK = 12;

export async function loadLinearModel(loss: Loss, spec: CostSpec, context: CostContext): Promise<CostModel> {
  const read = await readSamples(spec, context, loss.needsRegularization);
  const { dataset, samples, rows, storage, features: dim, scale, regularization } = read;
  const labels = loss.prepareLabels(dataset.labels, dataset.file, context.path);
  const plan: LinearPlan = {
    kind: loss.kind,
    dim,
    loss: loss.code,
    parameter: loss.parameter ?? 0,
    storage,
    scale,
    regularization,
    batch: planBatch(context.batch, samples),
  };
  return new LinearModel(plan, new LinearProblem(rows, labels, dim, loss, regularization), samples, context);
}

/** The samples in the order in which agents hold them, and what else the parameters say of them. */
export interface Samples {
  dataset: Dataset;
  /** Agent i holds samples [samples[i], samples[i + 1]). */
  samples: Uint32Array;
  rows: DenseRows | SparseRows;
  storage: 'dense' | 'sparse';
  /** Entries of a row, the intercept included. */
  features: number;
  /** n / N. */
  scale: number;
  regularization: number;
}

export async function readSamples(
  spec: CostSpec,
  context: CostContext,
  needsRegularization = false,
): Promise<Samples> {
  const { path, agents } = context;
  const { intercept = false, storage = 'auto' } = spec;
  const source = checkSource(spec['data'], [...path, 'data']);
  const split = splitSpec(spec['split'], [...path, 'split']);
  if (typeof intercept !== 'boolean') throw unexpected([...path, 'intercept'], intercept, 'true or false');
  if (!STORAGES.includes(storage as 'auto'))
    throw unexpected([...path, 'storage'], storage, STORAGES.join(', '));
  checkRegularization(spec['regularization'], context, needsRegularization);

  const read = await readDataset(source, {
    format: spec['format'] as string | undefined,
    firstIndex: spec['firstIndex'] as 0 | 1 | 'auto' | undefined,
    target: spec['target'] as string | number | undefined,
    group: split.kind === 'by-column' ? split.column : undefined,
    resolve: (name) => context.resolve(name),
    path: [...path, 'data'],
  });
  if (read.columnCount === 0 && !intercept) {
    throw new InputError(`${read.file} has no features, only labels`, {
      file: read.file,
      path: [...path, 'data'],
    });
  }
  const { order, samples } = await splitRows(split, read, { ...context, path: [...path, 'split'] });
  const dataset = reorder(read, order);
  const chosen = storage === 'auto' ? storageFor(dataset) : (storage as 'dense' | 'sparse');
  return {
    dataset,
    samples,
    rows: chosen === 'dense' ? denseRows(dataset, intercept) : sparseRows(dataset, intercept),
    storage: chosen,
    features: dataset.columnCount + (intercept ? 1 : 0),
    scale: agents / dataset.rows,
    regularization: spec['regularization'] === '1/n' ? 1 / dataset.rows : (spec['regularization'] as number),
  };
}

function checkRegularization(value: unknown, context: CostContext, positive = false): void {
  const enough = typeof value === 'number' && (positive ? value > 0 : value >= 0) && value < Infinity;
  if (value === '1/n' || enough) return;
  throw unexpected(
    [...context.path, 'regularization'],
    value,
    `a number ${positive ? '>' : '>='} 0, or 1/n (one over the number of samples)`,
  );
}

function storageFor(dataset: Dataset): 'dense' | 'sparse' {
  const { matrix, rows, columnCount } = dataset;
  const nonZeros =
    matrix.kind === 'sparse'
      ? matrix.values.length
      : matrix.values.reduce((n, v) => n + (v === 0 ? 0 : 1), 0);
  return nonZeros > DENSE_SHARE * rows * columnCount ? 'dense' : 'sparse';
}

/** Padded as in the arena, so that filling it is one copy. */
function denseRows(dataset: Dataset, intercept: boolean): DenseRows {
  const { matrix, rows, columnCount } = dataset;
  const shift = intercept ? 1 : 0;
  const dim = columnCount + shift;
  const stride = rowLength(dim);
  const values = new Float64Array(rows * stride);
  for (let r = 0; r < rows; r++) {
    if (intercept) values[r * stride] = 1;
    const start = r * stride + shift;
    if (matrix.kind === 'dense') {
      values.set(matrix.values.subarray(r * columnCount, (r + 1) * columnCount), start);
    } else {
      for (let e = matrix.rowStart[r]!; e < matrix.rowStart[r + 1]!; e++) {
        values[start + matrix.columns[e]!] = matrix.values[e]!;
      }
    }
  }
  return new DenseRows(values, dim, stride);
}

function sparseRows(dataset: Dataset, intercept: boolean): SparseRows {
  const { matrix, rows, columnCount } = dataset;
  if (matrix.kind === 'sparse' && !intercept)
    return new SparseRows(matrix.rowStart, matrix.columns, matrix.values);
  const nonZeros =
    matrix.kind === 'sparse'
      ? matrix.values.length
      : matrix.values.reduce((n, v) => n + (v === 0 ? 0 : 1), 0);
  const shift = intercept ? 1 : 0;
  const rowStart = new Uint32Array(rows + 1);
  const columns = new Uint32Array(nonZeros + rows * shift);
  const values = new Float64Array(columns.length);
  let at = 0;
  const push = (column: number, value: number): void => {
    columns[at] = column;
    values[at++] = value;
  };
  for (let r = 0; r < rows; r++) {
    if (intercept) push(0, 1);
    if (matrix.kind === 'sparse') {
      for (let e = matrix.rowStart[r]!; e < matrix.rowStart[r + 1]!; e++)
        push(matrix.columns[e]! + shift, matrix.values[e]!);
    } else {
      for (let c = 0; c < columnCount; c++) {
        const value = matrix.values[r * columnCount + c]!;
        if (value !== 0) push(c + shift, value);
      }
    }
    rowStart[r + 1] = at;
  }
  return new SparseRows(rowStart, columns, values);
}

class LinearModel implements CostModel {
  readonly plan: LinearPlan;
  readonly dim: number;
  readonly fields: CostModel['fields'];
  readonly work: Float64Array;
  readonly curvature: CostModel['curvature'];
  readonly description: string;
  whyNoOptimum: string | null = null;
  /** Over the host's arrays until `fill`, over the arena's from then on. */
  #problem: LinearProblem;
  readonly #samples: Uint32Array;
  readonly #note: CostContext['note'];
  #solved: Optimum | null | undefined;

  constructor(plan: LinearPlan, problem: LinearProblem, samples: Uint32Array, context: CostContext) {
    this.plan = plan;
    this.dim = plan.dim;
    this.#problem = problem;
    this.#samples = samples;
    this.#note = context.note;
    const { rows, labels, loss } = problem;
    const { agents } = context;

    this.work = new Float64Array(agents);
    for (let i = 0; i < agents; i++) {
      let work = 0;
      for (let r = samples[i]!; r < samples[i + 1]!; r++) work += 2 * rows.entriesOf(r) + SLOPE_WORK;
      this.work[i] = plan.dim + work * batchShare(plan.batch, samples[i + 1]! - samples[i]!);
    }
    this.fields = [
      { name: 'cost.samples', type: 'u32', length: agents + 1 },
      { name: 'cost.labels', type: 'f64', length: labels.length },
      ...fieldsOf(rows),
      {
        name: 'cost.scratch',
        type: 'f64',
        length: 2 * Math.ceil(Math.max(plan.batch || mostSamples(samples), 1) / 2),
        perWorker: true,
      },
      ...batchFields(plan.batch, samples),
    ];
    const { regularization, scale } = plan;
    const perAgent = loss.maxCurvature * scale * largestAgentEigenvalue(rows, samples, plan.dim);
    const everyRow = Uint32Array.of(0, labels.length);
    const overall = (loss.maxCurvature / labels.length) * largestAgentEigenvalue(rows, everyRow, plan.dim);
    // Another penalty than x^2/2 bends both ways: it adds to l and vouches for no m.
    const convexity = loss.penalty ? 0 : regularization;
    const bend = regularization * (loss.penalty?.maxCurvature ?? 1);
    this.curvature = {
      m: convexity,
      l: perAgent + bend,
      meanM: convexity,
      meanL: Math.min(overall, perAgent) + bend,
    };
    this.description = describe(plan, problem);
  }

  fill(arena: Arena): void {
    const { rows, labels, loss, dim, regularization } = this.#problem;
    arena.view('cost.samples', 'u32').set(this.#samples);
    const labelsThere = arena.view('cost.labels', 'f64');
    labelsThere.set(labels);
    this.#problem = new LinearProblem(moveToArena(rows, arena), labelsThere, dim, loss, regularization);
  }

  value(x: Float64Array): number {
    return this.#problem.value(x);
  }

  optimum(): Optimum | null {
    const { whyNoOptimum } = this.#problem.loss;
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

export function fieldsOf(rows: Rows): CostModel['fields'] {
  if (rows instanceof DenseRows) return [{ name: 'cost.rows', type: 'f64', length: rows.values.length }];
  const { rowStart, columns, values } = rows as SparseRows;
  return [
    { name: 'cost.rowStart', type: 'u32', length: rowStart.length },
    { name: 'cost.columns', type: 'u32', length: columns.length },
    { name: 'cost.values', type: 'f64', length: values.length },
  ];
}

/** Copies the rows into the arena and returns the same rows as seen there. */
export function moveToArena(rows: Rows, arena: Arena): Rows {
  if (rows instanceof DenseRows) {
    const there = arena.view('cost.rows', 'f64');
    there.set(rows.values);
    return new DenseRows(there, rows.dim, rows.stride);
  }
  const { rowStart, columns, values } = rows as SparseRows;
  const there = new SparseRows(
    arena.view('cost.rowStart', 'u32'),
    arena.view('cost.columns', 'u32'),
    arena.view('cost.values', 'f64'),
  );
  there.rowStart.set(rowStart);
  there.columns.set(columns);
  there.values.set(values);
  return there;
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
