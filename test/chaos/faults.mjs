/**
 * The faults: what is done to a run, at which moment, and what it may then say. Each takes a case that has been
 * drawn, disturbs it, and holds it against the promises (`case.mjs`). A new one is an entry here.
 */

import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson } from '../../dist/src/output/run-folder.js';
import { CLOCK, checkpointsOf, FILE_FAULTS, WITH_WORKER_FAULT } from './case.mjs';
import { undisturbed, writeGraph } from './configs.mjs';
import { watchFolder } from './process.mjs';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const ANY_SIGNAL = Object.values(SIGNALS);
const OUTPUT =
  /out\b.*(cannot be written|could not be|is in use|no space|on purpose)|cannot write results to/;

/**
 * Calls `act` at a moment that the seed says, if the run lasts that long: at a time, when something happens in
 * the folder, or some time after its rounds have begun.
 */
export function atMoment(c, command, act, kinds = ['time', 'saving', 'saving', 'rounds']) {
  const { random } = c;
  const kind = random.pick(kinds);
  const happenings = random.size(1, kind === 'checkpoint' ? 12 : 60);
  const delayMs = random.below(4) === 0 ? random.below(40) : 0;
  const timeMs = random.below(2500);
  const roundsMs = random.size(1, 800);
  return new Promise((resolve) => {
    const timers = [];
    let left = happenings;
    let over = false;
    const end = () => {
      over = true;
      timers.forEach(clearTimeout);
      stop();
      resolve();
    };
    const strike = (waitMs) => {
      if (over) return;
      over = true;
      const now = () => {
        if (command.alive) {
          command.stopFromMs ??= performance.now();
          act();
        }
        end();
      };
      if (waitMs > 0) timers.push(setTimeout(now, waitMs));
      else now();
    };
    const stop = watchFolder(c.out, (file) => {
      if (kind === 'saving' && /\.(part|checkpoint|csv|json|npy)$|stage|incomplete|commit/.test(file)) {
        if (--left === 0) strike(delayMs);
      }
      if (kind === 'checkpoint' && /\.checkpoint(\.|$)/.test(file) && --left === 0) strike(delayMs);
      if (kind === 'rounds' && file.endsWith('trace.csv')) strike(roundsMs);
    });
    if (kind === 'time') timers.push(setTimeout(() => strike(0), timeMs));
    command.exited.then(end);
  });
}

/** Starts, disturbs at a moment, and judges; where it was ended before its time it goes on to its end. */
async function disturb(c, act, expected, ways) {
  const command = c.start(ways);
  await atMoment(c, command, () => act(command));
  const ended = await command.ended();
  c.judgeEnd(command, ended, expected);
  await settle(c, expected);
  return ended;
}

async function settle(c, expected = {}) {
  const place = c.judgeFolder(expected);
  if (place !== null && !c.judgeResults(place)) await c.goOn(place);
}

/** A fault that comes from inside: nothing is done from here. */
async function fromInside(c, expected, ways) {
  const command = c.start(ways);
  const ended = await command.ended();
  c.judgeEnd(command, ended, expected);
  await settle(c, expected);
}

function worker(kind) {
  return {
    needs: () => ({ more: kind === 'hang' ? { timeout: { round: 1 } } : {} }),
    run: (c) => {
      const { workers, rounds } = c.config;
      const round = c.random.below(2) === 0 ? c.random.below(Math.min(rounds, 50)) : c.random.below(rounds);
      const env = { SOTTOVOCE_CHAOS_WORKER: `${kind}:${c.random.below(workers)}:${round}` };
      const says = /worker \d (failed|in round)|worker \d/;
      return fromInside(c, { codes: [1], says }, { script: WITH_WORKER_FAULT, env });
    },
  };
}

function module(kind) {
  return {
    needs: () => ({ module: true, more: kind === 'loop' ? { modules: { seconds: 1 } } : {} }),
    run: (c) => {
      const place = c.random.pick(['load', 'plan', 'encode', 'encode', 'encode', 'decode']);
      const env = { SOTTOVOCE_CHAOS_MODULE: `${kind}:${place}:${c.random.size(0, 300)}` };
      return fromInside(c, { codes: [1, 2], says: /own\.mjs/ }, { env });
    },
  };
}

