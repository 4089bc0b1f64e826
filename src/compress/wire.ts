/** Sizes that messages are planned with; the formats themselves stand in `kernels/index.ts` and `kernels/reference/wire.ts`. */

export {
  denseBits,
  levelBits,
  scalarBits,
  signBits,
  slotBytes,
  sparseBits,
} from '../../kernels/reference/wire.js';

/** Bits of one index into dim entries: ceil(log2 dim). */
export function indexBits(dim: number): number {
  return dim <= 1 ? 0 : 32 - Math.clz32(dim - 1);
}

export function nextPowerOfTwo(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}
