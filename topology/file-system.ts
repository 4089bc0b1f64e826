/**
 * The calls by which files of users are written: graphs, results, checkpoints, everything that has a name
 * outside of this package. They are Node's own, gathered in one object, so that a test can put others in
 * their places: a disk that is full, one that fails, writes that take a part.
 *
 * A hook does that in any process and in all of its threads: a module given to `node --import` sets
 *
 *     globalThis[Symbol.for('sottovoce.fileSystem')] = (calls) => ({ ...calls, writeSync() { ... } });
 *
 * before this one is loaded, and is asked once in each thread. In a test's own thread the members of the
 * object may be replaced.
 */

import fs from 'node:fs';

/** As in node:fs, but for `fsyncLater`, which is `fsync` as a promise. */
export interface FileSystem
  extends Pick<
    typeof fs,
    | 'closeSync'
    | 'fsyncSync'
    | 'ftruncateSync'
    | 'linkSync'
    | 'mkdirSync'
    | 'openSync'
    | 'readdirSync'
    | 'renameSync'
    | 'rmdirSync'
    | 'unlinkSync'
  > {
  writeSync(handle: number, bytes: Uint8Array, offset: number, length: number): number;
  fsyncLater(handle: number): Promise<void>;
}

const HOOK = Symbol.for('sottovoce.fileSystem');
const hook = (globalThis as { [HOOK]?: (calls: FileSystem) => FileSystem })[HOOK];

const { closeSync, fsyncSync, ftruncateSync, linkSync, mkdirSync } = fs;
const { openSync, readdirSync, renameSync, rmdirSync, unlinkSync, writeSync } = fs;

const own: FileSystem = {
  closeSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
  fsyncLater: (handle) =>
    new Promise((resolve, reject) => {
      fs.fsync(handle, (error) => (error ? reject(error) : resolve()));
    }),
};

export const fileSystem: FileSystem = hook?.(own) ?? own;
