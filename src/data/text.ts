/** Files of the config as bytes and as text: what cannot be read is refused in the same words everywhere. */

import { readWholeFile } from '../../topology/read-file.js';
import { decodeText } from '../../topology/readers/text.js';
import { InputError, isInputError, type SpecPath } from '../base/errors.js';
import { noteRead } from '../base/inputs.js';

interface Place {
  /** Where the file is named in the config. */
  path?: SpecPath | undefined;
  encoding?: string | undefined;
}

export async function readBytes(file: string, { path }: Place = {}): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readWholeFile(file);
  } catch (cause) {
    throw new InputError(`cannot read ${file}: ${(cause as Error).message}`, { file, path }, { cause });
  }
  noteRead(file, bytes);
  return bytes;
}

/**
 * The text of a file, by the rules of topology/readers/text.ts: UTF-8 or what its mark says, unpacked from
 * gzip, and never anything but what it holds.
 */
export async function readText(file: string, place: Place = {}): Promise<string> {
  return textOf(await readBytes(file, place), file, place);
}

/** The text of a file whose bytes have been read. */
export function textOf(bytes: Uint8Array, file: string, place: Place = {}): string {
  try {
    return decodeText(bytes, file, { encoding: place.encoding });
  } catch (error) {
    if (isInputError(error)) error.path = place.path;
    throw error;
  }
}

/**
 * The same as bytes of UTF-8, for readers that make no strings: the file's own, unless they are another
 * encoding, packed, or not text.
 */
export function bytesOfText(bytes: Buffer, file: string, place: Place = {}): Buffer {
  if (isPlainAscii(bytes)) return bytes;
  try {
    return Buffer.from(decodeText(bytes, file, { encoding: place.encoding }));
  } catch (error) {
    if (isInputError(error)) error.path = place.path;
    throw error;
  }
}

function isPlainAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 126 || bytes[i] === 0) return false;
  return true;
}
