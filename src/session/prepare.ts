/**
 * From a config to a run that is ready to start: graph, weights, cost, program, optimum. Nothing big is allocated here, and
 * whatever is wrong with the input is said here, with its place in the config.
 */

import path from 'node:path';
import type { Graph } from '../../topology/index.js';
import { nameOfNode } from '../../topology/names.js';
import { largestComponent, largestComponentWithNodes } from '../../topology/properties.js';
import { generate } from '../../topology/registry.js';
import type { Spectrum } from '../../topology/spectrum.js';
import { edgeWeights } from '../../topology/weights.js';
import type { Arena } from '../arena/arena.js';
import { formatBytes, MAX_ARENA_BYTES, rowLength } from '../arena/layout.js';
import type { FlowConfig, LoadedConfig, RunConfig, TopologySpec } from '../config/types.js';
import { loadCost } from '../cost/registry.js';
import type { CostModel, Optimum } from '../cost/types.js';
import { readNpy } from '../data/npy.js';
import { describeSpec } from '../describe.js';
import { InputError, isInputError, type SpecPath, unexpected } from '../errors.js';
import { automaticGain, hasOpenGains } from '../flow/gains.js';
import type { ReferenceModel } from '../flow/reference.js';
import { flowDefinition } from '../flow/registry.js';
import { type NetworkOfEdges, networkOfEdges } from '../links/network.js';
import type { LinksModel, LinksSpec } from '../links/types.js';
import { loadModules, resolveModules } from '../plugin/modules.js';
import type { AgentOrder } from '../program/flow/order.js';
import { type ProgramPlan, planProgram, refuseDisconnected } from '../program/flow/plan.js';
import { allAlike, checkTargets } from '../program/targets.js';
import type { RunPlan } from '../program/types.js';
import type { AgentRow } from '../report/agents-csv.js';
import { seedWords } from '../runtime.js';
import { remedyHint } from '../tune/remedy.js';
import type { Tuning } from '../tune/tune.js';
import { fillFlow } from './fill.js';
import { estimateMemory } from './memory.js';
import { reportOptimum, settleOptimum } from './optimum.js';
import type { PlanReport } from './types.js';

/** A run that is ready to start, whatever its program. */
export interface Prepared {
  config: RunConfig;
  program: { run: RunPlan; warnings: string[] };
  report: PlanReport;
  /** Writes data, beginning and optimum into a fresh arena. */
  fill(arena: Arena): void;
  /** What to try next, after a divergence. */
  hint(): string;
  /** Where an agent is: its name in the topology, and the agents it is linked to. */
  place(agent: number): { label: string | null; neighbours: number[] };
  /** All of them, for agents.csv. */
  agents(): Iterable<AgentRow>;
}

export interface FlowPrepared extends Prepared {
  graph: Graph;
  /** Null where every edge is up in every round. */
  links: LinksModel | null;
  /** Null where what is averaged stands still. */
  reference: ReferenceModel | null;
  /** Null where all edges of the network are alike, or there is none. */
  networkOfEdges: NetworkOfEdges | null;
  weights: Float64Array | null;
  degrees: Float64Array;
  cost: CostModel;
  program: ProgramPlan;
  /** Agents x dim, or null for the flow's own beginning. */
  init: Float64Array | null;
  optimum: Optimum | null;
}

export async function prepareRun(loaded: LoadedConfig, workers: number): Promise<Prepared> {
  try {
    return await prepareUnlocated(loaded, workers);
  } catch (error) {
    // The parser of configs is loaded only to say where something stands.
    const { locate } = await import('../config/load.js');
    throw locate(error as Error, loaded);
  }
}

async function prepareUnlocated(loaded: LoadedConfig, workers: number): Promise<Prepared> {
  const { config } = loaded;
  if (config.program === undefined) return prepareFlow(loaded, config, workers);
  const { prepareServer } = await import('./prepare-server.js');
  return prepareServer(loaded, config, workers);
}

