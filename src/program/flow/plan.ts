/**
 * Planning a run of a flow: from a graph, a cost and specs to the plain data that workers are given, and the arena's layout.
 * Everything that can be refused is refused here, before a byte of the arena is allocated.
 */

import type { Graph } from '../../../topology/index.js';
import { checkArenaFits, type FieldSpec, layoutArena, rowLength } from '../../arena/layout.js';
import { planCompressor } from '../../compress/registry.js';
import type { CompressorPlan, CompressorSpec } from '../../compress/types.js';
import type { FlowConfig } from '../../config/types.js';
import type { CostModel } from '../../cost/types.js';
import { describeSpec } from '../../describe.js';
import { InputError, unexpected } from '../../errors.js';
import { channelFields, channelPath, channelSeed } from '../../flow/channel.js';
import { automaticGain } from '../../flow/gains.js';
import { flowDefinition } from '../../flow/registry.js';
import type { FlowDefinition, FlowSpec, GainContext } from '../../flow/types.js';
import { type PlanContext, seedWords } from '../../runtime.js';
import { CONTROL_WORDS } from '../../sync/control.js';
import { COLUMNS, RING_ROWS } from '../../trace/ring.js';
import { accuracyFields } from '../accuracy.js';
import { partition } from '../partition.js';
import { findHubs, type Hub, hubFields } from './hubs.js';
import type { FlowRunPlan } from './types.js';

/** Rows of a block's scratch stay within about this much, a share of the second cache. */
const BLOCK_BYTES = 16_384;
const MAX_BLOCK_AGENTS = 32;

export interface ProgramPlan {
  run: FlowRunPlan;
  warnings: string[];
  /** Gains' context with the spectrum, computed on first use. */
  gains: () => GainContext;
}

export interface ProgramInputs {
  config: FlowConfig;
  graph: Graph;
  /** Null where all edges weigh 1. */
  weights: Float64Array | null;
  /** Weighted degrees. */
  degrees: Float64Array;
  cost: CostModel;
  workers: number;
  spectrum: () => { lambda2: number; lambdaMax: number };
  /** URLs of the user's own modules that the specs name; they are loaded. */
  modules?: readonly string[];
}

