/**
 * Row i of the graph's Laplacian applied to decoded messages: degree_i m_i - sum_(j ~ i) w_ij m_j, neighbours
 * in CSR order.
 */

export interface ReferenceGraph {
  /** Neighbours of i: columns[rowStart[i]] .. columns[rowStart[i + 1] - 1]. */
  rowStart: ArrayLike<number>;
  columns: ArrayLike<number>;
  weights: ArrayLike<number>;
  /** Sum of the weights at i. */
  degrees: ArrayLike<number>;
}

export function gather(graph: ReferenceGraph, messages: readonly Float64Array[], i: number): Float64Array {
  const out = messages[i].map((entry) => graph.degrees[i] * entry);
  for (let e = graph.rowStart[i]; e < graph.rowStart[i + 1]; e++) {
    const message = messages[graph.columns[e]];
    for (let c = 0; c < out.length; c++) out[c] -= graph.weights[e] * message[c];
  }
  return out;
}

/**
 * The same for packed signs, whose neighbours are subtracted four at a time, as (m0 + m1) + (m2 + m3), and
 * those left over one by one.
 */
export function gatherSigned(
  graph: ReferenceGraph,
  messages: readonly Float64Array[],
  i: number,
): Float64Array {
  const out = messages[i].map((entry) => graph.degrees[i] * entry);
  const term = (e: number, c: number) => graph.weights[e] * messages[graph.columns[e]][c];
  const end = graph.rowStart[i + 1];
  const grouped = graph.rowStart[i] + 4 * Math.floor((end - graph.rowStart[i]) / 4);
  for (let e = graph.rowStart[i]; e < grouped; e += 4) {
    for (let c = 0; c < out.length; c++) {
      out[c] -= term(e, c) + term(e + 1, c) + (term(e + 2, c) + term(e + 3, c));
    }
  }
  for (let e = grouped; e < end; e++) {
    for (let c = 0; c < out.length; c++) out[c] -= term(e, c);
  }
  return out;
}
