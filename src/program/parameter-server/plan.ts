/**
 * Planning a parameter server: from a cost and two links to the plain data that workers are given, and the
 * arena's layout. Everything that can be refused is refused here, before a byte of the arena is allocated.
 */

import { COUNT_SCRATCH_BYTES, DITHER_SCRATCH } from '../../../kernels/sizes.js';
import { checkArenaFits } from '../../arena/fits.js';
import {
  type FieldSpec,
  layoutArena,
  REAL,
  rowBytesOf,
  rowLength,
  wholeThatLasts,
} from '../../arena/layout.js';
import { formatPath, formatValue, InputError, type SpecPath } from '../../base/errors.js';
import { planSchedule } from '../../base/schedules.js';
import { TRANSFORM_NS } from '../../compress/nanoseconds.js';
import { planCompressor } from '../../compress/registry.js';
import { rotationMasks } from '../../compress/rotation.js';
import { inSlotsOf } from '../../compress/slots.js';
import type { CompressorPlan, CompressorSpec } from '../../compress/types.js';
import { pointFields } from '../../cost/points.js';
import type { CostModel } from '../../cost/types.js';
import { channelSeed } from '../../flow/channel.js';
import { carriedBy } from '../../links/network.js';
import { accuracyFields } from '../../run/accuracy.js';
import type { RunConfig } from '../../run/config.js';
import { measuresOnePoint, rowWork, slopeFields, workOf } from '../../run/measure.js';
import { optimumFields } from '../../run/optimum.js';
import { gradientNs, messageNs, partition } from '../../run/partition.js';
import type { RoundLoad } from '../../run/program.js';
import { verdictField } from '../../run/verdict.js';
import { type PlanContext, seedWords } from '../../runtime.js';
import { controlWords } from '../../sync/control.js';
import { COLUMNS, RING_ROWS } from '../../trace/ring.js';
import { serverBitsField } from './bits.js';
import type { ServerConfig } from './config.js';
import { divideServer, type Ranked } from './divide.js';
import { SERVER_CHANNEL } from './downlink.js';
import { linksOf, planOptimizer } from './spec.js';
import type { ServerRunPlan } from './types.js';

const PATH: SpecPath = ['program'];

export interface ServerProgramPlan {
  run: ServerRunPlan;
  warnings: string[];
  load: RoundLoad;
}

export interface ServerInputs {
  config: ServerConfig;
  cost: CostModel;
  workers: number;
  modules?: readonly string[];
  optimumKnown?: boolean;
  /** Which of several ranks is planned; absent or null: there is one, with all agents. */
  ranked?: Ranked | null;
}

