/**
 * Runs over a queue against what is promised of it: nothing is lost and nothing doubled, whatever is killed,
 * and every figure is that of the same study on this machine alone.
 *
 *     npm run test:queue                      all of it: 100 kills, some minutes
 *     npm run test:queue -- --short           few kills, well under a minute
 *     npm run test:queue -- --only kills --kills 1000 --seed 7
 *
 * It starts nats-server on a free port with a folder of its own. Where the program is missing it is installed
 * with apt-get, by root alone; where that cannot be it says so and exits with 0: nothing was checked.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parquetReadObjects } from 'hyparquet';
import { connectQueue } from '../../dist/src/queue/connection.js';
import { installServer, startServer, startWire } from './nats-server.mjs';

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const command = fileURLToPath(new URL('../../dist/src/cli/sottovoce.cjs', import.meta.url));
/** What differs between two runs of the same thing. */
const TIMES = new Set(['seconds', 'secondsToTarget']);
const REDELIVER = '2';

const why = installServer();
if (why !== null) {
  console.log(`test:queue checked nothing: ${why}`);
  process.exit(0);
}
const folder = options.keep ?? mkdtempSync(path.join(os.tmpdir(), 'sottovoce-queue-'));
const random = mulberry32(Number(options.seed));
const workers = new Set();
const children = new Set();
let failures = 0;

const CASES = {
  same: 'the same rows as on this machine alone, of a sweep and of a comparison',
  kills: 'workers killed at random',
  server: 'the server killed and restarted in the middle',
  orderer: 'the orderer killed and started again',
  cut: 'a connection that breaks off, and one that falls silent',
  two: 'two studies at once',
};
const cases = { same, kills, server, orderer, cut, two };

