/** The central solution beside a run, whatever its program: its value for the trace's gap, or why there is none; and what the plan's report says of it. */

import type { CostModel, Optimum } from '../cost/types.js';
import type { RunPlan } from '../program/types.js';
import type { PlanReport } from './types.js';

/** Writes f* into the plan, or the reason why it is unknown into its warnings. Not `wanted`: the run has another optimum than its cost's. */
export function settleOptimum(
  cost: CostModel,
  { run, warnings }: { run: RunPlan; warnings: string[] },
  wanted: boolean,
): Optimum | null {
  const optimum = wanted ? cost.optimum() : null;
  if (optimum) run.optimumValue = optimum.value;
  else if (cost.whyNoOptimum) warnings.push(`the gap is unknown: ${cost.whyNoOptimum}`);
  return optimum;
}

export function reportOptimum(optimum: Optimum | null): PlanReport['optimum'] {
  if (!optimum) return null;
  const { value, gradientNorm, method, iterations } = optimum;
  return { value, gradientNorm, method, iterations };
}
