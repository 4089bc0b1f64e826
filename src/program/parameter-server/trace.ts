/** The trace rows of a parameter server: everyone holds the same x, so that its gap is everyone's. */

import { bindPoints } from '../../cost/points.js';
import type { BoundCost } from '../../cost/types.js';
import type { Ensemble } from '../../ranks/ensemble.js';
import { bindAccuracy } from '../../run/accuracy.js';
import { bindSlope } from '../../run/measure.js';
import { optimumValueIn } from '../../run/optimum.js';
import type { BoundProgram, Verdict } from '../../run/types.js';
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
  ensemble: Ensemble | null = null,
): Pick<BoundProgram, 'tracePhases' | 'traceRow'> {
  const { arena, kernels, worker } = runtime;
  const { agents, dim, network, share: part } = plan;
  const points = bindPoints(runtime);
  const x = arena.address('x');
  const first = plan.partition[worker];
  const end = plan.partition[worker + 1];
  const values = arena.address('trace.values');
  const ownValues = part === null ? values : arena.address('ranks.values');
  const optimum = arena.view('trace.optimum', 'f64');
  const model = arena.reals('x');
  const hasOptimum = plan.optimumKnown;
  const optimumValue = optimumValueIn(arena, plan);
  const verdict = bindVerdict(plan, arena);
  // The first of several ranks looks at all test samples.
  const test = part === null || part.rank === 0 ? plan.cost : { ...plan.cost, testSamples: 0 };
  const accuracy = bindAccuracy(test, cost, arena, worker, plan.workers);

  const traceAgents = (k: number) => {
    const point = points.wide(x);
    accuracy.count(point);
    if (first === end) return;
    cost.beginRound?.(k);
    cost.values(first, end - first, point, ownValues);
  };
  const slopeAt = plan.slope
    ? bindSlope(cost, arena, worker, { agents, dim, positions: undefined, ensemble })
    : () => Number.NaN;

  let slope = Number.NaN;
  /** Over all agents, in the order of their numbers. */
  const measure = (k: number) => {
    cost.beginRound?.(k);
    slope = slopeAt(x);
  };
  const gather = () =>
    ensemble?.gather(
      arena.view('ranks.values', 'f64'),
      ensemble.rank === 0 ? arena.view('trace.values', 'f64') : null,
    );

  const traceRow = (k: number, seconds: number, row: Float64Array): Verdict => {
    // Of several ranks the first one has the row, and says what is next.
    if (part !== null && part.rank > 0) return 'go';
    if (part === null) slope = slopeAt(x);
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
    row[column('gradientNorm')] = slope;
    row[column('meanGradientNorm')] = slope;
    return verdict(row);
  };

  return {
    tracePhases:
      part === null
        ? [traceAgents]
        : [
            (k) => {
              traceAgents(k);
              if (ensemble !== null) measure(k);
            },
            gather,
          ],
    traceRow,
  };
}
