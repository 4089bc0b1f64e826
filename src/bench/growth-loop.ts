/**
 * Plain loops over as much memory as what is measured beside them, in the same order: an entry of every
 * cache line of each neighbour's row, or of every line of an array. They grow with their size and with the
 * caches, and with nothing else.
 */

import type { Graph } from '../../topology/index.js';

/** Entries of a cache line. */
const LINE = 8;

/** Reads of every neighbour's row one entry a line, over all edges both ways. */
export function gatherLoop({ nodes, rowStart, columns }: Graph, entries: number): () => number {
  const rows = new Float64Array(nodes * entries).fill(1);
  const sums = new Float64Array(nodes);
  return () => {
    for (let node = 0; node < nodes; node++) {
      let sum = 0;
      for (let arc = rowStart[node]; arc < rowStart[node + 1]; arc++) {
        const row = columns[arc] * entries;
        for (let entry = 0; entry < entries; entry += LINE) sum += rows[row + entry];
      }
      sums[node] = sum;
    }
    return sums[0];
  };
}

/** Goes through an array of so many entries, all of them. */
export function streamLoop(entries: number): () => number {
  const values = new Float64Array(entries).fill(1);
  return () => {
    let sum = 0;
    for (let entry = 0; entry < entries; entry++) sum += values[entry];
    return sum;
  };
}

/** Seconds of one call, of as many in a row as take a while. */
export function timed(work: () => unknown, leastSeconds = 0.02): () => Promise<number> {
  let count = 1;
  return async () => {
    for (;;) {
      const begun = performance.now();
      for (let call = 0; call < count; call++) work();
      const seconds = (performance.now() - begun) / 1000;
      if (seconds >= leastSeconds / 2) return seconds / count;
      count = Math.max(
        count + 1,
        Math.min(10 * count, Math.ceil((count * leastSeconds) / Math.max(seconds, 1e-6))),
      );
    }
  };
}
