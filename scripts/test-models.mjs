// Checks the Promela models of test/models with Spin: every state of each, and that every mutant is caught.
//
//     npm run test:models [-- NAME]
//
// Spin and a C compiler are installed with apt-get where they are missing and that is possible; without them
// nothing is checked, and the last line says so.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const models = fileURLToPath(new URL('../test/models', import.meta.url));
const MEMORY_MIB = 6000;

/** Everything is looked at; `bits`: a table of so many bits (2^bits) remembers states, and may forget some. */
const SAFETY = ['-DSAFETY', '-DCOLLAPSE'];
const run = (model, threads, defines = {}, { bits, liveness = false, note = '' } = {}) => ({
  model,
  threads,
  defines: {
    ...(model === 'trace-ring' ? {} : { N: threads }),
    ...defines,
    ...(liveness && { LIVENESS: true }),
  },
  compile: liveness ? ['-DNFAIR=4'] : bits ? ['-DSAFETY', '-DBITSTATE'] : SAFETY,
  arguments: [...(bits ? [`-w${bits}`, '-Q1'] : []), ...(liveness ? ['-a', '-f'] : [])],
  note: [liveness && 'liveness, weakly fair', bits && `bitstate 2^${bits}`, note].filter(Boolean).join('; '),
});
const POISONED = { POISONED: true };
const REAL_BARRIER = { REAL_BARRIER: true };
const TREE = { TREE: true };

const RUNS = [
  run('barrier', 2),
  run('barrier', 2, POISONED),
  run('barrier', 2, {}, { liveness: true }),
  run('barrier', 2, POISONED, { liveness: true }),
  run('barrier', 3),
  run('barrier', 3, POISONED),
  run('barrier', 4),
  run('barrier', 4, POISONED, { bits: 30, note: 'at most a minute' }),
  run('barrier', 3, TREE),
  run('barrier', 3, { ...TREE, ...POISONED }),
  run('barrier', 3, TREE, { liveness: true }),
  run('barrier', 3, { ...TREE, ...POISONED }, { liveness: true }),
  run('barrier', 4, TREE, { bits: 30, note: 'at most a minute' }),
  run('barrier', 4, { ...TREE, ...POISONED }, { bits: 30, note: 'at most a minute' }),
  run('rounds', 2, REAL_BARRIER, { note: 'on the real barrier' }),
  run('rounds', 3),
  run('rounds', 4, {}, { bits: 30, note: 'at most a minute' }),
  run('steering', 2, { ROUNDS: 2 }),
  run('steering', 2, { ROUNDS: 2, ...POISONED }),
  run('steering', 2, { ROUNDS: 1 }, { liveness: true }),
  run('steering', 3, { ROUNDS: 1 }),
  run('steering', 3, { ROUNDS: 1, ...POISONED }, { bits: 30, note: 'at most a minute' }),
  run('steering', 4, { ROUNDS: 1, CALM: true }, { bits: 30, note: 'at most a minute' }),
  run('checkpoint', 2),
  run('checkpoint', 2, REAL_BARRIER, { note: 'on the real barrier' }),
  run('checkpoint', 3),
  run('checkpoint', 4, {}, { bits: 30, note: 'at most a minute' }),
  run('trace-ring', 2),
  run('trace-ring', 2, POISONED),
];

/** Mutants by model; each is broken in one place, and must be caught with two threads, or three in a tree. */
const OF_TREES = /_LEAF(_|$)/;
const OF_BARRIERS = mutantsOf('barrier.inc').filter((name) => !/LEADER/.test(name));
const MUTANTS = [
  { model: 'barrier', defines: POISONED, names: OF_BARRIERS.filter((name) => !OF_TREES.test(name)) },
  {
    model: 'barrier',
    threads: 3,
    defines: { ...TREE, ...POISONED },
    names: OF_BARRIERS.filter((name) => OF_TREES.test(name)),
  },
  { model: 'rounds', defines: {}, names: mutantsOf('rounds.pml') },
  {
    model: 'steering',
    defines: { ROUNDS: 2, ...POISONED },
    names: [...mutantsOf('steering.pml'), 'MUTANT_POISON_LEAVES_THE_LEADER_ASLEEP'],
  },
  { model: 'checkpoint', defines: {}, names: mutantsOf('checkpoint.pml') },
  { model: 'trace-ring', defines: POISONED, names: mutantsOf('trace-ring.pml') },
];

function mutantsOf(file) {
  const text = readFileSync(join(models, file), 'utf8');
  return [...new Set(text.match(/MUTANT_[A-Z_]+/g))];
}

