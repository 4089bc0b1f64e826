/**
 * A laboratory of several hosts on one machine: a network namespace and a host name for each, joined by a
 * bridge, with links whose rate can be limited.
 *
 *     h1 eth0 ====== port1 \
 *     h2 eth0 ====== port2  >  bridge       10.77.0.1, 10.77.0.2, ...; each ==== is a pair of veth
 *     h3 eth0 ====== port3 /
 *
 * All of it is private to one process: `enterLab` starts it again in namespaces of its own (mounts, network,
 * processes), where /run is empty memory, and waits for it. Nothing has to be taken down. When that process
 * ends, whichever way, or whoever started it does, kill -9 included, the kernel ends every process in there,
 * and the namespaces, devices and files go with the last of them.
 *
 * Hosts share processors, memory and files. What is limited is the wire: a token bucket (`tc` tbf) at either
 * end of each pair, so that a host neither sends nor receives more than its rate. A bucket counts whole
 * Ethernet frames (1,514 bytes, of which TCP carries 1,448), and lets `burstBytes` pass at once when it is
 * full: four milliseconds of the rate. Smaller, and rate is lost whenever a timer is late, on a machine whose
 * processors are busy; larger, and messages of a few kilobytes would find no limit at all.
 */

import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const AGENT = fileURLToPath(new URL('agent.sh', import.meta.url));
export const INSIDE = 'SOTTOVOCE_LAB';
/** Within the laboratory's own /run. */
export const TEMPORARY = '/run/tmp';

/**
 * The congestion control that every kernel has: it reacts to losses alone. What this machine has may pace by
 * clocks of its own (BBR does), which are late on busy processors, and loses a tenth of a link and more.
 */
const TCP = ['net.ipv4.tcp_congestion_control=reno'];

/** Of a frame of 1,514 bytes TCP carries 1,448: Ethernet 14, IP 20, TCP 32 with its time stamps. */
export const FRAME = { bytes: 1514, payload: 1448 };

/** Bytes that pass at once through a full bucket. */
export const burstBytes = (megabits) => Math.max(2 * 1600, megabits * 500);

/** Whether there may be namespaces of our own here. Null, or why not. */
export function cannotHaveHosts() {
  if (process.platform !== 'linux') return 'network namespaces are Linux’s';
  if (process.getuid() !== 0) return 'network namespaces need root';
  const tried = spawnSync('unshare', ['--mount', '--net', '--pid', '--uts', '--fork', 'true'], {
    encoding: 'utf8',
  });
  if (tried.error) return 'there is no unshare (util-linux)';
  return tried.status === 0 ? null : `this root may not make namespaces (${tried.stderr.trim()})`;
}

/** True inside. Outside, starts this very command again inside, passes on how it ended, and gives false. */
export async function enterLab() {
  if (process.env[INSIDE] !== undefined) return true;
  // Each ends when the one before it does: this process, unshare, the first process of the namespace (a shell,
  // which also takes in orphans), and with it all others.
  const words = [
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...['sh', '-c', '"$0" "$@"; exit $?', process.execPath, ...process.execArgv, ...process.argv.slice(1)],
  ];
  const child = spawn(words[0], words.slice(1), {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => {
      child.kill('SIGKILL');
      process.exitCode = 128 + constants.signals[signal];
    });
  const code = await new Promise((resolve) => child.once('close', resolve));
  process.exitCode ??= code ?? 1;
  return false;
}

/** `count` hosts, h1, h2, ..., on links without a limit. Call it once, inside. */
export function openLab(count) {
  const names = Array.from({ length: count }, (_, at) => `h${at + 1}`);
  command('mount', '-t', 'tmpfs', 'tmpfs', '/run');
  command('mkdir', '-p', '/run/netns', TEMPORARY);
  command('chmod', '1777', TEMPORARY);
  command('sh', '-c', `printf '%s\\n' "$@" > /run/hosts`, 'hosts', ...hostsFile(names));
  command('mount', '--bind', '/run/hosts', '/etc/hosts');
  command('ip', 'link', 'set', 'lo', 'up');
  command('ip', 'link', 'add', 'bridge', 'type', 'bridge');
  command('ip', 'link', 'set', 'bridge', 'up');
  for (const [at, name] of names.entries()) {
    const port = portOf(name);
    command('ip', 'netns', 'add', name);
    command(...words(`ip link add ${port} type veth peer name eth0 netns ${name}`));
    command(...words(`ip link set ${port} master bridge up`));
    command(...words(`ip -n ${name} link set lo up`));
    command(...words(`ip -n ${name} addr add 10.77.0.${at + 1}/24 dev eth0`));
    command(...words(`ip -n ${name} link set eth0 up`));
    for (const setting of TCP) command(...words(`ip netns exec ${name} sysctl -q -w ${setting}`));
  }
  return { names, limit: (megabits) => limit(names, megabits), start, mpirun, ended };
}

function hostsFile(names) {
  return ['127.0.0.1 localhost', ...names.map((name, at) => `10.77.0.${at + 1} ${name}`)];
}

const portOf = (name) => name.replace('h', 'port');
const words = (line) => line.split(' ');

function command(name, ...args) {
  const { status, error, stderr } = spawnSync(name, args, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}: ${stderr.trim()}`);
}

/** Both directions of every host's link, in Mbit/s; null: as fast as it goes. */
function limit(names, megabits) {
  for (const name of names) {
    for (const { where, device, queue } of [
      // A host's own queue holds back whoever fills it; a switch's drops what is beyond.
      { where: ['-n', name], device: 'eth0', queue: 1_500_000 },
      { where: [], device: portOf(name), queue: 262_144 },
    ]) {
      spawnSync('tc', [...where, 'qdisc', 'del', 'dev', device, 'root']);
      if (megabits === null) continue;
      const bucket = `tbf rate ${megabits}mbit burst ${burstBytes(megabits)} limit ${queue}`;
      command('tc', ...where, 'qdisc', 'add', 'dev', device, 'root', ...words(bucket));
    }
  }
}

/** A command on a host, as a process of ours; its output is in pipes. */
function start(host, args, env = {}) {
  return spawn(AGENT, [host, args.map(quoted).join(' ')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: TEMPORARY, ...env },
  });
}

const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

/** mpirun on the first of these hosts, for `ranks` ranks on each. Between them there is TCP and nothing else. */
function mpirun(hosts, args, { ranks = 1, env = {}, mca: more = {} } = {}) {
  const mca = {
    plm_rsh_agent: AGENT,
    btl: 'tcp,self',
    btl_tcp_if_include: 'eth0',
    oob_tcp_if_include: 'eth0',
    // The sender pushes. By itself Open MPI has receivers ask for large messages, and what they ask waits behind
    // what they send: both ways at once that is half of the rate (wires.mjs measures it).
    btl_tcp_flags: 'send',
    // Hosts share our processors, so that whoever waits must let the others work.
    mpi_yield_when_idle: '1',
    ...more,
  };
  return start(
    hosts[0],
    [
      ...['mpirun', '--allow-run-as-root', '--bind-to', 'none'],
      ...['-H', hosts.map((host) => `${host}:${ranks}`).join(',')],
      ...Object.entries(mca).flatMap(([name, value]) => ['--mca', name, value]),
      ...args,
    ],
    env,
  );
}

/** How a process of `start` or `mpirun` ended: { code, signal, stdout, stderr, seconds }. */
async function ended(child) {
  const begun = performance.now();
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (text) => {
      said[name] += text;
    });
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...how) => resolve(how));
  });
  return { code, signal, ...said, seconds: (performance.now() - begun) / 1000 };
}
