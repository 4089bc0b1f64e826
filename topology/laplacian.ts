/** The Laplacian as a product, and what is known of its largest eigenvalue at once. */
import type { Graph } from './graph.js';
import type { Operator } from './lanczos.js';
import { weightedDegrees } from './weights.js';

/**
 * y = L x, as sum_j w_ij (x_i - x_j): neighbours' values are close in a slow mode, and their difference is
 * then exact.
 */
export function laplacianOf({ nodes, rowStart, columns }: Graph, weights: Float64Array | null): Operator {
  if (weights === null) {
    return (x, y) => {
      let arc = 0;
      for (let row = 0; row < nodes; row++) {
        const own = x[row];
        const end = rowStart[row + 1];
        let sum = 0;
        for (; arc < end; arc++) sum += own - x[columns[arc]];
        y[row] = sum;
      }
    };
  }
  return (x, y) => {
    let arc = 0;
    for (let row = 0; row < nodes; row++) {
      const own = x[row];
      const end = rowStart[row + 1];
      let sum = 0;
      for (; arc < end; arc++) sum += weights[arc] * (own - x[columns[arc]]);
      y[row] = sum;
    }
  };
}

/** lambdaMax <= the largest sum of the weighted degrees of two neighbours (Anderson and Morley 1985). */
export function boundOfLargest(graph: Graph, weights: Float64Array | null): number {
  const degrees = weightedDegrees(graph, weights);
  let largest = 0;
  for (let row = 0; row < graph.nodes; row++) {
    for (let arc = graph.rowStart[row]; arc < graph.rowStart[row + 1]; arc++) {
      largest = Math.max(largest, degrees[row] + degrees[graph.columns[arc]]);
    }
  }
  return largest;
}
