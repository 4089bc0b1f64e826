/**
 * Planning a run of a flow: from a graph, a cost and specs to the plain data that workers are given, and the arena's layout.
 * Everything that can be refused is refused here, before a byte of the arena is allocated.
 */

import type { Graph } from '../../../topology/index.js';
import { components, strongComponents, unbalancedNode } from '../../../topology/properties.js';
import { checkArenaFits, type FieldSpec, layoutArena, rowLength } from '../../arena/layout.js';
import { cacheBytes } from '../../caches.js';
import { planCompressor } from '../../compress/registry.js';
import { type CompressorPlan, type CompressorSpec, reckonedContraction } from '../../compress/types.js';
import type { FlowConfig } from '../../config/types.js';
import type { CostModel } from '../../cost/types.js';
import { describeSpec } from '../../describe.js';
import { InputError, unexpected } from '../../errors.js';
import { channelFields, channelPath, channelSeed } from '../../flow/channel.js';
import { edgeFields } from '../../flow/edges.js';
import { automaticGain } from '../../flow/gains.js';
import type { ReferenceModel } from '../../flow/reference.js';
import { flowDefinition, flows } from '../../flow/registry.js';
import type { FlowDefinition, FlowPlan, FlowSpec, GainContext } from '../../flow/types.js';
import { type Hearers, heardRows, linksFields } from '../../links/bind.js';
import { linksDefinition } from '../../links/registry.js';
import type { LinksModel } from '../../links/types.js';
import { type PlanContext, seedWords } from '../../runtime.js';
import { CONTROL_WORDS } from '../../sync/control.js';
import { COLUMNS, RING_ROWS } from '../../trace/ring.js';
import { accuracyFields } from '../accuracy.js';
import { measureFields, planMeasure, rowWork, workOf } from '../measure.js';
import { changingNs, distanceNs, gradientNs, messageNs, partition } from '../partition.js';
import { bitsFields } from './bits.js';
import { findHubs, HUB_EDGES, type Hub, hubFields } from './hubs.js';
import { type AgentOrder, chooseOrder, type OrderReport } from './order.js';
import type { FlowRunPlan } from './types.js';

/**
 * A round touches some ten rows of each agent of a block (state, data, messages as gathered and decoded); were each of them to take this share of the second cache, they would fill about
 * two thirds of it. Measured best, or as good as the best, for rows of 16 to 16,384 entries: docs/performance.md.
 */
const BLOCK_SHARE = 1 / 16;
/** A worker that waits less than this is not worth a warning. */
const WORTH_SAYING = 0.1;
/** A single agent has nobody to disagree with: no gain of a disagreement does anything, and any finite one will do. */
const ALONE = { lambda2: 1, lambdaMax: 1 };
/** More agents than this share no further cost of a call. */
const MAX_BLOCK_AGENTS = 128;

/** Agents worked on together. It changes no bits. */
export function chooseBlock(rowBytes: number, secondBytes: number): number {
  return Math.max(1, Math.min(MAX_BLOCK_AGENTS, Math.floor((secondBytes * BLOCK_SHARE) / rowBytes)));
}

export interface ProgramPlan {
  run: FlowRunPlan;
  warnings: string[];
  /** Gains' context with the spectrum, computed on first use. */
  gains: () => GainContext;
  /** The flow with other numbers for some of its parameters; everything else of the run stays as it is. */
  planFlow(numbers: Record<string, number>): FlowPlan;
  /** Multiply-adds of a round, about. */
  work: number;
  /** Null where agents lie in the order of their numbers. */
  order: AgentOrder | null;
  orderReport: OrderReport;
}

export interface ProgramInputs {
  config: FlowConfig;
  graph: Graph;
  /** Null where all edges weigh 1. */
  weights: Float64Array | null;
  /** Null where every edge is up in every round. */
  links: LinksModel | null;
  /** Null where what is averaged stands still. */
  reference: ReferenceModel | null;
  /** Weighted degrees. */
  degrees: Float64Array;
  cost: CostModel;
  workers: number;
  /** Whether the config's network gives edges of their own bandwidth or latency. */
  networkOfEdges: boolean;
  spectrum: () => { lambda2: number; lambdaMax: number };
  /** URLs of the user's own modules that the specs name; they are loaded. */
  modules?: readonly string[];
}

