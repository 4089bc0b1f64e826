/** What a host makes of linear equations: reads or draws A and b, deals the rows out, and solves. */

import { formatPath, formatValue, InputError, type SpecPath, unexpected } from '../base/errors.js';
import type { Dataset } from '../data/dataset.js';
import { formatShape, readNpy } from '../data/npy.js';
import { EVERY_AGENT, STREAM_QUADRATIC } from '../data/random.js';
import { reorder, type SplitSpec, splitRows } from '../data/split.js';
import type { RowsGiven } from '../schema/array.js';
import { mostSamples, planBatch } from './batch.js';
import { leastSquaresLoss } from './least-squares.js';
import type { LinearPlan } from './linear-host.js';
import { LinearProblem } from './linear-problem.js';
import { uniformSource } from './quadratic.js';
import { rowsFrom } from './rows.js';
import { counted, SampledModel } from './sampled-model.js';
import { denseRows, refuseTooWide, warnOfIdle } from './samples-host.js';
import type { CostContext, CostModel } from './types.js';

const DEFAULT_CONDITION = 10;
/** Drawing takes rows dim rank multiply-adds, a few times over. */
const MOST_DRAWN_WORK = 2e9;
/** |A x - b| at the best x, over |A| |x| + |b|, above which equations are not solvable. */
const SOLVED = 1e-9;

/** The largest entry: A^T A is made of squares, what is found from it of squares of those. */
const MOST_ENTRY = 1e50;

/** What `linear-equation.ts` has checked. */
export interface EquationParameters {
  kind: string;
  a?: RowsGiven | undefined;
  b?: RowsGiven | undefined;
  rows?: number | undefined;
  dim?: number | undefined;
  condition?: number | undefined;
  noise?: number | undefined;
  seed?: number | undefined;
  split: 'contiguous' | 'shuffled' | Extract<SplitSpec, { kind: 'contiguous' | 'shuffled' | 'counts' }>;
  solvable: boolean;
  solve: boolean;
}

/** A row after row, and b. */
interface Equations {
  /** For messages: where A and b come from. */
  name: string;
  rightName: string;
  file?: string;
  rows: number;
  dim: number;
  a: Float64Array;
  b: Float64Array;
  origin: string;
}

export async function loadEquations(
  spec: EquationParameters,
  context: CostContext,
): Promise<CostModel<LinearPlan>> {
  const { agents, path } = context;
  const { name, rightName, file, rows, dim, a, b, origin } =
    spec.a === undefined ? await drawn(spec, context) : await given(spec, context);
  const asked: Dataset = {
    file: name,
    rows,
    columnCount: dim,
    matrix: { kind: 'dense', values: a },
    labels: b,
    lines: null,
    groups: null,
  };
  refuseTooWide(asked, context);
  const split = typeof spec.split === 'string' ? { kind: spec.split } : spec.split;
  const { order, samples } = await splitRows(split, asked, { ...context, path: [...path, 'split'] });
  if (split.kind !== 'counts') warnOfIdle(samples, context, 'equations', 'none to solve');
  const dealt = reorder(asked, order);
  const plan: LinearPlan = {
    kind: spec.kind,
    dim,
    loss: leastSquaresLoss.code ?? null,
    parameter: 0,
    storage: 'dense',
    scale: 1,
    regularization: 0,
    batch: planBatch(context.batch, samples),
    own: context.ownMeans === true,
    testSamples: 0,
  };
  const problem = new LinearProblem(
    rowsFrom(denseRows(dealt, false, context.precision)),
    dealt.labels,
    dim,
    leastSquaresLoss,
    0,
    agents,
    true,
  );
  const model = new SampledModel(
    {
      plan,
      problem,
      samples,
      test: null,
      scratch: Math.max(mostSamples(samples), 1),
      solve: spec.solve || spec.solvable,
      description: `${spec.kind}, ${counted(rows, 'equation')}, ${counted(dim, 'unknown')}, ${origin}`,
    },
    context,
  );
  if (spec.solvable) refuseUnsolved(model, problem, rightName, file, path);
  return model;
}

