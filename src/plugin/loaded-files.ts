/**
 * Whether the files of a user's modules are still those that the host has loaded: each worker loads them
 * itself, later, and would run other code without a word. Light: workers need no parser for it.
 */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InputError } from '../base/errors.js';
import type { InputFile } from '../base/inputs.js';
import { showPath } from '../base/show-path.js';

/** After this thread has loaded them: what is as it was then is what was loaded. Throws InputError. */
export async function refuseOtherFiles(files: readonly InputFile[]): Promise<void> {
  for (const { file, sha256 } of files) {
    const content = await readFile(file).catch(() => null);
    const now = content === null ? null : createHash('sha256').update(content).digest('hex');
    if (now !== sha256) throw changedSince(file, content === null ? 'is gone' : 'has changed');
  }
}

/** @param what `has changed` */
export function changedSince(file: string, what = 'has changed', path?: InputError['path']): InputError {
  return new InputError(`${showPath(file)} ${what} since it was loaded`, {
    file,
    path,
    hint: 'start again when the file is written whole',
  });
}