export function planProgram(inputs: ProgramInputs): ProgramPlan {
  const { config, graph, weights, cost, workers } = inputs;
  const { dim } = cost;
  const agents = graph.nodes;
  const rowBytes = rowLength(dim) * 8;
  const { block } = config.layout;
  const blockAgents = Math.min(agents, block === 'auto' ? chooseBlock(rowBytes, cacheBytes().second) : block);
  const context: Omit<PlanContext, 'path'> = {
    agents,
    dim,
    blockAgents,
    seed: seedWords(config.seed),
    rounds: config.rounds,
    linksChange: inputs.links !== null,
  };

  const { flow: flowSpec } = config;
  const warnings: string[] = [];
  const definition = flowDefinition(flowSpec.kind);
  const messages = definition.messages(flowSpec);
  checkGraph(definition, inputs);
  const [compressor, ...further] = Array.from({ length: Math.max(1, messages.channels) }, (_, channel) =>
    planCompressor(config.compressor, {
      ...context,
      seed: channelSeed(context.seed, channel),
      path: channelPath(channel),
    }),
  );
  const channels = messages.channels === 0 ? [] : [compressor, ...further];
  const contraction = messages.compressed ? reckonedContraction(compressor) : 1;
  checkCompressor(definition, flowSpec, messages.compressed, compressor, config.compressor, warnings);
  const gains = memo<GainContext>(() => {
    const { m, l, meanM, meanL } = cost.curvature;
    const automatic = automaticGain(flowSpec);
    const descends = definition.problem === 'cost';
    if (descends && automatic !== undefined && !(l > 0 && l < Number.POSITIVE_INFINITY)) {
      const why = l === 0 ? 'its data are all zero' : 'it gives no l';
      throw unexpected(
        ['flow', automatic],
        'auto',
        `a number: the cost does not say how smooth it is (${why})`,
      );
    }
    const near = (descends && automatic !== undefined && cost.curvatureAtOptimum?.()) || null;
    return {
      ...(agents === 1 && automatic !== undefined ? ALONE : inputs.spectrum()),
      directed: graph.arcs !== undefined,
      degree: inputs.degrees.reduce((sum, degree) => sum + degree, 0) / agents,
      m,
      l,
      meanM: near?.meanM ?? meanM,
      meanL: near?.meanL ?? meanL,
      ...(near !== null && near.l !== null && { nearL: Math.min(l, near.l) }),
      ...(near?.flat === true && { flat: true }),
      delta: agents === 1 ? 1 : contraction,
      linear: agents === 1 || !messages.compressed || compressor.linear,
    };
  });

  const rowEntries = rowLength(dim);
  const arcs = graph.arcs?.count ?? 2 * graph.edges;
  const hearers: Hearers = { directed: graph.arcs !== undefined, shares: messages.shares ?? false };
  const measure = planMeasure({
    agents,
    work: workOf(cost),
    curvature: definition.problem === 'average' ? 'ones' : (cost.plan.meanCurvature ?? null),
    sample: config.trace.sample,
    stop: config.stop,
  });
  const shared: FieldSpec[] = [
    { name: 'control', type: 'i32', length: CONTROL_WORDS },
    { name: 'trace.ring', type: 'f64', length: RING_ROWS * COLUMNS.length },
    { name: 'graph.rowStart', type: 'u32', length: agents + 1 },
    { name: 'graph.columns', type: 'u32', length: arcs },
    { name: 'graph.weights', type: 'f64', length: weights ? weights.length : 1 },
    { name: 'graph.degrees', type: 'f64', length: agents },
    { name: 'trace.mean', type: 'f64', length: rowEntries },
    { name: 'trace.optimum', type: 'f64', length: rowEntries },
    { name: 'trace.values', type: 'f64', length: agents },
    { name: 'trace.toOptimum', type: 'f64', length: agents },
    { name: 'trace.toMean', type: 'f64', length: agents },
    ...accuracyFields(cost.plan),
    ...measureFields(measure, agents, dim),
  ];
  if (inputs.reference) shared.push(...inputs.reference.fields);
  const state = definition.fields(flowSpec, { ...context, path: ['flow'] });
  if (state.some(({ name }) => name === 's')) {
    shared.push({ name: 'trace.toEstimate', type: 'f64', length: agents });
  }
  if (messages.unicast) shared.push(...edgeFields(messages.unicast, graph.edges));
  for (const [channel, plan] of channels.entries()) shared.push(...channelFields(plan, channel, agents));
  const said = (channels.length === 0 ? [compressor] : channels).map(({ messageBits }) => messageBits);
  const scalarBits = 64 * (messages.scalars ?? 0);
  const counted = {
    unicastBits: messages.unicast ? [...messages.unicast.bits] : null,
    // Whoever is alone says nothing to anybody.
    messageBits: messages.unicast
      ? null
      : agents === 1
        ? 0
        : said.reduce(
            (sum, bits) => (sum === null || bits === null ? null : sum + bits),
            scalarBits as number | null,
          ),
    links: inputs.links?.plan ?? null,
    arcs,
    estimates: messages.estimates ?? false,
  };
  shared.push(...bitsFields(counted), ...hearersFields(hearers, agents, arcs));
  if (inputs.links) shared.push(...linksFields(inputs.links, agents, arcs, hearers));
  if (inputs.networkOfEdges) {
    shared.push(
      { name: 'network.bandwidth', type: 'f64', length: arcs },
      { name: 'network.latency', type: 'f64', length: arcs },
    );
  }
  const messageBytes =
    channels.length === 0 ? rowBytes : channels.reduce((sum, { slotBytes }) => sum + slotBytes, 0);
  const placement = chooseOrder({
    choice: config.layout.order,
    graph,
    hindrance: hindrance(inputs, messages.unicast !== undefined),
    messageBytes,
  });
  const { order } = placement;
  shared.push(...orderFields(order));
  // A hub's chunks are gathered before its owner has written the weights of the round; and they are chunks of edges.
  const hubs = inputs.links || graph.arcs || messages.unicast ? [] : findHubs(order ?? graph);
  shared.push(...hubFields(hubs, Math.max(1, channels.length), agents, rowEntries));
  const ofCompressors = (channels.length === 0 ? [compressor] : channels).flatMap(({ fields }) => fields);
  const layout = layoutArena([...shared, ...state, ...ofCompressors, ...cost.fields], workers);
  // Before the spectrum and the optimum are computed: whoever asks for too much should not wait to hear it.
  checkArenaFits(layout);
  const flowContext = {
    gains,
    contraction,
    variance: messages.compressed ? compressor.variance : undefined,
    maxDegree: inputs.degrees.reduce((largest, degree) => Math.max(largest, degree), 0),
  };
  const flow = definition.plan(flowSpec, flowContext);
  const bad = Object.entries(flow.gains).find(([, value]) => !Number.isFinite(value));
  if (bad !== undefined) {
    const expected = 'a number: the graph and the cost leave it open';
    throw unexpected(['flow', bad[0]], flowSpec[bad[0]] ?? 'auto', expected);
  }
  const caches = cacheBytes();
  const far = order === null ? distanceNs(agents, messageBytes, caches) : 0;
  const changing = inputs.links === null ? 0 : changingNs(agents, dim, counted.estimates, caches);
  const times = agentNs(order ?? heardRows(graph), cost, channels, far + changing, order, hubs);
  if (inputs.links) warnHub(times, graph, workers, warnings);

  return {
    run: {
      program: 'flow',
      agents,
      edges: graph.arcs?.count ?? graph.edges,
      ...counted,
      directed: hearers.directed,
      shares: hearers.shares,
      stateBits: said.length * 64 * dim,
      dim,
      rowBytes,
      blockAgents,
      seed: context.seed,
      workers,
      rounds: config.rounds,
      stop: config.stop,
      traceEvery: config.trace.every,
      network: config.network ?? null,
      layout,
      weightStride: weights ? 8 : 0,
      modules: [...(inputs.modules ?? [])],
      channels,
      flow,
      cost: cost.plan,
      senders: agents === 1 ? 0 : agents,
      uncompressedBits: said.length * 64 * dim + scalarBits,
      state: ['x', 'v', 's']
        .filter((name) => layout.fields[name])
        .map((name) => ({ name, rows: agents, doubled: layout.fields[name].length > agents * rowEntries })),
      partition: partition(times, workers),
      hubs,
      reference: inputs.reference?.plan ?? null,
      optimumMoves: inputs.reference !== null,
      problem: definition.problem,
      measure,
      measured: measure.points,
      rowWork: rowWork(measure.points, measure.curvature !== null, workOf(cost), agents, dim),
      optimumValue: Number.NaN,
    },
    warnings,
    gains,
    planFlow: (numbers) => definition.plan({ ...flowSpec, ...numbers }, flowContext),
    work: workOfRound(graph, cost, compressor, hubs),
    order,
    orderReport: placement.report,
  };
}

