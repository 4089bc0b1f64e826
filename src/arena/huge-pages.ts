/**
 * Pages of 2 MiB for a large arena. Neighbours' rows are scattered over it, and with pages of 4 KiB nearly
 * every one of them costs a walk through the page tables. Node has no way to ask for larger ones, libc has:
 * `madvise`, through koffi, which is optional. Without it, on other systems, and where the kernel gives none,
 * nothing happens and runs are the same. It changes no bits.
 */

import { readFileSync } from 'node:fs';
import { openLibc } from '../base/libc.js';

/** Below this the second level of translation knows all pages. */
const LEAST_BYTES = 32 * 2 ** 20;
const MADV_HUGEPAGE = 14;
/** `never` leaves pages as they are. */
const SWITCH = 'SOTTOVOCE_HUGE_PAGES';
const ENABLED = '/sys/kernel/mm/transparent_hugepage/enabled';

type Madvise = (address: Uint8Array, bytes: number, advice: number) => number;

/** Null where it cannot be had: that is asked once. */
let madvise: Madvise | null | undefined;

/** Asks for them, before the first touch. */
export function askForHugePages(memory: WebAssembly.Memory): void {
  const { byteLength } = memory.buffer;
  if (byteLength < LEAST_BYTES || process.env[SWITCH] === 'never') return;
  if (madvise === undefined) madvise = loadMadvise();
  madvise?.(new Uint8Array(memory.buffer), byteLength, MADV_HUGEPAGE);
}

function loadMadvise(): Madvise | null {
  try {
    // `always` asks for nothing, `never` gives nothing.
    if (!readFileSync(ENABLED, 'utf8').includes('[madvise]')) return null;
    return openLibc().func<Madvise>('int madvise(void *, size_t, int)');
  } catch {
    return null;
  }
}
