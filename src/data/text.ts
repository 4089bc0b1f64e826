/** Files of the config as bytes and as text: what cannot be read is refused in the same words everywhere. */

import { readFile } from 'node:fs/promises';
import { decodeText } from '../../topology/readers/text.js';
import { InputError, isInputError, type SpecPath } from '../errors.js';

interface Place {
  /** Where the file is named in the config. */
  path?: SpecPath | undefined;
}

export async function readBytes(file: string, { path }: Place = {}): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new InputError(`cannot read ${file}: ${reason}`, { file, path }, { cause });
  }
}

/** The text of a file, by the rules of topology/readers/text.ts: UTF-8 or what its mark says, unpacked from gzip, and never anything but what it holds. */
export async function readText(file: string, place: Place = {}): Promise<string> {
  const bytes = await readBytes(file, place);
  try {
    return decodeText(bytes, file);
  } catch (error) {
    if (isInputError(error)) error.path = place.path;
    throw error;
  }
}
