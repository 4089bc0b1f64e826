/**
 * What a host does for every cost that is made of samples: read them and those to test with, and deal them
 * out to the agents. An intercept is a column of ones before all others, regularized like them. Test samples
 * are dealt to nobody: they stay in the order of their file.
 */

import { statSync } from 'node:fs';
import { MAX_ARENA_BYTES, type Precision, REAL, rowLength } from '../arena/layout.js';
import { formatValue, InputError, type SpecPath, showSome } from '../base/errors.js';
import { sha256Of } from '../base/inputs.js';
import { rememberedLater } from '../base/remembered.js';
import {
  type DataSource,
  type Dataset,
  type DatasetOptions,
  type Described,
  placeOfRow,
  readDataset,
  type SparseMatrix,
} from '../data/dataset.js';
import { reorder, type SplitSpec, splitRows } from '../data/split.js';
import { readBytes } from '../data/text.js';
import { planBatch } from './batch.js';
import { type PlainRows, type RowStorage, type Rows, rowsFrom } from './rows.js';
import type { SampledPlan, SampleParameters } from './sampled.js';
import type { CostContext } from './types.js';

/** Solvers and bounds of curvature keep a dozen vectors of them. */
const MOST_FEATURES = 2 ** 24;
/** Above this share of non-zeros, rows without column numbers are both smaller and faster. */
const DENSE_SHARE = 0.4;
/** Files that are larger are read once, and what is made of them is not kept. */
const MOST_BYTES_READ_TWICE = 2 ** 26;

/** The samples in the order in which agents hold them, and what else the parameters say of them. */
export interface Datasets {
  dataset: Dataset;
  /** Agent i holds samples [samples[i], samples[i + 1]). */
  samples: Uint32Array;
  test: Dataset | null;
  /** What every plan says of them. */
  plan: Omit<SampledPlan, 'kind' | 'dim'>;
}

/** What `readDatasets` is told: all that is not about rows of doubles. */
type DatasetParameters = Omit<SampleParameters, 'storage' | 'intercept' | 'solve'> & { intercept?: boolean };

export async function readDatasets(spec: DatasetParameters, context: CostContext): Promise<Datasets> {
  const { path, agents } = context;
  const { data, test: testData, split: word, regularization, intercept, ...written } = spec;
  const split: SplitSpec = typeof word === 'string' ? { kind: word } : word;
  const options = {
    ...written,
    group: split.kind === 'by-column' ? split.column : undefined,
    resolve: (name: string) => context.resolve(name),
  };
  const read = await readDataset(data, { ...options, path: [...path, 'data'] });
  if (read.columnCount === 0 && !intercept) {
    throw new InputError(`${read.file} has no features, only labels`, {
      file: read.file,
      path: [...path, 'data'],
    });
  }
  refuseTooWide(read, context);
  const { order, samples } = await splitRows(split, read, { ...context, path: [...path, 'split'] });
  // Who wrote zeros, or allowed them, knows.
  const meant = split.kind === 'counts' || (split.kind === 'dirichlet' && split.allowEmpty === true);
  if (!meant) warnOfIdle(samples, context);
  const dataset = reorder(read, order);
  const test = testData === undefined ? null : await readTest(testData, read, options, context);
  return {
    dataset,
    samples,
    test,
    plan: {
      scale: agents / dataset.rows,
      regularization: regularization === '1/n' ? 1 / dataset.rows : regularization,
      batch: planBatch(context.batch, samples),
      testSamples: test?.rows ?? 0,
      own: context.ownMeans === true,
    },
  };
}

/**
 * Sizes are checked before anything is made of them: every agent holds a vector of as many entries as there
 * are features.
 */
export function refuseTooWide(dataset: Dataset, { agents, ownMeans, path, precision }: CostContext): void {
  const { file, columnCount, largestLine, firstIndex } = dataset;
  const holders = ownMeans ? 1 : agents;
  const realBytes = REAL[precision ?? 'float64'].bytes;
  const bytes = holders * columnCount * realBytes;
  if (columnCount <= MOST_FEATURES && bytes <= MAX_ARENA_BYTES) return;
  const most = Math.min(MOST_FEATURES, Math.floor(MAX_ARENA_BYTES / realBytes / holders));
  const place = largestLine === undefined ? file : `${file}:${largestLine}`;
  const what =
    largestLine === undefined
      ? `has ${columnCount} features`
      : `index ${columnCount - 1 + (firstIndex ?? 1)} occurs, so that x has ${columnCount} entries`;
  throw new InputError(`${place}: ${what}, expected at most ${most} with ${agents} agents`, {
    file,
    line: largestLine,
    path: [...path, 'data'],
    hint: 'number the features that occur 1, 2, 3, ..., or hash them into fewer',
  });
}

export function warnOfIdle(
  samples: Uint32Array,
  { agents, labels, warn }: CostContext,
  what = 'samples',
  left = 'the regulariser alone',
): void {
  const idle: unknown[] = [];
  for (let i = 0; i < agents; i++) if (samples[i] === samples[i + 1]) idle.push(labels?.[i] ?? i);
  if (idle.length === 0) return;
  const [hold, have] = idle.length === 1 ? ['holds', 'has'] : ['hold', 'have'];
  warn?.(
    `${idle.length} of the ${agents} agents ${hold} no ${what} (${showSome(idle)}), and ${have} ${left}`,
  );
}

