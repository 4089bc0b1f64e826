/**
 * Messages that go to one neighbour each: an outbox slot for every directed edge, doubled by the round's
 * parity like all outboxes, and a vector that the edge holds at its beginning. Slot e belongs to the e-th
 * entry of the graph's columns: the agent in whose row it stands writes it, the neighbour it names reads it,
 * by way of graph.reverse.
 */

import type { Graph } from '../../topology/index.js';
import { arcsThatLast, type FieldSpec, type Precision, rowBytesOf, rowLength } from '../arena/layout.js';
import type { Runtime } from '../runtime.js';

/** What an agent sends to each of its neighbours in a round. */
export interface Unicast {
  /** Numbers of a message: those of round k are numbers[k mod length]. */
  numbers: readonly number[];
  /** Of the longest message. */
  longest: number;
}

/** `arcs`: both directions of every edge; on one of several ranks, its own and those of other ranks that lead to it. */
export function edgeFields(
  { longest }: Unicast,
  arcs: number,
  precision: Precision | undefined,
): FieldSpec[] {
  const slotEntries = rowLength(longest, precision);
  return [
    { name: 'graph.reverse', type: 'u32', length: arcs },
    arcsThatLast(
      { name: 'edges.outbox', type: 'real', length: 2 * arcs * slotEntries, heard: 'arcs' },
      arcs,
      2,
    ),
    arcsThatLast({ name: 'edges.held', type: 'real', length: arcs * slotEntries }, arcs),
  ];
}

/**
 * reverse[e]: where the same edge stands in the row of its other end. `from`: where each entry stands in a table
 * of the same graph whose rows ascend, neighbours ascending in every row, absent where this is one. One pass over
 * such a table finds the entries of every row in order.
 */
export function reverseEdges(
  { rowStart, columns }: Pick<Graph, 'rowStart' | 'columns'>,
  from?: Uint32Array,
): Uint32Array {
  const next = rowStart.slice(0, -1);
  if (from === undefined) return columns.map((neighbour) => next[neighbour]++);
  const entryOf = new Uint32Array(columns.length);
  for (let entry = 0; entry < from.length; entry++) entryOf[from[entry]] = entry;
  const reverse = new Uint32Array(columns.length);
  for (const entry of entryOf) reverse[entry] = next[columns[entry]]++;
  return reverse;
}

export interface EdgeMailbox {
  reverse: number;
  held: number;
  slotBytes: number;
  /** Slots of a round's messages. */
  slots(round: number): number;
}

export function edgeMailbox({ arena }: Runtime, longest: number): EdgeMailbox {
  const outbox = arena.address('edges.outbox');
  const parityBytes = (arena.field('edges.outbox').length / 2) * arena.realBytes;
  return {
    reverse: arena.address('graph.reverse'),
    held: arena.address('edges.held'),
    slotBytes: rowBytesOf(longest, arena.precision),
    slots: (round) => outbox + (round & 1) * parityBytes,
  };
}
