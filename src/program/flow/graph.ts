/** The graph of a run: from a file or a generator, and what making it simple left out. */

import path from 'node:path';
import type { Graph, ReadOptions } from '../../../topology/index.js';
import { nameOfNode } from '../../../topology/names.js';
import {
  components,
  largestComponent,
  largestComponentWithNodes,
  strongComponents,
} from '../../../topology/properties.js';
import { formatBytes, OVER_RANKS } from '../../arena/fits.js';
import { MAX_ARENA_BYTES, REAL, rowBytesOf } from '../../arena/layout.js';
import { edgesHash } from '../../base/data-in-words.js';
import { describeSpec } from '../../base/describe.js';
import { InputError, type SpecPath, unexpected } from '../../base/errors.js';
import { noteRead } from '../../base/inputs.js';
import { remembered } from '../../base/remembered.js';
import type { FlowConfig, TopologySpec } from './config.js';
import { makeGraph } from './topologies.js';

/** What a graph is loaded with. */
export interface GraphSources {
  config: Pick<FlowConfig, 'seed' | 'weights'>;
  /** Absolute path of a file named in the config. */
  resolve(file: string): string;
  /** Takes what a person should know. */
  warnings: string[];
}

/** Before a graph is generated that no arena of so many ranks could hold: x alone takes so much. */
export function refuseMoreThanFits({ topology, cost, precision }: FlowConfig, ranks = 1): void {
  const { nodes } = topology as { nodes?: unknown };
  const dim = typeof cost['dim'] === 'number' ? cost['dim'] : 1;
  const rowBytes = rowBytesOf(dim, precision);
  if (typeof nodes !== 'number' || !(nodes * rowBytes > ranks * MAX_ARENA_BYTES)) return;
  if (rowBytes > MAX_ARENA_BYTES) {
    const path = ['cost', 'dim'];
    throw unexpected(
      path,
      dim,
      `at most ${MAX_ARENA_BYTES / REAL[precision ?? 'float64'].bytes} (4 GiB, what 32-bit WebAssembly can address)`,
    );
  }
  const most = ranks * Math.floor(MAX_ARENA_BYTES / rowBytes);
  const each = ranks === 1 ? '' : ` on each of ${ranks} ranks`;
  throw new InputError(
    `topology.nodes is ${nodes}: with dim ${dim} their states alone take ${formatBytes(nodes * rowBytes)}, expected at most ${most} nodes (4 GiB${each}, what 32-bit WebAssembly can address)`,
    { path: ['topology', 'nodes'], hint: OVER_RANKS },
  );
}

export async function loadGraph(
  { largestComponent: takeLargest, ...spec }: TopologySpec,
  sources: GraphSources,
  path: SpecPath = ['topology'],
): Promise<Graph> {
  const graph =
    givenGraph(spec, sources) ??
    (spec.file === undefined
      ? await madeGraph(spec, sources, path)
      : await readGraphFile({ ...spec, file: spec.file }, sources));
  if (graph.nodes === 0) throw new InputError('the graph has no nodes', { path });
  if (!takeLargest) return graph;
  return hasNumbersAsNames(spec) ? largestNamedComponent(graph) : largestComponent(graph);
}

/** The user's own file that a graph comes from, read or run. */
function sourceOf({ file, module }: TopologySpec): string | undefined {
  return file ?? (module as string | undefined);
}

/** Whether numbers of nodes are names: not where a generator counts them. */
export function hasNumbersAsNames(spec: TopologySpec): boolean {
  return spec.kind === undefined || sourceOf(spec) !== undefined;
}

async function madeGraph(
  spec: TopologySpec,
  { config, resolve, warnings }: GraphSources,
  path: SpecPath,
): Promise<Graph> {
  const graph = await makeGraph(spec, config.seed, resolve('.'), path);
  const source = sourceOf(spec);
  if (source !== undefined) warnings.push(...droppedWarning(source, graph, config.weights));
  return graph;
}

