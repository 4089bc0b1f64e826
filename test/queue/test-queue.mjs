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

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parquetReadObjects } from 'hyparquet';
import { sweep, work } from 'sottovoce';
import { generate } from 'sottovoce/topology';
import { connectQueue, isTaken } from '../../dist/src/queue/connection.js';
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
const own = fileURLToPath(new URL('../../dist/src/cli/sottovoce.cjs', import.meta.url));
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
const children = new Set();
let passed = 0;
let failures = 0;
let skipped = 0;

const CASES = {
  same: 'the same rows as on this machine alone, of a sweep and of a comparison',
  kills: 'workers killed at random',
  server: 'the server killed and restarted in the middle',
  orderer: 'the orderer killed and started again',
  cut: 'a connection that breaks off, and one that falls silent',
  two: 'two studies at once',
  files: 'graphs, data and modules are sent, whatever lies on the worker',
  handback: 'a worker that is told to end hands back at once',
  stop: 'an orderer that is told to end, and goes on',
  poison: 'a job that kills its workers is a failed run, and no other suffers',
  unable: 'a worker that can begin no job uses up no tries of others',
  full: 'a stream that is full is waited for, and is another thing than one that has the job already',
  versions: 'workers of another version, and those that take no modules',
  login: 'a login and TLS, of which nothing is written anywhere',
  large: 'messages larger than the server takes, and graphs in memory',
};
const cases = {
  ...{ same, kills, server, orderer, cut, two },
  ...{ files, handback, stop, poison, unable, full, versions, login, large },
};
/** What there is time for in the short form. */
const SHORT = new Set(['same', 'kills', 'server', 'orderer', 'handback', 'login']);

