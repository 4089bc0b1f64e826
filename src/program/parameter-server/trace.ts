/** The trace rows of a parameter server: everyone holds the same x, so that its gap is everyone's. */

import { bindPoints } from '../../cost/points.js';
import type { BoundCost } from '../../cost/types.js';
import { bindAccuracy } from '../../run/accuracy.js';
import { bindSlope } from '../../run/measure.js';
import { optimumValueIn } from '../../run/optimum.js';
import type { BoundProgram } from '../../run/types.js';
import { bindVerdict } from '../../run/verdict.js';
import type { Runtime } from '../../runtime.js';
import { COLUMNS } from '../../trace/ring.js';
import type { ServerBits } from './bits.js';
import type { ServerRunPlan } from './types.js';

const column = (name: (typeof COLUMNS)[number]) => COLUMNS.indexOf(name);

export function bindServerTrace(
  plan: ServerRunPlan,
  runtime: Runtime,
  cost: BoundCost,
  bits: ServerBits,
): Pick<BoundProgram, 'tracePhases' | 'traceRow'> {
  const { arena, kernels, worker } = runtime;
  const { agents, dim, network } = plan;
  const points = bindPoints(runtime);
  const x = arena.address('x');
  const first = plan.partition[worker];
  const end = plan.partition[worker + 1];
  const values = arena.address('trace.values');
  const optimum = arena.view('trace.optimum', 'f64');
  const model = arena.reals('x');
  const hasOptimum = plan.optimumKnown;
  const optimumValue = optimumValueIn(arena, plan);
  const verdict = bindVerdict(plan, arena);
  const accuracy = bindAccuracy(plan.cost, cost, arena, worker, plan.workers);

  const traceAgents = (k: number) => {
    const point = points.wide(x);
    accuracy.count(point);
    if (first === end) return;
    cost.beginRound?.(k);
    cost.values(first, end - first, point, values);
  };
  const slopeAt = plan.slope
    ? bindSlope(cost, arena, worker, { agents, dim, positions: undefined })
    : () => Number.NaN;

  const traceRow = (k: number, seconds: number, row: Float64Array) => {
    const objective = kernels.sum(values, agents) / agents;
    let squares = 0;
    for (let c = 0; c < dim; c++) squares += (model[c] - optimum[c]) ** 2;
    row.fill(Number.NaN);
    row[column('round')] = k;
    row[column('objective')] = objective;
    row[column('gap')] = objective - optimumValue;
    row[column('rmsError')] = hasOptimum ? Math.sqrt(squares / dim) : Number.NaN;
    // Everyone reads the same message and takes the same step: there is nothing to disagree about, unless it
    // is no number.
    row[column('consensusError')] = 0 * squares;
    row[column('bitsBroadcast')] = bits.up() + bits.down() / agents;
    row[column('bitsLinks')] = bits.up() + bits.down();
    row[column('seconds')] = seconds;
    // Up and down again: two latencies, and on either way the time of the longest message.
    row[column('networkSeconds')] =
      network === null ? Number.NaN : 2 * k * network.latency + bits.longest() / network.bandwidth;
    row[column('accuracy')] = accuracy.share();
    row[column('bitsUp')] = bits.up();
    row[column('bitsDown')] = bits.down();
    // x is what everyone holds.
    row[column('agentsGapMean')] = row[column('gap')];
    row[column('agentsGapWorst')] = row[column('gap')];
    const slope = slopeAt(x);
    row[column('gradientNorm')] = slope;
    row[column('meanGradientNorm')] = slope;
    return verdict(row);
  };

  return { tracePhases: [traceAgents], traceRow };
}