function refuseUnsolved(
  model: CostModel,
  problem: LinearProblem,
  name: string,
  file: string | undefined,
  path: SpecPath,
): void {
  const x = model.optimum()?.x;
  if (x === undefined) {
    throw new InputError(`${name}: whether an x solves all equations is not known: ${model.whyNoOptimum}`, {
      file,
      path: [...path, 'solvable'],
    });
  }
  const { rows, labels } = problem;
  let [residual, size] = [0, 0];
  const length = Math.sqrt(x.reduce((sum, entry) => sum + entry * entry, 0));
  for (let r = 0; r < labels.length; r++) {
    residual += (rows.dot(r, x) - labels[r]!) ** 2;
    size += rows.squaredNorm(r) * length * length + labels[r]! ** 2;
  }
  if (residual <= SOLVED ** 2 * size) return;
  throw new InputError(
    `${name}: no x solves all equations: the best one leaves |A x - b| = ${Math.sqrt(residual).toPrecision(3)}, expected 0`,
    { file, path: [...path, 'solvable'], hint: 'without solvable: true it is least squares' },
  );
}

/** Of files, or of a program's memory. */
async function given({ a, b }: EquationParameters, context: CostContext): Promise<Equations> {
  const right = await arrayOf(b!, 'b', context);
  const rows = right.data.length;
  if (right.shape.length > 1 && right.shape[1] !== 1) {
    throw refused(
      right,
      context,
      `has shape ${formatShape(right.shape)}, expected (rows,): one number for each row of A`,
    );
  }
  if (rows === 0) throw refused(right, context, 'is empty, expected a number for each row of A');
  const left = await arrayOf(a!, 'a', context, rows);
  const [found, dim = 1] = left.shape as [number, number?];
  if (found !== rows) {
    throw refused(
      left,
      context,
      `has shape ${formatShape(left.shape)}, expected (${rows}, dim): a row for each number of ${right.name}`,
    );
  }
  if (dim === 0)
    throw refused(
      left,
      context,
      `has shape ${formatShape(left.shape)}, expected (${rows}, dim) with dim >= 1`,
    );
  for (const [{ data }, one, width] of [
    [left, left, dim],
    [right, right, 1],
  ] as const) {
    const at = data.findIndex((entry) => !(Math.abs(entry) <= MOST_ENTRY));
    if (at < 0) continue;
    const place = width === 1 ? `entry ${at}` : `entry [${Math.floor(at / width)}, ${at % width}]`;
    const expected = Number.isFinite(data[at]) ? `a size of at most ${MOST_ENTRY}` : 'a finite number';
    throw refused(one, context, `has ${formatValue(data[at])} at ${place} (from 0), expected ${expected}`);
  }
  return {
    name: left.name,
    rightName: right.name,
    ...(right.file !== undefined && { file: right.file }),
    rows,
    dim,
    a: left.data,
    b: right.data,
    origin: left.file === undefined ? 'given' : 'from files',
  };
}

interface GivenArray {
  key: string;
  name: string;
  file?: string;
  shape: readonly number[];
  data: Float64Array;
}

function refused({ key, name, file }: GivenArray, { path }: CostContext, what: string): InputError {
  return new InputError(`${name} ${what}`, { file, path: [...path, key] });
}

async function arrayOf(
  given: RowsGiven,
  key: 'a' | 'b',
  { resolve, path }: CostContext,
  rows?: number,
): Promise<GivenArray> {
  if (typeof given === 'string') {
    const file = resolve(given);
    return { key, name: file, file, ...(await readNpy(file)) };
  }
  const name = formatPath([...path, key]);
  if (rows === undefined) return { key, name, shape: [given.length], data: given };
  if (given.length % rows === 0) return { key, name, shape: [rows, given.length / rows], data: given };
  const right = formatPath([...path, 'b']);
  const expected = `a multiple of ${rows}: a row for each number of ${right}, row after row`;
  throw unexpected([...path, key, 'length'], given.length, expected);
}

