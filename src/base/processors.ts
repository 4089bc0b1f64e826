/**
 * The processors of this machine, as Linux tells them: which are on line, which of them we may run on, and
 * who shares what with whom: the core (SMT siblings), the second and the last cache, the socket, the memory
 * (NUMA node). A processor is what the system schedules a thread on, one hardware thread.
 *
 * Where files are missing (other systems, containers, ARM without descriptions of caches), what is known of
 * what lies inside or around is taken. Nothing here changes a bit of a run.
 */

import { readFileSync } from 'node:fs';
import type { Read } from '../../topology/control-groups.js';

/** Each of `online` stands in one group; groups by their least processor, and processors within, ascend. */
export type Groups = readonly (readonly number[])[];

export interface Processors {
  /** Their numbers; empty where the system says nothing. */
  online: readonly number[];
  /** Those of them that the affinity mask of this process (a cpuset, taskset, a batch system) leaves it. */
  allowed: readonly number[];
  /** Hardware threads of one core. */
  cores: Groups;
  /** That share a second cache. */
  second: Groups;
  /** That share a last cache; where no file says so, a socket. */
  last: Groups;
  sockets: Groups;
  /** NUMA nodes with processors. */
  nodes: Groups;
  /** Of a hybrid machine, those of its slower cores; empty elsewhere. */
  efficient: readonly number[];
}

const SYSTEM = '/sys/devices/system';
/** More than any kernel knows: a text that announces more is none of the system's. */
const MOST_PROCESSORS = 65_536;
/** `index0`, `index1`, ... of a core's caches. */
const MOST_CACHES = 16;

export const readSystemFile: Read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

/** All of it: a few hundred short files on a large machine, some milliseconds. */
export function readProcessors(read: Read = readSystemFile): Processors {
  const { online, allowed } = readAllowed(read);
  const cores = readCores(online, read);
  const sockets = readSockets(online, read);
  const second = sharing(online, (cpu) => cacheList(cpu, (level) => level === 2, read), cores);
  return {
    online,
    allowed,
    cores,
    second,
    last: sharing(online, (cpu) => cacheList(cpu, (level) => level > 2, read), sockets),
    sockets,
    nodes: readNodes(online, read),
    efficient: readEfficient(online, read),
  };
}

/** Two files only. */
export function readAllowed(read: Read = readSystemFile): Pick<Processors, 'online' | 'allowed'> {
  const online = parseList(read(`${SYSTEM}/cpu/online`));
  const mask = /^Cpus_allowed_list:(.*)$/m.exec(read('/proc/self/status') ?? '')?.[1];
  const may = new Set(parseList(mask));
  const allowed = online.filter((cpu) => may.has(cpu));
  return { online, allowed: allowed.length > 0 ? allowed : online };
}

/** The hardware threads of each core; a file for each core of `of`. */
export function readCores(of: readonly number[], read: Read = readSystemFile): Groups {
  const list = (cpu: number) =>
    topology(cpu, 'core_cpus_list', read) ?? topology(cpu, 'thread_siblings_list', read);
  return sharing(
    of,
    list,
    of.map((cpu) => [cpu]),
  );
}

function readSockets(online: readonly number[], read: Read): Groups {
  const list = (cpu: number) =>
    topology(cpu, 'package_cpus_list', read) ?? topology(cpu, 'core_siblings_list', read);
  return sharing(online, list, online.length > 0 ? [online] : []);
}

function readNodes(online: readonly number[], read: Read): Groups {
  const left = new Set(online);
  const nodes = parseList(read(`${SYSTEM}/node/online`)).flatMap((node) => {
    const here = parseList(read(`${SYSTEM}/node/node${node}/cpulist`)).filter((cpu) => left.delete(cpu));
    return here.length > 0 ? [here] : [];
  });
  // A kernel without NUMA has one memory.
  return byLeast(left.size > 0 ? [...nodes, [...left]] : nodes);
}

/** Intel names the slower cores; ARM gives each a capacity, 1024 being the fastest's. */
function readEfficient(online: readonly number[], read: Read): number[] {
  const atoms = new Set(parseList(read('/sys/devices/cpu_atom/cpus')));
  const capacity = (cpu: number) => Number(read(`${SYSTEM}/cpu/cpu${cpu}/cpu_capacity`) ?? Number.NaN);
  // Machines whose cores are alike have no such file.
  const first = online[0];
  if (first === undefined || (atoms.size === 0 && !(capacity(first) > 0))) return [];
  const capacities = atoms.size > 0 ? [] : online.map(capacity);
  const most = Math.max(...capacities);
  return online.filter((cpu, at) => atoms.has(cpu) || (capacities[at] ?? most) < most);
}

function topology(cpu: number, name: string, read: Read): string | null {
  return read(`${SYSTEM}/cpu/cpu${cpu}/topology/${name}`);
}

/** Who shares a processor's cache of data of such a level, the last one where there are several. */
function cacheList(cpu: number, isSought: (level: number) => boolean, read: Read): string | null {
  let found: string | null = null;
  let highest = 0;
  for (let index = 0; index < MOST_CACHES; index++) {
    const file = (name: string) => read(`${SYSTEM}/cpu/cpu${cpu}/cache/index${index}/${name}`);
    const level = Number(file('level') ?? Number.NaN);
    if (Number.isNaN(level)) break;
    if (!isSought(level) || level <= highest || file('type')?.trim() === 'Instruction') continue;
    found = file('shared_cpu_list');
    highest = level;
  }
  return found;
}

/**
 * Groups of those who name one another. Only the first of a group is asked; one of whom nothing is known is
 * in the group that it has in `otherwise`.
 */
function sharing(of: readonly number[], list: (cpu: number) => string | null, otherwise: Groups): Groups {
  const left = new Set(of);
  const groups: number[][] = [];
  const take = (candidates: readonly number[]) => {
    const group = candidates.filter((cpu) => left.delete(cpu));
    if (group.length > 0) groups.push(group);
  };
  for (const cpu of of) {
    if (!left.has(cpu)) continue;
    const told = parseList(list(cpu));
    take(told.includes(cpu) ? told : (otherwise.find((group) => group.includes(cpu)) ?? [cpu]));
  }
  return byLeast(groups);
}

function byLeast(groups: number[][]): number[][] {
  for (const group of groups) group.sort((a, b) => a - b);
  return groups.sort(([a = 0], [b = 0]) => a - b);
}

/** `0-3,8` is 0, 1, 2, 3, 8: the format of Linux' lists. What is no such text is an empty list. */
export function parseList(text: string | null | undefined): number[] {
  const found = new Set<number>();
  for (const part of (text ?? '').trim().split(',')) {
    const [, from, to = from] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    if (from === undefined) return [];
    if (!(Number(to) < MOST_PROCESSORS)) return [];
    for (let number = Number(from); number <= Number(to); number++) found.add(number);
  }
  return [...found].sort((a, b) => a - b);
}

/** The other way round: ascending numbers as `0-3,8`. */
export function listText(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length; at++) {
    const from = numbers[at] as number;
    let to = from;
    while (numbers[at + 1] === to + 1) to = numbers[++at] as number;
    parts.push(from === to ? `${from}` : `${from}-${to}`);
  }
  return parts.join(',');
}

/** What of each group is in `among`; groups of which nothing is are left out. */
export function within(groups: Groups, among: readonly number[]): number[][] {
  const kept = new Set(among);
  return groups.map((group) => group.filter((cpu) => kept.has(cpu))).filter((group) => group.length > 0);
}
