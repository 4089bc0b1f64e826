/**
 * The packed messages, one field after the other. Little-endian; a slot is a whole number of 8-byte words, and bits that belong
 * to no field are zero.
 *
 *     dense   n float64
 *     scalar  1 float64
 *     sign    float64 scale, then n bits: bit c is the sign bit of entry c
 *     sparse  k float64, then k indices of `indexBits` bits, ascending, least significant bit first
 */

import { signBit, signScale, topIndices } from './compressors.js';

export const denseBits = (n: number) => 64 * n;
export const scalarBits = () => 64;
export const signBits = (n: number) => 64 + n;
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
}

export function encodeDense(e: Float64Array): Uint8Array {
  const writer = new BitWriter(denseBits(e.length));
  for (const entry of e) writer.float64(entry);
  return writer.bytes;
}

export function encodeScalar(e: Float64Array, index: number): Uint8Array {
  const writer = new BitWriter(scalarBits());
  writer.float64(e[index]);
  return writer.bytes;
}

export function encodeSign(e: Float64Array): Uint8Array {
  const writer = new BitWriter(signBits(e.length));
  writer.float64(signScale(e));
  for (const entry of e) writer.bits(signBit(entry), 1);
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

export function decodeScalar(slot: Uint8Array, n: number, index: number): Float64Array {
  const message = new Float64Array(n);
  message[index] = new BitReader(slot).float64();
  return message;
}

export function decodeSign(slot: Uint8Array, n: number): Float64Array {
  const reader = new BitReader(slot);
  const scale = reader.float64();
  return Float64Array.from({ length: n }, () => (reader.bits(1) ? -scale : scale));
}

export function decodeSparse(slot: Uint8Array, n: number, k: number, indexBits: number): Float64Array {
  const reader = new BitReader(slot);
  const values = Array.from({ length: k }, () => reader.float64());
  const message = new Float64Array(n);
  for (const value of values) message[reader.bits(indexBits)] = value;
  return message;
}
