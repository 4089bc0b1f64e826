import { describe, expect, it } from 'vitest';
import { cgroupQuota, countCores, quotaV1, quotaV2, slurmCores } from '../../src/base/cores.js';

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
    expect(countCores(64, {}, none)).toEqual({ count: 64, limit: null });
    expect(countCores(64, {}, quota('250000 100000'))).toEqual({
      count: 2,
      limit: 'cgroup quota 2.5 of 64 cores',
    });
    expect(countCores(64, {}, quota('40000 100000'))).toEqual({
      count: 1,
      limit: 'cgroup quota 0.4 of 64 cores',
    });
    expect(countCores(1, {}, quota('40000 100000'))).toEqual({
      count: 1,
      limit: 'cgroup quota 0.4 of 1 core',
    });
    expect(countCores(2, {}, quota('6400000 100000'))).toEqual({ count: 2, limit: null });
    const slurm = { SLURM_CPUS_PER_TASK: '4' };
    expect(countCores(64, slurm, none)).toEqual({ count: 4, limit: 'SLURM_CPUS_PER_TASK 4 of 64 cores' });
    expect(countCores(64, slurm, quota('200000 100000')).count).toBe(2);
    expect(countCores(2, slurm, none)).toEqual({ count: 2, limit: null });
  });
});