/** The same with rows of doubles, sparse or dense. */
export interface Samples extends Pick<Datasets, 'samples' | 'plan'> {
  dataset: Described;
  rows: Rows;
  test: { dataset: Described; rows: Rows } | null;
  storage: RowStorage;
  /** Entries of a row, the intercept included. */
  features: number;
}

/** Samples as plain data, and what was said while they were made. */
interface Kept extends Omit<Samples, 'rows' | 'test'> {
  rows: PlainRows;
  test: { dataset: Described; rows: PlainRows } | null;
  warnings: string[];
}

/** Made once of the same files for the same agents: see `src/base/remembered.ts`. */
export async function readSamples(spec: SampleParameters, context: CostContext): Promise<Samples> {
  const of = await identityOf(spec, context);
  const make = () => makeSamples(spec, context);
  const kept = of === null ? await make() : await rememberedLater('samples', of, make);
  const { warnings, rows, test, ...samples } = kept;
  for (const warning of warnings) context.warn?.(warning);
  return { ...samples, rows: rowsFrom(rows), test: test && { ...test, rows: rowsFrom(test.rows) } };
}

/** All that samples are made of; null where that is not in files of text, or large. */
async function identityOf(spec: SampleParameters, context: CostContext): Promise<string[] | null> {
  const { data, test, split } = spec;
  const files: string[] = [];
  for (const source of [data, test]) {
    if (typeof source === 'string') files.push(context.resolve(source));
    else if (source !== undefined) return null;
  }
  if (typeof split !== 'string' && split.kind === 'counts' && typeof split.counts === 'string')
    files.push(context.resolve(split.counts));
  const { agents, seed, labels, numbered, batch, batchPath, ownMeans, path, precision } = context;
  const given = {
    spec,
    agents,
    seed,
    labels,
    numbered,
    batch,
    batchPath,
    ownMeans,
    path,
    precision,
  };
  const parts = [JSON.stringify(given)];
  let bytes = 0;
  for (const file of files) {
    // What cannot be read is refused where it is read for good.
    bytes += statSync(file, { throwIfNoEntry: false })?.size ?? Number.POSITIVE_INFINITY;
    if (bytes > MOST_BYTES_READ_TWICE) return null;
    const content = await readBytes(file).catch(() => null);
    if (content === null) return null;
    parts.push(file, sha256Of(content));
  }
  return parts;
}

async function makeSamples(spec: SampleParameters, context: CostContext): Promise<Kept> {
  const { intercept, storage } = spec;
  const { precision } = context;
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const { dataset, test, samples, plan } = await readDatasets(spec, { ...context, warn });
  const nonZeros = countNonZeros(dataset.matrix);
  const chosen = storage === 'auto' ? storageFor(dataset, nonZeros) : storage;
  return {
    dataset: described(dataset),
    samples,
    plan,
    rows: rowsOf(dataset, chosen, intercept, nonZeros, precision),
    test: test && {
      dataset: described(test),
      rows: rowsOf(test, chosen, intercept, countNonZeros(test.matrix), precision),
    },
    storage: chosen,
    features: dataset.columnCount + (intercept ? 1 : 0),
    warnings,
  };
}

const described = ({ matrix: _, ...rest }: Dataset): Described => rest;

/** Samples with the features of those that agents hold. */
async function readTest(
  source: DataSource,
  train: Dataset,
  options: Omit<DatasetOptions, 'path'>,
  context: CostContext,
): Promise<Dataset> {
  const path = [...context.path, 'test'];
  const isTable = train.lines !== null && train.matrix.kind === 'dense';
  const test = await readDataset(source, {
    ...options,
    firstIndex: train.firstIndex ?? options.firstIndex,
    group: isTable ? options.group : undefined,
    path,
  });
  const { matrix, columnCount, file } = test;
  if (matrix.kind !== 'sparse' || train.matrix.kind !== 'sparse') {
    if (columnCount === train.columnCount) {
      refuseOtherNames(test, train, path);
      return test;
    }
    throw new InputError(
      `${file} has ${columnCount} features, expected ${train.columnCount}: those of ${train.file}`,
      { file, path },
    );
  }
  // Features that no agent has seen: x has no entry for them, which is to say that they weigh nothing.
  return columnCount <= train.columnCount
    ? { ...test, columnCount: train.columnCount }
    : dropColumns(test, train);
}

/**
 * Columns are told apart by their places: names, where both files have them, say whether the places are the
 * same.
 */
function refuseOtherNames(test: Dataset, train: Dataset, path: SpecPath): void {
  const { file, names } = test;
  const other = names?.findIndex((name, c) => train.names && name !== train.names[c]) ?? -1;
  if (other < 0) return;
  throw new InputError(
    `${file}: feature ${other} (from 0) is ${formatValue(names![other])}, expected ${formatValue(train.names![other])}: the columns of ${train.file}, in its order`,
    { file, path },
  );
}

