/**
 * Whole numbers of any size, in a prefix code: Elias' gamma code of v = 1 + zigzag(q), zigzag taking 0, -1,
 * 1, -2, 2, ... to 0, 1, 2, 3, 4, ...
 *
 *     n ones, a zero, then the n bits of v below its leading one: 2 n + 1 bits, n = floor(log2 v)
 *
 * The prefix is of ones, so zeros alone say 0, 0, 0, ...: a slot of zeros is the zero vector. 32 ones
 * announce a number as it is instead, for what is too large to be counted in steps.
 */

import type { NumberBits } from '../arena/layout.js';
import type { BitReader, BitWriter } from './wire/bits.js';

const ESCAPE_ONES = 32;
/** The longest code of a number. */
export const longestNumberBits = (realBits: NumberBits) => ESCAPE_ONES + realBits;
const FIRST_TOO_LARGE = 2 ** 30;

/** Whether a whole number has a code of its own (NaN has not). */
export function representable(q: number): boolean {
  return Math.abs(q) < FIRST_TOO_LARGE;
}

export function writeWhole(message: BitWriter, q: number): void {
  const v = 1 + (q < 0 ? -2 * q - 1 : 2 * q);
  const below = 31 - Math.clz32(v);
  message.bits(2 ** below - 1, below + 1);
  message.bits(v - 2 ** below, below);
}

export function writeNumber(message: BitWriter, value: number, realBits: NumberBits): void {
  message.bits(2 ** 32 - 1, ESCAPE_ONES);
  message.number(value, realBits);
}

/** A whole number times step, or the number that stands in its place. */
export function readNumber(message: BitReader, step: number, realBits: NumberBits): number {
  let below = 0;
  while (below < ESCAPE_ONES && message.bits(1) === 1) below++;
  if (below === ESCAPE_ONES) return message.number(realBits);
  const zigzag = 2 ** below + message.bits(below) - 1;
  return step * (zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2);
}
