/**
 * Planning a run of a flow: from the problem to the plain data that workers are given, and the arena's
 * layout.
 *
 * `outlineFlow` makes all of it that gains have no part in. Whatever can be refused is refused there, before
 * the spectrum and the optimum are computed: whoever asks for too much should not wait to hear it. `planFlow`
 * adds the gains.
 */

import { arcMixing } from '../../../topology/arc-mixing.js';
import type { Graph } from '../../../topology/index.js';
import { checkArenaFits } from '../../arena/fits.js';
import {
  type FieldSpec,
  heardRows,
  layoutArena,
  type Precision,
  pointLength,
  REAL,
  rowBytesOf,
  rowLength,
  rowsThatLast,
} from '../../arena/layout.js';
import { cacheBytes } from '../../base/caches.js';
import { formatCount } from '../../base/count.js';
import { unexpected } from '../../base/errors.js';
import { planCompressor, UNCOMPRESSED } from '../../compress/registry.js';
import { type CompressorPlan, reckonedContraction } from '../../compress/types.js';
import { pointFields } from '../../cost/points.js';
import type { CostModel } from '../../cost/types.js';
import { channelFields, channelPath, channelSeed } from '../../flow/channel.js';
import { edgeFields } from '../../flow/edges.js';
import { automaticGain } from '../../flow/gains.js';
import type { ReferenceModel } from '../../flow/reference-types.js';
import { flowDefinition } from '../../flow/registry.js';
import type {
  Compress,
  FlowDefinition,
  FlowMessages,
  FlowPlan,
  FlowSpec,
  GainContext,
} from '../../flow/types.js';
import { inRows, linksFields, type OutTable } from '../../links/bind.js';
import { carriedBy, type NetworkOfEdges } from '../../links/network.js';
import type { CutReport } from '../../ranks/cut.js';
import type { Part } from '../../ranks/part.js';
import { ownTraceFields } from '../../ranks/trace.js';
import { accuracyFields } from '../../run/accuracy.js';
import { type MeasurePlan, measureFields, planMeasure, rowWork, workOf } from '../../run/measure.js';
import { optimumFields } from '../../run/optimum.js';
import {
  changingNs,
  distanceNs,
  foreignRows,
  gradientNs,
  messageNs,
  partition,
} from '../../run/partition.js';
import type { RoundLoad } from '../../run/program.js';
import type { OrderReport } from '../../run/reports.js';
import { verdictField } from '../../run/verdict.js';
import { planWatched, watchedCount } from '../../run/watched.js';
import { type PlanContext, seedWords } from '../../runtime.js';
import { controlWords } from '../../sync/control.js';
import { COLUMNS, RING_ROWS } from '../../trace/ring.js';
import { bitsFields } from './bits.js';
import type { LayoutSpec } from './config.js';
import { findHubs, HUB_EDGES, type Hub, hubFields } from './hubs.js';
import type { FlowProblem } from './load.js';
import { type AgentOrder, chooseOrder, type LocalOrder } from './order.js';
import { checkCompressor, checkCost, checkGraph } from './refuse.js';
import type { FlowRunPlan } from './types.js';

/**
 * A round touches some ten rows of each agent of a block (state, data, messages as gathered and decoded).
 * Were each of them to take this share of the second cache, they would fill about two thirds of it. Measured
 * best, or as good as the best, for rows of 16 to 16,384 entries: docs/performance.md.
 */
const BLOCK_SHARE = 1 / 16;
/** A worker that waits less than this is not worth a warning. */
const WORTH_SAYING = 0.1;
/**
 * A single agent has nobody to disagree with: no gain of a disagreement does anything, and any finite one
 * will do.
 */
const ALONE = { lambda2: 1, lambdaMax: 1 };
/** Of one of several ranks. */
const PART_ORDER: OrderReport = {
  chosen: 'given',
  why: 'what other ranks hear comes first',
  given: null,
  rcm: null,
};
/** More agents than this share no further cost of a call. */
const MAX_BLOCK_AGENTS = 128;

/** Agents worked on together. It changes no bits. */
export function chooseBlock(rowBytes: number, secondBytes: number): number {
  return Math.max(1, Math.min(MAX_BLOCK_AGENTS, Math.floor((secondBytes * BLOCK_SHARE) / rowBytes)));
}

