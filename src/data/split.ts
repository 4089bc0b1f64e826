/**
 * Who holds which samples. A split is an order of the rows and where each agent's part of it begins, so that
 * afterwards the data lie agent-major and agent i holds samples[i] <= r < samples[i + 1].
 *
 *  | kind | agent i holds |
 *  | --- | --- |
 *  | contiguous | the i-th part of the file, as numpy.array_split cuts it: the first (rows mod agents) parts have one more |
 *  | shuffled | the same of a random order (Philox stream 7; seed: the run's, or its own) |
 *  | counts | the next counts[i] rows of the file |
 *  | by-column | the rows whose value of `column` is its name, or (`groups: in-order`, or where nobody has a name) the i-th value in ascending order |
 *  | by-label | rows of `labels` classes alone: of K classes, floor(i K / agents) and those that follow, cyclically; holders of a class share it equally |
 *  | dirichlet | of every class a share p_i, p ~ Dirichlet(alpha, ..., alpha) drawn afresh for the class: the smaller alpha, the more unlike the agents |
 *
 * Within an agent, rows keep the order of the file (shuffled: of the shuffle). An agent may hold none;
 * `dirichlet` says who, and goes on only where `allowEmpty` is set, since there it is chance and not intent.
 *
 * The Dirichlet split is that of T.-M. H. Hsu, H. Qi, M. Brown, arXiv 1909.06335, with shares of a class that
 * add up to 1 over agents. Gamma variates: G. Marsaglia, W. W. Tsang, ACM Trans. Math. Softw. 26, 2000;
 * Philox stream 11, counter (attempt, agent, class, 11).
 */

import {
  formatPath,
  formatValue,
  InputError,
  printable,
  type SpecPath,
  showSome,
  unexpected,
} from '../base/errors.js';
import { type Seed, seedWords } from '../runtime.js';
import { type Dataset, placeOfRow } from './dataset.js';
import { dirichletShares, randomPermutation } from './random.js';

export type SplitSpec =
  | { kind: 'contiguous' }
  | { kind: 'shuffled'; seed?: number | undefined }
  | { kind: 'counts'; counts: readonly number[] | string }
  | { kind: 'by-column'; column: string | number; groups?: 'by-name' | 'in-order' | undefined }
  | { kind: 'by-label'; labels?: number | undefined }
  | { kind: 'dirichlet'; alpha: number; seed?: number | undefined; allowEmpty?: boolean | undefined };

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
  /**
   * Set where nodes without labels are named by their numbers, as in a file of 0 1, 1 2, ...; a generator's
   * nodes have no names.
   */
  numbered?: boolean | undefined;
  resolve(path: string): string;
  /** Where the split stands in the config. */
  path: SpecPath;
}

const DEFAULT_LABELS = 2;

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
    case 'by-label':
      return byLabel(spec, dataset, context);
    case 'dirichlet':
      return dirichlet(spec, dataset, context);
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
  const { formatShape, readNpy } = await import('./npy.js');
  const { shape, data } = await readNpy(context.resolve(counts));
  if (shape[0] === data.length) return data;
  const path = [...context.path, 'counts'];
  throw new InputError(
    `${counts} has shape ${formatShape(shape)}, expected (${context.agents},): a number for each agent`,
    { file: counts, path },
  );
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

function byColumn(spec: ByColumn, dataset: Dataset, context: SplitContext): Split {
  const { groups, rows } = dataset;
  if (!groups) throw new Error('the data were read without their group column');
  const holders = holdersOfGroups(new Set(groups), spec, dataset, context);
  return heldBy(
    Uint32Array.from({ length: rows }, (_, r) => holders.get(groups[r]!)!),
    context.agents,
  );
}

/** A counting sort, which keeps the rows of an agent in the order of the file. */
function heldBy(holders: Uint32Array, agents: number): Split {
  const samples = new Uint32Array(agents + 1);
  for (const holder of holders) samples[holder + 1]!++;
  for (let i = 0; i < agents; i++) samples[i + 1]! += samples[i]!;
  const next = samples.slice(0, agents);
  const order = new Uint32Array(holders.length);
  holders.forEach((holder, r) => {
    order[next[holder]!++] = r;
  });
  return { order, samples };
}

/** The rows of each class, in the order of the file; classes in ascending order of their labels. */
function rowsOfClasses(dataset: Dataset, kind: string, path: SpecPath): Uint32Array[] {
  const classes = new Map<number, number[]>();
  dataset.labels.forEach((label, r) => {
    if (!Number.isInteger(label)) {
      const { text, line } = placeOfRow(dataset, r);
      throw new InputError(
        `${text}: the label is ${label}, expected a whole number: split ${kind} tells classes apart`,
        {
          file: dataset.file,
          line,
          path,
        },
      );
    }
    const rows = classes.get(label);
    if (rows) rows.push(r);
    else classes.set(label, [r]);
  });
  return [...classes].sort(([a], [b]) => a - b).map(([, rows]) => Uint32Array.from(rows));
}

