/**
 * The machine's caches, as Linux tells them. What is chosen by them (how many agents make a block, whether
 * agents are laid out in another order) changes how fast a run is and never its bits.
 */

import { readFileSync } from 'node:fs';

export interface Cache {
  level: number;
  /** `Data`, `Instruction`, `Unified`. */
  type: string;
  /** As the system writes it: `512K`. */
  size: string;
  bytes: number;
}

/** Where nothing is known: what most cores since 2017 have at least. */
const USUAL_SECOND_BYTES = 512 * 1024;
const USUAL_LAST_BYTES = 8 * 2 ** 20;

const UNITS: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Of the first core, level by level; none where the system does not say. */
export function readCaches(folder = '/sys/devices/system/cpu/cpu0/cache'): Cache[] {
  const found: Cache[] = [];
  for (let index = 0; ; index++) {
    const read = (name: string) => {
      try {
        return readFileSync(`${folder}/index${index}/${name}`, 'utf8').trim();
      } catch {
        return null;
      }
    };
    const level = read('level');
    if (level === null) return found;
    const size = read('size') ?? '';
    const [, count = '0', unit = ''] = /^(\d+)([KMG]?)$/.exec(size) ?? [];
    found.push({
      level: Number(level),
      type: read('type') ?? '',
      size,
      bytes: Number(count) * (UNITS[unit] ?? 1),
    });
  }
}

export interface CacheBytes {
  /** Of the second cache, which a core has to itself on nearly all machines. */
  second: number;
  /** Of the last one. */
  last: number;
}

let known: CacheBytes | undefined;

/** Of this machine. Read once. */
export function cacheBytes(): CacheBytes {
  known ??= sizesOf(readCaches());
  return known;
}

export function sizesOf(caches: readonly Cache[]): CacheBytes {
  const data = caches.filter(({ type, bytes }) => type !== 'Instruction' && bytes > 0);
  const second = data.find(({ level }) => level === 2)?.bytes ?? USUAL_SECOND_BYTES;
  const last = data.reduce(
    (largest, { level, bytes }) => (level > 2 && bytes > largest ? bytes : largest),
    0,
  );
  return { second, last: last > 0 ? last : Math.max(second, USUAL_LAST_BYTES) };
}
