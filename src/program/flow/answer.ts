/** What a flow is to find, as far as that is known beforehand. */

import { flowDefinition } from '../../flow/registry.js';
import type { Answer } from '../../run/program.js';
import { allAlike } from '../../run/targets.js';
import type { FlowProblem } from './load.js';

/** An average is known with the beginning, a minimiser from the cost's own solver. */
export function answerFlow({ config, cost, init }: FlowProblem): Answer {
  const averages = flowDefinition(config.flow).problem === 'average';
  const optimum = averages ? null : cost.optimum();
  return {
    optimum,
    value: (x) => cost.value(x),
    averages,
    noOptimum: averages || optimum ? null : (cost.whyNoOptimum ?? 'its cost has none'),
    agree: agreement(averages, init, cost.dim),
  };
}

/** Why all agents are at one point from the start, as half a sentence; null where they are not. */
function agreement(averages: boolean, init: Float64Array | null, dim: number): string | null {
  if (init !== null) return allAlike(init, dim) ? 'all rows of init are alike' : null;
  return averages ? null : 'all agents begin at the same point';
}
