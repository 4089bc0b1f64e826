/**
 * What the agents hold, in a trace row: how good f is at their own points, and how steep it is there.
 *
 *     agentsGapMean, agentsGapWorst   mean and largest of f(x_i) - f* over the agents         f = (1/n) sum_j f_j
 *     gradientNorm                    mean of |grad f(x_i)|_2 over the agents
 *     meanGradientNorm                |grad f(mean x)|_2
 *
 * The gap of the mean can be small while no agent is near the optimum; these cannot. f is the cost of all
 * agents, so one f(x_i) is an evaluation of everybody's cost. Where f is f* + 1/2 sum_c abar_c (x_c - x*_c)^2
 * (quadratic costs, averaging) every agent is measured in that closed form. Elsewhere f and its gradient are
 * evaluated at `points` agents, evenly spaced by number, and at the one agent that is farthest from x* (from
 * the mean of all, where x* is unknown), which counts for the worst only. All agents are looked at where that
 * takes less than ROW_WORK multiply-adds a row, where a run is to stop at one of these figures, or where the
 * config says so. Which agents are looked at depends on the plan alone, never on how often rows are written,
 * nor on the number of workers.
 *
 * Points are shared out between workers in turns; each is summed by one worker, over the agents in the order
 * of their numbers, so the bits are the same for any number.
 */

import type { Kernels } from '../../kernels/bindings.js';
import type { Arena } from '../arena/arena.js';
import { type FieldSpec, type Precision, rowLength } from '../arena/layout.js';
import { bindPoints } from '../cost/points.js';
import type { BoundCost, CostModel } from '../cost/types.js';
import type { Ensemble } from '../ranks/ensemble.js';
import { COLUMNS } from '../trace/ring.js';
import type { SampleChoice, StopSpec } from './config.js';

/** Multiply-adds that a trace row may take for this, where nobody says otherwise: some ten milliseconds. */
const ROW_WORK = 1e7;
/** A mean over fewer agents says little; it is left out where even these take more than MOST_WORK. */
const LEAST_POINTS = 4;
const MOST_WORK = 5e8;
/** A value and a gradient at one point, in gradients of all agents. */
const POINT_WORK = 1.5;

export interface MeasurePlan {
  /** Agents at which f is evaluated; all in closed form where `curvature` is given. */
  points: number;
  /** Arena field of abar where f has the closed form; 'ones' where abar is 1. */
  curvature: string | null;
}

export interface MeasureInputs {
  agents: number;
  /** Multiply-adds of one exact gradient of every agent. */
  work: number;
  curvature: string | null;
  sample: SampleChoice;
  stop: StopSpec;
}

export function planMeasure({ agents, work, curvature, sample, stop }: MeasureInputs): MeasurePlan {
  const points = curvature === null ? choosePoints(agents, work, sample, stop) : agents;
  return { points, curvature };
}

function choosePoints(agents: number, work: number, sample: SampleChoice, stop: StopSpec): number {
  if (sample === 'all') return agents;
  if (sample !== 'auto') return Math.min(agents, sample);
  const { agentsGapMean, agentsGapWorst, gradientNorm } = stop;
  if ([agentsGapMean, agentsGapWorst, gradientNorm].some((bound) => bound !== undefined)) return agents;
  const each = POINT_WORK * Math.max(1, work);
  const affordable = Math.floor(ROW_WORK / each);
  if (affordable >= LEAST_POINTS) return Math.min(agents, affordable);
  return LEAST_POINTS * each <= MOST_WORK ? Math.min(agents, LEAST_POINTS) : 0;
}

/** The same where everyone holds the same x: whether its gradient is looked at. */
export function measuresOnePoint(
  cost: Pick<CostModel, 'work' | 'exactWork'>,
  sample: SampleChoice,
  stop: StopSpec,
): boolean {
  if (sample !== 'auto') return sample !== 0;
  return stop.gradientNorm !== undefined || LEAST_POINTS * POINT_WORK * workOf(cost) <= MOST_WORK;
}

/** Multiply-adds of one whole trace row: the objective at the mean, distances, and what is measured here. */
export function rowWork(points: number, closed: boolean, work: number, agents: number, dim: number): number {
  return 5 * agents * dim + work / 2 + (closed ? 0 : (points + 2) * POINT_WORK * work);
}

/** Multiply-adds of one exact gradient of every agent. */
export function workOf({ work, exactWork }: Pick<CostModel, 'work' | 'exactWork'>): number {
  return exactWork ?? work.reduce((sum, one) => sum + one, 0);
}

export function measureFields(
  plan: MeasurePlan,
  agents: number,
  dim: number,
  precision: Precision | undefined,
): FieldSpec[] {
  if (plan.curvature !== null) {
    return [
      { name: 'trace.agentGaps', type: 'f64', length: agents },
      { name: 'trace.agentSlopes', type: 'f64', length: agents },
    ];
  }
  if (plan.points === 0) return [];
  return [
    // The points, the agent farthest away, and the mean.
    { name: 'trace.agentGaps', type: 'f64', length: plan.points + 2 },
    { name: 'trace.agentSlopes', type: 'f64', length: plan.points + 2 },
    { name: 'scratch.pointValues', type: 'f64', length: agents, perWorker: true },
    ...slopeFields(dim, precision),
  ];
}