/** Why agents lie in the order of their numbers whatever the graph; null where they need not. */
function hindrance({ links, graph }: ProgramInputs, unicast: boolean): string | null {
  if (links) return 'links change, and are drawn by the numbers of their ends';
  if (graph.arcs) return 'the graph is directed';
  return unicast ? 'neighbours are told different things, by the order of their numbers' : null;
}

/** Numbers by position, positions by number, and a column of trace quantities by position. */
function orderFields(order: AgentOrder | null): FieldSpec[] {
  if (order === null) return [];
  const { length } = order.numbers;
  return [
    { name: 'agents.numbers', type: 'u32', length },
    { name: 'agents.positions', type: 'u32', length },
    { name: 'trace.byPosition', type: 'f64', length },
  ];
}

/** What a flow and a compressor cannot do together is refused or, where it only disappoints, said. */
function checkCompressor(
  definition: FlowDefinition,
  flow: FlowSpec,
  compressed: boolean,
  plan: CompressorPlan,
  spec: CompressorSpec,
  warnings: string[],
): void {
  const { kind, linear, variance } = plan;
  if (!compressed) {
    if (kind === 'identity') return;
    if (flow.compress === undefined) {
      throw unexpected(
        ['compressor', 'kind'],
        spec.kind,
        `identity, since ${flow.kind} sends its vectors as they are`,
      );
    }
    throw unexpected(
      ['flow', 'compress'],
      'none',
      `node-state, error-state or observer, since compressor.kind is ${spec.kind} (with none nothing is compressed)`,
    );
  }
  if (flow.compress === 'node-state' && !linear) {
    warnings.push(
      `node-state compression converges for linear compressors only; ${spec.kind} is not linear, so expect it to stall short of the optimum (error-state and observer do not)`,
    );
  }
  if (reckonedContraction(plan) > 0 || (definition.unbiased && variance !== undefined)) return;
  if (automaticGain(flow)) {
    throw unexpected(
      ['flow', automaticGain(flow) as string],
      'auto',
      `a number: ${describeSpec(spec)} is no contraction, so no step can be promised (shrink it with { kind: scale, factor: c, inner: ... }, or see \`sottovoce certify\`)`,
    );
  }
  if (flow.compress !== 'node-state') {
    warnings.push(
      `${describeSpec(spec)} is no contraction: the estimates may grow unless mu is small enough (\`sottovoce certify\` finds how small)`,
    );
  }
}

