/** What a figure was measured on: without it a figure says nothing. */

import os from 'node:os';
import { readCaches } from '../base/caches.js';
import { ownCores } from '../base/cores.js';
import { ownVersion } from '../output/versions.js';
import { type MachineTopology, readMachineTopology } from './machine-topology.js';

export interface Machine {
  cpu: string;
  cores: number;
  memoryBytes: number;
  /** `L1d 32K, L2 512K, L3 32768K`, as Linux tells; null elsewhere. */
  caches: string | null;
  system: string;
  node: string;
  v8: string;
  sottovoce: string;
  /** ISO 8601. */
  time: string;
  /** Average number of running processes over the last minute, before the benchmark began. */
  load: number;
  /** Absent in files of earlier versions. */
  topology?: MachineTopology;
}

export function describeMachine(): Machine {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: ownCores().count,
    memoryBytes: os.totalmem(),
    caches: caches(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    sottovoce: ownVersion(),
    time: new Date().toISOString(),
    load: os.loadavg()[0],
    topology: readMachineTopology(),
  };
}

/** `L1d 32K, L2 512K, L3 32768K`. */
function caches(): string | null {
  const found = readCaches()
    .filter(({ type }) => type !== 'Instruction')
    .map(({ level, type, size }) => `L${level}${type === 'Data' ? 'd' : ''} ${size}`);
  return found.length > 0 ? found.join(', ') : null;
}

/** Bytes of the largest cache, from `caches`; null where unknown. */
export function largestCacheBytes(machine: Pick<Machine, 'caches'>): number | null {
  const sizes = [...(machine.caches ?? '').matchAll(/(\d+)([KMG])/g)].map(
    ([, size, unit]) => Number(size) * { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[unit as 'K' | 'M' | 'G'],
  );
  return sizes.length > 0 ? Math.max(...sizes) : null;
}
