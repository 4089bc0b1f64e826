/**
 * A folder of results as it is found: whose it is, whether the run in it came to its end, and what is to be
 * done first by whoever opens it, where somebody was ended in the middle of writing.
 *
 * A run that did not come to its end, in a folder that holds results of one that did, is kept beside them in
 * `incomplete`, which is a run's folder like any other. The next run that ends well there replaces both.
 */

import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileSystem } from '../../topology/file-system.js';
import { syncFolder } from '../../topology/whole-file.js';
import { clearContenders, FolderLock, isOwnLock, LOCK_FILE } from './folder-lock.js';
import { removeAll, settle } from './stage.js';

/** What a run leaves, the summary last; everything else in a folder is somebody else's. */
export const RUN_FILES = [
  'manifest.json',
  'agents.csv',
  'x.npy',
  'trace.csv',
  'trace.parquet',
  'report.html',
  'agents-trace.csv',
  'summary.json',
] as const;
/** What it takes to go on with the run: see `src/checkpoint`. */
export const CHECKPOINTS = 'checkpoints';
/** Beside earlier results: what a later run left that did not come to its end. */
export const INCOMPLETE = 'incomplete';

/** A manifest.json alone says little (web pages have one); ours says whose it is. */
export function isRunFolder(folder: string): boolean {
  const { format } = readJson(path.join(folder, 'manifest.json'));
  return typeof format === 'string' && format.startsWith('sottovoce-run/');
}

/** Whether the run in it came to its end and left all that it was to leave. */
export function holdsWholeRun(folder: string): boolean {
  const { status, run, incomplete } = readJson(path.join(folder, 'summary.json'));
  return (
    typeof status === 'string' &&
    status !== 'failed' &&
    incomplete === undefined &&
    run === readJson(path.join(folder, 'manifest.json'))['run'] &&
    existsSync(path.join(folder, 'x.npy'))
  );
}

/**
 * By whoever holds the lock: what somebody who is gone has begun there is carried out to its end, or cleared
 * away. Nothing is lost: a run of which there is more than a beginning is kept in `incomplete`.
 */
export function settleRunFolder(folder: string): void {
  clearContenders(folder);
  settleOwn(folder);
}

/** Its own files, what stands on a stage, and its checkpoints. */
function settleOwn(folder: string): void {
  settle(folder, (stage) => setAside(folder, stage));
  const checkpoints = path.join(folder, CHECKPOINTS);
  if (lstatSync(checkpoints, { throwIfNoEntry: false })?.isDirectory()) settle(checkpoints);
}

/** The same without holding the lock. Where somebody alive holds it, it throws InputError. */
export function openSettled(folder: string, id: string): void {
  const lock = FolderLock.take(folder, id);
  try {
    settleRunFolder(folder);
  } finally {
    lock.release();
  }
}

/** Where what stood on a stage is kept; null where there was nothing worth it. */
export function setAside(folder: string, stage: string): string | null {
  if (!existsSync(path.join(stage, 'trace.csv'))) {
    removeAll(stage);
    return null;
  }
  settleOwn(stage);
  const place = freePlace(folder);
  // An attempt to go on that had not begun takes no place of one that had.
  if (isSameRun(place, stage) && hasCheckpoints(place) && !hasCheckpoints(stage)) {
    removeAll(stage);
    return null;
  }
  removeAll(place);
  fileSystem.renameSync(stage, place);
  syncFolder(folder);
  return place;
}

function isSameRun(one: string, other: string): boolean {
  const [run, its] = [one, other].map((place) => readJson(path.join(place, 'manifest.json'))['run']);
  return run !== undefined && run === its;
}

function hasCheckpoints(place: string): boolean {
  const checkpoints = path.join(place, CHECKPOINTS);
  return existsSync(checkpoints) && readdirSync(checkpoints).length > 0;
}

/** After whoever wrote in this process has been ended from outside: what it had not finished, and its lock. */
export function tidyUp(folder: string, id: string): void {
  if (!isOwnLock(folder, id)) return;
  settleOwn(folder);
  removeAll(path.join(folder, LOCK_FILE));
}

/** A folder of that name may be somebody else's. */
function freePlace(folder: string): string {
  for (let number = 1; ; number++) {
    const place = path.join(folder, number === 1 ? INCOMPLETE : `${INCOMPLETE}-${number}`);
    if (!existsSync(place) || isRunFolder(place)) return place;
  }
}

/** Empty where it is no JSON object. */
export function readJson(file: string): Record<string, unknown> {
  try {
    const data: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return data !== null && typeof data === 'object' ? (data as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