/**
 * Of the same problem: another mode, another order of agents, a reference that stands still, in another
 * precision.
 */
export interface Variant {
  compress?: Compress | undefined;
  order?: LayoutSpec['order'];
  reference?: ReferenceModel | null;
  precision?: Precision | undefined;
  /** All agents on this machine, though they are shared out between ranks: for trial runs. */
  whole?: boolean;
}

export interface FlowOutline {
  /** All of the plan but its gains. */
  plan: Omit<FlowRunPlan, 'flow' | 'optimumKnown'>;
  /** As the outline has it: the mode is the variant's. */
  spec: FlowSpec;
  /** Gains' context with the spectrum, computed on first use. */
  gains(): GainContext;
  /** The flow with numbers for some of its parameters, the formula's for the others that are `auto`. */
  withGains(numbers: Record<string, number>): FlowPlan;
  /** Workers that have agents; of one of several ranks, those of this one. */
  workers: number;
  /** Multiply-adds of a round, about. */
  work: number;
  load: RoundLoad;
  /** How agents are shared out between ranks; null where there is one. */
  cut: CutReport | null;
  /** Null where agents lie in the order of their numbers. */
  order: LocalOrder | null;
  orderReport: OrderReport;
  warnings: string[];
}

/**
 * It stays whole: every size follows from those before it.
 *
 * @throws InputError where graph, flow, links and compressor do not go together, or the arena takes more than
 * there is
 */
