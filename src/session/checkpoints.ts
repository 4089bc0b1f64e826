/**
 * The checkpoints of a run under way, on the coordinator's thread: asks for them, writes what the round loop
 * has staged, and leaves one of a run that is ended before its time.
 *
 * A checkpoint that cannot be written (a full disk) ends nothing: the one before stays, and the summary says
 * it. While one is being written no other is staged.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fileSystem } from '../../topology/file-system.js';
import { writeWhole } from '../../topology/whole-file.js';
import type { Arena } from '../arena/arena.js';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import {
  type CheckpointHeader,
  type Origin,
  readCheckpoint,
  Unusable,
  writeCheckpoint,
} from '../checkpoint/file.js';
import { checkpointName, prune } from '../checkpoint/folder.js';
import { Kept, keptBytes, sectionsOf } from '../checkpoint/kept.js';
import { createStaging, readStaged, stagedBytes } from '../checkpoint/staging.js';
import { reasonOf } from '../output/failures.js';
import { CHECKPOINTS } from '../output/run-folder.js';
import { versions } from '../output/versions.js';
import type { CheckpointSpec, RunConfig } from '../run/config.js';
import { configDigest } from '../run/inputs.js';
import type { CheckpointReport } from '../run/reports.js';
import { Snapshot } from '../run/snapshot.js';
import type { LoopReport, StagingTask, Standing } from '../run/tasks.js';
import { Word } from '../sync/control.js';
import type { ResumePoint } from './types.js';
import type { Writing } from './writing.js';

const POLL_MS = 20;
const KEEP = 2;

export interface CheckpointInputs {
  arena: Arena;
  words: Int32Array;
  config: RunConfig;
  run: string;
  /** The run's folder, once there is one; null where nothing is written. */
  folder: () => string | null;
  /** The trace has all rows up to here on the disk. */
  syncRows: () => void;
  from: ResumePoint | null;
  /** A run that was changed: how it stood then, and those before. */
  changed?: { standing: Standing; silent: boolean; take(into: Uint8Array): void; earlier: RunCheckpoints };
}

/** What decides the bits of a run beside its state: a checkpoint is of no use where it differs. */
export function originOf(config: RunConfig): Origin {
  const { sottovoce, node, kernels } = versions();
  return { config: configDigest(config, ['rounds']), sottovoce, node, kernels };
}

export class RunCheckpoints {
  /** What the workers are told; null where nothing is staged. */
  readonly task: StagingTask | null;
  readonly #inputs: CheckpointInputs;
  readonly #spec: CheckpointSpec | null;
  readonly #origin: Origin;
  readonly #timers: NodeJS.Timeout[] = [];
  #writing: Promise<void> = Promise.resolve();
  #busy = false;
  #written = 0;
  #bytes = 0;
  #last: number | null = null;
  #failed: string | null = null;

