/**
 * Messages that go to one neighbour each: an outbox slot for every directed edge, doubled by the round's
 * parity like all outboxes, and a vector that the edge holds at its beginning. Slot e belongs to the e-th
 * entry of the graph's columns: the agent in whose row it stands writes it, the neighbour it names reads it,
 * by way of graph.reverse.
 */

import type { Graph } from '../../topology/index.js';
import { type FieldSpec, wholeThatLasts } from '../arena/layout.js';
import type { Runtime } from '../runtime.js';

/** What an agent sends to each of its neighbours in a round. */
export interface Unicast {
  /** Bits of a message: those of round k are bits[k mod length]. */
  bits: readonly number[];
  /** Doubles of a slot, a multiple of 8. */
  slotEntries: number;
}

export function edgeFields({ slotEntries }: Unicast, edges: number): FieldSpec[] {
  return [
    { name: 'graph.reverse', type: 'u32', length: 2 * edges },
    wholeThatLasts({ name: 'edges.outbox', type: 'f64', length: 4 * edges * slotEntries }),
    wholeThatLasts({ name: 'edges.held', type: 'f64', length: 2 * edges * slotEntries }),
  ];
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

export function edgeMailbox({ arena }: Runtime, slotEntries: number): EdgeMailbox {
  const outbox = arena.address('edges.outbox');
  const parityBytes = arena.field('edges.outbox').length * 4;
  return {
    reverse: arena.address('graph.reverse'),
    held: arena.address('edges.held'),
    slotBytes: slotEntries * 8,
    slots: (round) => outbox + (round & 1) * parityBytes,
  };
}
