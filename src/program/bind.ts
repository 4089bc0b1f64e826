/**
 * Binding a planned flow to one worker: from here on there are only addresses and kernels. See `docs/rounds.md` for who writes what.
 */

import type { Kernels } from '../../kernels/bindings.js';
import type { Arena } from '../arena/arena.js';
import { bindCompressor } from '../compress/registry.js';
import { costDefinition } from '../cost/registry.js';
import { flowDefinition } from '../flow/registry.js';
import { errorFlow } from '../flow/state.js';
import type { Runtime } from '../runtime.js';
import type { BoundProgram, RunPlan, Verdict } from './types.js';

/** A run is given up when a distance has grown to this many times its first value (or is no number any more). */
const DIVERGED_GROWTH = 1e8;
/** Entries of a cache line of float64: coordinates are shared out between workers in these units. */
const LINE_ENTRIES = 8;

export function bindRuntime(plan: RunPlan, arena: Arena, kernels: Kernels, worker: number): Runtime {
  return {
    arena,
    kernels,
    worker,
    agents: plan.agents,
    dim: plan.dim,
    rowBytes: plan.rowBytes,
    blockAgents: plan.blockAgents,
    seed: plan.seed,
    graph: {
      rowStart: arena.address('graph.rowStart'),
      columns: arena.address('graph.columns'),
      weights: arena.address('graph.weights'),
      weightStride: plan.weightStride,
      degrees: arena.address('graph.degrees'),
    },
  };
}

export function bindProgram(plan: RunPlan, arena: Arena, kernels: Kernels, worker: number): BoundProgram {
  const runtime = bindRuntime(plan, arena, kernels, worker);
  const { agents, rowBytes, blockAgents } = plan;
  const compressor = bindCompressor(plan.compressor, runtime);
  const cost = costDefinition(plan.cost.kind, ['cost']).bind(plan.cost, runtime);
  const flow = flowDefinition(plan.flow.kind).bind(
    plan.flow,
    compressor,
    plan.compressor.slotBytes,
    cost,
    runtime,
  );
  const first = plan.partition[worker];
  const end = plan.partition[worker + 1];
  const count = end - first;

  const rowEntries = rowBytes / 8;
  const lines = rowEntries / LINE_ENTRIES;
  const firstColumn = Math.floor((lines * worker) / plan.workers) * LINE_ENTRIES;
  const columns = Math.floor((lines * (worker + 1)) / plan.workers) * LINE_ENTRIES - firstColumn;
  const mean = arena.address('trace.mean');
  const optimum = arena.address('trace.optimum');
  const optimumView = arena.view('trace.optimum', 'f64');
  const meanView = arena.view('trace.mean', 'f64');
  const values = arena.address('trace.values');
  const toOptimum = arena.address('trace.toOptimum');
  const toMean = arena.address('trace.toMean');
  const estimates = errorFlow(plan.flow.compress);
  const toEstimate = estimates ? arena.address('trace.toEstimate') : 0;
  const s = estimates ? arena.address('s') : 0;
  const x = arena.address('x');
  const parityBytes = plan.flow.stateIsMessage ? agents * rowBytes : 0;
  const xAt = (round: number) => x + (round & 1) * parityBytes;
  const average = plan.problem === 'average';
  const entries = agents * plan.dim;
  let firstSpread = Number.NaN;
  const { gap: stopGap, rmsError: stopRms, consensusError: stopConsensus } = plan.stop;
  const stops = stopGap !== undefined || stopRms !== undefined || stopConsensus !== undefined;

  const bits = bindBits(plan, arena, worker);
  const { network } = plan;
  // Rounds wait for their longest message; both sums are whole numbers, so one multiplication each is all the rounding there is.
  const networkSeconds = (rounds: number) =>
    network === null ? Number.NaN : rounds * network.latency + bits.longest(rounds) / network.bandwidth;

  const round = (k: number) => {
    cost.beginRound?.(k);
    bits.deliver(k);
    flow.prepare(k + 1);
    for (let block = first; block < end; block += blockAgents) {
      flow.block(block, Math.min(end - block, blockAgents), k);
    }
  };

  // Each worker sums whole columns over all agents: the order of additions does not depend on how many workers there are.
  const traceMean = (k: number) => {
    if (columns > 0) kernels.columnMeans(xAt(k), rowBytes, agents, firstColumn, columns, mean);
  };

  const traceAgents = (k: number) => {
    if (count === 0) return;
    cost.beginRound?.(k);
    if (!average) cost.values(first, count, mean, values);
    kernels.distancesToPoint(first, count, xAt(k), rowBytes, rowEntries, optimum, toOptimum);
    kernels.distancesToPoint(first, count, xAt(k), rowBytes, rowEntries, mean, toMean);
    if (estimates) kernels.distancesBetweenRows(first, count, x, s, rowBytes, rowEntries, toEstimate);
  };

  /** |mean x - x*|^2 / 2: the whole gap of the averaging problem. */
  const averageGap = () => {
    let total = 0;
    for (let c = 0; c < plan.dim; c++) total += (meanView[c] - optimumView[c]) ** 2;
    return total / 2;
  };

  const hasOptimum = !Number.isNaN(plan.optimumValue);
  const traceRow = (k: number, seconds: number, row: Float64Array): Verdict => {
    const gap = average ? averageGap() : kernels.sum(values, agents) / agents - plan.optimumValue;
    const rmsError = hasOptimum ? Math.sqrt(kernels.sum(toOptimum, agents) / entries) : Number.NaN;
    const consensusError = Math.sqrt(kernels.sum(toMean, agents) / entries);
    const observerError = estimates ? Math.sqrt(kernels.sum(toEstimate, agents) / entries) : Number.NaN;
    row[0] = k;
    row[1] = average ? gap + plan.optimumValue : kernels.sum(values, agents) / agents;
    row[2] = gap;
    row[3] = rmsError;
    row[4] = consensusError;
    row[5] = observerError;
    row[6] = bits.broadcast(k);
    row[7] = bits.links(k);
    row[8] = seconds;
    row[9] = networkSeconds(k);

    // Everything is finite and of the size it began with, or it has diverged. Squares overflow at 1e154, long before x does.
    const spread = consensusError + (hasOptimum ? rmsError : 0);
    if (Number.isNaN(firstSpread)) firstSpread = spread;
    const limit = DIVERGED_GROWTH * Math.max(1, firstSpread);
    if (!(spread < limit) || !Number.isFinite(row[1])) return 'diverged';
    if (
      stops &&
      (stopGap === undefined || gap <= stopGap) &&
      (stopRms === undefined || rmsError <= stopRms) &&
      (stopConsensus === undefined || consensusError <= stopConsensus)
    ) {
      return 'converged';
    }
    return 'go';
  };

  return {
    prologue() {
      flow.prepare(0);
      for (let block = first; block < end; block += blockAgents) {
        flow.prologue(block, Math.min(blockAgents, end - block), 0);
      }
    },
    phases: [round],
    tracePhases: [traceMean, traceAgents],
    traceRow,
  };
}

