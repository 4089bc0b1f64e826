/**
 * Data as one text, whatever the order in which its keys were written: what digests are taken of. It is JSON
 * without spaces, keys sorted by their UTF-16 code units, numbers in their shortest form that reads back as
 * the same double; null where there is no finite number, as in every file that is written.
 */

import { createHash } from 'node:crypto';

export function canonicalJson(data: unknown): string {
  return JSON.stringify(data, (_key, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) return null;
    if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return Object.fromEntries(entries);
  });
}

/** SHA-256 of the canonical text, in hexadecimal. */
export function digestOf(data: unknown): string {
  return createHash('sha256').update(canonicalJson(data)).digest('hex');
}
