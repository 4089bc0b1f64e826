/** Filling the fresh arena of a parameter server: data and beginning. */

import type { Arena } from '../../arena/arena.js';
import { costDefinition } from '../../cost/registry.js';
import type { CostModel } from '../../cost/types.js';
import { NOWHERE } from '../../ranks/part.js';
import type { ServerPart } from './divide.js';

/** `init`: dim entries; null for the cost's own beginning, or 0. */
export function fillServer(
  arena: Arena,
  cost: CostModel,
  init: Float64Array | null,
  part: ServerPart | null = null,
): void {
  const placed = part !== null && costDefinition(cost.plan.kind).placed === true;
  cost.fill(arena, placed ? positionsOf(part) : undefined);
  if (part !== null) arena.view('agents.numbers', 'u32').set(numbersOf(part));
  const beginning = init ?? cost.initial?.();
  if (beginning) arena.reals('x').set(beginning);
}

/** Of the agents of a rank, by position. */
function numbersOf({ own, starts, rank }: ServerPart): Uint32Array {
  return Uint32Array.from({ length: own }, (_, at) => starts[rank] + at);
}

/** Where the agent with a number lies; NOWHERE for those of other ranks. */
function positionsOf(part: ServerPart): Uint32Array {
  const positions = new Uint32Array(part.total).fill(NOWHERE);
  numbersOf(part).forEach((number, at) => {
    positions[number] = at;
  });
  return positions;
}
