/**
 * One run with a fault, and what it is held against: the promises of docs that any fault leaves true.
 *
 *  - It ends, with an exit code that goes with the fault, a sentence on stderr, and no stack trace.
 *  - Nothing is left of it: no process, no temporary file, no lock that the next run could not take.
 *  - Its folder holds one whole run, or says that it does not; an earlier run there is not lost.
 *  - Results that say they are final are those of the undisturbed run, bit for bit; a run that was ended before its
 *    time goes on to them where it has a checkpoint, and is refused with the reason where it has none.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { checkFolder } from '../../dist/src/output/check-folder.js';
import { openSettled, readJson } from '../../dist/src/output/run-folder.js';
import { Command, MAIN } from './process.mjs';

export const FILE_FAULTS = pathToFileURL(
  fileURLToPath(new URL('../support/file-faults-preload.mjs', import.meta.url)),
).href;
export const CLOCK = new URL('clock-preload.mjs', import.meta.url).href;
export const WITH_WORKER_FAULT = fileURLToPath(new URL('command.mjs', import.meta.url));
const STACK = /^\s+at .*:\d+:\d+\)?$/m;
/** The trace's column that no two runs have in common. */
const SECONDS = 'seconds';
const FINAL = ['finished', 'converged', 'diverged'];

/**
 * @typedef {object} Expected
 * @property {number[]} codes beside that of a run that was not struck
 * @property {RegExp} [says] on stderr, where the code is one of these and no run's own
 * @property {string[]} [diesOf] signals that may end the process themselves: before it listens, or when all is written
 * @property {boolean} [untidy] hidden files may wait for the next opening of the folder
 */

export class Case {
  /** `hang`, `leftover`, `wrong` or `said`, and what. */
  problems = [];
  /** From the fault to the end of the process; null where nothing is to end. */
  stopMs = null;
  struck = false;
  resumed = 0;
  /** How often it was killed. */
  kills = 0;

  constructor({ random, folder, drawn, cache, earlier }) {
    this.random = random;
    this.folder = folder;
    Object.assign(this, drawn);
    this.out = path.join(folder, 'out');
    this.earlier = earlier;
    this.mark = path.join(folder, 'mark');
    this.temporary = path.join(folder, 'tmp');
    mkdirSync(this.temporary);
    const { SOTTOVOCE_DEBUG: _, ...env } = process.env;
    this.env = {
      ...env,
      NO_COLOR: '1',
      XDG_CACHE_HOME: cache,
      TMPDIR: this.temporary,
      SOTTOVOCE_CHAOS_MARK: this.mark,
      // Half of the cases of three workers meet in a tree.
      SOTTOVOCE_BARRIER: this.config.seed % 2 === 0 ? 'tree' : 'auto',
    };
    this.endCode = this.undisturbed.status === 'diverged' ? 1 : 0;
  }

  problem(kind, what) {
    this.problems.push({ kind, what });
  }

  start({
    args = ['run', this.file, '-q', '--out', this.out],
    script = MAIN,
    preload = [],
    env = {},
    ...more
  } = {}) {
    const node = preload.flatMap((file) => ['--import', file]);
    return new Command([...node, script, ...args], {
      cwd: this.folder,
      env: { ...this.env, ...env },
      ...more,
    });
  }

  /** When the fault came, by the clock of `performance.now`; null where it has not. */
  markedMs() {
    const there = statSync(this.mark, { throwIfNoEntry: false });
    return there === undefined ? null : there.birthtimeMs - performance.timeOrigin;
  }

  /** Whether the run in its folder is over, or has not begun. */
  isQuiet() {
    if (!existsSync(this.out)) return true;
    const isOpen = readdirSync(this.out).some((name) => name.startsWith('.'));
    return !isOpen && existsSync(path.join(this.out, 'summary.json'));
  }

