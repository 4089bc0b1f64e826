/**
 * Which processors the calling thread may run on. Threads that it starts meanwhile inherit it, so whoever
 * changes it gives back what there was (`holdTo`).
 */

import { lastError, openLibc } from './libc.js';

/** Of 8,192 processors: the system wants room for all that it might have. */
const MASK_BYTES = 1024;

interface Calls {
  get: (thread: number, bytes: number, mask: Uint8Array) => number;
  set: (thread: number, bytes: number, mask: Uint8Array) => number;
}

let calls: Calls | undefined;

function affinityCalls(): Calls {
  if (calls === undefined) {
    const libc = openLibc();
    calls = {
      get: libc.func('int sched_getaffinity(int, size_t, void *)'),
      set: libc.func('int sched_setaffinity(int, size_t, void *)'),
    };
  }
  return calls;
}

function maskNow(): Uint8Array {
  const mask = new Uint8Array(MASK_BYTES);
  if (affinityCalls().get(0, MASK_BYTES, mask) < 0)
    throw new Error(`sched_getaffinity is refused (${lastError()})`);
  return mask;
}

function setMask(mask: Uint8Array): void {
  if (affinityCalls().set(0, MASK_BYTES, mask) !== 0)
    throw new Error(`sched_setaffinity is refused (${lastError()})`);
}

/** Throws where threads cannot be held to processors here, with the reason in a few words; changes nothing. */
export function checkAffinity(): void {
  setMask(maskNow());
}

/** Holds the calling thread to one processor; gives what takes that back. Throws where it is refused. */
export function holdTo(processor: number): () => void {
  const before = maskNow();
  const mask = new Uint8Array(MASK_BYTES);
  mask[processor >> 3] = 1 << (processor & 7);
  setMask(mask);
  // Refused where the cpuset has changed meanwhile, and what there was is none of ours any more.
  return () => void affinityCalls().set(0, MASK_BYTES, before);
}