function hearersFields({ directed, shares }: Hearers, agents: number, arcs: number): FieldSpec[] {
  return [
    ...(directed
      ? [
          { name: 'graph.outStart', type: 'u32' as const, length: agents + 1 },
          { name: 'graph.outColumns', type: 'u32' as const, length: arcs },
        ]
      : []),
    ...(shares ? [{ name: 'graph.outDegrees', type: 'f64' as const, length: agents }] : []),
  ];
}

/** A flow that rests on symmetry, or on the same weights in every round, says so before it goes wrong. */
function checkGraph(definition: FlowDefinition, { config, graph, links, weights }: ProgramInputs): void {
  const { flow, links: linksSpec } = config;
  const graphs = definition.graphs?.(flow) ?? 'edges';
  const mode = flow.compress === undefined ? flow.kind : `${flow.kind} with compress ${flow.compress}`;
  const others = (able: (kind: FlowDefinition) => boolean) =>
    Object.values(flows)
      .filter((other) => other !== definition && able(other))
      .map(({ kind }) => kind)
      .join(', ');
  if (graph.arcs) {
    if (graphs === 'edges') {
      const path = ['flow', flow.compress === undefined ? 'kind' : 'compress'];
      throw new InputError(
        `${mode} needs every link to work in both directions, and the topology is directed`,
        {
          path,
          hint: `on directed graphs: push-sum, or consensus with compress none where everyone hears as many as hear it; or make edges of the arcs (no \`directed\`)`,
        },
      );
    }
    const uneven = graphs === 'balanced' ? unbalancedNode(graph.arcs) : -1;
    if (uneven >= 0) {
      throw new InputError(
        `${mode} needs everyone to hear as many as hear it, and agent ${graph.labels?.[uneven] ?? uneven} does not`,
        { path: ['flow', 'kind'], hint: 'push-sum averages over any strongly connected directed graph' },
      );
    }
    if (weights !== null) {
      throw unexpected(
        ['weights'],
        config.weights,
        'unit, since the arcs of a directed graph have no weights',
      );
    }
  }
  if (graphs === 'arcs' && weights !== null) {
    throw unexpected(['weights'], config.weights, `unit, since ${flow.kind} gives even shares`);
  }
  if (!links || !linksSpec) return;
  const kind = linksDefinition(linksSpec.kind, ['links']);
  const refuse = (why: string, hint: string) =>
    new InputError(`links.kind is ${kind.kind}, ${why}`, { path: ['links', 'kind'], hint });
  if (!definition.changingLinks) {
    throw refuse(
      `and ${flow.kind} needs the same weights in every round`,
      `over changing links: ${others((other) => other.changingLinks ?? false)}`,
    );
  }
  if (graph.arcs && !kind.directed) {
    throw refuse(
      'which needs links that work in both directions, and the topology is directed',
      'drops and gilbert-elliott let single arcs fail',
    );
  }
  if (graph.arcs && graphs === 'balanced' && !kind.balanced) {
    throw refuse(
      `which lets single arcs fail, and ${mode} needs everyone to hear as many as hear it in every round`,
      'flow: { kind: push-sum }, or an undirected topology',
    );
  }
  if (definition.messages(flow).shares && kind.foreseen === false) {
    throw refuse(
      `whose links are agreed on in the round itself, and ${flow.kind} has to know a round ahead how many will hear`,
      'flow: { kind: consensus } averages over pairs',
    );
  }
}