function disk(kind, codes) {
  return {
    run: (c) => {
      const code = c.random.pick(codes);
      const most = c.random.pick([60, 60, 300]);
      const env = { SOTTOVOCE_FILE_FAULT: `${kind}:${code}:${c.random.below(1e6)}:${most}` };
      const expected = kind === 'short' ? { codes: [] } : { codes: [1, 2], says: OUTPUT, untidy: true };
      return fromInside(c, expected, { env, preload: [FILE_FAULTS] });
    },
  };
}

const signal = {
  run: (c) => {
    const name = c.random.pick(Object.keys(SIGNALS));
    return disturb(c, (command) => command.signal(name), {
      codes: [SIGNALS[name]],
      diesOf: [name],
    });
  },
};

const twoSignals = {
  run: (c) => {
    const names = [c.random.pick(Object.keys(SIGNALS)), c.random.pick(Object.keys(SIGNALS))];
    const waitMs = c.random.pick([0, 0, c.random.below(20), c.random.below(500)]);
    const act = async (command) => {
      command.signal(names[0]);
      if (waitMs > 0) await sleep(waitMs);
      command.signal(names[1]);
    };
    return disturb(c, act, { codes: ANY_SIGNAL, diesOf: names, untidy: true });
  },
};

/** Killed again and again, and gone on with each time, to the end. */
const kill = {
  needs: () => ({ checkpoint: true }),
  run: async (c) => {
    const times = 2 + c.random.below(4);
    const moments = ['checkpoint', 'checkpoint', 'checkpoint', 'saving', 'rounds', 'time'];
    let args;
    for (let again = 0; again < times; again++) {
      const inside = c.random.below(3) === 0;
      const file = `kill:KILLED:${c.random.below(1e6)}:${c.random.pick([60, 200, 600])}`;
      const ways = inside ? { preload: [FILE_FAULTS], env: { SOTTOVOCE_FILE_FAULT: file } } : {};
      const command = c.start({ ...ways, ...(args && { args }) });
      if (!inside) await atMoment(c, command, () => command.signal('SIGKILL'), moments);
      const ended = await command.ended();
      if (ended.signal !== 'SIGKILL') c.judgeEnd(command, ended, { codes: [] });
      else {
        c.struck = true;
        c.kills++;
      }
      const place = c.judgeFolder({ untidy: true });
      if (place !== null && c.judgeResults(place)) return;
      const goesOn = place !== null && checkpointsOf(place).length > 0;
      if (goesOn) c.resumed++;
      args = goesOn
        ? ['resume', place, '-q', '--workers', String(1 + c.random.below(3))]
        : ['run', c.file, '-q', '--out', c.out];
    }
    const command = c.start({ args });
    c.judgeEnd(command, await command.ended(), { codes: [] });
    const place = c.judgeFolder();
    if (place === null || !c.judgeResults(place)) c.problem('wrong', 'the last run is not over');
  },
};

const pause = {
  run: (c) => {
    const forMs = c.random.size(1, 1500);
    const act = async (command) => {
      command.signal('SIGSTOP');
      await sleep(forMs);
      command.signal('SIGCONT');
    };
    return disturb(c, act, { codes: [] });
  },
};

const clock = {
  run: (c) =>
    fromInside(c, { codes: [] }, { preload: [CLOCK], env: { SOTTOVOCE_CLOCK: String(c.random.below(1e6)) } }),
};

const json = (c) => ['run', c.file, '--json', '--out', c.out];

const slowPipe = {
  run: async (c) => {
    const command = c.start({ args: json(c), reading: false });
    const { stdout, stderr } = command.child;
    stderr.on('data', (text) => {
      command.said.stderr += text;
    });
    await sleep(c.random.below(1500));
    stdout.on('data', (text) => {
      command.said.stdout += text;
      stdout.pause();
      setTimeout(() => stdout.resume(), 5);
    });
    const { code, hung, left } = await command.ended();
    if (hung !== null) c.problem('hang', hung);
    if (left !== null) c.problem('leftover', left);
    if (code !== c.endCode)
      c.problem('said', `exit ${code}, ${JSON.stringify(command.said.stderr.slice(-300))}`);
    c.struck = true;
    try {
      const { stateHash } = JSON.parse(command.said.stdout);
      if (stateHash !== c.undisturbed.stateHash) c.problem('wrong', `stdout has ${stateHash}`);
    } catch (error) {
      c.problem('wrong', `stdout is no JSON: ${error.message}`);
    }
    await settle(c);
  },
};

