/**
 * What the leaders of all ranks do next: rank 0 decides, and tells the others along a tree. Rank r hears it from rank
 * (r - 1) / 2, rounded down, and tells 2 r + 1 and 2 r + 2, so it has reached R ranks after log2 R steps.
 */

import { Tag } from './exchange.js';
import type { Repeated, Transport } from './transport.js';

export interface Council {
  /** Whether it is this rank that decides. */
  readonly decides: boolean;
  /** All leaders call it alike, as often; gives what rank 0 was called with. */
  agree(word: number): number;
  /** The same in two steps, between which something else may be done. */
  begin(word: number): void;
  end(): number;
}

export function bindCouncil(transport: Transport): Council {
  const { rank, ranks } = transport;
  const memory = new SharedArrayBuffer(4);
  const base = new Uint8Array(memory);
  const word = new Int32Array(memory);
  const common = { tag: Tag.COMMAND, base, rowBytes: 4, rows: Uint32Array.of(0) };
  const below = [2 * rank + 1, 2 * rank + 2].filter((peer) => peer < ranks);
  const hears: Repeated | null =
    rank === 0 ? null : transport.repeated([{ kind: 'receive', peer: (rank - 1) >> 1, ...common }]);
  const tells: Repeated | null =
    below.length === 0
      ? null
      : transport.repeated(below.map((peer) => ({ kind: 'send' as const, peer, ...common })));
  const begin = (own: number) => {
    word[0] = own;
    if (hears !== null) hears.start();
    else tells?.start();
  };
  const end = () => {
    if (hears !== null) {
      hears.wait();
      tells?.start();
    }
    tells?.wait();
    return word[0];
  };
  return {
    decides: rank === 0,
    begin,
    end,
    agree(own) {
      begin(own);
      return end();
    },
  };
}

/** The same bytes on all ranks: those of rank `root`. */
export function broadcast(transport: Transport, root: number, tag: number, bytes: Uint8Array): void {
  const { rank, ranks } = transport;
  const place = (rank - root + ranks) % ranks;
  const at = (p: number) => (p + root) % ranks;
  if (place > 0) transport.receive(at((place - 1) >> 1), tag, bytes);
  for (const below of [2 * place + 1, 2 * place + 2])
    if (below < ranks) transport.send(at(below), tag, bytes);
}
