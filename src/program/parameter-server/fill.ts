/** Filling the fresh arena of a parameter server: data and beginning. */

import type { Arena } from '../../arena/arena.js';
import type { CostModel } from '../../cost/types.js';

/** `init`: dim entries; null for the cost's own beginning, or 0. */
export function fillServer(arena: Arena, cost: CostModel, init: Float64Array | null): void {
  cost.fill(arena);
  const beginning = init ?? cost.initial?.();
  if (beginning) arena.reals('x').set(beginning);
}