export function planServer({
  config,
  cost,
  workers,
  modules = [],
  optimumKnown = false,
  ranked = null,
}: ServerInputs): ServerProgramPlan {
  const { program: spec, rounds, precision } = config;
  const { dim } = cost;
  const { agents } = spec;
  refuseEmptyAgents(cost, agents);
  refuseWatched(config);
  if (ranked !== null) refuseCheckpoints(config);
  const links = linksOf(spec, PATH);
  const context: Omit<PlanContext, 'path' | 'dim'> = {
    agents,
    total: agents,
    blockAgents: 1,
    seed: seedWords(config.seed),
    rounds,
    carried: carriedBy(config.network, null, null),
    precision,
  };

  const planUplink = (rows: number) =>
    planCompressor(links.uplink, { ...context, agents: rows, dim, path: links.uplinkPath });

  // What is rotated is rotated here, so that one rotation can be around both links: then the server need not
  // leave the rotated domain in between.
  const whole = planUplink(agents);
  const times = agentNs(cost, whole);
  const divided = ranked === null ? null : divideServer(times, ranked, workers);
  const part = divided?.part ?? null;
  const own = part?.own ?? agents;
  const up = part === null ? whole : planUplink(own);
  const down = planCompressor(links.downlink, {
    ...context,
    agents: 1,
    total: 1,
    seed: channelSeed(context.seed, SERVER_CHANNEL),
    dim,
    path: links.downlinkPath,
  });
  const { rotation = null, fixed: fixedSigns = false } = up.rotates ?? {};
  const downRotated =
    rotation !== null && down.rotates?.rotation.part === rotation.part && down.rotates.fixed === fixedSigns;
  const size = rotation?.size ?? dim;
  const uplink = spaced(rotation ? (up.inner as CompressorPlan) : up);
  const downlink = downRotated ? (down.inner as CompressorPlan) : down;
  const counted = uplink.commonScale !== undefined;
  const optimizer = planOptimizer(spec.optimizer);
  const gamma = planSchedule(spec.gamma, rounds);

  const row = rowLength(dim, precision);
  const wide = rowLength(size, precision);
  const one = (name: string, length: number): FieldSpec => ({ name, type: 'f64', length });
  const real = (name: string, length: number): FieldSpec => ({ name, type: 'real', length });
  const each = (name: string, length: number): FieldSpec => ({ name, type: 'real', length, perWorker: true });
  // One of several ranks has a thread more, which speaks with the others; the first is the server too, and has
  // everyone's messages.
  const threads = part === null ? workers : workers + 1;
  const serves = part === null || part.rank === 0;
  const slots = serves ? agents : own;
  // Everyone holds the same x, so one point is all agents'.
  const slope = measuresOnePoint(cost, config.trace.sample, config.stop);
  const fields: FieldSpec[] = [
    { name: 'control', type: 'i32', length: controlWords(threads) },
    one('trace.ring', RING_ROWS * COLUMNS.length),
    serverBitsField,
    verdictField,
    ...optimumFields(dim),
    one('trace.values', serves ? agents : 0),
    ...(part === null ? [] : partFields(own)),
    ...accuracyFields(cost.plan),
    ...(slope ? slopeFields(dim, precision) : []),
    wholeThatLasts(real('x', row)),
    ...pointFields(dim, precision),
    // Vectors of signs are read sixteen bytes at a time, a little beyond the last.
    one('uplink.slots', (slots * uplink.slotBytes) / 8 + 2),
    one('downlink.slot', downlink.slotBytes / 8 + 2),
    real('server.mean', Math.max(row, wide)),
    real('server.sent', Math.max(row, wide)),
    real('server.direction', row),
    each('scratch.gradient', row),
    ...(counted
      ? [{ name: 'scratch.counts', type: 'u8' as const, length: COUNT_SCRATCH_BYTES, perWorker: true }]
      : [real('uplink.decoded', serves ? agents * wide : 0)]),
    ...(counted || precision === undefined ? [] : [one('server.means', wide)]),
    each('scratch.dither', DITHER_SCRATCH),
  ];
  if (rotation) fields.push(rotationMasks('scratch.masks', rotation), each('scratch.rotated', wide));
  if (uplink.messageBits === null) fields.push({ name: 'uplink.lengths', type: 'u32', length: slots });
  if (downlink.messageBits === null) fields.push({ name: 'downlink.length', type: 'u32', length: 1 });
  const optimizes = serves || optimizer.side === 'all';
  if (optimizer.kind !== 'sgd' && optimizes) fields.push(wholeThatLasts(real('server.first', row)));
  if (optimizer.kind === 'adam' && optimizes) fields.push(wholeThatLasts(real('server.second', row)));
  const layout = layoutArena(
    [
      ...fields,
      ...uplink.fields,
      ...downlink.fields,
      ...cost.fields.map((field) => ofRows(field, own, agents)),
    ],
    threads,
    precision,
  );
  checkArenaFits(layout);

  return {
    run: {
      program: 'parameter-server',
      share: part,
      agents,
      edges: agents,
      dim,
      rowBytes: rowBytesOf(dim, precision),
      blockAgents: 1,
      seed: context.seed,
      workers: threads,
      rounds,
      stop: config.stop,
      traceEvery: config.trace.every,
      network: config.network ?? null,
      layout,
      modules: [...modules],
      cost: cost.plan,
      messageBits: uplink.messageBits,
      senders: agents + 1,
      uncompressedBits: REAL[precision ?? 'float64'].bits * dim,
      state: [{ name: 'x', rows: 1, doubled: false }],
      optimumKnown,
      partition: divided?.partition ?? partition(times, workers),
      rotation,
      fixedSigns,
      size,
      uplink,
      downlink,
      downRotated,
      counted,
      downSigns: downlink.commonScale ?? null,
      gamma,
      optimizer,
      downBits: downlink.messageBits,
      slope,
      measured: agents,
      rowWork: rowWork(slope ? 1 : 0, !slope, workOf(cost), 1, dim),
    },
    warnings: warningsOf(links.uplink, uplink),
    load: {
      ns: times.reduce((sum, time) => sum + time, 0),
      // Each adds up a part of the coordinates of all messages, and everyone has the server's.
      foreignBytes: (workers) =>
        (agents * uplink.slotBytes * (workers - 1)) / workers ** 2 + (workers > 1 ? downlink.slotBytes : 0),
    },
  };
}