function dropColumns(test: Dataset, { columnCount }: Dataset): Dataset {
  const matrix = test.matrix as SparseMatrix;
  const kept = Array.from(matrix.columns.keys()).filter((e) => matrix.columns[e]! < columnCount);
  const rowStart = new Uint32Array(test.rows + 1);
  let at = 0;
  for (let r = 0; r < test.rows; r++) {
    while (at < kept.length && kept[at]! < matrix.rowStart[r + 1]!) at++;
    rowStart[r + 1] = at;
  }
  const columns = Uint32Array.from(kept, (e) => matrix.columns[e]!);
  const values = Float64Array.from(kept, (e) => matrix.values[e]!);
  return { ...test, columnCount, matrix: { kind: 'sparse', rowStart, columns, values } };
}

/**
 * Labels of the test samples, as the model wants them: those that its training labels became. A label that no
 * training sample has is refused.
 *
 * `given` are the labels of the training file, `prepared` what the model made of them, in the same order.
 */
export function prepareTestLabels<T extends Float64Array | Uint32Array>(
  test: Described,
  given: Float64Array,
  prepared: T,
  path: SpecPath,
): T {
  const known = new Map<number, number>();
  for (let r = 0; r < given.length; r++) known.set(given[r]!, prepared[r]!);
  const out = new (prepared.constructor as new (length: number) => T)(test.rows);
  for (let r = 0; r < test.rows; r++) {
    const label = known.get(test.labels[r]!);
    if (label === undefined) {
      const { text, line } = placeOfRow(test, r);
      const classes = [...known.keys()].sort((a, b) => a - b);
      const shown = classes.length > 12 ? `${classes.slice(0, 12).join(', ')}, ...` : classes.join(', ');
      throw new InputError(
        `${text}: the label is ${test.labels[r]}, expected one of the classes trained on (${shown})`,
        {
          file: test.file,
          line,
          path: [...path, 'test'],
        },
      );
    }
    out[r] = label;
  }
  return out;
}

/** Numbers are rounded to the run's precision here, so that the host solves the problem that agents have. */
function rowsOf(
  dataset: Dataset,
  storage: RowStorage,
  intercept: boolean,
  nonZeros: number,
  precision: Precision | undefined,
): PlainRows {
  return storage === 'dense'
    ? denseRows(dataset, intercept, precision)
    : sparseRows(dataset, intercept, nonZeros, precision);
}

function storageFor({ rows, columnCount }: Dataset, nonZeros: number): RowStorage {
  return nonZeros > DENSE_SHARE * rows * columnCount ? 'dense' : 'sparse';
}

function countNonZeros({ kind, values }: Dataset['matrix']): number {
  if (kind === 'sparse') return values.length;
  let count = 0;
  // By index: an iterator takes several times as long until it is compiled.
  for (let e = 0; e < values.length; e++) if (values[e] !== 0) count++;
  return count;
}

/** Padded as in the arena, so that filling it is one copy. */
export function denseRows(dataset: Dataset, intercept: boolean, precision: Precision | undefined): PlainRows {
  const { matrix, rows, columnCount } = dataset;
  const shift = intercept ? 1 : 0;
  const dim = columnCount + shift;
  const stride = rowLength(dim, precision);
  const values = new REAL[precision ?? 'float64'].of(rows * stride);
  for (let r = 0; r < rows; r++) {
    if (intercept) values[r * stride] = 1;
    const start = r * stride + shift;
    if (matrix.kind === 'dense') {
      values.set(matrix.values.subarray(r * columnCount, (r + 1) * columnCount), start);
    } else if (matrix.kind === 'bytes') {
      for (let c = 0; c < columnCount; c++) {
        values[start + c] = matrix.values[r * columnCount + c]! / matrix.divisor;
      }
    } else {
      for (let e = matrix.rowStart[r]!; e < matrix.rowStart[r + 1]!; e++) {
        values[start + matrix.columns[e]!] = matrix.values[e]!;
      }
    }
  }
  return { storage: 'dense', values, dim, stride };
}

function sparseRows(
  dataset: Dataset,
  intercept: boolean,
  nonZeros: number,
  precision: Precision | undefined,
): PlainRows {
  const { matrix, rows, columnCount } = dataset;
  const numbers = REAL[precision ?? 'float64'].of;
  if (matrix.kind === 'sparse' && !intercept) {
    const { rowStart, columns, values } = matrix;
    return {
      storage: 'sparse',
      rowStart,
      columns,
      values: values instanceof numbers ? values : new numbers(values),
    };
  }
  const divisor = matrix.kind === 'bytes' ? matrix.divisor : 1;
  const shift = intercept ? 1 : 0;
  const rowStart = new Uint32Array(rows + 1);
  const columns = new Uint32Array(nonZeros + rows * shift);
  const values = new numbers(columns.length);
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
        if (value !== 0) push(c + shift, value / divisor);
      }
    }
    rowStart[r + 1] = at;
  }
  return { storage: 'sparse', rowStart, columns, values };
}
