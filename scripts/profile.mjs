/**
 * Records the named profiles of profiles/ anew. For each profiles/NAME.yaml, into profiles/NAME/:
 *
 *     merged.html    the flame graph of the round loop
 *     merged.folded  the same as folded stacks
 *     hottest.txt    the same in words
 *     baseline.json  eight starts: rounds per second without the profiler and with it; for every frame its share of
 *                    the time and its nanoseconds per agent and coordinate; the machine
 *
 * and a picture of the graph of one-bit-100k for docs/, where there is a Chromium to take them with. What changed
 * against the baseline that is there is printed before it is replaced.
 *
 * Usage: npm run profile [-- NAME...]; with --compare nothing is replaced; with --pictures there is a new picture of
 * what is recorded. Record on a machine that does nothing else.
 */

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
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
import { loadFlights, writeFlights } from '../examples/01-flights/data.mjs';
import { findChromium, NO_CHROMIUM, takePicture } from './chromium.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const profiles = path.join(root, 'profiles');
const REPEATS = 8;
/** Of recording, over all of them. */
const SECONDS = 8;
/** Frames below this share are not worth a line. */
const SMALL_SHARE = 0.001;
const PICTURED = 'one-bit-100k';
const PICTURE = path.join(root, 'docs', 'flame-graph-one-bit-100k.png');
const WINDOW = '1400,460';

const known = readdirSync(profiles)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));
const picturesOnly = process.argv.includes('--pictures');
const compareOnly = process.argv.includes('--compare');
const names = process.argv.slice(2).filter((argument) => !['--pictures', '--compare'].includes(argument));
const wanted = names.length > 0 || picturesOnly ? names : known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`there is no profile ${unknown.join(', ')}, expected some of ${known.join(', ')}`);
  process.exit(2);
}

if (wanted.includes('flights')) await writeFlights(await loadFlights());
for (const name of wanted) record(name);
if ((wanted.includes(PICTURED) && !compareOnly) || picturesOnly) takePictureOfGraph();

function record(name) {
  const config = path.join(profiles, `${name}.yaml`);
  const folder = path.join(profiles, name);
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-record-'));
  try {
    const command = path.join(root, 'dist', 'src', 'cli', 'main.js');
    const against = existsSync(path.join(folder, 'baseline.json')) ? ['--against', folder] : [];
    const options = [
      '--repeats',
      String(REPEATS),
      '--seconds',
      String(SECONDS),
      '--out',
      temporary,
      ...against,
    ];
    // What changed is part of what it prints.
    const { status } = spawnSync(process.execPath, [command, 'profile', config, ...options], {
      stdio: 'inherit',
    });
    if (status !== 0) process.exit(status ?? 1);
    if (compareOnly) return;
    mkdirSync(folder, { recursive: true });
    for (const file of ['merged.html', 'merged.folded', 'hottest.txt'])
      copyFileSync(path.join(temporary, file), path.join(folder, file));
    const profile = JSON.parse(readFileSync(path.join(temporary, 'profile.json'), 'utf8'));
    writeFileSync(path.join(folder, 'baseline.json'), `${JSON.stringify(baseline(profile), null, 2)}\n`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function baseline(profile) {
  const { agents, dim, rounds, merged } = profile;
  const sorted = profile.repeats.map(({ nsPerRound }) => 1e9 / nsPerRound).sort((a, b) => a - b);
  const figures = ({ name, share, nsPerCoordinate }) => ({
    name,
    share: rounded(share),
    // Nanoseconds of a thread, for each agent, coordinate and round.
    nsPerCoordinate: rounded(nsPerCoordinate),
  });
  const small = (frames) => Object.entries(frames).filter(([, ns]) => ns < SMALL_SHARE * totalOf(frames));
  const totalOf = (frames) => Object.values(frames).reduce((sum, ns) => sum + ns, 0);
  const repeats = profile.repeats.map(({ frames, ...times }) => {
    const without = new Set(small(frames).map(([name]) => name));
    const kept = Object.entries(frames).filter(([name]) => !without.has(name));
    return { ...times, frames: Object.fromEntries(kept.map(([name, ns]) => [name, rounded(ns)])) };
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
      median: sorted[sorted.length >> 1],
      lowest: sorted[0],
      highest: sorted.at(-1),
      runs: sorted.length,
    },
    roundsPerSecondProfiled: profile.roundsPerSecond,
    barrier: {
      all: rounded(merged.barrier),
      threads: profile.threads.map(({ barrier }) => rounded(barrier)),
    },
    unnamed: rounded(merged.unnamed),
    frames: merged.frames.filter(({ share }) => share >= SMALL_SHARE).map(figures),
    repeats,
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
