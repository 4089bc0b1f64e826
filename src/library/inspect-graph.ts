/** A graph is found and looked at: what the command and the function both do. */

import type { Graph } from '../../topology/graph.js';
import type { Inspection } from '../../topology/inspect.js';
import type { ReadOptions } from '../../topology/readers/reader.js';
import type { WeightsKind } from '../../topology/weights.js';
import { InputError, isInputError } from '../base/errors.js';

/** Everything about a graph, and what was looked at. */
export interface TopologyInspection extends Inspection {
  /** The file, the kind, or the name of the graph. */
  source: string;
  /** Edge weights of the Laplacian. */
  weights: WeightsKind;
}

/** What is looked at: plain data. */
export interface InspectedGraph {
  source: string;
  graph:
    | Graph
    | { file: string; options: ReadOptions & { format?: string } }
    | { kind: string; seed: number };
  weights: WeightsKind;
  largestComponent: boolean;
}

/** What the command prints as JSON. */
export async function inspectGraph(given: InspectedGraph): Promise<TopologyInspection> {
  const { edgeWeights, generate, inspect, largestComponent, readGraph } = await import(
    '../../topology/index.js'
  );
  const { source, weights } = given;
  let graph: Graph;
  if ('rowStart' in given.graph) graph = given.graph;
  else if ('file' in given.graph) graph = await readGraph(given.graph.file, given.graph.options);
  else {
    try {
      graph = generate(given.graph, given.graph.seed);
    } catch (error) {
      if (!isInputError(error) || error.path === undefined) throw error;
      const { message, path: at, hint } = error;
      throw new InputError(`topology.${message}`, { path: ['topology', ...at], hint }, { cause: error });
    }
  }
  if (given.largestComponent) graph = largestComponent(graph);
  return { source, weights, ...inspect(graph, edgeWeights(graph, weights).weights) };
}
