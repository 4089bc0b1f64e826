/** One rank of a test, a thread: opens its transport, runs the cases that it is told, and says how they went. */

import { parentPort, workerData } from 'node:worker_threads';
import { cases } from './contract.mjs';

const { task, names, seconds } = workerData;
/** A rank that waits for one that failed gives up then. */
const run = { end: Number.POSITIVE_INFINITY };
const limit = performance.now() + seconds * 1000;
const { openTransport } = await import(task.module);
const transport = openTransport(task.data, () => performance.now() > Math.min(run.end, limit));
const outcomes = {};
for (const name of names) {
  try {
    cases[name]({ transport, run });
    outcomes[name] = 'kept';
  } catch (error) {
    outcomes[name] = `rank ${transport.rank}: ${error.stack}`;
    break;
  }
}
if (Object.values(outcomes).every((outcome) => outcome === 'kept')) transport.close();
parentPort.postMessage({ rank: transport.rank, ranks: transport.ranks, outcomes });
