/**
 * What takes long to make of a file's bytes and is needed again at the next start: parsed tables and graphs,
 * the optimum of a problem. It is kept beside the compiled code (`scripts/load-bundle.cjs`), in the folder of
 * this build, this place and this Node, under the digest of all that it was made of. So it is the very result
 * that making it again would give, to the bit.
 *
 * It is an offer: what cannot be written, read or trusted is made again. A file appears whole, by renaming,
 * and begins with a digest of what it holds. Without the loader (a library that is not bundled, tests) and
 * with SOTTOVOCE_CACHE=never nothing is kept.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { deserialize, serialize } from 'node:v8';

/** Twice as fast as SHA-256 where the processor has no instructions for that one. */
const DIGEST = 'blake2b512';
const DIGEST_BYTES = 64;
/** Files' names. */
const NAME_DIGITS = 40;
/** What is made faster than this is made. */
const WORTH_MS = 4;
const MOST_BYTES_OF_ONE = 2 ** 28;
const MOST_BYTES_OF_ALL = 2 ** 30;
/** As in the loader. */
const HALF_WRITTEN_MS = 3_600_000;

// The loader says where; every bundle has a copy of this module.
const KEY = Symbol.for('sottovoce.cache');
const shared = globalThis as { [KEY]?: (name: string) => string | null };

type Part = string | NodeJS.ArrayBufferView;

function digest(parts: readonly Part[]): Buffer {
  const hash = createHash(DIGEST);
  for (const part of parts) {
    // Where one ends and the next begins.
    hash.update(`${typeof part === 'string' ? Buffer.byteLength(part) : part.byteLength};`);
    hash.update(typeof part === 'string' ? part : bytesOf(part));
  }
  return hash.digest();
}

const bytesOf = ({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * What `make` gives, from an earlier time where there was one. It must be plain data (typed arrays, lists and
 * objects without methods), and depend on nothing but `of`.
 *
 * @param kind a word for what it is, and part of what it is known by
 */
export function remembered<T>(kind: string, of: readonly Part[], make: () => T): T {
  const place = placeOf(kind, of);
  if (place === null) return make();
  const found = read<T>(place);
  if (found !== undefined) return found.value;
  const startedMs = performance.now();
  const value = make();
  if (performance.now() - startedMs >= WORTH_MS) keep(place, value);
  return value;
}

/** The same where it takes waiting to make it. */
export async function rememberedLater<T>(
  kind: string,
  of: readonly Part[],
  make: () => Promise<T>,
): Promise<T> {
  const place = placeOf(kind, of);
  if (place === null) return make();
  const found = read<T>(place);
  if (found !== undefined) return found.value;
  const startedMs = performance.now();
  const value = await make();
  if (performance.now() - startedMs >= WORTH_MS) keep(place, value);
  return value;
}

/** Where it would be, and under which name. */
interface Place {
  file: string;
  name: Buffer;
}

function placeOf(kind: string, of: readonly Part[]): Place | null {
  const at = shared[KEY]?.('made') ?? null;
  if (at === null) return null;
  const name = digest([kind, ...of]);
  return { file: path.join(at, `${kind}-${name.toString('hex').slice(0, NAME_DIGITS)}`), name };
}

function read<T>({ file, name }: Place): { value: T } | undefined {
  try {
    const bytes = readFileSync(file);
    const content = bytes.subarray(DIGEST_BYTES);
    if (!digest([name, content]).equals(bytes.subarray(0, DIGEST_BYTES))) return undefined;
    const value = deserialize(content) as T;
    const now = new Date();
    utimesSync(file, now, now);
    return { value };
  } catch {
    return undefined;
  }
}

function keep({ file, name }: Place, value: unknown): void {
  const part = `${file}.${process.pid}-${Math.random().toString(36).slice(2)}.part`;
  try {
    const content = serialize(value);
    if (content.length > MOST_BYTES_OF_ONE) return;
    // 'wx' makes a file that was not there: it follows no link, and writes into nobody's.
    writeFileSync(part, Buffer.concat([digest([name, content]), content]), { flag: 'wx', mode: 0o600 });
    renameSync(part, file);
    prune(path.dirname(file), MOST_BYTES_OF_ALL);
  } catch {
    // No space, or somebody tidies up: the next start makes it again.
    rmSync(part, { force: true });
  }
}

/** The longest unused go first; what a killed process had half written goes after an hour. */
export function prune(at: string, mostBytes: number): void {
  const all = readdirSync(at).flatMap((name) => {
    const file = path.join(at, name);
    // Others write and tidy up at the same time.
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat === undefined ? [] : [{ file, mtimeMs: stat.mtimeMs, size: stat.size }];
  });
  all.sort((a, b) => b.mtimeMs - a.mtimeMs);
  let bytes = 0;
  for (const { file, mtimeMs, size } of all) {
    bytes += size;
    const isLeft = file.endsWith('.part') && Date.now() - mtimeMs > HALF_WRITTEN_MS;
    if (isLeft || bytes > mostBytes) rmSync(file, { force: true });
  }
}
