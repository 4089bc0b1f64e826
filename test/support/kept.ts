/**
 * The cache of `src/base/remembered.ts` as tests have it: what is made is kept, however fast this machine makes it.
 */

import { performance } from 'node:perf_hooks';
import { vi } from 'vitest';

const shared = globalThis as { [key: symbol]: ((name: string) => string | null) | undefined };
const KEY = Symbol.for('sottovoce.cache');

let clock: { mockRestore(): void } | null = null;

/** What is made from now on is kept in `folder`, and found there. */
export function keepIn(folder: string): void {
  keepNothing();
  shared[KEY] = () => folder;
  // Whatever is made between two readings of this clock took so long that it is worth keeping.
  let ms = 0;
  clock = vi.spyOn(performance, 'now').mockImplementation(() => (ms += 1000));
}

/** As it is where nobody says where. */
export function keepNothing(): void {
  delete shared[KEY];
  clock?.mockRestore();
  clock = null;
}
