/**
 * Everything about a graph at once. The spectrum, and the linear algebra that it takes, is loaded with this
 * file alone.
 */

import type { Graph, WeightProblem } from './graph.js';
import { components, degreeStatistics, diameter, strongComponents, unbalancedNode } from './properties.js';
import { spectrum } from './spectrum.js';

/** Everything about a graph. */
export interface Inspection {
  /** How the source was read, where it could be read in several ways; else null. */
  readAs: string | null;
  /** Nodes. */
  nodes: number;
  /** Undirected edges. */
  edges: number;
  /** Connected components. */
  components: number;
  /** Nodes in each component, descending. */
  componentSizes: number[];
  /** Algebraic connectivity of the Laplacian; 0 when disconnected. */
  lambda2: number;
  /** Largest eigenvalue of the Laplacian. */
  lambdaMax: number;
  /** Relative errors of the two are below 1e-8. */
  spectrumConverged: boolean;
  /** null: infinite, the graph is disconnected. */
  diameter: number | null;
  /** False: `diameter` is a lower bound. */
  diameterIsExact: boolean;
  /** Neighbours of a node. */
  degree: { min: number; max: number; mean: number; median: number };
  /** Self-loops of the source. */
  selfLoopsDropped: number;
  /** Parallel edges of the source. */
  parallelEdgesDropped: number;
  /** edges / (nodes choose 2). */
  density: number;
  /** Whether the source had weights. */
  weighted: boolean;
  /** Why those cannot be used; null if they can, or if there are none. */
  weightProblem: string | null;
  /**
   * All of the above is of the undirected closure of a directed graph; below is what only its directions say.
   */
  directed: boolean;
  /** null in an undirected graph. */
  arcs: number | null;
  /** Strongly connected components; null in an undirected graph. */
  strongComponents: number | null;
  /** How many a node hears, and how many hear it. */
  inDegree: Range | null;
  /** Out-neighbours of a node; null in an undirected graph. */
  outDegree: Range | null;
  /** Every node hears as many as hear it. */
  balanced: boolean | null;
}

/** Smallest and largest. */
export interface Range {
  /** Smallest. */
  min: number;
  /** Largest. */
  max: number;
}

/**
 * Everything at once, as JSON-ready data.
 *
 * @param weights what the Laplacian of lambda2 and lambdaMax is weighed with, aligned with `columns`; null
 *   for all 1
 */
export function inspect(graph: Graph, weights: Float64Array | null = null): Inspection {
  const { count, sizes } = components(graph);
  const { lambda2, lambdaMax, converged } = spectrum(graph, weights);
  const { min, max, mean, median } = degreeStatistics(graph);
  const pairs = (graph.nodes * (graph.nodes - 1)) / 2;
  return {
    readAs: graph.readAs ?? null,
    nodes: graph.nodes,
    edges: graph.edges,
    components: count,
    componentSizes: sizes,
    lambda2,
    lambdaMax,
    spectrumConverged: converged,
    ...diameter(graph),
    degree: { min, max, mean, median },
    selfLoopsDropped: graph.dropped.selfLoops,
    parallelEdgesDropped: graph.dropped.parallelEdges,
    density: pairs === 0 ? 0 : graph.edges / pairs,
    weighted: graph.weights !== null || graph.weightProblem !== undefined,
    weightProblem: problemText(graph.weightProblem),
    directed: graph.arcs !== undefined,
    arcs: graph.arcs?.count ?? null,
    strongComponents: graph.arcs ? strongComponents(graph.arcs).count : null,
    inDegree: graph.arcs ? rowLengths(graph.arcs.inStart) : null,
    outDegree: graph.arcs ? rowLengths(graph.arcs.outStart) : null,
    balanced: graph.arcs ? unbalancedNode(graph.arcs) < 0 : null,
  };
}

function problemText(problem: WeightProblem | undefined): string | null {
  if (problem === undefined) return null;
  return problem.line > 0 ? `line ${problem.line}: ${problem.message}` : problem.message;
}

function rowLengths(start: Uint32Array): Range {
  let [min, max] = [start[1] - start[0], 0];
  for (let row = 1; row < start.length; row++) {
    const length = start[row] - start[row - 1];
    min = Math.min(min, length);
    max = Math.max(max, length);
  }
  return { min, max };
}