const LINE_BYTES = 64;
const PAGE_BYTES = 4096;

/**
 * Slots that are counted side by side lie an odd number of cache lines apart: at a power of two, which
 * dimensions often are, sixteen messages would fight for the same few places of a cache.
 */
function spaced(plan: CompressorPlan): CompressorPlan {
  if (!plan.commonScale || plan.slotBytes < PAGE_BYTES) return plan;
  return inSlotsOf(plan, spacedBytes(plan.slotBytes));
}

export function spacedBytes(slotBytes: number): number {
  const lines = Math.ceil(slotBytes / LINE_BYTES);
  return (lines + 1 - (lines % 2)) * LINE_BYTES;
}

/** Time of a round of each agent, about. */
function agentNs(cost: CostModel, up: CompressorPlan): Float64Array {
  const rotation = up.rotates?.rotation ?? null;
  const { own } = messageNs(rotation === null ? up : (up.inner as CompressorPlan), cost.dim);
  const transform = rotation === null ? 0 : TRANSFORM_NS * rotation.size;
  return gradientNs(cost).map((ns) => ns + transform + own);
}

/** Over ranks a server's state is not brought together for a file. */
function refuseCheckpoints({ checkpoint }: Pick<RunConfig, 'checkpoint'>): void {
  if (checkpoint === undefined) return;
  throw new InputError(
    'checkpoint asks for checkpoints, and a parameter server over several ranks writes none: what its agents remember stays on their ranks',
    { path: ['checkpoint'], hint: 'leave checkpoint out, or run it on one machine, without --mpi' },
  );
}

/** Of one of several ranks: its agents' numbers, and what they say for a trace row. */
function partFields(own: number): FieldSpec[] {
  return [
    { name: 'agents.numbers', type: 'u32', length: own },
    { name: 'ranks.values', type: 'f64', length: own },
  ];
}

/** A field with as many entries for each agent, of the agents that are here. */
function ofRows(field: FieldSpec, own: number, agents: number): FieldSpec {
  return field.perAgent ? { ...field, length: (field.length / agents) * own } : field;
}

/** Around a server nobody has an x of its own. */
function refuseWatched({ trace }: Pick<RunConfig, 'trace'>): void {
  for (const name of ['agents', 'coordinates'] as const) {
    if (trace[name] === undefined) continue;
    throw new InputError(
      `trace.${name} is ${formatValue(trace[name])}, and around a server all agents have the same x: there is nothing to follow`,
      { path: ['trace', name] },
    );
  }
}

function refuseEmptyAgents({ samples }: CostModel, agents: number): void {
  if (!samples) return;
  const total = samples[agents];
  const path = [...PATH, 'agents'];
  if (total < agents) {
    throw new InputError(
      `program.agents is ${agents}, expected 1..${total} (samples): some would have no data`,
      { path },
    );
  }
  for (let agent = 0; agent < agents; agent++) {
    if (samples[agent + 1] > samples[agent]) continue;
    throw new InputError(
      `agent ${agent} of ${agents} has no samples, and nothing to take a gradient of (${formatPath(['cost', 'split'])} deals them out)`,
      { path: ['cost', 'split'], hint: 'take fewer agents or another split' },
    );
  }
}

/** A compressor that always leaves the same part out is heard of before the run. */
function warningsOf(spec: CompressorSpec, plan: CompressorPlan): string[] {
  if (plan.forgets) {
    return [
      `${spec.kind} leaves out the same small entries again and again; { kind: error-feedback, inner: ... } around it says them at last`,
    ];
  }
  return [];
}
