/**
 * Folders for results, made level by level. Node 20's own `recursive` never returns where the system answers
 * "no such file" to a folder whose parent is there, as it does under /proc.
 */

import { statSync } from 'node:fs';
import path from 'node:path';
import { fileSystem } from '../../topology/file-system.js';
import { randomName } from '../../topology/whole-file.js';
import { LOCK_FILE, removeTried } from './folder-lock.js';

/** The folder and what is missing above it. What the file system refuses is thrown as it comes. */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  let level = path.resolve(folder);
  while (!isThere(level) && path.dirname(level) !== level) {
    missing.push(level);
    level = path.dirname(level);
  }
  // Where it is a file, making it says so.
  if (missing.length === 0 && !statSync(level).isDirectory()) fileSystem.mkdirSync(level);
  for (const next of missing.reverse()) makeLevel(next);
}

/**
 * A folder that nobody had: `base`, or with a number behind it where that is taken. Making it is what claims
 * it, so that of many who start in one second each has its own. What the file system refuses is thrown as it
 * comes.
 */
export function makeNewFolder(base: string): string {
  makeFolder(path.dirname(base));
  for (let number = 1; ; number++) {
    const folder = number === 1 ? base : `${base}-${number}`;
    try {
      fileSystem.mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * Throws what the file system throws where nothing can be made in a folder that is there. Permissions do not
 * tell: root has them all under /proc. For whoever lists the folder meanwhile it is part of a lock.
 */
export function tryFolder(folder: string): void {
  const tried = path.join(folder, `${LOCK_FILE}-try-${randomName()}`);
  fileSystem.mkdirSync(tried);
  removeTried(tried);
}

/** Somebody else may have made it meanwhile. */
function makeLevel(folder: string): void {
  try {
    fileSystem.mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

function isThere(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false }) !== undefined;
}
