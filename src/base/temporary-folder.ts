/**
 * Folders for what is needed for a while, in the system's place for them: gone when they are removed, and at
 * the latest with the process.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atExit } from '../../topology/at-exit.js';

export interface TemporaryFolder {
  /** Absolute. */
  path: string;
  /** Idempotent. */
  remove(): void;
}

/** @param purpose a word for its name */
export function makeTemporaryFolder(purpose: string): TemporaryFolder {
  const folder = mkdtempSync(path.join(os.tmpdir(), `sottovoce-${purpose}-`));
  const erase = () => rmSync(folder, { recursive: true, force: true });
  const isOver = atExit(erase);
  const remove = () => {
    isOver();
    erase();
  };
  return { path: folder, remove };
}
