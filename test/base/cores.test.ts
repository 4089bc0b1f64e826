import { describe, expect, it } from 'vitest';
import { cgroupQuota, countCores, quotaV1, quotaV2, slurmCores } from '../../src/base/cores.js';
import { readAllowed } from '../../src/base/processors.js';
import type { Read } from '../../topology/control-groups.js';
import * as trees from '../support/processor-trees.js';
import { reading } from '../support/processor-trees.js';

const files =
  (content: Record<string, string>) =>
  (file: string): string | null =>
    content[file] ?? null;
const none = files({});

describe('quotas', () => {
  it.each([
    ['200000 100000\n', 2],
    ['50000 100000', 0.5],
    ['max 100000\n', null],
    ['', null],
    ['0 100000', null],
    ['x y', null],
    [null, null],
  ])('cpu.max %j', (text, cores) => expect(quotaV2(text)).toBe(cores));

  it.each([
    ['150000\n', '100000\n', 1.5],
    ['-1\n', '100000\n', null],
    [null, '100000', null],
    ['150000', '0', null],
    ['abc', '100000', null],
  ])('cfs_quota %j of %j', (quota, period, cores) => expect(quotaV1(quota, period)).toBe(cores));

  it('the smallest on the way to the root holds, in either version', () => {
    expect(
      cgroupQuota(
        files({
          '/proc/self/cgroup': '0::/user.slice/job\n',
          '/sys/fs/cgroup/user.slice/job/cpu.max': 'max 100000\n',
          '/sys/fs/cgroup/user.slice/cpu.max': '300000 100000\n',
          '/sys/fs/cgroup/cpu.max': '800000 100000\n',
        }),
      ),
    ).toBe(3);
    const old = '12:memory:/a\n4:cpu,cpuacct:/docker/abc\n0::/\n';
    expect(
      cgroupQuota(
        files({
          '/proc/self/cgroup': old,
          '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '250000',
          '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
        }),
      ),
    ).toBe(2.5);
    expect(
      cgroupQuota(
        files({ '/proc/self/cgroup': '0::/../../x\n', '/sys/fs/cgroup/x/cpu.max': '100000 100000' }),
      ),
    ).toBe(1);
    expect(cgroupQuota(none)).toBeNull();
  });

  it.each([
    ['4', 4],
    [' 2 ', 2],
    ['0', null],
    ['', null],
    ['-1', null],
    ['2(x3)', null],
    [undefined, null],
  ])('SLURM_CPUS_PER_TASK %j', (text, cores) => expect(slurmCores(text)).toBe(cores));
});

describe('cores', () => {
  const quota = (text: string) => files({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': text });

  it('are the smallest of what is offered, has time and was given, and say which', () => {
    const of = (offered: number, env: NodeJS.ProcessEnv, read: Read) => {
      const { count, threads, limit } = countCores(offered, env, read);
      expect(threads).toBe(count);
      return [count, limit];
    };
    expect(of(64, {}, none)).toEqual([64, null]);
    expect(of(64, {}, quota('250000 100000'))).toEqual([2, 'cgroup quota 2.5 of 64 cores']);
    expect(of(64, {}, quota('40000 100000'))).toEqual([1, 'cgroup quota 0.4 of 64 cores']);
    expect(of(1, {}, quota('40000 100000'))).toEqual([1, 'cgroup quota 0.4 of 1 core']);
    expect(of(2, {}, quota('6400000 100000'))).toEqual([2, null]);
    const slurm = { SLURM_CPUS_PER_TASK: '4' };
    expect(of(64, slurm, none)).toEqual([4, 'SLURM_CPUS_PER_TASK 4 of 64 cores']);
    expect(of(64, slurm, quota('200000 100000'))).toEqual([2, 'cgroup quota 2 of 64 cores']);
    expect(of(2, slurm, none)).toEqual([2, null]);
  });

  const slurm = (count: string) => ({ SLURM_CPUS_PER_TASK: count });
  it.each<[string, trees.Tree, NodeJS.ProcessEnv, ReturnType<typeof countCores>]>([
    ['two virtual ones', trees.smallVirtual, {}, { count: 2, threads: 2, limit: null }],
    [
      'two siblings',
      trees.siblingsVirtual,
      {},
      { count: 1, threads: 2, limit: '1 core, 2 hardware threads' },
    ],
    [
      'a Xeon server',
      trees.xeonServer,
      {},
      { count: 64, threads: 128, limit: '64 cores, 128 hardware threads' },
    ],
    [
      'a job that is held to its processors',
      trees.xeonJob,
      slurm('8'),
      { count: 4, threads: 8, limit: 'affinity mask: 8 of 128 processors, 4 cores' },
    ],
    [
      'a job that is held to nothing',
      trees.xeonServer,
      slurm('8'),
      { count: 8, threads: 8, limit: 'SLURM_CPUS_PER_TASK 8 of 64 cores' },
    ],
    ['an EPYC server', trees.epycServer, {}, { count: 64, threads: 64, limit: null }],
    [
      'a hybrid laptop',
      trees.hybridLaptop,
      {},
      { count: 12, threads: 16, limit: '12 cores, 16 hardware threads' },
    ],
    ['an ARM server', trees.armServer, {}, { count: 16, threads: 16, limit: null }],
    [
      'a container with a quota',
      trees.containerWithQuota,
      {},
      { count: 2, threads: 2, limit: 'cgroup quota 2.5 of 64 cores' },
    ],
    [
      'a container with a set',
      trees.containerWithSet,
      {},
      { count: 5, threads: 5, limit: 'affinity mask: 5 of 62 processors' },
    ],
  ])('of %s', (_, tree, env, expected) => {
    const { allowed } = readAllowed(reading(tree));
    expect(countCores(allowed.length, env, reading(tree))).toEqual(expected);
  });

  it('are as many as Node counts where no file speaks of a mask, and a quota that Node counts has its name', () => {
    const { '/proc/self/status': _, ...unmasked } = trees.xeonServer;
    expect(countCores(6, {}, reading(unmasked))).toEqual({
      count: 6,
      threads: 6,
      limit: 'affinity mask: 6 of 128 processors',
    });
    expect(countCores(2, {}, reading(trees.containerWithQuota)).limit).toBe('cgroup quota 2.5 of 64 cores');
  });
});
