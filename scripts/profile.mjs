/**
 * Records the named profiles of profiles/ anew. For each profiles/NAME.yaml, into profiles/NAME/:
 *
 *     merged.html    the flame graph of the round loop
 *     hottest.txt    the same in words
 *     baseline.json  rounds per second without the profiler (median of three runs, in turns with nothing else) and with it; for every frame
 *                    its share of the time and its nanoseconds per agent and coordinate; the machine
 *
 * and a picture of the graph of one-bit-100k for docs/, where there is a Chromium to take them with.
 *
 * Usage: npm run profile [-- NAME...], or -- --pictures for a new picture of what is recorded. Record on a
 * machine that does nothing else.
 */

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig, openSession } from 'sottovoce';
import { loadFlights, writeFlights } from '../examples/01-flights/data.mjs';
import { findChromium, NO_CHROMIUM, takePicture } from './chromium.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const profiles = path.join(root, 'profiles');
const RUNS = 3;
/** Frames below this share are not worth a line. */
const SMALL_SHARE = 0.001;
const PICTURED = 'one-bit-100k';
const PICTURE = path.join(root, 'docs', 'flame-graph-one-bit-100k.png');
const WINDOW = '1400,460';

const known = readdirSync(profiles)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));
const picturesOnly = process.argv.includes('--pictures');
const names = process.argv.slice(2).filter((argument) => argument !== '--pictures');
const wanted = names.length > 0 || picturesOnly ? names : known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`there is no profile ${unknown.join(', ')}, expected some of ${known.join(', ')}`);
  process.exit(2);
}

if (wanted.includes('flights')) await writeFlights(await loadFlights());
for (const name of wanted) await record(name);
if (wanted.includes(PICTURED) || picturesOnly) takePictureOfGraph();

async function record(name) {
  const config = path.join(profiles, `${name}.yaml`);
  const folder = path.join(profiles, name);
  const { rounds } = (await loadConfig(config)).config;
  const speeds = [];
  for (let run = 0; run < RUNS; run++) speeds.push(await roundsPerSecond(config));
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-record-'));
  try {
    const command = path.join(root, 'dist', 'src', 'cli', 'main.js');
    const { status } = spawnSync(
      process.execPath,
      [command, 'profile', config, '--rounds', String(rounds), '--out', temporary],
      { stdio: 'inherit' },
    );
    if (status !== 0) process.exit(status ?? 1);
    mkdirSync(folder, { recursive: true });
    for (const file of ['merged.html', 'hottest.txt'])
      copyFileSync(path.join(temporary, file), path.join(folder, file));
    const profile = JSON.parse(readFileSync(path.join(temporary, 'profile.json'), 'utf8'));
    writeFileSync(
      path.join(folder, 'baseline.json'),
      `${JSON.stringify(baseline(profile, speeds), null, 2)}\n`,
    );
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  console.log(
    `${name}: ${speeds.map((speed) => speed.toPrecision(4)).join(', ')} rounds/s without the profiler`,
  );
}

/** As a program runs it: no files, no profiler. */
async function roundsPerSecond(config) {
  const { session, close } = await openSession();
  try {
    await session.prepare({ config: await loadConfig(config), outDir: null });
    const { summary } = await session.start();
    return summary.roundsPerSecond;
  } finally {
    await close();
  }
}

function baseline(profile, speeds) {
  const sorted = [...speeds].sort((a, b) => a - b);
  const { agents, dim, rounds, merged } = profile;
  const coordinates = agents * dim * rounds;
  const figures = ({ name, share }) => ({
    name,
    share: rounded(share),
    // Nanoseconds of a thread, for each agent, coordinate and round.
    nsPerCoordinate: rounded((1e9 * share * merged.seconds) / coordinates),
  });
  return {
    format: 'sottovoce-baseline/1',
    name: profile.name,
    machine: profile.machine,
    recorded: profile.time.recorded,
    agents,
    edges: profile.edges,
    dim,
    flow: profile.flow,
    compressor: profile.compressor,
    workers: profile.workers,
    rounds,
    roundsPerSecond: {
      median: sorted[Math.floor(RUNS / 2)],
      lowest: sorted[0],
      highest: sorted[RUNS - 1],
      runs: RUNS,
    },
    roundsPerSecondProfiled: profile.roundsPerSecond,
    barrier: {
      all: rounded(merged.barrier),
      threads: profile.threads.map(({ barrier }) => rounded(barrier)),
    },
    unnamed: rounded(merged.unnamed),
    frames: merged.frames.filter(({ share }) => share >= SMALL_SHARE).map(figures),
  };
}

function rounded(value) {
  return Number(value.toPrecision(4));
}

function takePictureOfGraph() {
  const browser = findChromium('take a picture of the flame graph');
  const page = path.join(profiles, PICTURED, 'merged.html');
  const failed = browser === null ? NO_CHROMIUM : takePicture(browser, `file://${page}`, PICTURE, WINDOW);
  console.log(
    failed === null ? `picture: ${path.relative(root, PICTURE)}` : `no picture of ${PICTURED}: ${failed}`,
  );
}