function byLabel(spec: { labels?: number | undefined }, dataset: Dataset, context: SplitContext): Split {
  const { agents, path } = context;
  const classes = rowsOfClasses(dataset, 'by-label', path);
  const each = spec.labels ?? DEFAULT_LABELS;
  const most = classes.length;
  if (!Number.isInteger(each) || each < 1 || each > most || each * agents < most) {
    const least = Math.ceil(most / agents);
    throw unexpected(
      [...path, 'labels'],
      each,
      `a whole number in ${least}..${most}: ${dataset.file} has ${most} labels, and every one needs one of the ${agents} agents to hold it`,
    );
  }
  const holdersOf: number[][] = classes.map(() => []);
  for (let i = 0; i < agents; i++) {
    const first = Math.floor((i * most) / agents);
    for (let j = 0; j < each; j++) holdersOf[(first + j) % most]!.push(i);
  }
  const holders = new Uint32Array(dataset.rows);
  classes.forEach((rows, k) => {
    const parts = equalParts(rows.length, holdersOf[k]!.length);
    holdersOf[k]!.forEach((agent, part) => {
      for (let t = parts[part]!; t < parts[part + 1]!; t++) holders[rows[t]!] = agent;
    });
  });
  return heldBy(holders, agents);
}

function dirichlet(
  spec: { alpha: number; seed?: number | undefined; allowEmpty?: boolean | undefined },
  dataset: Dataset,
  context: SplitContext,
): Split {
  const { agents, path } = context;
  const seed = spec.seed === undefined ? context.seed : seedWords(spec.seed);
  const holders = new Uint32Array(dataset.rows);
  rowsOfClasses(dataset, 'dirichlet', path).forEach((rows, k) => {
    const shares = dirichletShares(agents, spec.alpha, k, seed);
    let cumulated = 0;
    let from = 0;
    for (let i = 0; i < agents; i++) {
      cumulated += shares[i]!;
      const to = i === agents - 1 ? rows.length : Math.round(cumulated * rows.length);
      for (; from < to; from++) holders[rows[from]!] = i;
    }
  });
  const split = heldBy(holders, agents);
  const empty = Array.from({ length: agents }, (_, i) => i).filter(
    (i) => split.samples[i] === split.samples[i + 1],
  );
  if (empty.length > 0 && !spec.allowEmpty) {
    throw new InputError(
      `${formatPath(path)}: alpha ${spec.alpha} leaves ${empty.length === 1 ? 'agent' : 'agents'} ${showSome(empty)} without samples`,
      {
        path,
        hint: 'take a larger alpha or another seed, or set allowEmpty: true (such an agent has the regulariser alone)',
      },
    );
  }
  return split;
}

type ByColumn = Extract<SplitSpec, { kind: 'by-column' }>;

/**
 * Which agent each group belongs to. Names are compared letter by letter: `1` is not `1.0`, nor `01001`
 * `1001`, nor `berlin` `Berlin`.
 */
function holdersOfGroups(
  groups: ReadonlySet<string>,
  spec: ByColumn,
  dataset: Dataset,
  context: SplitContext,
): ReadonlyMap<string, number> {
  const { labels, agents } = context;
  if (spec.groups !== 'in-order') {
    if (labels) return holdersByName(groups, labels, spec, dataset, context);
    const numbers = () => Array.from({ length: agents }, (_, agent) => String(agent));
    if (context.numbered) return holdersByName(groups, numbers(), spec, dataset, context);
    if (spec.groups === 'by-name') return holdersByName(groups, numbers(), spec, dataset, context);
  }
  return holdersInOrder([...groups].sort(compareValues), spec, dataset, context);
}

