/**
 * Edge weights for the Laplacian L, L_ij = -w_ij, L_ii = sum_j w_ij, j over those whom i hears: in a directed
 * graph L = D_in - A, with rows that add up to 0.
 *
 * - unit: w = 1.
 * - metropolis: w_ij = 1 / (1 + max(deg_i, deg_j)) (Xiao, Boyd and Kim 2007): every weighted degree stays
 *   below 1, so a step of 1 never overshoots, and each agent needs only its neighbours' degrees.
 * - file: as read, parallel edges summed. What is wrong with a file's weights is an error here and nowhere
 *   else.
 */
import { fileError, TopologyError } from './errors.js';
import type { Arcs, Graph } from './graph.js';

/** Which weights the edges have. */
export type WeightsKind = 'unit' | 'metropolis' | 'file';

/** All of them. */
export const weightsKinds: readonly WeightsKind[] = ['unit', 'metropolis', 'file'];

/** Weights of the edges and the diagonal of the Laplacian. */
export interface EdgeWeights {
  /**
   * 2 * edges, aligned with `graph.columns` (the closure, where the graph is directed); null means that all
   * are 1.
   */
  weights: Float64Array | null;
  /**
   * The diagonal of L: nodes weighted degrees, each summed in the order of its row; of a directed graph,
   * whose arcs weigh 1, how many each node hears.
   */
  degrees: Float64Array;
}

/**
 * The weights of a kind: all 1, Metropolis 1 / (1 + max degree), or those of the file.
 *
 * @throws TopologyError for 'file' when the graph has no weights
 */
export function edgeWeights(graph: Graph, kind: WeightsKind): EdgeWeights {
  const weights = weightsOf(graph, kind);
  return { weights, degrees: graph.arcs ? inDegrees(graph.arcs) : weightedDegrees(graph, weights) };
}

/** How many each node hears. */
function inDegrees({ inStart }: Arcs): Float64Array {
  return Float64Array.from({ length: inStart.length - 1 }, (_, node) => inStart[node + 1] - inStart[node]);
}

function weightsOf(graph: Graph, kind: WeightsKind): Float64Array | null {
  switch (kind) {
    case 'unit':
      return null;
    case 'file':
      if (graph.weightProblem !== undefined) {
        const { file, line, message } = graph.weightProblem;
        throw file === undefined ? new TopologyError(message) : fileError(file, line, message);
      }
      if (graph.weights === null) {
        throw new TopologyError('weights is "file", but the graph has none, expected unit or metropolis', {
          path: ['weights'],
          value: kind,
          expected: 'unit or metropolis',
        });
      }
      return graph.weights;
    case 'metropolis':
      return metropolis(graph);
    default:
      throw new TopologyError(
        `weights is ${JSON.stringify(kind)}, expected one of ${weightsKinds.join(', ')}`,
        {
          path: ['weights'],
          value: kind,
          expected: `one of ${weightsKinds.join(', ')}`,
        },
      );
  }
}

function metropolis({ nodes, rowStart, columns }: Graph): Float64Array {
  const weights = new Float64Array(columns.length);
  for (let row = 0; row < nodes; row++) {
    const degree = rowStart[row + 1] - rowStart[row];
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
      const other = rowStart[columns[arc] + 1] - rowStart[columns[arc]];
      weights[arc] = 1 / (1 + Math.max(degree, other));
    }
  }
  return weights;
}

/** The diagonal of the Laplacian of the edges, which in a directed graph are those of its closure. */
export function weightedDegrees(graph: Graph, weights: Float64Array | null): Float64Array {
  const { nodes, rowStart } = graph;
  const degrees = new Float64Array(nodes);
  for (let row = 0; row < nodes; row++) {
    if (weights === null) {
      degrees[row] = rowStart[row + 1] - rowStart[row];
      continue;
    }
    let sum = 0;
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) sum += weights[arc];
    degrees[row] = sum;
  }
  return degrees;
}
