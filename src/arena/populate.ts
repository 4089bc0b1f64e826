/**
 * The first touch of the arena. The operating system hands out a page of zeros when somebody first touches
 * it, in the memory nearest to whoever does. So each worker touches its own agents' rows, and its own copies
 * of what every worker has; what is nobody's is shared alike. Otherwise the first rounds would take several
 * times as long as the rest, and all rows lie in the memory of the thread that filled them.
 *
 * Adds 0 to one word a page, atomically: what anybody else has written there, or writes now, stays.
 */

import type { Arena } from './arena.js';
import { BYTES, type Layout } from './layout.js';

/** Bytes of the smallest pages that operating systems hand out. */
const SYSTEM_PAGE_BYTES = 4096;

export interface ByteRange {
  from: number;
  to: number;
}

/** `partition`: worker w has agents partition[w] .. partition[w + 1] - 1. */
export function populate({ memory, layout }: Arena, worker: number, partition: readonly number[]): void {
  const words = new Int32Array(memory.buffer);
  const step = SYSTEM_PAGE_BYTES / words.BYTES_PER_ELEMENT;
  for (const { from, to } of ownRanges(layout, worker, partition)) {
    const end = Math.ceil(to / SYSTEM_PAGE_BYTES);
    // A page belongs to who has its first byte.
    for (let page = Math.ceil(from / SYSTEM_PAGE_BYTES); page < end; page++)
      Atomics.add(words, page * step, 0);
  }
}

/**
 * What of all fields is a worker's: together all workers have each byte once. Of a field that has as many
 * entries for each agent that is exactly its agents' rows; of lists of neighbours and samples about so.
 */
export function ownRanges(layout: Layout, worker: number, partition: readonly number[]): ByteRange[] {
  const workers = partition.length - 1;
  const share = (edge: number) => partition[edge]! / partition[workers]!;
  return Object.values(layout.fields).flatMap((field) => {
    const { offset, stride, length, type, perWorker, halves = 1 } = field;
    if (perWorker) return [{ from: offset + worker * stride, to: offset + (worker + 1) * stride }];
    const bytes = (length * BYTES[type]) / halves;
    return Array.from({ length: halves }, (_, half) => {
      const base = offset + half * bytes;
      const isEnd = half === halves - 1 && worker === workers - 1;
      return {
        from: base + Math.floor(bytes * share(worker)),
        to: isEnd ? offset + stride : base + Math.floor(bytes * share(worker + 1)),
      };
    });
  });
}