export function outlineFlow(problem: FlowProblem, workers: number, variant: Variant = {}): FlowOutline {
  const { config, graph, links, weights, cost, networkOfEdges } = problem;
  const { compress = config.flow.compress, order: choice = config.layout.order } = variant;
  const reference = variant.reference === undefined ? problem.reference : variant.reference;
  const spec: FlowSpec = { ...config.flow, ...(compress && { compress }) };
  const definition = flowDefinition(spec);
  const messages = definition.messages(spec);
  checkGraph(definition, spec, problem);
  checkCost(definition, spec, problem.cost);

  const { dim } = cost;
  const agents = graph.nodes;
  const { precision = config.precision ?? 'float64' } = variant;
  const { bits: realBits } = REAL[precision];
  const rowEntries = rowLength(dim, precision);
  const rowBytes = rowBytesOf(dim, precision);
  const ranked = variant.whole === true ? null : problem.ranked;
  const { block } = config.layout;
  const blockAgents = Math.min(agents, block === 'auto' ? chooseBlock(rowBytes, cacheBytes().second) : block);
  const divided =
    ranked === null ? null : ranked.divide(problem, ranked, workers, messages.unicast !== undefined);
  const part = divided?.part ?? null;
  const rows = part?.rows ?? agents;
  const context: Omit<PlanContext, 'path'> = {
    agents: rows,
    total: agents,
    dim,
    blockAgents,
    seed: seedWords(config.seed),
    rounds: config.rounds,
    linksChange: links !== null,
    carried: carriedBy(config.network, networkOfEdges, graph),
    precision,
  };
  const warnings: string[] = [];
  // Where nothing is sent through a channel, what the compressor says of itself still counts.
  const planned = planChannels(messages, problem, context);
  const compressor =
    (messages.compressed && planned.find((_, i) => !messages.raw?.includes(i))) || planned[0];
  const channels = messages.channels === 0 ? [] : planned;
  const inStates = channels.map(({ verbatim }, channel) =>
    verbatim ? (messages.states?.[channel] ?? null) : null,
  );
  checkCompressor(definition, spec, compressor, problem, warnings);

  const watched = planWatched(config, agents, dim);
  const arcs = graph.arcs?.count ?? 2 * graph.edges;
  const directed = graph.arcs !== undefined;
  const { shares = false, ahead = true } = messages;
  const out: OutTable = { directed, shares: shares && (ahead || directed) };
  const measure = planMeasure({
    agents,
    work: workOf(cost),
    curvature: definition.problem === 'average' ? 'ones' : (cost.plan.meanCurvature ?? null),
    sample: config.trace.sample,
    stop: config.stop,
  });
  const counted = {
    ...countedBits(messages, planned, agents, realBits),
    links: links?.plan ?? null,
    arcs,
    estimated: estimatedChannels(messages),
  };
  const messageBytes =
    channels.length === 0 ? rowBytes : channels.reduce((sum, { slotBytes }) => sum + slotBytes, 0);
  const { order, report: orderReport } = part
    ? { order: part, report: PART_ORDER }
    : chooseOrder({
        choice,
        graph,
        unproven: unproven(problem, messages.unicast !== undefined),
        messageBytes,
      });
  /** Of this machine. */
  const ownArcs = part === null ? arcs : Math.max(part.columns.length, part.out?.columns.length ?? 0);
  const threads = part === null ? workers : workers + 1;
  // A hub's chunks are gathered before its owner has written the weights of the round; and they are chunks of
  // edges.
  const ownLengths = messages.lengths?.some((length) => length !== null);
  const hubs = links || graph.arcs || messages.unicast || ownLengths ? [] : findHubs(order ?? graph);

  const state = definition
    .fields(spec, { ...context, arcs: ownArcs, path: ['flow'] })
    .map((field) => (inStates.includes(field.name) ? heardRows(field) : field));
  const fields: FieldSpec[] = [
    { name: 'control', type: 'i32', length: controlWords(threads) },
    ...graphFields(problem, rows, ownArcs),
    ...outFields(out, rows, ownArcs),
    ...orderFields(order, part, links !== null || messages.unicast !== undefined),
    ...(links ? linksFields(links, rows, ownArcs, out) : []),
    ...traceFields(problem, measure, state, precision, watchedCount(watched), part),
    ...pointFields(dim, precision),
    ...bitsFields({ ...counted, arcs: ownArcs }),
    ...(reference?.fields ?? []),
    ...(networkOfEdges ? networkFields(ownArcs) : []),
    ...(messages.unicast ? edgeFields(messages.unicast, slotsOfArcs(graph, part), precision) : []),
    ...channels.flatMap((plan, channel) =>
      inStates[channel] === null ? channelFields(plan, channel, rows) : [],
    ),
    ...hubFields(hubs, Math.max(1, channels.length), rows, rowEntries),
    ...state,
    ...(channels.length === 0 ? [compressor] : channels).flatMap(({ fields }) => fields),
    ...(cost.fieldsIn?.(precision) ?? cost.fields).map((field) => ofRows(field, rows, agents)),
  ];
  const layout = layoutArena(fields, threads, precision);
  checkArenaFits(layout);

  const caches = cacheBytes();
  const far = order === null ? distanceNs(agents, messageBytes, caches) : 0;
  const changing = links === null ? 0 : changingNs(agents, dim, counted.estimated.length > 0, caches);
  const times = agentNs(order ?? inRows(graph), cost, channels, far + changing, order, hubs, part?.own);
  if (links && part === null) warnHub(times, order as AgentOrder | null, graph, workers, warnings);

  const contraction = messages.compressed ? reckonedContraction(compressor) : 1;
  const gains = memo(() =>
    gainContext(problem, spec, definition, contraction, messages.compressed, compressor),
  );
  const flowContext = {
    gains,
    contraction,
    variance: messages.compressed ? compressor.variance : undefined,
    maxDegree: problem.degrees.reduce((largest, degree) => Math.max(largest, degree), 0),
    arcs: memo(() => arcMixing(graph)),
    curvature: () => cost.curvature,
    rounds: config.rounds,
  };
  return {
    plan: {
      program: 'flow',
      agents,
      edges: graph.arcs?.count ?? graph.edges,
      ...counted,
      directed,
      rows,
      slowest: slowestOf(networkOfEdges, counted, links !== null),
      ownArcs,
      part: divided?.plan ?? null,
      ...(divided && { kept: divided.plan }),
      shares,
      out,
      stateBits: counted.estimated.reduce(
        (sum, channel) => sum + realBits * (planned[channel]?.dim ?? dim),
        0,
      ),
      dim,
      rowBytes,
      blockAgents,
      seed: context.seed,
      workers: threads,
      rounds: config.rounds,
      stop: config.stop,
      traceEvery: config.trace.every,
      ...(watched && { watched }),
      network: config.network ?? null,
      layout,
      weightStride: weights ? 8 : 0,
      modules: problem.modules,
      channels,
      inStates,
      cost: cost.plan,
      senders: agents === 1 ? 0 : agents,
      uncompressedBits: planned.reduce(
        (sum, { dim }) => sum + realBits * dim,
        realBits * (messages.scalars ?? 0),
      ),
      state: ['x', 'v', 's']
        .filter((name) => layout.fields[name])
        .map((name) => ({ name, rows: agents, doubled: layout.fields[name].length > rows * rowEntries })),
      partition: divided?.partition ?? partition(times, workers),
      hubs,
      ahead: {
        choice: config.layout.ahead,
        edges: arcs,
        cacheBytes: caches.last,
        open: messages.opensRows === true && weights === null && links === null,
      },
      reference: reference?.plan ?? null,
      optimumMoves: reference !== null,
      problem: definition.problem,
      measure,
      measured: measure.points,
      rowWork: rowWork(measure.points, measure.curvature !== null, workOf(cost), agents, dim),
    },
    spec,
    workers,
    gains,
    withGains: (numbers) => {
      const flow = definition.plan({ ...spec, ...numbers }, flowContext);
      const bad = Object.entries(flow.gains).find(([, value]) => !Number.isFinite(value));
      if (bad === undefined) return flow;
      const expected = 'a number: the graph and the cost leave it open';
      throw unexpected(['flow', bad[0]], spec[bad[0]] ?? 'auto', expected);
    },
    work: workOfRound(graph, cost, compressor, hubs),
    load: {
      ns: times.reduce((sum, time) => sum + time, 0),
      foreignBytes: (workers) =>
        foreignRows(order ?? inRows(graph), partition(times, workers)) * messageBytes,
    },
    cut: divided?.cut ?? null,
    order,
    orderReport,
    warnings,
  };
}

