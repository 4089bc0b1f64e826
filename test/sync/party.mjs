// One party of a barrier test, on a thread of its own. What it does is told by workerData.
import { parentPort, workerData } from 'node:worker_threads';
import { Barrier } from '../../dist/src/sync/barrier.js';

const { words, path, tally, parties, party, crossings, spins, late, lateMs } = workerData;
const barrier = new Barrier(words, path, spins);
let wrong = 0;
try {
  for (let k = 1; k <= crossings; k++) {
    if (lateMs > 0 && party === late) Atomics.wait(words, 1, 0, lateMs);
    // A plain, unsynchronised write: only the barrier makes it visible to the others.
    tally[party] = k;
    barrier.wait();
    for (let other = 0; other < parties; other++) if (tally[other] !== k) wrong++;
    // Without this second barrier a fast party would write k + 1 while a slow one still reads.
    barrier.wait();
  }
  parentPort.postMessage({ wrong });
} catch (error) {
  parentPort.postMessage({ thrown: error.name, reason: error.reason });
}