/** Multiply-adds of a round, about: neighbours (but a hub's, whose row all workers share), transforms and step, data. */
function workOfRound(
  graph: Graph,
  cost: CostModel,
  compressor: CompressorPlan,
  hubs: readonly Hub[],
): number {
  const size = (compressor['size'] as number | undefined) ?? cost.dim;
  const transforms = size > cost.dim || compressor.kind === 'flatten' ? 3 * size * Math.log2(size) : 0;
  const fixed = transforms + 12 * cost.dim;
  // A linear compressor's message is a few numbers; any other one is decoded to all entries.
  const told = compressor.linear && compressor.messageBits !== null ? compressor.messageBits / 64 : size;
  let total = 0;
  for (let agent = 0; agent < graph.nodes; agent++) {
    total += fixed + cost.work[agent] + (graph.rowStart[agent + 1] - graph.rowStart[agent] + 1) * told;
  }
  for (const { edges } of hubs) total -= edges * told;
  return total;
}

/** Time of a round of each agent, about, by position; without a hub's neighbours, whom all workers share. `reachNs`: what is added for each neighbour. */
function agentNs(
  { rowStart }: Pick<Graph, 'rowStart'>,
  cost: CostModel,
  channels: readonly CompressorPlan[],
  reachNs: number,
  order: AgentOrder | null,
  hubs: readonly Hub[],
): Float64Array {
  const messages =
    channels.length === 0
      ? [messageNs(null, cost.dim)]
      : channels.map((channel) => messageNs(channel, cost.dim));
  const own = messages.reduce((sum, message) => sum + message.own, 0);
  const neighbour = messages.reduce((sum, message) => sum + message.neighbour, 0);
  const gradient = gradientNs(cost);
  const total = gradient.map((_, at) => {
    const degree = rowStart[at + 1] - rowStart[at];
    return (
      gradient[order === null ? at : order.numbers[at]] + own + neighbour + degree * (neighbour + reachNs)
    );
  });
  for (const { agent, edges } of hubs) total[agent] -= edges * (neighbour + reachNs);
  return total;
}

/**
 * Over changing links a hub's row stays whole: its owner writes the weights of the round in the round itself, and to share the row they would have to be known a barrier before, and
 * the estimates that flows read beside messages shared too. With two workers there is nothing to win, since the partition reckons with the row; where it alone is more than a worker's share,
 * that is said.
 */
function warnHub(
  times: Float64Array,
  { rowStart, labels }: Graph,
  workers: number,
  warnings: string[],
): void {
  let busiest = 0;
  let total = 0;
  for (let agent = 0; agent < times.length; agent++) {
    total += times[agent];
    if (times[agent] > times[busiest]) busiest = agent;
  }
  const edges = rowStart[busiest + 1] - rowStart[busiest];
  if (edges < HUB_EDGES || times[busiest] * workers <= total * (1 + WORTH_SAYING)) return;
  const useful = Math.max(1, Math.floor(total / times[busiest]));
  warnings.push(
    `agent ${labels?.[busiest] ?? busiest} has ${edges.toLocaleString('en')} neighbours, whose messages one worker adds up where links change: no more than ${useful} of ${workers} workers are of use`,
  );
}

function memo<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}

/** The graph must be connected, and strongly where it is directed: otherwise there is no consensus to reach. */
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