const closedPipe = {
  run: async (c) => {
    const command = c.start({ args: json(c), reading: false });
    const names = c.random.pick([['stdout'], ['stderr'], ['stdout', 'stderr']]);
    const { child } = command;
    for (const name of ['stdout', 'stderr']) if (!names.includes(name)) child[name].resume();
    await sleep(c.random.below(800));
    for (const name of names) child[name].destroy();
    c.struck = true;
    const { code, signal: died, hung, left } = await command.ended();
    if (hung !== null) c.problem('hang', hung);
    if (left !== null) c.problem('leftover', left);
    if (code !== c.endCode) c.problem('said', `exit ${code ?? died}`);
    await settle(c);
  },
};

const fullDevice = {
  run: async (c) => {
    const full = openSync('/dev/full', 'w');
    const stdout = c.random.below(2) === 0;
    const stdio = stdout ? ['ignore', full, 'pipe'] : ['ignore', 'pipe', full];
    const command = c.start({ args: json(c), stdio });
    closeSync(full);
    c.struck = true;
    const { code, signal: died, hung, stderr } = await command.ended();
    if (hung !== null) c.problem('hang', hung);
    const wanted = stdout ? 1 : c.endCode;
    if (code !== wanted || (stdout && !stderr.includes('output could not be written')))
      c.problem('said', `exit ${code ?? died}, ${JSON.stringify(stderr.slice(-300))}`);
    await settle(c);
  },
};

const folderRemoved = {
  needs: () => ({ earlier: false }),
  run: async (c) => {
    const gone = path.join(c.folder, 'gone');
    const command = c.start();
    await atMoment(c, command, () => {
      if (existsSync(c.out)) renameSync(c.out, gone);
      else command.stopFromMs = undefined;
    });
    const ended = await command.ended();
    c.judgeEnd(command, ended, { codes: [1, 2], says: OUTPUT });
    if (
      ended.code === c.endCode &&
      existsSync(gone) &&
      readJson(path.join(gone, 'summary.json')).run === undefined
    )
      if (!existsSync(path.join(c.out, 'summary.json')))
        c.problem('wrong', `exit ${ended.code}, and no results anywhere`);
    c.judgeFolder({ untidy: true });
  },
};

const twoRuns = {
  needs: () => ({ earlier: false }),
  run: async (c) => {
    const seeds = [c.config.seed, c.config.seed + 1];
    const argsOf = (seed) => ['run', c.file, '-q', '--out', c.out, '--seed', String(seed)];
    const waitMs = c.random.pick([0, 0, c.random.below(500)]);
    const commands = [c.start({ args: argsOf(seeds[0]) })];
    await sleep(waitMs);
    commands.push(c.start({ args: argsOf(seeds[1]) }));
    const ended = await Promise.all(commands.map((command) => command.ended()));
    c.struck = true;
    const again = path.join(c.folder, 'undisturbed-again');
    const seed = { path: ['seed'], value: seeds[1], origin: '--seed' };
    const other = await undisturbed(c.file, again, [seed]);
    const ends = [c.endCode, other.status === 'diverged' ? 1 : 0];
    ended.forEach(({ code, stderr, hung, left }, at) => {
      if (hung !== null) c.problem('hang', hung);
      else if (left !== null) c.problem('leftover', left);
      else if (code === 2 ? !/is in use: process \d+/.test(stderr) : code !== ends[at])
        c.problem('said', `exit ${code}, ${stderr}`);
    });
    if (ended.every(({ code }) => code === 2)) c.problem('said', 'both were refused');
    const place = c.judgeFolder();
    const { config } = place === null ? {} : readJson(path.join(place, 'manifest.json'));
    const whose = config?.seed === seeds[1] ? [other, again] : [];
    if (place === null || !c.judgeResults(place, ...whose)) c.problem('wrong', 'neither run is over');
  },
};

