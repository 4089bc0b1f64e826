/**
 * Bandwidth and latency of single edges: from a list in the config or a table in a file, with the network's
 * own for every edge that is not named.
 *
 *     source,target,bandwidth,latency
 *     Berlin,Paris,1 Gbit/s,12 ms
 *
 * The table has this header, its columns in any order, with commas, semicolons or tabs between cells; a cell
 * left empty means the network's own. An edge has the same in both directions; where the graph is directed, a
 * row of the table is the one arc from source to target. Lines that begin with # are comments, unless a
 * node's name does.
 */

import type { Graph } from '../../topology/index.js';
import { AMBIGUOUS, nodesByName, someNames } from '../../topology/names.js';
import { formatPath, formatValue, InputError, type SpecPath, showSome } from '../base/errors.js';
import { readTextRows, type TextRow } from '../data/table-rows.js';
import { readText } from '../data/text.js';
import { outRows } from './bind.js';
import type { EdgeNetworkSpec, NetworkSpec } from './types.js';
import { readBandwidth, readLatency } from './units.js';

/** Aligned with the arcs to out-neighbours (`outRows`). */
export interface NetworkOfEdges {
  /** Bits a second. */
  bandwidth: Float64Array;
  /** Seconds. */
  latency: Float64Array;
}

/**
 * Bits that arrive over a link in so many seconds, (seconds - latency) bandwidth: for each agent over the
 * slowest of those that it sends over, or one number where all links are alike. Undefined without a network.
 */
export function carriedBy(
  network: NetworkSpec | undefined,
  ofEdges: NetworkOfEdges | null,
  graph: Graph | null,
): ((seconds: number) => number[]) | undefined {
  if (network === undefined) return undefined;
  const bits = (seconds: number, bandwidth: number, latency: number) =>
    Math.max(0, (seconds - latency) * bandwidth);
  if (ofEdges === null || graph === null) {
    return (seconds) => [bits(seconds, network.bandwidth, network.latency)];
  }
  const { rowStart } = outRows(graph);
  return (seconds) =>
    Array.from({ length: graph.nodes }, (_, agent) => {
      let least = Number.POSITIVE_INFINITY;
      for (let arc = rowStart[agent]; arc < rowStart[agent + 1]; arc++) {
        least = Math.min(least, bits(seconds, ofEdges.bandwidth[arc], ofEdges.latency[arc]));
      }
      return least;
    });
}

interface Entry {
  edge: EdgeNetworkSpec;
  /** Where it stands. */
  at: string;
  line?: number;
  /** From the first end to the second alone, in a directed graph. */
  oneWay: boolean;
}

const COLUMNS = ['source', 'target', 'bandwidth', 'latency'] as const;
const DELIMITERS = [',', ';', '\t'];

/** Null where the network names no edges: then all are alike. */
export async function networkOfEdges(
  network: NetworkSpec | undefined,
  graph: Graph,
  resolve: (file: string) => string,
): Promise<NetworkOfEdges | null> {
  if (network?.edges === undefined) return null;
  const path = ['network', 'edges'];
  const { rowStart, columns } = outRows(graph);
  const bandwidth = new Float64Array(columns.length).fill(network.bandwidth);
  const latency = new Float64Array(columns.length).fill(network.latency);
  const file = typeof network.edges === 'string' ? resolve(network.edges) : undefined;
  const given: Entry[] =
    typeof network.edges === 'string'
      ? await readTable(file!, path, graph)
      : network.edges.map((edge, index) => ({ edge, at: formatPath([...path, index]), oneWay: false }));

  const nodeOf = nodeFinder(graph);
  const refuse = ({ at, line }: Entry, what: string, hint?: string) =>
    new InputError(`${at} ${what}`, { path, file, line, hint });
  const setBy = new Map<number, Entry>();
  const set = (from: number, to: number, entry: Entry): boolean => {
    const arc = columns.subarray(rowStart[from], rowStart[from + 1]).indexOf(to);
    if (arc < 0) return false;
    const index = rowStart[from] + arc;
    const bits = entry.edge.bandwidth ?? network.bandwidth;
    const seconds = entry.edge.latency ?? network.latency;
    const before = setBy.get(index);
    if (before && (bandwidth[index] !== bits || latency[index] !== seconds)) {
      throw refuse(
        entry,
        `is between ${showEnds(entry)} again, with other values than ${before.at}, expected every edge once`,
      );
    }
    setBy.set(index, entry);
    bandwidth[index] = bits;
    latency[index] = seconds;
    return true;
  };
  for (const entry of given) {
    const [from, to] = entry.edge.between.map((name) => {
      const node = nodeOf(name);
      if (typeof node === 'number') return node;
      throw refuse(entry, `names ${formatValue(name)}, expected ${node.expected}`, node.hint);
    });
    const oneWay = entry.oneWay && graph.arcs !== undefined;
    const there = set(from, to, entry);
    if (there && oneWay) continue;
    const back = oneWay ? -1 : Number(set(to, from, entry));
    if (there || back > 0) continue;
    const isReversed = oneWay && columns.subarray(rowStart[to], rowStart[to + 1]).includes(from);
    throw refuse(
      entry,
      `is between ${showEnds(entry)}, which the topology does not link`,
      isReversed
        ? 'it has the arc in the other direction: the graph is directed, and a row goes from source to target'
        : undefined,
    );
  }
  return { bandwidth, latency };
}

