/** Filling the fresh arena of a flow: graph, data, beginning and optimum. */

import type { Arena } from '../arena/arena.js';
import { reverseEdges } from '../flow/edges.js';
import { fillLinks, heardRows, hearerRows } from '../links/bind.js';
import type { FlowPrepared } from './prepare.js';

/** What an arena is filled from. */
export type Fillable = Pick<
  FlowPrepared,
  | 'graph'
  | 'links'
  | 'reference'
  | 'networkOfEdges'
  | 'weights'
  | 'degrees'
  | 'cost'
  | 'init'
  | 'optimum'
  | 'program'
>;

/** Writes graph, data, beginning and optimum into a fresh arena. */
export function fillFlow(arena: Arena, prepared: Fillable): void {
  const { graph, links, reference, networkOfEdges, weights, degrees, cost, init, optimum, program } =
    prepared;
  const { run } = program;
  const heard = heardRows(graph);
  const hearers = hearerRows(graph);
  arena.view('graph.rowStart', 'u32').set(heard.rowStart);
  arena.view('graph.columns', 'u32').set(heard.columns);
  if (run.directed) {
    arena.view('graph.outStart', 'u32').set(hearers.rowStart);
    arena.view('graph.outColumns', 'u32').set(hearers.columns);
  }
  if (run.shares) {
    const { rowStart } = hearers;
    arena.view('graph.outDegrees', 'f64').forEach((_, agent, outDegrees) => {
      outDegrees[agent] = rowStart[agent + 1] - rowStart[agent];
    });
  }
  if (links) fillLinks(arena, links);
  if (networkOfEdges) {
    arena.view('network.bandwidth', 'f64').set(networkOfEdges.bandwidth);
    arena.view('network.latency', 'f64').set(networkOfEdges.latency);
  }
  arena.view('graph.weights', 'f64').set(weights ?? [1]);
  arena.view('graph.degrees', 'f64').set(degrees);
  if (arena.has('graph.reverse')) arena.view('graph.reverse', 'u32').set(reverseEdges(graph));
  cost.fill(arena);

  const rowStride = run.rowBytes / 8;
  const x = arena.view('x', 'f64');
  if (init) {
    for (let agent = 0; agent < run.agents; agent++) {
      x.set(init.subarray(agent * run.dim, (agent + 1) * run.dim), agent * rowStride);
    }
  } else if (run.problem === 'cost' && cost.initial) {
    const initial = cost.initial();
    for (let agent = 0; agent < run.agents; agent++) x.set(initial, agent * rowStride);
  } else if (run.problem === 'average') {
    x.set(arena.view('cost.b', 'f64').subarray(0, run.agents * rowStride));
  }

  reference?.fill(arena, x);

  const target = arena.view('trace.optimum', 'f64');
  if (run.problem === 'average') {
    run.optimumValue = averageProblem(x, run.agents, rowStride, run.dim, target);
  } else if (optimum) {
    target.set(optimum.x);
  }
}

/** Consensus: x* is the mean of the beginnings, f* = (1/n) sum_i |x* - x_i(0)|^2 / 2. */
function averageProblem(
  x: Float64Array,
  agents: number,
  rowStride: number,
  dim: number,
  mean: Float64Array,
): number {
  for (let agent = 0; agent < agents; agent++) {
    for (let c = 0; c < dim; c++) mean[c] += x[agent * rowStride + c];
  }
  for (let c = 0; c < dim; c++) mean[c] /= agents;
  let total = 0;
  for (let agent = 0; agent < agents; agent++) {
    for (let c = 0; c < dim; c++) total += (x[agent * rowStride + c] - mean[c]) ** 2;
  }
  return total / 2 / agents;
}
