/**
 * The files that a cell's config names, as they are now: part of what its result is known by. Each is read
 * once for a whole grid. A text that happens to be a file's name and is not meant as one does no harm: when
 * that file changes, a cell is run that need not be.
 */

import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { InputFile } from '../base/inputs.js';
import { moduleFiles } from '../plugin/module-files.js';
import type { LoadedConfig } from '../run/config.js';
import { describeInputs, namesIn, type RunInput } from '../run/inputs.js';

export class NamedInputs {
  private readonly known = new Map<string, Promise<InputFile[]>>();

  /** In the order of the config, each file once. What a module brings is there too. */
  async of(loaded: LoadedConfig): Promise<RunInput[]> {
    const files = new Map<string, InputFile>();
    for (const { file, role } of namesIn(loaded)) {
      let reading = this.known.get(file);
      if (reading === undefined) {
        reading = isFile(file)
          ? role.endsWith('.module')
            ? modules(file)
            : hashed(file)
          : Promise.resolve([]);
        this.known.set(file, reading);
      }
      for (const input of await reading) if (!files.has(input.file)) files.set(input.file, input);
    }
    return describeInputs(loaded, [...files.values()]);
  }
}

const modules = (file: string) => moduleFiles(pathToFileURL(file).href);

/** A file that cannot be read is nobody's input: the run says so. */
async function hashed(file: string): Promise<InputFile[]> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const part of createReadStream(file)) {
      hash.update(part as Buffer);
      bytes += (part as Buffer).length;
    }
  } catch {
    return [];
  }
  return [{ file, bytes, sha256: hash.digest('hex') }];
}

function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The first path of `before` that `now` has with another content, or has not; null where there is none. */
export function changedInput(before: readonly RunInput[], now: readonly RunInput[]): string | null {
  const digests = new Map(now.map(({ path, sha256 }) => [path, sha256]));
  return before.find(({ path, sha256 }) => digests.get(path) !== sha256)?.path ?? null;
}
