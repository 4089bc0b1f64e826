/**
 * Chaos: whole commands with a fault each, config, fault and moment drawn from a seed, held against the promises
 * (`case.mjs`). What failed is told with its number, by which it is run again.
 *
 *     npm run chaos -- [--runs N] [--seed S] [--fault KIND[,KIND...]] [--only N[,N...]] [--processes P] [--keep FOLDER]
 */

import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readJson } from '../../dist/src/output/run-folder.js';
import { Random } from '../fuzz/random.mjs';
import { Case } from './case.mjs';
import { drawConfig } from './configs.mjs';
import { faults } from './faults.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    fault: { type: 'string', default: Object.keys(faults).join(',') },
    only: { type: 'string' },
    processes: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const kinds = values.fault.split(',');
// `, ` is part of some names.
for (let at = 0; at < kinds.length; ) {
  const joined = `${kinds[at]},${kinds[at + 1]}`;
  if (Object.hasOwn(faults, joined)) kinds.splice(at, 2, joined);
  else at++;
}
for (const kind of kinds) {
  if (Object.hasOwn(faults, kind)) continue;
  refuse(`fault is ${JSON.stringify(kind)}, expected one of\n  ${Object.keys(faults).join('\n  ')}`);
}
const [runs, seed, processes] = ['runs', 'seed', 'processes'].map((name) => Number(values[name]));
const only = values.only?.split(',').map(Number);
for (const [name, numbers] of Object.entries({ runs: [runs], seed: [seed], processes: [processes], only })) {
  const least = name === 'processes' ? 1 : 0;
  if ((numbers ?? []).every((number) => Number.isSafeInteger(number) && number >= least)) continue;
  refuse(`${name} is ${JSON.stringify(values[name])}, expected a whole number`);
}

function refuse(message) {
  console.error(message);
  process.exit(2);
}

const scratch = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'sottovoce-chaos-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(130));
const cache = path.join(scratch, 'cache');
mkdirSync(cache);
const model = path.join(scratch, 'model');

const table = Object.fromEntries(
  kinds.map((kind) => [
    kind,
    { runs: 0, struck: 0, resumed: 0, hang: 0, leftover: 0, wrong: 0, said: 0, stopMs: [] },
  ]),
);
const failures = [];
const begun = Date.now();
let done = 0;
let kills = 0;
let lastShown = 0;

/** Some faults are more likely than others. */
function drawFault(random) {
  const ends = [];
  let end = 0;
  for (const kind of kinds) {
    end += faults[kind].weight ?? 1;
    ends.push(end);
  }
  const at = (random.bits() / 2 ** 32) * end;
  return kinds[ends.findIndex((each) => at < each)];
}

async function runCase(index, folder, earlierOf) {
  const random = new Random('chaos', seed, index);
  const kind = drawFault(random);
  const fault = faults[kind];
  mkdirSync(folder, { recursive: true });
  const needs = fault.needs?.() ?? {};
  const drawn = await drawConfig(random, folder, needs);
  const earlier = needs.earlier !== false && random.below(3) === 0 ? earlierOf() : null;
  const c = new Case({ random, folder, drawn, cache, earlier });
  if (earlier !== null) cpSync(model, c.out, { recursive: true });
  try {
    await fault.run(c);
  } catch (error) {
    c.problem('wrong', error.stack);
  }
  return { kind, c };
}

function earlierRun() {
  return readJson(path.join(model, 'summary.json'));
}

function record(index, { kind, c }) {
  const row = table[kind];
  row.runs++;
  row.struck += c.struck;
  row.resumed += c.resumed;
  kills += c.kills;
  if (c.stopMs !== null) row.stopMs.push(c.stopMs);
  for (const of of new Set(c.problems.map((problem) => problem.kind))) row[of]++;
  if (c.problems.length === 0) return;
  failures.push(index);
  const { flow, program, compressor } = c.config;
  const what = `${(flow ?? program).kind}${compressor ? ` x ${compressor.kind}` : ''}`;
  say(`\nrun ${index}: ${kind}, ${what}; again: npm run chaos -- ${again(index)}`);
  for (const { kind: of, what: text } of c.problems) say(`  ${of}: ${text}`);
}

function again(index) {
  const fault = values.fault === Object.keys(faults).join(',') ? '' : ` --fault '${values.fault}'`;
  return `--seed ${seed}${fault} --only ${index}`;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function progress(total) {
  if (Date.now() - lastShown < (process.stderr.isTTY ? 500 : 30_000)) return;
  lastShown = Date.now();
  const seconds = (Date.now() - begun) / 1000;
  const left = Math.ceil((seconds / Math.max(done, 1)) * (total - done));
  const line = `${done} of ${total} runs, ${failures.length} failed, ${Math.floor(left / 60)} min ${left % 60} s left`;
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
}

/** What stands in a folder before; it also fills the cache of compiled code. */
async function makeModel() {
  const folder = path.join(scratch, 'first');
  mkdirSync(folder);
  const drawn = await drawConfig(new Random('model', 0, 0), folder);
  const c = new Case({ random: new Random('model', 0, 1), folder, drawn, cache, earlier: null });
  const ended = await c.start().ended();
  if (ended.code !== c.endCode) throw new Error(`a run that nobody disturbs fails: ${ended.stderr}`);
  cpSync(c.out, model, { recursive: true });
}

await makeModel();
const indices = only ?? Array.from({ length: runs }, (_, at) => at);
const next = indices.values();
await Promise.all(
  Array.from({ length: processes }, async () => {
    for (const index of next) {
      const folder = path.join(scratch, String(index));
      const found = await runCase(index, folder, earlierRun);
      record(index, found);
      done++;
      progress(indices.length);
      if (values.keep && found.c.problems.length > 0)
        cpSync(folder, path.join(values.keep, `${seed}-${index}`), { recursive: true });
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
    }
  }),
);

const seconds = (ms) => (ms === undefined ? '-' : `${(ms / 1000).toFixed(2)} s`);
const line = (name, { runs: count, struck, resumed, hang, leftover, wrong, said, stopMs }) => {
  const sorted = [...stopMs].sort((a, b) => a - b);
  const cells = [count, struck, resumed, hang, leftover, wrong, said].map((cell) => String(cell).padStart(9));
  const times = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((ms) => seconds(ms).padStart(10));
  return `${name.padEnd(24)}${cells.join('')}${times.join('')}`;
};
const heads = ['runs', 'struck', 'resumed', 'hangs', 'left', 'wrong', 'unsaid'].map((head) =>
  head.padStart(9),
);
say(`\n${'fault'.padEnd(24)}${heads.join('')}${'median'.padStart(10)}${'worst'.padStart(10)}`);
const sum = { runs: 0, struck: 0, resumed: 0, hang: 0, leftover: 0, wrong: 0, said: 0, stopMs: [] };
for (const [kind, row] of Object.entries(table)) {
  if (row.runs === 0) continue;
  say(line(kind, row));
  for (const [name, value] of Object.entries(row))
    sum[name] = Array.isArray(value) ? [...sum[name], ...value] : sum[name] + value;
}
say(line('all', sum));
say(
  `seed ${seed}, ${Math.round((Date.now() - begun) / 1000)} s; time to stop: from the fault to the end of the process`,
);
if (kills > 0)
  say(
    `kill -9: ${kills} kills, and the bits of the undisturbed run after ${table['kill -9'].runs - table['kill -9'].wrong} of ${table['kill -9'].runs} runs`,
  );
if (failures.length > 0) say(`failed: ${failures.join(' ')}`);
process.exit(failures.length > 0 ? 1 : 0);