const begun = Date.now();
try {
  for (const [name, what] of Object.entries(CASES)) {
    if (options.only !== undefined && !options.only.split(',').includes(name)) continue;
    const from = Date.now();
    try {
      await cases[name]();
      console.log(`${name}: ${what}: good (${((Date.now() - from) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failures++;
      console.error(`${name}: ${what}: FAILED\n${error.stack}`);
    } finally {
      await Promise.all([...children].map((child) => end(child, 'SIGKILL')));
    }
  }
} finally {
  if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
}
console.log(`${((Date.now() - begun) / 1000).toFixed(0)} s, ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);

async function same() {
  const server = await serverOf('same');
  const config = ring('same', 400);
  writeFileSync(path.join(folder, 'same/path.edges'), '0 1\n1 2\n2 3\n3 0\n1 3\n');
  const sweep = [
    ...[
      'sweep',
      config,
      '--grid',
      'flow.step=0.05..1.2:log:5',
      'topology=ring(nodes=6); { file: path.edges }',
    ],
    ...['--seeds', '1,2'],
  ];
  const compare = [
    'compare',
    config,
    '--compressors',
    'identity; sign; top-k(k=99)',
    '--seeds',
    '1..2',
    '--tune',
    '3',
  ];
  startWorker(server.url);
  for (const [name, args] of Object.entries({ sweep, compare })) {
    await alone(args, path.join(folder, `same/${name}-here`));
    await order(args, path.join(folder, `same/${name}-queue`), server.url);
    await equal(path.join(folder, `same/${name}-here`), path.join(folder, `same/${name}-queue`));
  }
  await nothingLeft(server.url);
  await server.stop();
}

async function kills() {
  const wanted = Number(options.kills ?? (options.short ? 4 : 100));
  const fleet = [];
  let killed = 0;
  // As many studies, one after the other, as it takes on this machine.
  for (let study = 1; killed < wanted; study++) {
    const name = `kills-${study}`;
    const server = await serverOf(name);
    const args = many(name, options.short ? 24 : 200);
    const out = path.join(folder, name, 'queue');
    const ordered = startOrder([...args, '--keep'], out, server.url);
    for (let at = 0; at < 3; at++) fleet[at] = startWorker(server.url);
    let here = 0;
    while (killed < wanted && ordered.exitCode === null) {
      await pause(100 + 700 * random());
      const at = Math.floor(random() * fleet.length);
      if (fleet[at].exitCode !== null) throw new Error(`a worker ended by itself: ${fleet[at].said}`);
      await end(fleet[at], 'SIGKILL');
      fleet[at] = startWorker(server.url);
      killed++;
      here++;
    }
    await finished(ordered);
    await alone(args, path.join(folder, name, 'here'));
    const rows = await equal(path.join(folder, name, 'here'), out);
    // One result of each job on the server, and no job.
    const { results, jobs } = await onServer(server.url);
    const cells = readdirSync(path.join(out, 'cells')).length;
    if (results !== cells || jobs !== 0)
      throw new Error(`the server has ${results} results of ${cells} cells, and ${jobs} jobs`);
    console.log(`  ${here} kills, ${rows} rows, ${cells} cells, each stored once`);
    await Promise.all(fleet.map((worker) => end(worker, 'SIGTERM')));
    await server.stop();
  }
}

async function server() {
  const server = await serverOf('server');
  const args = many('server', options.short ? 12 : 60);
  const out = path.join(folder, 'server/queue');
  const ordered = startOrder(args, out, server.url);
  startWorker(server.url);
  startWorker(server.url);
  for (const signal of options.short ? ['SIGKILL'] : ['SIGKILL', 'SIGTERM', 'SIGKILL']) {
    await someCells(out, 2);
    await server.kill(signal);
    await pause(500 + 1500 * random());
    await server.start();
  }
  await finished(ordered);
  await alone(args, path.join(folder, 'server/here'));
  await equal(path.join(folder, 'server/here'), out);
  if (!/is lost/.test(ordered.said) || !/again/.test(ordered.said))
    throw new Error(`nobody was told of the server: ${ordered.said}`);
  await nothingLeft(server.url);
  await server.stop();
}

async function orderer() {
  const server = await serverOf('orderer');
  const args = many('orderer', options.short ? 12 : 60);
  const out = path.join(folder, 'orderer/queue');
  startWorker(server.url);
  startWorker(server.url);
  for (let killed = 0; killed < (options.short ? 1 : 5); killed++) {
    const ordered = startOrder(args, out, server.url);
    await someCells(out, 2);
    if (ordered.exitCode !== null) throw new Error(`it was over before it was killed: ${ordered.said}`);
    await end(ordered, 'SIGKILL');
    // Workers go on without it.
    await pause(300);
  }
  await order(args, out, server.url);
  await alone(args, path.join(folder, 'orderer/here'));
  await equal(path.join(folder, 'orderer/here'), out);
  await nothingLeft(server.url);
  await server.stop();
}

async function cut() {
  const server = await serverOf('cut');
  const args = many('cut', options.short ? 12 : 60);
  const out = path.join(folder, 'cut/queue');
  const [near, far] = [await startWire(server.port), await startWire(server.port)];
  const ordered = startOrder(args, out, near.url);
  startWorker(far.url);
  startWorker(server.url);
  await someCells(out, 2);
  far.breakOff();
  near.breakOff();
  await someCells(out, 2);
  if (!options.short) {
    // Longer than a worker may be silent: its job goes to the other one, and its own result comes too late.
    far.silence(true);
    await pause(6000);
    far.silence(false);
  }
  await finished(ordered);
  await alone(args, path.join(folder, 'cut/here'));
  await equal(path.join(folder, 'cut/here'), out);
  for (const wire of [near, far]) wire.close();
  await server.stop();
}

async function two() {
  const server = await serverOf('two');
  const [one, other] = [many('two', options.short ? 8 : 40), many('two', options.short ? 8 : 40, '7,8')];
  startWorker(server.url);
  startWorker(server.url);
  const outs = ['one', 'other'].map((name) => path.join(folder, `two/${name}`));
  await Promise.all([order(one, outs[0], server.url), order(other, outs[1], server.url)]);
  for (const [at, args] of [one, other].entries()) {
    await alone(args, `${outs[at]}-here`);
    await equal(`${outs[at]}-here`, outs[at]);
  }
  await nothingLeft(server.url);
  await server.stop();
}

async function serverOf(name) {
  return startServer(path.join(folder, name, 'nats'));
}

/** A config, in a folder of the case. */
function ring(name, rounds) {
  const file = path.join(folder, name, 'ring.yaml');
  writeFileSync(
    file,
    `topology: { kind: ring, nodes: 16 }
cost: { kind: quadratic, dim: 16, condition: 4 }
flow: { kind: primal-dual, compress: none, alpha: 1, beta: 1 }
rounds: ${rounds}
`,
  );
  return file;
}

/** A sweep of many small runs, each a tenth of a second or so, two for each point. */
function many(name, points, seeds = '1,2') {
  const grid = ['--grid', `flow.step=0.001..0.002:lin:${points}`];
  return [
    'sweep',
    ring(name, 15_000),
    ...grid,
    '--seeds',
    seeds,
    '--target',
    'rmsError=1e-300',
    '--no-early-stop',
  ];
}

function start(args) {
  const child = spawn(process.execPath, [command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
  });
  child.said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      child.said += text;
    });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

function startWorker(url) {
  const cache = path.join(folder, 'cache');
  const worker = start(['worker', '--queue', url, '--jobs', '2', '--cache', cache]);
  workers.add(worker);
  return worker;
}

function startOrder(args, out, url) {
  return start([...args, '--out', out, '--queue', url, '--redeliver', REDELIVER]);
}

async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function finished(child) {
  if (child.exitCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`it ended with ${child.exitCode}: ${child.said}`);
}

function order(args, out, url) {
  return finished(startOrder(args, out, url));
}

function alone(args, out) {
  return finished(start([...args, '--out', out, '--jobs', '2']));
}

/** Until so many more cells have been written. */
async function someCells(out, more) {
  const count = () => {
    const cells = path.join(out, 'cells');
    return existsSync(cells) ? readdirSync(cells).filter((name) => name.endsWith('.json')).length : 0;
  };
  const from = count();
  for (let tried = 0; count() < from + more; tried++) {
    if (tried > 1200) throw new Error('nothing has come for a minute');
    await pause(50);
  }
}

/** Two folders of results: the same files, the same rows but for times. Gives the number of rows. */
async function equal(one, other) {
  // What a study that is kept on the server is found by.
  const left = (at) => readdirSync(at).filter((name) => name !== 'queue.json');
  const [names, others] = [one, other].map((at) => left(at).sort().join(' '));
  if (names !== others) throw new Error(`the files are ${names}, and ${others}`);
  const [cells, otherCells] = [one, other].map((at) => readdirSync(path.join(at, 'cells')).sort().join(' '));
  if (cells !== otherCells) throw new Error('the cells are others');
  const readers = {
    'results.csv': (file) => withoutTimes(readFileSync(file, 'utf8')),
    'results.parquet': async (file) => JSON.stringify((await parquetRows(file)).map(timeless), bigAsText),
    'results.json': (file) => JSON.stringify(timeless(JSON.parse(readFileSync(file, 'utf8')))),
  };
  for (const [name, read] of Object.entries(readers)) {
    const [a, b] = [await read(path.join(one, name)), await read(path.join(other, name))];
    if (a === b) continue;
    const at = [...a].findIndex((letter, i) => letter !== b[i]);
    throw new Error(`${name} differs: …${a.slice(at - 200, at + 80)}…\nand …${b.slice(at - 200, at + 80)}…`);
  }
  return (await parquetRows(path.join(one, 'results.parquet'))).length;
}

function bigAsText(_key, value) {
  return typeof value === 'bigint' ? String(value) : value;
}

async function parquetRows(name) {
  const bytes = readFileSync(name);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return parquetReadObjects({ file });
}

/** Plain data without what a clock has said. */
function timeless(value) {
  if (Array.isArray(value)) return value.map(timeless);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !TIMES.has(key))
      .map(([key, part]) => [key, timeless(part)]),
  );
}