const GAP_MEAN = COLUMNS.indexOf('agentsGapMean');
const GAP_WORST = COLUMNS.indexOf('agentsGapWorst');
const GRADIENT = COLUMNS.indexOf('gradientNorm');
const MEAN_GRADIENT = COLUMNS.indexOf('meanGradientNorm');

export interface MeasureBinding {
  plan: MeasurePlan;
  agents: number;
  dim: number;
  rowBytes: number;
  optimumValue: number;
  worker: number;
  workers: number;
  /** This worker's own agents, by position. */
  first: number;
  end: number;
  /** Of the agent at a position, and the other way round; undefined where they are the same. */
  numbers: Uint32Array | undefined;
  positions: Uint32Array | undefined;
  /** Of several ranks: what this one holds; and, on the thread that speaks with the others, all of them. */
  part: { own: number } | null;
  ensemble: Ensemble | null;
}

export interface BoundMeasure {
  /**
   * A trace phase, behind the barrier after distances have been written; `xAt`: address of the first agent's
   * row.
   */
  phase(round: number, xAt: number): void;
  /** On the leader, behind the barrier of the phase. */
  fill(row: Float64Array): void;
}

/**
 * `away`: by number, the squared distance of each agent from x*, or from the mean. `mean`, `optimum`:
 * addresses of padded rows.
 */
export function bindMeasure(
  binding: MeasureBinding,
  cost: BoundCost,
  arena: Arena,
  kernels: Kernels,
  points: { mean: number; optimum: number; away: Float64Array },
): BoundMeasure {
  const { plan } = binding;
  if (plan.curvature !== null) return closedForm(binding, arena, points);
  if (plan.points === 0) {
    return {
      phase() {},
      fill(row) {
        row[GAP_MEAN] = row[GAP_WORST] = row[GRADIENT] = row[MEAN_GRADIENT] = Number.NaN;
      },
    };
  }
  return evaluated(binding, cost, arena, kernels, points);
}

function closedForm(
  { plan, agents, dim, rowBytes, first, end, numbers, part }: MeasureBinding,
  arena: Arena,
  { mean, optimum }: { mean: number; optimum: number },
): BoundMeasure {
  const doubles = new Float64Array(arena.memory.buffer);
  const reals = arena.allReals;
  const { realBytes } = arena;
  const curvature = plan.curvature === 'ones' ? null : arena.view(plan.curvature as string, 'f64');
  const gaps = arena.view('trace.agentGaps', 'f64');
  const slopes = arena.view('trace.agentSlopes', 'f64');
  // Of several ranks each has its own agents', by position, until they are gathered.
  const ownGaps = part === null ? gaps : arena.view('ranks.agentGaps', 'f64');
  const ownSlopes = part === null ? slopes : arena.view('ranks.agentSlopes', 'f64');
  const star = optimum / 8;
  return {
    phase(_round, xAt) {
      for (let position = first; position < end; position++) {
        const at = (xAt + position * rowBytes) / realBytes;
        let gap = 0;
        let slope = 0;
        for (let c = 0; c < dim; c++) {
          const a = curvature === null ? 1 : curvature[c];
          const distance = reals[at + c] - doubles[star + c];
          gap += a * distance * distance;
          slope += a * a * distance * distance;
        }
        const number = numbers === undefined ? position : numbers[position];
        ownGaps[number] = gap / 2;
        ownSlopes[number] = Math.sqrt(slope);
      }
    },
    fill(row) {
      summarise(row, gaps, slopes, agents, agents);
      let slope = 0;
      for (let c = 0; c < dim; c++) {
        const a = curvature === null ? 1 : curvature[c];
        slope += (a * (doubles[mean / 8 + c] - doubles[star + c])) ** 2;
      }
      row[MEAN_GRADIENT] = Math.sqrt(slope);
    },
  };
}

