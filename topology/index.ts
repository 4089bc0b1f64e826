/**
 * Topologies: graphs in compressed sparse rows, made, read, written, weighed and looked at. Knows nothing of
 * the simulator.
 */
export { checkGraph } from './check.js';
export {
  formatPath,
  printable,
  show,
  showSome,
  TopologyError,
  type TopologyErrorDetails,
} from './errors.js';
export type { Generator, GeneratorSpec, Zod } from './generators/generator.js';
export {
  type Arcs,
  arcList,
  EdgeBuffer,
  edgeList,
  type FromEdgesOptions,
  type Graph,
  graphFromEdges,
  MAX_EDGES,
  type WeightProblem,
} from './graph.js';
export { type Inspection, inspect, type Range } from './inspect.js';
export { AMBIGUOUS, nameOfNode, namesOf, nodesByName, someNames, UNKNOWN } from './names.js';
export { bandwidth, permute, reverseCuthillMcKee } from './ordering.js';
export type { GraphPart, PartArcs } from './part.js';
export {
  type Components,
  components,
  type DegreeStatistics,
  type Diameter,
  degreeStatistics,
  diameter,
  isConnected,
  largestComponent,
  largestComponentWithNodes,
  strongComponents,
} from './properties.js';
export { Random } from './random.js';
export type { Reader, ReadOptions, Separator } from './readers/reader.js';
export { formatOf, parseGraph, readers, readGraph } from './readers/registry.js';
export { generate, generators, partOf } from './registry.js';
export { type Spectrum, spectrum } from './spectrum.js';
export { type EdgeWeights, edgeWeights, type WeightsKind, weightedDegrees, weightsKinds } from './weights.js';
export { formatGraph, writeGraph, writers } from './writers/registry.js';
export type { Writer } from './writers/writer.js';
export { graphFromYielded, type YieldedOptions } from './yielded.js';
