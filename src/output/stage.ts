/**
 * Results that replace earlier ones in a folder, all of them or none.
 *
 * They are written into a hidden folder of their own inside of it, the stage. When all are whole, a journal
 * says what is to take whose place, and is flushed; then the files are renamed, one after the other, and the
 * journal goes. Whoever finds a journal carries out what is left of it (`settle`), so that whatever ends a
 * process, the next one finds the earlier results, or the new ones. Before the journal stands nothing of the
 * earlier results has been touched.
 *
 * All of this by whoever holds the folder's lock.
 */

import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileSystem } from '../../topology/file-system.js';
import {
  isHalfWritten,
  named,
  randomName,
  removeFile,
  syncFolder,
  writeWhole,
} from '../../topology/whole-file.js';
import { isLockFile } from './folder-lock.js';

const STAGE = /^\.sottovoce\.stage\.[0-9a-f]{16}$/;
const JOURNAL = '.sottovoce.commit';
const JOURNAL_FORMAT = 'sottovoce-commit/1';

interface Journal {
  format: typeof JOURNAL_FORMAT;
  /** Name of the stage. */
  stage: string;
  /** Names that go. */
  remove: string[];
  /** Names in the stage that take their places, in this order. */
  place: string[];
}

export class Stage {
  /** Where the files are to be written. */
  readonly path: string;
  private readonly folder: string;

  /** Throws what the file system throws, with `path`. */
  constructor(folder: string) {
    this.folder = folder;
    this.path = path.join(folder, `.sottovoce.stage.${randomName()}`);
    named(folder, () => fileSystem.mkdirSync(this.path));
  }

  /**
   * All files are whole. They take their places in alphabetical order, `last` after the others; what else is
   * named by `remove` goes.
   */
  commit(remove: readonly string[], last?: string): void {
    const found = named(this.path, () => fileSystem.readdirSync(this.path)).sort();
    const place = found.filter((name) => name !== last && !isHalfWritten(name));
    if (last !== undefined && found.includes(last)) place.push(last);
    const journal: Journal = {
      format: JOURNAL_FORMAT,
      stage: path.basename(this.path),
      remove: remove.filter((name) => !place.includes(name)),
      place,
    };
    named(this.path, () => syncFolder(this.path));
    writeWhole(path.join(this.folder, JOURNAL), `${JSON.stringify(journal)}\n`);
    carryOut(this.folder, journal);
  }

  discard(): void {
    removeAll(this.path);
  }
}

/** Whether a name in a folder is of what is being written there: by us, and not by whoever looks. */
export function isOurs(name: string): boolean {
  return STAGE.test(name) || name === JOURNAL || isHalfWritten(name) || isLockFile(name);
}

/**
 * What somebody who is gone has left in a folder: a commit is carried out to its end; half-written files go;
 * what stands on a stage is given to `leftover`, or goes. Nothing where nothing is.
 */
export function settle(folder: string, leftover: (stage: string) => void = removeAll): void {
  const journal = readJournal(folder);
  if (journal !== null) carryOut(folder, journal);
  for (const name of named(folder, () => fileSystem.readdirSync(folder))) {
    const file = path.join(folder, name);
    if (isHalfWritten(name)) removeFile(file);
    else if (STAGE.test(name)) {
      if (lstatSync(file).isDirectory()) leftover(file);
      else removeFile(file);
    }
  }
}

/** Whether a commit was begun and has not come to its end. */
export function isInterrupted(folder: string): boolean {
  return readJournal(folder) !== null;
}

/** What a name stands for, whatever it is; links are removed, and not followed. Nothing where there is none. */
export function removeAll(file: string): void {
  const there = lstatSync(file, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isDirectory()) {
    removeFile(file);
    return;
  }
  for (const name of fileSystem.readdirSync(file)) removeAll(path.join(file, name));
  named(file, () => fileSystem.rmdirSync(file));
}

/** As often as one likes: what has taken its place already is not on the stage any more. */
function carryOut(folder: string, { stage, remove, place }: Journal): void {
  const from = path.join(folder, stage);
  for (const name of remove) named(path.join(folder, name), () => removeAll(path.join(folder, name)));
  for (const name of place) {
    const target = path.join(folder, name);
    named(target, () => take(path.join(from, name), target));
  }
  named(folder, () => syncFolder(folder));
  removeFile(path.join(folder, JOURNAL));
  removeAll(from);
}

function take(from: string, target: string): void {
  if (lstatSync(from, { throwIfNoEntry: false }) === undefined) return;
  // A folder takes no other folder's place.
  if (lstatSync(target, { throwIfNoEntry: false })?.isDirectory()) removeAll(target);
  try {
    fileSystem.renameSync(from, target);
  } catch (error) {
    // Two may carry out the same journal: a process that leaves, and its thread that does not know yet.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Null where there is none; and where it is not ours, or names anything outside of the folder. */
function readJournal(folder: string): Journal | null {
  let journal: Partial<Journal>;
  try {
    journal = JSON.parse(readFileSync(path.join(folder, JOURNAL), 'utf8')) as Partial<Journal>;
  } catch {
    return null;
  }
  const { format, stage, remove, place } = journal ?? {};
  const ours =
    format === JOURNAL_FORMAT && typeof stage === 'string' && STAGE.test(stage) && areNames(remove, place);
  return ours ? (journal as Journal) : null;
}

function areNames(...lists: unknown[]): boolean {
  return lists.every(
    (list) =>
      Array.isArray(list) && list.every((name) => typeof name === 'string' && /^[^./\\][^/\\]*$/.test(name)),
  );
}
