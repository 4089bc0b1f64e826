/** How many threads a run gets. */

import { ownCores } from '../base/cores.js';
import type { RunConfig } from '../run/config.js';

/** `auto` is a worker for every core that is ours. */
export function countWorkers({ workers }: Pick<RunConfig, 'workers'>): number {
  return workers === 'auto' ? ownCores().count : workers;
}
