/**
 * Plain data as text and back, bit for bit: JSON, in which what JSON has no word for stands as an object with
 * the one key `$`. Typed arrays are base64, large ones a digest under which their bytes are kept elsewhere, so
 * that a graph that a thousand jobs share is sent once.
 *
 *     NaN -> {"$":"NaN"}    Float64Array.of(1) -> {"$":["Float64Array","AAAAAAAA8D8="]}
 *
 * Not taken: functions, Map, Set, class instances. Little-endian, as typed arrays are on what this runs on.
 */

import { createHash } from 'node:crypto';

const MARK = '$';
/** Bytes of a typed array from which it is kept elsewhere. */
const LARGE = 65_536;

const ARRAYS = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;
type ArrayName = keyof typeof ARRAYS;

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-0': -0,
};

/**
 * @param large is given the bytes of large arrays, by their SHA-256
 * @throws TypeError where something is no plain data
 */
export function toText(value: unknown, large: Map<string, Uint8Array>): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, given: unknown) {
    // A Buffer has been made JSON of before anybody is asked.
    const plain = ArrayBuffer.isView(this[key]) ? this[key] : given;
    if (typeof plain === 'number') {
      if (!Number.isFinite(plain)) return { [MARK]: String(plain) };
      return Object.is(plain, -0) ? { [MARK]: '-0' } : plain;
    }
    if (typeof plain === 'function' || typeof plain === 'symbol' || typeof plain === 'bigint')
      throw new TypeError(`a ${typeof plain} (${key}) is no plain data`);
    if (ArrayBuffer.isView(plain)) return arrayAsText(plain, large);
    if (plain === null || typeof plain !== 'object' || Array.isArray(plain)) return plain;
    const prototype = Object.getPrototypeOf(plain);
    if (prototype !== Object.prototype && prototype !== null)
      throw new TypeError(`a ${plain.constructor.name} (${key}) is no plain data`);
    return Object.hasOwn(plain, MARK) ? { [MARK]: Object.entries(plain) } : plain;
  });
}

/** What `toText` was given. `bytesOf` has the bytes of large arrays. */
export async function fromText(
  text: string,
  bytesOf: (sha256: string) => Promise<Uint8Array>,
): Promise<unknown> {
  const digests = new Set<string>();
  JSON.parse(text, (key, value) => {
    if (key === MARK && Array.isArray(value) && value.length === 3) digests.add(value[2] as string);
    return value;
  });
  const large = new Map<string, Uint8Array>();
  for (const sha256 of digests) large.set(sha256, await bytesOf(sha256));
  return JSON.parse(text, (_key, value) => {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, MARK)) return value;
    const marked = (value as Record<string, unknown>)[MARK];
    if (typeof marked === 'string') return WORDS[marked];
    const [name, content, digest] = marked as [ArrayName, string, string?];
    if (!Object.hasOwn(ARRAYS, name)) return Object.fromEntries(marked as [string, unknown][]);
    const bytes = digest === undefined ? Buffer.from(content, 'base64') : (large.get(digest) as Uint8Array);
    // A copy of its own: aligned, and of nobody else.
    return new ARRAYS[name](Uint8Array.from(bytes).buffer);
  });
}

function arrayAsText(view: ArrayBufferView, large: Map<string, Uint8Array>): object {
  const name = Buffer.isBuffer(view) ? 'Uint8Array' : (view[Symbol.toStringTag as never] as string);
  if (!Object.hasOwn(ARRAYS, name)) throw new TypeError(`a ${name} is no plain data`);
  const bytes = Buffer.from(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
  if (bytes.length < LARGE) return { [MARK]: [name, bytes.toString('base64')] };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  large.set(sha256, bytes);
  return { [MARK]: [name, '', sha256] };
}
