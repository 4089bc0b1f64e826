/**
 * From a config to everything that a flow is planned, filled and told from: graph, links, weights, cost,
 * beginning.
 */

import path from 'node:path';
import type { Graph } from '../../../topology/index.js';
import type { Spectrum } from '../../../topology/spectrum.js';
import { edgeWeights } from '../../../topology/weights.js';
import { InputError, unexpected } from '../../base/errors.js';
import { loadCost } from '../../cost/registry.js';
import type { CostModel } from '../../cost/types.js';
import { placed, readBeginning } from '../../data/beginning.js';
import { automaticGain } from '../../flow/gains.js';
import type { ReferenceModel } from '../../flow/reference-types.js';
import { flowDefinition, flowKind } from '../../flow/registry.js';
import type { Compress } from '../../flow/types.js';
import { type NetworkOfEdges, networkOfEdges } from '../../links/network.js';
import { linksDefinition } from '../../links/registry.js';
import type { LinksModel } from '../../links/types.js';
import { loadModules, type ModuleReference, resolveModules } from '../../plugin/modules.js';
import { type LoadedConfig, nameOf } from '../../run/config.js';
import type { RunNetwork } from '../../run/program.js';
import type { CompressorChoice, Tuning } from '../../run/reports.js';
import { seedWords } from '../../runtime.js';
import type { FlowConfig } from './config.js';
import { withoutEdges } from './cut.js';
import type { Ranked } from './divide.js';
import {
  describeTopology,
  type GraphSources,
  hasNumbersAsNames,
  loadGraph,
  refuseDisconnected,
  refuseMoreThanFits,
} from './graph.js';

export interface FlowProblem {
  name: string;
  /** As given. */
  given: FlowConfig;
  /** The same, but for user's modules, which are URLs. */
  config: FlowConfig;
  /** The graph for people. */
  topology: string;
  /** Another mode that may be taken, since nobody chose `config.flow.compress`. */
  otherMode: Compress | null;
  /** Of the topology, edges that are cut included. */
  whole: Graph;
  graph: Graph;
  /** Null where every edge is up in every round. */
  links: LinksModel | null;
  /** Null where all edges weigh 1. */
  weights: Float64Array | null;
  /** Weighted degrees. */
  degrees: Float64Array;
  cost: CostModel;
  /** Null where what is averaged stands still. */
  reference: ReferenceModel | null;
  /** Null where all edges of the network are alike, or there is none. */
  networkOfEdges: NetworkOfEdges | null;
  /** How the compressor was chosen, and the gains with it, where it was `auto`; null where one was given. */
  choice: { report: CompressorChoice; tuning: Tuning | null } | null;
  /** Agents x dim; null for the flow's own beginning. */
  init: Float64Array | null;
  /** How agents are shared out between ranks; null where there is one. */
  ranked: Ranked | null;
  /** URLs of the user's own modules; they are loaded. */
  modules: string[];
  warnings: string[];
  /** What gains are made from. Computed on first use, and exact only where a gain is `auto`. */
  spectrum(): { lambda2: number; lambdaMax: number };
  /** Of the whole graph; null as long as nobody has computed it. */
  knownSpectrum(): Spectrum | null;
}

