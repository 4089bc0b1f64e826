/**
 * Planning a run of a flow: from a graph, a cost and specs to the plain data that workers are given, and the arena's layout.
 * Everything that can be refused is refused here, before a byte of the arena is allocated.
 */

import type { Graph } from '../../topology/index.js';
import { checkArenaFits, type FieldSpec, layoutArena, rowLength } from '../arena/layout.js';
import { planCompressor } from '../compress/registry.js';
import type { CompressorPlan } from '../compress/types.js';
import type { RunConfig } from '../config/types.js';
import type { CostModel } from '../cost/types.js';
import { describeSpec } from '../describe.js';
import { InputError, unexpected } from '../errors.js';
import { flowDefinition } from '../flow/registry.js';
import { errorFlow } from '../flow/state.js';
import type { GainContext } from '../flow/types.js';
import { type PlanContext, seedWords } from '../runtime.js';
import { CONTROL_WORDS } from '../sync/control.js';
import { COLUMNS, RING_ROWS } from '../trace/ring.js';
import { partition } from './partition.js';
import type { RunPlan } from './types.js';

/** Rows of a block's scratch stay within about this much, a share of the second cache. */
const BLOCK_BYTES = 16_384;
const MAX_BLOCK_AGENTS = 32;

export interface ProgramPlan {
  run: RunPlan;
  warnings: string[];
  /** Gains' context with the spectrum, computed on first use. */
  gains: () => GainContext;
}

export interface ProgramInputs {
  config: RunConfig;
  graph: Graph;
  /** Null where all edges weigh 1. */
  weights: Float64Array | null;
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
  const compressor = planCompressor(config.compressor, { ...context, path: ['compressor'] });
  if (flowSpec.compress === 'none' && compressor.kind !== 'identity') {
    throw unexpected(
      ['flow', 'compress'],
      'none',
      `node-state, error-state or observer, since compressor.kind is ${config.compressor.kind} (with none nothing is compressed)`,
    );
  }
  if (flowSpec.compress === 'node-state' && !compressor.linear) {
    warnings.push(
      `node-state compression converges for linear compressors only; ${config.compressor.kind} is not linear, so expect it to stall short of the optimum (error-state and observer do not)`,
    );
  }

  const contraction = compressor.contraction;
  if (flowSpec.compress !== 'none' && contraction <= 0) {
    if (flowSpec.step === 'auto') {
      throw unexpected(
        ['flow', 'step'],
        'auto',
        `a number: ${describeSpec(config.compressor)} is no contraction, so no step can be promised (shrink it with { kind: scale, factor: c, inner: ... }, or see \`sottovoce certify\`)`,
      );
    }
    if (errorFlow(flowSpec.compress)) {
      warnings.push(
        `${describeSpec(config.compressor)} is no contraction: the estimates may grow unless mu is small enough (\`sottovoce certify\` finds how small)`,
      );
    }
  }
  const gains = memo<GainContext>(() => ({
    ...inputs.spectrum(),
    m: cost.curvature.m,
    l: cost.curvature.l,
    delta: flowSpec.compress === 'none' ? 1 : contraction,
  }));

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
  ];
  if (errorFlow(flowSpec.compress)) shared.push({ name: 'trace.toEstimate', type: 'f64', length: agents });
  if (flowSpec.compress !== 'none') {
    shared.push({ name: 'outbox', type: 'f64', length: (2 * agents * compressor.slotBytes) / 8 });
    if (compressor.messageBits === null) {
      shared.push(
        { name: 'outbox.lengths', type: 'u32', length: 2 * agents },
        { name: 'trace.bits', type: 'f64', length: 3, perWorker: true },
      );
    }
  }
  const state = definition.fields(flowSpec.compress, { ...context, path: ['flow'] });
  const layout = layoutArena([...shared, ...state, ...compressor.fields, ...cost.fields], workers);
  // Before the spectrum and the optimum are computed: whoever asks for too much should not wait to hear it.
  checkArenaFits(layout);
  const flow = definition.plan(flowSpec, gains, flowSpec.compress === 'none' ? 1 : contraction);

  return {
    run: {
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
      compressor,
      flow,
      cost: cost.plan,
      partition: partition(agentWork(graph, cost, compressor), workers),
      problem: definition.problem,
      optimumValue: Number.NaN,
    },
    warnings,
    gains,
  };
}

/** Work of one round of each agent, in multiply-adds: neighbours, transforms and step, data. */
function agentWork(graph: Graph, cost: CostModel, compressor: CompressorPlan): Float64Array {
  const size = (compressor['size'] as number | undefined) ?? cost.dim;
  const transforms = size > cost.dim || compressor.kind === 'flatten' ? 3 * size * Math.log2(size) : 0;
  const fixed = transforms + 12 * cost.dim;
  return Float64Array.from(
    cost.work,
    (work, agent) => fixed + work + (graph.rowStart[agent + 1] - graph.rowStart[agent] + 1) * size,
  );
}

function memo<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}

/** The graph must be connected: otherwise there is no consensus to reach. */
export function refuseDisconnected(sizes: readonly number[]): void {
  if (sizes.length <= 1) return;
  const shown = sizes.slice(0, 6).join(', ') + (sizes.length > 6 ? ', ...' : '');
  throw new InputError(
    `the graph is disconnected: ${sizes.length} components of ${shown} nodes; agents in different components can never agree`,
    {
      path: ['topology'],
      hint: `set topology.largestComponent: true to take the largest (${sizes[0]} nodes)`,
    },
  );
}
