/**
 * Topologies: graphs in compressed sparse rows, made, read, written, weighed and looked at. Knows nothing of the simulator.
 */
export { formatPath, TopologyError, type TopologyErrorDetails } from './errors.js';
export type { Generator, GeneratorSpec, Zod } from './generators/generator.js';
export {
  EdgeBuffer,
  edgeList,
  type FromEdgesOptions,
  type Graph,
  graphFromEdges,
  MAX_EDGES,
} from './graph.js';
export { Random } from './random.js';
export { generate, generators } from './registry.js';