const showEnds = ({ edge }: Entry) => edge.between.map(formatValue).join(' and ');

/** A node by its name, or what a name may be. */
function nodeFinder(graph: Graph): (name: string | number) => number | { expected: string; hint?: string } {
  const find = nodesByName(graph);
  const expected =
    graph.labels === null ? `an agent, ${someNames(graph)}` : `the label of an agent (${someNames(graph)})`;
  return (name) => {
    const node = find(String(name));
    if (node >= 0) return node;
    if (node === AMBIGUOUS) return { expected: 'a name that one agent has: two are called so' };
    return typeof name === 'number' && graph.labels !== null
      ? { expected, hint: 'a label that looks like a number stands in quotes: "01001"' }
      : { expected };
  };
}

async function readTable(file: string, path: SpecPath, { labels }: Graph): Promise<Entry[]> {
  const text = await readText(file, { path });
  const hashes = labels?.some((label) => label.startsWith('#')) === true;
  const isComment = ({ cells }: TextRow) => cells[0]!.trimStart().startsWith('#');
  const refuse = (line: number, what: string, hint?: string) =>
    new InputError(`${file}:${line}: ${what}`, { path, file, line, hint });

  const all = readTextRows(text, delimiterOf(text), file, path);
  const first = all.findIndex((row) => !isComment(row));
  const header = all[first];
  if (header === undefined)
    throw new InputError(`${file} is empty, expected ${COLUMNS.join(',')}`, { path, file });
  const names = header.cells.map((cell) => cell.trim().toLowerCase());
  const rows = all.slice(first + 1).filter((row) => hashes || !isComment(row));
  const isKnown = names.every((name, c) => COLUMNS.includes(name as 'source') && names.indexOf(name) === c);
  if (!isKnown || !names.includes('source') || !names.includes('target') || names.length < 3) {
    throw refuse(
      header.line,
      `the header is ${formatValue(header.cells.join(','))}, expected source, target and at least one of bandwidth and latency, each once`,
    );
  }
  return rows.map(({ cells: raw, line }) => {
    const cells = raw.map((cell) => cell.trim());
    if (cells.length !== names.length) {
      throw refuse(
        line,
        `the row has ${cells.length} cells (${showSome(cells)}), expected ${names.length}: ${names.join(', ')}`,
        cells.length > names.length ? NUMBERS_HINT : undefined,
      );
    }
    const cellOf = (name: string): string | undefined => cells[names.indexOf(name)];
    const read = (
      name: 'bandwidth' | 'latency',
      reader: (text: string) => number | null,
      expected: string,
    ) => {
      const cell = cellOf(name);
      if (cell === undefined || cell === '') return {};
      const value = reader(cell);
      if (value === null) {
        throw refuse(
          line,
          `${name} is ${formatValue(cell)}: ${expected}`,
          /\d[,']\d/.test(cell) ? NUMBERS_HINT : undefined,
        );
      }
      return { [name]: value };
    };
    return {
      at: `${file}:${line}:`,
      line,
      oneWay: true,
      edge: {
        between: [cellOf('source')!, cellOf('target')!],
        ...read('bandwidth', readBandwidth, 'expected a number > 0 with a unit, as 1 Mbit/s'),
        ...read('latency', readLatency, 'expected a number >= 0 with a unit, as 20 ms'),
      },
    };
  });
}

/** The first line that is neither blank nor a comment. */
function firstRow(text: string): string {
  for (let begin = 0, end = 0; begin < text.length; begin = end + 1) {
    end = text.indexOf('\n', begin);
    if (end < 0) end = text.length;
    const line = text.slice(begin, end).trim();
    if (line !== '' && !line.startsWith('#')) return line;
  }
  return '';
}

/** The one that parts `source` from `target` in the first line that is no comment. */
function delimiterOf(text: string): string {
  const header = firstRow(text);
  const names = (delimiter: string) =>
    header.split(delimiter).map((cell) => cell.trim().replace(/^"+/, '').replace(/"$/, '').trim());
  return (
    DELIMITERS.find((delimiter) => names(delimiter).some((name) => /^(source|target)$/i.test(name))) ?? ','
  );
}

const NUMBERS_HINT = 'numbers have a decimal point and no separator of thousands: 0.5 s, 1000 Mbit/s';
