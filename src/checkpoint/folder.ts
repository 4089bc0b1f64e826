/**
 * The folder `checkpoints` of a run's folder: the newest few, one file each, whose name says whose it is and of
 * which round. A new one is whole on the disk before an old one goes.
 */

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { removeFile, syncFolder } from '../../topology/whole-file.js';
import { CHECKPOINTS } from '../output/run-folder.js';
import { type CheckpointHeader, readHeader, Unusable } from './file.js';

const NAME = /^([0-9a-zA-Z-]{1,64})-(\d{10})\.checkpoint$/;
/** What belongs to one; alone it is none. */
const PART = /^[0-9a-zA-Z-]{1,64}-\d{10}\.[0-9a-f]{8}\.\d+-of-\d+\.part$/;
const SHORT = 8;

/** Rounds have up to ten digits, so that names sort by them. */
export function checkpointName(run: string, round: number): string {
  return `${shortOf(run)}-${String(round).padStart(10, '0')}.checkpoint`;
}

/** Of one rank. `attempt`: eight hexadecimal digits, others whenever the run begins or goes on. */
export function partName(run: string, round: number, attempt: string, rank: number, ranks: number): string {
  return `${shortOf(run)}-${String(round).padStart(10, '0')}.${attempt}.${rank}-of-${ranks}.part`;
}

function shortOf(run: string): string {
  return run.replaceAll(/[^0-9a-zA-Z-]/g, '').slice(0, SHORT) || 'run';
}

/** All but the newest `keep` of this run go; and those of other runs, whose folder this was. */
export function prune(folder: string, run: string, keep: number): void {
  const own = namesOf(folder).filter((name) => NAME.exec(name)?.[1] === shortOf(run));
  const kept = new Set(own.sort().slice(-keep));
  for (const name of namesOf(folder)) if (!kept.has(name)) removeFile(path.join(folder, name));
  const parts = readdirSync(folder).filter((name) => PART.test(name));
  if (parts.length > 0) {
    const needed = new Set([...kept].flatMap((name) => partsOf(path.join(folder, name))));
    for (const name of parts) if (!needed.has(name)) removeFile(path.join(folder, name));
  }
  syncFolder(folder);
}

/** Names of a checkpoint's parts; none where it is one file, or of no use. */
export function partsOf(checkpoint: string): string[] {
  try {
    return (readHeader(checkpoint).parts ?? []).map(({ file }) => file);
  } catch (error) {
    if (error instanceof Unusable) return [];
    throw error;
  }
}

function namesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => NAME.test(name)) : [];
}

/** A checkpoint that was found, and those newer than it that are of no use. */
export interface Found {
  file: string;
  header: CheckpointHeader;
}

export interface Refused {
  file: string;
  round: number;
  /** Half a sentence. */
  why: string;
}

/** Those of several runs' folders, newest first; and what was refused by its header, `check` or its name. */
export function findCheckpoints(
  folders: readonly string[],
  check: (header: CheckpointHeader) => void,
): { found: Found[]; refused: Refused[] } {
  const found: Found[] = [];
  const refused: Refused[] = [];
  for (const folder of folders) {
    for (const name of namesOf(path.join(folder, CHECKPOINTS))) {
      const file = path.join(folder, CHECKPOINTS, name);
      try {
        const header = readHeader(file);
        check(header);
        found.push({ file, header });
      } catch (error) {
        if (!(error instanceof Unusable)) throw error;
        refused.push({ file, round: Number(NAME.exec(name)?.[2]), why: error.message });
      }
    }
  }
  found.sort((a, b) => b.header.round - a.header.round);
  return { found, refused };
}
