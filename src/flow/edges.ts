/**
 * Messages that go to one neighbour each: an outbox slot for every directed edge, doubled by the round's
 * parity like all outboxes, and a vector that the edge holds at its beginning. Slot e belongs to the e-th
 * entry of the graph's columns: the agent in whose row it stands writes it, the neighbour it names reads it,
 * by way of graph.reverse.
 */

import type { Graph } from '../../topology/index.js';
import { type FieldSpec, type Precision, rowBytesOf, rowLength } from '../arena/layout.js';
import type { Runtime } from '../runtime.js';

/** What an agent sends to each of its neighbours in a round. */
export interface Unicast {
  /** Numbers of a message: those of round k are numbers[k mod length]. */
  numbers: readonly number[];
  /** Of the longest message. */
  longest: number;
}

export function edgeFields(
  { longest }: Unicast,
  edges: number,
  precision: Precision | undefined,
): FieldSpec[] {
  const slotEntries = rowLength(longest, precision);
  return [
    { name: 'graph.reverse', type: 'u32', length: 2 * edges },
    perArc({ name: 'edges.outbox', type: 'real', length: 4 * edges * slotEntries }, 2),
    perArc({ name: 'edges.held', type: 'real', length: 2 * edges * slotEntries }, 1),
  ];
}

function perArc(field: FieldSpec, halves: 1 | 2): FieldSpec {
  return { ...field, lasts: { as: 'whole', perArc: halves } };
}

/**
 * reverse[e]: where the same edge stands in the row of its other end. Neighbours ascend in every row, so one
 * pass finds them in order.
 */
export function reverseEdges({ rowStart, columns, nodes }: Graph): Uint32Array {
  const next = rowStart.slice(0, nodes);
  return columns.map((neighbour) => next[neighbour]++);
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
