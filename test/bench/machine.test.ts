/** What is said of machines that are not at hand, and what disturbs measurements on this one. */

import { describe, expect, it } from 'vitest';
import { figure } from '../../src/bench/figures.js';
import { adviceOn, formatTopology, readMachineTopology } from '../../src/bench/machine-topology.js';
import { disturbances, outliers, readProcessorTime, scatter } from '../../src/bench/noise.js';
import * as trees from '../support/processor-trees.js';
import { reading } from '../support/processor-trees.js';

const of = (tree: trees.Tree, more: trees.Tree = {}, env: NodeJS.ProcessEnv = {}) =>
  readMachineTopology(reading({ ...tree, ...more }), env, 'node17');

const governor = (cpus: number, name: string): trees.Tree =>
  Object.fromEntries(
    Array.from({ length: cpus }, (_, cpu) => [
      `/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`,
      `${name}\n`,
    ]),
  );

describe('machines', () => {
  it('two sockets with SMT', () => {
    const machine = of(trees.xeonServer, {
      ...governor(128, 'powersave'),
      '/sys/devices/system/cpu/intel_pstate/no_turbo': '0\n',
      '/proc/sys/kernel/numa_balancing': '1\n',
      '/sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never\n',
    });
    expect(machine).toMatchObject({ sockets: 2, numaNodes: 2, cores: 64, threadsPerCore: 2, lastCaches: 2 });
    expect(machine).toMatchObject({ governors: ['powersave'], boost: true, hugePages: 'madvise' });
    expect(formatTopology(machine)).toBe(
      'node17: 2 sockets, 2 NUMA nodes, 64 cores of 2 threads, 2 last caches; governor powersave; boost on',
    );
    expect(adviceOn(machine)).toEqual([
      expect.stringContaining('governor is powersave'),
      expect.stringContaining('between NUMA nodes'),
    ]);
  });

  it('a Slurm job of four of its cores, all of one socket', () => {
    const env = { SLURM_JOB_ID: '4711', SLURM_CPUS_PER_TASK: '8' };
    const machine = of(trees.xeonJob, governor(128, 'performance'), env);
    expect(machine.ours).toEqual({ sockets: 1, numaNodes: 1, cores: 4, lastCaches: 1 });
    expect(formatTopology(machine)).toContain(
      'ours 40-43,104-107: 4 cores, 1 NUMA node, 1 last cache; SLURM_JOB_ID 4711, SLURM_CPUS_PER_TASK 8; governor performance',
    );
    expect(adviceOn(machine)).toEqual([]);
  });

  it('sixteen last caches and a quota', () => {
    const machine = of(trees.containerWithQuota, {
      '/proc/cpuinfo': 'processor\t: 0\nflags\t\t: fpu hypervisor avx2\n',
    });
    expect(formatTopology(machine)).toBe(
      'node17: 1 socket, 4 NUMA nodes, 64 cores, 16 last caches; cgroup quota 2.5; virtual machine',
    );
    expect(adviceOn(machine)).toEqual([expect.stringContaining('quota of 2.5 cores')]);
  });

  it('cores of two speeds; a machine that says nothing', () => {
    expect(formatTopology(of(trees.hybridLaptop))).toContain('8 of them slower');
    expect(formatTopology(of(trees.nothing))).toBe('node17');
    expect(adviceOn(of(trees.nothing))).toEqual([]);
  });
});

describe('noise', () => {
  it('by hand: one of eleven far away, a first one that was cold, and none', () => {
    expect(outliers([10, 11, 10, 12, 11, 40, 10, 11, 12, 11, 10])).toEqual([5]);
    expect(outliers([10, 11, 12, 13, 14])).toEqual([]);
    expect(outliers([5, 5, 5, 5, 5])).toEqual([]);
    const made = (values: number[]) => figure('x', 'x', 's', 'lower', values);
    expect(scatter([made([40, 10, 11, 10, 12, 11])])).toEqual([expect.stringContaining('was cold')]);
    expect(scatter([made([10, 11, 40, 10, 12, 11]), made([1, 1.01, 1, 1.02, 1])])).toEqual([
      expect.stringContaining('1 of 2 figures lie far from the others'),
    ]);
    expect(scatter([made([1, 2, 3, 4, 5])])).toEqual([expect.stringContaining('more than a fifth')]);
    expect(scatter([made([1, 2])])).toEqual([]);
  });

  const stat = (user: number, steal: number) =>
    ['cpu  1 2 3', ...[0, 1].map((cpu) => `cpu${cpu} ${user} 0 100 5000 0 0 0 ${steal} 0 0`)].join('\n');
  const times = (user: number, steal: number, own: number) =>
    readProcessorTime(reading({ ...trees.smallVirtual, '/proc/stat': stat(user, steal) }), own);

  it('by hand: what others had of our two processors in ten seconds', () => {
    // 8 s more on each of them, 12 of these 16 our own; 1 s of each stolen.
    expect(disturbances(times(100, 0, 3), times(900, 100, 15), 10)).toEqual([
      expect.stringContaining('other processes had 0.4 of 2 processors'),
      expect.stringContaining('other guests of the host had 0.2 of 2 processors'),
    ]);
    expect(disturbances(times(100, 0, 3), times(900, 0, 19), 10)).toEqual([]);
    expect(disturbances(null, null, 10)).toEqual([]);
  });

  it('counts here what this process does', () => {
    const before = readProcessorTime();
    if (before === null) return;
    // On a processor, not by the clock: others may have them.
    const begun = process.cpuUsage();
    while (process.cpuUsage(begun).user < 200_000);
    const after = readProcessorTime()!;
    expect(after.own - before.own).toBeGreaterThan(0.05);
    expect(after.busy).toBeGreaterThan(before.busy);
  });
});
