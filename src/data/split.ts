/**
 * Who holds which samples. A split is an order of the rows and where each agent's part of it begins, so that afterwards the data
 * lie agent-major and agent i holds samples[i] <= r < samples[i + 1].
 *
 *  | kind | agent i holds |
 *  | --- | --- |
 *  | contiguous | the i-th part of the file, as numpy.array_split cuts it: the first (rows mod agents) parts have one more |
 *  | shuffled | the same of a random order (Philox stream 7; seed: the run's, or its own) |
 *  | counts | the next counts[i] rows of the file |
 *  | by-column | the rows whose value of `column` is its own: the node of that label, or else the i-th value in ascending order |
 *
 * Within an agent, rows keep the order of the file (shuffled: of the shuffle). An agent may hold none.
 */

import { formatPath, formatValue, InputError, type SpecPath, unexpected } from '../errors.js';
import { type Seed, seedWords } from '../runtime.js';
import { type Dataset, placeOfRow } from './dataset.js';
import { randomPermutation } from './random.js';

export type SplitSpec =
  | { kind: 'contiguous' }
  | { kind: 'shuffled'; seed?: number | undefined }
  | { kind: 'counts'; counts: readonly number[] | string }
  | { kind: 'by-column'; column: string | number };

export interface Split {
  /** Position in agent-major order -> row of the file; null where that is the order of the file. */
  order: Uint32Array | null;
  /** agents + 1 entries. */
  samples: Uint32Array;
}

export interface SplitContext {
  agents: number;
  seed: Seed;
  /** Node labels of the topology, by agent; null where it has none. */
  labels?: readonly string[] | null | undefined;
  resolve(path: string): string;
  /** Where the split stands in the config. */
  path: SpecPath;
}

const KINDS = ['contiguous', 'shuffled', 'counts', 'by-column'];

/** The spec in its long form: a bare word is the kind, absence is contiguous. */
export function splitSpec(split: unknown, path: SpecPath): SplitSpec {
  const spec = (
    split === undefined ? { kind: 'contiguous' } : typeof split === 'string' ? { kind: split } : split
  ) as SplitSpec;
  if (!KINDS.includes(spec?.kind)) throw unexpected(path, split, `one of ${KINDS.join(', ')}`);
  if (spec.kind === 'by-column' && spec.column === undefined) {
    throw unexpected([...path, 'column'], undefined, 'the name or number of a column');
  }
  return spec;
}

export async function splitRows(spec: SplitSpec, dataset: Dataset, context: SplitContext): Promise<Split> {
  switch (spec.kind) {
    case 'contiguous':
      return { order: null, samples: equalParts(dataset.rows, context.agents) };
    case 'shuffled': {
      const seed = spec.seed === undefined ? context.seed : seedWords(spec.seed);
      return {
        order: randomPermutation(dataset.rows, seed),
        samples: equalParts(dataset.rows, context.agents),
      };
    }
    case 'counts':
      return { order: null, samples: partsOf(await readCounts(spec.counts, context), dataset, context) };
    case 'by-column':
      return byColumn(spec, dataset, context);
  }
}

/** numpy.array_split: rows mod agents parts of ceil(rows / agents), then the others. */
export function equalParts(rows: number, agents: number): Uint32Array {
  const each = Math.floor(rows / agents);
  const longer = rows % agents;
  return Uint32Array.from({ length: agents + 1 }, (_, i) => i * each + Math.min(i, longer));
}

async function readCounts(
  counts: readonly number[] | string,
  context: SplitContext,
): Promise<ArrayLike<number>> {
  if (typeof counts !== 'string') return counts;
  const { readNpy } = await import('./npy.js');
  return (await readNpy(context.resolve(counts))).data;
}

function partsOf(counts: ArrayLike<number>, dataset: Dataset, context: SplitContext): Uint32Array {
  const path = [...context.path, 'counts'];
  if (counts?.length !== context.agents) {
    throw new InputError(
      `${formatPath(path)} has ${counts?.length ?? 0} entries, expected ${context.agents}: one for each agent`,
      { path },
    );
  }
  const samples = new Uint32Array(context.agents + 1);
  let total = 0;
  for (let i = 0; i < context.agents; i++) {
    const count = counts[i]!;
    if (!Number.isInteger(count) || count < 0) throw unexpected([...path, i], count, 'a whole number >= 0');
    total += count;
    if (total > dataset.rows) break;
    samples[i + 1] = total;
  }
  if (total !== dataset.rows) {
    const sum = Array.from(counts).reduce((a, b) => a + b, 0);
    throw new InputError(
      `${formatPath(path)} adds up to ${sum}, expected ${dataset.rows}: the samples of ${dataset.file}`,
      { path },
    );
  }
  return samples;
}