function withoutTimes(csv) {
  const [head, ...lines] = csv.trimEnd().split('\n');
  const out = head.split(',').flatMap((name, at) => (TIMES.has(name) ? [at] : []));
  if (out.length === 0) throw new Error('results.csv has no times');
  // No field before them has a comma inside quotes but labels; fields are parted as CSV is.
  return [head, ...lines]
    .map((line) =>
      fields(line)
        .filter((_, at) => !out.includes(at))
        .join('|'),
    )
    .join('\n');
}

function fields(line) {
  return Array.from(line.matchAll(/(?:^|,)("(?:[^"]|"")*"|[^,]*)/g), ([, field]) => field);
}

async function onServer(url) {
  const queue = await connectQueue(url, () => {}, 'test');
  const found = { results: 0, jobs: 0, streams: 0 };
  for await (const { config, state } of queue.jsm.streams.list()) {
    found.streams++;
    if (config.name.startsWith('SOTTOVOCE_RESULTS_')) found.results += state.messages;
    if (config.name.startsWith('SOTTOVOCE_JOBS_')) found.jobs += state.messages;
  }
  await queue.close();
  return found;
}

async function nothingLeft(url) {
  const { streams } = await onServer(url);
  if (streams !== 0) throw new Error(`${streams} streams are left on the server`);
}

function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