  /** @param {Expected} expected */
  judgeEnd(command, ended, { codes, says, diesOf = [] }) {
    const { code, signal, stderr, left, hung } = ended;
    const what = `exit ${code ?? signal}, stderr ${JSON.stringify(stderr.slice(0, 600))}`;
    if (hung !== null) this.problem('hang', `still there after ${Math.round(ended.ms)} ms:\n${hung}`);
    else if (left !== null) this.problem('leftover', `processes outlive the command:\n${left}`);
    else if (diesOf.includes(signal) && this.isQuiet()) this.struck = true;
    else if (![...codes, this.endCode].includes(code)) this.problem('said', what);
    else if (code === 1 || code === 2) {
      const isOwnEnd = code === this.endCode && /diverged/.test(stderr);
      if (!/^error: /m.test(stderr) || (says && !isOwnEnd && !says.test(stderr))) this.problem('said', what);
    } else if (code === 0 && stderr !== '') this.problem('said', what);
    if (STACK.test(stderr)) this.problem('said', `a stack trace: ${what}`);
    if (code !== this.endCode && command.stopFromMs === undefined) command.stopFromMs = this.markedMs();
    this.struck ||= command.stopFromMs !== undefined && command.stopFromMs !== null;
    if (command.stopFromMs) this.stopMs = Math.max(0, command.endedMs - command.stopFromMs);
  }

  /** Where the new run stands; null where there is nothing of it. */
  judgeFolder({ untidy = false } = {}) {
    for (const name of readdirSync(this.temporary)) this.problem('leftover', `in TMPDIR: ${name}`);
    const { out, earlier } = this;
    if (!existsSync(out)) {
      if (earlier) this.problem('wrong', 'the folder of the earlier run is gone');
      return null;
    }
    if (!untidy) this.#judgeHidden('before the next run');
    for (const at of [out, ...beside(out)]) ageContenders(at);
    try {
      openSettled(out, 'chaos');
      // What is kept beside it is a folder of its own, in which somebody may have been killed as well.
      for (const place of beside(out)) openSettled(place, 'chaos');
    } catch (error) {
      this.problem('leftover', `the folder cannot be opened again: ${error.message}`);
      return null;
    }
    this.#judgeHidden('after the next opening');
    const places = [out, ...beside(out)];
    for (const place of places) this.#judgeWhole(place);
    const mine = places.filter((place) => {
      const { run } = readJson(path.join(place, 'manifest.json'));
      return run !== undefined && run !== earlier?.run;
    });
    if (earlier && mine[0] !== out) this.#judgeEarlier();
    if (earlier && mine[0] === out && !isOver(out))
      this.problem('wrong', 'a run that did not end took the place of one that did');
    return mine[0] ?? null;
  }

  /** Whether a run says it came to its end, and then that its results are right. */
  judgeResults(place, expected = this.undisturbed, folder = path.join(this.folder, 'undisturbed')) {
    const { status, stateHash, rounds, incomplete } = readJson(path.join(place, 'summary.json'));
    if (!FINAL.includes(status)) return false;
    if (stateHash !== expected.stateHash || rounds !== expected.rounds || status !== expected.status) {
      const { stateHash: hash, rounds: all, status: end } = expected;
      this.problem(
        'wrong',
        `${status} after ${rounds}, ${stateHash}; undisturbed ${end} after ${all}, ${hash}`,
      );
      return true;
    }
    if (incomplete === undefined && !isDeepStrictEqual(rowsOf(place), rowsOf(folder)))
      this.problem('wrong', 'trace.csv is not that of the undisturbed run');
    if (incomplete === undefined && !readX(place).equals(readX(folder)))
      this.problem('wrong', 'x.npy is not that of the undisturbed run');
    return true;
  }

