/**
 * The messages of the boundary: rows of every field that neighbours read go to the ranks that have their agent as a
 * ghost, straight from and to the arena, in every round those of the coming one.
 */

import type { Arena } from '../arena/arena.js';
import { BYTES, type Field } from '../arena/layout.js';
import type { PartPlan, Peer } from './part.js';
import type { Leg, Repeated, Transport } from './transport.js';

/** Tags of different uses; those of fields follow the last one. */
export const Tag = {
  COMMAND: 1,
  CHAIN: 2,
  COLUMN: 3,
  POINT: 4,
  COLLECT: 5,
  BITS: 6,
  HELLO: 7,
  CHECKPOINT: 8,
  ANSWER: 9,
  RUN: 10,
  SLOWEST: 11,
  FIELD: 16,
} as const;

/** Exchanges by the parity of the round whose messages they are. */
export function bindExchange(
  { peers, rows }: Pick<PartPlan, 'peers' | 'rows'>,
  arcs: number,
  arena: Arena,
  transport: Transport,
): [Repeated, Repeated] {
  const slots = peers.reduce((sum, { countArcs }) => sum + countArcs, arcs);
  const heard = Object.values(arena.layout.fields).filter((field) => field.heard !== undefined);
  const ofParity = (parity: 0 | 1) =>
    transport.repeated(
      heard.flatMap((field, index) =>
        peers.flatMap((peer) =>
          legsOf(field, 2 * index + parity, parity, peer, field.heard === 'arcs' ? slots : rows, arena),
        ),
      ),
    );
  return [ofParity(0), ofParity(1)];
}

function legsOf(field: Field, index: number, parity: 0 | 1, peer: Peer, rows: number, arena: Arena): Leg[] {
  const { halves = 1, type, length, offset, heard } = field;
  const halfBytes = (length * BYTES[type]) / halves;
  const rowBytes = halfBytes / rows;
  if (!Number.isInteger(rowBytes))
    throw new Error(`field ${field.name} is heard, and has no row for each of ${rows}`);
  const base = new Uint8Array(
    arena.memory.buffer,
    offset + (halves === 2 ? parity * halfBytes : 0),
    halfBytes,
  );
  const common = { peer: peer.rank, tag: Tag.FIELD + index, base, rowBytes };
  const sends = heard === 'arcs' ? peer.sendsArcs : peer.sends;
  const [first, count] = heard === 'arcs' ? [peer.firstArc, peer.countArcs] : [peer.first, peer.count];
  const legs: Leg[] = [];
  if (sends.length > 0) legs.push({ kind: 'send', ...common, rows: sends });
  if (count > 0)
    legs.push({ kind: 'receive', ...common, rows: Uint32Array.from({ length: count }, (_, i) => first + i) });
  return legs;
}
