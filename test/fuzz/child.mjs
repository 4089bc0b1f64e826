/**
 * Reads mutations in a process of its own, one after the other, so that one that hangs or takes all memory is found and
 * named by whoever watches (run.mjs): which one it is at stands in a small file, and what failed goes to the parent.
 *
 *     node child.mjs READER SEED FROM TO BEACON      mutations FROM .. TO - 1
 *     node child.mjs READER - BEACON FILE...         given files
 */
import { openSync, readFileSync, writeSync } from 'node:fs';
import { MOST_CPU_MS, memoryBound } from './bounds.mjs';
import { mutate } from './mutate.mjs';
import { Random } from './random.mjs';
import { readers, useFolder } from './readers.mjs';

const [name, seed, ...rest] = process.argv.slice(2);
const isGiven = seed === '-';
const beaconFile = isGiven ? rest[0] : rest[2];
const files = isGiven ? rest.slice(1) : [];
const [from, to] = isGiven ? [0, files.length] : [Number(rest[0]), Number(rest[1])];
const reader = readers[name];
useFolder(`${beaconFile}.files`);

const beacon = openSync(beaconFile, 'r+');
const at = new Int32Array(1);

function isRefusal(error) {
  return error instanceof Error && error.code === 'BAD_INPUT' && error.message !== '';
}

/** What is wrong with how a file was read; null if nothing is. `outcome` counts. */
async function attempt(bytes, variant) {
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

const totals = { accepted: 0, refused: 0, worstMs: 0, worstMiB: 0 };
let failures = 0;
for (const seedFile of reader.seeds) await attempt(seedFile, 0);
process.send({ ready: true });
for (let index = from; index < to; index++) {
  at[0] = index;
  writeSync(beacon, at, 0, 4, 0);
  const bytes = isGiven
    ? readFileSync(files[index])
    : mutate(reader.seeds, new Random(name, Number(seed), index));
  const variants = isGiven ? [0, 1, 2, 3, 4, 5, 6] : [index];
  for (const variant of variants) {
    let result = await attempt(bytes, variant);
    // Others share the machine, and garbage is collected when it pleases: what is over a bound is so twice.
    if (result.problem?.what === 'time' || result.problem?.what === 'memory') {
      globalThis.gc?.();
      const again = await attempt(bytes, variant);
      if (again.problem === null || again.ms < result.ms) result = again;
    }
    const { accepted, problem, ms, mib } = result;
    if (variant === variants[0]) {
      if (accepted) totals.accepted++;
      else totals.refused++;
    }
    totals.worstMs = Math.max(totals.worstMs, ms);
    totals.worstMiB = Math.max(totals.worstMiB, mib);
    if (problem !== null && failures++ < 50) {
      process.send({
        failure: { index, file: files[index], variant, ...problem, bytes: bytes.toString('base64') },
      });
    } else if (problem !== null)
      process.send({ failure: { index, file: files[index], variant, ...problem } });
  }
  if (index % 256 === 0) process.send({ totals, done: index - from });
}
at[0] = to;
writeSync(beacon, at, 0, 4, 0);
process.send({ totals, done: to - from, end: true }, () => process.disconnect());
