/** Filling the fresh arena of a flow: graph, data, beginning and optimum. */

import type { Arena } from '../../arena/arena.js';
import { REAL, type Reals } from '../../arena/layout.js';
import { costDefinition } from '../../cost/registry.js';
import type { Optimum } from '../../cost/types.js';
import { reverseEdges } from '../../flow/edges.js';
import type { ReferenceModel } from '../../flow/reference-types.js';
import { fillLinks, inRows, outRows } from '../../links/bind.js';
import { NOWHERE, type Part, type PlacedRows } from '../../ranks/part.js';
import { fillOptimum } from '../../run/optimum.js';
import type { FlowProblem } from './load.js';
import { type AgentOrder, type LocalOrder, placeRows } from './order.js';
import type { FlowRunPlan } from './types.js';

/** What a fresh arena of a flow is filled with: graph, data, beginning and optimum. */
export interface Filling {
  problem: FlowProblem;
  /** Null where what is averaged stands still. */
  reference: ReferenceModel | null;
  plan: Pick<FlowRunPlan, 'agents' | 'dim' | 'rowBytes' | 'directed' | 'out' | 'problem'>;
  /** Of all agents or, on one of several ranks, of its own. */
  order: LocalOrder | AgentOrder | Part | null;
  optimum: Optimum | null;
}

export function fillFlow(arena: Arena, { problem, reference, plan, order, optimum }: Filling): void {
  const { graph, links, networkOfEdges, weights, degrees, cost } = problem;
  const inward = inRows(graph);
  const outward = outRows(graph);
  arena.view('graph.rowStart', 'u32').set(order?.rowStart ?? inward.rowStart);
  arena.view('graph.columns', 'u32').set(order?.columns ?? inward.columns);
  const part = order !== null && 'rank' in order ? order : null;
  if (order) arena.view('agents.numbers', 'u32').set(order.numbers);
  if (part !== null && arena.has('agents.firstArc')) fillFirstArcs(arena, part);
  if (order && 'positions' in order) arena.view('agents.positions', 'u32').set(order.positions);
  if (plan.directed) {
    arena.view('graph.outStart', 'u32').set(order?.out?.rowStart ?? outward.rowStart);
    arena.view('graph.outColumns', 'u32').set(order?.out?.columns ?? outward.columns);
  }
  if (plan.out.shares) {
    const { rowStart } = outward;
    arena.view('graph.outDegrees', 'f64').forEach((_, position, outDegrees) => {
      const agent = order?.numbers[position] ?? position;
      outDegrees[position] = rowStart[agent + 1] - rowStart[agent];
    });
  }
  if (links) fillLinks(arena, links);
  if (networkOfEdges) {
    // Of arcs to those who hear an agent.
    const arcs = (order?.out ?? order)?.arcs;
    arena.view('network.bandwidth', 'f64').set(inOrder(networkOfEdges.bandwidth, arcs));
    arena.view('network.latency', 'f64').set(inOrder(networkOfEdges.latency, arcs));
  }
  arena.view('graph.weights', 'f64').set(weights ? inOrder(weights, order?.arcs) : [1]);
  arena.view('graph.degrees', 'f64').set(inOrder(degrees, order?.numbers));
  if (arena.has('graph.reverse'))
    arena.view('graph.reverse', 'u32').set(part?.reverse ?? reverseEdges(order ?? graph, order?.arcs));
  const placed = order !== null && costDefinition(cost.plan.kind).placed === true;
  cost.fill(arena, placed ? positionsOf(order, plan.agents) : undefined);

  const rowStride = plan.rowBytes / arena.realBytes;
  const begin = beginningOf(problem, plan);
  const beginning = new REAL[arena.precision].of(plan.dim);
  const averages = plan.problem === 'average';
  if (part !== null && reference === null) {
    // A rank has never more rows than its own: those of all are made one after the other.
    const x = arena.reals('x');
    for (let at = 0; begin !== null && at < part.own; at++) {
      begin(part.numbers[at], beginning);
      x.set(beginning, at * rowStride);
    }
    const read = (agent: number) => {
      begin?.(agent, beginning);
      return beginning;
    };
    fillOptimum(arena, averages ? averageProblem(read, plan) : optimum);
    return;
  }

  // A reference begins with all agents at once.
  const x = part === null ? arena.reals('x') : new REAL[arena.precision].of(plan.agents * rowStride);
  for (let agent = 0; begin !== null && agent < plan.agents; agent++) {
    begin(agent, beginning);
    x.set(beginning, agent * rowStride);
  }
  reference?.fill(arena, x);
  const read = (agent: number) => x.subarray(agent * rowStride, agent * rowStride + plan.dim);
  fillOptimum(arena, averages ? averageProblem(read, plan) : optimum);
  // Until here by number, so that what is summed over the agents is summed in that order.
  if (part !== null) takeRows(x, arena.reals('x'), rowStride, part);
  else if (order) placeRows(x.subarray(0, plan.agents * rowStride), rowStride, order);
}