async function prepareFlow(loaded: LoadedConfig, config: FlowConfig, workers: number): Promise<FlowPrepared> {
  const resolve = (file: string) => path.resolve(loaded.folder, file);
  const noticed: string[] = [];
  refuseMoreThanFits(config);
  const topology = await loadGraph(config.topology, config, resolve, noticed);
  const links = await loadLinks(config, topology, resolve, noticed);
  const graph = links?.graph ?? topology;
  refuseDisconnected(graph);
  if (config.weights === 'file' && links && graph !== topology) {
    throw unexpected(
      ['weights'],
      'file',
      `unit or metropolis, since links.kind is ${links.plan.kind}, which brings edges of its own, without weights`,
    );
  }
  const { weights, degrees } = edgeWeights(graph, config.weights);

  const costSpec = resolveModules(config.cost, loaded.folder, ['cost']);
  await loadModules(costSpec.modules);
  const warnings: string[] = [];
  const cost = await loadCost(costSpec.spec, {
    agents: graph.nodes,
    seed: seedWords(config.seed),
    resolve,
    path: ['cost'],
    labels: graph.labels,
    numbered: config.topology.file !== undefined,
    warn: (message) => warnings.push(message),
    ...(config.flow.batch === undefined ? {} : { batch: config.flow.batch }),
  });

  const measured = automaticGain(config.flow) ? await import('../../topology/spectrum.js') : null;
  let knownSpectrum: Spectrum | null = null;
  const measureSpectrum = () => {
    if (!measured) return boundSpectrum(graph, degrees);
    const { spectrum, balancedSpectrum } = measured;
    knownSpectrum ??= graph.arcs ? balancedSpectrum(graph, graph.arcs) : spectrum(graph, weights);
    return links ? meanSpectrum(links, knownSpectrum, weights, spectrum) : knownSpectrum;
  };
  const ofEdges = await networkOfEdges(config.network, graph, resolve);
  const compressor = resolveModules(config.compressor, loaded.folder, ['compressor']);
  await loadModules(compressor.modules);
  const reference = await loadReference(config, graph.nodes, cost.dim, resolve);
  const planned = (
    workers: number,
    reference: ReferenceModel | null,
    compress = config.flow.compress,
    layout = config.layout,
  ) =>
    planProgram({
      config: {
        ...config,
        layout,
        compressor: compressor.spec,
        flow: { ...config.flow, ...(compress && { compress }) },
      },
      graph,
      links,
      reference,
      weights,
      degrees,
      cost,
      workers,
      networkOfEdges: ofEdges !== null,
      spectrum: measureSpectrum,
      modules: [...costSpec.modules, ...compressor.modules].map(({ url }) => url),
    });
  let program = planned(workers, reference);

  const init =
    config.init === undefined
      ? (reference?.start ?? null)
      : await readInit(resolve(config.init), graph.nodes, cost.dim);
  if (program.run.problem === 'average' && !init && program.run.layout.fields['cost.b'] === undefined) {
    throw unexpected(
      ['init'],
      undefined,
      "a .npy file with every agent's own value, agents x dim (that is what consensus averages)",
    );
  }
  program.warnings.push(...noticed, ...warnings, ...(links?.warnings ?? []));
  const averages = program.run.problem === 'average';
  const optimum = settleOptimum(cost, program, !averages);
  checkTargets(config.stop, {
    averages,
    noOptimum: averages || optimum ? null : (cost.whyNoOptimum ?? 'its cost has none'),
    agree: agreement(averages, init, cost.dim),
  });

  const found = knownSpectrum as Spectrum | null;
  if (found && !found.converged) {
    const accuracy = Math.max(found.residual2, found.residualMax).toExponential(0);
    program.warnings.push(
      `the graph's spectrum is known to ${accuracy} only: gains that are auto may be off`,
    );
  }

  const warnOfAveraging = async () => {
    const definition = flowDefinition(config.flow.kind);
    if (definition.averaging === undefined) return null;
    const [{ averagingWarning }, { spectrum }] = await Promise.all([
      import('../flow/averaging.js'),
      import('../../topology/spectrum.js'),
    ]);
    return averagingWarning({
      definition,
      plan: program.run.flow,
      graph,
      degrees,
      pair: links?.pairwise ? 2 * heaviestOf(weights) : null,
      bound: boundSpectrum(graph, degrees).lambdaMax,
      lambdaMax: () => (knownSpectrum ?? spectrum(graph, weights)).lambdaMax,
    });
  };

  let tuning: Tuning | null = null;
  if (hasOpenGains(config.flow, flowDefinition(config.flow.kind).search)) {
    const { tune } = await import('../tune/tune.js');
    const { otherMode } = loaded;
    // Short, and the same bits in any order.
    const short = (compress = config.flow.compress) =>
      planned(1, null, compress, { ...config.layout, order: 'given' });
    // Gains are judged by how fast a run converges, which it does where the reference stands still.
    tuning = tune({
      graph,
      links,
      reference: null,
      networkOfEdges: ofEdges,
      weights,
      degrees,
      cost,
      init,
      optimum,
      program: short(),
      otherMode: otherMode === undefined ? null : () => short(otherMode),
      spec: config.flow,
      stop: config.stop,
    });
    const { compress, doubt } = tuning;
    if (doubt !== null) program.warnings.push(`gains that are auto: ${doubt}`);
    if (compress !== null && compress !== config.flow.compress) {
      const { warnings } = program;
      const { optimumValue } = program.run;
      program = { ...planned(workers, reference, compress), warnings };
      program.run.optimumValue = optimumValue;
      // What is written down of this run says what it was.
      config.flow = { ...config.flow, compress };
    }
    program.run.flow = program.planFlow(tuning.gains);
  }

  const averaging = links === null || links.pairwise ? await warnOfAveraging() : null;
  if (averaging !== null) program.warnings.push(averaging);

  const { flow, edges, dim, rounds } = program.run;
  const graphBytes =
    graph.rowStart.byteLength +
    graph.columns.byteLength +
    (weights?.byteLength ?? 0) +
    degrees.byteLength +
    orderBytes(program.order);
  const prepared: FlowPrepared = {
    config,
    fill: (arena) => fillFlow(arena, prepared),
    hint: () =>
      remedyHint(
        program,
        { graph, links, reference, networkOfEdges: ofEdges, weights, degrees, cost, init, optimum },
        () => planned(1, reference, program.run.flow.compress, { ...config.layout, order: 'given' }),
      ),
    place: (agent) => ({
      label: graph.labels?.[agent] ?? null,
      neighbours: Array.from(graph.columns.subarray(graph.rowStart[agent], graph.rowStart[agent + 1])),
    }),
    agents: () => agentRows(graph, cost),
    graph,
    links,
    reference,
    networkOfEdges: ofEdges,
    weights,
    degrees,
    cost,
    program,
    init,
    optimum,
    report: {
      name: nameOf(loaded),
      agents: graph.nodes,
      edges,
      dim,
      workers,
      rounds,
      topology: describeTopology(config, topology),
      cost: cost.description,
      flow: flow.compress === undefined ? flow.kind : `${flow.kind}, ${flow.compress}`,
      compressor: describeSpec(config.compressor),
      links: config.links ? describeLinks(config.links) : null,
      layout: { order: program.orderReport, blockAgents: program.run.blockAgents },
      ...estimateMemory(program.run, graphBytes),
      spectrum: found && { lambda2: found.lambda2, lambdaMax: found.lambdaMax },
      gains: flow.gains,
      tuning,
      bits: { perMessage: program.run.messageBits, uncompressedPerMessage: program.run.uncompressedBits },
      optimum: reportOptimum(optimum),
      warnings: program.warnings,
    },
  };
  return prepared;
}

