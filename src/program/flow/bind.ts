/**
 * Binding a planned flow to one worker: from here on there are only addresses and kernels. See `docs/rounds.md` for who writes what.
 */

import type { Kernels } from '../../../kernels/bindings.js';
import type { Arena } from '../../arena/arena.js';
import { costDefinition } from '../../cost/registry.js';
import type { BoundCost } from '../../cost/types.js';
import { bindChannel, bindStateChannel } from '../../flow/channel.js';
import { bindReference } from '../../flow/reference.js';
import { flowDefinition } from '../../flow/registry.js';
import { bindLinks } from '../../links/bind.js';
import { bindAccuracy } from '../../run/accuracy.js';
import { bindMeasure } from '../../run/measure.js';
import { optimumValueIn } from '../../run/optimum.js';
import type { BoundProgram } from '../../run/types.js';
import { bindVerdict } from '../../run/verdict.js';
import type { Runtime } from '../../runtime.js';
import { bindBits } from './bits.js';
import { shareHubs } from './hubs.js';
import { costByNumber, referenceByNumber, valuesByNumber } from './order.js';
import type { FlowRunPlan } from './types.js';

/** Entries of a cache line of float64: coordinates are shared out between workers in these units. */
const LINE_ENTRIES = 8;

function bindRuntime(plan: FlowRunPlan, arena: Arena, kernels: Kernels, worker: number): Runtime {
  const fixedDegrees = arena.address('graph.degrees');
  const runtime: Runtime = {
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
      ...(plan.links === null
        ? {
            weights: arena.address('graph.weights'),
            weightStride: plan.weightStride,
            degrees: fixedDegrees,
          }
        : {
            weights: arena.address('links.weights'),
            weightStride: 8,
            degrees: arena.address('links.degrees'),
            changing: { fixedDegrees },
          }),
    },
  };
  if (arena.has('agents.numbers')) runtime.numbers = arena.view('agents.numbers', 'u32');
  if (!plan.reference) return runtime;
  const reference = bindReference(plan.reference, runtime);
  const { numbers, rowBytes } = runtime;
  return {
    ...runtime,
    reference: numbers === undefined ? reference : referenceByNumber(reference, numbers, rowBytes),
  };
}

function bindCost(plan: FlowRunPlan, runtime: Runtime): BoundCost {
  const definition = costDefinition(plan.cost.kind, ['cost']);
  const cost = definition.bind(plan.cost, runtime);
  const { numbers, rowBytes } = runtime;
  if (numbers === undefined) return cost;
  return definition.placed ? valuesByNumber(cost, numbers) : costByNumber(cost, numbers, rowBytes);
}

/** A quantity of every agent, summed by number whatever the order in which agents lie. */
interface TraceColumn {
  /** By number. */
  at: number;
  /** Where this worker's kernels write its agents' entries, by position. */
  from: number;
  /** Brings them from there to their place. */
  settle(): void;
}

function traceColumn(
  arena: Arena,
  name: string,
  first: number,
  end: number,
  numbers: Uint32Array | undefined,
): TraceColumn {
  const at = arena.address(name);
  if (numbers === undefined) return { at, from: at, settle: () => {} };
  const column = arena.view(name, 'f64');
  const byPosition = arena.view('trace.byPosition', 'f64');
  return {
    at,
    from: arena.address('trace.byPosition'),
    settle() {
      for (let position = first; position < end; position++) column[numbers[position]] = byPosition[position];
    },
  };
}