/** The graph is read once: the run is of what it was. A run that would go on with another graph is refused. */
const graphChanged = {
  needs: () => ({ graph: true, earlier: false }),
  run: async (c) => {
    const graph = path.join(c.folder, 'graph.edges');
    const before = readFileSync(graph);
    const command = c.start();
    const stop = watchFolder(c.out, (file) => {
      if (!file.endsWith('trace.csv') || c.struck) return;
      c.struck = true;
      writeGraph(graph, 7, 1);
      command.stopFromMs = performance.now();
      command.signal('SIGINT');
    });
    const ended = await command.ended();
    stop();
    c.judgeEnd(command, ended, { codes: [130], diesOf: ['SIGINT'] });
    const place = c.judgeFolder();
    if (place === null) return;
    if (c.judgeResults(place)) return;
    const refused = await c.start({ args: ['resume', place, '-q'] }).ended();
    c.judgeResume(refused, 2, /graph\.edges has changed/);
    writeFileSync(graph, before);
    await c.goOn(place);
  },
};

const checkpointFlipped = {
  needs: () => ({ checkpoint: true, earlier: false }),
  run: async (c) => {
    const command = c.start();
    await atMoment(c, command, () => command.signal(c.random.pick(['SIGINT', 'SIGKILL'])));
    const ended = await command.ended();
    if (ended.signal !== 'SIGKILL') c.judgeEnd(command, ended, { codes: [130], diesOf: ['SIGINT'] });
    const place = c.judgeFolder({ untidy: true });
    if (place === null || c.judgeResults(place)) return;
    const all = checkpointsOf(place).sort();
    if (all.length === 0) return c.goOn(place);
    c.struck = true;
    for (const file of all.slice(-1 - c.random.below(2))) damage(c.random, file);
    const resumed = await c.start({ args: ['resume', place, '-q'] }).ended();
    c.resumed++;
    if (resumed.code === 2) {
      c.judgeResume(
        resumed,
        2,
        /has no checkpoint to go on from; .*checkpoint (has|is|holds|was)|has all of its/,
      );
      return;
    }
    c.judgeResume(resumed, c.endCode, /checkpoint (has|is|holds|was)/);
    if (!c.judgeResults(place)) c.problem('wrong', 'a run that was gone on with is not over');
  },
};

/** A bit is flipped, or the file is cut. */
function damage(random, file) {
  const bytes = readFileSync(file);
  const at = random.below(bytes.length);
  if (random.below(4) === 0) writeFileSync(file, bytes.subarray(0, at));
  else {
    bytes[at] ^= 1 << random.below(8);
    writeFileSync(file, bytes);
  }
}

const cacheFlipped = {
  run: async (c) => {
    const cache = path.join(c.folder, 'cache');
    cpSync(c.env.XDG_CACHE_HOME, cache, { recursive: true });
    const files = readdirSync(cache, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
      .sort();
    for (let again = 0; again < 5 && files.length > 0; again++) damage(c.random, c.random.pick(files));
    c.struck = files.length > 0;
    await fromInside(c, { codes: [] }, { env: { XDG_CACHE_HOME: cache } });
  },
};

export const faults = {
  'worker throws': worker('throw'),
  'worker exits': worker('exit'),
  'worker hangs': worker('hang'),
  'worker out of memory': { ...worker('out-of-memory'), weight: 0.3 },
  'module throws': module('throw'),
  'module loops': module('loop'),
  'module, stray rejection': module('stray'),
  'module, timer throws': module('timer'),
  'module exits': module('exit'),
  signal: { ...signal, weight: 2 },
  'two signals': twoSignals,
  'kill -9': { ...kill, weight: 2 },
  'stop and cont': pause,
  'disk error': { ...disk('error', ['ENOSPC', 'EIO', 'EMFILE', 'EDQUOT', 'EINTR', 'EAGAIN']), weight: 2 },
  'disk full': disk('full', ['ENOSPC', 'EDQUOT']),
  'short writes': disk('short', ['']),
  'slow pipe': slowPipe,
  'closed pipe': closedPipe,
  'full device': fullDevice,
  'clock jumps': clock,
  'folder removed': folderRemoved,
  'two runs in one folder': twoRuns,
  'graph changed': graphChanged,
  'checkpoint damaged': checkpointFlipped,
  'code cache damaged': cacheFlipped,
};
