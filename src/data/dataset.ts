/**
 * Samples from any kind of file, in one of three shapes: compressed sparse rows, dense rows, or dense rows of
 * bytes.
 *
 *  | file | reader | shape |
 *  | --- | --- | --- |
 *  | .csv, .tsv | csv.ts | dense |
 *  | { x: X.npy, y: Y.npy } | npy.ts | dense |
 *  | { x: Float64Array, y: Float64Array } | none: a program's memory | dense |
 *  | { images: I, labels: L } | idx.ts | bytes |
 *  | anything else | libsvm.ts | sparse |
 *
 * A further format is one file and one line in `readers`.
 */

import { formatPath, formatValue, InputError, type SpecPath, unexpected } from '../base/errors.js';
import type { RowsGiven } from '../schema/array.js';
import type { NpyArray } from './npy.js';

export interface SparseMatrix {
  kind: 'sparse';
  /** rows + 1 entries. */
  rowStart: Uint32Array;
  columns: Uint32Array;
  values: Float64Array;
}

export interface DenseMatrix {
  kind: 'dense';
  /** rows x columnCount, row by row. */
  values: Float64Array;
}

/** Entry = byte / divisor: images, an eighth of what they would take as doubles. */
export interface ByteMatrix {
  kind: 'bytes';
  /** rows x columnCount, row by row. */
  values: Uint8Array;
  divisor: number;
}

export interface Dataset {
  /** For messages. */
  file: string;
  rows: number;
  columnCount: number;
  matrix: SparseMatrix | DenseMatrix | ByteMatrix;
  labels: Float64Array;
  /** The line each row stands on, from 1; null where the file has no lines. */
  lines: Uint32Array | null;
  /** What tells the rows' holders apart; null where nobody asked. */
  groups: string[] | null;
  /** Names of the features, of tables with a header. */
  names?: readonly string[] | null;
  /** LIBSVM alone: what the file counts features from. */
  firstIndex?: 0 | 1;
  /** LIBSVM alone: the line of the largest index. */
  largestLine?: number;
}

/** All but the numbers. */
export type Described = Omit<Dataset, 'matrix'>;

/** Of two files, or of a program's memory: samples row after row, and one label for each. */
export interface SamplesAndLabels {
  x: RowsGiven;
  y: RowsGiven;
}

export type DataSource = string | SamplesAndLabels | { images: string; labels: string };

export interface DatasetOptions {
  /** Reader, where the extension does not say it. */
  format?: string | undefined;
  /** LIBSVM alone: whether features count from 0 or 1, where the file does not show it. */
  firstIndex?: 0 | 1 | 'auto' | undefined;
  /** Column of labels, of tables alone. */
  target?: string | number | undefined;
  /** How a table is written, of tables alone; see csv.ts. */
  header?: boolean | undefined;
  delimiter?: string | undefined;
  decimal?: '.' | ',' | undefined;
  encoding?: string | undefined;
  /**
   * Column whose values tell the rows' holders apart. Of a table: a name, or a number from 0, and the column
   * is then no feature. Elsewhere: the feature's own index (LIBSVM: as the file counts; .npy: from 0), and it
   * stays a feature.
   */
  group?: string | number | undefined;
  resolve(path: string): string;
  /** Where `data` stands in the config. */
  path: SpecPath;
}

type Reader = (source: DataSource, options: DatasetOptions) => Promise<Dataset>;

/** Every format by its name. */
export const readers: Readonly<Record<string, Reader>> = {
  libsvm: readLibsvmDataset,
  csv: (source, options) => readTable(source, options, undefined),
  tsv: (source, options) => readTable(source, options, '\t'),
  npy: readNpyDataset,
  idx: readIdxDataset,
};

export async function readDataset(source: DataSource, options: DatasetOptions): Promise<Dataset> {
  const format = options.format ?? formatOf(source);
  const reader = Object.hasOwn(readers, format) ? readers[format] : undefined;
  if (!reader) {
    throw unexpected(
      [...options.path.slice(0, -1), 'format'],
      format,
      `one of ${Object.keys(readers).join(', ')}`,
    );
  }
  return reader(source, options);
}

function formatOf(source: DataSource): string {
  if (typeof source !== 'string') return 'images' in source ? 'idx' : 'npy';
  const extension = /\.(csv|tsv|npy)(\.gz)?$/i.exec(source);
  return extension ? extension[1]!.toLowerCase() : 'libsvm';
}