/** `known`: of the same run before it was changed; what cannot change is taken from there. */
export async function loadFlow(loaded: LoadedConfig, known: FlowProblem | null = null): Promise<FlowProblem> {
  const given = loaded.config as FlowConfig;
  const resolve = (file: string) => path.resolve(loaded.folder, file);
  const warnings: string[] = [];
  refuseMoreThanFits(given, loaded.ranks?.ranks);
  const own = resolveModules(given.flow, loaded.folder, ['flow']);
  await loadModules(own.modules);
  const flow = flowKind(given.flow.kind).complete?.(own.spec) ?? given.flow;
  const sources: GraphSources = { config: given, resolve, warnings };
  const topology = known?.whole ?? (await loadGraph(given.topology, sources));
  const { model: links, modules: linksModules } =
    known === null ? await loadLinks(given, topology, sources) : { model: known.links, modules: [] };
  const graph = links?.graph ?? withoutEdges(topology, loaded.cut ?? []);
  if ((loaded.cut ?? []).length === 0) refuseDisconnected(graph);
  if (given.weights === 'file' && links && graph !== topology) {
    throw unexpected(
      ['weights'],
      'file',
      `unit or metropolis, since links.kind is ${links.plan.kind}, which brings edges of its own, without weights`,
    );
  }
  const { weights, degrees } = edgeWeights(graph, given.weights);

  const costSpec = resolveModules(given.cost, loaded.folder, ['cost']);
  await loadModules(costSpec.modules);
  const { batch } = flow;
  const cost =
    known?.cost ??
    (await loadCost(costSpec.spec, {
      agents: graph.nodes,
      seed: seedWords(given.seed),
      precision: given.precision,
      resolve,
      path: ['cost'],
      labels: graph.labels,
      numbered: hasNumbersAsNames(given.topology),
      warn: (message) => warnings.push(message),
      ...(batch === undefined ? {} : { batch }),
    }));
  const ofEdges = await networkOfEdges(given.network, graph, resolve);
  const compressor = resolveModules(given.compressor, loaded.folder, ['compressor']);
  await loadModules(compressor.modules);
  const reference = known?.reference ?? (await loadReference(given, graph.nodes, cost.dim, resolve));
  const init =
    known !== null
      ? known.init
      : given.init === undefined
        ? (reference?.start ?? null)
        : await readBeginning(placed(given.init, resolve), graph.nodes, cost.dim);
  if (flowDefinition(flow).problem === 'average' && !init && !cost.ownValue) {
    throw unexpected(
      ['init'],
      undefined,
      `a .npy file with every agent's own value, agents x dim (that is what ${flow.kind} averages)`,
    );
  }
  warnings.push(...(links?.warnings ?? []));
  return {
    name: nameOf(loaded),
    choice: null,
    given: { ...given, flow: { ...flow, ...given.flow } },
    config: { ...given, flow, compressor: compressor.spec },
    topology: describeTopology(given, topology),
    otherMode: (loaded.alternatives?.['flow.compress'] as Compress | undefined) ?? null,
    whole: topology,
    graph,
    links,
    weights,
    degrees,
    cost,
    reference,
    networkOfEdges: ofEdges,
    init,
    ranked: loaded.ranks ? { ...loaded.ranks, divide: (await import('./divide.js')).divide } : null,
    modules: [
      ...new Set([
        ...(known?.modules ?? []),
        ...[...own.modules, ...costSpec.modules, ...compressor.modules, ...linksModules].map(
          ({ url }) => url,
        ),
      ]),
    ],
    warnings,
    ...(await bindSpectrum({ ...given, flow }, { graph, links, weights, degrees })),
  };
}

/** The graph of a config, without its data: for pictures of a run that is over. */
export async function loadNetworkAlone(loaded: LoadedConfig): Promise<RunNetwork> {
  const given = loaded.config as FlowConfig;
  const resolve = (file: string) => path.resolve(loaded.folder, file);
  const sources: GraphSources = { config: given, resolve, warnings: [] };
  const topology = await loadGraph(given.topology, sources);
  const { model: links } = await loadLinks(given, topology, sources);
  const graph = links?.graph ?? topology;
  return { graph, weights: edgeWeights(graph, given.weights).weights };
}

/** What a flow averages, where it moves. A series says where agents begin, and nothing else may. */
async function loadReference(
  { flow, init, seed, precision }: FlowConfig,
  agents: number,
  dim: number,
  resolve: (file: string) => string,
): Promise<ReferenceModel | null> {
  if (flow.reference === undefined) return null;
  if ('file' in flow.reference && init !== undefined) {
    throw unexpected(['init'], init, 'no init: agents begin at the first round of flow.reference.file');
  }
  const { loadReference: load } = await import('../../flow/reference.js');
  return load(flow.reference, {
    agents,
    dim,
    precision,
    seed: seedWords(seed),
    resolve,
    path: ['flow', 'reference'],
  });
}

/**
 * The links of a run that change, and with them the graph that they make together. `modules` are those that
 * workers ask; one that made a graph has done so.
 */
