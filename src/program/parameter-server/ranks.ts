/**
 * What goes between the ranks of a parameter server in a round, straight from and to their arenas, by the thread of each
 * that speaks: all agents' messages to rank 0, those of early agents while the late ones are made, and the server's
 * message to all ranks, along a tree.
 */

import type { Arena } from '../../arena/arena.js';
import { Tag } from '../../ranks/exchange.js';
import type { Leg, Repeated, Transport } from '../../ranks/transport.js';
import type { ServerPart } from './divide.js';
import type { ServerRunPlan } from './types.js';

/** Tags follow those of other uses. */
const EARLY = Tag.FIELD;
const LATE = Tag.FIELD + 2;
const DOWN = Tag.FIELD + 4;

export interface Spoken {
  /** Messages of early and of late agents, up. */
  early: Repeated;
  late: Repeated;
  /** The server's message: from the rank above, and to those below. */
  hears: Repeated;
  tells: Repeated;
}

export function bindSpoken(
  plan: ServerRunPlan,
  part: ServerPart,
  arena: Arena,
  transport: Transport,
): Spoken {
  const { rank, ranks, starts, middles } = part;
  const view = (name: string) => {
    const { offset, stride } = arena.layout.fields[name];
    return new Uint8Array(arena.memory.buffer, offset, stride);
  };
  const fields: { base: Uint8Array; rowBytes: number }[] = [
    { base: view('uplink.slots'), rowBytes: plan.uplink.slotBytes },
    ...(plan.uplink.messageBits === null ? [{ base: view('uplink.lengths'), rowBytes: 4 }] : []),
  ];
  /** The agents of a rank from one number to another; on rank 0 a slot's place is its agent's number. */
  const up = (tag: number, peer: number, from: number, to: number): Leg[] =>
    from === to
      ? []
      : fields.map(({ base, rowBytes }, i) => ({
          kind: rank === 0 ? 'receive' : 'send',
          peer,
          tag: tag + i,
          base,
          rowBytes,
          rows: rowsFrom(rank === 0 ? from : from - starts[rank], to - from),
        }));
  const upwards = (tag: number, rangeOf: (r: number) => [number, number]) =>
    transport.repeated(
      rank > 0
        ? up(tag, 0, ...rangeOf(rank))
        : Array.from({ length: ranks - 1 }, (_, i) => up(tag, i + 1, ...rangeOf(i + 1))).flat(),
    );
  const slot = {
    tag: DOWN,
    base: view('downlink.slot'),
    rowBytes: plan.downlink.slotBytes,
    rows: rowsFrom(0, 1),
  };
  const below = [2 * rank + 1, 2 * rank + 2].filter((peer) => peer < ranks);
  return {
    early: upwards(EARLY, (r) => [starts[r], middles[r]]),
    late: upwards(LATE, (r) => [middles[r], starts[r + 1]]),
    hears: transport.repeated(rank === 0 ? [] : [{ kind: 'receive', peer: (rank - 1) >> 1, ...slot }]),
    tells: transport.repeated(below.map((peer) => ({ kind: 'send', peer, ...slot }))),
  };
}

/** On rank 0: agents of other ranks, by number, that this one of its workers reads the messages of. */
export function foreignOf(
  { starts, middles, ranks }: ServerPart,
  which: 'early' | 'late',
  index: number,
  of: number,
): Uint32Array {
  const all: number[] = [];
  for (let r = 1; r < ranks; r++) {
    const [from, to] = which === 'early' ? [starts[r], middles[r]] : [middles[r], starts[r + 1]];
    for (let agent = from; agent < to; agent++) all.push(agent);
  }
  const share = (i: number) => Math.floor((all.length * i) / of);
  return Uint32Array.from(all.slice(share(index), share(index + 1)));
}

function rowsFrom(first: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => first + i);
}
