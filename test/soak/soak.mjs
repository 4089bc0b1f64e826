/**
 * Does a long run stay as it began? Ten million rounds (or so many minutes) with checkpoints, a trace and a
 * subscriber: memory and speed by tenths of the way, and the run gone on with once in the middle. Fails where
 * either drifts.
 *
 *     npm run soak [-- --rounds 10000000 --minutes 60 --workers 2]
 */

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openSession, parseConfig } from '../../dist/src/index.js';
import { findResumption } from '../../dist/src/session/resume-point.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10000000' },
    minutes: { type: 'string', default: '60' },
    workers: { type: 'string', default: '1' },
  },
});
const [rounds, minutes, workers] = ['rounds', 'minutes', 'workers'].map((name) => Number(values[name]));
const TENTHS = 10;
const SECOND = 1000;
const MIB = 2 ** 20;
/** Growth of the resident size from the second tenth to the last, and loss of speed: more is a drift. */
const MOST_GROWTH_MIB = 24;
const MOST_SLOWER = 0.25;

const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-soak-'));
const config = await parseConfig({
  topology: { kind: 'ring', nodes: 12 },
  cost: { kind: 'quadratic', dim: 4, condition: 3 },
  flow: { kind: 'primal-dual', compress: 'error-state', step: 0.05, alpha: 1, beta: 1 },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  rounds,
  workers,
  trace: { every: 10 },
  checkpoint: { everySeconds: 1 },
});

const marks = [];
let told = 0;

/** From where it stands to `until`, or to its end. */
async function part(session, prepare, start, until) {
  await session.prepare(prepare);
  await session.subscribe((rows) => {
    told += rows.length;
  });
  const ended = session.start(start);
  ended.catch(() => {});
  let last = { round: prepare.from?.round ?? 0, ms: performance.now() };
  const begun = performance.now();
  let over = false;
  ended.finally(() => {
    over = true;
  });
  const own = [];
  while (!over) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { round } = await session.progress().catch(() => ({ round: last.round }));
    const ms = performance.now();
    if (round >= until || (ms - begun) / (60 * SECOND) >= minutes) await session.stop();
    if (round - last.round < rounds / TENTHS && !over) continue;
    const speed = (SECOND * (round - last.round)) / (ms - last.ms);
    const resident = process.memoryUsage.rss() / MIB;
    own.push({ round, speed, resident });
    console.log(
      `round ${round.toLocaleString('en')}: ${Math.round(speed).toLocaleString('en')} rounds/s, ${resident.toFixed(0)} MiB resident, ${told.toLocaleString('en')} rows told`,
    );
    last = { round, ms };
  }
  // The first is of threads that come up, the last of a piece that may be short.
  marks.push(...own.slice(1, -1));
  return (await ended).summary;
}

let failed = false;
try {
  const out = path.join(folder, 'run');
  const first = await openSession();
  const stopped = await part(first.session, { config, outDir: out }, {}, rounds / 2);
  await first.close();
  console.log(`stopped after round ${stopped.rounds.toLocaleString('en')}, and gone on with`);
  const { loaded, from, run } = await findResumption(out, []);
  const second = await openSession();
  const summary = await part(second.session, { config: loaded, from, outDir: out }, { runId: run }, rounds);
  await second.close();
  console.log(
    `${summary.status} after ${summary.rounds.toLocaleString('en')} rounds, ${stopped.checkpoints.written + summary.checkpoints.written} checkpoints, hash ${summary.stateHash.slice(0, 16)}`,
  );
  const grown = marks.at(-1).resident - marks[0].resident;
  const speeds = marks.map(({ speed }) => speed).sort((a, b) => a - b);
  const slower = 1 - marks.at(-1).speed / speeds[Math.floor(speeds.length / 2)];
  console.log(
    `resident size grew by ${grown.toFixed(1)} MiB; the last tenth was ${(100 * slower).toFixed(1)}% slower than the median`,
  );
  failed = grown > MOST_GROWTH_MIB || slower > MOST_SLOWER;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(failed ? 'it drifts' : 'it stays as it began');
process.exitCode = failed ? 1 : 0;