function singleFile(source: DataSource, options: DatasetOptions): string {
  if (typeof source === 'string') return options.resolve(source);
  throw unexpected(options.path, source, 'the name of one file');
}

const OF_TABLES = ['header', 'delimiter', 'decimal', 'encoding'] as const;

/** Only a table has a choice of labels, and of how it is written. */
function refuseTarget(options: DatasetOptions, labels: string): void {
  const parent = options.path.slice(0, -1);
  if (options.target !== undefined) {
    throw unexpected([...parent, 'target'], options.target, `no target: ${labels}`);
  }
  for (const name of OF_TABLES) {
    if (options[name] === undefined) continue;
    throw unexpected(
      [...parent, name],
      options[name],
      `no ${name}: it says how a table is written (format: csv)`,
    );
  }
}

async function readLibsvmDataset(source: DataSource, options: DatasetOptions): Promise<Dataset> {
  refuseTarget(options, 'LIBSVM lines begin with their label');
  const { readLibsvm } = await import('./libsvm.js');
  const file = singleFile(source, options);
  const read = await readLibsvm(file, options.firstIndex, options.path);
  const { rows, columnCount, rowStart, columns, values, labels, lines, firstIndex } = read;
  let groups: string[] | null = null;
  if (options.group !== undefined) {
    const column = featureIndex(options.group, firstIndex, columnCount, file) - firstIndex;
    groups = Array.from({ length: rows }, () => '0');
    for (let r = 0; r < rows; r++) {
      for (let e = rowStart[r]!; e < rowStart[r + 1]!; e++) {
        if (columns[e] === column) groups[r] = groupOf(values[e]!, file);
      }
    }
  }
  return {
    file,
    rows,
    columnCount,
    matrix: { kind: 'sparse', rowStart, columns, values },
    labels,
    lines,
    groups,
    firstIndex,
    largestLine: read.largestLine,
  };
}

