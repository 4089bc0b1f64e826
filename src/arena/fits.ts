/**
 * Whether the shared memory of a run can be had: what 32-bit WebAssembly can address, and what the machine has
 * free. On the host alone: workers are given memory that is there.
 */

import { formatBytes } from '../../topology/memory.js';
import { InputError } from '../base/errors.js';
import { checkMemory } from '../base/memory.js';
import { type Layout, MAX_ARENA_BYTES } from './layout.js';

export { formatBytes };

/** What to do about a run that does not fit. */
export const OVER_RANKS =
  'over several ranks each has 4 GiB of its own: mpirun -n RANKS sottovoce run CONFIG --mpi';

let mostBytes = MAX_ARENA_BYTES;

/** For tests: as if WebAssembly could address so much; null for what it really can. */
export function assumeMostArena(bytes: number | null): void {
  mostBytes = bytes ?? MAX_ARENA_BYTES;
}

/** Refuses, before anything is allocated, what 32-bit WebAssembly cannot address or memory cannot hold. */
export function checkArenaFits(layout: Layout): void {
  if (layout.totalBytes <= mostBytes) {
    checkMemory('the shared memory of this run', layout.totalBytes);
    return;
  }
  const largest = Object.values(layout.fields)
    .map((f) => ({ name: f.name, bytes: f.stride * (f.perWorker ? layout.workers : 1) }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 3)
    .map((f) => `${f.name} ${formatBytes(f.bytes)}`);
  const ratio = mostBytes / layout.totalBytes;
  throw new InputError(
    `this run needs ${formatBytes(layout.totalBytes)} of shared memory, ${formatBytes(layout.totalBytes - mostBytes)} more than the 4 GiB that 32-bit WebAssembly can address (largest: ${largest.join(', ')})`,
    {
      hint: `about ${Math.floor(ratio * 100)}% of the agents, or of the dimension, would fit; ${OVER_RANKS}`,
    },
  );
}
