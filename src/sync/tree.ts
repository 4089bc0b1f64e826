/**
 * Where a party waits: the barrier of a few is one node, that of many a tree of them.
 *
 * A node is three words, ARRIVED, GENERATION, SLEEPERS. Parties arrive at a leaf; the last one there arrives
 * for all of them at the node above, up to the root. Whoever is let go lets go those that it arrived for.
 * So each line is written by the few of its node, and read by them.
 *
 *     crossing = BARRIER + MORE * (writers of the lines on the way to the root, less 2) + STEP * (levels - 1)
 *
 * in seconds. One line takes its writers one after the other; a step up waits for a line once more, on the
 * way there and back. So one node is best for eight, and a tree for more. `nearby`: who shares caches meets
 * first, where it is known who does.
 */

import { nodeWord } from './control.js';

/** A crossing of two; what each writer of a line more adds; what a step up does. On the dear side. */
const BARRIER_SECONDS = 2e-6;
const MORE_SECONDS = 60e-9;
const STEP_SECONDS = 200e-9;
/** Writers of a line, at most. */
const MOST_AT_NODE = 8;

export const BARRIERS = ['auto', 'central', 'tree'] as const;
export type BarrierChoice = (typeof BARRIERS)[number];

/** Plain data, the same for all parties. Node 0 is the root. */
export interface BarrierShape {
  /** The node at which a party arrives first. */
  leaves: readonly number[];
  /** Of each node: the one above (-1: none), and how many arrive there. */
  above: readonly number[];
  arrivals: readonly number[];
}

/** Of one party: word of the node, and how many arrive there, from its leaf to the root. */
export interface BarrierPath {
  nodes: readonly number[];
  arrivals: readonly number[];
}

/** All at one node. */
export function centralShape(parties: number): BarrierShape {
  return { leaves: new Array<number>(parties).fill(0), above: [-1], arrivals: [parties] };
}

/**
 * A tree of which no node has more than eight arrivals, of two levels at least. `nearby`: for each party what
 * it shares, from the innermost outwards, as numbers (last cache, socket); parties of one number meet before
 * those of two.
 */
export function treeShape(parties: number, nearby: readonly (readonly number[])[] = []): BarrierShape {
  // Nodes are numbered as they are made, the root last, and turned round in the end.
  const members: Member[][] = [];
  const join = (joined: Member[]): Member => {
    members.push(joined);
    return { node: members.length - 1, shares: joined[0]?.shares ?? [] };
  };
  const levels = Math.max(0, ...nearby.map((shares) => shares.length));
  let units: Member[] = Array.from({ length: parties }, (_, party) => ({
    party,
    shares: nearby[party] ?? [],
  }));
  for (let level = 0; level <= levels; level++) {
    const groups = new Map<string, Member[]>();
    for (const unit of units) {
      // What is shared further out is part of the name: numbers of caches may repeat in another socket.
      const name = unit.shares.slice(level).join(' ');
      groups.set(name, [...(groups.get(name) ?? []), unit]);
    }
    // Where caches or sockets make levels, no others are needed.
    units = [...groups.values()].map((group) => gather(group, levels === 0 ? 2 : 1, join));
  }
  if (members.length === 0) return centralShape(parties);
  const last = members.length - 1;
  const leaves = new Array<number>(parties).fill(0);
  const above = new Array<number>(members.length).fill(-1);
  for (const [at, joined] of members.entries()) {
    for (const member of joined) {
      if ('party' in member) leaves[member.party] = last - at;
      else above[last - member.node] = last - at;
    }
  }
  return { leaves, above, arrivals: members.map(({ length }) => length).reverse() };
}

/** A party, or those that are gathered at a node already. */
type Member = { shares: readonly number[] } & ({ party: number } | { node: number });

/** As few levels of nodes as may be, all nodes of a level about alike, until one is left. */
function gather(group: Member[], least: number, join: (members: Member[]) => Member): Member {
  let units = group;
  while (units.length > 1) {
    const needed = Math.ceil(Math.log(units.length) / Math.log(MOST_AT_NODE) - 1e-9);
    const levels = Math.max(units === group ? least : 1, needed);
    const most = Math.ceil(units.length ** (1 / levels) - 1e-9);
    const nodes = Math.ceil(units.length / most);
    const first = (node: number) => Math.floor((node * units.length) / nodes);
    units = Array.from({ length: nodes }, (_, node) => {
      const members = units.slice(first(node), first(node + 1));
      return members.length === 1 ? members[0] : join(members);
    });
  }
  return units[0] as Member;
}

/** Of the party that has furthest to go. */
export function crossingSeconds({ leaves, above, arrivals }: BarrierShape): number {
  const ways = leaves.map((leaf) => {
    let seconds = BARRIER_SECONDS - 2 * MORE_SECONDS - STEP_SECONDS;
    let writers = 1;
    for (let node = leaf; node >= 0; node = above[node]) {
      writers += arrivals[node] - 1;
      seconds += STEP_SECONDS;
    }
    return seconds + MORE_SECONDS * writers;
  });
  return Math.max(...ways);
}

/** The cheaper one, or what was asked for. */
export function chooseShape(
  parties: number,
  choice: BarrierChoice = 'auto',
  nearby: readonly (readonly number[])[] = [],
): BarrierShape {
  const central = centralShape(parties);
  if (choice === 'central') return central;
  const tree = treeShape(parties, nearby);
  if (choice === 'tree') return tree;
  return crossingSeconds(tree) < crossingSeconds(central) ? tree : central;
}

export function pathOf({ leaves, above, arrivals }: BarrierShape, party: number): BarrierPath {
  const way: number[] = [];
  for (let node = leaves[party] as number; node >= 0; node = above[node]) way.push(node);
  return { nodes: way.map(nodeWord), arrivals: way.map((node) => arrivals[node]) };
}

/** `one counter`, `tree of 4, 4`: how many arrive at a node, at most, from the leaves to the root. */
export function describeShape(shape: BarrierShape): string {
  const ways = shape.leaves.map((_, party) => pathOf(shape, party).arrivals);
  const levels = Math.max(...ways.map(({ length }) => length));
  const most = Array.from({ length: levels }, (_, level) => Math.max(...ways.map((way) => way[level] ?? 0)));
  return levels === 1 ? 'one counter' : `tree of ${most.join(', ')}`;
}
