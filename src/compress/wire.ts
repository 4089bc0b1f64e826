/**
 * What the wire formats of `kernels/bindings.ts` weigh: bits of the packed message, and bytes of the outbox slot that holds it.
 */

export const FLOAT64_BITS = 64;

/** Bits of one index into dim entries: ceil(log2 dim). */
export function indexBits(dim: number): number {
  return dim <= 1 ? 0 : 32 - Math.clz32(dim - 1);
}

/** Slots start 8-byte aligned. */
export function slotBytes(messageBits: number): number {
  return Math.ceil(messageBits / 64) * 8;
}

export function nextPowerOfTwo(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}