  /** Goes on to the end from where the run was ended; a run without checkpoint says that it has none. */
  async goOn(place, ways = {}) {
    const summary = readJson(path.join(place, 'summary.json'));
    const has = checkpointsOf(place).length > 0;
    if (
      summary.status === 'stopped' &&
      !has &&
      summary.incomplete === undefined &&
      !summary.checkpoints?.failed
    )
      this.problem('wrong', 'a stopped run left no checkpoint');
    const command = this.start({
      args: ['resume', place, '-q', '--workers', String(1 + this.random.below(3))],
      ...ways,
    });
    const ended = await command.ended();
    this.resumed++;
    if (!has) {
      this.judgeResume(ended, 2, /has no checkpoint/);
      return;
    }
    this.judgeResume(ended, this.endCode);
    if (!this.judgeResults(place)) this.problem('wrong', 'a run that was gone on with is not over');
    this.#judgeWhole(place);
    this.#judgeHidden('after it went on');
  }

  judgeResume({ code, signal, stderr, hung, left }, wanted, says = /^/) {
    const what = `resume: exit ${code ?? signal}, stderr ${JSON.stringify(stderr.slice(0, 600))}`;
    if (hung !== null) this.problem('hang', `${what}\n${hung}`);
    else if (left !== null) this.problem('leftover', `${what}\n${left}`);
    else if (code !== wanted || !says.test(stderr) || STACK.test(stderr)) this.problem('wrong', what);
  }

  #judgeHidden(when) {
    for (const folder of [this.out, ...beside(this.out)].filter((each) => existsSync(each)))
      for (const at of [folder, path.join(folder, 'checkpoints')].filter((each) => existsSync(each)))
        for (const name of readdirSync(at).filter((each) => each.startsWith('.')))
          this.problem('leftover', `${when}: ${path.relative(this.folder, path.join(at, name))}`);
  }

  #judgeWhole(place) {
    const trace = path.join(place, 'trace.csv');
    if (existsSync(trace)) {
      const text = readFileSync(trace, 'utf8');
      const [header, ...rows] = text.trimEnd().split('\n');
      const width = header.split(',').length;
      if (text !== '' && (!text.endsWith('\n') || rows.some((row) => row.split(',').length !== width)))
        this.problem('wrong', `${path.basename(place)}/trace.csv ends in half a row`);
    }
    if (!existsSync(path.join(place, 'summary.json'))) return;
    for (const { file, kind, what } of checkFolder(place).problems)
      if (kind !== 'incomplete') this.problem('wrong', `${path.basename(place)}/${file} ${what}`);
  }

  #judgeEarlier() {
    const { run, problems } = checkFolder(this.out);
    const { stateHash } = readJson(path.join(this.out, 'summary.json'));
    if (run !== this.earlier.run || problems.length > 0 || stateHash !== this.earlier.stateHash)
      this.problem('wrong', `the earlier run is not as it was: ${run} ${JSON.stringify(problems)}`);
  }
}

/** Whoever is killed while it takes the lock leaves an empty file that counts for a minute: which is over now. */
function ageContenders(folder) {
  for (const name of readdirSync(folder))
    if (name.startsWith('.sottovoce.lock')) utimesSync(path.join(folder, name), 0, 0);
}

function beside(out) {
  return readdirSync(out)
    .filter((name) => name.startsWith('incomplete'))
    .map((name) => path.join(out, name));
}

function isOver(place) {
  const { status, incomplete } = readJson(path.join(place, 'summary.json'));
  return status !== undefined && status !== 'failed' && incomplete === undefined;
}

export function checkpointsOf(place) {
  const folder = path.join(place, 'checkpoints');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.checkpoint'))
    .map((name) => path.join(folder, name));
}

function rowsOf(place) {
  const lines = readFileSync(path.join(place, 'trace.csv'), 'utf8').trim().split('\n');
  const names = lines[0].split(',');
  const untimed = names.map((name) => name !== SECONDS);
  return lines.map((line) => line.split(',').filter((_, at) => untimed[at]));
}

function readX(place) {
  return readFileSync(path.join(place, 'x.npy'));
}
