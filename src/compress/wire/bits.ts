/**
 * Writing and reading a packed message, field by field, in an outbox slot: what compressors without a kernel
 * of their own use.
 *
 * Fields follow one another without gaps, least significant bit first, float64 and float32 little-endian as
 * they come. Nothing is allocated after construction: `begin` moves to another slot.
 */

import type { NumberBits } from '../../arena/layout.js';

const scratch = new DataView(new ArrayBuffer(8));

abstract class BitCursor {
  protected readonly bytes: Uint8Array;
  protected base = 0;
  protected position = 0;

  /** `bytes`: the whole memory that slots lie in. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Bits written or read since `begin`. */
  get bitCount(): number {
    return this.position;
  }
}

export class BitWriter extends BitCursor {
  private limitBits = 0;

  /** Starts a message at a byte address; the slot is cleared, and writing past its end throws. */
  begin(address: number, slotBytes: number): void {
    this.base = address;
    this.position = 0;
    this.limitBits = slotBytes * 8;
    this.bytes.fill(0, address, address + slotBytes);
  }

  /** The low `count` (0..32) bits of a whole number. */
  bits(value: number, count: number): void {
    if (this.position + count > this.limitBits) {
      throw new RangeError(`a message of more than ${this.limitBits} bits does not fit its slot`);
    }
    let rest = value >>> 0;
    let left = count;
    while (left > 0) {
      const offset = this.position & 7;
      const take = Math.min(8 - offset, left);
      this.bytes[this.base + (this.position >>> 3)] |= (rest & ((1 << take) - 1)) << offset;
      rest >>>= take;
      left -= take;
      this.position += take;
    }
  }

  /** A number of so many bits. */
  number(value: number, bits: NumberBits): void {
    if (bits === 64) this.float64(value);
    else this.float32(value);
  }

  float64(value: number): void {
    scratch.setFloat64(0, value, true);
    this.bits(scratch.getUint32(0, true), 32);
    this.bits(scratch.getUint32(4, true), 32);
  }

  float32(value: number): void {
    scratch.setFloat32(0, value, true);
    this.bits(scratch.getUint32(0, true), 32);
  }
}

export class BitReader extends BitCursor {
  begin(address: number): void {
    this.base = address;
    this.position = 0;
  }

  bits(count: number): number {
    let value = 0;
    let done = 0;
    while (done < count) {
      const offset = this.position & 7;
      const take = Math.min(8 - offset, count - done);
      const part = (this.bytes[this.base + (this.position >>> 3)] >>> offset) & ((1 << take) - 1);
      value |= part << done;
      done += take;
      this.position += take;
    }
    return value >>> 0;
  }

  number(bits: NumberBits): number {
    return bits === 64 ? this.float64() : this.float32();
  }

  float64(): number {
    scratch.setUint32(0, this.bits(32), true);
    scratch.setUint32(4, this.bits(32), true);
    return scratch.getFloat64(0, true);
  }

  float32(): number {
    scratch.setUint32(0, this.bits(32), true);
    return scratch.getFloat32(0, true);
  }
}
