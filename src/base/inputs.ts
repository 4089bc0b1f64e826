/**
 * Which files a run was made from, and what was in them: SHA-256 of the very bytes that were read.
 *
 * Whoever reads a file of the user's tells it here, at the place where the bytes are; whoever prepares a run
 * asks what was read meanwhile. Between the two lie some forty functions that need not know: the record is of
 * the asynchronous call (`AsyncLocalStorage`), so that two runs which are prepared on one thread at the same
 * time have one each. What is read while nobody asks is not hashed.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, type Hash } from 'node:crypto';
import { InputError } from './errors.js';
import { showPath } from './show-path.js';

/** A file that was read. */
export interface InputFile {
  /** Absolute path. */
  file: string;
  bytes: number;
  /** Of its bytes, in hexadecimal. */
  sha256: string;
  /** The user's module that brings it, where no config names the file: absolute path. */
  importedBy?: string;
}

/** More than this at once is nothing that a hash takes. */
const MOST_BYTES = 2 ** 30;

// Of this thread, whichever copy of this package reads.
const KEY = Symbol.for('sottovoce.inputs');
const shared = globalThis as { [KEY]?: AsyncLocalStorage<Map<string, InputFile>> };
shared[KEY] ??= new AsyncLocalStorage();
const records = shared[KEY];

/** Does the work, and gives beside its result what was read for it, in the order of the first reading. */
export async function recordInputs<T>(work: () => Promise<T>): Promise<{ result: T; inputs: InputFile[] }> {
  const read = new Map<string, InputFile>();
  const result = await records.run(read, work);
  return { result, inputs: [...read.values()] };
}

/** A file whose digest is known already. Throws InputError where it was read before, with another content. */
export function noteInput(input: InputFile): void {
  const read = records.getStore();
  if (read === undefined) return;
  const before = read.get(input.file);
  if (before !== undefined && before.sha256 !== input.sha256) {
    throw new InputError(
      `${showPath(input.file)} changed while the run was being prepared, so it is not made`,
      {
        file: input.file,
        hint: 'start it again when the file is written whole',
      },
    );
  }
  read.set(input.file, before ?? input);
}

/** A file that has been read whole: the bytes as they stand in it. */
export function noteRead(file: string, content: Uint8Array): void {
  const reading = new InputReading(file);
  reading.update(content);
  const sha256 = reading.end();
  if (sha256 !== null) digests.set(content, sha256);
}

/** Of what was noted, so that nothing is hashed twice. */
const digests = new WeakMap<Uint8Array, string>();

/** SHA-256 of a file's content, in hexadecimal. */
export function sha256Of(content: Uint8Array): string {
  const known = digests.get(content);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  hashInto(hash, content);
  return hash.digest('hex');
}

function hashInto(hash: Hash, content: Uint8Array): void {
  for (let at = 0; at < content.length; at += MOST_BYTES) hash.update(content.subarray(at, at + MOST_BYTES));
}

/** A file that is being read, part after part, from its first byte to its last. */
export class InputReading {
  private readonly file: string;
  private readonly hash: Hash | null;
  private bytes = 0;

  constructor(file: string) {
    this.file = file;
    this.hash = records.getStore() === undefined ? null : createHash('sha256');
  }

  update(content: Uint8Array): void {
    if (this.hash === null) return;
    this.bytes += content.length;
    hashInto(this.hash, content);
  }

  /** After the last part. Gives the digest; null where nobody asks what is read. */
  end(): string | null {
    if (this.hash === null) return null;
    const sha256 = this.hash.digest('hex');
    noteInput({ file: this.file, bytes: this.bytes, sha256 });
    return sha256;
  }
}
