/**
 * What a run takes for each of its agents, from one that is small enough to be made here: the same config on a
 * smaller graph of the same kind, or the config itself where it is small. Its rounds are timed on this thread,
 * its fields say what memory an agent takes and what its neighbours read of it.
 */

import { BYTES, type Field, type Layout } from '../arena/layout.js';
import { InputError, isInputError } from '../base/errors.js';
import { UNCOMPRESSED } from '../compress/registry.js';
import type { FlowConfig, TopologySpec } from '../program/flow/config.js';
import type { LoadedConfig } from '../run/config.js';
import { compileKernels } from '../run/kernels.js';
import { prepareRun } from '../session/prepare.js';
import { measureRound } from '../session/workers.js';

export interface Sample {
  agents: number;
  /** Every edge in both its directions; an arc of a directed graph once. */
  arcs: number;
  dim: number;
  arenaBytes: number;
  /** Of a round on this thread, without a row of the trace. */
  roundSeconds: number;
  /** Of a row of the trace. */
  rowSeconds: number;
  phases: number;
  memory: MemoryShares;
  /** What neighbours read of an agent, and of an arc, in a round: bytes, and fields that they are in. */
  heard: { agentBytes: number; arcBytes: number; fields: number };
}

/** Bytes of an arena. */
export interface MemoryShares {
  /** Whatever the number of agents. */
  fixed: number;
  anAgent: number;
  anArc: number;
  /** Of each agent of the whole run, on the rank that writes the trace. */
  traced: number;
}

/** Rounds are timed until somebody stops: more than anybody times. */
const ROUNDS = 1_000_000_000;
/** At a row of the trace, the fastest of which counts. */
const LOOKS = 5;
/** Longer than for a choice of workers: the figure is shown. */
const LOOK_SECONDS = 0.1;
/** Any gain will do for so few rounds; one that is small keeps numbers from growing out of range. */
const SOME_GAIN = 1e-3;

/** The config with another graph, with nothing in it that is to be looked for, and as it is compressed or not. */
export function sampleConfig(
  loaded: LoadedConfig<FlowConfig>,
  topology: TopologySpec,
  compressed: boolean,
): LoadedConfig<FlowConfig> {
  // What is only looked at, or written, takes no part; a beginning has a row for each agent of the whole.
  const { init: _, checkpoint: __, network: ___, ...config } = loaded.config;
  const flow = Object.fromEntries(
    Object.entries(config.flow).map(([name, value]) => [name, value === 'auto' ? SOME_GAIN : value]),
  ) as FlowConfig['flow'];
  if (!compressed && flow.compress !== undefined) flow.compress = 'none';
  return {
    ...loaded,
    config: {
      ...config,
      topology,
      flow,
      ...(!compressed && { compressor: UNCOMPRESSED }),
      rounds: ROUNDS,
      stop: {},
      workers: 1,
      trace: { every: ROUNDS, sample: config.trace.sample },
    } as FlowConfig,
  };
}

/** Throws InputError where such a run cannot be prepared. */
export async function takeSample(loaded: LoadedConfig<FlowConfig>): Promise<Sample> {
  const prepared = await prepareRun(loaded, 1);
  const { plan } = prepared;
  const module = await compileKernels(plan.layout.precision);
  const { one, phases, row } = measureRound(prepared, module, { looks: LOOKS, seconds: LOOK_SECONDS });
  const graph = prepared.network()?.graph;
  if (!graph) throw new InputError('the config has no graph: only runs of agents on a graph can be planned');
  const arcs = graph.arcs?.count ?? 2 * graph.edges;
  return {
    agents: plan.agents,
    arcs,
    dim: plan.dim,
    arenaBytes: plan.layout.totalBytes,
    roundSeconds: one,
    rowSeconds: row,
    phases,
    memory: memoryShares(plan.layout, plan.agents, arcs),
    heard: heardBytes(plan.layout, plan.agents, arcs),
  };
}

/** A field has some entries for each agent, for each arc, or as many whatever the graph. */
export function memoryShares(layout: Layout, agents: number, arcs: number): MemoryShares {
  const shares = { fixed: 0, anAgent: 0, anArc: 0, traced: 0 };
  for (const field of Object.values(layout.fields)) {
    const { length, perWorker, name } = field;
    const bytes = field.stride * (perWorker ? layout.workers : 1);
    if (length < agents) shares.fixed += bytes;
    else if (isOfArcs(field, agents, arcs)) shares.anArc += bytes / arcs;
    else if (name.startsWith('trace.')) shares.traced += bytes / agents;
    else shares.anAgent += bytes / agents;
  }
  return shares;
}

/** As many entries as arcs, and not as many for each agent, or known to belong to arcs. */
function isOfArcs({ length, lasts, heard }: Field, agents: number, arcs: number): boolean {
  if (arcs === 0) return false;
  if (heard === 'arcs' || (lasts?.as === 'whole' && lasts.perArc !== undefined)) return true;
  return length % arcs === 0 && length % agents !== 0;
}

function heardBytes({ fields }: Layout, agents: number, arcs: number): Sample['heard'] {
  const heard = { agentBytes: 0, arcBytes: 0, fields: 0 };
  for (const field of Object.values(fields)) {
    if (field.heard === undefined) continue;
    const bytes = (field.length * BYTES[field.type]) / (field.halves ?? 1);
    if (field.heard === 'arcs') heard.arcBytes += bytes / arcs;
    else heard.agentBytes += bytes / agents;
    heard.fields++;
  }
  return heard;
}

/** With what is missing said, where the small run cannot be made though the config is sound. */
export function refuseSample(error: unknown, agents: number): never {
  if (!isInputError(error)) throw error as Error;
  throw new InputError(
    `a run like it with ${agents} agents, on which rounds are timed, cannot be made: ${(error as Error).message}`,
    { hint: 'data of each agent (init, arrays of a cost) need as many rows as there are agents' },
    { cause: error },
  );
}
