/**
 * How many cores are ours: the smallest of what the operating system lets us run on (affinity), what the
 * control groups above us have time for (CFS quota) and what a batch system gave us (SLURM_CPUS_PER_TASK).
 *
 * Hardware threads of one core (SMT) are one core: they share its arithmetic and its way to memory, which is
 * what a round is made of, and a worker that waits at the barrier takes time from the one it waits for.
 *
 * A quota that is no whole number is rounded down, to one at least. Workers meet at a barrier every round:
 * one that is throttled in the middle of it holds up all the others, and under half a core two workers took
 * 3.4 times as long as one.
 */

import os from 'node:os';
import { posix } from 'node:path';
import { controlGroups, type Read } from '../../topology/control-groups.js';
import { readAllowed, readCores, readSystemFile } from './processors.js';

export interface Cores {
  count: number;
  /** As many threads as have a processor each: hardware threads, as far as quota and grant allow. */
  threads: number;
  /** What made it fewer than the machine offers: `cgroup quota 2.5 of 64 cores`. */
  limit: string | null;
}

let known: Cores | undefined;

/** The cores of this process; asked for once. */
export function ownCores(): Cores {
  known ??= countCores(os.availableParallelism(), process.env, readSystemFile);
  return known;
}

/** Numbers of threads that are worth trying: 1, 2, 4, ... and all. */
export function candidates(most: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < most; count *= 2) counts.push(count);
  return [...counts, most];
}

/** Threads of a run: those that its config says, or as many as there may be. */
export function mostWorkers({ workers }: { workers: number | 'auto' }, cores = ownCores().count): number {
  return workers === 'auto' ? cores : workers;
}

/** `offered`: processors, as Node counts them. */
export function countCores(offered: number, env: NodeJS.ProcessEnv, read: Read): Cores {
  const quota = cgroupQuota(read);
  const granted = slurmCores(env['SLURM_CPUS_PER_TASK']);
  const { online, allowed } = readAllowed(read);
  // Newer versions of Node reckon with the quota themselves, which is to be named as one.
  const asNodeCounts = allowed.length === 0 || (quota === null && offered < allowed.length);
  const processors = asNodeCounts ? offered : allowed.length;
  const cores = asNodeCounts ? processors : readCores(allowed, read).length;
  let { count, limit } = ofProcessors(online.length, processors, cores);
  let threads = processors;
  const atMost = (most: number | null, what: string) => {
    if (most === null) return;
    threads = Math.max(1, Math.min(threads, Math.floor(most)));
    if (most >= count) return;
    count = Math.max(1, Math.floor(most));
    limit = `${what} of ${cores} ${cores === 1 ? 'core' : 'cores'}`;
  };
  atMost(quota, `cgroup quota ${quota === null ? '' : Number(quota.toFixed(2))}`);
  atMost(granted, `SLURM_CPUS_PER_TASK ${granted}`);
  return { count, threads, limit };
}

/** `affinity mask: 8 of 128 processors, 4 cores`, `8 cores, 16 hardware threads`. */
function ofProcessors(online: number, processors: number, cores: number): Pick<Cores, 'count' | 'limit'> {
  const ofCores = `${cores} ${cores === 1 ? 'core' : 'cores'}`;
  const masked = processors < online ? `affinity mask: ${processors} of ${online} processors` : null;
  if (cores < processors)
    return {
      count: cores,
      limit: masked === null ? `${ofCores}, ${processors} hardware threads` : `${masked}, ${ofCores}`,
    };
  return { count: cores, limit: masked };
}

/**
 * The smallest quota on the way from our own control group up to the root, in cores; null where there is
 * none.
 */
export function cgroupQuota(read: Read): number | null {
  const quotas = controlGroups('cpu', read).map(({ version, folder }) => {
    const file = (name: string) => read(posix.join(folder, name));
    return version === 2
      ? quotaV2(file('cpu.max'))
      : quotaV1(file('cpu.cfs_quota_us'), file('cpu.cfs_period_us'));
  });
  const found = quotas.filter((quota) => quota !== null);
  return found.length === 0 ? null : Math.min(...found);
}

/** `200000 100000` is two cores, `max 100000` as many as there are. */
export function quotaV2(text: string | null): number | null {
  const [, quota, period] = /^(\d+)\s+(\d+)\s*$/.exec(text ?? '') ?? [];
  return share(Number(quota), Number(period));
}

/** A quota of -1 is none. */
export function quotaV1(quota: string | null, period: string | null): number | null {
  return share(Number(quota ?? Number.NaN), Number(period ?? Number.NaN));
}

function share(quota: number, period: number): number | null {
  return quota > 0 && period > 0 ? quota / period : null;
}

/** `4`; anything that is no such number says nothing. */
export function slurmCores(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d*$/.test(text.trim()) ? Number(text) : null;
}
