/**
 * What an agent of a user's flow hears of one message: columns that are made for a whole block when the first
 * agent of it asks, and neighbours one by one. Estimates are received as a whole when the block begins: they
 * move on whether anybody reads them or not.
 */

import type { Runtime } from '../runtime.js';
import type { Message } from './custom-module.js';
import type { Cursor, Places } from './custom-places.js';
import type { Heard, HeardFrom } from './custom-types.js';
import type { Estimate } from './estimate.js';
import type { Channel } from './types.js';

export interface BoundHeard {
  /** What the module sees of it. */
  view: Heard;
  /** At the beginning of a block. */
  receive(): void;
  /** Whether it was on its way to infinity, beyond `limit`. */
  lost(limit: number): boolean;
}

/** `sums`: the channel bound with degrees of 0, so that it gathers minus the sum over the neighbours. */
export function bindHeard(
  message: Message,
  channel: Channel,
  sums: Channel,
  estimate: Estimate | null,
  runtime: Runtime,
  cursor: Cursor,
  places: Places,
): BoundHeard {
  const { arena, worker, rowBytes, numbers, blockAgents, dim: length, graph } = runtime;
  const { reals } = places;
  const { realBytes } = arena;
  const { name, form } = message;
  const rowsOf = (what: string) => arena.address(`scratch.heard.${name}.${what}`, worker);

  // A name is put together here, and not in a round.
  const laplacianRows = rowsOf('laplacian');
  const ownRows = rowsOf('own');

  const column = (what: string, fill: (first: number, count: number, out: number) => void) => {
    const rows = rowsOf(what);
    const place = places.block(`heard.${name}.${what}`, rows, length, rowBytes, blockAgents);
    let block = -1;
    let turn = -1;
    return (): Float64Array => {
      const fresh = turn !== cursor.turn;
      if (fresh) {
        if (!cursor.hearing) {
          throw new Error(
            `heard.${name}.${what} is read, expected that in step alone: elsewhere nothing is heard`,
          );
        }
        if (block !== cursor.block) {
          fill(cursor.first, cursor.count, rows);
          block = cursor.block;
        }
        turn = cursor.turn;
      }
      return place.array(cursor.row, fresh);
    };
  };
  const laplacian = column('laplacian', (first, count, out) => {
    if (estimate === null) channel.gather(first, count, cursor.heardRound, out);
  });
  const own = column('own', (first, count, out) => {
    if (estimate === null) channel.decode(first, count, cursor.heardRound, out);
  });
  const degrees = arena.view(graph.changing === undefined ? 'graph.degrees' : 'links.degrees', 'f64');
  const sum = column('sum', (first, count, out) => {
    if (estimate === null) {
      sums.gather(first, count, cursor.heardRound, out);
      const end = (out + count * rowBytes) / realBytes;
      for (let at = out / realBytes; at < end; at++) reals[at] = -reals[at]!;
      return;
    }
    // Of estimates it is what remains of the Laplacian's row.
    for (let row = 0; row < count; row++) {
      const degree = degrees[first + row]!;
      const from = (row * rowBytes) / realBytes;
      for (let c = from; c < from + length; c++) {
        reals[out / realBytes + c] =
          degree * reals[ownRows / realBytes + c]! - reals[laplacianRows / realBytes + c]!;
      }
    }
  });

  const rowStart = arena.view('graph.rowStart', 'u32');
  const columns = arena.view('graph.columns', 'u32');
  const weights = arena.view(graph.changing === undefined ? 'graph.weights' : 'links.weights', 'f64');
  const everyWeight = graph.weightStride / 8;
  const one = rowsOf('one');
  const entries: { agent: number; weight: number; message: Float64Array }[] = [];
  /** Lists of 0, 1, 2, ... neighbours, made once. */
  const lists: HeardFrom[][] = [];
  let eachTurn = -1;
  let count = 0;
  const each = (): readonly HeardFrom[] => {
    if (form === 'difference' && !message.each) {
      throw new Error(
        `heard.${name}.each is read, expected messages: { ${name}: { form: 'difference', each: true } }`,
      );
    }
    if (eachTurn !== cursor.turn) {
      if (!cursor.hearing) throw new Error(`heard.${name}.each is read, expected that in step alone`);
      eachTurn = cursor.turn;
      count = 0;
      const { position, heardRound } = cursor;
      for (let arc = rowStart[position]!; arc < rowStart[position + 1]!; arc++) {
        const weight = weights[arc * everyWeight]!;
        // A link that is down.
        if (weight === 0) continue;
        const from = columns[arc]!;
        if (count === entries.length)
          entries.push({ agent: 0, weight: 0, message: new Float64Array(length) });
        const entry = entries[count++]!;
        entry.agent = numbers === undefined ? from : numbers[from]!;
        entry.weight = weight;
        channel.decode(from, 1, heardRound, one);
        const known = estimate === null ? -1 : (estimate.at(heardRound) + from * rowBytes) / realBytes;
        for (let c = 0; c < length; c++) {
          const q = reals[one / realBytes + c]!;
          entry.message[c] = known < 0 ? q : reals[known + c]! + q;
        }
      }
    }
    lists[count] ??= entries.slice(0, count);
    return lists[count]!;
  };

  return {
    view: Object.freeze({
      get own() {
        return own();
      },
      get laplacian() {
        return laplacian();
      },
      get sum() {
        return sum();
      },
      get each() {
        return each();
      },
    }),
    receive() {
      if (estimate === null) return;
      estimate.receive(cursor.first, cursor.count, cursor.heardRound, laplacianRows, ownRows);
    },
    lost(limit) {
      return [own(), laplacian()].some((row) => row.some((entry) => !(Math.abs(entry) < limit)));
    },
  };
}
