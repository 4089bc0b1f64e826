/**
 * Which `size` of an agent's `count` samples a mini-batch looks at, as numbers 0 .. count - 1 in the order
 * drawn; all of them where there are no more. Source: R. W. Floyd, in J. Bentley, Communications of the ACM
 * 30, 1987.
 */

import { type Key, philoxWords } from './philox.js';

export const BATCH_STREAM = 5;

export function drawBatch(count: number, size: number, agent: number, draw: number, key: Key): number[] {
  if (count <= size) return Array.from({ length: count }, (_, sample) => sample);
  const batch = new Set<number>();
  for (const [t, word] of philoxWords(size, agent, draw, BATCH_STREAM, key).entries()) {
    const last = count - size + t;
    const sample = Number((BigInt(word) * BigInt(last + 1)) >> 32n);
    batch.add(batch.has(sample) ? last : sample);
  }
  return [...batch];
}