export function planFlow({ plan }: FlowOutline, flow: FlowPlan, optimumKnown: boolean): FlowRunPlan {
  return { ...plan, flow, optimumKnown };
}

/** The same plan with other gains. */
export function withFlow(plan: FlowRunPlan, flow: FlowPlan): FlowRunPlan {
  return Object.freeze({ ...plan, flow });
}

/** What every message is made with: a compressor and draws of its own. */
function planChannels(
  { channels, compressed, raw = [], lengths = [] }: FlowMessages,
  { config }: FlowProblem,
  context: Omit<PlanContext, 'path'>,
): [CompressorPlan, ...CompressorPlan[]] {
  return Array.from({ length: Math.max(1, channels) }, (_, channel) =>
    planCompressor(compressed && raw.includes(channel) ? UNCOMPRESSED : config.compressor, {
      ...context,
      dim: lengths[channel] ?? context.dim,
      seed: channelSeed(context.seed, channel),
      path: channelPath(channel),
    }),
  ) as [CompressorPlan, ...CompressorPlan[]];
}

/** Channels of which those who hear keep estimates; where the state is the message there is one. */
function estimatedChannels({ channels, estimates = false }: FlowMessages): number[] {
  if (typeof estimates !== 'boolean') return [...estimates];
  return estimates ? Array.from({ length: Math.max(1, channels) }, (_, channel) => channel) : [];
}

/**
 * Bits that an agent sends in a round: to each neighbour, in turns, or to all alike; null where they vary.
 */
function countedBits(
  { unicast, scalars = 0 }: FlowMessages,
  channels: readonly CompressorPlan[],
  agents: number,
  realBits: number,
): Pick<FlowRunPlan, 'unicastBits' | 'messageBits'> {
  if (unicast)
    return { unicastBits: unicast.numbers.map((numbers) => numbers * realBits), messageBits: null };
  // An agent alone sends nothing to anybody.
  if (agents === 1) return { unicastBits: null, messageBits: 0 };
  let messageBits: number | null = realBits * scalars;
  for (const { messageBits: bits } of channels) {
    messageBits = messageBits === null || bits === null ? null : messageBits + bits;
  }
  return { unicastBits: null, messageBits };
}

