/**
 * Memory that is still free for this process, and the refusal of what would take more, said before any of it
 * is taken. The kernel's own answer comes later and says nothing: it ends the process.
 *
 * Free is the smallest of what the machine has to give (os.freemem: on Linux MemAvailable), of what the limit
 * of the process leaves (process.constrainedMemory), and of what every control group above us leaves: its
 * limit, less what it uses, but for the pages of files that the kernel gives back.
 */
import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { posix } from 'node:path';
import { controlGroups, type Read } from './control-groups.js';

export interface FreeMemory {
  bytes: number;
  /** Who says so, as the end of a sentence: 'that are free', 'that are left of 2.0 GiB (control group)'. */
  says: string;
}

/** Less than this is taken unasked: it takes longer to look than to allocate. */
const UNASKED_BYTES = 32 * 2 ** 20;

let assumed: number | null = null;

/** For tests: as if so many bytes were free on the machine; null for what really is. */
export function assumeFreeMemory(bytes: number | null): void {
  assumed = bytes;
}

/** What is free now; it is looked up at every call. */
export function freeMemory(): FreeMemory {
  if (assumed !== null) return { bytes: assumed, says: 'that are free' };
  return measureFreeMemory(freemem(), process.constrainedMemory?.() ?? 0, (file) => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return null;
    }
  });
}

/** @param constrained 0, or more than there is, where nothing limits the process */
export function measureFreeMemory(free: number, constrained: number, read: Read): FreeMemory {
  let found: FreeMemory = { bytes: free, says: 'that are free' };
  const atMost = (bytes: number, says: string) => {
    if (bytes < found.bytes) found = { bytes: Math.max(0, bytes), says };
  };
  if (constrained > 0) atMost(constrained, 'that this process may have');
  for (const { version, folder } of controlGroups('memory', read)) {
    const file = (name: string) => read(posix.join(folder, name)) ?? '';
    const [limit, used, cached] =
      version === 2
        ? [file('memory.max'), file('memory.current'), /^inactive_file (\d+)/m]
        : [file('memory.limit_in_bytes'), file('memory.usage_in_bytes'), /^total_inactive_file (\d+)/m];
    // `max`, or no such file: no limit.
    if (!/^\d+\s*$/.test(limit)) continue;
    const reclaimable = Number(cached.exec(file('memory.stat'))?.[1] ?? 0);
    const left = Number(limit) - Math.max(0, (Number(used) || 0) - reclaimable);
    atMost(left, `that are left of the ${formatBytes(Number(limit))} of the control group`);
  }
  return found;
}

/**
 * What is to be said where so many bytes do not fit: 'takes 476.8 GiB at least, expected at most the 12.1 GiB
 * that are free'. Null where they do.
 */
export function beyondMemory(bytes: number): string | null {
  if (bytes <= UNASKED_BYTES && assumed === null) return null;
  const free = freeMemory();
  if (bytes <= free.bytes) return null;
  return `takes ${formatBytes(bytes)} at least, expected at most the ${formatBytes(free.bytes)} ${free.says}`;
}

/** 1536 -> '1.50 KiB'. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}
