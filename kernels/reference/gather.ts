/**
 * Row i of the graph's Laplacian applied to decoded messages: degree_i m_i - sum_(j ~ i) w_ij m_j, neighbours in CSR order.
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
