/** A message taken apart: which bits of its slot mean what, found by reading it as its own reader does. */

import type { NumberBits } from '../../arena/layout.js';
import { BitReader } from './bits.js';
import type { FieldName, WireFormat } from './format.js';

export interface WireField extends FieldName {
  /** In bits from the beginning of the slot, least significant bit of a byte first. */
  offset: number;
  /** In bits. */
  width: number;
  /** As it was read: a number, a whole number, a bit. */
  value: number;
}

/** Writes down what is read. */
class FieldReader extends BitReader {
  readonly read: { offset: number; width: number; value: number }[] = [];
  #within = false;

  override bits(count: number): number {
    return this.#noted(count, () => super.bits(count));
  }

  override number(bits: NumberBits): number {
    return this.#noted(bits, () => super.number(bits));
  }

  override float64(): number {
    return this.#noted(64, () => super.float64());
  }

  override float32(): number {
    return this.#noted(32, () => super.float32());
  }

  /** A number is read as words of bits, which are no fields of their own. */
  #noted(width: number, read: () => number): number {
    if (this.#within) return read();
    const offset = this.bitCount;
    this.#within = true;
    try {
      const value = read();
      this.read.push({ offset, width, value });
      return value;
    } finally {
      this.#within = false;
    }
  }
}

/** The fields of the message in a slot, in the order of its bits; their widths add up to its length. */
export function fieldsOf(
  format: Pick<WireFormat<unknown>, 'read' | 'fieldAt'>,
  slot: Uint8Array,
  round: number,
): WireField[] {
  const reader = new FieldReader(slot);
  reader.begin(0);
  format.read(reader, round);
  return reader.read.map((field, n) => ({ ...format.fieldAt(n, round), ...field }));
}