/** What `auto` gains are made from. Asks for the spectrum. */
function gainContext(
  { graph, cost, degrees, spectrum }: FlowProblem,
  spec: FlowSpec,
  definition: FlowDefinition,
  contraction: number,
  compressed: boolean,
  { linear }: CompressorPlan,
): GainContext {
  const alone = graph.nodes === 1;
  const { m, l, meanM, meanL } = cost.curvature;
  const automatic = automaticGain(spec, definition);
  const descends = definition.problem === 'cost' && automatic !== undefined;
  if (descends && !(l > 0 && l < Number.POSITIVE_INFINITY)) {
    const why = l === 0 ? 'its data are all zero' : 'it gives no l';
    throw unexpected(
      ['flow', automatic],
      'auto',
      `a number: the cost does not say how smooth it is (${why})`,
    );
  }
  const near = (descends && cost.curvatureAtOptimum?.()) || null;
  return {
    ...(alone && automatic !== undefined ? ALONE : spectrum()),
    directed: graph.arcs !== undefined,
    degree: degrees.reduce((sum, degree) => sum + degree, 0) / graph.nodes,
    m,
    l,
    meanM: near?.meanM ?? meanM,
    meanL: near?.meanL ?? meanL,
    ...(near !== null && near.l !== null && { nearL: Math.min(l, near.l) }),
    ...(near?.flat === true && { flat: true }),
    delta: alone ? 1 : contraction,
    linear: alone || !compressed || linear,
  };
}

/** Where nobody has measured that another order of agents pays, as half a sentence; null elsewhere. */
function unproven({ links, graph }: FlowProblem, unicast: boolean): string | null {
  const unmeasured = 'and whether another order pays there is not measured';
  if (links) return `links change, ${unmeasured}`;
  if (graph.arcs) return `the graph is directed, ${unmeasured}`;
  return unicast ? `neighbours are told different things, ${unmeasured}` : null;
}

function graphFields({ weights }: FlowProblem, rows: number, arcs: number): FieldSpec[] {
  return [
    { name: 'graph.rowStart', type: 'u32', length: rows + 1 },
    { name: 'graph.columns', type: 'u32', length: arcs },
    { name: 'graph.weights', type: 'f64', length: weights ? arcs : 1 },
    { name: 'graph.degrees', type: 'f64', length: rows },
  ];
}

/** Seconds of the slowest link, for each of the messages that are sent in turns; null where these vary, or the links. */
function slowestOf(
  network: NetworkOfEdges | null,
  { unicastBits, messageBits }: Pick<FlowRunPlan, 'unicastBits' | 'messageBits'>,
  linksChange: boolean,
): number[] | null {
  if (network === null || linksChange) return null;
  const lengths = unicastBits ?? (messageBits === null ? [] : [messageBits]);
  const { bandwidth, latency } = network;
  return lengths.map((bits) =>
    bandwidth.reduce((most, rate, arc) => Math.max(most, latency[arc] + bits / rate), 0),
  );
}

/** Of messages to one neighbour each: both directions of every edge; of a part, own rows and what leads to them. */
function slotsOfArcs(graph: Graph, part: Part | null): number {
  if (part === null) return 2 * graph.edges;
  return part.peers.reduce((sum, { countArcs }) => sum + countArcs, part.columns.length);
}

/** A field with as many entries for each agent, of the agents that are here. */
function ofRows(field: FieldSpec, rows: number, agents: number): FieldSpec {
  return field.perAgent ? { ...field, length: (field.length / agents) * rows } : field;
}

function traceFields(
  { graph: { nodes: agents }, cost }: FlowProblem,
  measure: MeasurePlan,
  state: readonly FieldSpec[],
  precision: Precision,
  extra: number,
  part: Part | null,
): FieldSpec[] {
  // Of several ranks the first one has what every agent says, by number; each has what its own ones say.
  const all = part === null || part.rank === 0 ? agents : 0;
  return [
    { name: 'trace.ring', type: 'f64', length: RING_ROWS * (COLUMNS.length + extra) },
    { name: 'trace.mean', type: 'f64', length: pointLength(cost.dim) },
    ...optimumFields(cost.dim),
    verdictField,
    { name: 'trace.values', type: 'f64', length: all },
    { name: 'trace.toOptimum', type: 'f64', length: all },
    { name: 'trace.toMean', type: 'f64', length: all },
    ...accuracyFields(cost.plan),
    ...measureFields(measure, all, cost.dim, precision),
    ...(state.some(({ name }) => name === 's')
      ? [{ name: 'trace.toEstimate', type: 'f64' as const, length: all }]
      : []),
    ...(part === null ? [] : ownTraceFields(part, rowLength(cost.dim, precision), all)),
  ];
}

function networkFields(arcs: number): FieldSpec[] {
  return [
    { name: 'network.bandwidth', type: 'f64', length: arcs },
    { name: 'network.latency', type: 'f64', length: arcs },
  ];
}

