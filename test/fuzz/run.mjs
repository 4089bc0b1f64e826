/**
 * Fuzz: seeded mutations of sound files, for every reader. Each is read, or refused with a message that names the file;
 * anything else, more than two seconds of processor time, or more memory than its size allows, is a failure. What failed
 * is kept in corpus/READER, and read again for ever after (`--corpus`, and npm test).
 *
 *     npm run fuzz -- [--reader NAME[,NAME...]] [--mutations N] [--seed S] [--corpus] [--processes P]
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HANG_MS, HEAP_MIB, MOST_RESIDENT_BYTES } from './bounds.mjs';
import { casesOf } from './cases.mjs';
import { mutate } from './mutate.mjs';
import { Random } from './random.mjs';
import { readers } from './readers.mjs';

const { values } = parseArgs({
  options: {
    reader: { type: 'string' },
    mutations: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    corpus: { type: 'boolean', default: false },
    processes: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const names = values.reader === undefined ? Object.keys(readers) : values.reader.split(',');
for (const name of names) {
  if (Object.hasOwn(readers, name)) continue;
  console.error(`reader is ${JSON.stringify(name)}, expected one of ${Object.keys(readers).join(', ')}`);
  process.exit(2);
}
const [mutations, seed, processes] = ['mutations', 'seed', 'processes'].map((name) => Number(values[name]));
for (const [name, value] of Object.entries({ mutations, seed, processes })) {
  if (Number.isSafeInteger(value) && value >= (name === 'processes' ? 1 : 0)) continue;
  console.error(`${name} is ${JSON.stringify(values[name])}, expected a whole number`);
  process.exit(2);
}

const corpus = fileURLToPath(new URL('corpus/', import.meta.url));
const kept = values.keep ?? corpus;
const child = fileURLToPath(new URL('child.mjs', import.meta.url));
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'sottovoce-fuzz-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const begun = Date.now();
const total = values.corpus ? 0 : names.length * mutations;
let done = 0;
let lastShown = 0;

function progress(name, isEnd = false) {
  if (total === 0 || (!isEnd && Date.now() - lastShown < (process.stderr.isTTY ? 500 : 30_000))) return;
  lastShown = Date.now();
  const seconds = (Date.now() - begun) / 1000;
  const rate = done / seconds;
  const left = Math.ceil((total - done) / Math.max(rate, 1e-9));
  const line = `${name}: ${done} of ${total} mutations, ${rate.toFixed(0)} a second, ${Math.floor(left / 60)} min ${left % 60} s left`;
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
}

/** Processor time of a process; where /proc does not say, the time of day, which also passes while others run. */
function processorMs(pid) {
  try {
    // Behind the name in parentheses, which may hold blanks; 100 ticks a second on every Linux.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return Date.now();
  }
}