const begun = Date.now();
try {
  for (const [name, what] of Object.entries(CASES)) {
    if (
      options.only === undefined ? options.short && !SHORT.has(name) : !options.only.split(',').includes(name)
    ) {
      skipped++;
      continue;
    }
    const from = Date.now();
    try {
      await cases[name]();
      passed++;
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
console.log(`${((Date.now() - begun) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failures} failed, ${skipped} skipped`);
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
  const map = ['map', config, '--x', 'flow.step=0.05..1.2:log:4', '--y', 'flow.beta=0.5,1', '--of', 'rate'];
  startWorker(server.url);
  for (const [name, args] of Object.entries(options.short ? { sweep } : { sweep, compare, map })) {
    await alone(args, path.join(folder, `same/${name}-here`));
    await order(args, path.join(folder, `same/${name}-queue`), server.url);
    await equal(path.join(folder, `same/${name}-here`), path.join(folder, `same/${name}-queue`));
  }
  await nothingLeft(server.url);
  await server.stop();
}

async function kills() {
  const wanted = Number(options.kills ?? (options.short ? 3 : 100));
  const fleet = [];
  let killed = 0;
  // As many studies, one after the other, as it takes on this machine.
  for (let study = 1; killed < wanted; study++) {
    const name = `kills-${study}`;
    const server = await serverOf(name);
    const args = many(name, options.short ? 15 : 200);
    const out = path.join(folder, name, 'queue');
    const ordered = startOrder([...args, '--keep'], out, server.url);
    for (let at = 0; at < (options.short ? 2 : 3); at++) fleet[at] = startWorker(server.url);
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

async function files() {
  const server = await serverOf('files');
  const at = (name) => path.join(folder, 'files', name);
  for (const name of ['study/deep', 'lib', 'data']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('lib/package.json'), '{ "type": "module" }');
  writeFileSync(at('lib/level.js'), 'export const level = 2;\n');
  writeFileSync(
    at('lib/cost.js'),
    `import { readFileSync } from 'node:fs';
import { level } from './level.js';
const shift = Number(readFileSync(new URL('../data/shift.txt', import.meta.url), 'utf8'));
export const plan = () => ({ dim: 2, m: level, l: level });
export const value = (x, i) => (level / 2) * ((x[0] - i - shift) ** 2 + x[1] ** 2);
export const gradient = (x, out, i) => { out[0] = level * (x[0] - i - shift); out[1] = level * x[1]; };
`,
  );
  writeFileSync(at('data/shift.txt'), '0.5');
  writeFileSync(at('data/path.edges'), '0 1\n1 2\n2 3\n3 0\n1 3\n');
  writeFileSync(at('data/rows.libsvm'), '1 1:0.5 2:1\n-1 1:2\n1 2:3\n-1 1:1 2:1\n');
  writeFileSync(at('data/bad.libsvm'), '1 1:0.5 2:1\n-1 1:two\n');
  const rest = 'flow: { kind: primal-dual, compress: none, step: 0.1, alpha: 1, beta: 1 }\nrounds: 300\n';
  const configs = {
    own: `topology: { file: ${at('data/path.edges')} }\ncost: { kind: custom, module: ../../lib/cost.js }\n`,
    rows: 'topology: { file: ../../data/path.edges }\ncost: { kind: logistic, data: ../../data/rows.libsvm, regularization: 0.1 }\n',
    bad: 'topology: { kind: ring, nodes: 4 }\ncost: { kind: logistic, data: ../../data/bad.libsvm, regularization: 0.1 }\n',
  };
  const names = Object.keys(configs).map((name) => at(`study/deep/${name}.yaml`));
  for (const [name, text] of Object.entries(configs))
    writeFileSync(at(`study/deep/${name}.yaml`), text + rest);
  const args = ['compare', ...names, '--tune', '0', '--target', 'gap=1e-3'];
  await alone(args, at('here'));
  const ordered = startOrder(args, at('queue'), server.url);
  for (let tried = 0; (await onServer(server.url)).jobs < 3; tried++) {
    if (tried > 100) throw new Error(`no jobs come: ${ordered.said}`);
    await pause(100);
  }
  // What they are made from is nowhere any more but on the server.
  for (const name of ['lib', 'data']) renameSync(at(name), at(`${name}-away`));
  startWorker(server.url);
  await finished(ordered);
  await equal(at('here'), at('queue'));
  const { cells } = JSON.parse(readFileSync(at('queue/results.json'), 'utf8'));
  const statuses = cells.map(({ status }) => status).join(' ');
  if (statuses !== 'converged converged refused') throw new Error(`they ended as ${statuses}`);
  await server.stop();
}

async function handback() {
  const server = await serverOf('handback');
  const args = long('handback');
  const out = path.join(folder, 'handback/queue');
  // Whoever waited for the server to notice would wait for a minute.
  const ordered = start([...args, '--out', out, '--queue', server.url, '--redeliver', '60']);
  const from = Date.now();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    const worker = startWorker(server.url);
    await busy(server.url, worker, 2);
    const told = Date.now();
    await end(worker, signal);
    if (worker.exitCode !== 0) throw new Error(`${signal}: it ended with ${worker.exitCode}: ${worker.said}`);
    if (Date.now() - told > 3000) throw new Error(`${signal}: it took ${Date.now() - told} ms to end`);
    if (!/[12] handed back/.test(worker.said)) throw new Error(worker.said);
  }
  startWorker(server.url);
  await finished(ordered);
  if (Date.now() - from > 50_000) throw new Error('what was handed back was waited for');
  await alone(args, path.join(folder, 'handback/here'));
  await equal(path.join(folder, 'handback/here'), out);
  await server.stop();
}

async function stop() {
  const server = await serverOf('stop');
  const args = many('stop', 12);
  const out = path.join(folder, 'stop/queue');
  startWorker(server.url);
  const ordered = startOrder(args, out, server.url);
  await someCells(out, 3);
  await end(ordered, 'SIGINT');
  if (ordered.exitCode !== 130 || !/to go on, repeat the command/.test(ordered.said))
    throw new Error(`it ended with ${ordered.exitCode}: ${ordered.said}`);
  await pause(1500);
  const { jobs, underWay } = await onServer(server.url);
  if (jobs + underWay !== 0) throw new Error(`${jobs} jobs are left for nobody`);
  await order(args, out, server.url);
  await alone(args, path.join(folder, 'stop/here'));
  await equal(path.join(folder, 'stop/here'), out);
  await nothingLeft(server.url);
  await server.stop();
}

async function poison() {
  const server = await serverOf('poison');
  const at = (name) => path.join(folder, 'poison', name);
  writeFileSync(
    at('cost.mjs'),
    `import { execFileSync } from 'node:child_process';
if (process.env.POISON) execFileSync('kill', ['-9', String(process.pid)]);
export const plan = () => ({ dim: 1, m: 1, l: 1 });
export const value = (x, i) => (x[0] - i) ** 2 / 2;
export const gradient = (x, out, i) => { out[0] = x[0] - i; };
`,
  );
  const good = ring('poison', 300);
  writeFileSync(
    at('bad.yaml'),
    readFileSync(good, 'utf8').replace(/cost: .*/, 'cost: { kind: custom, module: cost.mjs }'),
  );
  const out = at('queue');
  const ordered = startOrder(
    ['compare', at('bad.yaml'), good, '--seeds', '1..3', '--tune', '0', '--target', 'rmsError=1e-3'],
    out,
    server.url,
  );
  let dead = 0;
  const over = once(ordered, 'exit');
  while (ordered.exitCode === null) {
    const worker = startWorker(server.url, { POISON: '1' });
    await Promise.race([once(worker, 'exit'), over]);
    dead++;
  }
  if (ordered.exitCode !== 1) throw new Error(`it ended with ${ordered.exitCode}: ${ordered.said}`);
  const { cells } = JSON.parse(readFileSync(path.join(out, 'results.json'), 'utf8'));
  const failed = cells.filter(({ status }) => status === 'failed');
  const expected = `its worker died 5 times while it ran: on ${os.hostname()} (process `;
  if (failed.length !== 3 || !failed.every(({ error }) => error.startsWith(expected)))
    throw new Error(JSON.stringify(cells.map(({ status, error }) => [status, error])));
  if (cells.some(({ status, config }) => status === 'failed' && /ring/.test(config)))
    throw new Error('what is good has failed');
  console.log(`  ${dead - 1} workers dead of three jobs`);
  await server.stop();
}

async function unable() {
  const server = await serverOf('unable');
  const at = (name) => path.join(folder, 'unable', name);
  writeFileSync(at('path.edges'), '0 1\n1 2\n2 3\n3 0\n1 3\n');
  writeFileSync(
    at('path.yaml'),
    readFileSync(ring('unable', 300_000), 'utf8').replace(/topology: .*/, 'topology: { file: path.edges }'),
  );
  const args = ['sweep', at('path.yaml'), '--grid', 'flow.step=0.001..0.002:lin:8', '--seeds', '1,2'];
  const broken = start(['worker', '--queue', server.url, '--jobs', '2', '--cache', at('cache')]);
  const good = startWorker(server.url);
  await Promise.all([broken, good].map((worker) => busy(server.url, worker, 0)));
  rmSync(at('cache'), { recursive: true, force: true });
  writeFileSync(at('cache'), 'no folder');
  await order(args, at('queue'), server.url);
  const tries = broken.said.match(/could not be begun/g)?.length ?? 0;
  if (tries === 0) throw new Error(`it began its jobs: ${broken.said}`);
  console.log(`  ${tries} jobs that it could not begin`);
  await alone(args, at('here'));
  await equal(at('here'), at('queue'));
  await server.stop();
}

/**
 * Of a stream that will not keep a message only the text says why: it has one of the subject, or it is full.
 */
async function full() {
  const server = await serverOf('full');
  const { js, jsm, persist, close } = await connectQueue(server.url, () => {}, 'test');
  const kept = { max_msgs_per_subject: 1, discard: 'new', discard_new_per_subject: true };
  await jsm.streams.add({ name: 'FULL', subjects: ['full.*'], max_msgs: 2, ...kept });
  await js.publish('full.a', '1');
  const again = await js.publish('full.a', '2').then(
    () => null,
    (error) => error,
  );
  if (again === null || !isTaken(again)) throw new Error(`a second of its subject: ${again?.message}`);
  await js.publish('full.b', '1');
  let sent = false;
  const waits = persist(() => js.publish('full.c', '1')).then(() => {
    sent = true;
  });
  await pause(700);
  if (sent) throw new Error('a full stream took it');
  await jsm.streams.purge('FULL', { filter: 'full.a' });
  await waits;
  await close();
  await server.stop();
}

async function versions() {
  const server = await serverOf('versions');
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const other = path.join(folder, 'versions/other');
  mkdirSync(other);
  cpSync(path.join(root, 'dist'), path.join(other, 'dist'), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(other, 'node_modules'));
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  writeFileSync(
    path.join(other, 'package.json'),
    readFileSync(path.join(root, 'package.json'), 'utf8').replace(
      `"version": "${version}"`,
      '"version": "9.9.9"',
    ),
  );
  const old = start(['worker', '--queue', server.url], {
    command: path.join(other, 'dist/src/cli/sottovoce.cjs'),
  });
  const careful = start(['worker', '--queue', server.url, '--no-modules']);
  const config = ring('versions', 300);
  const cost = path.join(folder, 'versions/cost.mjs');
  writeFileSync(
    cost,
    'export const plan = () => ({ dim: 1, m: 1, l: 1 });\nexport const value = (x) => x[0] ** 2 / 2;\nexport const gradient = (x, out) => { out[0] = x[0]; };\n',
  );
  const bringing = path.join(folder, 'versions/own.yaml');
  writeFileSync(
    bringing,
    readFileSync(config, 'utf8').replace(/cost: .*/, 'cost: { kind: custom, module: cost.mjs }'),
  );
  const ordered = startOrder(
    ['compare', bringing, '--tune', '0'],
    path.join(folder, 'versions/queue'),
    server.url,
  );
  const both = `it was ordered by Sottovoce ${version}, this worker is 9.9.9`;
  await said(old, both);
  await said(careful, 'its jobs bring code, and this worker was started with --no-modules');
  await said(ordered, both);
  await said(ordered, '--no-modules');
  if (ordered.exitCode !== null) throw new Error('somebody has done it');
  const able = startWorker(server.url);
  await finished(ordered);
  await said(able, 'whoever may write there may run code here');
  // Jobs without code are for the careful one, too.
  await end(able, 'SIGTERM');
  await order(['compare', config, '--tune', '0'], path.join(folder, 'versions/plain'), server.url);
  await server.stop();
}

async function login() {
  const at = (name) => path.join(folder, 'login', name);
  mkdirSync(at(''), { recursive: true });
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', at('key.pem'), '-out', at('cert.pem')],
  ]);
  const tls = made.status === 0;
  if (!tls) console.log('  without TLS: openssl is missing');
  const secret = 'Sehr-geheim-7';
  const server = await serverOf(
    'login',
    `authorization { user: "lab", password: "${secret}" }
${tls ? `tls { cert_file: "${at('cert.pem')}", key_file: "${at('key.pem')}" }` : ''}`,
  );
  const scheme = tls ? 'tls' : 'nats';
  const host = `localhost:${server.port}`;
  const env = { NODE_EXTRA_CA_CERTS: at('cert.pem') };
  const args = many('login', 2);
  for (const [address, expected] of [
    [`${scheme}://${host}`, 'asks for a login'],
    [`${scheme}://lab:${secret}x@${host}`, 'does not take this login'],
    [`${scheme}://lab:${secret}@${host}/x`, 'expected nats://host:port'],
  ]) {
    const refused = start([...args, '--out', at('refused'), '--queue', address], { env });
    await once(refused, 'exit');
    if (refused.exitCode !== 2 || !refused.said.includes(expected) || refused.said.includes(secret))
      throw new Error(`${expected}: it ended with ${refused.exitCode}: ${refused.said}`);
    if (existsSync(at('refused'))) throw new Error('it has left a folder');
  }
  if (tls) {
    // A certificate that nobody vouches for.
    const stranger = start([...args, '--out', at('refused'), '--queue', `tls://lab:${secret}@${host}`]);
    await once(stranger, 'exit');
    if (stranger.exitCode !== 2 || !/does not answer: .*certificate/.test(stranger.said))
      throw new Error(stranger.said);
  }
  const worker = start(['worker', '--queue', `${scheme}://${host}`], {
    env: { ...env, SOTTOVOCE_QUEUE_LOGIN: `lab:${secret}` },
  });
  const ordered = start(
    [...args, '--out', at('queue'), '--keep', '--queue', `${scheme}://lab:${secret}@${host}`],
    { env },
  );
  await finished(ordered);
  await end(worker, 'SIGTERM');
  for (const text of [worker.said, ordered.said, ...textsIn(at('queue'))])
    if (text.includes(secret)) throw new Error('the password has been written');
  if (!textsIn(at('queue')).some((text) => text.includes(`${scheme}://${host}`)))
    throw new Error('no queue.json');
  await server.stop();
}

async function large() {
  const server = await serverOf('large', 'max_payload: 16384');
  const graph = generate({ kind: 'torus', rows: 100, columns: 100 });
  const config = {
    topology: { graph },
    cost: {
      kind: 'quadratic',
      a: new Float64Array(10_000).fill(1),
      b: Float64Array.from({ length: 10_000 }, (_, i) => Math.sin(i)),
    },
    flow: { kind: 'primal-dual', compress: 'none', alpha: 1, beta: 1 },
    rounds: 400,
  };
  const options = {
    grid: { 'flow.step': '0.001..0.05:log:4' },
    target: { rmsError: 1e-300 },
    earlyStop: false,
    jobs: 2,
  };
  const here = await sweep(config, options);
  const ending = new AbortController();
  const worker = work(server.url, {
    jobs: 2,
    signal: ending.signal,
    cacheFolder: path.join(folder, 'cache'),
  });
  const there = await sweep(config, { ...options, queue: server.url });
  ending.abort();
  const { done } = await worker;
  if (done !== 4) throw new Error(`${done} jobs were done, expected 4`);
  const [a, b] = [here, there].map((outcome) => JSON.stringify(timeless(outcome)));
  if (a !== b) throw new Error(`${a}\n${b}`);
  await nothingLeft(server.url);
  await server.stop();
}

async function serverOf(name, config) {
  return startServer(path.join(folder, name, 'nats'), config);
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

/** Two runs of some seconds. */
function long(name) {
  const grid = ['--grid', 'flow.step=0.001,0.002'];
  return ['sweep', ring(name, 300_000), ...grid, '--target', 'rmsError=1e-300', '--no-early-stop'];
}

function start(args, { env = {}, command = own } = {}) {
  const child = spawn(process.execPath, [command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    env: { ...process.env, ...env },
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

function startWorker(url, env = {}) {
  const cache = path.join(folder, 'cache');
  return start(['worker', '--queue', url, '--jobs', '2', '--cache', cache], { env });
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
  const found = { results: 0, jobs: 0, streams: 0, underWay: 0 };
  for await (const { config, state } of queue.jsm.streams.list()) {
    found.streams++;
    if (config.name.startsWith('SOTTOVOCE_JOBS_'))
      found.underWay += (await queue.jsm.consumers.info(config.name, 'workers')).num_ack_pending;
    if (config.name.startsWith('SOTTOVOCE_RESULTS_')) found.results += state.messages;
    if (config.name.startsWith('SOTTOVOCE_JOBS_')) found.jobs += state.messages;
  }
  await queue.close();
  return found;
}

/** Until a worker says that it has so many jobs. */
async function busy(url, worker, jobs) {
  const queue = await connectQueue(url, () => {}, 'test');
  const heard = queue.nc.subscribe('sottovoce.fleet', { timeout: 60_000 });
  for await (const message of heard) {
    const said = message.json();
    const now = Object.values(said.busy).reduce((sum, count) => sum + count, 0);
    if (said.pid === worker.pid && now >= jobs) break;
  }
  await queue.close();
}

async function said(child, words) {
  for (let tried = 0; !child.said.includes(words); tried++) {
    if (tried > 300 || child.exitCode !== null) throw new Error(`nobody said "${words}": ${child.said}`);
    await pause(100);
  }
}

function textsIn(at) {
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ path: place, name }) => readFileSync(path.join(place, name), 'latin1'));
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
