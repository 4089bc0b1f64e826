/** How many threads a run gets. */

import type { RunConfig } from '../config/types.js';
import { ownCores } from '../cores.js';

/** `auto` is a worker for every core that is ours. */
export function countWorkers({ workers }: Pick<RunConfig, 'workers'>): number {
  return workers === 'auto' ? ownCores().count : workers;
}
