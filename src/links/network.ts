/**
 * Bandwidth and latency of single edges: from a list in the config or a table in a file, with the network's own for every edge that is not named.
 *
 *     source,target,bandwidth,latency
 *     Berlin,Paris,1 Gbit/s,12 ms
 *
 * The table is comma-separated with this header, in any order of columns; a cell left empty means the network's own. An edge has the same in both directions.
 */

import { readFile } from 'node:fs/promises';
import Papa from 'papaparse';
import type { Graph } from '../../topology/index.js';
import { AMBIGUOUS, nodesByName, someNames } from '../../topology/names.js';
import { readBandwidth, readLatency } from '../config/network.js';
import type { EdgeNetworkSpec, NetworkSpec } from '../config/types.js';
import { formatPath, formatValue, InputError, type SpecPath } from '../errors.js';
import { hearerRows } from './bind.js';

/** Aligned with the arcs on which each agent is heard. */
export interface NetworkOfEdges {
  /** Bits a second. */
  bandwidth: Float64Array;
  /** Seconds. */
  latency: Float64Array;
}

const COLUMNS = ['source', 'target', 'bandwidth', 'latency'] as const;

/** Null where the network names no edges: then all are alike. */
export async function networkOfEdges(
  network: NetworkSpec | undefined,
  graph: Graph,
  resolve: (file: string) => string,
): Promise<NetworkOfEdges | null> {
  if (network?.edges === undefined) return null;
  const path = ['network', 'edges'];
  const { rowStart, columns } = hearerRows(graph);
  const bandwidth = new Float64Array(columns.length).fill(network.bandwidth);
  const latency = new Float64Array(columns.length).fill(network.latency);
  const given =
    typeof network.edges === 'string'
      ? await readTable(resolve(network.edges), path)
      : network.edges.map((edge, index) => ({ edge, at: formatPath([...path, index]) }));

  const find = nodesByName(graph);
  const nodeOf = (name: string | number, at: string): number => {
    const node = find(String(name));
    if (node >= 0) return node;
    const expected =
      node === AMBIGUOUS
        ? 'a name that one agent has: two are called so'
        : graph.labels === null
          ? `an agent, ${someNames(graph)}`
          : `the label of an agent (${someNames(graph)})`;
    throw new InputError(`${at} names ${formatValue(name)}, expected ${expected}`, { path });
  };
  const set = (from: number, to: number, { edge }: { edge: EdgeNetworkSpec }): boolean => {
    const arc = columns.subarray(rowStart[from], rowStart[from + 1]).indexOf(to);
    if (arc < 0) return false;
    bandwidth[rowStart[from] + arc] = edge.bandwidth ?? network.bandwidth;
    latency[rowStart[from] + arc] = edge.latency ?? network.latency;
    return true;
  };
  for (const entry of given) {
    const [a, b] = entry.edge.between;
    const from = nodeOf(a, entry.at);
    const to = nodeOf(b, entry.at);
    const there = set(from, to, entry);
    if (!set(to, from, entry) && !there) {
      throw new InputError(`${entry.at} is between ${a} and ${b}, which the topology does not link`, {
        path,
      });
    }
  }
  return { bandwidth, latency };
}

async function readTable(file: string, path: SpecPath): Promise<{ edge: EdgeNetworkSpec; at: string }[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new InputError(
      `cannot read ${file}: ${(error as Error).message}`,
      { path, file },
      { cause: error },
    );
  }
  const { data, meta } = Papa.parse<Record<string, string>>(text.replace(/^\uFEFF/, ''), {
    header: true,
    delimiter: ',',
    comments: '#',
    transformHeader: (name) => name.trim().toLowerCase(),
    transform: (cell) => cell.trim(),
  });
  const missing = ['source', 'target'].find((name) => !meta.fields?.includes(name));
  const unknown = meta.fields?.find((name) => !COLUMNS.includes(name as (typeof COLUMNS)[number]));
  if (missing !== undefined || unknown !== undefined) {
    throw new InputError(
      `${file}:1: the header is ${formatValue(meta.fields?.join(',') ?? '')}, expected ${COLUMNS.join(',')}`,
      { path, file },
    );
  }
  return data.flatMap((row, index) => {
    if (Object.values(row).every((cell) => cell === '')) return [];
    const at = `${file}:${index + 2}`;
    const read = (
      name: 'bandwidth' | 'latency',
      reader: (text: string) => number | null,
      expected: string,
    ) => {
      const cell = row[name];
      if (cell === undefined || cell === '') return {};
      const value = reader(cell);
      if (value === null)
        throw new InputError(`${at}: ${name} is ${formatValue(cell)}: ${expected}`, { path, file });
      return { [name]: value };
    };
    return [
      {
        at,
        edge: {
          between: [row['source'], row['target']],
          ...read('bandwidth', (text) => readBandwidth(text), 'expected a number with a unit, as 1 Mbit/s'),
          ...read('latency', (text) => readLatency(text), 'expected a number with a unit, as 20 ms'),
        },
      },
    ];
  });
}
