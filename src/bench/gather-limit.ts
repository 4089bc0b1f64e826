/**
 * The limit of a round that reads neighbours' rows: C with the processor's own instruction to ask for a line,
 * over the same graph, and nothing but the reads.
 */

import type { Peers } from './peers-open.js';
import { DEGREE } from './problem.js';
import { ROW_BYTES } from './round-bytes.js';

/** Agents ahead, of which the best counts: one or two on all machines that were seen. */
const AHEAD = [1, 2, 4];
const PASSES = 3;

/** What it is, for notes below tables. */
export const GATHER_LIMIT = 'the gather limit: C that asks for rows early and does nothing else';

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