/** Why all agents are at one point from the start, as half a sentence; null where they are not. */
function agreement(averages: boolean, init: Float64Array | null, dim: number): string | null {
  if (init !== null) return allAlike(init, dim) ? 'all rows of init are alike' : null;
  return averages ? null : 'all agents begin at the same point';
}

/**
 * Without `auto` nobody waits for the spectrum. What a hint after a divergence needs is lambdaMax, and lambdaMax <= max over edges of
 * d_i + d_j (Anderson, Morley 1985), in a directed graph twice the largest (`balancedSpectrum`); lambda2 stays unknown.
 */
function boundSpectrum({ rowStart, columns, nodes, arcs }: Graph, degrees: Float64Array) {
  let lambdaMax = 0;
  if (arcs) for (const degree of degrees) lambdaMax = Math.max(lambdaMax, 2 * degree);
  for (let i = 0; i < nodes; i++) {
    for (let edge = rowStart[i]; edge < rowStart[i + 1]; edge++) {
      lambdaMax = Math.max(lambdaMax, degrees[i] + degrees[columns[edge]]);
    }
  }
  return { lambda2: Number.NaN, lambdaMax };
}

/** Before a graph is generated that no arena could hold: x alone takes so much. */
function refuseMoreThanFits({ topology, cost }: FlowConfig): void {
  const { nodes } = topology as { nodes?: unknown };
  const dim = typeof cost['dim'] === 'number' ? cost['dim'] : 1;
  if (typeof nodes !== 'number' || !(nodes * rowLength(dim) * 8 > MAX_ARENA_BYTES)) return;
  const most = Math.floor(MAX_ARENA_BYTES / (rowLength(dim) * 8));
  throw new InputError(
    `topology.nodes is ${nodes}: with dim ${dim} their states alone take ${formatBytes(nodes * rowLength(dim) * 8)}, expected at most ${most} nodes (4 GiB, what 32-bit WebAssembly can address)`,
    { path: ['topology', 'nodes'] },
  );
}

