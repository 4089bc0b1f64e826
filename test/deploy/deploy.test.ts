/**
 * The scripts of deploy/ as far as they can be looked at without a cluster: shells read them, the YAML is a job of
 * the MPI operator, what they name is there. `npm run test:hosts` runs them, over ssh and through Slurm.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string) => readFileSync(path.join(root, 'deploy', name), 'utf8');
const main = path.join(root, 'dist/src/cli/main.js');
const helpOfRun = () => spawnSync(process.execPath, [main, 'run', '--help'], { encoding: 'utf8' }).stdout;

describe.each(['slurm.sh', 'ssh.sh'])('deploy/%s', (name) => {
  test('is a script that a shell can read, and that may be executed', () => {
    const file = path.join(root, 'deploy', name);
    expect(spawnSync('bash', ['-n', file], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    expect(statSync(file).mode & 0o111).toBe(0o111);
  });

  test('stops at the first thing that goes wrong, and says how it is called', () => {
    expect(read(name)).toContain('set -euo pipefail');
    const { status, stderr } = spawnSync('bash', [path.join(root, 'deploy', name)], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^usage: .*CONFIG/);
  });

  test('starts ranks that are not bound to one core, with an option that run has', () => {
    expect(read(name)).toContain('--bind-to none');
    expect(read(name)).toMatch(/run "\$@" --mpi/);
    expect(helpOfRun()).toContain('--mpi');
  });
});

test('deploy/slurm.sh: every option of sbatch stands before the first command, as sbatch wants it', () => {
  const lines = read('slurm.sh').split('\n');
  const first = lines.findIndex((line) => line !== '' && !line.startsWith('#'));
  const options = lines.flatMap((line, at) => (line.startsWith('#SBATCH') ? [at] : []));
  expect(options.length).toBeGreaterThan(4);
  expect(Math.max(...options)).toBeLessThan(first);
});

test('mpirun, told to end, ends within what it is left: after twice the seconds that are set', () => {
  const [, seconds] = /odls_base_sigkill_timeout:-(\d+)\}/.exec(read('slurm.sh')) ?? [];
  const [, left] = /^#SBATCH --signal=TERM@(\d+)$/m.exec(read('slurm.sh')) ?? [];
  expect(2 * Number(seconds)).toBeLessThan(Number(left));
  expect(read('ssh.sh')).toContain(`odls_base_sigkill_timeout:-${seconds}}`);
  const [job] = parseAllDocuments(read('kubernetes/mpijob.yaml')).map((document) => document.toJS());
  const { template } = job.spec.mpiReplicaSpecs.Launcher;
  const { args } = template.spec.containers[0];
  const ofPod = Number(args[args.indexOf('odls_base_sigkill_timeout') + 1]);
  // What a pod has where it does not say.
  expect(2 * ofPod).toBeLessThan(template.spec.terminationGracePeriodSeconds ?? 30);
});

test('deploy/ssh.sh: no host file, or none with a name in it, is said', () => {
  const script = path.join(root, 'deploy/ssh.sh');
  const missing = spawnSync('bash', [script, '/no/such', 'a.yaml'], { encoding: 'utf8' });
  expect(missing).toMatchObject({ status: 2, stderr: '/no/such: there is no such file of host names\n' });
  const empty = spawnSync('bash', [script, '/dev/null', 'a.yaml'], { encoding: 'utf8' });
  expect(empty.status).toBe(2);
});

describe('deploy/kubernetes', () => {
  const documents = parseAllDocuments(read('kubernetes/mpijob.yaml'));
  const job = documents[0]?.toJS();
  const { Launcher, Worker } = job.spec.mpiReplicaSpecs;
  const containers = [Launcher, Worker].map((replica) => replica.template.spec.containers[0]);

  test('is one job of the MPI operator, with what it requires', () => {
    expect(documents).toHaveLength(1);
    expect(documents[0]?.errors).toEqual([]);
    expect(job).toMatchObject({ apiVersion: 'kubeflow.org/v2beta1', kind: 'MPIJob' });
    expect(job.metadata.name).toMatch(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);
    expect(Launcher.replicas).toBe(1);
    for (const container of containers) {
      expect(container).toMatchObject({ name: expect.any(String), image: 'IMAGE' });
      // Requests equal to limits and whole processors: a cpuset, and no quota.
      expect(container.resources.requests).toEqual(container.resources.limits);
    }
    expect(Number.isInteger(Number(containers[1].resources.limits.cpu))).toBe(true);
  });

  test('starts as many ranks as there are workers, one on each', () => {
    const { args } = containers[0];
    expect(args[args.indexOf('-n') + 1]).toBe(String(Worker.replicas));
    expect(args).toContain('ppr:1:node');
    expect(job.spec.slotsPerWorker).toBe(1);
    expect(args.slice(args.indexOf('--bind-to'), args.indexOf('--bind-to') + 2)).toEqual([
      '--bind-to',
      'none',
    ]);
    expect(args).toContain('--mpi');
  });

  test('user, keys and volumes fit what the image has', () => {
    const image = read('kubernetes/Containerfile');
    const [, id] = /useradd .*--uid (\d+)/.exec(image) ?? [];
    for (const container of containers) expect(container.securityContext.runAsUser).toBe(Number(id));
    const sshd = read('kubernetes/sshd_config');
    expect(sshd).toContain(`HostKey ${job.spec.sshAuthMountPath}/`);
    const [, port] = /^Port (\d+)$/m.exec(sshd) ?? [];
    expect(read('kubernetes/ssh_config')).toContain(`Port ${port}`);
    expect(containers[1].readinessProbe.tcpSocket.port).toBe(Number(port));
    for (const { template } of [Launcher, Worker]) {
      const volumes = template.spec.volumes.map(({ name }: { name: string }) => name);
      for (const { name } of template.spec.containers[0].volumeMounts) expect(volumes).toContain(name);
    }
  });

  test('the image copies files that are there, and its program lies where the job starts it', () => {
    const image = read('kubernetes/Containerfile');
    const copied = [...image.matchAll(/^COPY (?!--from)(\S+) /gm)].map(([, source]) => source as string);
    expect(copied).toContain('deploy/kubernetes/sshd_config');
    for (const source of copied) expect(existsSync(path.join(root, source)), source).toBe(true);
    const program = containers[0].args.find((word: string) => word.endsWith('sottovoce.cjs')) as string;
    const { bin } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    expect(program).toBe(`/opt/app/node_modules/sottovoce/${bin.sottovoce}`);
  });
});
