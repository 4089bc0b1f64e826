/**
 * Machines as Linux writes them under /sys and /proc, made from what their data sheets say: text by file, for
 * all that takes a `Read`. The numbering is the one that Linux gives such machines.
 */

import type { Read } from '../../topology/control-groups.js';

export type Tree = Readonly<Record<string, string>>;

export const reading =
  (tree: Tree): Read =>
  (file) =>
    tree[file] ?? null;

interface Description {
  cpus: number;
  /** Who shares what with this processor, as the system lists them. Absent: the files are not there. */
  core?: (cpu: number) => string;
  second?: (cpu: number) => string;
  last?: (cpu: number) => string;
  socket?: (cpu: number) => string;
  nodes?: readonly string[];
  online?: string;
  allowed?: string;
  more?: Tree;
}

const CPU = '/sys/devices/system/cpu';

function tree(machine: Description): Tree {
  const { cpus, core, second, last, socket, nodes = [], more = {} } = machine;
  const { online = `0-${cpus - 1}`, allowed = online } = machine;
  const files: Record<string, string> = {
    [`${CPU}/online`]: `${online}\n`,
    '/proc/self/status': `Name:\tnode\nPid:\t4711\nCpus_allowed:\tff\nCpus_allowed_list:\t${allowed}\nMems_allowed_list:\t0\n`,
  };
  for (let cpu = 0; cpu < cpus; cpu++) {
    const put = (name: string, text: string | undefined) => {
      if (text !== undefined) files[`${CPU}/cpu${cpu}/${name}`] = `${text}\n`;
    };
    put('topology/core_cpus_list', core?.(cpu));
    put('topology/thread_siblings_list', core?.(cpu));
    put('topology/package_cpus_list', socket?.(cpu));
    put('topology/core_siblings_list', socket?.(cpu));
    const caches = [
      { level: 1, type: 'Data', size: '32K', shared: core },
      { level: 1, type: 'Instruction', size: '32K', shared: core },
      { level: 2, type: 'Unified', size: '1024K', shared: second },
      { level: 3, type: 'Unified', size: '32768K', shared: last },
    ].filter(({ level, shared }) => shared !== undefined && (level > 1 || second !== undefined));
    for (const [index, { level, type, size, shared }] of caches.entries()) {
      put(`cache/index${index}/level`, `${level}`);
      put(`cache/index${index}/type`, type);
      put(`cache/index${index}/size`, size);
      put(`cache/index${index}/shared_cpu_list`, shared?.(cpu));
    }
  }
  if (nodes.length > 0) files['/sys/devices/system/node/online'] = `0-${nodes.length - 1}\n`;
  for (const [node, list] of nodes.entries())
    files[`/sys/devices/system/node/node${node}/cpulist`] = `${list}\n`;
  return { ...files, ...more };
}

const alone = (cpu: number) => `${cpu}`;

/** Two virtual processors of a cloud's machine, as this is written on one. */
export const smallVirtual = tree({
  cpus: 2,
  core: alone,
  second: alone,
  last: () => '0-1',
  socket: () => '0-1',
  nodes: ['0-1'],
});

/** Two vCPUs that are the two hardware threads of one core. */
export const siblingsVirtual = tree({
  cpus: 2,
  core: () => '0-1',
  second: () => '0-1',
  last: () => '0-1',
  socket: () => '0-1',
  nodes: ['0-1'],
});

const xeon: Description = {
  cpus: 128,
  core: (cpu) => `${cpu % 64},${(cpu % 64) + 64}`,
  second: (cpu) => `${cpu % 64},${(cpu % 64) + 64}`,
  last: (cpu) => (cpu % 64 < 32 ? '0-31,64-95' : '32-63,96-127'),
  socket: (cpu) => (cpu % 64 < 32 ? '0-31,64-95' : '32-63,96-127'),
  nodes: ['0-31,64-95', '32-63,96-127'],
};

/** Two sockets of 32 cores with two hardware threads each: the second threads are numbered last. */
export const xeonServer = tree(xeon);

/** The same in a Slurm job of 8 processors, which are 4 cores of the second socket. */
export const xeonJob = tree({ ...xeon, allowed: '40-43,104-107' });

/** 64 cores without SMT in 16 complexes of four, each with a last cache of its own; four NUMA nodes (NPS4). */
const epyc: Description = {
  cpus: 64,
  core: alone,
  second: alone,
  last: (cpu) => `${cpu - (cpu % 4)}-${cpu - (cpu % 4) + 3}`,
  socket: () => '0-63',
  nodes: ['0-15', '16-31', '32-47', '48-63'],
};
export const epycServer = tree(epyc);

/** Four fast cores with two hardware threads, eight slower ones whose second cache is shared by four. */
export const hybridLaptop = tree({
  cpus: 16,
  core: (cpu) => (cpu < 8 ? `${cpu - (cpu % 2)}-${cpu - (cpu % 2) + 1}` : `${cpu}`),
  second: (cpu) =>
    cpu < 8 ? `${cpu - (cpu % 2)}-${cpu - (cpu % 2) + 1}` : `${cpu - (cpu % 4)}-${cpu - (cpu % 4) + 3}`,
  last: () => '0-15',
  socket: () => '0-15',
  nodes: ['0-15'],
  more: { '/sys/devices/cpu_core/cpus': '0-7\n', '/sys/devices/cpu_atom/cpus': '8-15\n' },
});

/** 16 cores of an ARM server whose firmware describes no caches. */
export const armServer = tree({ cpus: 16, core: alone, socket: () => '0-15', nodes: ['0-15'] });

/** Four large and four small cores, told by their capacities. */
export const armLaptop = tree({
  cpus: 8,
  core: alone,
  socket: () => '0-7',
  more: Object.fromEntries(
    Array.from({ length: 8 }, (_, cpu) => [`${CPU}/cpu${cpu}/cpu_capacity`, cpu < 4 ? '446\n' : '1024\n']),
  ),
});

/** A container on the EPYC server: it sees all of it, and has the time of two and a half cores. */
export const containerWithQuota = tree({
  ...epyc,
  more: { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '250000 100000\n' },
});

/** A container that is held to five processors of two complexes, on a machine of which some are off line. */
export const containerWithSet = tree({ ...epyc, online: '0-9,12-63', allowed: '6-9,11-12' });

/** Nothing is said: another system, or a container without /sys. */
export const nothing: Tree = {};
