/**
 * The run directory: manifest.json, agents.csv, trace.csv, trace.parquet, x.npy, report.html, summary.json, and
 * agents-trace.csv where agents are followed, written by the coordinator thread.
 *
 *  - Nothing is created before `begin`, so a config that is refused leaves no empty folder behind.
 *  - Files appear whole or not at all (topology/whole-file.ts), but for trace.csv, which grows in its place
 *    (trace-file.ts): a crash leaves a file that can be read, and `tail -f` shows a run.
 *  - Nobody else writes there meanwhile (folder-lock.ts).
 *  - In a folder that holds an earlier run the new one is written on a stage (stage.ts), and takes its place
 *    when all of it is whole: one folder holds files of one run. Its id stands in manifest.json and
 *    summary.json, and the summary has the digests of the other files (check-folder.ts).
 *  - The same config gives the same manifest, but for `run`, `machine` and `time`.
 */

import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { removeFile, type Written, writeWhole } from '../../topology/whole-file.js';
import { InputError, isInputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { Summary } from '../run/reports.js';
import type { TraceRow } from '../trace/row.js';
import { writeAgentsCsv } from './agents-csv.js';
import { isFull, outputFailed, reasonOf, refusal } from './failures.js';
import { FolderLock, refuseInUse } from './folder-lock.js';
import { makeFolder, tryFolder } from './make-folder.js';
import { type Manifest, makeManifest, type RunDescription } from './manifest.js';
import {
  CHECKPOINTS,
  holdsWholeRun,
  INCOMPLETE,
  isRunFolder,
  RUN_FILES,
  setAside,
  settleRunFolder,
} from './run-folder.js';
import { isOurs, Stage } from './stage.js';
import { TraceFile } from './trace-file.js';

const REPORT = 'report.html';

/** Gives the page of a run, from what its summary will say. */
export type ReportMaker = (summary: Summary) => Promise<string>;

export class RunDirectory {
  /** Absolute. */
  readonly path: string;
  /** Where files are until they take their places; null where they are written there at once. */
  private stage: Stage | null = null;
  private trace: TraceFile | null = null;
  /** As it was written; null before `begin`. */
  manifest: Manifest | null = null;
  /** Coordinates of agents, row by row; null where none are followed. */
  private agentsTrace: TraceFile | null = null;
  private lock: FolderLock | null = null;
  private readonly files: Record<string, Written> = {};
  private readonly incomplete: Record<string, string> = {};
  private over = false;

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
    if (entries.some((name) => !isOurs(name)) && !isRunFolder(path)) {
      throw new InputError(`${shown} is not empty and holds no earlier run, so nothing is written there`, {
        file: path,
        hint: `give --out a new folder, for example ${showPath(join(path, 'run-1'))}`,
      });
    }
    checkWritable(path, shown);
    return new RunDirectory(path);
  }

  /** Claims the folder, writes the manifest and opens the trace. Throws InputError. */
  begin(run: RunDescription): void {
    try {
      makeFolder(this.path);
      this.lock = FolderLock.take(this.path, run.run);
      settleRunFolder(this.path);
      if (isRunFolder(this.path)) this.stage = new Stage(this.path);
      this.manifest = run.manifest ?? makeManifest(run);
      this.files['manifest.json'] = this.writeJson('manifest.json', this.manifest);
      if (run.agents) this.files['agents.csv'] = writeAgentsCsv(this.file('agents.csv'), run.agents);
      this.trace = new TraceFile(this.file('trace.csv'));
      if (run.followed)
        this.agentsTrace = new TraceFile(this.file('agents-trace.csv'), ['round', ...run.followed]);
    } catch (error) {
      this.takeBack();
      this.release();
      throw isInputError(error) ? error : refusal(showPath(this.path), error);
    }
  }

  /** What was changed on the way, so far. After `begin`. */
  noteChanges(changes: Manifest['changes']): void {
    if (this.manifest === null) return;
    this.manifest = { ...this.manifest, changes };
    this.files['manifest.json'] = this.writeJson('manifest.json', this.manifest);
  }

  /** Where this run's files are while it lasts. After `begin`. */
  get current(): string {
    return this.stage?.path ?? this.path;
  }

  /**
   * To be called now and then without rows too: what waits is written within half a second. Throws RunError
   * where it cannot be; whole rows stand in the file then, and there will be no more.
   */
  append(rows: readonly TraceRow[]): void {
    try {
      this.trace?.append(rows);
    } catch (error) {
      throw this.traceFailed(error);
    }
  }

  /** Lines of agents-trace.csv, as `append`. */
  appendAgents(lines: string): void {
    try {
      this.agentsTrace?.write(lines);
    } catch (error) {
      throw this.traceFailed(error, 'agents-trace.csv');
    }
  }

  /** The disk has all rows so far. Throws as `append` does. */
  syncTrace(): void {
    try {
      this.trace?.sync();
      this.agentsTrace?.sync();
    } catch (error) {
      throw this.traceFailed(error);
    }
  }

  /**
   * `write` is given the path of x.npy. What cannot be written there is said in the summary, and nothing else
   * is lost by it.
   */
  async writeX(write: (file: string) => Promise<Written>): Promise<void> {
    try {
      this.files['x.npy'] = await write(this.file('x.npy'));
    } catch (error) {
      this.incomplete['x.npy'] = reasonOf(error);
    }
  }

  /** As with x.npy. Loaded when it is needed: a start would wait for it. */
  private async writeParquet(): Promise<void> {
    const { writeTraceParquet } = await import('./trace-parquet.js');
    try {
      this.files['trace.parquet'] = await writeTraceParquet(
        this.file('trace.csv'),
        this.file('trace.parquet'),
      );
    } catch (error) {
      this.incomplete['trace.parquet'] = reasonOf(error);
    }
  }

  /**
   * The last thing written: a directory with a summary is a run that is over. Gives it as it stands there.
   * Throws RunError where a file could not be written. Once; after that it does nothing.
   *
   * @param report gives report.html; that it cannot be made or written is a warning, and nothing is lost by it
   */
  async finish(summary: Summary, report: ReportMaker | null = null): Promise<Summary> {
    if (this.over) return summary;
    this.over = true;
    let failed: unknown = null;
    if (this.trace !== null) {
      try {
        this.files['trace.csv'] = await this.trace.finish();
      } catch (error) {
        failed = this.traceFailed(error);
      }
      this.trace = null;
      if (failed === null) await this.writeParquet();
    }
    if (this.agentsTrace !== null) {
      try {
        this.files['agents-trace.csv'] = await this.agentsTrace.finish();
      } catch (error) {
        failed ??= this.traceFailed(error, 'agents-trace.csv');
      }
      this.agentsTrace = null;
    }
    const described = this.described(summary, failed as Error | null);
    const whole = report === null ? described : await this.withReport(described, report);
    try {
      this.writeSummary(whole);
      this.place(whole);
    } catch (error) {
      throw outputFailed(this.file('summary.json'), error);
    } finally {
      this.release();
    }
    if (failed !== null) throw failed;
    return whole;
  }

  /** Whatever happened: the folder is nobody's any more. Idempotent. */
  release(): void {
    this.trace?.close();
    this.agentsTrace?.close();
    this.trace = null;
    this.agentsTrace = null;
    this.lock?.release();
    this.lock = null;
  }

  /** With what there is to say of its files. */
  private described(summary: Summary, failed: Error | null): Summary {
    const { files, incomplete } = this;
    const whole: Summary = { ...summary, files };
    if (failed !== null) Object.assign(whole, { status: 'failed', error: failed.message });
    if (Object.keys(incomplete).length > 0) {
      whole.incomplete = incomplete;
      const lost = Object.entries(incomplete).map(([name, why]) => `${name} could not be written: ${why}`);
      whole.warnings = [...summary.warnings, ...lost];
    }
    if (this.stage !== null && !this.mayReplace(whole))
      whole.warnings = [
        ...whole.warnings,
        `the earlier results stay as they are, and what this run left is in ${INCOMPLETE} beside them`,
      ];
    return whole;
  }

  private async withReport(summary: Summary, make: ReportMaker): Promise<Summary> {
    try {
      this.files[REPORT] = writeWhole(this.file(REPORT), await make(summary));
      return summary;
    } catch (error) {
      const lost = `${REPORT} could not be written: ${reasonOf(error)}`;
      return { ...summary, warnings: [...summary.warnings, lost] };
    }
  }

  /** A page takes no room of the results: where there is none left for the summary, it goes. */
  private writeSummary(whole: Summary): void {
    try {
      this.writeJson('summary.json', whole);
    } catch (error) {
      if (this.files[REPORT] === undefined || !isFull((error as NodeJS.ErrnoException).code)) throw error;
      removeFile(this.file(REPORT));
      delete this.files[REPORT];
      whole.warnings = [...whole.warnings, `${REPORT} was taken back: no space was left for summary.json`];
      this.writeJson('summary.json', whole);
    }
  }

  /** A run that is not whole takes no place of one that is. */
  private mayReplace({ status, incomplete }: Summary): boolean {
    return (status !== 'failed' && incomplete === undefined) || !holdsWholeRun(this.path);
  }

  private place(summary: Summary): void {
    if (this.stage === null) return;
    if (this.mayReplace(summary)) this.stage.commit([...RUN_FILES, CHECKPOINTS, INCOMPLETE], 'summary.json');
    else setAside(this.path, this.stage.path);
    this.stage = null;
  }

  private traceFailed(error: unknown, name: 'trace.csv' | 'agents-trace.csv' = 'trace.csv'): Error {
    const file = name === 'trace.csv' ? this.trace : this.agentsTrace;
    if (file !== null) {
      this.files[name] = file.written();
      file.close();
      if (name === 'trace.csv') this.trace = null;
      else this.agentsTrace = null;
    }
    this.incomplete[name] = reasonOf(error);
    return outputFailed(this.file(name), error);
  }

  /** Of a run that could not begin nothing is left. */
  private takeBack(): void {
    if (this.lock === null) return;
    try {
      if (this.stage !== null) this.stage.discard();
      else for (const name of Object.keys(this.files)) removeFile(this.file(name));
    } catch {
      // What is left says that it is no run that is over.
    }
  }

  private writeJson(name: (typeof RUN_FILES)[number], data: unknown): Written {
    return writeWhole(this.file(name), `${toJson(data)}\n`);
  }

  private file(name: string): string {
    return join(this.current, name);
  }
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