async function loadGraph(
  { largestComponent: takeLargest, ...spec }: TopologySpec,
  config: FlowConfig,
  resolve: (file: string) => string,
  warnings: string[],
  path: SpecPath = ['topology'],
): Promise<Graph> {
  const graph =
    spec.file === undefined
      ? withPath(path, () => generate(spec as { kind: string }, config.seed))
      : await readGraphFile({ ...spec, file: spec.file }, config, resolve, warnings);
  if (graph.nodes === 0) throw new InputError('the graph has no nodes', { path });
  if (!takeLargest) return graph;
  return spec.file === undefined ? largestComponent(graph) : largestNamedComponent(graph);
}

async function readGraphFile(
  { file, directed, format, encoding, separator, header, columns }: TopologySpec & { file: string },
  { weights }: FlowConfig,
  resolve: (file: string) => string,
  warnings: string[],
): Promise<Graph> {
  const { readGraph } = await import('../../topology/readers/registry.js');
  const graph = await readGraph(resolve(file), {
    directions: directed ? 'keep' : 'forget',
    ...(format === undefined ? {} : { format }),
    encoding,
    separator,
    header,
    columns,
  });
  warnings.push(...droppedWarning(file, graph, weights));
  if (graph.directionsForgotten && directed === undefined) {
    warnings.push(
      `${file} says that its edges have directions, and every arc is taken for an edge both ways: directed: true keeps them, directed: false says that this is meant`,
    );
  }
  return graph;
}

/** What making a file's graph simple left out. */
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

/** What a flow averages, where it moves. A series says where agents begin, and nothing else may. */
async function loadReference(
  { flow, init, seed }: FlowConfig,
  agents: number,
  dim: number,
  resolve: (file: string) => string,
): Promise<ReferenceModel | null> {
  if (flow.reference === undefined) return null;
  if ('file' in flow.reference && init !== undefined) {
    throw unexpected(['init'], init, 'no init: agents begin at the first round of flow.reference.file');
  }
  const { loadReference: load } = await import('../flow/reference.js');
  return load(flow.reference, { agents, dim, seed: seedWords(seed), resolve, path: ['flow', 'reference'] });
}

