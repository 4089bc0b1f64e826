/**
 * What theory says of a run of a flow before it begins: the spectral radius of its round.
 *
 * Exactly where nothing is compressed, every edge is up in every round, and the costs are quadratic entry by
 * entry (`flow/linear-round.ts`). Under a linear compressor, where a flow has modes, by the model of
 * `flow/sampled-data.ts`, which is exact where the graph is regular and agents' curvatures are alike. Of any
 * other compressor the project has no condition that would say where it ends to converge: null.
 */

import { gainSpectrum } from '../../../topology/gain-spectrum.js';
import { radiusOf } from '../../flow/linear-round.js';
import { predictedRoundsPerDecade } from '../../flow/rate.js';
import { flowDefinition } from '../../flow/registry.js';
import type { Prediction } from '../../run/program.js';
import type { FlowProblem } from './load.js';
import type { FlowOutline } from './plan.js';
import type { FlowRunPlan } from './types.js';

/** Numbers of a vector beyond which nothing is iterated. */
const MOST_NUMBERS = 2 ** 18;

export function predictFlow(
  problem: FlowProblem,
  outline: Pick<FlowOutline, 'gains'>,
  plan: FlowRunPlan,
  sideOnly = false,
): Prediction | null {
  const { graph, weights, degrees, links, cost, config, reference } = problem;
  const { flow, agents, dim } = plan;
  if (graph.arcs || links !== null || reference !== null || (config.flow.batch ?? 'all') !== 'all')
    return null;
  const definition = flowDefinition(flow);
  const ends = () => (agents > 1 ? gainSpectrum(graph, weights) : { lambda2: 1, lambdaMax: 1 });
  const round = definition.linearRound?.(flow) ?? null;
  if (round !== null) {
    const averages = plan.problem === 'average';
    if ((!averages && cost.curvaturesOf === undefined) || agents * dim > MOST_NUMBERS) return null;
    const own = averages ? 1 : dim;
    const curvatures = new Float64Array(agents * own);
    if (!averages)
      for (let i = 0; i < agents; i++) cost.curvaturesOf?.(i, curvatures.subarray(i * dim, (i + 1) * dim));
    const { lambda2, lambdaMax } = ends();
    const { rowStart, columns } = graph;
    const linear = {
      agents,
      dim: own,
      curvatures,
      rowStart,
      columns,
      weights,
      degrees,
      lambda2,
      lambdaMax,
    };
    const radius = radiusOf(round, linear, sideOnly);
    return { radius, exact: true };
  }
  const { compress } = flow;
  if (compress === undefined || compress === 'none' || definition.modes === undefined) return null;
  const context = outline.gains();
  // Where coordinates are drawn, the model of regular times says nothing for certain.
  if (!context.linear || plan.channels[0]?.inTurn !== true || plan.problem === 'average') return null;
  const { lambda2, lambdaMax } = ends();
  const pace = predictedRoundsPerDecade(
    compress,
    flow.gains,
    { ...context, lambda2, lambdaMax },
    plan.problem,
  );
  // What does not contract has no pace: it is at the boundary or beyond.
  return { radius: 10 ** (-1 / pace), exact: false };
}
