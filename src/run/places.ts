/**
 * Which processor each worker is held to, and who is near whom there. One worker a core, on its first
 * hardware thread that is ours; of a hybrid machine the faster cores first.
 *
 *     cores    next to one another: one cache is filled, then the next, one socket, then the next
 *     spread   in turns over sockets, and in each over its last caches
 *
 * Neighbours in number are neighbours in the caches either way: workers with adjacent agents share most
 * messages. No bit of a run hangs on it.
 */

import { checkAffinity } from '../base/affinity.js';
import { InputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import { type Groups, type Processors, readProcessors } from '../base/processors.js';

export const PINS = ['none', 'cores', 'spread'] as const;
export type Pin = (typeof PINS)[number];

let known: Processors | undefined;

function ownProcessors(): Processors {
  known ??= readProcessors();
  return known;
}

/**
 * The processor of each worker; null where they are held to none.
 *
 * @throws InputError where threads cannot be held here, or a worker would have no core of its own
 */
export function placesFor(pin: Pin | undefined, workers: number): number[] | null {
  if (pin === undefined || pin === 'none') return null;
  const hint = 'pin: none leaves workers to the system; it changes no bits';
  try {
    checkAffinity();
  } catch (error) {
    const { message } = error as Error;
    throw new InputError(`pin is ${pin}, and threads cannot be held to processors here: ${message}`, {
      path: ['pin'],
      hint,
    });
  }
  const places = placeWorkers(pin, workers, ownProcessors());
  if (places !== null) return places;
  const cores = plural(coresOf(ownProcessors()).length, 'core');
  throw new InputError(
    `pin is ${pin}, which holds each worker to a core of its own: there are ${plural(workers, 'worker')} and ${cores} that are ours`,
    { path: ['pin'], hint },
  );
}

interface Core {
  /** The hardware thread that is taken. */
  cpu: number;
  slow: boolean;
  /** Numbers of the groups that it is in. */
  socket: number;
  node: number;
  last: number;
  second: number;
}

function coresOf(processors: Processors): Core[] {
  const allowed = new Set(processors.allowed);
  const slow = new Set(processors.efficient);
  const { sockets, nodes, last, second } = processors;
  return processors.cores.flatMap((threads): Core[] => {
    const cpu = threads.find((thread) => allowed.has(thread));
    if (cpu === undefined) return [];
    const of = (groups: Groups) => groups.findIndex((group) => group.includes(cpu));
    return [
      { cpu, slow: slow.has(cpu), socket: of(sockets), node: of(nodes), last: of(last), second: of(second) },
    ];
  });
}

/** Null where there are fewer cores than workers. */
export function placeWorkers(pin: 'cores' | 'spread', workers: number, machine: Processors): number[] | null {
  const cores = coresOf(machine).sort(byPlace);
  if (workers > cores.length) return null;
  const chosen = pin === 'cores' ? cores.slice(0, workers) : spread(cores, workers);
  return chosen.map(({ cpu }) => cpu);
}

function byPlace(a: Core, b: Core): number {
  return (
    Number(a.slow) - Number(b.slow) ||
    a.socket - b.socket ||
    a.node - b.node ||
    a.last - b.last ||
    a.second - b.second ||
    a.cpu - b.cpu
  );
}

/** One after the other from where fewest are taken: of sockets, of memories, of last caches, of second ones. */
function spread(cores: readonly Core[], workers: number): Core[] {
  const chosen = new Set<Core>();
  const counts = new Map<string, number>();
  const names = ({ socket, node, last, second }: Core) => [
    `socket ${socket}`,
    `node ${node}`,
    `last ${last}`,
    `second ${second}`,
  ];
  const taken = (core: Core) => [Number(core.slow), ...names(core).map((name) => counts.get(name) ?? 0)];
  const before = (a: number[], b: number[]) => {
    const at = a.findIndex((count, level) => count !== b[level]);
    return at >= 0 && a[at] < b[at];
  };
  while (chosen.size < workers) {
    const left = cores.filter((core) => !chosen.has(core));
    const next = left.reduce((found, core) => (before(taken(core), taken(found)) ? core : found));
    chosen.add(next);
    for (const name of names(next)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return cores.filter((core) => chosen.has(core));
}

/** For each worker the last cache and the socket that it shares: who meets first at a barrier. */
export function nearbyOf(
  cpus: readonly number[] | null,
  machine?: Pick<Processors, 'last' | 'sockets'>,
): number[][] {
  if (cpus === null) return [];
  const { last, sockets } = machine ?? ownProcessors();
  const at = (groups: Groups, cpu: number) => groups.findIndex((group) => group.includes(cpu));
  return cpus.map((cpu) => [at(last, cpu), at(sockets, cpu)]);
}
