/**
 * What a loop that allocates nothing looks like from outside. The used heap is read at equal distances,
 * without a garbage collection in between to hide what was made. What is made every round shows in every
 * window: one object of 16 bytes a round as 16 bytes times its rounds. Compilers that are late (a busy
 * machine) or the collector show in some windows and not in others, so the flattest counts.
 */

import { expect } from 'vitest';

/** Less than the smallest object there is. */
const ALLOWED_BYTES_PER_ROUND = 2;

/** `used`: bytes at equal distances of `rounds`. */
export function expectFlat(used: readonly number[], rounds: number): void {
  const grown = used.slice(1).map((bytes, window) => Math.abs(bytes - used[window]!));
  expect(grown.length).toBeGreaterThan(0);
  expect(Math.min(...grown), `bytes by window: ${grown}`).toBeLessThanOrEqual(
    rounds * ALLOWED_BYTES_PER_ROUND,
  );
}