function has(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function install() {
  const missing = [!has('spin', '-V') && 'spin', !has('cc', '--version') && 'gcc'].filter(Boolean);
  if (missing.length === 0) return true;
  console.log(`installing ${missing.join(' and ')} with apt-get`);
  has('apt-get', 'update');
  const packages = missing.includes('gcc') ? [...missing, 'libc6-dev'] : missing;
  has('apt-get', 'install', '-y', '--no-install-recommends', ...packages);
  return has('spin', '-V') && has('cc', '--version');
}

/** One model, checked; what pan says of it. */
function check({ model, defines, compile, arguments: args, depth }) {
  const folder = mkdtempSync(join(tmpdir(), 'models-'));
  try {
    for (const file of readdirSync(models)) cpSync(join(models, file), join(folder, file));
    const given = Object.entries(defines).map(([name, value]) =>
      value === true ? `-D${name}` : `-D${name}=${value}`,
    );
    const step = (command, ...rest) => {
      const done = spawnSync(command, rest, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
      if (done.error) throw done.error;
      return done;
    };
    const spin = step('spin', '-a', ...given, `${model}.pml`);
    if (spin.status !== 0) throw new Error(`spin refuses ${model}.pml:\n${spin.stdout}${spin.stderr}`);
    const cc = step('cc', '-O2', '-w', `-DMEMLIM=${MEMORY_MIB}`, ...compile, '-o', 'pan', 'pan.c');
    if (cc.status !== 0) throw new Error(`cc refuses ${model}: ${cc.stderr}`);
    const { stdout } = step(join(folder, 'pan'), `-m${depth}`, ...args);
    const number = (pattern) => Number(stdout.match(pattern)?.[1] ?? Number.NaN);
    return {
      states: number(/([\d.e+]+) states, stored/),
      depth: number(/depth reached (\d+)/),
      seconds: number(/elapsed time ([\d.e+]+)/),
      errors: number(/errors: (\d+)/),
      cut: /max search depth too small/.test(stdout),
      outOfMemory: /out of memory|memory limit/.test(stdout),
      why: stdout.match(/^pan:\d+: (?!.*search depth)(.*?)(?: \(at depth \d+\))?$/m)?.[1] ?? '',
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const columns = [11, 8, 12, 9, 8, 7];
const line = (...cells) =>
  cells
    .map((cell, at) => String(cell).padEnd(columns[at] ?? 0))
    .join('  ')
    .trimEnd();

const [only] = process.argv.slice(2);
if (!install()) {
  console.log('SKIPPED: spin or a C compiler is missing, and apt-get cannot install them here');
  process.exit(0);
}
let failed = 0;
console.log(line('model', 'threads', 'states', 'depth', 'seconds', 'errors', ''));
for (const { model, threads, note, ...rest } of RUNS) {
  if (only !== undefined && only !== model) continue;
  const bitstate = note.includes('bitstate');
  const found = check({ model, ...rest, depth: bitstate ? 100_000 : 3_000_000 });
  const whole = found.errors === 0 && !found.outOfMemory && (bitstate || !found.cut);
  if (!whole) failed++;
  const said = { ...rest.defines };
  for (const name of ['N', 'LIVENESS', 'REAL_BARRIER']) delete said[name];
  const given = Object.entries(said).map(([name, value]) => (value === true ? name : `${name} ${value}`));
  const trouble = [
    found.why,
    found.outOfMemory && 'out of memory',
    !bitstate && found.cut && 'cut at its depth',
  ];
  const { states, depth, seconds, errors } = found;
  const remarks = [...given, note, ...trouble].filter(Boolean).join('; ').toLowerCase();
  console.log(line(model, threads, states, depth, seconds, `${errors}`, remarks));
}
console.log(`\n${line('mutant of', 'caught')}`);
for (const { model, threads = 2, defines, names } of MUTANTS) {
  if (only !== undefined && only !== model) continue;
  for (const name of names) {
    const found = check({
      model,
      defines: { ...(model === 'trace-ring' ? {} : { N: threads }), ...defines, [name]: true },
      // Breadth first: the shortest way to the fault.
      compile: ['-DSAFETY', '-DBFS'],
      arguments: [],
      depth: 100_000,
    });
    const caught = found.errors >= 1;
    if (!caught) failed++;
    const what = name.slice('MUTANT_'.length).toLowerCase().replaceAll('_', ' ');
    console.log(line(model, caught ? 'caught' : 'SURVIVES', what, caught ? `(${found.why})` : ''));
  }
}
console.log(failed === 0 ? '\nall models hold, every mutant is caught' : `\n${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
