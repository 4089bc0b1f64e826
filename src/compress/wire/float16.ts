/**
 * IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. From a double in one rounding, to the
 * nearest, ties to even (by way of float32 some numbers would be rounded twice).
 */

import { nearest, signBit } from '../../../kernels/reference/compressors.js';

const LARGEST = 0x7bff; // 65504
const NOT_A_NUMBER = 0x7e00;
/** Half a unit above the largest: from here on the nearest number would be infinity. */
const OVERFLOW = 65_520;

/** The 16 bits of the nearest number; of the largest finite one where x is beyond it. */
export function float16Bits(x: number): number {
  const sign = signBit(x) << 15;
  const magnitude = Math.abs(x);
  if (Number.isNaN(x)) return NOT_A_NUMBER;
  if (magnitude >= OVERFLOW) return sign | LARGEST;
  // Denormals are multiples of 2^-24; the first of the normal ones follows the last of them, in code as in
  // value.
  if (magnitude < 2 ** -14) return sign | nearest(magnitude * 2 ** 24);
  let exponent = -14;
  for (let power = 2 ** -13; magnitude >= power; power *= 2) exponent++;
  // 1024 .. 2048: rounding up to 2048 carries into the exponent, which is right.
  const fraction = nearest(magnitude * 2 ** (10 - exponent));
  return sign | (((exponent + 15) << 10) + fraction - 1024);
}

export function float16Value(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  let magnitude = fraction * 2 ** -24;
  if (exponent === 31) magnitude = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  else if (exponent > 0) magnitude = (1024 + fraction) * 2 ** (exponent - 25);
  return bits >>> 15 ? -magnitude : magnitude;
}
