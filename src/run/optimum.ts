/** x* and f* as they stand in an arena, where trace rows measure from. */

import type { Arena } from '../arena/arena.js';
import { type FieldSpec, pointLength } from '../arena/layout.js';
import type { Optimum } from '../cost/types.js';
import type { PlanReport } from './reports.js';
import type { RunPlan } from './types.js';

export function optimumFields(dim: number): FieldSpec[] {
  return [
    { name: 'trace.optimum', type: 'f64', length: pointLength(dim) },
    { name: 'trace.optimumValue', type: 'f64', length: 1 },
  ];
}

/** Nothing, where it is unknown. */
export function fillOptimum(arena: Arena, optimum: Pick<Optimum, 'x' | 'value'> | null): void {
  if (optimum === null) return;
  arena.view('trace.optimum', 'f64').set(optimum.x);
  arena.view('trace.optimumValue', 'f64').fill(optimum.value);
}

/** f*; NaN where it is unknown. */
export function optimumValueIn(arena: Arena, { optimumKnown }: Pick<RunPlan, 'optimumKnown'>): number {
  return optimumKnown ? (arena.view('trace.optimumValue', 'f64')[0] ?? Number.NaN) : Number.NaN;
}

export function reportOptimum(optimum: Optimum | null): PlanReport['optimum'] {
  if (!optimum) return null;
  const { value, gradientNorm, method, iterations } = optimum;
  return { value, gradientNorm, method, iterations };
}
