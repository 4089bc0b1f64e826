/**
 * Reads mutations in a process of its own, one after the other, so that one that hangs or takes all memory is found and
 * named by whoever watches (run.mjs): which one it is at stands in a small file, and what failed goes to the parent.
 *
 *     node child.mjs READER SEED FROM TO BEACON      mutations FROM .. TO - 1
 *     node child.mjs - BEACON READER FILE ...        given files, each with its reader
 */
import { openSync, readFileSync, writeSync } from 'node:fs';
import { MOST_CPU_MS, memoryBound } from './bounds.mjs';
import { mutate } from './mutate.mjs';
import { Random } from './random.mjs';
import { readers, useFolder } from './readers.mjs';

const args = process.argv.slice(2);
const isGiven = args[0] === '-';
const beaconFile = isGiven ? args[1] : args[4];
useFolder(`${beaconFile}.files`);

const beacon = openSync(beaconFile, 'r+');
const at = new Int32Array(1);

function isRefusal(error) {
  return error instanceof Error && error.code === 'BAD_INPUT' && error.message !== '';
}

/** How a file was read, and what was wrong with that; null if nothing was. */
async function attempt(reader, bytes, variant) {
  const before = process.memoryUsage();
  const cpu = process.cpuUsage();
  let accepted = true;
  let problem = null;
  try {
    await reader.read(bytes, variant);
  } catch (error) {
    accepted = false;
    if (!isRefusal(error)) problem = { what: 'crash', message: String(error?.stack ?? error).slice(0, 2000) };
    else if (!error.message.includes(reader.file))
      problem = { what: 'place', message: `${reader.file} is not named: ${error.message}` };
    else if (error.message.length > 20_000)
      problem = {
        what: 'words',
        message: `${error.message.length} characters: ${error.message.slice(0, 200)}`,
      };
  }
  const spent = process.cpuUsage(cpu);
  const after = process.memoryUsage();
  const ms = (spent.user + spent.system) / 1000;
  const taken = Math.max(0, after.heapUsed - before.heapUsed) + Math.max(0, after.external - before.external);
  if (problem === null && ms > MOST_CPU_MS)
    problem = { what: 'time', message: `${ms.toFixed(0)} ms of processor time` };
  if (problem === null && taken > memoryBound(bytes.length))
    problem = { what: 'memory', message: `${(taken / 2 ** 20).toFixed(0)} MiB for ${bytes.length} bytes` };
  return { accepted, problem, ms, mib: taken / 2 ** 20 };
}

/** What is over a bound is so twice: others share the machine, and garbage is collected when it pleases. */
async function look(reader, bytes, variant) {
  const result = await attempt(reader, bytes, variant);
  if (result.problem?.what !== 'time' && result.problem?.what !== 'memory') return result;
  globalThis.gc?.();
  const again = await attempt(reader, bytes, variant);
  return again.problem === null || again.ms < result.ms ? again : result;
}

function mark(index) {
  at[0] = index;
  writeSync(beacon, at, 0, 4, 0);
}

async function readGiven(pairs) {
  for (let index = 0; 2 * index < pairs.length; index++) {
    mark(index);
    const [name, file] = pairs.slice(2 * index);
    const bytes = readFileSync(file);
    for (let variant = 0; variant < (readers[name].variants ?? 1); variant++) {
      const { accepted, problem, ms, mib } = await look(readers[name], bytes, variant);
      process.send({ read: { index, first: variant === 0, accepted, ms, mib } });
      if (problem !== null) process.send({ failure: { index, variant, ...problem } });
    }
  }
}

async function readMutations(name, seed, from, to) {
  const reader = readers[name];
  const totals = { accepted: 0, refused: 0, worstMs: 0, worstMiB: 0 };
  let failures = 0;
  for (let index = from; index < to; index++) {
    mark(index);
    const bytes = mutate(reader.seeds, new Random(name, seed, index));
    const { accepted, problem, ms, mib } = await look(reader, bytes, index);
    if (accepted) totals.accepted++;
    else totals.refused++;
    totals.worstMs = Math.max(totals.worstMs, ms);
    totals.worstMiB = Math.max(totals.worstMiB, mib);
    if (problem !== null) {
      const kept = failures++ < 50 ? bytes.toString('base64') : undefined;
      process.send({ failure: { index, variant: index, ...problem, bytes: kept } });
    }
    if (index % 256 === 0) process.send({ totals, done: index - from });
  }
  process.send({ totals, done: to - from });
}

if (isGiven) {
  process.send({ ready: true });
  await readGiven(args.slice(2));
} else {
  const [name, seed, from, to] = args;
  for (const sound of readers[name].seeds) await attempt(readers[name], sound, 0);
  process.send({ ready: true });
  await readMutations(name, Number(seed), Number(from), Number(to));
}
process.send({ end: true }, () => process.disconnect());