function byColumn(spec: { column: string | number }, dataset: Dataset, context: SplitContext): Split {
  const { groups, rows } = dataset;
  if (!groups) throw new Error('the data were read without their group column');
  const holders = holdersOfValues(new Set(groups), spec, dataset, context);
  const samples = new Uint32Array(context.agents + 1);
  for (const group of groups) samples[holders.get(group)! + 1]!++;
  for (let i = 0; i < context.agents; i++) samples[i + 1]! += samples[i]!;
  // A counting sort, which keeps the rows of an agent in the order of the file.
  const next = samples.slice(0, context.agents);
  const order = new Uint32Array(rows);
  for (let r = 0; r < rows; r++) order[next[holders.get(groups[r]!)!]!++] = r;
  return { order, samples };
}

/** Which agent each value belongs to. One value that is a node's label makes all of them labels. */
function holdersOfValues(
  values: ReadonlySet<string>,
  spec: { column: string | number },
  dataset: Dataset,
  context: SplitContext,
): Map<string, number> {
  const { labels, agents } = context;
  const nodes = new Map((labels ?? []).map((label, agent) => [label, agent]));
  if ([...values].some((value) => nodes.has(value))) {
    for (const value of values) {
      if (nodes.has(value)) continue;
      const row = dataset.groups!.indexOf(value);
      const { text, line } = placeOfRow(dataset, row);
      throw new InputError(
        `${text}: ${spec.column} is ${formatValue(value)}, expected the label of a node (${someOf([...nodes.keys()])})`,
        { file: dataset.file, line, path: context.path },
      );
    }
    return nodes;
  }
  const sorted = [...values].sort(compareValues);
  if (sorted.length !== agents) {
    const expected =
      nodes.size > 0 ? `; none of them is the label of a node (${someOf([...nodes.keys()])})` : '';
    throw new InputError(
      `column ${spec.column} of ${dataset.file} has ${sorted.length} distinct values (${someOf(sorted)}), expected one for each of the ${agents} agents${expected}`,
      { file: dataset.file, path: context.path },
    );
  }
  return new Map(sorted.map((value, agent) => [value, agent]));
}

/** Numbers by size and before words; words by their characters' codes, which is the same order on every machine. */
function compareValues(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function someOf(values: readonly string[]): string {
  return values.length <= 6 ? values.join(', ') : `${values.slice(0, 5).join(', ')}, ... ${values.at(-1)}`;
}

/** The data in agent-major order; the group column has served its purpose. */
export function reorder(dataset: Dataset, order: Uint32Array | null): Dataset {
  if (order === null) return { ...dataset, groups: null };
  const { rows, matrix, columnCount } = dataset;
  const labels = Float64Array.from(order, (row) => dataset.labels[row]!);
  const lines = dataset.lines && Uint32Array.from(order, (row) => dataset.lines![row]!);
  if (matrix.kind !== 'sparse') {
    const values = matrix.values.slice();
    for (let r = 0; r < rows; r++) {
      const start = order[r]! * columnCount;
      values.set(matrix.values.subarray(start, start + columnCount), r * columnCount);
    }
    return { ...dataset, matrix: { ...matrix, values } as typeof matrix, labels, lines, groups: null };
  }
  const rowStart = new Uint32Array(rows + 1);
  const columns = new Uint32Array(matrix.columns.length);
  const values = new Float64Array(matrix.values.length);
  for (let r = 0; r < rows; r++) {
    const begin = matrix.rowStart[order[r]!]!;
    const end = matrix.rowStart[order[r]! + 1]!;
    columns.set(matrix.columns.subarray(begin, end), rowStart[r]!);
    values.set(matrix.values.subarray(begin, end), rowStart[r]!);
    rowStart[r + 1] = rowStart[r]! + end - begin;
  }
  return { ...dataset, matrix: { kind: 'sparse', rowStart, columns, values }, labels, lines, groups: null };
}
