/**
 * Ended in the middle, by whatever means, a laboratory leaves nothing: no process, no namespace, no device, no
 * file. It is looked for in /proc of where this is called, and so within the laboratory of the suite, which is
 * another one.
 */

import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { INSIDE } from './lab.mjs';
import { checked } from './report.mjs';

const PROGRAM = fileURLToPath(new URL('hold.mjs', import.meta.url));
/** What is in a laboratory of two hosts with a rank each: two ranks of two processes, mpirun, a daemon, ... */
const AT_LEAST = 6;
const WAIT_MS = 5000;

/** Who is struck, with what. The command's own process, or the one that keeps its namespaces. */
const ENDS = [
  ['SIGKILL', 'command'],
  ['SIGTERM', 'command'],
  ['SIGINT', 'command'],
  ['SIGKILL', 'unshare'],
];

export async function checkCleanUp(_lab, { short }) {
  for (const [signal, whom] of short ? ENDS.slice(0, 1) : ENDS) await strike(signal, whom);
}

async function strike(signal, whom) {
  const before = { spaces: netSpaces(), devices: devices(), files: readdirSync('/tmp').sort().join() };
  const env = { ...process.env };
  delete env[INSIDE];
  const child = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const over = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  await new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      if (said.match(/ready/g)?.length === 2) resolve();
    });
    child.once('exit', resolve);
  });
  const found = netSpaces();
  const added = [...found].filter(([space]) => !before.spaces.has(space));
  const inside = added.reduce((sum, [, processes]) => sum + processes.length, 0);
  const problems = [];
  if (said.match(/ready/g)?.length !== 2) problems.push(`two ranks were to say that they are ready: ${said}`);
  if (added.length < 3 || inside < AT_LEAST)
    problems.push(`${inside} processes in ${added.length} namespaces of the network, expected more`);
  const begun = performance.now();
  if (child.exitCode !== null) {
    checked(`a laboratory whose ${whom} gets ${signal}`, [`it ended by itself, having said: ${said}`]);
    return;
  }
  process.kill(whom === 'command' ? child.pid : childOf(child.pid), signal);
  await over;
  const left = () => [...netSpaces()].filter(([space]) => !before.spaces.has(space));
  while (left().length > 0 && performance.now() - begun < WAIT_MS)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const seconds = (performance.now() - begun) / 1000;
  for (const [space, processes] of left()) problems.push(`${space} still has ${processes.join('; ')}`);
  if (devices() !== before.devices) problems.push(`network devices were ${before.devices}, are ${devices()}`);
  const files = readdirSync('/tmp').sort().join();
  if (files !== before.files && /ompi\.h\d/.test(files)) problems.push(`/tmp has ${files}`);
  checked(
    `a laboratory whose ${whom} gets ${signal}`,
    problems,
    `${inside} processes in ${added.length} network namespaces, ${problems.length === 0 ? 'all gone' : 'looked at'} after ${(1000 * seconds).toFixed(0)} ms`,
  );
}

/** Network namespaces that some process is in, with the commands of those. */
function netSpaces() {
  const spaces = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const space = readlinkSync(`/proc/${pid}/ns/net`);
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      spaces.set(space, [...(spaces.get(space) ?? []), `${pid} ${command}`]);
    } catch {
      // It has ended meanwhile, or is a zombie.
    }
  }
  return spaces;
}

const devices = () => spawnSync('ip', ['-brief', 'link'], { encoding: 'utf8' }).stdout;

const childOf = (pid) =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
