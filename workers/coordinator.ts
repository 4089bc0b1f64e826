/**
 * The coordinator thread: owns the pool, the parsing, the partitioning and the optimum, and exposes one
 * `Session` over Comlink. The main thread stays free to draw progress and to hear Ctrl-C; the round loop
 * never meets Comlink.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { loadModules, type ModuleReference } from '../src/plugin/modules.js';
import { useWatchWords } from '../src/plugin/watch.js';
import { programDefinition } from '../src/program/registry.js';
import type { LoadedConfig } from '../src/run/config.js';
import { Comlink, nodeEndpoint } from '../src/session/comlink.js';
import type { CoordinatorData } from '../src/session/coordinator-thread.js';
import { prepareRun } from '../src/session/prepare.js';
import { RunSession } from '../src/session/run-session.js';

if (!parentPort) throw new Error('the coordinator is a worker thread: it is started by openSession()');
useWatchWords((workerData as CoordinatorData).watch);

/** What tools have done here, where a function of a user's that does not return can be ended. */
const ERRANDS: Record<string, (...inputs: never[]) => Promise<unknown>> = {
  load: async (modules: ModuleReference[]) => loadModules(modules),
  async certify(...inputs: Parameters<typeof import('../src/certify/certify.js').certify>) {
    return (await import('../src/certify/certify.js')).certify(...inputs);
  },
  plan: async (loaded: LoadedConfig) => (await prepareRun(loaded, 1)).report,
  async tune(...inputs: Parameters<typeof import('../src/program/flow/tune-flow.js').tuneFlow>) {
    return (await import('../src/program/flow/tune-flow.js')).tuneFlow(...inputs);
  },
};

class Coordinator extends RunSession {
  async errand(name: string, inputs: readonly unknown[]): Promise<unknown> {
    return ERRANDS[name](...(inputs as never[]));
  }
}
Comlink.expose(new Coordinator(), nodeEndpoint(parentPort));

// The config is still being read and validated on the main thread: time to load what most runs need beside
// the session itself. Nobody waits for it, and what fails to load says so where it is used.
for (const module of [
  programDefinition().preload(),
  import('../topology/readers/registry.js'),
  import('../src/cost/linear-host.js'),
  import('../src/data/csv.js'),
]) {
  module.catch(() => {});
}
