/**
 * Whether what a flow averages with averages at all. Where nothing but the neighbours acts on x, a round is
 * x <- W x with W = I - tau L, whose eigenvalues are 1 - tau lambda; disagreement shrinks where all but the
 * first lie inside the unit circle. `auto` sees to that. Gains given by hand may not:
 *
 *  - tau lambdaMax = 2: the eigenvalue -1. On an even ring with tau = 1/2, on two agents who swap, two camps
 *    change places every round, for ever.
 *  - tau lambdaMax > 2: disagreement grows.
 *  - on a directed graph, tau d_i = 1 for every agent: all hand on what they receive and keep nothing. If the
 *    lengths of all cycles have a common divisor, values go round and never mix (W is nonnegative and
 *    periodic: Perron, Frobenius).
 */

import type { Graph } from '../../topology/index.js';
import { inRows } from '../links/bind.js';
import type { FlowDefinition, FlowPlan } from './types.js';

/** Rounding in tau and lambdaMax. */
const TOLERANCE = 1e-9;

export interface AveragingInputs {
  definition: FlowDefinition;
  plan: FlowPlan;
  graph: Graph;
  /** Weighted degrees. */
  degrees: Float64Array;
  /** Nobody ever has more than one link up: all there is is the spectrum of a pair, 0 and this; else null. */
  pair: number | null;
  /** An upper bound of lambdaMax, at once; and lambdaMax, which takes a while. */
  bound: number;
  lambdaMax(): number;
}

/** A sentence for a person; null where the flow averages, or has nothing to do with it. */
export function averagingWarning(inputs: AveragingInputs): string | null {
  const { definition, plan, graph, degrees, pair, bound } = inputs;
  const names = definition.averaging?.(plan) ?? [];
  if (names.length === 0) return null;
  const tau = names.reduce((product, name) => product * plan.gains[name], 1);
  const [first] = names;
  const what = names.map((name) => `flow.${name}`).join(' x ');
  const below = (limit: number) => {
    const largest = Number(((plan.gains[first] * limit) / tau).toPrecision(4));
    return `take flow.${first} below ${largest}, for example ${Number((largest / 2).toPrecision(3))}, or auto`;
  };
  const matrix = `${what} is ${Number(tau.toPrecision(6))}, and the averaging matrix I - ${Number(tau.toPrecision(6))} L`;
  if (graph.arcs) {
    const cycle = keepsNothing(graph, degrees, tau) ? period(graph) : 1;
    if (cycle < 2) return null;
    return `${matrix} keeps nothing of an agent's own value on this graph, whose cycles all have a multiple of ${cycle} arcs: values go round and never mix; ${below(tau)}`;
  }
  const limitOf = (lambdaMax: number) => 2 / lambdaMax;
  const largest =
    pair ??
    (tau * bound < 2 * (1 - TOLERANCE) ? 0 : keepsNothing(graph, degrees, tau) ? twoSided(graph, tau) : -1);
  const lambdaMax = largest >= 0 ? largest : inputs.lambdaMax();
  if (tau * lambdaMax < 2 * (1 - TOLERANCE)) return null;
  const eigenvalue = Number((1 - tau * lambdaMax).toPrecision(4));
  return eigenvalue >= -1
    ? `${matrix} has the eigenvalue -1: on this graph a disagreement of two sides changes its sign every round and does not shrink; ${below(limitOf(lambdaMax))}`
    : `${matrix} has the eigenvalue ${eigenvalue}: disagreement grows from round to round; ${below(limitOf(lambdaMax))}`;
}

/** Whether the diagonal of W is 0. */
function keepsNothing(graph: Graph, degrees: Float64Array, tau: number): boolean {
  const { rowStart } = inRows(graph);
  const degreeOf = (agent: number) => (graph.arcs ? rowStart[agent + 1] - rowStart[agent] : degrees[agent]);
  for (let agent = 0; agent < graph.nodes; agent++) {
    if (!(Math.abs(tau * degreeOf(agent) - 1) < TOLERANCE)) return false;
  }
  return true;
}

/**
 * lambdaMax where the diagonal of W is 0: W is nonnegative, so that -1 is an eigenvalue exactly on a graph of
 * two sides; elsewhere all is well.
 */
function twoSided(graph: Graph, tau: number): number {
  return period(graph) % 2 === 0 ? 2 / tau : 0;
}

/** The greatest common divisor of the lengths of all closed walks of a strongly connected graph. */
function period(graph: Graph): number {
  const { rowStart, columns } = inRows(graph);
  const level = new Int32Array(graph.nodes).fill(-1);
  const queue = new Uint32Array(graph.nodes);
  level[0] = 0;
  let common = 0;
  for (let head = 0, tail = 1; head < tail; head++) {
    const node = queue[head];
    for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
      const next = columns[arc];
      if (level[next] < 0) {
        level[next] = level[node] + 1;
        queue[tail++] = next;
      }
      common = divisor(common, Math.abs(level[node] + 1 - level[next]));
    }
  }
  return common;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