export function planProgram(inputs: ProgramInputs): ProgramPlan {
  const { config, graph, weights, cost, workers } = inputs;
  const { dim } = cost;
  const agents = graph.nodes;
  const rowBytes = rowLength(dim) * 8;
  const blockAgents = Math.max(1, Math.min(MAX_BLOCK_AGENTS, agents, Math.floor(BLOCK_BYTES / rowBytes)));
  const context: Omit<PlanContext, 'path'> = {
    agents,
    dim,
    blockAgents,
    seed: seedWords(config.seed),
    rounds: config.rounds,
  };

  const { flow: flowSpec } = config;
  const warnings: string[] = [];
  const definition = flowDefinition(flowSpec.kind);
  const messages = definition.messages(flowSpec);
  const [compressor, ...further] = Array.from({ length: Math.max(1, messages.channels) }, (_, channel) =>
    planCompressor(config.compressor, {
      ...context,
      seed: channelSeed(context.seed, channel),
      path: channelPath(channel),
    }),
  );
  const channels = messages.channels === 0 ? [] : [compressor, ...further];
  const contraction = messages.compressed ? compressor.contraction : 1;
  checkCompressor(definition, flowSpec, messages.compressed, compressor, config.compressor, warnings);
  const gains = memo<GainContext>(() => {
    const { m, l } = cost.curvature;
    if (definition.problem === 'cost' && l === Number.POSITIVE_INFINITY && automaticGain(flowSpec)) {
      const expected = 'a number: the cost does not say how smooth it is (its plan returns no l)';
      throw unexpected(['flow', automaticGain(flowSpec) as string], 'auto', expected);
    }
    return { ...inputs.spectrum(), m, l, delta: contraction };
  });

  const rowEntries = rowLength(dim);
  const shared: FieldSpec[] = [
    { name: 'control', type: 'i32', length: CONTROL_WORDS },
    { name: 'trace.ring', type: 'f64', length: RING_ROWS * COLUMNS.length },
    { name: 'graph.rowStart', type: 'u32', length: agents + 1 },
    { name: 'graph.columns', type: 'u32', length: 2 * graph.edges },
    { name: 'graph.weights', type: 'f64', length: weights ? weights.length : 1 },
    { name: 'graph.degrees', type: 'f64', length: agents },
    { name: 'trace.mean', type: 'f64', length: rowEntries },
    { name: 'trace.optimum', type: 'f64', length: rowEntries },
    { name: 'trace.values', type: 'f64', length: agents },
    { name: 'trace.toOptimum', type: 'f64', length: agents },
    { name: 'trace.toMean', type: 'f64', length: agents },
    ...accuracyFields(cost.plan),
  ];
  const state = definition.fields(flowSpec, { ...context, path: ['flow'] });
  if (state.some(({ name }) => name === 's')) {
    shared.push({ name: 'trace.toEstimate', type: 'f64', length: agents });
  }
  for (const [channel, plan] of channels.entries()) shared.push(...channelFields(plan, channel, agents));
  if (channels.some(({ messageBits }) => messageBits === null)) {
    shared.push({ name: 'trace.bits', type: 'f64', length: 3, perWorker: true });
  }
  const hubs = findHubs(graph);
  shared.push(...hubFields(hubs, Math.max(1, channels.length), agents, rowEntries));
  const ofCompressors = (channels.length === 0 ? [compressor] : channels).flatMap(({ fields }) => fields);
  const layout = layoutArena([...shared, ...state, ...ofCompressors, ...cost.fields], workers);
  // Before the spectrum and the optimum are computed: whoever asks for too much should not wait to hear it.
  checkArenaFits(layout);
  const flow = definition.plan(flowSpec, {
    gains,
    contraction,
    variance: messages.compressed ? compressor.variance : undefined,
    maxDegree: inputs.degrees.reduce((largest, degree) => Math.max(largest, degree), 0),
  });
  const said = (channels.length === 0 ? [compressor] : channels).map(({ messageBits }) => messageBits);

  return {
    run: {
      program: 'flow',
      agents,
      edges: graph.edges,
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
      messageBits: said.reduce(
        (sum, bits) => (sum === null || bits === null ? null : sum + bits),
        0 as number | null,
      ),
      senders: agents,
      uncompressedBits: said.length * 64 * dim,
      state: ['x', 'v', 's']
        .filter((name) => layout.fields[name])
        .map((name) => ({ name, rows: agents, doubled: name === 'x' && flow.stateIsMessage })),
      partition: partition(agentWork(graph, cost, compressor, hubs), workers),
      hubs,
      problem: definition.problem,
      optimumValue: Number.NaN,
    },
    warnings,
    gains,
  };
}

/** What a flow and a compressor cannot do together is refused or, where it only disappoints, said. */
function checkCompressor(
  definition: FlowDefinition,
  flow: FlowSpec,
  compressed: boolean,
  { kind, linear, contraction, variance }: CompressorPlan,
  spec: CompressorSpec,
  warnings: string[],
): void {
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
  if (contraction > 0 || (definition.unbiased && variance !== undefined)) return;
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

/** Work of one round of each agent, in multiply-adds: neighbours (but a hub's, which all workers share), transforms and step, data. */
function agentWork(
  graph: Graph,
  cost: CostModel,
  compressor: CompressorPlan,
  hubs: readonly Hub[],
): Float64Array {
  const size = (compressor['size'] as number | undefined) ?? cost.dim;
  const transforms = size > cost.dim || compressor.kind === 'flatten' ? 3 * size * Math.log2(size) : 0;
  const fixed = transforms + 12 * cost.dim;
  const total = Float64Array.from(
    cost.work,
    (work, agent) => fixed + work + (graph.rowStart[agent + 1] - graph.rowStart[agent] + 1) * size,
  );
  for (const { agent, edges } of hubs) total[agent] -= edges * size;
  return total;
}

function memo<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}

/** The graph must be connected: otherwise there is no consensus to reach. */
export function refuseDisconnected(sizes: readonly number[], directed = false): void {
  if (sizes.length <= 1) return;
  const shown = sizes.slice(0, 6).join(', ') + (sizes.length > 6 ? ', ...' : '');
  throw new InputError(
    directed
      ? `the directed graph is not strongly connected: ${sizes.length} strong components of ${shown} nodes; some agents never hear of others`
      : `the graph is disconnected: ${sizes.length} components of ${shown} nodes; agents in different components can never agree`,
    {
      path: ['topology'],
      hint: `set topology.largestComponent: true to take the largest (${sizes[0]} nodes)`,
    },
  );
}