/** A graph that stands in the config itself, and was checked with it. */
function givenGraph({ graph, name }: TopologySpec, { config, warnings }: GraphSources): Graph | null {
  if (graph === undefined) return null;
  warnings.push(...droppedWarning(name ?? GIVEN, graph, config.weights));
  return graph;
}

const GIVEN = 'given graph';
/** Digits of a hash that people tell graphs apart by. */
const SHOWN_DIGITS = 12;

async function readGraphFile(
  { file, directed, format, encoding, separator, header, columns }: TopologySpec & { file: string },
  { config, resolve, warnings }: GraphSources,
): Promise<Graph> {
  const { readGraph } = await import('../../../topology/readers/registry.js');
  const found = resolve(file);
  const options: ReadOptions & { format?: string } = {
    directions: directed ? 'keep' : 'forget',
    ...(format === undefined ? {} : { format }),
    encoding,
    separator,
    header,
    columns,
  };
  const graph = await readGraph(found, {
    ...options,
    onRead(bytes, parse) {
      noteRead(found, bytes);
      return remembered('graph', [bytes, found, JSON.stringify(options)], parse);
    },
  });
  warnings.push(...droppedWarning(file, graph, config.weights));
  if (graph.directionsForgotten && directed === undefined) {
    warnings.push(
      `${file} says that its edges have directions, and every arc is taken for an edge both ways: directed: true keeps them, directed: false says that this is meant`,
    );
  }
  return graph;
}

/** What making the graph of a file or a module simple left out. */
function droppedWarning(file: string, { dropped, arcs }: Graph, weights: FlowConfig['weights']): string[] {
  const { selfLoops, parallelEdges } = dropped;
  const notes: string[] = [];
  if (parallelEdges > 0) {
    const what = parallelEdges === 1 ? '1 parallel edge counts' : `${parallelEdges} parallel edges count`;
    const weighed = weights === 'file' ? ', with the sum of their weights' : '';
    notes.push(`${what} as one with the ${arcs ? 'arc' : 'edge'} between the same two nodes${weighed}`);
  }
  if (selfLoops > 0)
    notes.push(`${selfLoops === 1 ? '1 self-loop is' : `${selfLoops} self-loops are`} left out`);
  return notes.length === 0 ? [] : [`${file}: ${notes.join('; ')}`];
}

/** Nodes that only had numbers keep them as labels where others are left out. */
function largestNamedComponent(graph: Graph): Graph {
  const { graph: largest, nodeOf } = largestComponentWithNodes(graph);
  if (largest === graph || graph.labels !== null) return largest;
  return { ...largest, labels: Array.from(nodeOf, (node) => nameOfNode(graph, node)) };
}

/** A file by its name, and how it was read where that could be done in several ways. */
export function describeTopology({ topology: spec }: FlowConfig, { readAs }: Graph): string {
  if (spec.graph !== undefined) {
    return `${spec.name ?? GIVEN} (sha256 ${edgesHash(spec.graph).slice(0, SHOWN_DIGITS)})`;
  }
  if (spec.file === undefined) return describeSpec(spec as { kind: string });
  const name = path.basename(spec.file);
  return readAs === undefined ? name : `${name} (read as ${readAs})`;
}

/**
 * The graph must be connected, and strongly where it is directed: otherwise there is no consensus to reach.
 */
export function refuseDisconnected(graph: Graph): void {
  const { arcs } = graph;
  const { sizes } = arcs ? strongComponents(arcs) : components(graph);
  if (sizes.length <= 1) return;
  const shown = sizes.slice(0, 6).join(', ') + (sizes.length > 6 ? ', ...' : '');
  throw new InputError(
    arcs
      ? `the directed graph is not strongly connected: ${sizes.length} strong components of ${shown} nodes; some agents never hear of others`
      : `the graph is disconnected: ${sizes.length} components of ${shown} nodes; agents in different components can never agree`,
    {
      path: ['topology'],
      hint: `set topology.largestComponent: true to take the largest (${sizes[0]} nodes)`,
    },
  );
}
