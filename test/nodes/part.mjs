/**
 * A part of a run, by whichever Node this is: begins it, or goes on with what is in the folder, to a round or to
 * its end. Prints the summary.
 *
 *     node part.mjs CONFIG FOLDER ROUND|end
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../dist/src/index.js';
import { findResumption } from '../../dist/src/session/resume-point.js';
import { RunSession } from '../../dist/src/session/run-session.js';

const [configFile, folder, until] = process.argv.slice(2);
const session = new RunSession();
let start = {};
let done = 0;
if (existsSync(join(folder, 'manifest.json'))) {
  const { loaded, from, run } = await findResumption(folder, []);
  await session.prepare({ config: loaded, from, outDir: folder });
  start = { runId: run };
  done = from.round;
} else {
  const config = await parseConfig(JSON.parse(readFileSync(configFile, 'utf8')));
  await session.prepare({ config, outDir: folder });
}
if (until !== 'end') await session.pause();
const ended = session.start(start);
if (until !== 'end') {
  await session.pause();
  await session.step(Number(until) - done);
  await session.stop();
}
console.log(JSON.stringify((await ended).summary));
