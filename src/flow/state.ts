/** What flows share: where their state lies. */

import { type FieldSpec, rowLength, rowsThatLast } from '../arena/layout.js';
import type { PlanContext } from '../runtime.js';

/** One padded row an agent for each name. */
export function stateFields(names: readonly string[], { agents, dim, precision }: PlanContext): FieldSpec[] {
  const length = agents * rowLength(dim, precision);
  return names.map((name) => rowsThatLast({ name, type: 'real', length }, agents));
}

/** Block rows of each worker. */
export function scratchFields(
  names: readonly string[],
  { blockAgents, dim, precision }: PlanContext,
): FieldSpec[] {
  return names.map((name) => ({
    name: `scratch.${name}`,
    type: 'real',
    length: blockAgents * rowLength(dim, precision),
    perWorker: true,
  }));
}
