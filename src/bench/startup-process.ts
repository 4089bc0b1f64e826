/** The process that `startup.ts` starts: a run like that of `sottovoce run`, given up after its first round. Prints when what was done, in milliseconds. */

import { loadConfig } from '../config/load.js';
import { openSession } from '../session/client.js';
import { countWorkers } from '../session/prepare.js';
import { createClock, readClock } from '../sync/clock.js';

const POLL_MS = 1;

const loaded = performance.now();
const config = await loadConfig(process.argv[2]);
const { session, close } = await openSession();
const clock = createClock(countWorkers(config.config));
await session.prepare({ config, outDir: null, clock });
const prepared = performance.now();
// Whether the run fails or is given up is the same to us.
session.start().catch(() => {});
// A worker that has begun its second round has seen everyone finish the first.
while (readClock(clock)[0].rounds < 2) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
const firstRound = performance.now();
process.stdout.write(JSON.stringify({ loaded, prepared, firstRound }));
await close();