/** Writes where an agent begins (dim entries); null where that is 0. */
function beginningOf(
  { init, cost }: FlowProblem,
  { problem, dim }: Filling['plan'],
): ((agent: number, into: Reals) => void) | null {
  if (init !== null) return (agent, into) => into.set(init.subarray(agent * dim, (agent + 1) * dim));
  if (problem === 'average') {
    const own = new Float64Array(dim);
    return (agent, into) => {
      cost.ownValue?.(agent, own);
      into.set(own);
    };
  }
  const initial = cost.initial?.();
  return initial === undefined ? null : (_, into) => into.set(initial);
}

/** Where each own agent's rows of arcs begin in the graph as given: what is kept arc by arc is found by it. */
function fillFirstArcs(arena: Arena, part: Part): void {
  const fill = (name: string, { rowStart, arcs }: PlacedRows) => {
    const first = arena.view(name, 'u32');
    for (let at = 0; at < part.own; at++) if (rowStart[at] < arcs.length) first[at] = arcs[rowStart[at]];
  };
  fill('agents.firstArc', part);
  if (part.out !== null) fill('agents.firstOutArc', part.out);
}

/** Where the agent with a number lies; NOWHERE for those of other ranks. */
function positionsOf(order: LocalOrder | AgentOrder | Part, agents: number): Uint32Array {
  if ('positions' in order) return order.positions;
  const own = 'own' in order ? order.own : order.numbers.length;
  const positions = new Uint32Array(agents).fill(NOWHERE);
  for (let at = 0; at < own; at++) positions[order.numbers[at]] = at;
  return positions;
}

/** The rows of a part's own agents, of those of all. */
function takeRows(all: Reals, x: Reals, rowStride: number, { own, numbers }: Part): void {
  for (let at = 0; at < own; at++) {
    const from = numbers[at] * rowStride;
    x.set(all.subarray(from, from + rowStride), at * rowStride);
  }
}

/** Entry i of what comes out is entry from[i]; as it is where there is no `from`. */
function inOrder(values: Float64Array, from: Uint32Array | undefined): Float64Array {
  return from === undefined ? values : Float64Array.from(from, (at) => values[at]);
}

/** Averaging: x* is the mean of the beginnings, f* = (1/n) sum_i |x* - x_i(0)|^2 / 2. */
function averageProblem(
  read: (agent: number) => Reals,
  { agents, dim }: Filling['plan'],
): Pick<Optimum, 'x' | 'value'> {
  const mean = new Float64Array(dim);
  for (let agent = 0; agent < agents; agent++) {
    const x = read(agent);
    for (let c = 0; c < dim; c++) mean[c] += x[c];
  }
  for (let c = 0; c < dim; c++) mean[c] /= agents;
  let total = 0;
  for (let agent = 0; agent < agents; agent++) {
    const x = read(agent);
    for (let c = 0; c < dim; c++) total += (x[c] - mean[c]) ** 2;
  }
  return { x: mean, value: total / 2 / agents };
}