function holdersByName(
  groups: ReadonlySet<string>,
  names: readonly string[],
  spec: ByColumn,
  dataset: Dataset,
  context: SplitContext,
): ReadonlyMap<string, number> {
  const agentOf = new Map(names.map((name, agent) => [name, agent]));
  const column = `column ${shownColumn(spec.column)}`;
  const strangers = [...groups].filter((group) => !agentOf.has(group));
  if (strangers.length > 0) {
    const row = dataset.groups!.indexOf(strangers[0]!);
    const { text, line } = placeOfRow(dataset, row);
    const all = strangers.length === groups.size;
    const which = all ? 'none of the groups is' : `${strangers.length} of ${groups.size} groups are not`;
    throw new InputError(
      `${text}: ${column} is ${formatValue(strangers[0])}, expected the name of a node: ${which} (groups: ${showSome([...groups])}; nodes: ${showSome(names)})`,
      { file: dataset.file, line, path: context.path, hint: hintForStrangers(strangers, names, all) },
    );
  }
  if (agentOf.size < names.length) {
    const twice = names.find((name, agent) => groups.has(name) && agentOf.get(name) !== agent);
    if (twice !== undefined) {
      const agents = names.flatMap((name, agent) => (name === twice ? [agent] : []));
      throw new InputError(
        `${column} of ${dataset.file} has the group ${formatValue(twice)}, and ${agents.length} nodes are called so (${showSome(agents)}, from 0), expected one`,
        { file: dataset.file, path: context.path, hint: 'give every node of the graph a label of its own' },
      );
    }
  }
  return agentOf;
}

function holdersInOrder(
  sorted: readonly string[],
  spec: ByColumn,
  dataset: Dataset,
  context: SplitContext,
): ReadonlyMap<string, number> {
  const { agents, path } = context;
  const { file } = dataset;
  const column = `column ${shownColumn(spec.column)} of ${file}`;
  if (sorted.length !== agents) {
    throw new InputError(
      `${column} has ${sorted.length} distinct values (${showSome(sorted)}), expected one for each of the ${agents} agents`,
      { file, path },
    );
  }
  if (sorted.includes('')) {
    const { text, line } = placeOfRow(dataset, dataset.groups!.indexOf(''));
    throw new InputError(`${text}: column ${shownColumn(spec.column)} is empty, expected whose row it is`, {
      file,
      line,
      path,
    });
  }
  const same = sorted.findIndex((value, k) => k > 0 && Number(value) === Number(sorted[k - 1]));
  if (same > 0) {
    throw new InputError(
      `${column} writes one number in two ways, ${formatValue(sorted[same - 1])} and ${formatValue(sorted[same])}, expected each group to be written in one`,
      { file, path },
    );
  }
  return new Map(sorted.map((value, agent) => [value, agent]));
}

/** What the first stranger may have been meant for. */
function hintForStrangers(strangers: readonly string[], names: readonly string[], all: boolean): string {
  const loose = (name: string) => {
    const text = name.trim().replace(/\s+/g, ' ').toLowerCase();
    return text !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : text;
  };
  const meant = new Map(names.map((name) => [loose(name), name]));
  for (const stranger of strangers) {
    const name = meant.get(loose(stranger));
    if (name === undefined) continue;
    return `${formatValue(stranger)} is not ${formatValue(name)}: names are compared letter by letter, so write both files alike`;
  }
  return all
    ? 'write the names of the nodes into that column; or set groups: in-order in the split, and the i-th value in ascending order goes to the i-th node'
    : 'every group needs a node that holds it: add the nodes to the graph, or leave those rows out';
}

const shownColumn = (column: string | number) =>
  typeof column === 'number' ? String(column) : printable(column);

/**
 * Numbers by size and before words; words by their characters' codes, which is the same order on every
 * machine.
 */
function compareValues(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The data in agent-major order; the group column has served its purpose. */
export function reorder(dataset: Dataset, order: Uint32Array | null): Dataset {
  if (order === null) return { ...dataset, groups: null };
  const { rows, matrix, columnCount } = dataset;
  const labels = new Float64Array(rows);
  for (let r = 0; r < rows; r++) labels[r] = dataset.labels[order[r]!]!;
  const lines = dataset.lines && new Uint32Array(rows);
  if (lines) for (let r = 0; r < rows; r++) lines[r] = dataset.lines![order[r]!]!;
  if (matrix.kind !== 'sparse') {
    const values = new (matrix.values.constructor as new (length: number) => typeof matrix.values)(
      rows * columnCount,
    );
    copyRows(matrix.values, order, columnCount, values);
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

const SHORT_ROW = 16;

/**
 * Row r of `to` is row order[r] of `from`. Short rows go entry by entry: a view of each would cost more than
 * its copy.
 */
function copyRows(
  from: Float64Array | Uint8Array,
  order: Uint32Array,
  columnCount: number,
  to: typeof from,
): void {
  for (let r = 0; r < order.length; r++) {
    const source = order[r]! * columnCount;
    const target = r * columnCount;
    if (columnCount > SHORT_ROW) to.set(from.subarray(source, source + columnCount), target);
    else for (let c = 0; c < columnCount; c++) to[target + c] = from[source + c]!;
  }
}