export function bindFlow(plan: FlowRunPlan, arena: Arena, kernels: Kernels, worker: number): BoundProgram {
  const runtime = bindRuntime(plan, arena, kernels, worker);
  const { reference, numbers } = runtime;
  const { agents, rowBytes, blockAgents } = plan;
  const x = arena.address('x');
  const parityBytes = (name: string) =>
    plan.state.some((field) => field.name === name && field.doubled) ? agents * rowBytes : 0;
  const xParityBytes = parityBytes('x');
  const xAt = (round: number) => x + (round & 1) * xParityBytes;
  const bindChannels = (runtime: Runtime) =>
    plan.flow.stateIsMessage
      ? [bindStateChannel(runtime, xAt)]
      : plan.channels.map((compressor, channel) => bindChannel(compressor, channel, runtime));
  const hubs = plan.hubs.length > 0 ? shareHubs(plan.hubs, plan.workers, runtime, bindChannels) : null;
  const channels = hubs?.channels ?? bindChannels(runtime);
  const cost = bindCost(plan, runtime);
  const flow = flowDefinition(plan.flow.kind).bind(plan.flow, channels, cost, runtime);
  const first = plan.partition[worker];
  const end = plan.partition[worker + 1];
  const count = end - first;

  const links =
    plan.links === null
      ? null
      : bindLinks({ ...plan, plan: plan.links, hearers: plan, first, end }, arena, kernels);

  const rowEntries = rowBytes / 8;
  const lines = rowEntries / LINE_ENTRIES;
  const firstColumn = Math.floor((lines * worker) / plan.workers) * LINE_ENTRIES;
  const columns = Math.floor((lines * (worker + 1)) / plan.workers) * LINE_ENTRIES - firstColumn;
  const mean = arena.address('trace.mean');
  const optimum = arena.address('trace.optimum');
  const optimumView = arena.view('trace.optimum', 'f64');
  const meanView = arena.view('trace.mean', 'f64');
  const values = arena.address('trace.values');
  const positions = numbers === undefined ? 0 : arena.address('agents.positions');
  const ofAgents = (name: string) => traceColumn(arena, name, first, end, numbers);
  const toOptimum = ofAgents('trace.toOptimum');
  const toMean = ofAgents('trace.toMean');
  const estimates = arena.has('s');
  const toEstimate = estimates ? ofAgents('trace.toEstimate') : null;
  const s = estimates ? arena.address('s') : 0;
  const sParityBytes = parityBytes('s');
  const sAt = (round: number) => s + (round & 1) * sParityBytes;
  const average = plan.problem === 'average';
  const entries = agents * plan.dim;
  const verdict = bindVerdict(plan);
  const accuracy = bindAccuracy(plan.cost, cost, arena, worker, plan.workers);

  const bits = bindBits(plan, arena, worker, links);
  const hasOptimum = plan.optimumKnown;
  const optimumValue = optimumValueIn(arena, plan);
  const measure = bindMeasure(
    {
      plan: plan.measure,
      agents,
      dim: plan.dim,
      rowBytes,
      optimumValue,
      worker,
      workers: plan.workers,
      first,
      end,
      numbers,
      positions: numbers === undefined ? undefined : arena.view('agents.positions', 'u32'),
    },
    cost,
    arena,
    kernels,
    { mean, optimum, away: arena.view(hasOptimum ? 'trace.toOptimum' : 'trace.toMean', 'f64') },
  );

  const round = (k: number) => {
    cost.beginRound?.(k);
    links?.begin(k);
    bits.deliver(k);
    links?.ahead(k + 1);
    for (let channel = 0; channel < channels.length; channel++) channels[channel].prepare(k + 1);
    for (let block = first; block < end; block += blockAgents) {
      flow.block(block, Math.min(end - block, blockAgents), k);
    }
  };

  // Each worker sums whole columns over all agents: the order of additions does not depend on how many workers there are.
  const traceMean = (k: number) => {
    if (columns === 0) return;
    if (numbers === undefined) kernels.columnMeans(xAt(k), rowBytes, agents, firstColumn, columns, mean);
    else kernels.columnMeansPlaced(xAt(k), rowBytes, positions, agents, firstColumn, columns, mean);
    reference?.mean(k, firstColumn, columns, optimum);
  };

  const traceAgents = (k: number) => {
    accuracy.count(mean);
    if (count === 0) return;
    cost.beginRound?.(k);
    if (!average) cost.values(first, count, mean, values);
    kernels.distancesToPoint(first, count, xAt(k), rowBytes, rowEntries, optimum, toOptimum.from);
    toOptimum.settle();
    kernels.distancesToPoint(first, count, xAt(k), rowBytes, rowEntries, mean, toMean.from);
    toMean.settle();
    if (toEstimate === null) return;
    kernels.distancesBetweenRows(first, count, xAt(k), sAt(k), rowBytes, rowEntries, toEstimate.from);
    toEstimate.settle();
  };

  /** |mean x - x*|^2 / 2: the whole gap of the averaging problem. */
  const averageGap = () => {
    let total = 0;
    for (let c = 0; c < plan.dim; c++) total += (meanView[c] - optimumView[c]) ** 2;
    return total / 2;
  };

  const traceRow = (k: number, seconds: number, row: Float64Array) => {
    const gap = average ? averageGap() : kernels.sum(values, agents) / agents - optimumValue;
    const rmsError = hasOptimum ? Math.sqrt(kernels.sum(toOptimum.at, agents) / entries) : Number.NaN;
    const consensusError = Math.sqrt(kernels.sum(toMean.at, agents) / entries);
    const observerError = toEstimate ? Math.sqrt(kernels.sum(toEstimate.at, agents) / entries) : Number.NaN;
    row[0] = k;
    row[1] = average ? gap + (reference?.least(k) ?? optimumValue) : kernels.sum(values, agents) / agents;
    row[2] = gap;
    row[3] = rmsError;
    row[4] = consensusError;
    row[5] = observerError;
    row[6] = bits.broadcast(k);
    row[7] = bits.links(k);
    row[8] = seconds;
    row[9] = bits.networkSeconds(k);
    row[10] = accuracy.share();
    // Links between agents have no up and no down.
    row[11] = Number.NaN;
    row[12] = Number.NaN;
    measure.fill(row);
    return verdict(row);
  };

  /** One worker has all agents. */
  const rmsError = (k: number) => {
    kernels.distancesToPoint(first, count, xAt(k), rowBytes, rowEntries, optimum, toOptimum.from);
    toOptimum.settle();
    return Math.sqrt(kernels.sum(toOptimum.at, agents) / entries);
  };

  return {
    ...(plan.workers === 1 && hasOptimum && !reference && { rmsError }),
    prologue() {
      links?.prologue();
      for (const channel of channels) channel.prepare(0);
      for (let block = first; block < end; block += blockAgents) {
        flow.prologue(block, Math.min(blockAgents, end - block), 0);
      }
    },
    phases: hubs ? [hubs.phase, round] : [round],
    tracePhases: [traceMean, traceAgents, (k) => measure.phase(k, xAt(k))],
    save: () => bits.save?.(),
    restore(k) {
      bits.restore?.();
      // What a codec has drawn for the messages that are waiting lies outside the arena.
      for (const channel of channels) channel.prepare(k);
    },
    traceRow,
  };
}
