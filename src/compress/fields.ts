/** Messages of a run, taken apart bit by bit: for whoever wants to see what an agent says. */

import type { Seed } from '../runtime.js';
import { compressorDefinition } from './registry.js';
import type { CompressorPlan } from './types.js';
import { fieldsOf, type WireField } from './wire/fields.js';
import { unpack } from './wire/format.js';

export interface MessageParts {
  fields: WireField[];
  /** The vector that the message stands for; null where a combinator makes something else of it. */
  value: Float64Array | null;
  /** Of a vector that was rotated first: entries are not those of x. */
  rotated: boolean;
}

/**
 * The message in a slot. Null where nothing can be said of its bits: a user's own format, or one whose reader needs
 * what only workers have.
 *
 * @param bits of the message; where messages vary in length, of this one
 */
export function messageParts(
  plan: CompressorPlan,
  slot: Uint8Array,
  round: number,
  seed: Seed,
  bits: number,
): MessageParts | null {
  if (bits === 0) return { fields: [], value: new Float64Array(plan.dim), rotated: false };
  const { messages } = compressorDefinition(plan.kind);
  if (messages !== undefined) {
    const { format } = messages(plan, seed);
    const fields = fieldsOf(format, slot, round);
    const [first] = fields;
    if (format.bits !== bits) {
      // A scale that everybody knows lies in the slot all the same.
      if (plan.commonScale === undefined || first === undefined || format.bits - first.width !== bits)
        return null;
      fields[0] = { ...first, width: 0, meaning: `${first.meaning}: all know it, and it is not sent` };
    }
    return { fields, value: unpack(format, slot, round), rotated: false };
  }
  const { inner } = plan;
  // A combinator whose messages are those of what is inside it.
  if (inner === undefined || (inner.messageBits ?? bits) !== bits) return null;
  const parts = messageParts(inner, slot, round, seed, bits);
  return (
    parts && {
      ...parts,
      value: null,
      rotated: parts.rotated || plan.rotates !== undefined || inner.dim !== plan.dim,
    }
  );
}
