/** What the file system refuses, in words: what it was about, why, and what to do. */

import { statSync } from 'node:fs';
import path from 'node:path';
import { InputError, RunError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';

const REASONS: Record<string, string> = {
  ENOENT: 'no folder can be made there',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'part of the path is a file',
  ENOSPC: 'no space is left',
  EDQUOT: 'no space is left that you may use',
  EFBIG: 'it is larger than files may be',
  EIO: 'the disk failed',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the machine has too many files open',
  ENAMETOOLONG: 'the name is too long',
};

/** Why, with the system's own word for it: `no space is left (ENOSPC)`. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ''];
  return reason === undefined ? message : `${reason} (${code})`;
}

/** Before a run: the folder cannot be written to. `path` of the error, where it has one, is named. */
export function refusal(shown: string, error: unknown): InputError {
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? (error as Error).message : (REASONS[code] ?? reasonOf(error));
  const file = path === undefined || showPath(path) === shown ? '' : ` (${showPath(path)})`;
  return new InputError(
    `cannot write results to ${shown}: ${reason}${file}`,
    { hint: isFull(code) ? cureOf(code) : 'give --out a folder that you may write to' },
    { cause: error },
  );
}

/** Whether it is room that lacks. */
export function isFull(code: string | undefined): boolean {
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}

/** A file that somebody asked for cannot be written. `what`: how it was asked for, with its name. */
export function unwritable(what: string, file: string, cause: unknown): InputError {
  const { code } = cause as NodeJS.ErrnoException;
  const folder = path.dirname(path.resolve(file));
  const reason =
    code === 'ENOENT'
      ? `there is no folder ${showPath(folder)}`
      : code === 'EISDIR'
        ? 'it is a folder'
        : reasonOf(cause);
  return new InputError(`${what} cannot be written: ${reason}`, {}, { cause });
}

/** Said before the work, and not after it. @throws InputError where the folder of a file is not there */
export function refuseNoFolder(what: string, file: string): void {
  const folder = path.dirname(path.resolve(file));
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  const code = statSync(folder, { throwIfNoEntry: false }) === undefined ? 'ENOENT' : 'ENOTDIR';
  throw unwritable(what, file, Object.assign(new Error(code), { code }));
}

/** While something runs, or after: a file of its results cannot be written. */
export function outputFailed(file: string, error: unknown): RunError {
  const { code, path = file } = error as NodeJS.ErrnoException;
  const gone = code === 'ENOENT' ? 'its folder is gone (ENOENT)' : reasonOf(error);
  const failed = new RunError('OUTPUT_FAILED', `${showPath(path)} cannot be written: ${gone}`, {
    cause: error,
  });
  return Object.assign(failed, { hint: cureOf(code) });
}

function cureOf(code: string | undefined): string {
  if (isFull(code)) return 'make room there, or give --out a folder on a larger disk, and run again';
  switch (code) {
    case 'EMFILE':
    case 'ENFILE':
      return 'raise the number of files that may be open (ulimit -n), and run again';
    default:
      return 'run again with --out in a folder that you may write to';
  }
}
