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
 * The same in float32, to the last bit. Of edges with weights sum_j w_ij (m_i - m_j); where all are 1,
 * neighbours in pairs, (2 m_i - m_j) - m_k, the first one by itself where their number is odd. Why: docs/model/
 * precision.md.
 */
export function gatherSingle(
  graph: ReferenceGraph,
  messages: readonly Float32Array[],
  i: number,
): Float32Array {
  const near = Math.fround;
  const from = graph.rowStart[i];
  const end = graph.rowStart[i + 1];
  const unit = Array.from({ length: end - from }, (_, k) => graph.weights[from + k]).every((w) => w === 1);
  return messages[i].map((own, c) => {
    const other = (e: number) => messages[graph.columns[e]][c];
    if (end === from) return 0;
    if (!unit) {
      let sum = 0;
      for (let e = from; e < end; e++) sum = near(sum + near(near(graph.weights[e]) * near(own - other(e))));
      return sum;
    }
    const pair = (e: number) => near(near(near(own + own) - other(e)) - other(e + 1));
    const odd = (end - from) % 2 === 1;
    let sum = odd ? near(own - other(from)) : pair(from);
    for (let e = from + (odd ? 1 : 2); e < end; e += 2) sum = near(sum + pair(e));
    return sum;
  });
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
