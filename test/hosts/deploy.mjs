/**
 * The scripts of deploy/, on hosts of a laboratory:
 *
 *  - ssh.sh, by a user who is not root, through an sshd on each host and a key that is thrown away;
 *  - the launcher's command of kubernetes/mpijob.yaml, with the settings that the MPI operator gives it, among
 *    hosts whose sshd has kubernetes/sshd_config and is not root either, as in its pods;
 *  - slurm.sh, handed in with sbatch to a Slurm of two nodes (munged, slurmctld, a slurmd on each host), whose
 *    srun starts the ranks through PMIx.
 *
 * Each ends in the hash of the same run in one process. Users, keys and daemons are of the laboratory alone.
 */

import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { packagesFor } from './packages.mjs';
import { checked, skipped } from './report.mjs';
import { PROGRAM, runOn, writeConfig } from './sottovoce.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const USER = { name: 'mpi', id: 4242, home: '/home/mpi' };
const CONFIG = {
  topology: { kind: 'torus', rows: 20, columns: 20 },
  cost: { kind: 'quadratic', dim: 16, condition: 4 },
  flow: { kind: 'primal-dual', compress: 'error-state', step: 0.01, alpha: 0.5, beta: 0.5 },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  rounds: 200,
  workers: 1,
};
/** What Open MPI would have to find out by itself elsewhere: hosts here have one way to each other. */
const WAYS = { btl: 'tcp,self', btl_tcp_if_include: 'eth0', oob_tcp_if_include: 'eth0' };

export async function checkDeploy(lab, { short }) {
  lab.limit(null);
  const expected = (await runOn(lab, ['h1'], CONFIG)).stateHash;
  await checkSsh(lab, expected);
  await checkSlurm(lab, expected, !short);
}

/** Bytes that the hosts but the first one have sent: whether they took part. */
function sent(lab) {
  return lab.names.slice(1).map((name) => {
    const [link] = JSON.parse(run('ip', '-n', name, '-s', '-j', 'link', 'show', 'eth0'));
    return link.stats64.tx.bytes;
  });
}