/** The links of a run that change, and with them the graph that they make together. */
async function loadLinks(
  config: FlowConfig,
  graph: Graph,
  resolve: (file: string) => string,
  warnings: string[],
): Promise<LinksModel | null> {
  const { links: spec } = config;
  if (spec === undefined) return null;
  const { linksDefinition } = await import('../links/registry.js');
  return linksDefinition(spec.kind, ['links']).load(spec, {
    graph,
    path: ['links'],
    async loadGraph(topology, path) {
      const [{ checkTopology }, { loadTopologies }] = await Promise.all([
        import('../config/schema.js'),
        import('../config/registries.js'),
      ]);
      const { spec: checked, issues } = checkTopology(await loadTopologies(), topology, path);
      if (issues.length > 0) throw new InputError(issues[0].text, { path: issues[0].path });
      return loadGraph(checked, config, resolve, warnings, path);
    },
  });
}

/**
 * What gains are made from where links change: lambda2 of the mean Laplacian E L(k), which says how fast disagreement shrinks in the long run, and
 * lambdaMax of all edges together, which no round exceeds. Pairs are an exception: each talks as if alone, and its own spectrum, 2 w, is all there is.
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

function* agentRows(graph: Graph, cost: CostModel): Iterable<AgentRow> {
  const { nodes, rowStart } = graph;
  for (let agent = 0; agent < nodes; agent++) {
    yield {
      row: agent,
      label: nameOfNode(graph, agent),
      degree: rowStart[agent + 1] - rowStart[agent],
      samples: samplesOf(cost, agent),
    };
  }
}

/** Null where the cost is made of none. */
export function samplesOf({ samples }: CostModel, agent: number): number | null {
  return samples === undefined ? null : samples[agent + 1] - samples[agent];
}

function heaviestOf(weights: Float64Array | null): number {
  return weights?.reduce((most, weight) => Math.max(most, weight), 0) ?? 1;
}

/** For people. */
export function nameOf({ config, file }: LoadedConfig): string {
  return config.name ?? (file ? path.basename(file).replace(/\.ya?ml$/, '') : 'run');
}

/** Puts a component's own path in front of the path that an error names. */
function withPath<T>(prefix: SpecPath, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (isInputError(error)) error.path = [...prefix, ...(error.path ?? [])];
    throw error;
  }
}

/** A beginning: agents x dim finite numbers; `expected` says so to a person. */
export async function readInit(
  file: string,
  agents: number,
  dim: number,
  expected = 'agents x dim',
): Promise<Float64Array> {
  const { shape, data } = await readNpy(file);
  const [rows, columns = 1] = shape;
  const where = { path: ['init'], file };
  if (rows !== agents || columns !== dim) {
    throw new InputError(
      `${file} holds ${rows} x ${columns} numbers, expected ${agents} x ${dim} (${expected})`,
      where,
    );
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InputError(
      `${file}: entry [${Math.floor(bad / dim)}, ${bad % dim}] (agent, coordinate, from 0) is ${data[bad]}, expected a finite number`,
      where,
    );
  }
  return data;
}

function orderBytes(order: AgentOrder | null): number {
  if (order === null) return 0;
  return Object.values(order).reduce((sum: number, { byteLength }: Uint32Array) => sum + byteLength, 0);
}

/** In the short form; of a list of graphs, how many there are. */
function describeLinks(spec: LinksSpec): string {
  const { graphs } = spec;
  return describeSpec(Array.isArray(graphs) ? { ...spec, graphs: graphs.length } : spec);
}

/** A file by its name, and how it was read where that could be done in several ways. */
function describeTopology({ topology: spec }: FlowConfig, { readAs }: Graph): string {
  if (spec.file === undefined) return describeSpec(spec as { kind: string });
  const name = path.basename(spec.file);
  return readAs === undefined ? name : `${name} (read as ${readAs})`;
}