/** Numbers by position, positions by number, and a column of trace quantities by position. */
function orderFields(
  order: Pick<AgentOrder, 'numbers'> | null,
  part: Part | null,
  arcsLast: boolean,
): FieldSpec[] {
  if (order === null) return [];
  const { length } = order.numbers;
  if (part !== null) {
    const ofArcs = (name: string): FieldSpec => ({ name, type: 'u32', length: part.own });
    return [
      { name: 'agents.numbers', type: 'u32', length },
      ...(arcsLast ? [ofArcs('agents.firstArc')] : []),
      ...(arcsLast && part.out !== null ? [ofArcs('agents.firstOutArc')] : []),
    ];
  }
  return [
    { name: 'agents.numbers', type: 'u32', length },
    { name: 'agents.positions', type: 'u32', length },
    { name: 'trace.byPosition', type: 'f64', length },
  ];
}

function outFields({ directed, shares }: OutTable, agents: number, arcs: number): FieldSpec[] {
  return [
    ...(directed
      ? [
          { name: 'graph.outStart', type: 'u32' as const, length: agents + 1 },
          { name: 'graph.outColumns', type: 'u32' as const, length: arcs },
        ]
      : []),
    ...(shares ? [rowsThatLast({ name: 'graph.outDegrees', type: 'f64', length: agents }, agents)] : []),
  ];
}

/**
 * Multiply-adds of a round, about: neighbours (but a hub's, whose row all workers share), transforms and
 * step, data.
 */
function workOfRound(
  graph: Graph,
  cost: CostModel,
  compressor: CompressorPlan,
  hubs: readonly Hub[],
): number {
  const { own, neighbour: told } = compressor.work;
  const fixed = own + 12 * cost.dim;
  let total = 0;
  for (let agent = 0; agent < graph.nodes; agent++) {
    total += fixed + cost.work[agent] + (graph.rowStart[agent + 1] - graph.rowStart[agent] + 1) * told;
  }
  for (const { edges } of hubs) total -= edges * told;
  return total;
}

/**
 * Time of a round of each agent, about, by position; without a hub's neighbours, whom all workers share.
 * `reachNs`: what is added for each neighbour.
 */
function agentNs(
  { rowStart }: Pick<Graph, 'rowStart'>,
  cost: CostModel,
  channels: readonly CompressorPlan[],
  reachNs: number,
  order: Pick<AgentOrder, 'numbers'> | null,
  hubs: readonly Hub[],
  own = rowStart.length - 1,
): Float64Array {
  const messages =
    channels.length === 0
      ? [messageNs(null, cost.dim)]
      : channels.map((channel) => messageNs(channel, cost.dim));
  const mine = messages.reduce((sum, message) => sum + message.own, 0);
  const neighbour = messages.reduce((sum, message) => sum + message.neighbour, 0);
  const gradient = gradientNs(cost);
  const total = Float64Array.from({ length: own }, (_, at) => {
    const degree = rowStart[at + 1] - rowStart[at];
    return (
      gradient[order === null ? at : order.numbers[at]] + mine + neighbour + degree * (neighbour + reachNs)
    );
  });
  for (const { agent, edges } of hubs) total[agent] -= edges * (neighbour + reachNs);
  return total;
}

/**
 * Over changing links a hub's row stays whole: its owner writes the weights of the round in the round itself.
 * To share the row they would have to be known a barrier before, and the estimates that flows read beside
 * messages shared too. With two workers there is nothing to win, since the partition reckons with the row.
 * Where it alone is more than a worker's share, that is said.
 */
function warnHub(
  times: Float64Array,
  order: AgentOrder | null,
  { rowStart, labels }: Graph,
  workers: number,
  warnings: string[],
): void {
  let at = 0;
  let total = 0;
  for (let position = 0; position < times.length; position++) {
    total += times[position];
    if (times[position] > times[at]) at = position;
  }
  const busiest = order === null ? at : order.numbers[at];
  const edges = rowStart[busiest + 1] - rowStart[busiest];
  if (edges < HUB_EDGES || times[at] * workers <= total * (1 + WORTH_SAYING)) return;
  const useful = Math.max(1, Math.floor(total / times[at]));
  warnings.push(
    `agent ${labels?.[busiest] ?? busiest} has ${formatCount(edges)} neighbours, whose messages one worker adds up where links change: no more than ${useful} of ${workers} workers are of use`,
  );
}

function memo<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}
