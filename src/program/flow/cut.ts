/** A graph without the edges that are cut. Nodes stay, even those that are left without any edge. */

import type { Graph } from '../../../topology/index.js';
import { InputError } from '../../base/errors.js';
import type { EdgeEnds } from '../../run/changes.js';

export function withoutEdges(graph: Graph, cut: readonly EdgeEnds[]): Graph {
  if (cut.length === 0) return graph;
  const { nodes, rowStart, columns, weights } = graph;
  const gone = new Set<number>();
  for (const [a, b] of cut) {
    gone.add(arcOf(graph, a, b));
    gone.add(arcOf(graph, b, a));
  }
  const start = new Uint32Array(nodes + 1);
  const left = columns.length - gone.size;
  const neighbours = new Uint32Array(left);
  const kept = weights === null ? null : new Float64Array(left);
  for (let row = 0, to = 0; row < nodes; row++) {
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
      if (gone.has(arc)) continue;
      neighbours[to] = columns[arc];
      if (kept !== null && weights !== null) kept[to] = weights[arc];
      to++;
    }
    start[row + 1] = to;
  }
  return { ...graph, rowStart: start, columns: neighbours, weights: kept, edges: left / 2 };
}

/** Where `to` stands in the row of `from`. Throws InputError where there is no such edge. */
function arcOf({ nodes, rowStart, columns }: Graph, from: number, to: number): number {
  if (from < nodes && to < nodes) {
    const row = columns.subarray(rowStart[from], rowStart[from + 1]);
    const at = row.indexOf(to);
    if (at >= 0) return rowStart[from] + at;
  }
  throw new InputError(`there is no edge ${from}-${to}`);
}

/** For each arc of `after` that of `before` with the same ends, -1 where there is none. Rows ascend. */
export function sameArcs(before: Graph, after: Graph): Int32Array {
  const same = new Int32Array(after.columns.length).fill(-1);
  for (let row = 0; row < after.nodes; row++) {
    let old = before.rowStart[row];
    for (let arc = after.rowStart[row]; arc < after.rowStart[row + 1]; arc++) {
      while (old < before.rowStart[row + 1] && before.columns[old] < after.columns[arc]) old++;
      if (old < before.rowStart[row + 1] && before.columns[old] === after.columns[arc]) same[arc] = old;
    }
  }
  return same;
}
