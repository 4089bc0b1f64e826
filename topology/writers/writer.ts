/**
 * What a writer is: one file beside this one and one line in `registry.ts`. It yields the text in pieces of
 * moderate size, so that a large graph is never one string. Numbers are written by JavaScript's shortest form
 * that reads back the same.
 */
import type { Graph } from '../graph.js';

/** Writes graphs in one format. */
export interface Writer {
  /** Its name. */
  format: string;
  /** File extensions, with the dot, lower case. */
  extensions: readonly string[];
  /** @throws TopologyError before the first piece when the format cannot hold the graph */
  /** The text, in pieces. */
  write(graph: Graph): Iterable<string>;
}

/**
 * Calls `line(from, to, weight)` for every edge once, lower end first, or for every arc of a directed graph,
 * and yields what it returns in larger pieces.
 */
export function* edgeLines(
  graph: Graph,
  line: (from: number, to: number, weight: number | null, index: number) => string,
): Iterable<string> {
  const { nodes, arcs } = graph;
  const rowStart = arcs?.outStart ?? graph.rowStart;
  const columns = arcs?.outColumns ?? graph.columns;
  // Arcs carry no weights.
  const weights = arcs ? null : graph.weights;
  let piece = '';
  let index = 0;
  for (let row = 0; row < nodes; row++) {
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
      if (!arcs && columns[arc] < row) continue;
      piece += line(row, columns[arc], weights === null ? null : weights[arc], index++);
      if (piece.length > 65_536) {
        yield piece;
        piece = '';
      }
    }
  }
  if (piece !== '') yield piece;
}

/** The same for nodes. */
export function* nodeLines(graph: Graph, line: (node: number) => string): Iterable<string> {
  let piece = '';
  for (let node = 0; node < graph.nodes; node++) {
    piece += line(node);
    if (piece.length > 65_536) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}