/** Resident bytes of a process; 0 where /proc does not say. */
function residentBytes(pid) {
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * A process with these arguments, until it ends, hangs or takes too much. Gives the index at which it was ended, with the
 * reason; null where it came to its end.
 */
function runChild(args, onMessage) {
  return new Promise((resolve) => {
    const beaconFile = join(scratch, Math.random().toString(36).slice(2));
    writeFileSync(beaconFile, Buffer.alloc(4));
    const running = fork(child, args(beaconFile), {
      execArgv: [`--max-old-space-size=${HEAP_MIB}`, '--expose-gc'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let ended = false;
    let base = 0;
    let at = -1;
    let since = processorMs(running.pid);
    let killed = null;
    let stderr = '';
    running.stderr.on('data', (chunk) => {
      stderr = (stderr + chunk).slice(-3000);
    });
    running.on('message', (message) => {
      if (message.ready) base = residentBytes(running.pid);
      if (message.end) ended = true;
      onMessage(message);
    });
    const watch = setInterval(() => {
      const now = readFileSync(beaconFile).readInt32LE(0);
      if (now !== at || base === 0) {
        at = now;
        since = processorMs(running.pid);
      }
      const resident = residentBytes(running.pid);
      if (base > 0 && resident - base > MOST_RESIDENT_BYTES) {
        const mib = ((resident - base) / 2 ** 20).toFixed(0);
        killed = { what: 'memory', message: `${mib} MiB resident more than before` };
      } else if (processorMs(running.pid) - since > HANG_MS) {
        killed = { what: 'time', message: `not back after ${HANG_MS / 1000} s of processor time` };
      }
      if (killed !== null) running.kill('SIGKILL');
    }, 25);
    running.on('close', (code, signal) => {
      clearInterval(watch);
      const index = readFileSync(beaconFile).readInt32LE(0);
      rmSync(beaconFile, { force: true });
      rmSync(`${beaconFile}.files`, { recursive: true, force: true });
      if (ended) return resolve(null);
      const what = /heap out of memory|Allocation failed/i.test(stderr) ? 'memory' : 'crash';
      resolve({
        index,
        variant: index,
        what,
        message: `process ended with ${signal ?? code}: ${stderr}`,
        ...killed,
      });
    });
  });
}

const rows = [];
const failures = [];

function failed(name, row) {
  return ({ what, message, index, file, variant, bytes }) => {
    row[what === 'time' ? 'overTime' : what === 'memory' ? 'overMemory' : 'crashes']++;
    let place = file;
    if (place === undefined && bytes !== undefined) {
      // One file for each kind of failure: the first line of what was said, without its numbers.
      const said = message
        .split('\n')
        .slice(0, 2)
        .join(' ')
        .replace(/[^A-Za-z ]+/g, ' ')
        .trim()
        .slice(0, 120);
      const key = `${name} ${what} ${what === 'crash' ? said : ''}`;
      if (!failures.some((failure) => failure.key === key)) {
        const content = Buffer.from(bytes, 'base64');
        const words =
          said
            .toLowerCase()
            .split(/\s+/)
            .slice(0, 6)
            .join('-')
            .replace(/[^a-z-]/g, '') || what;
        const hash = createHash('sha256').update(content).digest('hex').slice(0, 8);
        mkdirSync(join(kept, name), { recursive: true });
        place = join(kept, name, `${what}-${words}-${hash}`.slice(0, 80));
        writeFileSync(place, content);
      }
      failures.push({ key, name, what, message, index, variant, place });
      return;
    }
    failures.push({ key: `${name} ${what} ${place}`, name, what, message, index, variant, place });
  };
}

function addRow(name, count) {
  const row = {
    reader: name,
    mutations: count,
    accepted: 0,
    refused: 0,
    crashes: 0,
    overTime: 0,
    overMemory: 0,
    worstMs: 0,
    worstMiB: 0,
  };
  rows.push(row);
  return row;
}

async function fuzz(name) {
  const row = addRow(name, mutations);
  const fail = failed(name, row);
  for (let from = 0; from < mutations; ) {
    let last = { accepted: 0, refused: 0, done: 0 };
    const args = (beacon) => [name, seed, from, mutations, beacon].map(String);
    const broken = await runChild(args, ({ failure, totals, done: now }) => {
      if (failure) fail(failure);
      if (!totals) return;
      row.accepted += totals.accepted - last.accepted;
      row.refused += totals.refused - last.refused;
      row.worstMs = Math.max(row.worstMs, totals.worstMs);
      row.worstMiB = Math.max(row.worstMiB, totals.worstMiB);
      done += now - last.done;
      last = { ...totals, done: now };
      progress(name);
    });
    if (broken === null) return;
    const bytes = mutate(readers[name].seeds, new Random(name, seed, broken.index));
    fail({ ...broken, bytes: bytes.toString('base64') });
    done += broken.index + 1 - from - last.done;
    from = broken.index + 1;
  }
}

/** Everything that failed once, in one process as long as nothing ends it. */
async function readCorpus() {
  const entries = names.flatMap((name) => {
    const place = join(corpus, name);
    const files = existsSync(place) ? readdirSync(place).sort() : [];
    const made = casesOf(name).map(([title, content]) => {
      const file = join(scratch, `${name}-${title}`);
      writeFileSync(file, content);
      return file;
    });
    const all = [...files.map((file) => join(place, file)), ...made];
    const row = all.length === 0 ? null : addRow(name, all.length);
    return all.map((file) => ({ name, file, row }));
  });
  for (let from = 0; from < entries.length; ) {
    const rest = entries.slice(from);
    const failedAt = (failure) => {
      const { name, file, row } = rest[failure.index];
      failed(name, row)({ ...failure, file });
    };
    const args = (beacon) => ['-', beacon, ...rest.flatMap(({ name, file }) => [name, file])];
    const broken = await runChild(args, ({ failure, read }) => {
      if (failure) failedAt(failure);
      if (!read) return;
      const { row } = rest[read.index];
      if (read.first && read.accepted) row.accepted++;
      else if (read.first) row.refused++;
      row.worstMs = Math.max(row.worstMs, read.ms);
      row.worstMiB = Math.max(row.worstMiB, read.mib);
    });
    if (broken === null) return;
    failedAt(broken);
    from += broken.index + 1;
  }
}

if (values.corpus) {
  await readCorpus();
} else {
  const queue = [...names];
  await Promise.all(
    Array.from({ length: Math.min(processes, queue.length) }, async () => {
      for (let name = queue.shift(); name !== undefined; name = queue.shift()) await fuzz(name);
    }),
  );
}
progress('all', true);
if (process.stderr.isTTY) process.stderr.write('\n');

const heads = {
  reader: 'reader',
  mutations: values.corpus ? 'files' : 'mutations',
  accepted: 'accepted',
  refused: 'refused',
  crashes: 'crashes',
  overTime: 'over time',
  overMemory: 'over memory',
  worstMs: 'worst ms',
  worstMiB: 'worst MiB',
};
const cells = rows.map((row) => ({
  ...row,
  worstMs: row.worstMs.toFixed(0),
  worstMiB: row.worstMiB.toFixed(0),
}));
const width = (key) => Math.max(heads[key].length, ...cells.map((row) => String(row[key]).length));
for (const row of [heads, ...cells]) {
  console.log(
    Object.keys(heads)
      .map((key) =>
        key === 'reader' ? String(row[key]).padEnd(width(key)) : String(row[key]).padStart(width(key)),
      )
      .join('  '),
  );
}
const shown = new Set();
for (const { key, name, what, message, index, place } of failures) {
  if (shown.has(key)) continue;
  shown.add(key);
  console.log(
    `\n${name}: ${what}, ${failures.filter((failure) => failure.key === key).length} times, the first is mutation ${index} of seed ${seed}, kept as ${place}\n  ${message.split('\n').slice(0, 6).join('\n  ')}`,
  );
}
process.exitCode = failures.length === 0 ? 0 : 1;
