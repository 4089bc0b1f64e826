/** How many threads a run gets. */

import os from 'node:os';
import type { RunConfig } from '../config/types.js';

/** `auto` is a worker for every core. */
export function countWorkers({ workers }: Pick<RunConfig, 'workers'>): number {
  return workers === 'auto' ? os.availableParallelism() : workers;
}