async function readTable(
  source: DataSource,
  options: DatasetOptions,
  delimiter: string | undefined,
): Promise<Dataset> {
  const { readCsv } = await import('./csv.js');
  if (options.delimiter !== undefined && /["\n\r\ufeff]/.test(options.delimiter)) {
    const at = [...options.path.slice(0, -1), 'delimiter'];
    throw unexpected(at, options.delimiter, 'a character that is no quote, line end or byte order mark');
  }
  const file = singleFile(source, options);
  const table = await readCsv(file, { ...options, delimiter: options.delimiter ?? delimiter });
  const { rows, columnCount, values, labels, lines, groups, names } = table;
  return { file, rows, columnCount, matrix: { kind: 'dense', values }, labels, lines, groups, names };
}

async function readNpyDataset(source: DataSource, options: DatasetOptions): Promise<Dataset> {
  const { formatShape } = await import('./npy.js');
  refuseTarget(options, 'y holds the labels');
  if (typeof source === 'string' || 'images' in source) {
    throw unexpected(options.path, source, 'two files, { x: X.npy, y: Y.npy }: samples and labels');
  }
  const y = await arrayOf(source, 'y', options);
  const x = await arrayOf(source, 'x', options, y.data.length);
  const file = x.name;
  const labelFile = y.name;
  const [rows, columnCount = 1] = x.shape as [number, number?];
  if (rows === 0)
    throw new InputError(`${file} has no samples: its shape is ${formatShape(x.shape)}`, { file });
  if (y.shape[0] !== rows || y.data.length !== rows) {
    throw new InputError(
      `${labelFile} has shape ${formatShape(y.shape)}, expected (${rows},): one label for each row of ${file}`,
      {
        file: labelFile,
        path: options.path,
        hint:
          y.shape[0] === rows
            ? 'one-hot labels become numbers of classes with numpy.argmax(y, axis=1)'
            : y.data.length === rows
              ? 'where they are in the order of the rows: numpy.ravel(y)'
              : undefined,
      },
    );
  }
  const refuse = (name: string, array: Float64Array, index: number, width: number): never => {
    const place = width === 1 ? `entry ${index}` : `entry [${Math.floor(index / width)}, ${index % width}]`;
    const message = `${name}: ${place} (from 0) is ${formatValue(array[index])}, expected a finite number`;
    throw new InputError(message, { file: name, path: options.path });
  };
  for (let i = 0; i < x.data.length; i++)
    if (!Number.isFinite(x.data[i])) refuse(file, x.data, i, columnCount);
  for (let i = 0; i < rows; i++) if (!Number.isFinite(y.data[i])) refuse(labelFile, y.data, i, 1);
  let groups: string[] | null = null;
  if (options.group !== undefined) {
    const column = featureIndex(options.group, 0, columnCount, file);
    groups = Array.from({ length: rows }, (_, r) => groupOf(x.data[r * columnCount + column]!, file));
  }
  return {
    file,
    rows,
    columnCount,
    matrix: { kind: 'dense', values: x.data },
    labels: y.data,
    lines: null,
    groups,
  };
}

/** Of a file, or of a program's memory: as many rows as there are labels. */
async function arrayOf(
  source: SamplesAndLabels,
  key: 'x' | 'y',
  { resolve, path }: DatasetOptions,
  rows?: number,
): Promise<NpyArray & { name: string }> {
  const given = source[key];
  if (typeof given === 'string') {
    const { readNpy } = await import('./npy.js');
    const name = resolve(given);
    return { name, ...(await readNpy(name)) };
  }
  const name = formatPath([...path, key]);
  if (rows === undefined) return { name, shape: [given.length], data: given };
  if (rows > 0 && given.length % rows !== 0) {
    const expected = `a multiple of ${rows}: a row for each label in ${formatPath([...path, 'y'])}, row after row`;
    throw unexpected([...path, key, 'length'], given.length, expected);
  }
  return { name, shape: rows === 0 ? [0, 0] : [rows, given.length / rows], data: given };
}

async function readIdxDataset(source: DataSource, options: DatasetOptions): Promise<Dataset> {
  const { PIXEL_RANGE, readIdx } = await import('./idx.js');
  refuseTarget(options, 'labels is a file of its own');
  if (typeof source === 'string' || !('images' in source)) {
    throw unexpected(options.path, source, 'two IDX files, { images: FILE, labels: FILE }');
  }
  const { path } = options;
  const file = options.resolve(source.images);
  const labelFile = options.resolve(source.labels);
  const images = await readIdx(file, [...path, 'images']);
  const labels = await readIdx(labelFile, [...path, 'labels']);
  const [rows, ...sizes] = images.shape as [number, ...number[]];
  if (sizes.length === 0) {
    throw new InputError(`${file} has one dimension, expected images: count x height x width`, {
      file,
      path: [...path, 'images'],
      hint: 'are images and labels the wrong way round?',
    });
  }
  if (labels.shape.length !== 1) {
    throw new InputError(
      `${labelFile} is ${labels.shape.join(' x ')}, expected one dimension: a label for each image`,
      { file: labelFile, path: [...path, 'labels'], hint: 'are images and labels the wrong way round?' },
    );
  }
  if (labels.shape[0] !== rows) {
    throw new InputError(`${labelFile} has ${labels.shape[0]} labels, but ${file} has ${rows} images`, {
      file: labelFile,
      path: [...path, 'labels'],
    });
  }
  if (rows === 0) throw new InputError(`${file} has no images`, { file, path: [...path, 'images'] });
  const columnCount = sizes.reduce((product, size) => product * size, 1);
  let groups: string[] | null = null;
  if (options.group !== undefined) {
    const column = featureIndex(options.group, 0, columnCount, file);
    groups = Array.from({ length: rows }, (_, r) =>
      String(images.data[r * columnCount + column]! / PIXEL_RANGE),
    );
  }
  return {
    file,
    rows,
    columnCount,
    matrix: { kind: 'bytes', values: images.data, divisor: PIXEL_RANGE },
    labels: Float64Array.from(labels.data),
    lines: null,
    groups,
  };
}

/** A number as the name of a group; beyond 2^53, two of them may have become one. */
function groupOf(value: number, file: string): string {
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value);
  throw new InputError(
    `${file}: the group column holds ${value}, expected numbers up to 2^53: larger ones are rounded, and two groups would be one`,
    { file, hint: 'a .csv file may hold groups as text' },
  );
}

function featureIndex(column: string | number, first: number, columnCount: number, file: string): number {
  const index = typeof column === 'number' ? column : /^\d+$/.test(column) ? Number(column) : NaN;
  if (Number.isInteger(index) && index >= first && index < first + columnCount) return index;
  throw new InputError(
    `${file} has no column ${column}; its columns are numbered ${first}..${first + columnCount - 1}`,
    { file },
  );
}

/** "data.libsvm:12", or the row's number where the file has no lines: how an error names a sample. */
export function placeOfRow(dataset: Described, row: number): { text: string; line: number | undefined } {
  const line = dataset.lines?.[row];
  return {
    text: line === undefined ? `${dataset.file}, row ${row} (from 0)` : `${dataset.file}:${line}`,
    line,
  };
}
