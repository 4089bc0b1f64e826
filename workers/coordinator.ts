/**
 * The coordinator thread: owns the pool, the parsing, the partitioning and the optimum, and exposes one
 * `Session` over Comlink. The main thread stays free to draw progress and to hear Ctrl-C; the round loop
 * never meets Comlink.
 */

import { parentPort, workerData } from 'node:worker_threads';
import type { CoordinatorTasks } from '../src/library/tasks.js';
import { guardThread } from '../src/plugin/stray.js';
import { useWatchWords } from '../src/plugin/watch.js';
import { programDefinition } from '../src/program/registry.js';
import { Comlink, nodeEndpoint } from '../src/session/comlink.js';
import type { CoordinatorData } from '../src/session/coordinator-thread.js';
import { RunSession } from '../src/session/run-session.js';

if (!parentPort) throw new Error('the coordinator is a worker thread: it is started by openSession()');
useWatchWords((workerData as CoordinatorData).watch);
guardThread();

/** A session, and what tools have done away from the thread that calls them. */
class Coordinator extends RunSession implements CoordinatorTasks {
  async task(...given: Parameters<CoordinatorTasks['task']>): Promise<unknown> {
    const { runTask } = await import('../src/library/tasks.js');
    return runTask(...given);
  }
}

Comlink.expose(new Coordinator(), nodeEndpoint(parentPort));

// Where the config is still being read and validated on the main thread, it is time to load what most runs need
// beside the session itself. A config that is there already goes first: it begins the threads of its run, and
// loads what it needs. Calls that have come are heard between two immediates, and not before the first.
// Nobody waits for what is loaded here, and what fails to load says so where it is used.
let isCalled = false;
parentPort.once('message', () => {
  isCalled = true;
});
setImmediate(() => setImmediate(preload));

function preload(): void {
  if (isCalled) return;
  for (const module of [
    programDefinition().preload(),
    import('../topology/readers/registry.js'),
    import('../src/cost/linear-host.js'),
    import('../src/data/csv.js'),
  ]) {
    module.catch(() => {});
  }
}
