/**
 * How fast the machine is at this moment: the time of a fixed piece of work that no build of this package changes.
 * Half of it is arithmetic in registers, half of it goes through 16 MiB of memory. A profile notes it beside each
 * repeat, so that a later one can tell its machine's whim from its own.
 */

import { timeThread } from '../run/thread-times.js';

const ENTRIES = 2 ** 21;
const STEPS = 2 ** 22;
const PASSES = 4;
/** The fastest counts: what disturbs only ever adds. */
const TRIES = 3;

let memory: Float64Array | null = null;

/** Nanoseconds, without what others took of them where the system says so. About 60 ms in all. */
export function yardstick(): number {
  memory ??= new Float64Array(ENTRIES).fill(1);
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const stop = timeThread();
    work(memory);
    const { wall, putAside } = stop();
    least = Math.min(least, wall - (putAside ?? 0));
  }
  return 1e9 * least;
}

function work(entries: Float64Array): void {
  let a = 1;
  for (let step = 0; step < STEPS; step++) a = a * 0.999999 + 1e-6;
  for (let pass = 0; pass < PASSES; pass++) {
    for (let at = 0; at < entries.length; at++) entries[at] = (entries[at] ?? 0) * 0.5 + a;
  }
}
