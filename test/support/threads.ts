/**
 * Many short runs on threads that stay: a thread takes a hundred times longer to start than these runs last.
 * The engine is the real one, its pool, its barrier and its loop; threads that are warm race harder than new
 * ones. How threads start and end has its own tests (test/engine/session.test.ts, faults.test.ts).
 */

import { afterAll } from 'vitest';
import { parseConfig, type RunResult } from '../../dist/src/index.js';
import { ActiveRun } from '../../dist/src/session/active-run.js';
import { WorkerPool } from '../../dist/src/session/pool.js';
import { prepareRun } from '../../dist/src/session/prepare.js';

/** A run ends its pool; this one is ended by the file that opened it. */
class StandingPool extends WorkerPool {
  override async destroy(): Promise<void> {}
  close(): Promise<void> {
    return super.destroy();
  }
}

/**
 * Gives what runs a config on so many threads, which are gone after the tests of the file. For runs that end
 * well: a worker that fails keeps its thread.
 */
export function standingThreads(): (config: Record<string, unknown>, workers: number) => Promise<RunResult> {
  const pools = new Map<number, StandingPool>();
  afterAll(async () => {
    for (const pool of pools.values()) await pool.close();
  });
  return async (config, workers) => {
    const pool = pools.get(workers) ?? new StandingPool(workers);
    pools.set(workers, pool);
    const loaded = await parseConfig({ ...config, workers });
    const prepared = await prepareRun(loaded, workers);
    return new ActiveRun(prepared, pool, { config: loaded, outDir: null }, null, () => {}).run();
  };
}
