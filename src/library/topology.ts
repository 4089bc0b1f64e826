/** Looking at a graph, as `sottovoce topology inspect --json` does. */

import path from 'node:path';
import type { Graph } from '../../topology/graph.js';
import type { ReadOptions } from '../../topology/readers/reader.js';
import type { WeightsKind } from '../../topology/weights.js';
import { InputError } from '../base/errors.js';
import { type InspectedGraph, inspectGraph, type TopologyInspection } from './inspect-graph.js';
import { checkOptions } from './options.js';
import type { GraphEdgesInput, GraphFileInput, GraphInput, TopologyInput } from './specs.js';

/** What a graph is looked at with. */
export interface InspectOptions {
  /** Edge weights of the Laplacian: all 1 (where absent), Metropolis, or those of the graph itself. */
  weights?: WeightsKind;
  /** Look at the largest connected component only (strongly, if directed). */
  largestComponent?: boolean;
  /** Of generated graphs that are drawn and have no seed of their own; 0 where absent. */
  seed?: number;
  /** What paths of files are relative to; the working directory where absent. */
  folder?: string;
  /**
   * Ends it, which then rejects with the signal's reason. With one, a thread of its own does the work, and the
   * calling thread stays free; without, the calling thread does it: quick for thousands of small graphs.
   */
  signal?: AbortSignal;
}

/** Where a graph comes from, in one of the ways that a config may say it. */
export type TopologySource = string | Graph | TopologyInput | GraphFileInput | GraphEdgesInput | GraphInput;

const OPTIONS = ['weights', 'largestComponent', 'seed', 'folder', 'signal'];
const WEIGHTS = ['unit', 'metropolis', 'file'];

/**
 * Nodes, edges, components, spectrum, diameter and degrees of a graph: what `topology inspect --json` prints.
 *
 * ```ts
 * const ring = await inspectTopology({ kind: 'ring', nodes: 25 });
 * const own = await inspectTopology({ edges: [[0, 1], [1, 2], [2, 0]] });
 * console.log(ring.lambda2, ring.diameter, own.degree.mean);
 * ```
 *
 * A file's directions are kept where it states them, and an edge list's where `directed: true` is said.
 *
 * @param topology the path of a graph file, what stands in a config's `topology`, or a `Graph`
 * @throws InputError or TopologyError (both: `isInputError`) where there is no such graph, or it has no weights
 *   of its own and these are asked for
 */
export async function inspectTopology(
  topology: TopologySource,
  options: InspectOptions = {},
): Promise<TopologyInspection> {
  checkOptions('inspectTopology', options, OPTIONS);
  const { weights = 'unit', signal } = options;
  if (!WEIGHTS.includes(weights)) {
    throw new InputError(`weights is ${JSON.stringify(weights)}, expected one of ${WEIGHTS.join(', ')}`);
  }
  signal?.throwIfAborted();
  const given = await whatIsMeant(topology, options);
  const inspected = {
    ...given,
    weights,
    largestComponent: options.largestComponent ?? given.largestComponent ?? false,
  };
  if (signal === undefined) return inspectGraph(inspected);
  const { onCoordinator } = await import('./tasks.js');
  return onCoordinator('inspect', inspected, { signal });
}

/** The graph, or how to get it; whatever a config would refuse is refused. */
async function whatIsMeant(
  topology: TopologySource,
  { seed = 0, folder = '.' }: InspectOptions,
): Promise<Pick<InspectedGraph, 'source' | 'graph'> & { largestComponent?: boolean }> {
  const resolved = (file: string) => (folder === '.' ? file : path.resolve(folder, file));
  if (typeof topology === 'string') {
    return { source: topology, graph: { file: resolved(topology), options: { directions: 'stated' } } };
  }
  const { checkTopology, loadGenerators } = await import('../program/flow/sections.js');
  const isGraph = topology !== null && typeof topology === 'object' && 'rowStart' in topology;
  const spec = isGraph ? { graph: topology } : topology;
  const { spec: checked, issues } = checkTopology(await loadGenerators(), spec);
  if (issues.length > 0) {
    const [first] = issues;
    throw new InputError(issues.map(({ text }) => text).join('\n'), { path: first?.path, hint: first?.hint });
  }
  const { graph, name, file, kind, largestComponent, directed, ...rest } = checked as Partial<GraphInput> & {
    file?: string;
    kind?: string;
    directed?: boolean;
  } & ReadOptions;
  const whole = largestComponent === undefined ? {} : { largestComponent };
  if (graph !== undefined) return { source: name ?? 'given graph', graph, ...whole };
  if (file !== undefined) {
    const directions = directed === undefined ? 'stated' : directed ? 'keep' : 'forget';
    return { source: file, graph: { file: resolved(file), options: { ...rest, directions } }, ...whole };
  }
  const generated = { ...rest, ...(directed !== undefined && { directed }), kind: kind as string };
  return { source: generated.kind, graph: { seed, ...generated }, ...whole };
}