/** Bits delivered: each message once per agent (broadcast), and once per directed edge (links). */
interface Bits {
  /** Counts the messages of round k of this worker's agents, as they are delivered. */
  deliver(round: number): void;
  /** After `rounds` rounds; for the leader, behind a barrier. */
  broadcast(rounds: number): number;
  links(rounds: number): number;
  /** Sum over the rounds of the longest message of each; counted only where the run has a network. */
  longest(rounds: number): number;
}

function bindBits(plan: RunPlan, arena: Arena, worker: number): Bits {
  const { agents, edges, partition, workers } = plan;
  const { messageBits } = plan.compressor;
  if (messageBits !== null) {
    // Every message has the same packed length, so counting them is a multiplication.
    return {
      deliver: () => {},
      broadcast: (rounds) => rounds * agents * messageBits,
      links: (rounds) => rounds * 2 * edges * messageBits,
      longest: (rounds) => rounds * messageBits,
    };
  }
  const lengths = arena.view('outbox.lengths', 'u32');
  const rowStart = arena.view('graph.rowStart', 'u32');
  const own = arena.view('trace.bits', 'f64', worker);
  const all = Array.from({ length: workers }, (_, w) => arena.view('trace.bits', 'f64', w));
  // Whole numbers below 2^53: exact, so the order in which workers are added up does not matter.
  const total = (which: 0 | 1) => all.reduce((sum, view) => sum + view[which], 0);
  // The longest of all messages needs all of them: the leader looks, since a maximum over workers would take a barrier more.
  const looksForLongest = worker === 0 && plan.network !== null;
  return {
    deliver(round) {
      const base = (round & 1) * agents;
      let broadcast = 0;
      let links = 0;
      for (let agent = partition[worker]; agent < partition[worker + 1]; agent++) {
        const length = lengths[base + agent];
        broadcast += length;
        links += length * (rowStart[agent + 1] - rowStart[agent]);
      }
      own[0] += broadcast;
      own[1] += links;
      if (!looksForLongest) return;
      let longest = 0;
      for (let agent = 0; agent < agents; agent++) longest = Math.max(longest, lengths[base + agent]);
      own[2] += longest;
    },
    broadcast: () => total(0),
    links: () => total(1),
    longest: () => all[0][2],
  };
}
