/**
 * The run directory: manifest.json, agents.csv, trace.csv, summary.json, x.npy, written by the coordinator
 * thread.
 *
 *  - Nothing is created before `begin`, so a config that is refused leaves no empty folder behind.
 *  - manifest.json and summary.json appear whole or not at all (written beside, then renamed).
 *  - Nobody else writes there meanwhile (folder-lock.ts), and what an earlier run left is gone before the new
 *    manifest stands: one folder holds files of one run, whose id stands in manifest.json and summary.json.
 *  - trace.csv is appended in whole lines, at least every half second: a crash leaves a file that can be
 *    read, and `tail -f` shows a run.
 *  - The same config gives the same manifest, but for `run`, `machine` and `time`.
 */

import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InputError, isInputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { Summary } from '../run/reports.js';
import { COLUMNS } from '../trace/ring.js';
import type { TraceRow } from '../trace/row.js';
import { writeAgentsCsv } from './agents-csv.js';
import { FolderLock, isHalfWritten, LOCK_FILE, refuseInUse } from './folder-lock.js';
import { makeFolder, tryFolder } from './make-folder.js';
import { makeManifest, type RunDescription } from './manifest.js';

/** What a run leaves; everything else in a folder is somebody else's. */
const RUN_FILES = ['manifest.json', 'agents.csv', 'x.npy', 'trace.csv', 'summary.json'] as const;
const FLUSH_BYTES = 64 * 1024;
const FLUSH_MS = 500;

export class RunDirectory {
  /** Absolute. */
  readonly path: string;
  private trace: number | null = null;
  private lock: FolderLock | null = null;
  private pending = '';
  private flushedAt = 0;

  private constructor(path: string) {
    this.path = path;
  }

  /** Refuses, before anything is run, a folder that cannot or should not be written to. Throws InputError. */
  static create(directory: string): RunDirectory {
    const path = resolve(directory);
    const shown = showPath(path);
    let entries: string[] | null;
    try {
      entries = statSync(path).isDirectory() ? readdirSync(path) : null;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') throw refusal(shown, error);
      checkWritable(nearestExisting(dirname(path)), shown);
      return new RunDirectory(path);
    }
    if (entries === null) {
      throw new InputError(`${shown} is a file, expected a folder for the run's results`, {
        file: path,
        hint: 'give --out a new folder',
      });
    }
    refuseInUse(path);
    if (entries.some(isSomebodys) && !isRunDirectory(path)) {
      throw new InputError(`${shown} is not empty and holds no earlier run, so nothing is written there`, {
        file: path,
        hint: `give --out a new folder, for example ${showPath(join(path, 'run-1'))}`,
      });
    }
    checkWritable(path, shown);
    return new RunDirectory(path);
  }

  /**
   * Claims the folder, clears what an earlier run left, writes the manifest and opens the trace. Throws
   * InputError.
   */
  begin(run: RunDescription): void {
    try {
      makeFolder(this.path);
      this.lock = FolderLock.take(this.path, run.run);
      // The summary first: without it nobody takes what is left for a run that is over. The manifest last, by
      // being replaced: it says whose folder this is.
      for (const name of RUN_FILES.toReversed()) {
        if (name !== 'manifest.json') rmSync(this.file(name), { force: true });
      }
      for (const name of readdirSync(this.path))
        if (isHalfWritten(name)) rmSync(this.file(name), { force: true });
      this.writeWhole('manifest.json', makeManifest(run));
      if (run.agents) writeAgentsCsv(this.file('agents.csv'), run.agents);
      this.trace = openSync(this.file('trace.csv'), 'a');
    } catch (error) {
      this.release();
      throw isInputError(error) ? error : refusal(showPath(this.path), error);
    }
    this.pending = `${COLUMNS.join(',')}\n`;
    this.flush();
  }

  append(rows: readonly TraceRow[]): void {
    for (const row of rows) this.pending += traceLine(row);
    if (this.pending.length >= FLUSH_BYTES || Date.now() - this.flushedAt >= FLUSH_MS) this.flush();
  }

  /** `write` is given the path of x.npy and writes it, at once or later. */
  async writeX(write: (file: string) => void | Promise<void>): Promise<void> {
    await write(this.file('x.npy'));
  }

  /** The last thing written: a directory with a summary is a run that is over. */
  finish(summary: Summary): void {
    this.flush();
    if (this.trace !== null) closeSync(this.trace);
    this.trace = null;
    this.writeWhole('summary.json', summary);
    this.release();
  }

  /** Whatever happened: the folder is nobody's any more. Idempotent. */
  release(): void {
    this.lock?.release();
    this.lock = null;
  }

  private flush(): void {
    if (this.trace === null || this.pending === '') return;
    const bytes = Buffer.from(this.pending);
    this.pending = '';
    this.flushedAt = Date.now();
    for (let written = 0; written < bytes.length; ) written += writeSync(this.trace, bytes, written);
  }

  /** Beside, then renamed: readers see the old file, or the whole new one. */
  private writeWhole(name: (typeof RUN_FILES)[number], data: unknown): void {
    const temporary = this.file(`.${name}.part`);
    try {
      writeFileSync(temporary, `${toJson(data)}\n`);
      renameSync(temporary, this.file(name));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  private file(name: string): string {
    return join(this.path, name);
  }
}

/** Numbers in their shortest form that reads back as the same double; what is not known is an empty field. */
export function traceLine(row: TraceRow): string {
  return `${COLUMNS.map((name) => (Number.isNaN(row[name]) ? '' : String(row[name]))).join(',')}\n`;
}

/** JSON for people and machines: null where there is no finite number, typed arrays as lists. */
export function toJson(data: unknown): string {
  return JSON.stringify(
    data,
    (_key, value: unknown) => {
      if (typeof value === 'number' && !Number.isFinite(value)) return null;
      return ArrayBuffer.isView(value) && !(value instanceof DataView)
        ? Array.from(value as Float64Array)
        : value;
    },
    2,
  );
}

/** Of the files in a folder: not what a run that was killed may have left of its own. */
function isSomebodys(name: string): boolean {
  return !name.startsWith(LOCK_FILE) && !isHalfWritten(name);
}

/** A manifest.json alone says little (web pages have one); ours says whose it is. */
function isRunDirectory(path: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8'));
    const format = (manifest as { format?: unknown } | null)?.format;
    return typeof format === 'string' && format.startsWith('sottovoce-run/');
  } catch {
    return false;
  }
}

/** The folder that is there, of this one and those around it. */
export function nearestExisting(path: string): string {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      statSync(folder);
      return folder;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || dirname(folder) === folder) throw refusal(showPath(path), error);
    }
  }
}

/** Throws InputError where nothing may be made in this folder. */
export function checkWritable(folder: string, shown: string): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    tryFolder(folder);
  } catch (error) {
    throw refusal(shown, error);
  }
}

export function refusal(shown: string, error: unknown): InputError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: 'no folder can be made there',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'part of the path is a file',
    ENOSPC: 'no space is left',
    ENAMETOOLONG: 'the name is too long',
  };
  return new InputError(
    `cannot write results to ${shown}: ${reasons[code ?? ''] ?? message}`,
    {
      hint: 'give --out a folder that you may write to',
    },
    { cause: error },
  );
}