function run(name, ...args) {
  const { status, error, stdout, stderr } = spawnSync(name, args, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** `start` gives a process that writes its results into `out`; `taking` hosts beside the first take part. */
async function compare(lab, name, { expected, out, taking, log }, start) {
  const before = sent(lab);
  const { code, stdout, stderr, seconds } = await lab.ended(start());
  const problems = [];
  if (code !== 0)
    problems.push(`it ended with ${code}: ${stdout}${stderr}${log === undefined ? '' : readFileSync(log)}`);
  else {
    const { stateHash } = JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8'));
    if (stateHash !== expected) problems.push(`its hash is ${stateHash}, in one process ${expected}`);
    const after = sent(lab);
    // Boundaries of 200 rounds are more than this; a daemon that only stands there sends less.
    const took = after.filter((bytes, at) => bytes - before[at] > 50_000).length;
    if (took !== taking) problems.push(`${took} hosts beside the first have sent rows, expected ${taking}`);
  }
  checked(name, problems, `${seconds.toFixed(1)} s`);
}

async function checkSsh(lab, expected) {
  const why = packagesFor({ ssh: 'openssh-client', sshd: 'openssh-server' });
  if (why !== null) return skipped('deploy/ssh.sh, deploy/kubernetes', why);
  becomeUsers();
  const hosts = lab.names.slice(0, 3);
  for (const host of hosts)
    daemon(lab, host, [
      ...asUser(),
      '/usr/sbin/sshd',
      '-D',
      '-e',
      '-f',
      `${root}deploy/kubernetes/sshd_config`,
    ]);
  await reachable(lab, hosts);
  const work = path.join(USER.home, 'work');
  const config = writeConfig(work, CONFIG);
  writeFileSync(path.join(work, 'hosts.txt'), `# machines\n${hosts.join(' slots=2\n')}\n`);
  const env = { SOTTOVOCE: PROGRAM, MPIRUN_OPTIONS: mca(WAYS).join(' ') };
  const out = path.join(work, 'ssh');
  await compare(lab, 'deploy/ssh.sh, three hosts', { expected, out, taking: 2 }, () =>
    lab.start(hosts[0], [
      ...asUser(env, work),
      ...[`${root}deploy/ssh.sh`, 'hosts.txt', config, '--out', out, '--no-report', '-q'],
    ]),
  );
  await checkKubernetes(lab, expected, hosts, work);
}

/** As the operator starts it: the launcher is no rank, workers stand in its host file. */
async function checkKubernetes(lab, expected, [launcher, ...workers], work) {
  const job = parse(readFileSync(`${root}deploy/kubernetes/mpijob.yaml`, 'utf8'));
  const [container] = job.spec.mpiReplicaSpecs.Launcher.template.spec.containers;
  const out = path.join(work, 'kubernetes');
  const given = [...container.command, ...container.args];
  const replace = {
    [String(job.spec.mpiReplicaSpecs.Worker.replicas)]: `${workers.length}`,
    '/data': work,
    '/opt/app/node_modules/sottovoce/dist/src/cli/sottovoce.cjs': PROGRAM,
    'big.yaml': path.join(work, 'config.yaml'),
    'runs/big': out,
  };
  for (const word of Object.keys(replace))
    if (!given.includes(word)) throw new Error(`mpijob.yaml has no word ${word} in its launcher's command`);
  writeFileSync(path.join(work, 'hostfile'), workers.map((name) => `${name} slots=1\n`).join(''));
  const env = {
    OMPI_MCA_orte_keep_fqdn_hostnames: 'true',
    OMPI_MCA_orte_default_hostfile: path.join(work, 'hostfile'),
    OMPI_MCA_plm_rsh_args: '-o ConnectionAttempts=10',
    OMPI_MCA_orte_set_default_slots: `${job.spec.slotsPerWorker}`,
    ...Object.fromEntries(Object.entries(WAYS).map(([name, value]) => [`OMPI_MCA_${name}`, value])),
  };
  await compare(lab, 'deploy/kubernetes/mpijob.yaml, its launcher', { expected, out, taking: 2 }, () =>
    lab.start(launcher, [...asUser(env, work), ...given.map((word) => replace[word] ?? word)]),
  );
}

/** A user who is not root, with a home in memory and a pair of keys, on all hosts. */
function becomeUsers() {
  const { name, id, home } = USER;
  run('mount', '-t', 'tmpfs', 'tmpfs', '/home');
  for (const [file, line] of [
    ['passwd', `${name}:x:${id}:${id}::${home}:/bin/sh`],
    ['group', `${name}:x:${id}:`],
    ['shadow', `${name}:*:19000:0:99999:7:::`],
  ]) {
    cpSync(`/etc/${file}`, `/run/${file}`);
    appendFileSync(`/run/${file}`, `${line}\n`);
    run('mount', '--bind', `/run/${file}`, `/etc/${file}`);
  }
  mkdirSync(`${home}/.ssh`, { recursive: true });
  mkdirSync(`${home}/work`);
  run('ssh-keygen', '-q', '-t', 'rsa', '-N', '', '-f', `${home}/.ssh/id_rsa`);
  cpSync(`${home}/.ssh/id_rsa.pub`, `${home}/.ssh/authorized_keys`);
  cpSync(`${root}deploy/kubernetes/ssh_config`, `${home}/.ssh/config`);
  run('chown', '-R', `${id}:${id}`, home);
  run('chmod', '700', `${home}/.ssh`);
}

function asUser(env = {}, folder = USER.home) {
  const said = Object.entries({ HOME: USER.home, USER: USER.name, TMPDIR: '/tmp', ...env });
  return [
    ...['setpriv', '--reuid', `${USER.id}`, '--regid', `${USER.id}`, '--clear-groups'],
    ...['env', '--chdir', folder, ...said.map(([name, value]) => `${name}=${value}`)],
  ];
}

const mca = (settings) => Object.entries(settings).flatMap((pair) => ['--mca', ...pair]);

/** Runs as long as the laboratory; what it says is kept for whoever asks why. */
const said = new Map();
function daemon(lab, host, words, env) {
  const child = lab.start(host, words, env);
  const name = `${words.find((word) => /^s\w+d\b|sshd$/.test(word)) ?? words.at(-1)} on ${host}`;
  said.set(name, '');
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => said.set(name, said.get(name) + text));
}

async function until(what, isThere, seconds = 20) {
  const end = performance.now() + 1000 * seconds;
  while (!(await isThere())) {
    if (performance.now() > end)
      throw new Error(`${what} did not come within ${seconds} s: ${JSON.stringify([...said], null, 2)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function reachable(lab, hosts) {
  for (const host of hosts)
    await until(
      `an sshd on ${host}`,
      async () => (await lab.ended(lab.start(hosts[0], [...asUser(), 'ssh', host, 'true']))).code === 0,
    );
}

const SLURM = '/run/slurm';

/** `install`: it is half a minute of packages, which the short form does without. */
async function checkSlurm(lab, expected, install) {
  const programs = { sbatch: 'slurm-client', slurmctld: 'slurmctld', slurmd: 'slurmd', munged: 'munge' };
  const why = packagesFor(programs, { install });
  if (why !== null) return skipped('deploy/slurm.sh', why);
  const hosts = lab.names.slice(0, 2);
  const env = await startSlurm(lab, hosts);
  const work = '/run/work';
  mkdirSync(work, { recursive: true });
  const config = writeConfig(work, CONFIG);
  const out = path.join(work, 'out');
  await compare(
    lab,
    'deploy/slurm.sh, two nodes, through sbatch and srun',
    { expected, out, taking: 1, log: `${work}/log` },
    () =>
      lab.start(
        hosts[0],
        [
          ...['sbatch', '--wait', '--chdir', work, '--output', `${work}/log`, '--nodes', '2'],
          ...[`${root}deploy/slurm.sh`, config, '--out', out, '--no-report', '-q'],
        ],
        { ...env, SOTTOVOCE: PROGRAM, OMPI_MCA_btl: WAYS.btl, OMPI_MCA_btl_tcp_if_include: 'eth0' },
      ),
  );
}

async function startSlurm(lab, hosts) {
  for (const folder of [
    '/run/munge',
    `${SLURM}/state`,
    `${SLURM}/tmp`,
    ...hosts.map((host) => `${SLURM}/${host}`),
  ])
    mkdirSync(folder, { recursive: true });
  run('dd', 'if=/dev/urandom', 'of=/run/munge/key', 'bs=1024', 'count=1');
  run('chmod', '400', '/run/munge/key');
  const socket = '/run/munge/munge.socket.2';
  const files = ['key', 'pid', 'log', 'seed'].map((name) => [`--${name}-file`, `/run/munge/${name}`]);
  run('munged', '--force', '--socket', socket, '--origin', '10.77.0.1', ...files.flat());
  // Control groups are the machine's: Slurm is to leave them alone.
  writeFileSync(`${SLURM}/cgroup.conf`, 'CgroupPlugin=cgroup/v1\nCgroupMountpoint=/run/cgroup\n');
  const settings = {
    ClusterName: 'lab',
    SlurmctldHost: hosts[0],
    AuthType: 'auth/munge',
    AuthInfo: `socket=${socket}`,
    SlurmUser: 'root',
    SlurmdUser: 'root',
    MailProg: '/bin/true',
    StateSaveLocation: `${SLURM}/state`,
    SlurmdSpoolDir: `${SLURM}/%n`,
    TmpFS: `${SLURM}/tmp`,
    SlurmctldPidFile: `${SLURM}/slurmctld.pid`,
    SlurmdPidFile: `${SLURM}/%n.pid`,
    SlurmctldLogFile: `${SLURM}/slurmctld.log`,
    SlurmdLogFile: `${SLURM}/%n.log`,
    ProctrackType: 'proctrack/linuxproc',
    TaskPlugin: 'task/none',
    SelectType: 'select/cons_tres',
    SelectTypeParameters: 'CR_Core',
    JobAcctGatherType: 'jobacct_gather/none',
    AccountingStorageType: 'accounting_storage/none',
    MpiDefault: 'none',
    ReturnToService: '2',
    KillWait: '5',
  };
  const nodes = `NodeName=h[1-${hosts.length}] Sockets=1 CoresPerSocket=2 ThreadsPerCore=1 State=UNKNOWN`;
  const lines = Object.entries(settings).map((pair) => pair.join('='));
  const partition = 'PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP';
  writeFileSync(`${SLURM}/slurm.conf`, [...lines, nodes, partition, ''].join('\n'));
  const env = { SLURM_CONF: `${SLURM}/slurm.conf` };
  daemon(lab, hosts[0], ['slurmctld', '-D', '-c'], env);
  // What PMIx keeps there has the same name on every node, so each has a folder of its own behind one path.
  for (const host of hosts)
    daemon(lab, host, ['sh', '-c', `mount -t tmpfs tmpfs ${SLURM}/tmp && exec slurmd -D -N ${host}`], env);
  await until('a Slurm whose nodes are idle', async () => {
    const { stdout } = await lab.ended(lab.start(hosts[0], ['sinfo', '--noheader', '--format=%T %D'], env));
    return stdout.trim() === `idle ${hosts.length}`;
  });
  return env;
}
