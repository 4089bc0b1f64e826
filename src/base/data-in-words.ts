/**
 * What a config holds that was in the memory of a program, as plain data for a manifest, a hash or a message:
 * a small graph by its edges, which are a config again, anything larger by its size and a hash.
 */

import { createHash } from 'node:crypto';
import { arcList, edgeList, type Graph } from '../../topology/graph.js';
import { nameOfNode } from '../../topology/names.js';

/** A graph of so many edges or arcs is written out. */
const MOST_EDGES = 1000;

/**
 * SHA-256 of the pairs of nodes i < j in ascending order (of a directed graph, of all arcs i -> j), as 32-bit
 * numbers, and after them, where there are weights, of these as 64-bit numbers; all little-endian.
 */
export function edgesHash(graph: Graph): string {
  const { from, to, weights } = pairsOf(graph);
  const pairs = new Uint32Array(2 * from.length);
  for (let edge = 0; edge < from.length; edge++) {
    pairs[2 * edge] = from[edge]!;
    pairs[2 * edge + 1] = to[edge]!;
  }
  const hash = createHash('sha256').update(pairs);
  if (weights !== null) hash.update(weights);
  return hash.digest('hex');
}

function pairsOf(graph: Graph): ReturnType<typeof edgeList> {
  const edges = edgeList(graph);
  return graph.arcs === undefined ? edges : { ...arcList(graph.arcs), weights: edges.weights };
}

/** The same data, with whatever does not belong into JSON described. What has no such part comes back as it is. */
export function inWords(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return { values: lengthOf(value), sha256: sha256(value) };
  if (Array.isArray(value)) return value.map(inWords);
  if (value === null || typeof value !== 'object') return value;
  const { graph, ...rest } = value as { graph?: unknown };
  const others = Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, inWords(part)]));
  if (isGraph(graph)) return { ...graphInWords(graph), ...others };
  return graph === undefined ? others : { graph: inWords(graph), ...others };
}

function graphInWords(graph: Graph): object {
  const { nodes } = graph;
  const numbers = graph.numberedFrom !== undefined && graph.labels === null;
  const labels = numbers ? Array.from({ length: nodes }, (_, node) => nameOfNode(graph, node)) : graph.labels;
  const { from, to, weights } = pairsOf(graph);
  if (from.length > MOST_EDGES || (weights !== null && graph.arcs !== undefined)) {
    const hash = { nodes, edges: from.length, sha256: edgesHash(graph) };
    return { graph: { ...hash, ...(labels && { labels: sha256(JSON.stringify(labels)) }) } };
  }
  return {
    edges: Array.from(from, (node, edge) => [node, to[edge]]),
    nodes,
    ...(labels && { labels }),
    ...(weights && { weights: Array.from(weights) }),
    ...(graph.arcs && { directed: true }),
  };
}

function isGraph(value: unknown): value is Graph {
  const { rowStart, columns } = (value ?? {}) as Partial<Graph>;
  return rowStart instanceof Uint32Array && columns instanceof Uint32Array;
}

function lengthOf(view: ArrayBufferView): number {
  return (view as unknown as { length?: number }).length ?? view.byteLength;
}

const sha256 = (data: string | ArrayBufferView) =>
  createHash('sha256')
    .update(data as Uint8Array)
    .digest('hex');
