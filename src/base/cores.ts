/**
 * How many cores are ours: the smallest of what the operating system lets us run on (affinity), what the
 * control groups above us have time for (CFS quota) and what a batch system gave us (SLURM_CPUS_PER_TASK).
 *
 * A quota that is no whole number is rounded down, to one at least. Workers meet at a barrier every round:
 * one that is throttled in the middle of it holds up all the others, and under half a core two workers took
 * 3.4 times as long as one.
 */

import { readFileSync } from 'node:fs';
import os from 'node:os';
import { posix } from 'node:path';
import { controlGroups, type Read } from '../../topology/control-groups.js';

export interface Cores {
  count: number;
  /** What made it fewer than the machine offers: `cgroup quota 2.5 of 64 cores`. */
  limit: string | null;
}

let known: Cores | undefined;

/** The cores of this process; asked for once. */
export function ownCores(): Cores {
  known ??= countCores(os.availableParallelism(), process.env, (file) => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return null;
    }
  });
  return known;
}

export function countCores(offered: number, env: NodeJS.ProcessEnv, read: Read): Cores {
  const quota = cgroupQuota(read);
  const granted = slurmCores(env['SLURM_CPUS_PER_TASK']);
  let count = offered;
  let limit: string | null = null;
  const atMost = (cores: number | null, what: string) => {
    if (cores === null || cores >= count) return;
    count = Math.max(1, Math.floor(cores));
    limit = `${what} of ${offered} ${offered === 1 ? 'core' : 'cores'}`;
  };
  atMost(quota, `cgroup quota ${quota === null ? '' : Number(quota.toFixed(2))}`);
  atMost(granted, `SLURM_CPUS_PER_TASK ${granted}`);
  return { count, limit };
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
