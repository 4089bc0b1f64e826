/** The text of a config: a file of some size, in UTF-8. What is something else is said to be that. */

import { isUtf8 } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { readWholeFile } from '../../topology/read-file.js';
import { InputError, isInputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';

/** A config is written by hand; anything this large is another file by mistake. */
const MAX_CONFIG_BYTES = 4 * 2 ** 20;

export const EXAMPLE_HINT =
  'a config is a YAML file with topology, cost and flow; `sottovoce run --help` shows one';

/** @throws InputError */
export async function readSource(file: string): Promise<string> {
  const shown = showPath(file);
  try {
    const info = await stat(file);
    if (info.isDirectory()) {
      throw new InputError(`${shown} is a folder, expected a config file`, { file, hint: EXAMPLE_HINT });
    }
    if (info.size > MAX_CONFIG_BYTES) throw notConfig(shown, info.size, file);
    const bytes = await readWholeFile(file);
    if (bytes.length > MAX_CONFIG_BYTES) throw notConfig(shown, bytes.length, file);
    if (/^(?:fffe|feff)/.test(bytes.toString('hex', 0, 2))) {
      throw new InputError(`${shown} is written in UTF-16, expected UTF-8`, {
        file,
        hint: 'save it as UTF-8: editors ask for the encoding, and `iconv -f UTF-16 -t UTF-8` converts it',
      });
    }
    const source = bytes.toString('utf8');
    if (source.includes('\0')) {
      throw new InputError(`${shown} is a binary file, expected a config in YAML`, {
        file,
        hint: EXAMPLE_HINT,
      });
    }
    if (!isUtf8(bytes)) {
      const wrong = source.indexOf('\ufffd');
      const line = source.slice(0, wrong).split('\n').length;
      const column = wrong - source.lastIndexOf('\n', wrong);
      throw new InputError(`${shown}:${line}:${column}: what stands here is not UTF-8, expected UTF-8`, {
        file,
        line,
        column,
        hint: 'save the file as UTF-8: `iconv -f LATIN1 -t UTF-8` converts one that older editors wrote',
      });
    }
    return source;
  } catch (error) {
    if (isInputError(error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'there is no such file'
        : code === 'EACCES'
          ? 'permission denied'
          : (error as Error).message;
    const hint =
      code === 'ENOENT' && !/\.(ya?ml|json)$/i.test(file) ? 'is its extension missing (.yaml)?' : undefined;
    throw new InputError(`${shown}: ${reason}`, { file, hint }, { cause: error });
  }
}

function notConfig(shown: string, bytes: number, file: string): InputError {
  const mebibytes = (bytes / 2 ** 20).toFixed(1);
  return new InputError(`${shown} has ${mebibytes} MiB, expected a config file`, {
    file,
    hint: EXAMPLE_HINT,
  });
}
