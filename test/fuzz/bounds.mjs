/** What reading one small file may take. */

/** Processor time of one call; a file that takes longer is over time. */
export const MOST_CPU_MS = 2000;

/** A call that has not come back after so much processor time hangs. */
export const HANG_MS = 10_000;

/** Bytes that a call may leave behind for a file of so many bytes: a floor, and so many for each. */
export function memoryBound(bytes) {
  return 96 * 2 ** 20 + 1000 * bytes;
}

/** Resident memory above what the process had when it began, at any time; a process that has more is ended. */
export const MOST_RESIDENT_BYTES = 1024 * 2 ** 20;

/** Heap of the process that reads. */
export const HEAP_MIB = 1024;