async function loadLinks(
  { links: given, seed, rounds }: FlowConfig,
  graph: Graph,
  sources: GraphSources,
): Promise<{ model: LinksModel | null; modules: ModuleReference[] }> {
  if (given === undefined) return { model: null, modules: [] };
  const resolved = resolveModules(given, sources.resolve('.'), ['links']);
  // Further in stand graphs of their own, which are resolved when they are made.
  const modules = resolved.modules.filter(({ path: at }) => at.length === 2);
  await loadModules(modules);
  const spec = modules.length > 0 ? resolved.spec : given;
  const model = await linksDefinition(spec.kind, ['links']).load(spec, {
    graph,
    path: ['links'],
    seed: seedWords(seed),
    rounds,
    async loadGraph(topology, path) {
      // What checks configs is a large part of what a run loads, and few runs have graphs here.
      const { checkTopology, loadGenerators } = await import('./sections.js');
      const { spec: checked, issues } = checkTopology(await loadGenerators(), topology, path);
      const [issue] = issues;
      if (issue !== undefined) throw new InputError(issue.text, { path: issue.path });
      return loadGraph(checked, sources, path);
    },
  });
  return { model, modules };
}

type Weighted = Pick<FlowProblem, 'graph' | 'links' | 'weights' | 'degrees'>;

/** The spectrum where a gain is `auto`, to the digits that gains need, and bounds elsewhere: nobody waits for what nobody asked for. */
async function bindSpectrum(
  { flow }: FlowConfig,
  { graph, links, weights, degrees }: Weighted,
): Promise<Pick<FlowProblem, 'spectrum' | 'knownSpectrum'>> {
  if (!automaticGain(flow, flowDefinition(flow)))
    return { spectrum: () => boundSpectrum(graph, degrees), knownSpectrum: () => null };
  const [{ balancedSpectrum }, { gainSpectrum }] = await Promise.all([
    import('../../../topology/spectrum.js'),
    import('../../../topology/gain-spectrum.js'),
  ]);
  let known: Spectrum | null = null;
  return {
    knownSpectrum: () => known,
    spectrum() {
      known ??= graph.arcs ? balancedSpectrum(graph, graph.arcs, gainSpectrum) : gainSpectrum(graph, weights);
      return links ? meanSpectrum(links, known, weights, gainSpectrum) : known;
    },
  };
}

/**
 * Without `auto` nobody waits for the spectrum. What a hint after a divergence needs is lambdaMax, and
 * lambdaMax <= max over edges of d_i + d_j (Anderson, Morley 1985), in a directed graph twice the largest
 * (`balancedSpectrum`); lambda2 is unknown.
 */
export function boundSpectrum({ rowStart, columns, nodes, arcs }: Graph, degrees: Float64Array) {
  let lambdaMax = 0;
  if (arcs) for (const degree of degrees) lambdaMax = Math.max(lambdaMax, 2 * degree);
  for (let i = 0; i < nodes; i++) {
    for (let edge = rowStart[i]; edge < rowStart[i + 1]; edge++) {
      lambdaMax = Math.max(lambdaMax, degrees[i] + degrees[columns[edge]]);
    }
  }
  return { lambda2: Number.NaN, lambdaMax };
}

/**
 * What gains are made from where links change: lambda2 of the mean Laplacian E L(k), which says how fast
 * disagreement shrinks in the long run, and lambdaMax of all edges together, which no round exceeds. Pairs
 * are an exception: each talks as if alone, and its own spectrum, 2 w, is all there is.
 */
function meanSpectrum(
  { graph, presence, pairwise }: LinksModel,
  whole: Spectrum,
  weights: Float64Array | null,
  measure: (graph: Graph, weights: Float64Array | null) => Spectrum,
): { lambda2: number; lambdaMax: number } {
  if (pairwise) {
    const heaviest = heaviestOf(weights);
    return { lambda2: 2 * heaviest, lambdaMax: 2 * heaviest };
  }
  if (typeof presence === 'number') return { lambda2: presence * whole.lambda2, lambdaMax: whole.lambdaMax };
  const mean = presence.map((share, arc) => share * (weights?.[arc] ?? 1));
  return { lambda2: measure(graph, mean).lambda2, lambdaMax: whole.lambdaMax };
}

export function heaviestOf(weights: Float64Array | null): number {
  return weights?.reduce((most, weight) => Math.max(most, weight), 0) ?? 1;
}
