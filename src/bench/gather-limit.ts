/**
 * The limit of a round that reads neighbours' rows: C with the processor's own instruction to ask for a line,
 * over the same graph, and nothing but the reads.
 */

import type { Peers } from './peers-open.js';
import { DEGREE, DIM } from './problem.js';

/** Agents ahead, of which the best counts: one or two on all machines that were seen. */
const AHEAD = [1, 2, 4];
const PASSES = 3;
const ROW_BYTES = 8 * DIM;
/** x' and v written; v, a, b read, each in order; and the neighbours' x. */
const ROUND_ROWS = 5 + DEGREE;

/** Bytes that an uncompressed round in float64 asks memory for, each neighbour's row once. */
export function roundBytes(agents: number): number {
  return agents * ROUND_ROWS * ROW_BYTES;
}

/** Bytes a second of neighbours' rows, of the problem that C was given last. */
export async function gatherLimit(
  c: NonNullable<Peers['c']>,
  agents: number,
  threads: number,
): Promise<number> {
  let best = 0;
  for (const ahead of AHEAD) {
    const seconds = await c.child.seconds('gather', threads, ahead, PASSES);
    best = Math.max(best, (agents * DEGREE * ROW_BYTES * PASSES) / seconds);
  }
  return best;
}
