/**
 * The folder of a comparison: `cells/<id>.json`, one file for each finished cell, written beside and then
 * renamed, and the results made of them. A cell whose file is there is not run again, so that a comparison
 * which was stopped goes on where it was.
 */

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeWhole } from '../../topology/whole-file.js';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { outputFailed, refusal } from '../output/failures.js';
import { clearContenders, FolderLock } from '../output/folder-lock.js';
import { makeFolder } from '../output/make-folder.js';
import { toJson } from '../output/run-directory.js';
import { isOurs, settle } from '../output/stage.js';
import { versions } from '../output/versions.js';
import type { TraceRow } from '../trace/row.js';
import type { CellOutcome, Target } from './types.js';

const FORMAT = 'sottovoce-compare/2';
const MARKER = 'compare.json';

export class CompareDirectory {
  /** Absolute. */
  readonly path: string;
  private readonly lock: FolderLock;

  private constructor(path: string, lock: FolderLock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Claims the folder until `release`. Throws InputError where it holds anything but an earlier comparison,
   * and where somebody else is writing to it.
   */
  static open(directory: string): CompareDirectory {
    const path = resolve(directory);
    const shown = showPath(path);
    try {
      if (statSync(path, { throwIfNoEntry: false })?.isFile()) {
        throw new InputError(`${shown} is a file, expected a folder for the comparison`);
      }
      makeFolder(path);
      const entries = readdirSync(path).filter((name) => !isOurs(name));
      if (entries.length > 0 && !entries.includes(MARKER)) {
        throw new InputError(
          `${shown} is not empty and holds no earlier comparison, so nothing is written there`,
          {
            hint: 'give --out a new folder',
          },
        );
      }
      const lock = FolderLock.take(path, randomUUID());
      const cells = join(path, 'cells');
      makeFolder(cells);
      clearContenders(path);
      for (const folder of [path, cells]) settle(folder);
      return new CompareDirectory(path, lock);
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw refusal(shown, error);
    }
  }

  /** Nobody writes there any more. Idempotent. */
  release(): void {
    this.lock.release();
  }

  begin(target: Target, cells: number): void {
    const started = new Date().toISOString();
    this.write(MARKER, toJson({ format: FORMAT, target, cells, versions: versions(), time: { started } }));
  }

  /** Null where the cell has not run yet, or where its file cannot be read. */
  read(id: string): CellOutcome | null {
    try {
      const kept = JSON.parse(readFileSync(this.cellFile(id), 'utf8')) as CellOutcome;
      if (!('trace' in kept)) return kept;
      for (const row of kept.trace) restore(row);
      if (kept.arrival) restore(kept.arrival);
      return kept;
    } catch {
      return null;
    }
  }

  keep(id: string, outcome: CellOutcome): void {
    this.write(join('cells', `${id}.json`), toJson(outcome));
  }

  write(name: string, content: string | Uint8Array): void {
    const file = join(this.path, name);
    try {
      writeWhole(file, content);
    } catch (error) {
      throw outputFailed(file, error);
    }
  }

  private cellFile(id: string): string {
    return join(this.path, 'cells', `${id}.json`);
  }
}

/** JSON has no NaN; in a trace row null can be nothing else. */
function restore(row: TraceRow): void {
  for (const key of Object.keys(row) as (keyof TraceRow)[]) row[key] ??= Number.NaN;
}
