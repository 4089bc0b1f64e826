/**
 * The trace rows of a flow. Every worker sums whole columns over all agents, or its own agents' distances;
 * the leader adds up what lies in the arena then. The order of additions does not depend on how many workers
 * there are.
 */

import type { Arena } from '../../arena/arena.js';
import { pointLength } from '../../arena/layout.js';
import type { BoundCost } from '../../cost/types.js';
import type { Ensemble } from '../../ranks/ensemble.js';
import { bindTogether, columnOfPart } from '../../ranks/trace.js';
import { bindAccuracy } from '../../run/accuracy.js';
import { bindMeasure } from '../../run/measure.js';
import { optimumValueIn } from '../../run/optimum.js';
import type { BoundProgram, Verdict } from '../../run/types.js';
import { bindVerdict } from '../../run/verdict.js';
import { watchedCount } from '../../run/watched.js';
import type { Runtime } from '../../runtime.js';
import { COLUMNS } from '../../trace/ring.js';
import type { Bits } from './bits.js';
import type { FlowRunPlan } from './types.js';

/** Entries of a cache line of float64: coordinates are shared out between workers in these units. */
const LINE_ENTRIES = 8;

/** Where a field of the state stands after so many rounds; those that are doubled take turns. */
export function stateAt(plan: FlowRunPlan, arena: Arena, name: string): (round: number) => number {
  const field = plan.state.find((field) => field.name === name);
  const at = arena.address(name);
  if (!field?.doubled) return () => at;
  const parityBytes = plan.rows * plan.rowBytes;
  return (round) => at + (round & 1) * parityBytes;
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

export function bindTrace(
  plan: FlowRunPlan,
  { arena, kernels, worker, numbers, reference }: Runtime,
  cost: BoundCost,
  bits: Bits,
  ensemble: Ensemble | null = null,
): Pick<BoundProgram, 'tracePhases' | 'traceRow' | 'rmsError'> {
  const { agents, dim, rowBytes, part } = plan;
  const pointEntries = pointLength(dim);
  const first = plan.partition[worker];
  const end = plan.partition[worker + 1];
  const count = end - first;
  const xAt = stateAt(plan, arena, 'x');
  const lines = pointEntries / LINE_ENTRIES;
  const firstColumn = Math.floor((lines * worker) / plan.workers) * LINE_ENTRIES;
  const columns = Math.floor((lines * (worker + 1)) / plan.workers) * LINE_ENTRIES - firstColumn;
  const mean = arena.address('trace.mean');
  const optimum = arena.address('trace.optimum');
  const optimumView = arena.view('trace.optimum', 'f64');
  const meanView = arena.view('trace.mean', 'f64');
  const ownValues = arena.address(part === null ? 'trace.values' : 'ranks.values');
  const values = arena.address('trace.values');
  const placed = numbers !== undefined && part === null;
  const positions = placed ? arena.address('agents.positions') : 0;
  const ofAgents = (name: string) =>
    part === null ? traceColumn(arena, name, first, end, numbers) : columnOfPart(arena, name);
  const toOptimum = ofAgents('trace.toOptimum');
  const toMean = ofAgents('trace.toMean');
  const toEstimate = arena.has('s') ? ofAgents('trace.toEstimate') : null;
  const sAt = toEstimate === null ? xAt : stateAt(plan, arena, 's');
  const average = plan.problem === 'average';
  const entries = agents * dim;
  const verdict = bindVerdict(plan, arena);
  // The first of several ranks looks at all test samples.
  const test = part === null || part.rank === 0 ? plan.cost : { ...plan.cost, testSamples: 0 };
  const accuracy = bindAccuracy(test, cost, arena, worker, plan.workers);

  const { watched } = plan;
  const reals = arena.allReals;
  const places = placed ? arena.view('agents.positions', 'u32') : null;
  const followed = Int32Array.from(watched?.agents ?? [], (agent) => places?.[agent] ?? agent);
  const coordinates = Int32Array.from(watched?.coordinates ?? []);

  const hasOptimum = plan.optimumKnown;
  const optimumValue = optimumValueIn(arena, plan);
  const measure = bindMeasure(
    {
      plan: plan.measure,
      agents,
      dim,
      rowBytes,
      optimumValue,
      worker,
      workers: plan.workers,
      first,
      end,
      numbers: part === null ? numbers : undefined,
      positions: placed ? arena.view('agents.positions', 'u32') : undefined,
      part,
      ensemble,
    },
    cost,
    arena,
    kernels,
    { mean, optimum, away: arena.view(hasOptimum ? 'trace.toOptimum' : 'trace.toMean', 'f64') },
  );

  const traceMean = (k: number) => {
    if (columns === 0) return;
    if (numbers === undefined) kernels.columnMeans(xAt(k), rowBytes, agents, firstColumn, columns, mean);
    else kernels.columnMeansPlaced(xAt(k), rowBytes, positions, agents, firstColumn, columns, mean);
    reference?.mean(k, firstColumn, columns, optimum);
  };

  /** The same over several ranks, by the thread that speaks with the others. */
  const meanOfAll = (k: number) => {
    ensemble?.columnMeans(xAt(k), rowBytes, pointEntries, mean);
    if (worker === 0) reference?.mean(k, 0, pointEntries, optimum);
  };

  const traceAgents = (k: number) => {
    accuracy.count(mean);
    if (count === 0) return;
    cost.beginRound?.(k);
    if (!average) cost.values(first, count, mean, ownValues);
    kernels.distancesToPoint(first, count, xAt(k), rowBytes, pointEntries, optimum, toOptimum.from);
    toOptimum.settle();
    kernels.distancesToPoint(first, count, xAt(k), rowBytes, pointEntries, mean, toMean.from);
    toMean.settle();
    if (toEstimate === null) return;
    kernels.distancesBetweenRows(first, count, xAt(k), sAt(k), rowBytes, pointEntries, toEstimate.from);
    toEstimate.settle();
  };

  /** |mean x - x*|^2 / 2: the whole gap of the averaging problem. */
  const averageGap = () => {
    let total = 0;
    for (let c = 0; c < dim; c++) total += (meanView[c] - optimumView[c]) ** 2;
    return total / 2;
  };

  const together = part === null || ensemble === null ? null : bindTogether(arena, ensemble, average);
  const seen = new Float64Array(watchedCount(watched));
  /** What the first rank needs of the others for a row, once all have looked at their own agents. */
  const gather = (k: number) => {
    together?.gather();
    if (ensemble === null || watched === undefined) return;
    const to = arena.address('ranks.row');
    for (let i = 0; i < followed.length; i++) {
      ensemble.row(watched.agents[i], xAt(k), rowBytes, to);
      for (let j = 0; j < coordinates.length; j++)
        seen[i * coordinates.length + j] = reals[to / arena.realBytes + coordinates[j]];
    }
  };

  const traceRow = (k: number, seconds: number, row: Float64Array): Verdict => {
    // Of several ranks the first one has the row, and says what is next.
    if (part !== null && part.rank > 0) return 'go';
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
    if (watched !== undefined) follow(k, row);
    return verdict(row);
  };

  /** x of the agents that the trace follows, behind the columns; the leader reads what others have written. */
  const follow = (k: number, row: Float64Array) => {
    if (part !== null) {
      row.set(seen, COLUMNS.length);
      return;
    }
    const start = xAt(k);
    for (let i = 0; i < followed.length; i++) {
      const at = (start + followed[i] * rowBytes) / arena.realBytes;
      for (let j = 0; j < coordinates.length; j++)
        row[COLUMNS.length + i * coordinates.length + j] = reals[at + coordinates[j]];
    }
  };

  /** One worker has all agents. */
  const rmsError = (k: number) => {
    kernels.distancesToPoint(first, count, xAt(k), rowBytes, pointEntries, optimum, toOptimum.from);
    toOptimum.settle();
    return Math.sqrt(kernels.sum(toOptimum.at, agents) / entries);
  };

  return {
    ...(plan.workers === 1 && hasOptimum && !reference && { rmsError }),
    tracePhases:
      part === null
        ? [traceMean, traceAgents, (k) => measure.phase(k, xAt(k))]
        : [meanOfAll, traceAgents, gather, (k) => measure.phase(k, xAt(k)), () => together?.gatherMeasured()],
    traceRow,
  };
}