function evaluated(
  binding: MeasureBinding,
  cost: BoundCost,
  arena: Arena,
  kernels: Kernels,
  { mean, away }: { mean: number; away: Float64Array },
): BoundMeasure {
  const { plan, agents, dim, rowBytes, optimumValue, positions, part, ensemble } = binding;
  const { points } = plan;
  // Over several ranks the thread that speaks with the others does all of it, of its own agents.
  const [worker, workers] = part === null ? [binding.worker, binding.workers] : [0, 1];
  const gaps = arena.view('trace.agentGaps', 'f64');
  const slopes = arena.view('trace.agentSlopes', 'f64');
  const values = arena.address(part === null ? 'scratch.pointValues' : 'ranks.pointValues', worker);
  const slope = bindSlope(cost, arena, worker, { agents, dim, positions, ensemble });
  const forms = bindPoints({ arena, kernels, dim, worker });
  const positionOf = (number: number) => (positions === undefined ? number : positions[number]);

  const bits = new Int32Array(arena.memory.buffer);
  const pointWords = (dim * arena.realBytes) / 4;
  /** The agent's row that this worker looked at last, in this row of the trace: agents mostly begin at one point. */
  const seen = { row: 0, into: -1 };
  const isSeen = (row: number): boolean => {
    if (seen.into < 0) return false;
    for (let w = 0; w < pointWords; w++) if (bits[row / 4 + w] !== bits[seen.row / 4 + w]) return false;
    return true;
  };

  const valuesAt = (point: number) => {
    if (part === null) {
      cost.values(0, agents, point, values);
      return;
    }
    const own = arena.view('ranks.values', 'f64');
    if (part.own > 0) cost.values(0, part.own, point, arena.address('ranks.values'));
    ensemble?.gather(own, ensemble.rank === 0 ? arena.view('ranks.pointValues', 'f64') : null);
  };

  /** Of all agents' costs at one point, which stands there both as a row of the state and as float64. */
  const look = (row: number, point: number, into: number) => {
    valuesAt(point);
    gaps[into] = kernels.sum(values, agents) / agents - optimumValue;
    slopes[into] = slope(row);
  };
  const shown = part === null ? [] : [arena.address('ranks.row'), arena.address('ranks.rowBefore')];
  /** The row of an agent; over several ranks a copy, which leaves that of the row seen last. */
  const rowOf = (number: number, xAt: number): number => {
    if (ensemble === null) return xAt + positionOf(number) * rowBytes;
    const to = seen.into >= 0 && seen.row === shown[0] ? (shown[1] as number) : (shown[0] as number);
    ensemble.row(number, xAt, rowBytes, to);
    return to;
  };
  const lookAt = (number: number, xAt: number, into: number) => {
    const row = rowOf(number, xAt);
    if (isSeen(row)) {
      gaps[into] = gaps[seen.into];
      slopes[into] = slopes[seen.into];
    } else {
      look(row, forms.wide(row), into);
      seen.row = row;
      seen.into = into;
    }
  };
  const farthest = () => {
    let found = 0;
    for (let number = 1; number < away.length; number++) if (away[number] > away[found]) found = number;
    return ensemble === null ? found : ensemble.told(found);
  };

  return {
    phase(round, xAt) {
      // Batches are named by the round; an exact gradient draws none.
      if (part !== null && ensemble === null) return;
      cost.beginRound?.(round);
      seen.into = -1;
      for (let point = worker; point < points + 2; point += workers) {
        if (point === points + 1) look(forms.narrow(mean), mean, point);
        else if (point < points) lookAt(Math.floor((point * agents) / points), xAt, point);
        else if (points < agents) lookAt(farthest(), xAt, point);
      }
    },
    fill(row) {
      summarise(row, gaps, slopes, points, points < agents ? points + 1 : points);
      if (Number.isNaN(optimumValue)) row[GAP_MEAN] = row[GAP_WORST] = Number.NaN;
      row[MEAN_GRADIENT] = slopes[points + 1];
    },
  };
}

export function slopeFields(dim: number, precision: Precision | undefined): FieldSpec[] {
  const length = rowLength(dim, precision);
  return [
    { name: 'scratch.pointGradient', type: 'real', length, perWorker: true },
    { name: 'scratch.pointSum', type: 'f64', length, perWorker: true },
  ];
}

/**
 * |grad f(point)|_2, `point` the address of a row of the run's precision: the gradients of all samples of all
 * agents, in the order of their numbers.
 */
export function bindSlope(
  cost: BoundCost,
  arena: Arena,
  worker: number,
  {
    agents,
    dim,
    positions,
    ensemble = null,
  }: Pick<MeasureBinding, 'agents' | 'dim' | 'positions'> & { ensemble?: Ensemble | null },
): (point: number) => number {
  const gradient = arena.address('scratch.pointGradient', worker);
  const gradientView = arena.reals('scratch.pointGradient', worker);
  const sum = arena.view('scratch.pointSum', 'f64', worker);
  const exact = cost.exactGradient ?? cost.gradient;
  return (point) => {
    sum.fill(0);
    const add = (position: number) => {
      exact(position, 1, point, gradient);
      for (let c = 0; c < dim; c++) sum[c] += gradientView[c];
    };
    if (ensemble !== null) ensemble.chain(sum, add);
    else
      for (let number = 0; number < agents; number++)
        add(positions === undefined ? number : positions[number]);
    let squares = 0;
    for (let c = 0; c < dim; c++) squares += sum[c] * sum[c];
    return Math.sqrt(squares) / agents;
  };
}

/** Means over the first `count` entries, the worst over the first `looked`. */
function summarise(
  row: Float64Array,
  gaps: Float64Array,
  slopes: Float64Array,
  count: number,
  looked: number,
): void {
  let gap = 0;
  let slope = 0;
  let worst = gaps[0];
  for (let i = 0; i < count; i++) {
    gap += gaps[i];
    slope += slopes[i];
  }
  // A NaN stays: it is the worst there is.
  for (let i = 1; i < looked; i++) if (!(gaps[i] <= worst)) worst = gaps[i];
  row[GAP_MEAN] = gap / count;
  row[GAP_WORST] = worst;
  row[GRADIENT] = slope / count;
}