/** What is drawn, by its round in the stream. */
const DRAWN = { left: 2, right: 3, solution: 4, noise: 5 };

/**
 * A = U diag(s) V^T, b = A x + what is orthogonal to all columns of U. Plain arithmetic and square roots, so that
 * every machine draws the same bits.
 */
async function drawn(
  { rows, dim, condition = DEFAULT_CONDITION, noise = 0, seed }: EquationParameters,
  context: CostContext,
): Promise<Equations> {
  const { path } = context;
  if (rows === undefined || dim === undefined)
    throw unexpected([...path, 'rows'], rows, 'a whole number >= 1, beside dim');
  const rank = Math.min(rows, dim);
  if (rows * dim * rank > MOST_DRAWN_WORK) {
    const most = Math.floor(MOST_DRAWN_WORK / (dim * rank));
    throw unexpected(
      [...path, 'rows'],
      rows,
      `at most ${most} with ${dim} unknowns: larger ones come from files`,
    );
  }
  if (noise > 0 && rows <= rank) {
    const expected = `0: ${rows} equations of ${dim} unknowns have a solution whatever b is (more rows than dim have not)`;
    throw unexpected([...path, 'noise'], noise, expected);
  }
  if (noise > MOST_ENTRY) throw unexpected([...path, 'noise'], noise, `at most ${MOST_ENTRY}`);
  const uniform = await uniformSource(seed, context);
  const vector = (length: number, column: number, what: number) => {
    const out = new Float64Array(length);
    uniform.fill(out, 0, length, column, what, STREAM_QUADRATIC);
    return out;
  };
  const left = orthonormal(Array.from({ length: rank }, (_, j) => vector(rows, j, DRAWN.left)));
  const right = orthonormal(Array.from({ length: rank }, (_, j) => vector(dim, j, DRAWN.right)));
  const a = new Float64Array(rows * dim);
  const largest = Math.sqrt(rows / rank);
  for (let j = 0; j < rank; j++) {
    const share = rank === 1 ? 0 : j / (rank - 1);
    const s = largest * (1 - (1 - 1 / condition) * share);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < dim; c++) a[r * dim + c]! += s * left[j]![r]! * right[j]![c]!;
  }
  const x = vector(dim, EVERY_AGENT, DRAWN.solution);
  const b = new Float64Array(rows);
  for (let r = 0; r < rows; r++) for (let c = 0; c < dim; c++) b[r]! += a[r * dim + c]! * x[c]!;
  if (noise > 0) {
    const beside = vector(rows, EVERY_AGENT, DRAWN.noise);
    for (let pass = 0; pass < 2; pass++) for (const u of left) removePart(beside, u);
    const most = beside.reduce((largest, entry) => Math.max(largest, Math.abs(entry)), 0);
    for (let r = 0; r < rows; r++) b[r]! += (noise * beside[r]!) / most;
  }
  const origin = `drawn, condition ${condition}, ${noise > 0 ? `noise ${noise}` : 'solvable'}`;
  return { name: formatPath(path), rightName: formatPath([...path, 'noise']), rows, dim, a, b, origin };
}

/** Gram and Schmidt, twice, in place. */
function orthonormal(vectors: Float64Array[]): Float64Array[] {
  vectors.forEach((v, j) => {
    for (let pass = 0; pass < 2; pass++) for (let i = 0; i < j; i++) removePart(v, vectors[i]!);
    const length = Math.sqrt(v.reduce((sum, entry) => sum + entry * entry, 0));
    for (let c = 0; c < v.length; c++) v[c]! /= length;
  });
  return vectors;
}

/** v -= (u . v) u, u of length 1. */
function removePart(v: Float64Array, u: Float64Array): void {
  let part = 0;
  for (let c = 0; c < v.length; c++) part += u[c]! * v[c]!;
  for (let c = 0; c < v.length; c++) v[c]! -= part * u[c]!;
}
