/**
 * How much memory a run takes, said before any of it is allocated: the arena to the byte, and beside it what
 * Node, its threads and the host's own copy of the graph take. The constants were measured (resident size of
 * a process that runs a tiny problem with 1 to 8 workers) and are part of the estimate only.
 */

import { arenaBytes } from '../arena/arena.js';
import { goesBack, snapshotBytes } from './snapshot.js';
import type { RunPlan } from './types.js';

const MIB = 2 ** 20;
/** Main thread and coordinator with everything loaded. */
export const PROCESS_BYTES = 130 * MIB;
/** One more agents thread: its isolate and its compiled code. */
export const WORKER_BYTES = 9 * MIB;
/** What planning keeps of every agent on the host, and what building the graph leaves behind. */
const AGENT_BYTES = 48;

/**
 * What rows of a trace make the heaps of Node's threads grow by while they come, are written and read again. They
 * grow no further than that: no more than some thousand rows are kept. Measured with 10^4 to 8 10^5 of them.
 */
const ROW_BYTES = 896;
const MOST_ROWS = 65_536;

/** More than this beside the process, and what making it has left behind would count in the estimate. */
const WORTH_COLLECTING_BYTES = 32 * MIB;

type Sized = Pick<RunPlan, 'layout' | 'rounds' | 'traceEvery'>;

export interface MemoryEstimate {
  arenaBytes: number;
  processBytes: number;
}

/** `staged`: whether checkpoints are taken while it runs, in memory of their own. */
export function estimateMemory(run: RunPlan, graphBytes: number, staged: boolean): MemoryEstimate {
  const { layout, agents } = run;
  const arena = arenaBytes(layout);
  const copies = (goesBack(run) ? 1 : 0) + (staged ? 1 : 0);
  const host = graphBytes + agents * AGENT_BYTES + copies * snapshotBytes(layout);
  return { arenaBytes: arena, processBytes: arena + host + bytesOfAny(run) };
}

/** What any run takes that has as many workers and rows, however small its problem is. */
function bytesOfAny({ layout, rounds, traceEvery }: Sized): number {
  const rows = Math.min(MOST_ROWS, rounds / traceEvery);
  return PROCESS_BYTES + layout.workers * WORKER_BYTES + rows * ROW_BYTES;
}

/**
 * Whether what is left of making a run (lists of edges, orders that were tried, arenas of trial runs) may be as
 * much as a good part of the run: then it is to be given back before the run's own memory is taken.
 */
export function leavesGarbage({ processBytes }: MemoryEstimate, run: Sized): boolean {
  return processBytes - bytesOfAny(run) > WORTH_COLLECTING_BYTES;
}
