/**
 * A rank dies in the middle of a run: the job is over within five seconds, fails, and says which host it was. Struck
 * with SIGKILL are a rank's process, the rank that mpirun runs beside itself, and all that runs on a host, Open MPI's
 * daemon included. When in a run it happens is drawn from a seed. Then `resume` goes on with it, on another number of
 * hosts, from the newest checkpoint that is whole, and ends in the hash of a run in one process that nobody struck.
 *
 * Processes die here, and the kernel says so to whoever is connected with them. A host that loses its power says
 * nothing: Open MPI learns of it when TCP gives up.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { checked } from './report.mjs';
import { command, freshFolder, runOn, writeConfig } from './sottovoce.mjs';

const WITHIN_SECONDS = 5;
const CONFIG = {
  topology: { kind: 'torus', rows: 40, columns: 50 },
  cost: { kind: 'quadratic', dim: 64, condition: 4 },
  flow: { kind: 'primal-dual', compress: 'error-state', step: 0.001, alpha: 0.5, beta: 0.5 },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  rounds: 4000,
  workers: 1,
  trace: { every: 1000 },
  checkpoint: { everySeconds: 0.2 },
};

/** From the first checkpoint on: shorter than the rest of the run, on whatever machine. */
const SPAN_MS = 1500;

export async function checkKills(lab, { short, seed }) {
  lab.limit(null);
  const random = drawer(Number(seed));
  const { checkpoint: _, ...unstruck } = CONFIG;
  const expected = (await runOn(lab, ['h1'], unstruck)).stateHash;
  const times = [];
  const victims = [
    { host: 'h2', whole: false },
    { host: 'h3', whole: false },
    { host: 'h1', whole: false },
    { host: 'h2', whole: true },
  ];
  const kills = short ? 2 : 10;
  for (let at = 0; at < kills; at++) {
    const victim = victims[short ? 3 * at : at % victims.length];
    times.push(await strike(lab, victim, Math.floor(SPAN_MS * random()), expected, 2 + (at % 3)));
  }
  console.log(`        the slowest of ${kills} was over after ${Math.max(...times).toFixed(2)} s`);
}

async function strike(lab, { host, whole }, afterMs, expected, hosts) {
  const folder = freshFolder('kill');
  const words = command('run', writeConfig(folder, CONFIG), '--out', `${folder}/out`, '--no-report', '--mpi');
  const child = lab.mpirun(lab.names.slice(0, 3), words);
  const end = lab.ended(child);
  let over = false;
  end.finally(() => {
    over = true;
  });
  while (!over && !hasCheckpoint(`${folder}/out/checkpoints`)) await pause(20);
  await pause(afterMs);
  const begun = performance.now();
  for (const pid of whole ? pidsOn(host) : ranksOn(host)) kill(pid);
  const late = new Promise((resolve) => setTimeout(resolve, 1000 * 3 * WITHIN_SECONDS, null));
  const how = await Promise.race([end, late]);
  const seconds = (performance.now() - begun) / 1000;
  const problems = [];
  if (how === null) {
    problems.push(`it was still there after ${seconds.toFixed(0)} s`);
    child.kill('SIGKILL');
    for (const name of lab.names) for (const pid of pidsOn(name)) kill(pid);
  } else {
    const said = `${how.stdout}${how.stderr}`;
    if (how.code === 0) problems.push('it ended as if all were well');
    if (seconds > WITHIN_SECONDS) problems.push(`it took ${seconds.toFixed(2)} s`);
    // In the words of Open MPI or ours: `... on node h2 exited on signal 9`, `rank 1 of 3, on h2: ...`. Where the
    // daemon of a host dies with it, Open MPI says that a daemon is gone, and not always which.
    const rank = `Process name: \\[\\[\\d+,1\\],${lab.names.indexOf(host)}\\]`;
    if (!new RegExp(whole ? 'daemon' : `on (node )?${host}\\b|${rank}`).test(said))
      problems.push(`nothing says that it was ${host}: ${said}`);
    const left = lab.names.flatMap((name) => ranksOn(name));
    await pause(left.length > 0 ? 1000 : 0);
    if (lab.names.flatMap((name) => ranksOn(name)).length > 0) problems.push('ranks are still there');
  }
  const resumed = await goOn(lab, `${folder}/out`, expected, hosts, problems);
  rmSync(folder, { recursive: true, force: true });
  const what = whole ? `all that runs on ${host}` : `the rank on ${host}`;
  checked(
    `${what} is killed ${afterMs} ms after the first checkpoint`,
    problems,
    `over after ${seconds.toFixed(2)} s; ${resumed}`,
  );
  return seconds;
}

/** Half a sentence: on how many hosts it went on, and from which round. */
async function goOn(lab, out, expected, hosts, problems) {
  const { code, stdout, stderr } = await lab.ended(
    lab.mpirun(lab.names.slice(0, hosts), command('resume', out, '--quiet', '--mpi')),
  );
  if (code !== 0) {
    problems.push(`resume ended with ${code}: ${stdout}${stderr}`);
    return 'not gone on with';
  }
  const { stateHash, resumed } = JSON.parse(readFileSync(`${out}/summary.json`, 'utf8'));
  if (stateHash !== expected) problems.push(`gone on with, its hash is ${stateHash}, expected ${expected}`);
  return `it went on on ${hosts} hosts${resumed?.round === undefined ? '' : ` from round ${resumed.round}`}`;
}

const hasCheckpoint = (folder) =>
  existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.checkpoint'));

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function pidsOn(host) {
  const { stdout } = spawnSync('ip', ['netns', 'pids', host], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** Processes of Node itself, and not the mpirun or daemon that has the same words. */
const ranksOn = (host) =>
  pidsOn(host).filter((pid) => {
    try {
      const [program, ...rest] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return /(^|\/)node$/.test(program) && rest.includes('--mpi');
    } catch {
      return false;
    }
  });

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function drawer(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
