/** What flows share: where their state lies. */

import { type FieldSpec, rowLength, rowsThatLast } from '../arena/layout.js';
import type { PlanContext } from '../runtime.js';

/** One padded row an agent for each name. */
export function stateFields(names: readonly string[], { agents, dim }: PlanContext): FieldSpec[] {
  return names.map((name) => rowsThatLast({ name, type: 'f64', length: agents * rowLength(dim) }, agents));
}

/** Block rows of each worker. */
export function scratchFields(names: readonly string[], { blockAgents, dim }: PlanContext): FieldSpec[] {
  return names.map((name) => ({
    name: `scratch.${name}`,
    type: 'f64',
    length: blockAgents * rowLength(dim),
    perWorker: true,
  }));
}
