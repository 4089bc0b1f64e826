/**
 * The packed messages, one field after the other. Little-endian; a slot is a whole number of 8-byte words, and bits that belong
 * to no field are zero.
 *
 *     dense   n float64
 *     scalars m float64
 *     sign    float64 (or float32) scale, then n bits: bit c is the sign bit of entry c
 *     levels  float64 step (where it is not shared), then n whole numbers in two's complement of `bits` bits
 *     sparse  k float64, then k indices of `indexBits` bits, ascending, least significant bit first
 */

import { type Quantized, type Signed, signBit, signScale, topIndices } from './compressors.js';

export const denseBits = (n: number) => 64 * n;
export const scalarBits = (m = 1) => 64 * m;
export const signBits = (n: number, scaleBits: 64 | 32 = 64) => scaleBits + n;
export const levelBits = (n: number, bits: number, sharedStep: boolean) => (sharedStep ? 0 : 64) + n * bits;
export const sparseBits = (k: number, indexBits: number) => k * (64 + indexBits);

/** Bytes of the slot that holds a message. */
export function slotBytes(bits: number): number {
  return Math.ceil(bits / 64) * 8;
}

/** Fields are appended bit by bit, which is slow and plain. */
class BitWriter {
  readonly bytes: Uint8Array;
  #position = 0;

  constructor(bits: number) {
    this.bytes = new Uint8Array(slotBytes(bits));
  }

  bits(value: number, count: number): void {
    for (let b = 0; b < count; b++, this.#position++) {
      if (Math.floor(value / 2 ** b) % 2 === 1) this.bytes[this.#position >> 3] |= 1 << (this.#position & 7);
    }
  }

  float64(value: number): void {
    new DataView(this.bytes.buffer).setFloat64(this.#position / 8, value, true);
    this.#position += 64;
  }

  float32(value: number): void {
    new DataView(this.bytes.buffer).setFloat32(this.#position / 8, value, true);
    this.#position += 32;
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bits(count: number): number {
    let value = 0;
    for (let b = 0; b < count; b++, this.#position++) {
      if ((this.#bytes[this.#position >> 3] >> (this.#position & 7)) & 1) value += 2 ** b;
    }
    return value;
  }

  float64(): number {
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    const value = view.getFloat64(this.#position / 8, true);
    this.#position += 64;
    return value;
  }

  float32(): number {
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    const value = view.getFloat32(this.#position / 8, true);
    this.#position += 32;
    return value;
  }
}

export function encodeDense(e: Float64Array): Uint8Array {
  const writer = new BitWriter(denseBits(e.length));
  for (const entry of e) writer.float64(entry);
  return writer.bytes;
}

export function encodeScalars(numbers: ArrayLike<number>): Uint8Array {
  const writer = new BitWriter(scalarBits(numbers.length));
  for (let j = 0; j < numbers.length; j++) writer.float64(numbers[j]);
  return writer.bytes;
}

export function encodeSign(e: Float64Array): Uint8Array {
  return encodeSigned({ scale: signScale(e), entries: e });
}

export function encodeSigned({ scale, entries }: Signed, scaleBits: 64 | 32 = 64): Uint8Array {
  const writer = new BitWriter(signBits(entries.length, scaleBits));
  if (scaleBits === 64) writer.float64(scale);
  else writer.float32(scale);
  for (const entry of entries) writer.bits(signBit(entry), 1);
  return writer.bytes;
}

export function encodeLevels({ step, levels }: Quantized, bits: number, sharedStep: boolean): Uint8Array {
  const writer = new BitWriter(levelBits(levels.length, bits, sharedStep));
  if (!sharedStep) writer.float64(step);
  for (const level of levels) writer.bits(level < 0 ? level + 2 ** bits : level, bits);
  return writer.bytes;
}

export function encodeSparse(e: Float64Array, k: number, indexBits: number): Uint8Array {
  const writer = new BitWriter(sparseBits(k, indexBits));
  const indices = topIndices(e, k);
  for (const c of indices) writer.float64(e[c]);
  for (const c of indices) writer.bits(c, indexBits);
  return writer.bytes;
}

export function decodeDense(slot: Uint8Array, n: number): Float64Array {
  const reader = new BitReader(slot);
  return Float64Array.from({ length: n }, () => reader.float64());
}

export function decodeScalars(slot: Uint8Array, m: number): Float64Array {
  return decodeDense(slot, m);
}

export function decodeSign(slot: Uint8Array, n: number, scaleBits: 64 | 32 = 64): Float64Array {
  const reader = new BitReader(slot);
  const scale = scaleBits === 64 ? reader.float64() : reader.float32();
  return Float64Array.from({ length: n }, () => (reader.bits(1) ? -scale : scale));
}

export function decodeLevels(slot: Uint8Array, n: number, bits: number, sharedStep?: number): Float64Array {
  const reader = new BitReader(slot);
  const step = sharedStep ?? reader.float64();
  return Float64Array.from({ length: n }, () => {
    const code = reader.bits(bits);
    return step * (code >= 2 ** (bits - 1) ? code - 2 ** bits : code);
  });
}

export function decodeSparse(slot: Uint8Array, n: number, k: number, indexBits: number): Float64Array {
  const reader = new BitReader(slot);
  const values = Array.from({ length: k }, () => reader.float64());
  const message = new Float64Array(n);
  for (const value of values) message[reader.bits(indexBits)] = value;
  return message;
}
