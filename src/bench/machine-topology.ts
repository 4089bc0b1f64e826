/**
 * What of a machine decides how rounds scale on it: who it is, its sockets, memories, cores and caches, what of
 * them is ours (affinity, quota, batch system), and what the system does to clocks and pages meanwhile. From
 * /sys and /proc; null or empty where nothing is said.
 */

import os from 'node:os';
import type { Read } from '../../topology/control-groups.js';
import { cgroupQuota } from '../base/cores.js';
import { type Groups, listText, readProcessors, readSystemFile, within } from '../base/processors.js';

export interface MachineTopology {
  hostname: string;
  /** On line, and those of them that we may run on: as Linux lists them, `0-15,32-47`. */
  online: string;
  allowed: string;
  sockets: number;
  numaNodes: number;
  cores: number;
  /** Hardware threads of a core, the most of any. */
  threadsPerCore: number;
  /** Groups of cores that share a last cache. */
  lastCaches: number;
  /** Slower cores of a hybrid machine. */
  efficientCores: number;
  /** The same of what we may run on. */
  ours: { sockets: number; numaNodes: number; cores: number; lastCaches: number };
  /** In cores; null where there is none. */
  cgroupQuota: number | null;
  /** `SLURM_JOB_ID 4711, SLURM_CPUS_PER_TASK 16`. */
  batch: string | null;
  /** Of our processors; more than one where they differ. */
  governors: string[];
  /** Whether clocks may go beyond their base; null where nothing is said. */
  boost: boolean | null;
  /** A hypervisor lies between us and the machine. */
  virtual: boolean;
  /** Pages are moved to the node that reads them, while we measure. */
  numaBalancing: boolean;
  /** always, madvise or never. */
  hugePages: string | null;
}

const CPU = '/sys/devices/system/cpu';

export function readMachineTopology(
  read: Read = readSystemFile,
  env: NodeJS.ProcessEnv = process.env,
  hostname = os.hostname(),
): MachineTopology {
  const processors = readProcessors(read);
  const { online, allowed, cores, sockets, nodes, last } = processors;
  const count = (groups: Groups) => within(groups, allowed).length;
  const slurm = ['SLURM_JOB_ID', 'SLURM_CPUS_PER_TASK'].flatMap((name) =>
    env[name] ? [`${name} ${env[name]}`] : [],
  );
  const governors = allowed.flatMap((cpu) => read(`${CPU}/cpu${cpu}/cpufreq/scaling_governor`)?.trim() ?? []);
  return {
    hostname,
    online: listText(online),
    allowed: listText(allowed),
    sockets: sockets.length,
    numaNodes: nodes.length,
    cores: cores.length,
    threadsPerCore: Math.max(1, ...cores.map((threads) => threads.length)),
    lastCaches: last.length,
    efficientCores: processors.efficient.length,
    ours: { sockets: count(sockets), numaNodes: count(nodes), cores: count(cores), lastCaches: count(last) },
    cgroupQuota: cgroupQuota(read),
    batch: slurm.length > 0 ? slurm.join(', ') : null,
    governors: [...new Set(governors)],
    boost: readBoost(read),
    virtual: /^flags\s*:.*\bhypervisor\b/m.test(read('/proc/cpuinfo') ?? ''),
    numaBalancing: Number(read('/proc/sys/kernel/numa_balancing') ?? 0) > 0,
    hugePages: /\[(\w+)\]/.exec(read('/sys/kernel/mm/transparent_hugepage/enabled') ?? '')?.[1] ?? null,
  };
}

/** Intel's driver says no_turbo, all others boost. */
function readBoost(read: Read): boolean | null {
  const off = read(`${CPU}/intel_pstate/no_turbo`);
  if (off !== null) return off.trim() === '0';
  const on = read(`${CPU}/cpufreq/boost`);
  return on === null ? null : on.trim() === '1';
}

/** `node17: 2 sockets, 2 NUMA nodes, 64 cores of 2 threads, 2 last caches; ours 0-15: 8 cores`. */
export function formatTopology(machine: MachineTopology): string {
  const { hostname, sockets, numaNodes, cores, threadsPerCore, lastCaches, ours } = machine;
  if (machine.online === '') return hostname;
  const threads = threadsPerCore > 1 ? ` of ${threadsPerCore} threads` : '';
  const whole = [
    amount(sockets, 'socket'),
    amount(numaNodes, 'NUMA node'),
    `${amount(cores, 'core')}${threads}`,
    amount(lastCaches, 'last cache'),
    ...(machine.efficientCores > 0 ? [`${machine.efficientCores} of them slower`] : []),
  ];
  const part =
    machine.allowed === machine.online
      ? null
      : `ours ${machine.allowed}: ${[
          amount(ours.cores, 'core'),
          amount(ours.numaNodes, 'NUMA node'),
          amount(ours.lastCaches, 'last cache'),
        ].join(', ')}`;
  const rest = [
    part,
    machine.cgroupQuota === null ? null : `cgroup quota ${Number(machine.cgroupQuota.toFixed(2))}`,
    machine.batch,
    machine.governors.length > 0 ? `governor ${machine.governors.join(' and ')}` : null,
    machine.boost === null ? null : machine.boost ? 'boost on' : 'boost off',
    machine.virtual ? 'virtual machine' : null,
  ].filter((each) => each !== null);
  return `${hostname}: ${[whole.join(', '), ...rest].join('; ')}`;
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What of this disturbs measurements, and what to do about it. */
export function adviceOn(machine: MachineTopology): string[] {
  const { ours, governors, cgroupQuota: quota } = machine;
  const slow = governors.filter((governor) => governor !== 'performance');
  return [
    ...(slow.length > 0
      ? [
          `the governor is ${slow.join(' and ')}: clocks follow the load; cpupower frequency-set -g performance`,
        ]
      : []),
    ...(quota !== null && quota < ours.cores
      ? [
          `a cgroup quota of ${Number(quota.toFixed(2))} cores stops all threads now and then; a cpuset does not`,
        ]
      : []),
    ...(ours.numaNodes > 1 && machine.numaBalancing
      ? ['the kernel moves pages between NUMA nodes meanwhile: sysctl kernel.numa_balancing=0']
      : []),
    ...(machine.efficientCores > 0 ? ['cores differ in speed: the slowest holds up each round'] : []),
  ];
}