  /** Reads what the run goes on from. Throws what a checkpoint is unusable for. */
  constructor(inputs: CheckpointInputs) {
    this.#inputs = inputs;
    const { config, arena, from, changed } = inputs;
    this.#spec = config.checkpoint ?? null;
    // Gains that were chosen at the run's first beginning are numbers now: it is still the same run.
    this.#origin = originOf(from?.manifest.config ?? config);
    this.task = null;
    if (this.#spec === null && from === null && changed === undefined) return;
    const staging = createStaging(keptBytes(sectionsOf(arena.layout)));
    if (changed !== undefined) {
      const { earlier, standing, silent } = changed;
      this.#written = earlier.#written;
      this.#bytes = earlier.#bytes;
      this.#last = earlier.#last;
      this.#failed = earlier.#failed;
      changed.take(stagedBytes(staging));
      const everyRounds = this.#spec?.everyRounds ?? 0;
      this.task = { staging, everyRounds, from: standing, changed: { silent } };
      return;
    }
    this.task = {
      staging,
      everyRounds: this.#spec?.everyRounds ?? 0,
      from: from === null ? null : this.#read(from.checkpoint, staging),
    };
  }

  /** Before the rounds. What the run goes on from is kept until it has left a newer one. */
  begin(): void {
    const { words, from, folder, syncRows } = this.#inputs;
    const place = folder();
    if (from !== null && place !== null) {
      syncRows();
      keepLink(from.checkpoint, path.join(place, CHECKPOINTS));
    }
    if (this.#spec === null) return;
    this.#timers.push(setInterval(() => this.#take(), POLL_MS));
    const { everySeconds } = this.#spec;
    if (everySeconds === undefined) return;
    const ask = () => void Atomics.store(words, Word.CHECKPOINT, 1); // [K5]
    this.#timers.push(setInterval(ask, 1000 * everySeconds));
  }

  /** The loop is over, whatever became of it: resolves when nothing is being written any more. */
  async end(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#take();
    await this.#writing;
  }

  /**
   * Of a run that was ended before its time, and of one with checkpoints that could be given more rounds. By
   * now the arena is nobody's. `snapshots`: where the run would have gone back to.
   */
  async last(
    { status, standing, rounds }: LoopReport,
    snapshots: SharedArrayBuffer | null,
    writing: Writing,
  ): Promise<void> {
    const wanted = status === 'stopped' || (status === 'finished' && this.#spec !== null);
    if (!wanted || standing.round === this.#last) return;
    if (this.#inputs.folder() === null) return;
    const { arena } = this.#inputs;
    const { workers } = arena.layout;
    if (standing.round < rounds && snapshots !== null) {
      for (let w = 0; w < workers; w++) new Snapshot(arena, w, workers, snapshots).restore();
    }
    const kept = new Kept(arena);
    const bytes = this.task === null ? new Uint8Array(kept.bytes) : stagedBytes(this.task.staging);
    kept.save(bytes, standing.round, 0, 1);
    await this.#write(standing, bytes, writing.begin('a checkpoint', bytes.length));
  }

  /** For the summary; null where there was nothing to do. */
  report(): CheckpointReport | null {
    if (this.#written === 0 && this.#failed === null) return null;
    const staged = this.task && readStaged(this.task.staging);
    return {
      written: this.#written,
      lastRound: this.#last,
      bytes: this.#bytes,
      loopSeconds: (staged?.tookMs ?? 0) / 1000,
      ...(this.#failed !== null && { failed: this.#failed }),
    };
  }

  #read(file: string, staging: SharedArrayBuffer): Standing {
    const sections = sectionsOf(this.#inputs.arena.layout);
    try {
      const header = readCheckpoint(file, stagedBytes(staging));
      if (isDeepStrictEqual(header.sections, sections)) return header;
      throw new Unusable('holds other things than this run keeps: its config plans another run now');
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      throw new InputError(`${showPath(file)} ${error.message}`, { file });
    }
  }

  /** What is staged, if anything, is written; the loop may stage the next one after that. */
  #take(): void {
    const { task } = this;
    const { words } = this.#inputs;
    if (task === null || this.#busy || Atomics.load(words, Word.STAGED) === 0) return; // [K6]
    this.#busy = true;
    this.#writing = this.#write(readStaged(task.staging), stagedBytes(task.staging)).finally(() => {
      this.#busy = false;
      Atomics.store(words, Word.STAGED, 0); // [K7]
    });
  }

  async #write(
    { round, seconds, refining }: Standing,
    kept: Uint8Array,
    told: (bytes: number) => void = () => {},
  ): Promise<void> {
    const { run, arena, folder, syncRows } = this.#inputs;
    const place = path.join(folder() as string, CHECKPOINTS);
    const header: CheckpointHeader = {
      run,
      round,
      seconds,
      refining,
      ...this.#origin,
      sections: sectionsOf(arena.layout),
      bytes: kept.length,
      time: new Date().toISOString(),
    };
    try {
      // A run that goes on from here has all rows before it.
      syncRows();
      makePlace(place);
      this.#bytes = await writeCheckpoint(path.join(place, checkpointName(run, round)), header, kept, told);
      this.#written++;
      this.#last = round;
      prune(place, run, this.#spec?.keep ?? KEEP);
    } catch (error) {
      this.#failed = reasonOf(error);
    }
  }
}

/** The same file under a name there; a copy where the file system has no links. */
function keepLink(file: string, folder: string): void {
  makePlace(folder);
  const place = path.join(folder, path.basename(file));
  try {
    fileSystem.linkSync(file, place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') writeWhole(place, readFileSync(file));
  }
}

function makePlace(folder: string): void {
  try {
    fileSystem.mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
